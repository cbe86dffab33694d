"""Who may read and do what: customers their own, companies their own, and no public method by accident."""

from inspect import getmembers, isfunction

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ContractCase

MODELS = (
    'service.plan', 'service.plan.line', 'service.contract', 'service.contract.line', 'service.contract.pause',
    'service.billing.entry', 'service.pending.charge', 'service.billing.run',
    'service.billing.batch', 'service.billing.preview', 'service.billing.finding',
    'service.forecast', 'service.forecast.row', 'service.revenue.snapshot', 'service.revenue.movement',
    'service.revenue.figures', 'service.revenue.cohort', 'service.recognition',
    'service.contract.end', 'service.contract.remove', 'service.contract.pause.wizard',
    'service.plan.family', 'service.option.group', 'service.plan.interval', 'service.plan.interval.price',
    'service.option.wizard', 'service.plan.phase', 'service.price.step', 'service.reduction',
    'service.coupon', 'service.coupon.use', 'service.price.revision', 'service.price.revision.line',
    'service.meter', 'service.price.tier', 'service.usage.record', 'service.usage.import',
    'service.contract.event', 'service.feature', 'service.feature.grant',
    'service.allocation.group', 'service.allocation.unit', 'service.allocation.occupancy', 'service.allocation.season',
    'service.allocation.reading', 'service.allocation', 'service.allocation.item', 'service.allocation.line',
    'service.allocation.reading.import', 'service.reading.report', 'service.reading.request',
    'service.contract.change', 'service.contract.change.line', 'service.contract.change.wizard',
    'service.contract.change.wizard.line',
    'service.performance.metric', 'service.performance.step', 'service.performance.agreement',
    'service.performance.value', 'service.performance.result',
    'service.credit.grant', 'service.credit.entry', 'service.credit.level', 'service.credit.notice',
)
PORTAL_READS = {
    'service.contract', 'service.contract.line', 'service.allocation.line', 'service.performance.result',
    'service.credit.grant', 'service.credit.entry',
}
REMOTE_METHODS = {
    'service.contract': {
        'open_contracts', 'preview_charges', 'read_status', 'action_load_plan', 'action_activate', 'action_suspend',
        'action_pause', 'action_resume', 'action_end', 'action_remove', 'action_reinstate', 'action_unpark',
        'action_view_invoices', 'action_view_entries', 'action_view_sale_orders',
        'action_view_usage', 'action_view_performance', 'action_view_cost_shares', 'action_view_events',
        'action_end_trial', 'get_entitlements', 'check_entitlement',
        'book_option', 'unbook_option', 'action_book_option', 'redeem_coupon',
        'preview_change', 'request_change', 'withdraw_change', 'action_view_changes', 'action_withdraw_change',
        'action_plan_removal', 'action_view_credits', 'preview_plan',
    },
    'service.contract.line': {'action_unbook'},
    'service.price.revision': {'action_preview', 'action_apply', 'action_withdraw', 'action_tell', 'action_view_lines'},
    'service.option.wizard': {'action_confirm'},
    'service.plan': {'action_view_contracts'},
    'service.pending.charge': {'action_cancel'},
    'service.billing.run': {
        'run_billing', 'action_preview', 'action_start', 'action_cancel', 'action_view_invoices', 'action_view_entries',
        'action_view_parked',
    },
    'service.forecast': {'action_simulate'},
    'service.revenue.snapshot': {'action_derive'},
    'service.revenue.figures': {'action_export'},
    'service.recognition': {'action_recognise'},
    'service.revenue.cohort': {'action_export'},
    'service.billing.finding': {'action_accept', 'action_reopen', 'action_open_invoice', 'action_check_all'},
    'service.meter': {'action_view_records'},
    'service.usage.record': {'send_usage'},
    'service.usage.import': {'action_check', 'action_import'},
    'service.performance.metric': {'action_evaluate', 'action_lend_rights', 'action_view_results'},
    'service.performance.agreement': {'action_evaluate', 'action_view_results'},
    'service.performance.value': {'send_values'},
    'service.performance.result': {'action_view_records'},
    'service.allocation.group': {'action_view_allocations', 'action_view_readings', 'action_view_missing_readings'},
    'service.allocation.reading': {'send_readings', 'action_strike_out'},
    'service.allocation.reading.import': {'action_check', 'action_import'},
    'service.reading.report': {'action_accept', 'action_refuse'},
    'service.allocation': {
        'action_compute', 'action_draft', 'action_confirm', 'action_cancel', 'action_adjust', 'action_view_lines',
        'action_view_charges', 'action_view_adjustments', 'action_mail', 'action_view_unmailed',
    },
    'service.contract.change': {'action_withdraw'},
    'service.contract.change.wizard': {'action_confirm'},
    'service.contract.end': {'action_confirm'},
    'service.contract.remove': {'action_confirm'},
    'service.contract.pause.wizard': {'action_confirm'},
    'sale.order': {'action_add_service_plan', 'action_add_service_option', 'action_view_service_contracts'},
    'service.credit.grant': {
        'grant_credit', 'read_credit', 'read_credit_history', 'close_credit', 'action_cancel', 'action_invoice',
        'action_refund', 'action_view_entries', 'action_view_invoice',
    },
    'res.partner': {'action_view_service_contracts', 'action_view_service_credits'},
    'account.move': {'action_view_service_contracts', 'action_use_service_credit'},
}
"""Every public method this add-on defines: the remote interface, on purpose."""
ARGUMENTS = {
    'open_contracts': [[]], 'preview_charges': ['2026-04-01'], 'read_status': [[]], 'check_entitlement': [[]],
    'book_option': ['X'], 'unbook_option': ['X'], 'redeem_coupon': ['X'],
    'preview_change': ['OWN', {}], 'request_change': ['OWN', {}, 'k'], 'withdraw_change': ['k'],
    'preview_plan': ['X', '2026-04-01', '2026-05-01', ['OWN']],
}
INHERITED_METHODS = {
    'create', 'write', 'unlink', 'copy', 'copy_data', 'init', 'default_get', 'button_draft', 'button_cancel',
}
"""Public in Odoo itself; ours only go further."""


@tagged('post_install', '-at_install')
class TestAccess(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.neighbour = cls.env['res.partner'].create({'name': "Bruno"})
        cls.portal = cls._user('ana', 'base.group_portal', partner_id=cls.customer.id)
        cls.clerk = cls._user('clerk', 'service_contracts.group_contract_user')
        cls.employee = cls._user('employee', 'base.group_user')

    def setUp(self):
        super().setUp()
        self.own = self._contract(external_ref='OWN')
        self.draft = self._contract(activate=False)
        self.foreign = self._contract(partner_id=self.neighbour.id)

    # === CUSTOMERS === #

    def test_a_customer_finds_the_own_contracts_that_are_no_drafts(self):
        """G3: search, read and read_group of contracts and their lines."""
        Contract = self.env['service.contract'].with_user(self.portal)
        self.assertEqual(Contract.search([]), self.own)
        self.assertEqual(Contract.env['service.contract.line'].search([]), self.own.line_ids)
        self.assertEqual(Contract._read_group([], [], ['__count', 'recurring_monthly:sum']), [(1, 30.0)])
        self.assertEqual([name for _id, name in Contract.name_search('CT/')], [self.own.name])

    def test_a_contact_of_the_company_sees_its_contracts(self):
        company = self.env['res.partner'].create({'name': "Ana Ltd", 'is_company': True})
        contract = self._contract(partner_id=company.id)
        self.portal.partner_id.parent_id = company
        self.assertIn(contract, self.env['service.contract'].with_user(self.portal).search([]))

    def test_a_customer_reads_nothing_else(self):
        """G3: every model of the add-on, and records of others."""
        for model in MODELS:
            Model = self.env[model].with_user(self.portal)
            with self.subTest(model):
                self.assertEqual(Model.has_access('read'), model in PORTAL_READS)
        for record in (self.foreign, self.draft, self.foreign.line_ids, self.draft.line_ids):
            record.invalidate_recordset()
            with self.assertRaises(AccessError):
                record.with_user(self.portal).read(['display_name'])

    def test_a_customer_writes_nothing(self):
        """G3, G5: write, create, unlink and copy, also on own records."""
        for model in MODELS:
            Model = self.env[model].with_user(self.portal)
            with self.subTest(model):
                self.assertFalse(any(Model.has_access(right) for right in ('write', 'create', 'unlink')))
        own = self.own.with_user(self.portal)
        for attack in (
            lambda: own.write({'state': 'ended'}),
            lambda: own.write({'partner_id': self.neighbour.id}),
            lambda: own.line_ids.write({'price_unit': 0.01}),
            lambda: own.create({'partner_id': self.customer.id}),
            own.copy,
            own.unlink,
            lambda: own.line_ids.unlink(),
        ):
            with self.assertRaises(AccessError):
                attack()

    def test_a_customer_does_not_read_internal_notes(self):
        self.own.write({'note': "Pays late", 'parked_reason': "No journal"})
        for name in ('note', 'parked_reason', 'parked_run_id'):
            with self.subTest(name), self.assertRaises(AccessError):
                self.own.with_user(self.portal).read([name])

    def test_public_methods_refuse_customers_and_employees(self):
        """G4: called on the own contract, as a remote call would."""
        for user in (self.portal, self.employee):
            own = self.own.with_user(user)
            for name in REMOTE_METHODS['service.contract']:
                if name.startswith('action_view') or name in ('action_end', 'action_remove', 'action_book_option'):
                    continue  # they only answer with a window that opens nothing for them
                with self.subTest(user=user.login, method=name), self.assertRaises(AccessError):
                    getattr(own, name)(*ARGUMENTS.get(name, []))

    def test_no_method_is_public_by_accident(self):
        """G4: the public methods of our classes are those of the list."""
        others = {'service.billing.check', 'sale.order.line', 'account.move.line', 'product.template', 'res.company'}
        for model in {*MODELS, *REMOTE_METHODS, *others}:
            with self.subTest(model):
                self.assertEqual(self._public_methods(model), REMOTE_METHODS.get(model, set()))

    def _public_methods(self, model):
        return {
            name
            for cls in type(self.env[model]).mro() if getattr(cls, '_module', None) == 'service_contracts'
            for name, method in getmembers(cls, isfunction)
            if name in vars(cls) and not name.startswith('_') and name not in INHERITED_METHODS
            and not getattr(method, '_api_private', False)
        }

    # === STAFF === #

    def test_a_user_keeps_contracts_and_no_plans_and_no_runs(self):
        contract = self.env['service.contract'].with_user(self.clerk).create({
            'partner_id': self.customer.id, 'plan_id': self.plan.id,
        })
        contract.action_load_plan()
        contract.action_activate()
        contract.action_pause()
        contract.action_resume()
        self.assertEqual(contract.state, 'active')
        self.assertTrue(contract.next_charges_html)
        for record in (self.plan, self.env['service.billing.run'].create({})):
            with self.assertRaises(AccessError):
                record.with_user(self.clerk).write({'name': "x"})
        with self.assertRaises(AccessError):
            self.env['service.billing.run'].with_user(self.clerk).create({})

    def test_nobody_edits_the_ledger_by_hand(self):
        entry = self._bill(self.own.line_ids, '2026-01-01', '2026-02-01')
        for right in ('write', 'create', 'unlink'):
            self.assertFalse(entry.with_user(self.clerk).has_access(right))
        with self.assertRaises(AccessError):
            self.own.with_user(self.clerk).write({'entry_ids': [Command.update(entry.id, {'state': 'void'})]})

    def test_an_employee_without_role_sees_offers_only(self):
        self.assertTrue(self.plan.with_user(self.employee).has_access('read'))
        self.assertFalse(self.env['service.contract'].with_user(self.employee).has_access('read'))

    # === COMPANIES === #

    def test_companies_do_not_see_each_other(self):
        """G16: contracts, lines, pauses, ledger, runs and plans of another company."""
        other = self.other_company
        self.own.action_pause()
        records = [
            self.own, self.own.line_ids, self.own.pause_ids, self.own.event_ids,
            self._bill(self.own.line_ids, '2026-01-01', '2026-02-01'),
            self.env['service.billing.run'].create({}),
        ]
        self.plan.line_ids.product_id.company_id = False
        self.plan.company_id = self.company
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=other.id, company_ids=[Command.set(other.ids)])
        for record in [*records, self.plan, self.plan.line_ids]:
            with self.subTest(record._name):
                self.assertFalse(self.env[record._name].with_user(stranger).search([('id', 'in', record.ids)]))
                record.invalidate_recordset()
                with self.assertRaises(AccessError):
                    record.with_user(stranger).read(['display_name'])

    def test_a_line_cannot_be_moved_into_another_company(self):
        """G7: the company of a line is that of its contract."""
        with self.assertRaises(ValidationError) as refused:
            self.own.line_ids.write({'company_id': self.other_company.id})
        self.assertIn("worked out", str(refused.exception))
        line = self.own.line_ids.with_context(default_company_id=self.other_company.id).create({
            'contract_id': self.own.id, 'product_id': self.hosting.id,
        })
        self.assertEqual(line.company_id, self.company)

"""Who may read and do what: customers their own notices, companies their own, and no public method by accident."""

from inspect import getmembers, isfunction

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import DunningCase

MODELS = (
    'dunning.policy', 'dunning.step', 'dunning.route', 'dunning.contact.rule', 'dunning.contact.window',
    'dunning.holiday', 'dunning.gateway', 'dunning.sandbox.message', 'dunning.gateway.event', 'dunning.notice',
    'dunning.notice.line', 'dunning.delivery', 'dunning.charge', 'dunning.consequence', 'dunning.run',
    'dunning.run.batch', 'dunning.hold', 'payment.promise', 'message.consent', 'dunning.preview',
    'dunning.preview.line', 'dunning.letter.batch', 'message.opt.out.receipt',
)
PORTAL_READS = {'dunning.notice', 'dunning.notice.line'}
REMOTE_METHODS = {
    'dunning.policy': {'action_view_notices'},
    'dunning.notice': {'action_cancel', 'action_print_letter', 'action_view_invoices'},
    'dunning.delivery': {'action_send_once_more', 'action_mark_printed'},
    'dunning.letter.batch': {'action_print_due', 'action_print_again'},
    'dunning.hold': {'action_release', 'action_accept', 'action_reopen'},
    'payment.promise': {'action_cancel'},
    'dunning.charge': {'action_waive', 'action_unpark'},
    'dunning.consequence': {'action_retry'},
    'dunning.run': {'action_run_now', 'action_view_notices'},
    'dunning.preview': {'action_compute'},
}
"""Every public method of these models: the remote interface, on purpose."""
INHERITED_METHODS = {'create', 'write', 'unlink', 'init'}


@tagged('post_install', '-at_install')
class TestDunningAccess(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._user('ana', 'base.group_portal', partner_id=cls.customer.id)
        cls.clerk = cls._user('clerk', 'dunning_sms.group_dunning_user')
        cls.employee = cls._user('employee', 'base.group_user')

    def setUp(self):
        super().setUp()
        self._invoice(100, due='2026-03-07')
        self._invoice(100, due='2026-03-07', partner=self.neighbour)
        notices = self._plan()
        self.own = notices.filtered(lambda notice: notice.partner_id == self.customer)
        self.foreign = notices - self.own

    # === CUSTOMERS === #

    def test_a_customer_reads_the_own_notices_and_nothing_else(self):
        """G3: every model of the reminders."""
        for model in MODELS:
            with self.subTest(model):
                self.assertEqual(self.env[model].with_user(self.portal).has_access('read'), model in PORTAL_READS)
        Notice = self.env['dunning.notice'].with_user(self.portal)
        self.assertEqual(Notice.search([]), self.own)
        self.assertEqual(Notice.env['dunning.notice.line'].search([]), self.own.line_ids)
        for record in (self.foreign, self.foreign.line_ids):
            with self.assertRaises(AccessError):
                record.with_user(self.portal).read(['amount_total' if record == self.foreign else 'amount'])

    def test_a_customer_writes_nothing(self):
        """G3, G5."""
        for model in MODELS:
            Model = self.env[model].with_user(self.portal)
            with self.subTest(model):
                self.assertFalse(any(Model.has_access(right) for right in ('write', 'create', 'unlink')))
        own = self.own.with_user(self.portal)
        for attack in (own.action_cancel, lambda: own.write({'state': 'cancelled'}), own.unlink):
            with self.assertRaises(AccessError):
                attack()

    def test_public_methods_refuse_customers_and_employees(self):
        """G4."""
        for user in (self.portal, self.employee):
            for model, methods in REMOTE_METHODS.items():
                record = self.own if model == 'dunning.notice' else self.env[model].search([], limit=1)
                for name in methods:
                    if name.startswith('action_view'):
                        continue  # they only answer with a window that opens nothing for them
                    if user == self.portal and name == 'action_print_letter':
                        continue  # a customer may print the own letter
                    with self.subTest(user=user.login, model=model, method=name), self.assertRaises(AccessError):
                        records = record.with_user(user)
                        getattr(records or self.env[model].with_user(user), name)()
                        records.check_access('read')

    def test_no_method_is_public_by_accident(self):
        """G4."""
        for model in MODELS:
            with self.subTest(model):
                self.assertEqual(self._public_methods(model), REMOTE_METHODS.get(model, set()))

    def _public_methods(self, model):
        return {
            name
            for cls in type(self.env[model]).mro() if getattr(cls, '_module', None) == 'dunning_sms'
            for name, method in getmembers(cls, isfunction)
            if name in vars(cls) and not name.startswith('_') and name not in INHERITED_METHODS
            and not getattr(method, '_api_private', False)
        }

    # === STAFF === #

    def test_a_user_keeps_holds_and_promises_and_no_policies(self):
        line = self.own.line_ids.move_line_id[:1]
        hold = self.env['dunning.hold'].with_user(self.clerk).create({'move_line_id': line.id, 'kind': 'dispute'})
        hold.action_release()
        self.assertEqual(hold.state, 'over')
        promise = self.env['payment.promise'].with_user(self.clerk).create({
            'move_line_id': line.id, 'date': '2026-03-12',
        })
        self.assertEqual(promise.amount, 100.0)
        with self.assertRaises(AccessError):
            promise.write({'state': 'kept'})
        for record in (self.policy, self.late, self.late.route_ids[0], self.gateway):
            with self.assertRaises(AccessError):
                record.with_user(self.clerk).write({'sequence': 3} if 'sequence' in record else {'distance': 9})

    def test_a_user_alone_reads_receivables_and_no_other_journal_items(self):
        """The role brings what holds and promises need, and not the books."""
        line = self.own.line_ids.move_line_id[:1]
        income = line.move_id.line_ids - line
        salary = self.env['account.move'].create({'move_type': 'entry', 'line_ids': [
            Command.create({'account_id': self.company_data['default_account_expense'].id, 'debit': 7.0}),
            Command.create({'account_id': self.company_data['default_account_payable'].id, 'credit': 7.0}),
        ]})
        self.env.flush_all()
        self.env.invalidate_all()
        Line = self.env['account.move.line'].with_user(self.clerk)
        self.assertEqual(Line.search([('move_id', 'in', (line.move_id | salary).ids)]), line)
        self.assertEqual(line.with_user(self.clerk).move_id.name, line.move_id.name)
        for hidden in (income, salary, salary.line_ids):
            with self.subTest(hidden._name), self.assertRaises(AccessError):
                hidden.with_user(self.clerk).read(['display_name'])
        for right in ('write', 'create', 'unlink'):
            self.assertFalse(Line.has_access(right) or Line.move_id.has_access(right))

    def test_a_user_alone_fills_the_forms_of_holds_and_promises(self):
        line_id = self.own.line_ids.move_line_id[:1].id
        self.env.flush_all()
        for model, vals in (
            ('dunning.hold', {'kind': 'dispute', 'amount': 40}),
            ('payment.promise', {'amount': 60, 'date': '2026-03-12'}),
        ):
            self.env.invalidate_all()
            with self.subTest(model), Form(self.env[model].with_user(self.clerk)) as form:
                form.move_line_id = self.env['account.move.line'].with_user(self.clerk).browse(line_id)
                for name, value in vals.items():
                    setattr(form, name, value)
            self.env.flush_all()
            self.env.invalidate_all()
            kept = form.record.with_user(self.clerk)
            self.assertEqual((kept.partner_id, kept.amount), (self.customer, vals['amount']))
            self.assertTrue(kept.move_line_id.display_name)

    def test_secrets_of_a_gateway_are_for_system_users(self):
        manager = self._user('manager', 'dunning_sms.group_dunning_manager')
        for name in ('url', 'token', 'password', 'report_secret', 'headers'):
            with self.assertRaises(AccessError):
                self.gateway.with_user(manager).read([name])

    def test_a_user_sees_the_dry_run(self):
        preview = self.env['dunning.preview'].with_user(self.clerk).create({'moment': '2026-03-11 10:00:00'})
        preview.action_compute()
        self.assertEqual(set(preview.line_ids.mapped('result')), {'told'})
        self.assertIn('2 × ', preview.summary)

    def test_the_dry_run_writes_nothing_and_tells_reasons(self):
        count = self.env['dunning.notice'].search_count([])
        third = self.env['res.partner'].create({'name': "Carla", 'email': 'carla@example.com'})
        self._invoice(70, due='2026-03-07', partner=third)
        preview = self.env['dunning.preview'].create({})
        preview.action_compute()
        line = preview.line_ids.filtered(lambda found: found.partner_id == third)
        self.assertRecordValues(line, [{'result': 'notice', 'step_id': self.late.id, 'amount': 70.0}])
        self.assertEqual(self.env['dunning.notice'].search_count([]), count)

    # === COMPANIES === #

    def test_companies_do_not_see_each_other(self):
        """G16."""
        stranger = self._user('stranger', 'dunning_sms.group_dunning_manager', company_id=self.other_company.id,
                              company_ids=[Command.set(self.other_company.ids)])
        line = self.own.line_ids.move_line_id[:1]
        hold = self.env['dunning.hold'].create({'move_line_id': line.id})
        promise = self.env['payment.promise'].create({'move_line_id': line.id, 'date': '2026-03-12'})
        self.policy.company_id = self.company
        for record in (self.own, self.own.line_ids, self.own.delivery_ids, hold, promise, self.policy,
                       self.policy.step_ids, self.gateway):
            with self.subTest(record._name):
                self.assertFalse(self.env[record._name].with_user(stranger).search([('id', 'in', record.ids)]))
                with self.assertRaises(AccessError):
                    record.with_user(stranger).read(['display_name'])

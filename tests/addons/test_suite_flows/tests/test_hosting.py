"""Web hosting: a trial, an option, two upgrades in one period, a downgrade, a pause with credit, notice and end."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command, Date
from odoo.tests import tagged

from .checked_billing import CheckedBilling


@tagged('post_install', '-at_install')
class TestHosting(CheckedBilling, AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= (
            cls.env.ref('service_contracts.group_contract_manager')
            | cls.env.ref('sales_team.group_sale_salesman_all_leads')
        )
        cls.web, cls.backup, cls.setup = cls.env['product.product'].create([
            {'name': name, 'default_code': code, 'type': 'service', 'list_price': price, 'taxes_id': [Command.clear()]}
            for name, code, price in (("Hosting", 'WEB', 30), ("Backup", 'BACKUP', 9), ("Setup", 'SETUP', 10))
        ])
        cls.mailboxes = cls.env['service.feature'].create({'name': "Mailboxes", 'code': 'MAILBOXES'})
        cls.family = cls.env['service.plan.family'].create({'name': "Hosting"})
        cls.plans = cls.env['service.plan'].create([
            cls._plan_vals(*offer) for offer in (("S", 1, 30, 5), ("M", 2, 40, 20), ("L", 3, 50, 50))
        ])
        for plan in cls.plans:
            plan.allowed_target_ids = cls.plans - plan
        cls.customer = cls.env['res.partner'].create({'name': "Berta", 'ref': 'BERTA'})

    @classmethod
    def _plan_vals(cls, name, level, price, mailboxes):
        return {
            'name': f"Hosting {name}", 'code': f'WEB-{name}', 'family_id': cls.family.id, 'level': level,
            'trial_count': 14, 'trial_unit': 'day', 'notice_count': 1, 'unused_rule': 'day', 'line_ids': [
                Command.create({'product_id': cls.setup.id, 'kind': 'one_time', 'sequence': 1}),
                Command.create({'product_id': cls.web.id, 'price_source': 'fixed', 'price_unit': price, 'sequence': 2}),
                Command.create({'product_id': cls.backup.id, 'is_optional': True, 'sequence': 3}),
            ],
            'grant_ids': [Command.create({
                'feature_id': cls.mailboxes.id, 'limit': mailboxes, 'trial': 'limit', 'trial_limit': 1,
            })],
        }

    def _order(self):
        order = self.env['sale.order'].create({'partner_id': self.customer.id, 'payment_term_id': False})
        order.action_add_service_plan(self.plans[0].id)
        order.action_confirm()
        return order.service_contract_ids

    def _day(self, contract, day):
        """Let a day pass: the calendar, then the billing."""
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_dates').method_direct_trigger()
        self._bill(contract, day)

    def _bill(self, contract, day):
        with freeze_time(day):
            self.env['service.billing.run'].create({
                'date': day, 'contract_ids': [Command.set(contract.ids)],
            }).action_start()
        self.assertFalse(contract.parked_reason)

    def _invoices(self, contract):
        moves = contract.entry_ids.move_id.sorted(lambda move: (move.invoice_date, move.id))
        return [(str(move.invoice_date), move.amount_total_signed) for move in moves]

    def _mailboxes(self, quantity):
        answer, = self.env['service.contract'].check_entitlement([
            {'partner': 'BERTA', 'feature': 'MAILBOXES', 'quantity': quantity},
        ])
        return answer['reason']

    def _change(self, contract, day, plan):
        with freeze_time(day):
            return contract.request_change('WEB-BERTA', {'plan': plan}, f'{day}:{plan}')

    def test_hosting_from_the_trial_to_the_end(self):
        """A10, A15, A16, B13, B14, B18, N1, N7, N8: every invoice to the cent."""
        with freeze_time('2026-01-01'):
            contract = self._order()
            contract.external_ref = 'WEB-BERTA'
            self.assertEqual((str(contract.date_trial_end), contract.trial_state), ('2026-01-14', 'running'))
            self.assertEqual((self._mailboxes(1), self._mailboxes(2)), ('trial', 'limit_reached'))
        self._day(contract, '2026-01-11')
        self.assertTrue(contract.activity_ids, "The trial is over soon.")
        self._day(contract, '2026-01-14')
        self.assertEqual(self._invoices(contract), [])
        self._day(contract, '2026-01-15')
        self.assertEqual(contract.trial_state, 'over')
        with freeze_time('2026-01-15'):
            self.assertEqual((self._mailboxes(5), self._mailboxes(6)), ('included', 'limit_reached'))

        with freeze_time('2026-01-20'):
            contract.book_option('BACKUP')
        self._day(contract, '2026-01-20')  # 26/31 × 9

        first = self._change(contract, '2026-01-25', 'WEB-M')
        self.assertEqual((first['credit'], first['charge'], first['net']), (20.32, 27.09, 6.77))
        self._day(contract, '2026-01-25')
        second = self._change(contract, '2026-02-04', 'WEB-L')
        self.assertEqual(second['net'], 3.55)  # 11/31 × 10, from the price now
        self._day(contract, '2026-02-04')
        self._day(contract, '2026-02-15')
        with freeze_time('2026-02-15'):
            self.assertEqual(self._mailboxes(50), 'included')

        down = self._change(contract, '2026-02-20', 'WEB-S')
        self.assertEqual((down['state'], down['date_effective'], down['net']), ('scheduled', '2026-03-15', 0.0))
        self.assertEqual((down['first_charge_amount'], down['monthly_after']), (39.0, 39.0))
        self._day(contract, '2026-03-15')
        self.assertEqual(contract.plan_id, self.plans[0])

        with freeze_time('2026-03-20'):
            contract.action_pause('2026-03-20', '2026-03-30', "Holidays")
            self.assertEqual(self._mailboxes(1), 'suspended')
        self._day(contract, '2026-03-30')
        self.assertEqual(contract.state, 'active')

        with freeze_time('2026-04-01'):
            contract.invalidate_recordset(['date_earliest_end'])
            self.assertEqual(str(contract.date_earliest_end), '2026-05-01')
            contract._end(Date.to_date('2026-05-01'), "Notice of the customer")
        self._day(contract, '2026-04-15')
        self._day(contract, '2026-05-02')
        self._day(contract, '2026-06-15')
        self.assertEqual(contract.state, 'ended')

        self.assertEqual(self._invoices(contract), [
            ('2026-01-15', 40.0),    # setup 10 and hosting 30, from the end of the trial
            ('2026-01-20', 7.55),    # backup, 26/31 × 9
            ('2026-01-25', 6.77),    # Hosting M: −20.32 + 27.09
            ('2026-02-04', 3.55),    # Hosting L
            ('2026-02-15', 59.0),    # 50 + 9
            ('2026-03-15', 39.0),    # 30 + 9
            ('2026-03-30', -12.58),  # 10/31 × 30 and × 9
            ('2026-04-15', 22.1),    # 17/30 × 30 and × 9, until 1 May
        ])
        for entry in contract.entry_ids:
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)
        with freeze_time('2026-06-16'):
            self.env['service.billing.run'].create({'date': '2026-06-15'}).action_start()
            check = self.env['service.billing.check']
            self.assertFalse(check._check_by_query(self.env.company, None) | check._check_gaps(self.env.company))
        self.assertEqual(contract.event_ids.sorted('id').mapped('kind'), [
            'activated', 'trial_started', 'trial_ended', 'changed', 'changed', 'change_requested', 'changed',
            'suspended', 'resumed', 'end_planned', 'ended'])

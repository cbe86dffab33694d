"""A school year paid in advance: enrolment, a year's fee with discounts, lunch and bus, and the prices of next year."""

from datetime import date

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

from .checked_billing import CheckedBilling


@tagged('post_install', '-at_install')
class TestSchoolYear(CheckedBilling, AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('service_contracts.group_contract_manager')
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_salesman_all_leads')
        enrolment, fee, lunch, bus = cls.env['product.product'].create([
            {'name': name, 'default_code': code, 'type': 'service', 'list_price': price, 'taxes_id': [Command.clear()]}
            for name, code, price in (("Enrolment", 'ENROL', 300.0), ("School fee", 'FEE', 1350.0),
                                      ("Lunch", 'LUNCH', 240.0), ("School bus", 'BUS', 180.0))
        ])
        cls.plan = cls.env['service.plan'].create({
            'name': "School fees", 'code': 'SCHOOL', 'interval_unit': 'quarter', 'anchor': 'calendar',
            'anchor_month': '9', 'proration': '30_360',
            'interval_ids': [Command.create({'interval_unit': 'year', 'discount': 5.0})],
            'line_ids': [
                Command.create({'product_id': enrolment.id, 'kind': 'one_time', 'sequence': 1}),
                Command.create({'product_id': fee.id, 'sequence': 2}),
                Command.create({'product_id': lunch.id, 'is_optional': True, 'sequence': 3}),
                Command.create({'product_id': bus.id, 'is_optional': True, 'unbooking': 'at_once', 'sequence': 4}),
            ],
        })
        cls.family = cls.env['res.partner'].create({'name': "Familia Ortega", 'email': 'ortega@example.com'})

    @freeze_time('2026-09-01')
    def _enrol(self):
        """Sell the year ahead with lunch; the second child of the family costs a tenth less in its first year."""
        order = self.env['sale.order'].create({'partner_id': self.family.id})
        order.action_add_service_plan(self.plan.id)
        order.service_plan_interval_id = self.plan.interval_ids
        lunch = order.service_option_ids.filtered(lambda option: option.product_id.name == "Lunch")
        order.action_add_service_option(lunch.id)
        self.assertEqual(order.order_line.mapped('price_unit'), [300.0, 5130.0, 912.0])
        self.assertEqual(order.amount_untaxed, 6342.0)
        order.action_confirm()
        contract = order.service_contract_ids
        contract.payment_term_id = False
        self._service(contract, "School fee").reduction_ids = [
            Command.create({'name': "Sibling discount", 'percent': 10.0, 'periods': 1}),
        ]
        return contract

    def _service(self, contract, name):
        return contract.line_ids.filtered(lambda line: line.product_id.name == name)

    def _bill(self, contract, day):
        """Bill on a day and return the new invoice or credit note."""
        known = contract.entry_ids.move_id
        with freeze_time(day):
            self.env['service.billing.run'].create({'date': day}).action_start()
        self.assertFalse(contract.parked_reason)
        return contract.entry_ids.move_id - known

    def _pay(self, move, day):
        with freeze_time(day):
            self.env['account.payment.register'].with_context(
                active_model='account.move', active_ids=move.ids,
            ).create({'payment_date': day})._create_payments()
        self.assertIn(move.payment_state, ('in_payment', 'paid'))

    def test_a_school_year_from_the_quotation_to_the_last_payment(self):
        contract = self._enrol()
        self.assertEqual(contract.state, 'active')

        year = self._bill(contract, '2026-09-01')
        self.assertEqual(sorted(year.invoice_line_ids.mapped('price_subtotal')), [300.0, 912.0, 4617.0])
        self.assertIn("Sibling discount", '\n'.join(year.invoice_line_ids.mapped('name')))
        self._pay(year, '2026-09-05')

        with freeze_time('2026-12-01'):
            contract.book_option('BUS')
        bus = self._bill(contract, '2026-12-01')
        self.assertEqual(bus.amount_total, 513.0, "684 a year, 270 of 360 days")
        self._pay(bus, '2026-12-10')

        with freeze_time('2027-02-28'):
            contract.unbook_option('BUS', reason="The family has moved next door")
        credit = self._bill(contract, '2027-02-28')
        self.assertRecordValues(credit, [{'move_type': 'out_refund', 'amount_total': 342.0}])

        revision = self._raise_prices()
        self.assertRecordValues(revision, [{'state': 'applied', 'telling': 'done', 'line_count': 2}])
        self.assertEqual(self.env['mail.mail'].search_count([('res_id', '=', contract.id), (
            'model', '=', 'service.contract')]), 1)

        self.assertFalse(self._bill(contract, '2027-08-31'), "the year is paid")
        following = self._bill(contract, '2027-09-01')
        self.assertEqual(sorted(following.invoice_line_ids.mapped('price_subtotal')), [939.36, 5283.9])
        self.assertEqual(contract.line_ids.filtered(lambda line: line.product_id.name == "School bus").date_end,
                         date(2027, 2, 28))
        self._settle(following, credit)
        for entry in contract.entry_ids:
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)

    def _raise_prices(self):
        """Three percent from September, told three months before; the price in force follows by itself."""
        with freeze_time('2027-05-15'):
            revision = self.env['service.price.revision'].create({
                'name': "Prices 2027/28", 'percent': 3.0, 'date_effective': '2027-08-01', 'notice_count': 3,
                'plan_ids': self.plan.ids, 'reason': "Wages and food have become dearer.",
            })
            revision.action_preview()
            self.assertEqual(set(revision.line_ids.filtered(lambda row: row.state == 'planned').mapped(
                lambda row: (row.price_old, row.price_new, row.date_effective))), {
                (5130.0, 5283.9, date(2027, 9, 1)), (912.0, 939.36, date(2027, 9, 1))})
            revision.action_apply()
            revision.action_tell()
            with self.enter_registry_test_mode():
                self.env.ref('service_contracts.ir_cron_tell_prices').method_direct_trigger()
        with freeze_time('2027-09-01'), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_prices').method_direct_trigger()
            self.env.ref('service_contracts.ir_cron_follow_dates').method_direct_trigger()
        self.assertEqual(sum(revision.line_ids.contract_id.mapped('recurring_monthly')), 518.61)
        return revision

    def _settle(self, invoice, credit):
        """Set the credit off against the last invoice and pay the rest."""
        receivables = (invoice | credit).line_ids.filtered(lambda line: line.display_type == 'payment_term')
        receivables.reconcile()
        self.assertEqual(invoice.amount_residual, 5881.26)
        self._pay(invoice, '2027-09-10')
        self.assertEqual((invoice | credit).mapped('amount_residual'), [0.0, 0.0])

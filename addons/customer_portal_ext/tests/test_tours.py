"""The journeys of a customer, clicked in a real browser."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .checkout_common import CheckoutCase
from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestTours(PanelPageCase):
    frozen = None  # the browser would take the session for expired

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.desk = cls.env['res.users'].create({
            'name': "Desk", 'login': 'desk', 'password': 'desk', 'company_id': cls.company.id,
            'company_ids': [Command.set(cls.company.ids)],
            'group_ids': [Command.set(cls.env.ref('customer_portal_ext.group_desk_manager').ids)],
        })

    def _late(self, amount, days=10):
        """Return a receivable that fell due some days ago."""
        due = self.today - timedelta(days=days)
        return self._invoice(amount, due, invoice_date=due)

    def _running_contract(self):
        """Return a contract of a small plan that may become a large one, and back."""
        large, small = self.env['service.plan'].create([
            {'name': name, 'level': level, 'line_ids': [Command.create({
                'product_id': self.hosting.id, 'price_source': 'fixed', 'price_unit': price})]}
            for name, level, price in (("Large", 2, 60.0), ("Small", 1, 30.0))
        ])
        large.allowed_target_ids, small.allowed_target_ids = small, large
        contract = self.env['service.contract'].create({
            'partner_id': self.customer.id, 'plan_id': small.id, 'date_start': self.today - timedelta(days=10),
            'company_id': self.company.id})
        contract.action_load_plan()
        contract.action_activate()
        return contract

    def test_a_customer_reports_a_transfer(self):
        self._invoice(50, '2026-03-01', invoice_date='2026-03-01')
        self.start_tour('/my', 'customer_portal_ext_report_transfer', login='ana')
        report = self.env['transfer.report'].search([('partner_id', '=', self.customer.id)])
        self.assertRecordValues(report, [{'amount': 50, 'reference': 'HOST-77', 'state': 'reported'}])

    def test_a_customer_pays_two_invoices_by_card(self):
        """D2, F5: one charge for both."""
        self.company.sudo().dunning_policy_id = self.env['dunning.policy'].sudo().create({'name': "Test"})
        self.env['payment.provider'].sudo().search([]).state = 'disabled'
        provider = self.env.ref('payment.payment_provider_demo').sudo().copy({
            'company_id': self.company.id, 'state': 'test', 'is_published': True})
        provider.with_context(active_test=False).payment_method_ids.active = True
        lines = self._late(50) | self._late(30, days=5)
        self.start_tour('/my', 'customer_portal_ext_pay_two_invoices', login='ana')
        self.assertEqual(lines.mapped('amount_residual'), [0, 0])
        charge = self.env['payment.transaction'].sudo().search([('partner_id', '=', self.customer.id)])
        self.assertRecordValues(charge, [{'amount': 80, 'state': 'done', 'receivable_line_ids': lines.ids}])

    def test_a_customer_ends_a_contract_and_sees_what_becomes_of_it(self):
        """F6."""
        contract, self.company.portal_auto_end = self._running_contract(), False
        self.start_tour('/my', 'customer_portal_ext_end_contract', login='ana')
        request = self.env['service.request'].search([('contract_id', '=', contract.id)])
        self.assertRecordValues(request, [{'kind': 'end', 'state': 'sent'}])
        request.with_user(self.desk).action_approve()
        self.start_tour('/my/requests', 'customer_portal_ext_end_decided', login='ana')
        self.assertEqual(contract.date_end, request.date_wanted)

    def test_a_customer_moves_up_and_down(self):
        """F7: each with its effect in money before it is sent."""
        contract = self._running_contract()
        self.start_tour('/my', 'customer_portal_ext_upgrade', login='ana')
        self.assertEqual(contract.plan_id.name, "Large")
        self.start_tour('/my', 'customer_portal_ext_downgrade', login='ana')
        self.assertIn("Small", (contract.plan_id | contract.sudo().scheduled_change_id.plan_id).mapped('name'))

    def test_a_customer_arranges_to_pay_in_parts_within_the_limits(self):
        """N14: three payments, then the status of each."""
        lines = self._late(50) | self._late(40, days=5)
        self.start_tour('/my', 'customer_portal_ext_arrangement', login='ana')
        request = self.env['service.request'].search([('partner_id', '=', self.customer.id)])
        self.assertRecordValues(request, [{'kind': 'arrangement', 'state': 'done', 'part_count': 3}])
        self.assertEqual([part['amount'] for part in request._arrangement_parts()], [30, 30, 30])
        self.assertEqual(request.promise_ids.move_line_id, lines)

    def test_a_claim_is_raised_and_rated_when_closed(self):
        """I1, I9: the disputed amount, and only that, waits."""
        line = self._late(50)
        self.start_tour('/my', 'customer_portal_ext_raise_claim', login='ana')
        case = self.env['support.case'].search([('partner_id', '=', self.customer.id)])
        self.assertRecordValues(case.hold_ids, [{'amount': 10, 'state': 'active', 'move_line_id': line.id}])
        case.with_user(self.desk).action_close()
        self.start_tour('/my/cases', 'customer_portal_ext_rate_case', login='ana')
        self.assertRecordValues(case.rating_ids, [{'rating': 5, 'consumed': True}])

    def test_a_circular_is_sent_and_its_reading_proven(self):
        """H1 to H3."""
        self._running_contract()
        self.start_tour('/odoo/circulars', 'customer_portal_ext_send_circular', login='desk')
        with self.enter_registry_test_mode():
            self.env.ref('customer_portal_ext.ir_cron_send_circulars').method_direct_trigger()
        self.start_tour('/my', 'customer_portal_ext_read_circular', login='ana')
        self.start_tour('/odoo/circulars', 'customer_portal_ext_see_readers', login='desk')
        row = self.env['portal.circular.recipient'].search([('partner_id', '=', self.customer.id)])
        self.assertTrue(row.read_on)

@tagged('post_install', '-at_install')
class TestContractOnlineTour(CheckoutCase):
    frozen = None  # as above

    def test_a_visitor_contracts_three_services_pays_and_registers(self):
        """A7, A16, A21-A24, A33, D2: one journey, with a trial, an installment plan and a card that is kept."""
        self.choice.unlink()
        self.start_tour('/services', 'customer_portal_ext_contract_online')
        customer = self.env['res.partner'].search([('email', '=', 'eve@example.com')])
        self.assertEqual(customer.user_ids.login, 'eve@example.com')
        order = customer.sale_order_ids
        self.assertRecordValues(order, [{'state': 'sale', 'amount_paid': 415.0, 'signed_by': "Eve Adams"}])
        self.assertEqual(len(order.service_contract_ids), 2, "the trial has a contract of its own")
        token = order.transaction_ids.token_id
        self.assertEqual(order.service_contract_ids.payment_token_id, token)
        self.assertEqual(order.installment_plan_ids.payment_token_id, token)

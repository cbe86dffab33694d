"""Quotations show what installments cost before anything is signed, and refuse what may not be sold."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestSaleOrder(InstallmentCase):

    def test_a_quotation_shows_cost_and_rates(self):
        order = self._order(self.annuity)
        self.assertRecordValues(order, [{
            'installment_problem': '', 'installment_at_start': 0.0, 'installment_financed': 1000.0,
            'installment_cost': 26.41, 'installment_total': 1026.41,
        }])
        self.assertAlmostEqual(order.installment_apr_eu, 9.4, 1)
        self.assertAlmostEqual(order.installment_apr_us, 9.0, 1)
        self.assertIn('171.07', str(order.installment_schedule_html))

    def test_a_quotation_without_terms_shows_nothing(self):
        order = self._order(self.env['installment.terms'])
        self.assertRecordValues(order, [{
            'installment_total': 0.0, 'installment_problem': '', 'installment_apr_eu': 0.0}])
        self.assertFalse(order.installment_schedule_html)

    def test_the_figures_follow_the_lines(self):
        order = self._order(self.free)
        order.order_line.product_uom_qty = 3
        self.assertEqual(order.installment_total, 3000.0)

    def test_the_schedule_counts_from_today_until_it_is_agreed(self):
        order = self._order(self.free)
        with freeze_time('2026-03-31'):
            given = order._installment_try()[0]
            self.assertEqual([str(row.due) for row in given.rows], ['2026-04-30', '2026-05-31', '2026-06-30'])

    def test_a_deposit_of_the_product_beats_its_category_and_the_terms(self):
        category = self.env['product.category'].create({
            'name': "White goods", 'deposit_type': 'percent', 'deposit_value': 30})
        self.free.write({'deposit_type': 'percent', 'deposit_value': 10})
        self.assertEqual(self._order(self.free).installment_at_start, 100.0)
        self.fridge.categ_id = self.env['product.category'].create({'name': "Kitchen", 'parent_id': category.id})
        self.assertEqual(self._order(self.free).installment_at_start, 300.0)
        self.fridge.write({'deposit_type': 'fixed', 'deposit_value': 55})
        self.assertEqual(self._order(self.free, quantity=2).installment_at_start, 110.0)

    def test_an_amount_outside_the_terms_is_refused(self):
        self.free.write({'amount_min': 500, 'amount_max': 900})
        order = self._order(self.free)
        self.assertIn('from', order.installment_problem)
        with self.assertRaisesRegex(UserError, "financed amounts"):
            order.action_confirm()

    def test_terms_not_meant_for_the_customer_cannot_be_confirmed(self):
        order = self._order(self.free)
        self.free.partner_category_ids = self.env['res.partner.category'].create({'name': "Teachers"})
        order.invalidate_recordset(['installment_fitting_ids'])
        with self.assertRaisesRegex(UserError, "not for this customer"):
            order.action_confirm()

    def test_the_limit_counts_all_open_plans(self):
        self.company.installment_limit = 1500
        self._sold(self.free)
        order = self._order(self.free)
        with self.assertRaisesRegex(UserError, "more than the limit"):
            order.action_confirm()
        self.customer.installment_limit = 2000
        order.action_confirm()
        self.assertEqual(self.customer.installment_exposure, 2000.0)

    def test_a_comparison_shows_what_fits_and_sets_what_is_chosen(self):
        order = self._order(self.env['installment.terms'])
        self._terms(name="Only for large ones", amount_min=10**6)
        action = order.action_compare_installments()
        lines = self.env['installment.comparison'].browse(action['res_id']).line_ids
        self.assertEqual(lines.terms_id, self.free | self.annuity)
        lines.filtered(lambda line: line.terms_id == self.annuity).action_choose()
        self.assertEqual(order.installment_terms_id, self.annuity)

    def test_services_under_contract_are_not_financed(self):
        plan = self.env['service.plan'].sudo().create({'name': "Hosting"})
        order = self._order(self.free)
        order.order_line.create({'order_id': order.id, 'product_id': self.course.id, 'service_plan_id': plan.id})
        self.assertEqual(order.installment_financed, 1000.0)
        order.action_confirm()
        self.assertEqual(order.installment_plan_ids.invoice_id.amount_total, 1000.0)

    # === ACCEPTANCE === #

    def test_an_acceptance_keeps_exactly_the_figures_shown(self):
        order = self._order(self.annuity)
        shown = order._installment_fingerprint()
        self.assertEqual(order._accept_installments("Ana", '192.0.2.7', shown), '')
        order.action_confirm()
        self.assertRecordValues(order.installment_plan_ids, [{
            'accepted_by': "Ana", 'accepted_from': '192.0.2.7', 'figures_hash': shown,
            'figures': order.installment_accepted_figures,
        }])

    def test_other_figures_than_shown_are_not_accepted(self):
        order = self._order(self.annuity)
        shown = order._installment_fingerprint()
        order.order_line.price_unit = 1100
        self.assertIn("changed", order._accept_installments("Ana", '192.0.2.7', shown))
        self.assertIn("changed", order._accept_installments("Ana", '192.0.2.7', ''))
        self.assertFalse(order.installment_accepted_hash)

    def test_a_changed_order_has_to_be_accepted_again(self):
        order = self._order(self.annuity)
        order._accept_installments("Ana", '192.0.2.7', order._installment_fingerprint())
        order.order_line.price_unit = 1100
        with self.assertRaisesRegex(UserError, "accepted again"):
            order.action_confirm()
        order.action_reset_acceptance()
        order.action_confirm()
        self.assertEqual(order.installment_plan_ids.price, 1100.0)

    def test_the_agreed_day_stays_when_the_order_is_confirmed_later(self):
        order = self._order(self.free)
        order._accept_installments("Ana", '192.0.2.7', order._installment_fingerprint())
        with freeze_time('2026-02-03'):
            order.action_confirm()
        self.assertEqual(str(order.installment_plan_ids.line_ids[0].date_due), '2026-02-15')

    def test_nobody_writes_an_acceptance(self):
        """G7: a context key from outside opens no gate."""
        order = self._order(self.free)
        for context in ({}, {'service_gate': True}, {'service_gate': 'SERVICE_GATE'}):
            with self.assertRaisesRegex(UserError, "cannot be written"):
                order.with_context(**context).installment_accepted_by = "Mallory"
        with self.assertRaisesRegex(UserError, "cannot be written"):
            self._order(self.free, installment_accepted_hash='x')

    def test_an_order_with_a_running_plan_is_not_cancelled(self):
        plan = self._sold(self.free)
        with self.assertRaisesRegex(UserError, "Cancel the plan first"):
            plan.sale_order_id._action_cancel()
        plan.action_cancel()
        plan.sale_order_id._action_cancel()
        self.assertEqual(plan.sale_order_id.state, 'cancel')

    def test_what_is_paid_at_once_confirms_the_order(self):
        order = self._order(self.free, require_payment=True)
        self.assertFalse(order._has_to_be_paid())
        self.free.write({'deposit_type': 'percent', 'deposit_value': 10})
        order.invalidate_recordset(['installment_at_start'])
        self.assertTrue(order._has_to_be_paid())
        self.assertEqual(order._get_prepayment_required_amount(), 100.0)

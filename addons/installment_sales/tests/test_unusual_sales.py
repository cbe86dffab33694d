"""Sales that are not plain: discounts and taxes, three decimals, credit notes in mid-plan, merged customers."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import TODAY, InstallmentCase

DEFERRED = 'installment_deferred_account_id'


@tagged('post_install', '-at_install')
class TestUnusualSales(InstallmentCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dinar = cls.setup_other_currency('KWD', rates=[('2020-01-01', 0.307)])
        cls.pricelist = cls.env['product.pricelist'].create({'name': "Dinar", 'currency_id': cls.dinar.id})

    def _night(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            for cron in ('installment_bill_cron', 'installment_recognition_cron'):
                self.env.ref(f'installment_sales.{cron}').method_direct_trigger()
        self.env.invalidate_all()

    def _discounted(self, invoicing, **vals):
        """Return a quotation of two taxed goods, one with a discount of its line, and a discount of the order."""
        terms = self._terms(name=invoicing, method='annuity', count=3, interest_rate=9, invoicing=invoicing,
                            deposit_type='percent', deposit_value=20, **vals)
        order = self._order(terms, product=self.course, price=333.333, quantity=3,
                            **({'pricelist_id': self.pricelist.id} if vals else {}))
        order.order_line = [
            Command.create({'product_id': self.course.id, 'price_unit': 77.77, 'discount': 12.5}),
            Command.create({'product_id': self.course.id, 'price_unit': -49.99, 'name': "Discount"}),
        ]
        return order

    def test_discounts_and_taxes_are_shared_by_the_invoices_of_a_plan(self):
        """C1, C6: a line below zero is cut like any other; the invoices sum to the order, net and tax."""
        orders = self._discounted('each') | self._discounted('each', currency_id=self.dinar.id)
        orders.action_confirm()
        self._night('2026-06-01')
        for order in orders:
            with self.subTest(order.currency_id.name):
                plan = order.installment_plan_ids
                self.assertFalse(plan.bill_problem)
                invoices = plan._invoices()
                self.assertEqual(len(invoices), 4)
                self.assertEqual(set(invoices.mapped('state')), {'posted'})
                digits = order.currency_id.decimal_places
                self.assertAlmostEqual(sum(invoices.mapped('amount_tax')), order.amount_tax, digits)
                self.assertAlmostEqual(sum(invoices.mapped('amount_total')), plan.total, digits)
                self.assertAlmostEqual(plan.price, order.amount_total, digits)
                self.assertEqual(self._balance(DEFERRED, plan), 0.0)
                self.assertBalanced(plan)

    def test_discounts_and_taxes_on_one_invoice(self):
        orders = self._discounted('single') | self._discounted('single', currency_id=self.dinar.id)
        orders.action_confirm()
        for order in orders:
            with self.subTest(order.currency_id.name):
                plan = order.installment_plan_ids
                self.assertAlmostEqual(
                    plan.invoice_id.amount_total, order.amount_total + plan.cost, order.currency_id.decimal_places)
                self.assertBalanced(plan)

    def test_an_order_changed_after_the_agreement_waits_for_a_person_and_stops_nobody_else(self):
        """A5: its invoices no longer fit what was agreed; those of others are made."""
        changed, other = self._discounted('each'), self._discounted('each')
        (changed | other).action_confirm()
        changed.order_line[0].price_unit = 400
        self._night('2026-02-20')
        plan = changed.installment_plan_ids
        self.assertIn("were agreed to be paid in installments", plan.bill_problem)
        self.assertTrue(plan.activity_ids)
        with self.assertRaisesRegex(UserError, f"{plan.name}: The order now comes to"):
            plan.action_settle('2026-02-20')
        self.assertFalse(other.installment_plan_ids.bill_problem)
        self.assertEqual(len(other.installment_plan_ids._invoices()), 2)

    def test_a_down_payment_of_everything_is_no_plan(self):
        self.course.product_tmpl_id.write({'deposit_type': 'fixed', 'deposit_value': 5000})
        order = self._order(self.free, product=self.course)
        with self.assertRaisesRegex(UserError, "nothing to pay in installments"):
            order.action_confirm()
        self.assertEqual(order.state, 'draft')

    def test_an_installment_before_the_sale_is_refused(self):
        terms = self._terms(name="Gone", method='custom', row_ids=[
            (0, 0, {'kind': 'percent', 'value': 50, 'date': '2025-12-01'}),
            (0, 0, {'kind': 'rest', 'date': '2026-06-30'}),
        ])
        order = self._order(terms)
        with self.assertRaisesRegex(UserError, "falls due on 12/01/2025, before the plan starts on 01/15/2026"):
            order.action_confirm()

    def test_a_credit_note_for_what_never_came_lowers_the_last_installments(self):
        """Two of three pieces were delivered: the third is credited while the plan runs, and income stays whole."""
        plan = self._sold(self.annuity, price=200, quantity=3)
        self._pay(plan, 103)
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=plan.invoice_id.ids).create({
                'reason': "One piece less", 'journal_id': plan.invoice_id.journal_id.id, 'date': TODAY})
        note = self.env['account.move'].browse(wizard.reverse_moves()['res_id'])
        note.invoice_line_ids.filtered(lambda line: not line.product_id).unlink()
        note.invoice_line_ids.quantity = 1
        note.action_post()
        (note | plan.invoice_id).line_ids.filtered(
            lambda line: line.account_type == 'asset_receivable' and not line.reconciled).reconcile()
        self.assertEqual(plan.state, 'active')
        self.assertAlmostEqual(plan.amount_residual, plan.total - 103 - 200, 2)
        self._pay(plan, plan.amount_residual)
        for line in plan.line_ids:
            line._recognise()
        self.assertEqual(plan.state, 'paid')
        self.assertEqual(self._balance(DEFERRED, plan), 0.0)

    def test_a_customer_merged_with_another_keeps_the_plan(self):
        """The plan, its receivables, its limit and its page go with the customer."""
        plan = self._sold(self.annuity)
        survivor = self.env['res.partner'].create({'name': "Ana María", 'email': 'ana@example.com'})
        wizard = self.env['base.partner.merge.automatic.wizard'].create({
            'partner_ids': (survivor | self.customer).ids, 'dst_partner_id': survivor.id})
        wizard.with_context(mail_notrack=True).action_merge()
        self.env.invalidate_all()
        self.assertEqual((plan.partner_id, plan.invoice_id.partner_id), (survivor, survivor))
        self.assertEqual(plan.line_ids.partner_id, survivor)
        self.assertEqual(survivor._installment_owed()[1], plan.amount_residual)
        self._pay(plan, 171.07)
        self.assertEqual(plan.line_ids.sorted('number')[0].amount_residual, 0.0)
        plan.action_settle()
        self.assertEqual(self._balance(DEFERRED, plan), 0.0)

    def test_an_order_is_cancelled_only_with_its_plan_and_the_down_payment_is_owed_back(self):
        deposit = self._terms(name="Deposit", count=3, deposit_type='percent', deposit_value=20)
        plan = self._sold(deposit)
        order = plan.sale_order_id
        self._pay(plan, 200)
        with self.assertRaisesRegex(UserError, "Cancel the plan first"):
            order.action_cancel()
        plan.action_cancel()
        order.action_cancel()
        self.assertEqual((plan.state, order.state), ('cancelled', 'cancel'))
        owed = self.env['account.move.line'].search([
            ('partner_id', '=', self.customer.id), ('account_type', '=', 'asset_receivable'),
            ('reconciled', '=', False)])
        self.assertEqual(sum(owed.mapped('amount_residual')), -200.0)

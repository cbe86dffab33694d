"""The invoice of a plan: one receivable per installment, to the cent, whatever happens to it."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger
from psycopg2 import IntegrityError

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestAccountMove(InstallmentCase):

    def _receivables(self, plan):
        items = plan.invoice_id.line_ids.filtered(lambda item: item.display_type == 'payment_term')
        return items.sorted('date_maturity')

    def test_one_invoice_has_one_receivable_per_installment(self):
        plan = self._sold(self.annuity)
        self.assertRecordValues(plan.invoice_id, [{
            'state': 'posted', 'amount_total': 1026.41, 'installment_role': 'sale'}])
        self.assertEqual(
            [(str(item.date_maturity), item.balance) for item in self._receivables(plan)],
            [('2026-02-15', 171.07), ('2026-03-15', 171.07), ('2026-04-15', 171.07), ('2026-05-15', 171.07),
             ('2026-06-15', 171.07), ('2026-07-15', 171.06)])
        self.assertBalanced(plan)

    def test_the_printed_invoice_tells_when_how_much_is_due(self):
        self.annuity.write({'deposit_type': 'percent', 'deposit_value': 20})
        self.env['res.lang']._activate_lang('de_DE')
        plan = self._sold(self.annuity)
        plan.partner_id.lang = 'de_DE'
        html = self.env['ir.actions.report']._render_qweb_html('account.report_invoice', plan.invoice_id.ids)[0]
        text = ' '.join(html2plaintext(html.decode()).split())
        self.assertIn(plan.name, text)
        for line in plan.line_ids:
            self.assertIn(f'{line.date_maturity:%d.%m.%Y}', text)
        self.assertIn('15.02.2026', text)
        self.assertEqual(text.count('136,86'), 5)

    def test_an_ordinary_invoice_tells_nothing_of_installments(self):
        copied = self._sold(self.annuity).invoice_id.copy()
        html = self.env['ir.actions.report']._render_qweb_html('account.report_invoice', copied.ids)[0]
        self.assertNotIn('Payable in installments', html.decode())

    def test_costs_are_named_in_the_language_of_the_customer(self):
        plan = self._sold(self.annuity)
        self.env['res.lang']._activate_lang('es_ES')
        plan.partner_id.lang = 'es_ES'
        self.assertEqual(plan._for_customer().env.lang, 'es_ES')
        with patch.object(type(self.env), '_', lambda env, text, *args, **kwargs: f'{env.lang}: {text}'):
            names = [command[2]['name'] for command in plan._prepare_charge_lines(plan.line_ids)]
        self.assertEqual(names, ["es_ES: Interest, %s installments"])

    def test_tax_is_due_with_the_installments(self):
        plan = self._sold(self.free, product=self.course)
        self.assertEqual(plan.invoice_id.amount_tax, 150.0)
        self.assertEqual(plan.total, 1150.0)
        self.assertBalanced(plan)

    def test_interest_and_fees_are_deferred_without_tax(self):
        self.annuity.write({'fee_fixed': 30, 'deposit_type': 'percent', 'deposit_value': 20})
        plan = self._sold(self.annuity, product=self.course)
        deferred = plan.invoice_id.invoice_line_ids.filtered(
            lambda line: line.account_id == self.company.installment_deferred_account_id)
        self.assertEqual(sum(deferred.mapped('price_total')), plan.cost)
        self.assertFalse(deferred.tax_ids)
        self.assertRecordValues(self._receivables(plan)[0], [{'balance': plan.down_payment + 30}])

    def test_a_foreign_invoice_sums_in_both_currencies(self):
        currency = self.setup_other_currency('KRW' if self.company.currency_id.name == 'EUR' else 'EUR')
        pricelist = self.env['product.pricelist'].create({'name': "Foreign", 'currency_id': currency.id})
        terms = self.annuity.copy({'currency_id': currency.id})
        plan = self._sold(terms, pricelist_id=pricelist.id, price=1000)
        self.assertEqual(plan.currency_id, currency)
        self.assertBalanced(plan)
        receivables = self._receivables(plan)
        self.assertAlmostEqual(sum(receivables.mapped('amount_currency')), plan.total)
        self.assertAlmostEqual(sum(receivables.mapped('balance')), plan.invoice_id.amount_total_signed)

    def test_a_payment_ends_on_the_installments_due_first(self):
        """R8: part payments and overpayments too."""
        plan = self._sold(self.free)
        self._pay(plan, 400)
        lines = plan.line_ids.sorted('number')
        self.assertEqual(lines.mapped('amount_residual'), [0.0, 266.66, 333.34])
        self.assertEqual(lines.mapped('state'), ['paid', 'pending', 'pending'])
        self.assertRecordValues(plan, [{'amount_paid': 400.0, 'amount_residual': 600.0, 'next_amount': 266.66}])
        self._pay(plan, 600)
        self.assertEqual(plan.state, 'paid')
        self.assertBalanced(plan)

    def test_a_payment_taken_back_opens_its_installment_again(self):
        plan = self._sold(self.free)
        payment = self._pay(plan, 333.33)
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(plan.amount_residual, 1000.0)

    def test_the_payment_page_asks_for_the_next_installment(self):
        plan = self._sold(self.free)
        values = plan.invoice_id._get_invoice_next_payment_values()
        self.assertEqual((values['next_amount_to_pay'], str(values['next_due_date'])), (333.33, '2026-02-15'))

    def test_the_invoice_asks_for_nothing_but_what_was_agreed(self):
        invoice = self._sold(self.free).invoice_id
        invoice.button_draft()
        invoice.invoice_line_ids = [Command.create({
            'name': "Surprise", 'quantity': 1, 'price_unit': 5, 'tax_ids': False})]
        with self.assertRaisesRegex(UserError, "the customer agreed to"):
            invoice.action_post()

    def test_an_invoice_posted_again_has_the_same_installments(self):
        plan = self._sold(self.annuity)
        before = self._receivables(plan).mapped('balance')
        plan.invoice_id.button_draft()
        plan.invoice_id.action_post()
        self.assertEqual(self._receivables(plan).mapped('balance'), before)
        self.assertEqual(plan.amount_residual, plan.total)

    def test_a_plan_has_one_invoice(self):
        plan = self._sold(self.free)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            plan.invoice_id.copy({'installment_plan_id': plan.id, 'installment_role': 'sale'}).flush_recordset()

    def test_a_copied_invoice_is_an_ordinary_one(self):
        copied = self._sold(self.free).invoice_id.copy()
        self.assertFalse(copied.installment_plan_id)
        self.assertEqual(len(copied.line_ids.filtered(lambda item: item.display_type == 'payment_term')), 1)

"""A plan from its agreement to its last payment: what is owed, what is earned."""

from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger
from psycopg2 import IntegrityError

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestInstallmentPlan(InstallmentCase):

    def _recognise(self):
        cron = self.env.ref('installment_sales.installment_recognition_cron')
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()

    def test_confirming_an_order_makes_its_plan_once(self):
        order = self._order(self.annuity)
        order.action_confirm()
        order._open_installment_plan()
        self.assertRecordValues(order.installment_plan_ids, [{
            'state': 'active', 'total': 1026.41, 'amount_residual': 1026.41, 'next_amount': 171.07, 'cost': 26.41,
        }])
        self.assertEqual(order.invoice_ids, order.installment_plan_ids.invoice_id)

    def test_income_is_earned_installment_by_installment(self):
        plan = self._sold(self.annuity)
        deferred, income = 'installment_deferred_account_id', 'installment_income_account_id'
        self.assertEqual(self._balance(deferred, plan), -26.41)
        with freeze_time('2026-03-15'):
            self._recognise()
        self.assertEqual((self._balance(deferred, plan), self._balance(income, plan)), (-12.64, -13.77))
        with freeze_time('2026-12-31'):
            self._recognise()
            self._recognise()
        self.assertEqual((self._balance(deferred, plan), self._balance(income, plan)), (0.0, -26.41))
        self.assertEqual(plan.deferred_balance, 0.0)
        self.assertBalanced(plan)

    def test_the_income_of_an_installment_is_recorded_once(self):
        plan = self._sold(self.annuity)
        line = plan.line_ids[0]
        line._recognise()
        line._recognise()
        self.assertEqual(len(line.recognition_move_ids), 1)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            line.recognition_move_ids.copy({'installment_recognised_line_id': line.id}).flush_recordset()

    def test_income_in_another_currency_ends_at_zero_too(self):
        currency = self.setup_other_currency('KRW' if self.company.currency_id.name == 'EUR' else 'EUR')
        pricelist = self.env['product.pricelist'].create({'name': "Foreign", 'currency_id': currency.id})
        plan = self._sold(self.annuity.copy({'currency_id': currency.id}), pricelist_id=pricelist.id, price=999)
        with freeze_time('2026-12-31'):
            self._recognise()
        self.assertEqual(self._balance('installment_deferred_account_id', plan), 0.0)

    def test_the_status_follows_the_ledger_and_the_day(self):
        plan = self._sold(self.free)
        self._pay(plan, 333.33)
        with freeze_time('2026-03-20'):
            plan.line_ids.invalidate_recordset(['state'])
            self.assertEqual(plan.line_ids.sorted('number').mapped('state'), ['paid', 'due', 'pending'])
            plan.invalidate_recordset(['overdue_amount'])
            self.assertEqual(plan.overdue_amount, 333.33)

    def test_a_plan_stays_for_the_records(self):
        with self.assertRaisesRegex(UserError, "stays for the records"):
            self._sold(self.free).sudo().unlink()

    def test_down_payments_do_not_keep_income_waiting(self):
        """What is paid at once earns nothing, so it never fills the batches of the job."""
        self.annuity.write({'deposit_type': 'percent', 'deposit_value': 20})
        plan = self._sold(self.annuity)
        lines = self.env['installment.line']
        self.assertFalse(lines.search(lines._recognition_domain(plan.date_start)) & plan.line_ids)
        with patch('odoo.addons.installment_sales.models.installment_line.RECOGNITION_BATCH', 1), \
                freeze_time('2026-12-31'):
            self._recognise()
        self.assertEqual(self._balance('installment_deferred_account_id', plan), 0.0)

    def _printed(self, plan):
        """Return the words of the agreement as a reader sees them."""
        html = self.env['ir.actions.report']._render_qweb_html(
            'installment_sales.installment_plan_report', plan.ids)[0].decode()
        return ' '.join(html2plaintext(html).split())

    def test_the_agreement_is_printed_with_schedule_and_consequences(self):
        self.annuity.write({'late_interest': 12, 'consequences': "<p>The school may end the course.</p>"})
        plan = self._sold(self.annuity)
        text = self._printed(plan)
        for words in ('171.07', 'may end the course', 'interest of 12 % a year', plan.figures_hash, 'percentage rate'):
            self.assertIn(words, text)

    def test_percentages_are_printed_as_agreed_and_as_the_reader_writes_numbers(self):
        self.env['res.lang']._activate_lang('de_DE')
        self.annuity.write({
            'interest_rate': 9.123456, 'late_interest': 100, 'cancel_policy': 'keep_percent', 'cancel_percent': 12.5,
        })
        plan = self._sold(self.annuity)
        self.assertEqual(plan.figures['interest_rate'], '9.123456')
        for language, expected in (('en_US', ('9.123456 %', '100 %', '12.5 %')), ('de_DE', ('9,123456 %', '12,5 %'))):
            plan.partner_id.lang = language
            text = self._printed(plan)
            for words in expected:
                self.assertIn(words, text)

    def test_the_agreement_tells_what_an_early_payoff_costs_and_when_one_is_late(self):
        self.annuity.write({
            'compensation_percent': 1, 'compensation_short_percent': 0.5, 'late_grace_days': 5, 'late_interest': 8,
        })
        text = self._printed(self._sold(self.annuity))
        for words in ('1 % stays with the seller', '0.5 % when less than a year', 'within 5 days', 'plan bear none'):
            self.assertIn(words, text)

    def test_the_agreement_keeps_its_text_when_the_terms_change(self):
        plan = self._sold(self.annuity)
        self.annuity.write({'legal_text': "<p>New law</p>", 'interest_rate': 99})
        self.assertNotIn('New law', str(plan.figures))
        self.assertEqual(plan.figures['interest_rate'], '9')

"""Pay one, several or all receivables, or a part: what was chosen is what gets paid, once."""

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PanelCase


@tagged('post_install', '-at_install')
class TestPay(PanelCase, AccountPaymentCommon):

    def _choose(self, lines, **options):
        return self.env(user=self.portal_user)['account.move.line']._choose_to_pay(lines.ids, **options)

    def test_without_a_choice_it_is_all_that_is_due(self):
        due, _later = self._invoice(50, '2026-03-01'), self._invoice(30, '2026-04-01')
        chosen = self.env(user=self.portal_user)['account.move.line']._choose_to_pay([])
        self.assertEqual((chosen.ids, chosen._amount_to_pay(None)), (due.ids, 50))

    def test_a_part_is_an_amount_above_nothing_and_up_to_all(self):
        lines = self._invoice(50, '2026-03-01') | self._invoice(30, '2026-04-01')
        chosen = self._choose(lines)
        self.assertEqual(chosen._amount_to_pay('79.99'), 79.99)
        for wanted in ('80.01', '0', '-1', 'nan', 'x'):
            with self.subTest(wanted), self.assertRaises(UserError):
                chosen._amount_to_pay(wanted)

    def test_what_is_left_to_pay_is_worked_out_once_for_a_page(self):
        """G1: with a payment and a reported transfer on their way, each told once and asked for no more."""
        first, second = self._invoice(50, '2026-03-01'), self._invoice(30, '2026-03-05')
        self._payment(first, 20, state='pending')
        self.env['transfer.report'].create({
            'partner_id': self.customer.id, 'company_id': self.company.id, 'amount': 10.1, 'date_paid': '2026-03-09',
            'reference': "REF", 'currency_id': second.currency_id.id, 'line_ids': second.ids,
        })
        chosen = self._choose(first | second)
        with self.assertQueryCount(0):
            self.assertEqual((float(chosen._left_to_pay()), chosen._amount_to_pay(None)), (49.9, 49.9))
            self.assertEqual(chosen.mapped('amount_in_process'), [20, 10.1])
        kept = [(line.receivable_status, line.amount_in_process) for line in chosen]
        self.env.invalidate_all()
        self.assertEqual([(line.receivable_status, line.amount_in_process) for line in chosen], kept)

    def test_the_receivables_of_others_are_not_paid(self):
        theirs = self._invoice(50, '2026-03-01', partner=self.neighbour)
        with self.assertRaisesRegex(UserError, "Nothing of this"):
            self._choose(theirs)

    def test_a_payment_on_its_way_is_not_made_again(self):
        """G1: two browsers with one list; the second is told that a payment is on its way."""
        line = self._invoice(50, '2026-03-01')
        self._payment(line, 50, state='pending')
        with self.assertRaisesRegex(UserError, "on its way"):
            self._choose(line, lock=True)

    def test_what_was_chosen_is_paid_and_not_simply_the_oldest(self):
        older, chosen = self._invoice(50, '2026-03-01'), self._invoice(30, '2026-03-05')
        self._payment(chosen, 30)
        self.assertEqual((older.amount_residual, chosen.amount_residual), (50, 0))

    def test_several_are_paid_by_one_payment_in_the_order_of_their_dates(self):
        first, second = self._invoice(50, '2026-03-01'), self._invoice(30, '2026-03-05')
        transaction = self._payment(second | first, 60)
        self.assertEqual((first.amount_residual, second.amount_residual), (0, 20))
        self.assertEqual(transaction.payment_id.amount, 60)

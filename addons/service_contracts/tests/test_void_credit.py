"""Credits of days that were paid: void with their charge, there again when it counts."""

from freezegun import freeze_time
from odoo.tests import tagged

from .changes import ChangeCase


@tagged('post_install', '-at_install')
class TestVoidCredit(ChangeCase):

    def setUp(self):
        super().setUp()
        self.company.service_unused_rule = 'day'

    def _reverse(self, invoice):
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=invoice.ids).create({'journal_id': invoice.journal_id.id})
        return self.env['account.move'].browse(wizard.refund_moves()['res_id'])

    def _charged(self, contract):
        """Return what the customer owes in the end: invoices less credit notes."""
        moves = self.env['account.move'].search([('partner_id', '=', self.customer.id), ('state', '=', 'posted')])
        return contract.currency_id.round(sum(-move.direction_sign * move.amount_untaxed for move in moves))

    def _pause(self, contract, start, end):
        with freeze_time(start):
            contract.action_pause()
        with freeze_time(end):
            contract.action_resume()

    def test_days_given_back_of_a_void_charge_are_given_back_once(self):
        """N7: 21 of 31 days are owed, whether the credit waits or is paid out."""
        for is_billed in (False, True):
            customer = self.customer
            self.customer = customer.copy()
            contract = self._planned(self.small, date_start='2026-03-01', payment_term_id=False)
            self._bill(contract, '2026-03-01')
            invoice = contract.entry_ids.move_id
            self._pause(contract, '2026-03-11', '2026-03-21')
            if is_billed:
                self._bill(contract, '2026-03-22')
            with freeze_time('2026-03-23'):
                self._reverse(invoice).action_post()
            self._bill(contract, '2026-03-24')
            with freeze_time('2026-03-24'):
                contract._settle_unused()
            self._bill(contract, '2026-03-25')
            self.assertEqual(self._charged(contract), 20.32, is_billed)

    def test_the_credit_of_a_change_goes_with_the_charge_it_is_of(self):
        """9/31 of 30 and 22/31 of 40, as if it had been billed right at once."""
        contract = self._hosted('2026-03-01')
        self._bill(contract, '2026-03-01')
        invoice = contract.entry_ids.move_id
        self._change(contract, '2026-03-10', plan='M')
        self._bill(contract, '2026-03-10')
        with freeze_time('2026-03-12'):
            self._reverse(invoice).action_post()
        self._bill(contract, '2026-03-12')
        self.assertEqual(self._charged(contract), 37.1)

    def test_a_charge_that_counts_after_all_has_its_credit_again(self):
        contract = self._hosted('2026-03-01')
        self._bill(contract, '2026-03-01')
        invoice = contract.entry_ids.move_id
        self._change(contract, '2026-03-10', plan='M')
        with freeze_time('2026-03-12'):
            note = self._reverse(invoice)
            note.action_post()
            self.assertEqual(self._pending(contract), [('2026-03-10', 28.39)])
            note.button_draft()
        self.assertEqual(self._pending(contract), [('2026-03-10', -21.29), ('2026-03-10', 28.39)])

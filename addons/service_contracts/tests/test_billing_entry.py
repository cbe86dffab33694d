"""The ledger: one live charge for each period, freed by what takes the invoice back."""

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import ExclusionViolation, UniqueViolation

from .test_billing_run import BillingCase


@tagged('post_install', '-at_install')
class TestBillingEntry(BillingCase):

    def _reverse(self, invoice):
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=invoice.ids,
        ).create({'journal_id': invoice.journal_id.id})
        return self.env['account.move'].browse(wizard.reverse_moves()['res_id'])

    def test_a_reversed_invoice_frees_its_periods(self):
        """A8: exactly one live row after void and billing anew."""
        contract = self._contract()
        self._run('2026-01-31')
        first = self._invoices(contract)
        credit_note = self._reverse(first)
        self.assertTrue(self._entries(contract), "a draft credit note frees nothing")
        credit_note.action_post()
        self.assertFalse(self._entries(contract))
        self.assertEqual(contract.next_charge_date, date(2026, 1, 1))
        self._run('2026-01-31')
        self.assertEqual(len(self._entries(contract)), 1)
        self.assertNotEqual(self._invoices(contract), first)
        invoices = contract.entry_ids.move_id
        self.assertEqual(sum((invoices | credit_note).mapped('amount_total_signed')), 34.5)

    def test_a_reversed_invoice_is_not_copied_beside_the_next_billing(self):
        contract = self._contract()
        self._run('2026-01-31')
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=self._invoices(contract).ids,
        ).create({'journal_id': self._invoices(contract).journal_id.id})
        with self.assertRaisesRegex(UserError, f"{contract.name}.*bill it again"):
            wizard.modify_moves()
        self.assertEqual(self._invoices(contract).payment_state, 'not_paid')

    def test_only_the_freed_period_in_the_middle_is_due_again(self):
        contract = self._contract()
        self._run('2026-03-31')
        self._reverse(self._invoices(contract)[1]).action_post()
        self.assertEqual(contract.next_charge_date, date(2026, 2, 1))
        run = self._run('2026-03-31')
        self.assertEqual(run.charge_count, 1)
        self.assertEqual(self._entries(contract).mapped('period_start'), [date(2026, m, 1) for m in (1, 2, 3)])

    def test_a_partial_credit_frees_nothing(self):
        contract = self._contract()
        self._run('2026-01-31')
        credit_note = self._reverse(self._invoices(contract))
        credit_note.invoice_line_ids.price_unit = 10.0
        credit_note.action_post()
        self.assertTrue(self._entries(contract))

    def test_two_partial_credits_of_the_whole_free_the_period(self):
        contract = self._contract()
        self._run('2026-01-31')
        invoice = self._invoices(contract)
        for amount in (10.0, 20.0):
            credit_note = self._reverse(invoice)
            credit_note.invoice_line_ids.price_unit = amount
            credit_note.action_post()
        self.assertFalse(self._entries(contract))

    def test_a_credit_note_back_in_draft_takes_the_period_back(self):
        contract = self._contract()
        self._run('2026-01-31')
        credit_note = self._reverse(self._invoices(contract))
        credit_note.action_post()
        credit_note.button_draft()
        self.assertEqual(len(self._entries(contract)), 1)
        self.assertEqual(self._run('2026-01-31').charge_count, 0)

    def test_a_credit_note_stays_once_its_period_is_billed_anew(self):
        contract = self._contract()
        self._run('2026-01-31')
        credit_note = self._reverse(self._invoices(contract))
        credit_note.action_post()
        self._run('2026-01-31')
        with self.assertRaisesRegex(UserError, "billed again"):
            credit_note.button_draft()

    def test_a_deleted_draft_gives_its_period_back(self):
        """A7: deleted by hand, billed again once."""
        contract = self._contract()
        self._run('2026-01-31')
        invoice = self._invoices(contract)
        invoice.button_draft()
        self.assertEqual(self._run('2026-01-31').charge_count, 0, "a draft still charges its period")
        invoice.with_context(force_delete=True).unlink()
        self.assertEqual(contract.entry_ids.state, 'void')
        self.assertEqual(self._run('2026-01-31').charge_count, 1)
        self.assertEqual(len(self._entries(contract)), 1)

    def test_a_cancelled_invoice_gives_its_period_back_and_takes_it_again(self):
        contract = self._contract()
        self._run('2026-01-31')
        invoice = self._invoices(contract)
        invoice.button_draft()
        invoice.button_cancel()
        self.assertFalse(self._entries(contract))
        invoice.button_draft()
        self.assertTrue(self._entries(contract))

    def test_the_database_refuses_a_period_billed_twice(self):
        contract = self._contract()
        self._run('2026-01-31')
        entry = self._entries(contract)
        with self.assertRaises(UniqueViolation), self.cr.savepoint(), mute_logger('odoo.sql_db'):
            self.cr.execute("""
                INSERT INTO service_billing_entry (contract_line_id, contract_id, partner_id, company_id, currency_id,
                                                   kind, period_start, period_end, charge_date, state)
                SELECT contract_line_id, contract_id, partner_id, company_id, currency_id,
                       kind, period_start, period_end, charge_date, state
                  FROM service_billing_entry WHERE id = %s
            """, (entry.id,))

    def test_the_database_refuses_periods_that_overlap(self):
        contract = self._contract()
        self._run('2026-01-31')
        entry = self._entries(contract)
        with self.assertRaises(ExclusionViolation), self.cr.savepoint(), mute_logger('odoo.sql_db'):
            self.cr.execute("""
                INSERT INTO service_billing_entry (contract_line_id, contract_id, partner_id, company_id, currency_id,
                                                   kind, period_start, period_end, charge_date, state)
                SELECT contract_line_id, contract_id, partner_id, company_id, currency_id,
                       kind, period_start + 14, period_end + 14, charge_date, state
                  FROM service_billing_entry WHERE id = %s
            """, (entry.id,))

    def test_ledger_invoice_lines_and_journal_items_agree(self):
        """C6, C8: every charge is its invoice line; every invoice balances; what is open is what is due."""
        self._contract(lines=[{'quantity': 3, 'price_unit': 9.99}, {'price_unit': 0.07}], date_start='2026-01-17')
        self._contract(self.neighbour, lines=[{'anchor': 'calendar', 'anchor_day': 5, 'discount': 33.33}])
        self._run('2026-03-31')
        entries = self.env['service.billing.entry'].search([('company_id', '=', self.company.id)])
        for entry in entries:
            self.assertEqual(entry.amount_untaxed, entry.move_line_id.price_subtotal)
        for invoice in entries.move_id:
            self.assertAlmostEqual(sum(invoice.line_ids.mapped('balance')), 0.0)
            receivables = invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term')
            self.assertAlmostEqual(sum(receivables.mapped('amount_residual')), invoice.amount_residual)
            self.assertAlmostEqual(sum(invoice.invoice_line_ids.mapped('price_subtotal')), invoice.amount_untaxed)

    def test_reversed_plus_original_is_nothing(self):
        """C7: a credit note gives back what the invoice took, per contract."""
        first, second = self._contract(), self._contract(lines=[{'price_unit': 12.34}])
        self._run('2026-01-31')
        invoice = self._invoices(first)
        credit_note = self._reverse(invoice)
        credit_note.action_post()
        for contract in first | second:
            items = (invoice | credit_note).line_ids.filtered_domain([
                ('display_type', '=', 'payment_term'), ('service_contract_id', '=', contract.id),
            ])
            self.assertAlmostEqual(sum(items.mapped('balance')), 0.0)
        self.assertFalse(self._entries(first | second))

    def test_a_credit_note_of_two_contracts_may_get_its_date_later(self):
        """C7: a draft without date is no obstacle; dated and posted it has a receivable per contract."""
        first, second = self._contract(), self._contract(lines=[{'price_unit': 12.34}])
        self._run('2026-01-31')
        credit_note = self._invoices(first)._reverse_moves()
        credit_note.invoice_date = '2026-02-05'
        credit_note.action_post()
        receivables = credit_note.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        self.assertEqual(receivables.service_contract_id, first | second)
        self.assertFalse(self._entries(first | second))

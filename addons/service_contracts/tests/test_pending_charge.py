"""Amounts beside the regular periods: on the next invoice once, as a credit note when they outweigh it."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ContractCase


@tagged('post_install', '-at_install')
class TestPendingCharge(ContractCase):

    def setUp(self):
        super().setUp()
        self.Pending = self.env['service.pending.charge']

    def _propose(self, line, amount, day='2026-02-10', key='test:1', **vals):
        return self.Pending._propose([{
            'key': key, 'contract_line_id': line.id, 'name': "Extra work", 'charge_date': day, 'amount': amount, **vals,
        }])

    def _run(self, contract, as_of):
        run = self.env['service.billing.run'].create({'date': as_of, 'contract_ids': [Command.set(contract.ids)]})
        run.action_start()
        self.assertFalse(contract.parked_reason)

    def test_a_pending_charge_goes_on_an_invoice_once_on_its_day(self):
        contract = self._contract()
        self._run(contract, '2026-02-01')
        pending = self._propose(contract.line_ids, 12.34)
        self.assertEqual(str(contract.next_charge_date), '2026-02-10')
        self._run(contract, '2026-02-09')
        self.assertEqual(pending.state, 'open')
        self._run(contract, '2026-02-10')
        self._run(contract, '2026-02-11')
        self.assertEqual(pending.state, 'billed')
        self.assertRecordValues(pending.move_id, [{'move_type': 'out_invoice', 'amount_untaxed': 12.34}])
        self.assertEqual(pending.move_id.invoice_line_ids.name, "Extra work")
        self.assertEqual(pending.entry_id._recomputed_amount(), pending.entry_id._charged_amount())
        self.assertEqual(len(contract.entry_ids.filtered(lambda entry: entry.kind == 'adjustment')), 1)
        self.assertEqual(str(contract.next_charge_date), '2026-03-01')

    def test_one_event_is_charged_once_however_often_it_is_proposed(self):
        line = self._contract().line_ids
        first = self._propose(line, 5)
        self.assertEqual(self._propose(line, 7), first)
        self.assertEqual(first.amount, 5)

    def test_a_credit_lowers_the_invoice_of_its_day(self):
        contract = self._contract()
        self._run(contract, '2026-02-01')
        self._propose(contract.line_ids, -10, day='2026-03-01')
        self._run(contract, '2026-03-01')
        move = contract.entry_ids.move_id.sorted('id')[-1]
        self.assertRecordValues(move, [{'move_type': 'out_invoice', 'amount_untaxed': 20.0}])

    def test_a_credit_alone_becomes_a_credit_note(self):
        contract = self._contract()
        self._run(contract, '2026-02-01')
        pending = self._propose(contract.line_ids, -10)
        self._run(contract, '2026-02-10')
        self.assertRecordValues(pending.move_id, [{'move_type': 'out_refund', 'amount_untaxed': 10.0}])
        self.assertEqual(pending.entry_id.amount_untaxed, -10)

    def test_a_reversed_invoice_lets_the_charge_wait_again(self):
        contract = self._contract()
        self._run(contract, '2026-02-01')
        pending = self._propose(contract.line_ids, 12.34)
        self._run(contract, '2026-02-10')
        pending.move_id._reverse_moves([{'invoice_date': '2026-02-10'}], cancel=True)
        self.assertEqual(pending.state, 'open')
        self._run(contract, '2026-02-12')
        self.assertEqual(pending.state, 'billed')
        self.assertEqual(pending.move_id.amount_untaxed, 12.34)

    def test_the_preview_shows_it_and_no_trace_is_left(self):
        contract = self._contract()
        self._run(contract, '2026-02-01')
        pending = self._propose(contract.line_ids, 12.34)
        rows = contract._preview(pending.charge_date)
        self.assertEqual([row['amount_untaxed'] for row in rows], [12.34])
        self.assertEqual(pending.state, 'open')

    def test_a_cancelled_charge_is_not_billed_and_a_billed_one_is_not_cancelled(self):
        contract = self._contract()
        self._run(contract, '2026-02-01')
        cancelled, billed = self._propose(contract.line_ids, 5), self._propose(contract.line_ids, 6, key='test:2')
        cancelled.action_cancel()
        cancelled.action_cancel()
        self._run(contract, '2026-02-10')
        self.assertEqual(billed.move_id.amount_untaxed, 6)
        with self.assertRaisesRegex(UserError, "Credit that invoice instead"):
            billed.action_cancel()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            billed.amount = 7

    def test_an_amount_of_nothing_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "charges nothing"):
            self._propose(self._contract().line_ids, 0)

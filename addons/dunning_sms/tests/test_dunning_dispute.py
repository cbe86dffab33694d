"""Disputes that are decided: accepted ones are credited to the cent, rejected ones are due again."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningDispute(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._user('clerk', 'dunning_sms.group_dunning_user')
        cls.accountant = cls._user('biller', 'dunning_sms.group_dunning_user')
        cls.accountant.group_ids += cls.env.ref('account.group_account_invoice')

    def _dispute(self, line, amount=40.0, **vals):
        return self.env['dunning.hold'].create({
            'move_line_id': line.id, 'kind': 'dispute', 'amount': amount, 'reason': "Wrong meter", **vals,
        })

    def _accepted(self, hold):
        hold.action_accept()
        return hold.credit_note_id

    def test_an_accepted_dispute_stays_on_hold_until_its_credit_note_is_posted(self):
        line = self._receivable(100, due='2026-03-07')
        hold = self._dispute(line)
        note = self._accepted(hold)
        self.assertEqual((note.state, note.amount_total, note.reversed_entry_id), ('draft', 40.0, line.move_id))
        self.assertEqual((hold.state, hold.decision), ('active', 'accepted'))
        self.assertEqual(self._accepted(hold), note, "pressed twice")
        note.action_post()
        self.assertEqual((hold.state, line.amount_residual), ('over', 60.0))

    def test_the_credit_note_has_the_taxes_of_the_invoice_and_exactly_the_amount(self):
        taxes = self.env['account.tax'].create([
            {'name': f"{rate} %", 'amount': rate, 'company_id': self.company.id} for rate in (7, 19)])
        account = self.company_data['default_account_revenue']
        move = self.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': self.customer.id, 'invoice_date': '2026-03-01',
            'invoice_line_ids': [Command.create({
                'name': tax.name, 'price_unit': 33.33, 'quantity': 3, 'account_id': account.id,
                'tax_ids': [Command.set(tax.ids)]}) for tax in taxes],
        })
        move.action_post()
        line = move.line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')
        for amount in (0.01, 10.0, 77.77, 0.0):
            with self.subTest(amount), self.cr.savepoint():
                note = self._accepted(self._dispute(line, amount))
                self.assertAlmostEqual(note.amount_total, amount or move.amount_total)
                note.action_post()
                self.assertEqual(note.payment_state, 'paid')
                if amount > 1:
                    self.assertEqual(note.invoice_line_ids.tax_ids, taxes)
                note.button_draft()
                note.unlink()

    def test_a_decision_is_taken_back_before_anything_is_credited(self):
        hold = self._dispute(self._receivable(100, due='2026-03-07'))
        note = self._accepted(hold)
        hold.action_reopen()
        self.assertFalse(note.exists() or hold.decision)
        self.assertEqual(hold.state, 'active')
        self._accepted(hold).action_post()
        with self.assertRaisesRegex(UserError, "is posted. Reset it to draft first"):
            hold.action_reopen()

    def test_an_accepted_dispute_is_not_released_and_a_rejected_one_says_so(self):
        line = self._receivable(100, due='2026-03-07')
        accepted, rejected = self._dispute(line), self._dispute(line, 20.0)
        self._accepted(accepted)
        (accepted | rejected).action_release()
        self.assertRecordValues(accepted | rejected, [
            {'state': 'active', 'decision': 'accepted'}, {'state': 'over', 'decision': 'rejected'}])

    def test_only_an_open_dispute_of_an_invoice_is_accepted(self):
        line = self._receivable(100, due='2026-03-07')
        for vals, words in (
            ({'kind': 'manual'}, "no open dispute"),
            ({'date_from': '2026-01-01', 'date_until': '2026-01-02'}, "no open dispute"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words):
                self._dispute(line, **vals).action_accept()
        whole = self.env['dunning.hold'].create({'partner_id': self.customer.id, 'kind': 'dispute'})
        with self.assertRaisesRegex(UserError, "choose the open invoice"):
            whole.action_accept()

    def test_who_may_not_write_credit_notes_accepts_nothing(self):
        hold = self._dispute(self._receivable(100, due='2026-03-07'))
        with self.assertRaises(AccessError):
            hold.with_user(self.clerk).action_accept()
        with self.assertRaises(AccessError):
            hold.with_user(self.accountant).write({'decision': 'accepted'})
        self.assertFalse(hold.decision)
        hold.with_user(self.accountant).action_accept()
        self.assertEqual(hold.decision, 'accepted')

"""A reported transfer: in process, then confirmed by staff or by the bank, or rejected."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import PanelCase


@tagged('post_install', '-at_install')
class TestTransferReport(PanelCase):

    def _report(self, amount=50.0, lines=None, reference='REF 1', date_paid='2026-03-09', user=None, proof=None):
        env = self.env(user=user or self.portal_user)
        typed = {'amount': str(amount), 'date_paid': date_paid, 'reference': reference, 'bank_name': "Bank"}
        report = env['transfer.report']._report_from_form(
            env.user.partner_id, typed, proof, lines.ids if lines else [])
        return self.env['transfer.report'].browse(report.id)

    def test_what_a_transfer_covers_is_in_process_and_paid_once_confirmed(self):
        line = self._invoice(50, '2026-03-01')
        self.assertEqual(line.receivable_status, 'due')
        report = self._report(lines=line)
        line.invalidate_recordset()
        self.assertRecordValues(line, [{'receivable_status': 'in_process', 'amount_in_process': 50}])
        report.action_confirm()
        report.action_confirm()
        self.assertEqual(line.receivable_status, 'paid')
        self.assertRecordValues(report.payment_id, [{'amount': 50, 'partner_id': self.customer.id}])
        self.assertFalse(report.activity_ids)

    def test_reminders_wait_for_what_is_reported_and_go_on_when_it_is_not_found(self):
        line = self._invoice(50, '2026-03-01')
        report = self._report(20, line)
        self.assertRecordValues(report.hold_ids, [
            {'kind': 'reported', 'amount': 20, 'move_line_id': line.id, 'state': 'active'}])
        report.action_reject()
        self.assertEqual(report.hold_ids.state, 'over')

    def test_a_reference_is_no_pattern_that_finds_another_report(self):
        self.assertNotEqual(self._report(reference='REF 1'), self._report(reference='%'))

    def test_the_same_transfer_reported_twice_is_one(self):
        """D3: a second click, or another browser, changes nothing."""
        line = self._invoice(50, '2026-03-01')
        self.assertEqual(self._report(lines=line), self._report(lines=line, reference='ref 1'))

    def test_an_underpayment_leaves_the_rest_due(self):
        line = self._invoice(50, '2026-03-01')
        report = self._report(20, line)
        line.invalidate_recordset()
        self.assertRecordValues(line, [{'receivable_status': 'due', 'amount_in_process': 20}])
        report.action_confirm()
        self.assertEqual(line.amount_residual, 30)

    def test_an_overpayment_pays_what_is_next_and_stays_as_credit(self):
        first, second = self._invoice(50, '2026-03-01'), self._invoice(30, '2026-04-01')
        report = self._report(100, first)
        self.assertEqual(report.difference, 50)
        report.action_confirm()
        self.assertEqual((first | second).mapped('amount_residual'), [0, 0])
        overview, = self.customer.with_user(self.portal_user)._panel_overview(self.company._service_today())
        self.assertEqual((overview['owed'], overview['credit']), (0, 20))

    def test_without_a_choice_it_pays_what_fell_due_first(self):
        later, first = self._invoice(50, '2026-03-08'), self._invoice(50, '2026-03-01')
        self._report(50)
        (first | later).invalidate_recordset()
        self.assertEqual((first | later).sorted('date_maturity').mapped('receivable_status'), ['in_process', 'due'])

    def test_a_receivable_looked_at_alone_is_as_covered_as_among_all(self):
        """What the oldest takes of a transfer reported without a choice is not taken again of what is left."""
        first, later = self._invoice(50, '2026-03-01'), self._invoice(50, '2026-03-08')
        self._report(50)
        self.assertEqual((first | later)._uncovered(), {later.id: 50})
        self.assertEqual(later._uncovered(), {later.id: 50})
        arrangeable = self.env['service.request'].with_user(self.portal_user)._arrangeable()
        self.assertEqual(arrangeable._uncovered(), {later.id: 50})

    def test_a_rejected_transfer_tells_the_customer_and_is_due_again(self):
        line = self._invoice(50, '2026-03-01')
        report = self._report(lines=line)
        report.action_reject("Not on our account.")
        line.invalidate_recordset()
        self.assertEqual(line.receivable_status, 'due')
        self.assertIn("Not on our account.", report.message_ids.mapped('body')[0])
        with self.assertRaisesRegex(UserError, "only one in process"):
            report.action_confirm()
        self.assertNotEqual(self._report(lines=line), report)

    def test_a_bank_line_of_the_same_amount_and_reference_confirms_it(self):
        line = self._invoice(50, '2026-03-01')
        report = self._report(lines=line, reference='HOST-77')
        bank_line = self.env['account.bank.statement.line'].create({
            'journal_id': self.company_data['default_journal_bank'].id, 'date': '2026-03-10', 'amount': 50,
            'payment_ref': "Transfer host-77 Ana",
        })
        self.env['transfer.report']._bank_matches()
        matches = report._bank_matches()
        self.assertEqual(matches, {report: bank_line})
        report._confirm_by_bank_line(bank_line)
        self.assertEqual((report.state, line.amount_residual), ('confirmed', 0))
        self.assertTrue(bank_line.is_reconciled)
        self.assertFalse(report._bank_matches())

    def test_two_bank_lines_that_fit_are_left_to_people(self):
        report = self._report(lines=self._invoice(50, '2026-03-01'), reference='HOST-77')
        for _number in range(2):
            self.env['account.bank.statement.line'].create({
                'journal_id': self.company_data['default_journal_bank'].id, 'date': '2026-03-10', 'amount': 50,
                'payment_ref': "HOST-77",
            })
        self.assertFalse(report._bank_matches())

    def test_what_is_typed_wrongly_is_told_in_one_sentence(self):
        for values, sentence in (
            ({'amount': 'many'}, "is no amount"), ({'amount': '-3'}, "above 0"), ({'amount': 'nan'}, "is no amount"),
            ({'date_paid': 'soon'}, "is no day"), ({'date_paid': ''}, "Enter the day"),
            ({'reference': ' '}, "Enter the reference"),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, sentence):
                self._report(**values)
        with self.assertRaisesRegex(ValidationError, "cannot be the day"):
            self._report(date_paid='2026-03-11')

    def test_the_receivables_of_others_are_left_out(self):
        theirs = self._invoice(50, '2026-03-01', partner=self.neighbour)
        report = self._report(lines=theirs)
        self.assertFalse(report.line_ids)
        self.assertEqual(theirs.receivable_status, 'due')

    def test_the_status_changes_by_its_buttons_only(self):
        report = self._report(lines=self._invoice(50, '2026-03-01'))
        with self.assertRaisesRegex(UserError, "by its buttons only"):
            report.state = 'confirmed'

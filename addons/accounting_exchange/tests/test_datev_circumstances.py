"""Columns 15 and 18: items that are not reminded of are locked, fees and interest say what they are."""

from .test_datev_export import ExchangeCase, rows_of


class TestDatevCircumstances(ExchangeCase):

    def _rows(self):
        export = self.env['datev.export'].create({'date_from': '2026-02-01', 'date_to': '2026-02-28'})
        export.action_export()
        return rows_of(export.file_ids.filtered(lambda file: file.kind == 'bookings'))

    def test_an_item_left_out_of_reminders_is_locked(self):
        held, plain = self._invoice(100.0), self._invoice(50.0)
        held.line_ids.filtered(lambda line: line.display_type == 'payment_term').no_followup = True
        locks = {row[10]: row[14] for row in self._rows()}
        self.assertEqual((locks[held.name], locks[plain.name]), ('1', ''))

    def test_a_lock_set_later_is_no_correction(self):
        invoice = self._invoice(100.0)
        self._rows()
        invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term').no_followup = True
        self.env.flush_all()
        with self.assertRaisesRegex(Exception, "othing"):
            self._rows()

    def test_other_lines_have_no_circumstance(self):
        self._invoice(100.0)
        self.assertEqual({row[17] for row in self._rows()}, {''})

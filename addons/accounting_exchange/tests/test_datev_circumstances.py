"""Columns 15 and 18: items that are not reminded of are locked, fees and interest say what they are."""

from odoo.fields import Command

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


class TestDatevOfReminders(ExchangeCase):
    """What the add-on for reminders knows, in the whole file; skipped where it is not installed."""

    def setUp(self):
        super().setUp()
        if 'dunning.hold' not in self.env:
            self.skipTest("Reminders are not installed beside the exchange; the run over all add-ons shows it.")

    def _rows(self):
        export = self.env['datev.export'].create({'date_from': '2026-02-01', 'date_to': '2026-03-31'})
        export.action_export()
        return [row for file in export.file_ids if file.kind == 'bookings' for row in rows_of(file)]

    def _dispute(self, invoice, **vals):
        lines = invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        return self.env['dunning.hold'].create([
            {'move_line_id': line.id, 'company_id': self.company.id, 'kind': 'dispute', **vals} for line in lines[:1]])

    def test_disputed_items_are_locked_for_the_advisers_reminders(self):
        """K4, column 15: one maturity of several, a part of an item, not one that is settled again."""
        term = self.env['account.payment.term'].create({'name': "Halves", 'line_ids': [
            Command.create({'value': 'percent', 'value_amount': 50, 'nb_days': days}) for days in (0, 30)]})
        plain, part, ended = self._invoice(100.0), self._invoice(50.0), self._invoice(70.0)
        halves = self._invoice(80.0, invoice_payment_term_id=term.id)
        self._dispute(part, amount=10)
        self._dispute(halves)
        self._dispute(ended).action_release()
        locks = {row[10]: row[14] for row in self._rows()}
        self.assertEqual(locks, {
            plain.name: '', part.name: '1', ended.name: '', f'{halves.name}-1': '1', f'{halves.name}-2': '',
        })

    def test_a_dispute_over_everything_locks_every_item_of_the_customer(self):
        other = self.env['res.partner'].create({'name': "Other"})
        mine, theirs = self._invoice(100.0), self._invoice(50.0, partner_id=other.id)
        self.env['dunning.hold'].create({
            'partner_id': self.customer.id, 'company_id': self.company.id, 'kind': 'dispute',
        })
        locks = {row[10]: row[14] for row in self._rows()}
        self.assertEqual(locks, {mine.name: '1', theirs.name: ''})

    def test_fees_and_interest_say_what_they_are(self):
        """K4, column 18: 40 is a reminder fee, 31 interest on late payment; the file adds up all the same."""
        products = {'fee': 'dunning_fee_product_id', 'interest': 'dunning_interest_product_id'}
        for name in products.values():
            self.company[name] = self.env['product.product'].create({
                'name': name, 'type': 'service', 'taxes_id': [Command.clear()],
            })
        base = {
            'company_id': self.company.id, 'partner_id': self.customer.id, 'currency_id': self.company.currency_id.id,
        }
        charges = self.env['dunning.charge'].sudo()._propose([
            {**base, 'name': kind, 'key': kind, 'kind': kind, 'amount': amount}
            for kind, amount in (('fee', 5.0), ('interest', 1.23))
        ])
        charges._invoice_or_park(self.company, self.customer, self.company.currency_id)
        self.assertEqual(charges.mapped('state'), ['invoiced', 'invoiced'])
        self._invoice(100.0)
        rows = {row[0]: row[17] for row in self._rows()}
        self.assertEqual(rows, {'5,00': '40', '1,23': '31', '115,00': ''})

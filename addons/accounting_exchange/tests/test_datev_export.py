"""Handing over to the tax adviser: everything once, corrections as reversals, sums as in the ledger."""

import base64
import csv
import io
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from .common import ExchangeCase


def rows_of(file):
    """Return the data lines of a file as lists."""
    text = base64.b64decode(file.content).decode('cp1252')
    return list(csv.reader(io.StringIO(text), delimiter=';'))[2:]


def amount(row):
    return Decimal(row[0].replace(',', '.'))


class TestDatevExport(ExchangeCase):

    def _export(self, **vals):
        export = self.env['datev.export'].create({'date_from': '2026-02-01', 'date_to': '2026-02-28', **vals})
        export.action_export()
        return export

    def test_an_invoice_goes_with_its_tax_key_and_due_date(self):
        invoice = self._invoice(100.0, invoice_date_due='2026-03-12')
        export = self._export()
        file = export.file_ids.filtered(lambda file: file.kind == 'bookings')
        row, = rows_of(file)
        account = self.env['datev.person.account'].search([('partner_id', '=', self.customer.id)])
        self.assertEqual(len(row), 125)
        self.assertEqual(row[:3] + row[6:11], [
            '115,00', 'S', self.company.currency_id.name, account.number, '400000', '3', '1002', invoice.name,
        ])
        self.assertEqual((row[13], row[116], row[117]), ('?ucja Müller', '12032026', '0'))
        self.assertEqual((len(account.number), file.ledger_difference), (7, 0.0))

    def test_each_maturity_is_a_line_with_a_date_of_its_own(self):
        """K4: an adviser's reminders go by column 117 and an open item of its own."""
        term = self.env['account.payment.term'].create({'name': "Three parts", 'line_ids': [
            Command.create({'value': 'percent', 'value_amount': share, 'nb_days': days})
            for share, days in ((33.33, 0), (33.33, 30), (33.34, 60))
        ]})
        invoice = self._invoice(100.0, 49.99, invoice_payment_term_id=term.id)
        rows = rows_of(self._export().file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual([row[10] for row in rows], [f'{invoice.name}-{place}' for place in (1, 2, 3)])
        self.assertEqual([row[116] for row in rows], ['10022026', '12032026', '11042026'])
        due = invoice.line_ids.filtered('date_maturity').sorted('date_maturity')
        self.assertEqual([amount(row) for row in rows], [Decimal(f'{line.balance:.2f}') for line in due])

    def test_nothing_goes_twice(self):
        self._invoice()
        self._export()
        self._invoice(50.0)
        rows = rows_of(self._export().file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual([row[0] for row in rows], ['57,50'])
        with self.assertRaises(UserError) as refused:
            self._export()
        self.assertIn("has all entries", str(refused.exception))

    def test_the_key_of_a_journal_item_refuses_a_second_export_at_the_same_moment(self):
        self._invoice()
        first, second = self.env['datev.export'].create([
            {'date_from': '2026-02-01', 'date_to': '2026-02-28'}, {'date_from': '2026-02-01', 'date_to': '2026-02-28'},
        ])
        plans = second._plans()
        first.action_export()
        self.patch(type(second), '_plans', lambda self: plans)
        with mute_logger('odoo.sql_db'), self.assertRaises(UserError) as refused:
            second.action_export()
        self.assertIn("somebody else", str(refused.exception))

    def test_a_change_goes_as_a_reversal_and_a_new_line(self):
        """Generalumkehr: the same line again with the mark in column 118."""
        invoice = self._invoice()
        self._export()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 80.0
        invoice.action_post()
        export = self._export()
        rows = rows_of(export.file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual([(row[0], row[1], row[117]) for row in rows], [('115,00', 'S', '1'), ('92,00', 'S', '0')])
        with self.assertRaises(UserError):
            self._export()

    def test_a_deleted_entry_is_taken_back(self):
        invoice = self._invoice()
        self._export()
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        rows = rows_of(self._export().file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual([(row[0], row[117]) for row in rows], [('115,00', '1')])

    def test_a_payment_names_the_open_item_it_settles(self):
        invoice = self._invoice()
        self._export()
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids,
        ).create({'payment_date': '2026-02-20'})._create_payments()
        export = self._export()
        row, = rows_of(export.file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual((row[0], row[1], row[9], row[10]), ('115,00', 'H', '2002', invoice.name))

    def test_a_settlement_made_later_is_no_correction(self):
        invoice = self._invoice()
        payment = self.env['account.payment'].create({
            'payment_type': 'inbound', 'partner_id': self.customer.id, 'amount': 115.0, 'date': '2026-02-21',
            'journal_id': self.company_data['default_journal_bank'].id,
        })
        payment.action_post()
        self._export()
        lines = (invoice.line_ids + payment.move_id.line_ids).filtered(
            lambda line: line.account_id.account_type == 'asset_receivable',
        )
        lines.reconcile()
        with self.assertRaises(UserError):
            self._export()

    def test_a_credit_note_is_booked_on_the_other_side(self):
        self._invoice(move_type='out_refund')
        row, = rows_of(self._export().file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual((row[0], row[1], row[117]), ('115,00', 'H', '0'))

    def test_what_cannot_go_is_told_and_the_rest_goes(self):
        self.tax.copy({'name': "No key", 'datev_key': False, 'amount': 7})
        keyless = self.env['account.tax'].search([('name', '=', "No key")])
        bad = self._invoice(10.0, post=False)
        bad.invoice_line_ids.tax_ids = keyless
        bad.action_post()
        self._invoice(20.0)
        export = self._export()
        self.assertEqual(export.problem_ids.move_id, bad)
        self.assertIn("has no DATEV key", export.problem_ids.reason)
        self.assertEqual(export.booking_count, 1)
        keyless.datev_key = '2'
        self.assertEqual(self._export().booking_ids.move_id, bad)

    def test_a_line_with_two_taxes_goes_as_the_ledger_stands(self):
        other = self.tax.copy({'name': "Levy", 'amount': 2, 'datev_key': False})
        invoice = self._invoice(100.0, post=False)
        invoice.invoice_line_ids.tax_ids = self.tax + other
        invoice.action_post()
        file = self._export().file_ids.filtered(lambda file: file.kind == 'bookings')
        self.assertEqual(sum(amount(row) for row in rows_of(file)), Decimal('117.00'))
        self.assertEqual(file.ledger_difference, 0.0)

    def test_each_month_has_a_file_of_its_own(self):
        self._invoice(date='2026-01-31')
        self._invoice(date='2026-02-01')
        export = self._export(date_from='2026-01-01')
        files = export.file_ids.filtered(lambda file: file.kind == 'bookings')
        self.assertEqual([str(file.date_to) for file in files], ['2026-01-31', '2026-02-28'])
        self.assertEqual([rows_of(file)[0][9] for file in files], ['3101', '0102'])

    def test_a_month_in_two_fiscal_years_goes_in_two_files(self):
        """DATEV refuses a file that reaches from one fiscal year into the next."""
        self.company.write({'fiscalyear_last_day': 15, 'fiscalyear_last_month': '2'})
        self._invoice(date='2026-02-15')
        self._invoice(date='2026-02-16')
        files = self._export().file_ids.filtered(lambda file: file.kind == 'bookings')
        heads = [base64.b64decode(file.content).decode('cp1252').split('\r\n')[0].split(';') for file in files]
        self.assertEqual([(head[12], head[14], head[15]) for head in heads], [
            ('20250216', '20260201', '20260215'), ('20260216', '20260216', '20260228'),
        ])

    def test_a_bill_goes_by_the_number_of_its_supplier_and_so_does_its_payment(self):
        bill = self._invoice(move_type='in_invoice', ref="R 2026/77")
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=bill.ids,
        ).create({'payment_date': '2026-02-20'})._create_payments()
        rows = rows_of(self._export().file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual([row[10] for row in rows], ['R2026/77', 'R2026/77'])
        self.assertEqual(rows[0][11], bill.name[-12:])

    def test_only_a_vat_number_of_the_union_goes_with_a_booking(self):
        """Column 40 and columns 9 and 10 of the master data: DATEV refuses the number of a Swiss customer there."""
        self.company.country_id = self.env.ref('base.de')
        for vat, country, told in (('CHE-123.456.788 MWST', 'ch', ''), ('FR23334175221', 'fr', 'FR23334175221')):
            self.customer.with_context(no_vat_validation=True).write({
                'vat': vat, 'country_id': self.env.ref(f'base.{country}').id,
            })
            self._invoice()
            bookings, partners = self._export().file_ids.sorted('kind')
            self.assertEqual((rows_of(bookings)[-1][39], ''.join(rows_of(partners)[0][8:10])), (told, told))

    def test_an_export_of_one_journal_takes_nothing_of_the_others_back(self):
        invoice = self._invoice()
        self._export()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 80.0
        invoice.action_post()
        bank = self.company_data['default_journal_bank']
        with self.assertRaises(UserError):
            self._export(journal_ids=[Command.set(bank.ids)])
        rows = rows_of(self._export().file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual([row[0] for row in rows], ['115,00', '92,00'])

    def test_entries_that_were_handed_over_are_looked_up_together(self):
        queries = []
        for count in (3, 9):
            for _number in range(count):
                self._invoice()
            self._export()
            export = self.env['datev.export'].create({'date_from': '2026-02-01', 'date_to': '2026-02-28'})
            export._plans()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            export._plans()
            queries.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(queries[1], queries[0])

    def test_master_data_go_once_and_again_when_they_change(self):
        self.customer.write({'vat': False, 'street': "Am Markt 1", 'zip': '90402', 'city': "Nürnberg"})
        self._invoice()
        first = self._export().file_ids.filtered(lambda file: file.kind == 'partners')
        row, = rows_of(first)
        self.assertEqual((len(row), row[15], row[18], row[98]), (254, "Am Markt 1", "Nürnberg", 'C-1'))
        self._invoice()
        self.assertFalse(self._export().file_ids.filtered(lambda file: file.kind == 'partners'))
        self.customer.city = "Fürth"
        self._invoice()
        self.assertTrue(self._export().file_ids.filtered(lambda file: file.kind == 'partners'))

    def test_the_preview_hands_over_nothing(self):
        self._invoice()
        export = self.env['datev.export'].create({'date_from': '2026-02-01', 'date_to': '2026-02-28'})
        export.action_preview()
        self.assertIn('115', export.preview_html)
        self.assertFalse(self.env['datev.handover'].search([]))
        export.action_export()
        self.assertEqual(export.booking_count, 1)

    def test_a_withdrawn_export_goes_again(self):
        self._invoice()
        export = self._export()
        export.action_withdraw()
        again = self._export()
        self.assertEqual((export.state, again.booking_count), ('withdrawn', 1))

    def test_a_withdrawn_correction_leaves_what_was_there_before(self):
        invoice = self._invoice()
        self._export()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 80.0
        invoice.action_post()
        self._export().action_withdraw()
        rows = rows_of(self._export().file_ids.filtered(lambda file: file.kind == 'bookings'))
        self.assertEqual([(row[0], row[117]) for row in rows], [('115,00', '1'), ('92,00', '0')])

    def test_missing_numbers_of_the_adviser_are_told(self):
        self.company.datev_consultant = 0
        with self.assertRaises(UserError) as refused:
            self._export()
        self.assertIn("consultant number", str(refused.exception))

    def test_handed_over_exports_stay_on_record(self):
        self._invoice()
        export = self._export()
        for attack in (export.unlink, lambda: export.write({'date_to': '2026-03-31'}), export.action_export):
            with self.assertRaises(UserError):
                attack()

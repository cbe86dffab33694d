"""Meter readings come in once, by hand, by file or by the interface, and are corrected by newer ones."""

import base64
import io
from datetime import date, datetime

import openpyxl
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .allocation import AllocationCase


@tagged('post_install', '-at_install')
class TestAllocationReading(AllocationCase):

    def _item(self, ref='a', **item):
        return {'external_ref': ref, 'group': 'GARDEN', 'unit': "Flat 1", 'meter': 'HEAT', 'date': '2026-01-01',
                'value': 600.5, **item}

    def _reason(self, **item):
        refused, = self.Reading.send_readings([self._item(**item)])['refused']
        return refused['reason']

    def test_a_reading_sent_twice_counts_once(self):
        """D11: the reference makes it safe to send again."""
        answer = self.Reading.send_readings([self._item(), self._item(), self._item('b', unit="Flat 2")])
        self.assertEqual(answer, {'new': 2, 'known': 1, 'refused': []})
        self.assertEqual(self.Reading.send_readings([self._item()])['known'], 1)
        self.assertRecordValues(self.Reading.search([('external_ref', '=', 'a')]), [{
            'unit_id': self.flat_1.id, 'group_id': self.group.id, 'company_id': self.company.id, 'value': 600.5,
            'meter_id': self.heat.id, 'source': 'sent', 'is_exchange': False,
        }])

    def test_what_cannot_be_taken_is_told_with_its_place(self):
        """F1, F2: the good ones go in, or none."""
        items = [self._item(), self._item('b', unit="Flat 9"), 'x', self._item('c', value='1,5')]
        answer = self.Reading.send_readings(items, partial=False)
        self.assertEqual((answer['new'], [row['place'] for row in answer['refused']]), (0, [2, 3, 4]))
        self.assertEqual(self.Reading.send_readings(items)['new'], 1)
        for item, words in (
            ({'value': float('nan')}, "must be a number from 0"), ({'value': -1}, "must be a number from 0"),
            ({'value': 1e18}, "must be a number from 0"), ({'value': True}, "must be a number from 0"),
            ({'date': '2026-13-01'}, "must be a day"), ({'date': 5}, "must be a day"),
            ({'date': '2026-03-11'}, "has not come yet"), ({'meter': 'GAS'}, "no meter “GAS”"),
            ({'group': None}, "no unit “Flat 1” in a group “None”"), ({'group': 'ELSE'}, "in a group “ELSE”"),
            ({'external_ref': ''}, "external_ref"), ({'more': 1}, "no other keys"),
            ({'unit': ['x']}, "There is no unit"), ({'goes_on_from': 'x'}, "goes_on_from"),
        ):
            with self.subTest(item):
                self.assertIn(words, self._reason(**item))
        with self.assertRaises(UserError):
            self.Reading.send_readings({'a': 1})

    def test_an_exchanged_meter_goes_on(self):
        self.Reading.send_readings([
            self._item('start', date='2025-01-01', value=900),
            self._item('exchange', date='2025-06-01', value=1000, goes_on_from=0),
            self._item('end', date='2025-12-31', value=50),
        ])
        statement = self._statement()
        self.assertEqual(statement.line_ids[0].explanation['items'][0]['used'], '150.0')

    def test_the_last_reading_of_a_day_counts_unless_it_was_struck_out(self):
        self._read(self.flat_1, '2025-01-01', 0)
        self._read(self.flat_1, '2025-12-31', 500)
        wrong = self._read(self.flat_1, '2025-12-31', 5000)
        statement = self._statement()
        self.assertEqual(statement.line_ids[0].explanation['items'][0]['used'], '5000.0')
        wrong.action_strike_out()
        wrong.action_strike_out()
        self.assertTrue(statement.has_late_change)
        statement.action_compute()
        self.assertEqual(statement.line_ids[0].explanation['items'][0]['used'], '500.0')

    def test_readings_are_not_edited_and_come_from_the_past(self):
        reading = self._read(self.flat_1, '2025-01-01', 0)
        with self.assertRaisesRegex(UserError, "Readings stay as they came"):
            reading.value = 5
        with self.assertRaises(AccessError):
            reading.unlink()
        with self.assertRaisesRegex(UserError, "Readings stay as they came"):
            reading.sudo().unlink()
        with self.assertRaisesRegex(ValidationError, "has not come yet"):
            self._read(self.flat_1, '2026-03-11', 5)

    def test_a_file_is_checked_and_taken_once(self):
        text = "unit;date;value\nFlat 1;2026-01-01;600.5\nFlat 9;2026-01-01;1\nFlat 2;2026-01-01;abc\n"
        wizard = self.env['service.allocation.reading.import'].create({
            'file': base64.b64encode(text.encode()), 'group_id': self.group.id, 'meter_id': self.heat.id,
        })
        wizard.action_check()
        self.assertIn("There is no unit “Flat 9”", wizard.preview_html)
        self.assertFalse(self.Reading.search([]))
        wizard.action_import()
        wizard.action_import()
        self.assertEqual(self.Reading.search([]).mapped('value'), [600.5])
        self.assertIn("known already", wizard.preview_html)

    def test_a_workbook_is_read_with_its_days_and_exchanges(self):
        book = openpyxl.Workbook()
        for row in (
            ["Unit", "Meter", "Date", "Value", "Goes_on_from"], ["Flat 1", "HEAT", datetime(2026, 1, 1), 600.5, None],
            ["Flat 2", "HEAT", "2026-01-02", 700, 3], [None, None, None, None, None],
        ):
            book.active.append(row)
        stream = io.BytesIO()
        book.save(stream)
        wizard = self.env['service.allocation.reading.import'].create({
            'file': base64.b64encode(stream.getvalue()), 'group_id': self.group.id,
        })
        wizard.action_import()
        self.assertRecordValues(self.Reading.search([], order='date'), [
            {'unit_id': self.flat_1.id, 'date': date(2026, 1, 1), 'value': 600.5, 'is_exchange': False},
            {'unit_id': self.flat_2.id, 'date': date(2026, 1, 2), 'value': 700.0, 'is_exchange': True},
        ])
        self.assertEqual(self.Reading.search([], order='date')[1].goes_on_from, 3.0)

    def test_a_bad_file_is_refused_in_words(self):
        for content, words in ((b'\xff\xfe\x00', "cannot be read"), (b'a;b\n1;2', "Missing: date, unit, value")):
            wizard = self.env['service.allocation.reading.import'].create({'file': base64.b64encode(content)})
            with self.assertRaisesRegex(UserError, words):
                wizard.action_check()

    def test_a_thousand_readings_take_a_handful_of_queries(self):
        """H2: one statement for a batch."""
        items = [self._item(str(number)) for number in range(1000)]
        self.env.flush_all()
        before = self.cr.sql_log_count
        self.assertEqual(self.Reading.send_readings(items)['new'], 1000)
        self.assertLess(self.cr.sql_log_count - before, 25)

    def test_only_the_office_sends_readings(self):
        """G4."""
        employee = self._user('employee', 'base.group_user')
        with self.assertRaises(AccessError):
            self.Reading.with_user(employee).send_readings([self._item()])

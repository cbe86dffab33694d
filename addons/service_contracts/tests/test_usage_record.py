"""Usage comes in once, in bulk, with a sentence for each record that cannot be taken."""

import base64
import io
from datetime import date, datetime

import openpyxl
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .usage import UsageCase


@tagged('post_install', '-at_install')
class TestUsageRecord(UsageCase):

    def setUp(self):
        super().setUp()
        self.line = self._metered(contract={'external_ref': 'TEL-1'})

    def _item(self, ref='a', **item):
        return {'external_ref': ref, 'meter': 'MIN', 'contract': 'TEL-1', 'moment': '2026-03-01 10:00:00',
                'quantity': 2.5, **item}

    def _reason(self, **item):
        refused = self.Record.send_usage([self._item(**item)])['refused']
        self.assertEqual([(row['place'], row['external_ref']) for row in refused], [(1, 'a')])
        return refused[0]['reason']

    # === TAKE === #

    def test_a_record_sent_twice_counts_once(self):
        """D11: the reference makes it safe to send again, in one batch or in another."""
        self.assertEqual(self.Record.send_usage([self._item(), self._item(), self._item('b')]),
                         {'new': 2, 'known': 1, 'refused': []})
        self.assertEqual(self.Record.send_usage([self._item(), self._item('b')])['known'], 2)
        self.assertRecordValues(self.Record.search([('external_ref', '=', 'a')]), [{
            'quantity': 2.5, 'contract_line_id': self.line.id, 'meter_id': self.meter.id, 'late_state': False,
            'moment': datetime(2026, 3, 1, 10), 'company_id': self.company.id,
        }])

    def test_a_contract_is_found_by_reference_number_id_and_line(self):
        contract = self.line.contract_id
        for number, name in enumerate(('TEL-1', contract.name, contract.id)):
            self.assertEqual(self.Record.send_usage([self._item(str(number), contract=name)])['new'], 1)
        by_line = {'external_ref': 'line', 'line': self.line.id, 'moment': '2026-03-01T12:00:00+02:00'}
        self.assertEqual(self.Record.send_usage([by_line])['new'], 1)
        self.assertEqual(self.Record.search([('external_ref', '=', 'line')]).moment, datetime(2026, 3, 1, 10))

    def test_good_records_go_in_or_none(self):
        items = [self._item(), self._item('b', quantity='1'), self._item('c')]
        self.assertEqual(self.Record.send_usage(items, partial=False)['new'], 0)
        self.assertFalse(self.Record.search([]))
        answer = self.Record.send_usage(items)
        self.assertEqual((answer['new'], [row['place'] for row in answer['refused']]), (2, [2]))

    def test_a_thousand_records_take_a_handful_of_queries(self):
        items = [self._item(f'r{number}', quantity=number) for number in range(1000)]
        self.Record.send_usage(items[:1])
        self.env.flush_all()
        with self.assertQueryCount(15):
            self.assertEqual(self.Record.send_usage(items), {'new': 999, 'known': 1, 'refused': []})

    def test_texts_arrive_as_they_were_sent(self):
        odd = 'a"b\\c,{}NULL ä 😀'
        self.Record.send_usage([self._item(odd, key='null'), self._item('NULL', key='{"x"}')])
        records = self.Record.search([], order='id')
        self.assertEqual(records.mapped('external_ref'), [odd, 'NULL'])
        self.assertEqual(records.mapped('key'), ['null', '{"x"}'])

    def test_the_service_that_ran_at_the_moment_counts(self):
        self.line.date_end = '2026-02-15'
        after = self.line.copy({'date_start': '2026-02-16', 'date_end': False})
        self.Record.send_usage([
            self._item('x', moment='2026-02-15 23:59:59'), self._item('y', moment='2026-02-16 00:00:00'),
        ])
        records = self.Record.search([], order='moment')
        self.assertEqual(records.contract_line_id, self.line | after)

    # === REFUSE === #

    def test_what_is_no_number_is_refused(self):
        """F2: NaN, infinity, too large, a text or a truth value."""
        for quantity in (float('nan'), float('inf'), -float('inf'), 1e18, 1e308, '1e3', '1,5', True, None, [1]):
            with self.subTest(quantity):
                self.assertIn("finite number", self._reason(quantity=quantity))
        with self.assertRaises(CheckViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            self.env.cr.execute(
                """INSERT INTO service_usage_record
                   (meter_id, contract_line_id, moment, quantity, external_ref, received_on)
                   VALUES (%s, %s, now(), 'NaN', 'x', now())""", (self.meter.id, self.line.id),
            )

    def test_each_reason_is_a_sentence(self):
        self.line.contract_id.action_pause()
        cases = [
            ({'moment': '2026-03-10 12:00:00'}, "has not come yet"),
            ({'moment': 'yesterday'}, "must be a time in UTC"),
            ({'moment': 5}, "must be a time in UTC"),
            ({'moment': '2025-12-31 23:59:59'}, "did not run"),
            ({'moment': '0001-01-01T00:00:00+14:00'}, "did not run"),
            ({'meter': 'NONE'}, "no meter"),
            ({'meter': ['MIN']}, "no meter"),
            ({'contract': 'NONE'}, "no running contract"),
            ({'contract': {'a': 1}}, "no running contract"),
            ({'contract': 2**40}, "no running contract"),
            ({'color': 1}, "no other keys"),
            ({'key': 'x' * 201}, "1 to 200 characters"),
            ({'key': 'a\x00b'}, "1 to 200 characters"),
        ]
        for item, reason in cases:
            with self.subTest(item):
                self.assertIn(reason, self._reason(**item))
        self.assertFalse(self.Record.search([]))

    def test_a_paused_service_counts_nothing(self):
        self.env['service.contract.pause'].create({
            'contract_id': self.line.contract_id.id, 'date_start': '2026-02-01', 'date_end': '2026-02-10',
        })
        self.assertIn("was paused", self._reason(moment='2026-02-05 12:00:00'))
        self.assertEqual(self.Record.send_usage([self._item('b', moment='2026-02-10 00:00:00')])['new'], 1)

    def test_late_usage_is_refused_by_policy(self):
        """D11: the period is billed and the meter takes nothing late."""
        self.meter.late_policy = 'refuse'
        self._run('2026-03-01')
        self.assertIn("takes no late usage", self._reason(moment='2026-02-15 12:00:00'))
        self.assertEqual(self.Record.send_usage([self._item('b')])['new'], 1)

    def test_what_is_no_list_is_refused_as_a_whole(self):
        for records in (None, {}, 'x', [{}] * 10_001):
            with self.assertRaises(UserError):
                self.Record.send_usage(records)
        with self.assertRaises(UserError):
            self.Record.send_usage([], partial='yes')
        self.assertEqual(len(self.Record.send_usage([None, 5, [], {}])['refused']), 4)

    # === KEEP === #

    def test_records_stay_as_they_came(self):
        self.Record.send_usage([self._item()])
        record = self.Record.search([])
        for attack in (lambda: record.write({'quantity': 1}), record.sudo().unlink):
            with self.assertRaisesRegex(UserError, "stay as they came"):
                attack()
        with self.assertRaises(AccessError):
            record.unlink()

    def test_a_record_typed_in_meets_the_same_checks(self):
        vals = {'meter_id': self.meter.id, 'contract_line_id': self.line.id, 'external_ref': 'hand',
                'moment': '2026-03-01 10:00:00', 'quantity': 4}
        self.assertEqual(self.Record.create(vals).contract_id, self.line.contract_id)
        with self.assertRaisesRegex(ValidationError, "has not come yet"):
            self.Record.create({**vals, 'external_ref': 'later', 'moment': '2026-03-11 10:00:00'})
        self._run('2026-03-01')
        late = self.Record.create({**vals, 'external_ref': 'late', 'moment': '2026-02-01 10:00:00'})
        self.assertEqual((late.late_state, self.line.late_usage_on), ('open', date(2026, 3, 10)))

    # === ACCESS === #

    def test_who_may_send_and_read(self):
        """G3, G4: integrators and managers send, contract users read, customers and employees do nothing."""
        self.Record.send_usage([self._item()])
        roles = {
            'service_contracts.group_contract_manager': (True, True),
            'service_contracts.group_contract_integrator': (True, True),
            'service_contracts.group_contract_user': (False, True),
            'account.group_account_invoice': (False, True),
            'base.group_user': (False, False),
            'base.group_portal': (False, False),
        }
        for group, (sends, reads) in roles.items():
            Record = self.Record.with_user(self._user(group, group, company_ids=[Command.set(self.company.ids)],
                                                      company_id=self.company.id))
            with self.subTest(group):
                self.assertEqual(Record.has_access('read'), reads)
                self.assertFalse(Record.has_access('write') or Record.has_access('unlink'))
                if sends:
                    self.assertEqual(Record.send_usage([self._item(group)])['new'], 1)
                else:
                    with self.assertRaises(AccessError):
                        Record.send_usage([self._item(group)])

    def test_companies_do_not_share_usage(self):
        """G16: another company neither sends to our contracts nor reads our records."""
        self.Record.send_usage([self._item()])
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=self.other_company.id, company_ids=[Command.set(self.other_company.ids)])
        Record = self.Record.with_user(stranger).with_company(self.other_company)
        self.assertFalse(Record.search([]))
        for item in (self._item('x'), self._item('y', contract=None, line=self.line.id)):
            self.assertEqual(Record.send_usage([item])['new'], 0)

    # === IMPORT === #

    def _import(self, content, name='usage.csv', **vals):
        return self.env['service.usage.import'].create({
            'file': base64.b64encode(content), 'file_name': name, **vals,
        })

    def test_a_csv_file_is_checked_and_taken_once(self):
        wizard = self._import(
            b'\xef\xbb\xbfexternal_ref;contract;moment;quantity\n1;TEL-1;2026-03-01 10:00:00;2.5\n'
            b'2;TEL-1;2026-03-01 10:00:00;1,5\n\n3;NONE;2026-03-01 10:00:00;1\n', meter_id=self.meter.id,
        )
        wizard.action_check()
        self.assertFalse(self.Record.search([]))
        self.assertIn("Row 2", wizard.preview_html)
        self.assertIn("finite number", wizard.preview_html)
        wizard.action_import()
        self.assertRecordValues(self.Record.search([]), [{'external_ref': '1', 'quantity': 2.5}])
        wizard.action_import()
        self.assertEqual(self.Record.search_count([]), 1)

    def test_an_excel_file_is_read(self):
        book, content = openpyxl.Workbook(), io.BytesIO()
        book.active.append(['External_ref', 'meter', 'line', 'moment', 'quantity'])
        book.active.append([7, 'MIN', self.line.id, datetime(2026, 3, 1, 10), 2])
        book.save(content)
        self._import(content.getvalue(), 'usage.xlsx').action_import()
        self.assertRecordValues(self.Record.search([]), [{'external_ref': '7', 'quantity': 2.0}])

    def test_a_file_that_cannot_be_read_is_refused(self):
        for content in (b'PK\x03\x04 broken', b'\xff\xfe\x00', b'a,b\n1,2\n', b''):
            with self.subTest(content), self.assertRaises(UserError):
                self._import(content or b' ').action_check()

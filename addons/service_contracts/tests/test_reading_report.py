"""Readings that occupants report: of the own flats only, looked at by staff, and what they correct."""

import base64
import io
from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from PIL import Image

from .allocation import AllocationCase

BAD_PHOTOS = (
    ('a.jpg', b'<script>', "must be a picture"),
    ('svg.jpg', b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "must be a picture"),
    ('exe.jpg', b'MZ\x90\x00' + b'\x00' * 200, "must be a picture"),
    ('broken.png', b'\x89PNG\r\n\x1a\n<script>alert(1)</script>', "must be a picture"),
    ('broken.jpg', b'\xff\xd8\xff<script>alert(1)</script>', "cannot be read"),
    ('a.pdf', b'%PDF-1.4 x', "Send a picture"),
    ('large.jpg', b'\xff\xd8\xff' + b'0' * 5 * 1024 * 1024, "larger than 5 MB"),
)
"""Files that are no photo, whatever they are called, and what is said of them."""

@tagged('post_install', '-at_install')
class TestReadingReport(AllocationCase, HttpCase):

    def setUp(self):
        super().setUp()
        self.group.write({'reported_meter_ids': [Command.set(self.heat.ids)], 'readings_until': '2026-03-31'})
        self.contract = self.tenants[0].contract_line_id.contract_id.sudo()  # as the panel asks
        self.partner = self.tenants[0].partner_id
        self.chosen = f'{self.flat_1.id}:{self.heat.id}'

    def _report(self, value, day='2026-03-10', chosen=None):
        return self.contract._report_reading(chosen or self.chosen, value, day, self.partner)

    def test_a_reading_is_held_against_the_one_before(self):
        """B3: lower than before, far more than usual, the first, or as it should be."""
        self.assertEqual(self._report('90').doubt, 'first')
        self._read(self.flat_1, '2025-01-01', 100)
        self._read(self.flat_1, '2025-12-31', 464)
        self.assertEqual([self._report(value).doubt for value in ('463', '1000', '530,5')], ['lower', 'high', False])
        waiting = self.contract._reported_readings().filtered(lambda report: report.state == 'sent')
        self.assertRecordValues(waiting, [{'value': 530.5, 'last_value': 464.0, 'last_date': date(2025, 12, 31)}])

    def test_the_same_reading_sent_again_changes_nothing(self):
        self.assertEqual(self._report('90'), self._report('90,0'))

    def test_what_is_no_reading_is_refused_in_a_sentence(self):
        """F1, F2, F9."""
        for value, day in (('abc', '2026-03-10'), ('', '2026-03-10'), ('-1', '2026-03-10'), ('nan', '2026-03-10'),
                           ('1e30', '2026-03-10'), ('5', '2026-03-11'), ('5', '2025-12-01'), ('5', 'x')):
            with self.subTest(value, day=day), self.assertRaises(UserError):
                self._report(value, day)
        for chosen in (f'{self.flat_2.id}:{self.heat.id}', 'x', f'{self.flat_1.id}:0'):
            with self.subTest(chosen), self.assertRaisesRegex(UserError, "not asked for"):
                self._report('5', chosen=chosen)

    def test_after_the_deadline_nothing_is_asked_for(self):
        with freeze_time('2026-04-01'), self.assertRaisesRegex(UserError, "not asked for"):
            self._report('5', '2026-04-01')

    def test_staff_lets_a_reading_count_or_refuses_it_with_a_reason(self):
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        report = self._report('90').with_user(clerk)
        with self.assertRaisesRegex(UserError, "why it is refused"):
            report.action_refuse()
        for _time in range(2):
            report.action_accept()
        self.assertRecordValues(report.reading_id, [{
            'unit_id': self.flat_1.id, 'value': 90.0, 'date': date(2026, 3, 10)}])
        report.reason = "x"
        with self.assertRaisesRegex(UserError, "settled already"):
            report.action_refuse()
        with self.assertRaises(UserError):
            report.value = 5
        bookkeeper = self._user('bookkeeper', 'account.group_account_invoice')
        with self.assertRaises(AccessError):
            report.with_user(bookkeeper).action_accept()

    def test_a_later_reading_replaces_an_estimate_and_corrects_what_was_charged(self):
        """B3, D11: the estimate made Flat 3 pay the average; its own reading charges the difference once."""
        self._read_all(500, 300, None)
        self.group.estimated_limit = 100
        statement = self._statement()
        statement.action_confirm()
        estimated = statement.line_ids[2]
        self.assertTrue(estimated.is_estimated)
        contract = self.tenants[2].contract_line_id.contract_id.sudo()
        with freeze_time('2026-01-02'):
            report = contract._report_reading(
                f'{self.flat_3.id}:{self.heat.id}', '300', '2025-12-31', self.tenants[2].partner_id)
            report.action_accept()
        self.assertTrue(statement.has_late_change)
        adjustment = self.env['service.allocation'].browse(statement.action_adjust()['res_id'])
        line = adjustment.line_ids.filtered(lambda line: line.unit_id == self.flat_3)
        self.assertFalse(line.is_estimated)
        self.assertEqual(line.explanation['items'][0]['used'], '200.0')
        self.assertLess(line.amount, 0.0)
        self._assert_adds_up(adjustment)

    def test_the_panel_takes_a_reading_with_a_photo_of_the_own_flat_only(self):
        """G1, G9, G12."""
        self._user('tenant', 'base.group_portal', partner_id=self.partner.id, password='tenant')
        self.authenticate('tenant', 'tenant')
        address = f'/my/contracts/{self.contract.id}/readings'
        self.assertIn(address, self.url_open(f'/my/contracts/{self.contract.id}').text)
        page = self.url_open(address).text
        self.assertIn("Flat 1", page)
        self.assertNotIn("Flat 2", page)
        picture = io.BytesIO()
        exif = Image.Exif()
        exif[0x010F] = 'Camera'
        Image.new('RGB', (40, 30)).save(picture, 'JPEG', exif=exif)
        picture.write(b'<script>alert(1)</script>')  # a file that is two things at once
        data = {'csrf_token': Request.csrf_token(self), 'meter': self.chosen, 'value': '90', 'date': '2026-03-10'}
        for name, content, told in BAD_PHOTOS:
            bad = self.url_open(address, data=data, files={'photo': (name, content, 'image/jpeg')})
            with self.subTest(name):
                self.assertIn(told, bad.text)
                self.assertFalse(self.contract._reported_readings())
        sent = self.url_open(address, data=data, files={'photo': ('a.jpg', picture.getvalue(), 'image/jpeg')})
        self.assertIn("on its way", sent.text)
        report = self.contract._reported_readings()
        self.assertEqual((report.value, report.partner_id, bool(report.photo)), (90.0, self.partner, True))
        kept = base64.b64decode(report.photo)
        self.assertNotIn(b'Camera', kept, "nothing tells where it was taken")
        self.assertNotIn(b'<script>', kept)
        other = self.tenants[1].contract_line_id.contract_id
        for contract_id in (other.id, 0, 10**20):
            answer = self.url_open(f'/my/contracts/{contract_id}/readings', data=data, allow_redirects=False)
            self.assertEqual((answer.status_code, answer.headers.get('Location')), (303, '/my'))
        self.assertFalse(other._reported_readings())

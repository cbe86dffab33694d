"""Calls that customers ask for: when the company works, by the customer's clock, once, and somebody has to call."""

from datetime import UTC, datetime
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PanelPageCase

PAGE = '/my/call-back'
PHONE = '+49 761 5550123'


@tagged('post_install', '-at_install')
class TestSupportCaseCall(PanelPageCase):
    """Ten in the morning of Tuesday, 10 March 2026, by UTC; the company works in Madrid, an hour ahead."""

    frozen = '2026-03-10 10:00:00'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = 'Europe/Madrid'
        cls.Case = cls.env['support.case'].with_company(cls.company)

    def _ask(self, slot='2026-03-11T09:00:00+00:00', zone='America/Bogota', user=None, **typed):
        env = self.env(user=user or self.portal_user)
        case = env['support.case'].with_company(self.company)._ask_for_call(
            env.user.partner_id, {'slot': slot, 'phone': PHONE, **typed}, zone)
        return self.env['support.case'].browse(case.id)

    def test_calls_are_offered_in_working_hours_from_in_an_hour_on(self):
        slots = self.Case._call_slots()
        self.assertEqual(slots[0], datetime(2026, 3, 10, 12, tzinfo=UTC), "The lunch break is over at one in Madrid.")
        self.assertFalse([slot for slot in slots if slot.weekday() > 4])
        self.assertEqual({slot.hour for slot in slots}, {7, 8, 9, 10, 12, 13, 14, 15})

    def test_no_call_is_offered_on_a_holiday(self):
        self.env['resource.calendar.leaves'].create({
            'calendar_id': self.company.resource_calendar_id.id, 'company_id': self.company.id,
            'date_from': '2026-03-10 00:00:00', 'date_to': '2026-03-11 22:00:00'})
        self.assertEqual(self.Case._call_slots()[0].date().isoformat(), '2026-03-12')

    def test_somebody_has_to_call_on_that_day(self):
        """I4, I6: the case is the customer's, with the number to press, and the activity names the hour."""
        self.customer.user_id = self.env.user
        self.env.user.tz = 'Europe/Madrid'
        case = self._ask(message="The keypad beeps.")
        self.assertRecordValues(case, [{
            'partner_id': self.customer.id, 'company_id': self.company.id, 'call_phone': '+497615550123',
            'call_tz': 'America/Bogota', 'description': "The keypad beeps.", 'channel': 'portal'}])
        self.assertIn("4:00", case.call_text)
        activity = case.activity_ids
        self.assertRecordValues(activity, [{
            'activity_type_id': self.env.ref('mail.mail_activity_data_call').id, 'user_id': self.env.user.id,
            'date_deadline': case.call_at.date()}])
        self.assertIn("10:00", activity.summary)
        self.assertIn("4:00", case.message_ids.filtered('body')[:1].body, "The receipt names the time.")

    def test_asking_again_moves_the_call_and_makes_no_second_one(self):
        case = self._ask()
        self.assertEqual(self._ask(), case)
        self.assertEqual(self._ask('2026-03-11T10:00:00+00:00'), case)
        self.assertEqual(case.call_at, datetime(2026, 3, 11, 10))
        self.assertEqual(len(case.activity_ids), 1)

    def test_of_two_requests_at_once_one_is_told_so(self):
        self._ask()
        nothing = patch.object(type(self.Case), '_waiting_call', lambda self, partner: self.browse())
        with nothing, mute_logger('odoo.sql_db'), self.assertRaisesRegex(UserError, "already"):
            self._ask()

    def test_only_offered_times_and_telephone_numbers_are_taken(self):
        for typed in (
            {'slot': '2026-03-14T09:00:00+00:00'}, {'slot': '2026-03-09T09:00:00+00:00'}, {'slot': ''}, {'slot': 'x'},
            {'phone': ''}, {'phone': 'javascript:alert(1)'}, {'phone': '1' * 10_000},
        ):
            with self.subTest(typed), self.assertRaises(UserError):
                self._ask(**typed)

    def test_the_page_shows_the_customers_own_clock_and_keeps_what_was_typed(self):
        self.customer.tz = 'America/Bogota'
        self.authenticate('ana', 'ana')
        page = self.url_open(PAGE).text
        self.assertIn("America/Bogota", page)
        self.assertIn('value="2026-03-10T12:00:00+00:00"', page)
        page = self._post(PAGE, slot='2026-03-11T09:00:00+00:00', phone='no', message="Beeps").text
        self.assertIn("is no telephone number", page)
        self.assertIn("Beeps", page)
        page = self._post(PAGE, slot='2026-03-11T09:00:00+00:00', phone=PHONE, message="Beeps")
        self.assertIn('o_case_call', page.text)
        self.assertIn("We call you on", self.url_open(PAGE).text)

    def test_a_time_zone_that_does_not_exist_is_not_used(self):
        self.authenticate('ana', 'ana')
        self.opener.cookies.set('tz', '../../etc/passwd')
        self.assertIn("Europe/Madrid", self.url_open(PAGE).text)

    def test_the_page_of_a_company_on_holiday_says_so(self):
        self.company.resource_calendar_id.attendance_ids.unlink()
        self.authenticate('ana', 'ana')
        self.assertIn("We cannot call in the next days", self.url_open(PAGE).text)

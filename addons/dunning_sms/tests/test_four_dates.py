"""The four dates of a receivable on any day: those told, moved by promises since, or those that would be told."""

from datetime import date, datetime
from unittest.mock import patch

from freezegun import freeze_time

from ..rules.decision import expected_dates
from .common import DunningCase


class TestFourDates(DunningCase):

    def test_before_the_first_notice_they_follow_from_the_policy(self):
        """E5 to E8: due, last safe day, suspension, removal."""
        line = self._receivable(due='2026-03-17')
        dates = line._four_dates()[line.id]
        self.assertEqual(
            [str(day) for day in (dates.due, dates.last_safe, dates.suspension, dates.removal)],
            ['2026-03-17', '2026-03-22', '2026-03-27', '2026-04-16'])

    def test_what_was_told_stays_whatever_the_policy_says_later(self):
        line = self._receivable(due='2026-03-10')
        self._plan()
        self.policy.suspension_days = 12
        self.assertEqual(line._four_dates()[line.id].suspension, self._day('2026-03-20'))

    def test_they_are_those_of_the_notice_without_asking_whom_it_reaches(self):
        """E5 to E8: the panel asks them on every page; channels, consents and steps do not matter to them."""
        self.policy.is_business_days = True
        lines = self._receivable(due='2026-03-10')
        self._plan()
        lines |= self._receivable(due='2026-03-17')
        Gatherer = self.env['dunning.gatherer']
        facts = Gatherer._facts(self.company, lines.partner_id.commercial_partner_id.ids, datetime(2026, 3, 10, 10))
        expected = {item.net.line.id: expected_dates(item, fact.policy, date(2026, 3, 10))
                    for fact in facts.values() for item in fact.customer.items}
        self.assertEqual(len(expected), 2)
        with patch.object(type(Gatherer), '_reach', side_effect=AssertionError("nobody is written to")):
            self.assertEqual(lines._four_dates(), expected)

    def test_a_promise_moves_them(self):
        line = self._receivable(due='2026-03-10')
        self._plan()
        self.env['payment.promise'].create({'move_line_id': line.id, 'date': '2026-03-18'})
        with freeze_time('2026-03-16 10:00:00'):
            self.assertEqual(line._four_dates()[line.id].suspension, self._day('2026-03-26'))

    def test_without_a_policy_nothing_is_announced(self):
        line = self._receivable(due='2026-03-10')
        self.company.dunning_policy_id = False
        self.assertFalse(line._four_dates())

    def test_the_parts_of_an_arrangement_move_them_together_and_fall_together(self):
        """N14: two parts cover the receivable; when the first is broken, the second is, too."""
        line = self._receivable(100, due='2026-03-10')
        self._plan()
        parts = [self.env['payment.promise'].create({
            'move_line_id': line.id, 'amount': 50, 'date': day, 'part': part,
        }) for part, day in ((1, '2026-03-16'), (2, '2026-03-30'))]
        self.assertEqual([part.residual_before for part in parts], [100, 50])
        self.assertFalse(self._plan())
        with freeze_time('2026-03-16 10:00:00'):
            self.assertEqual(line._four_dates()[line.id].suspension, self._day('2026-03-26'))
        with freeze_time('2026-03-17 10:00:00'):
            (parts[1] | parts[0])._settle()
            self.assertEqual([part.state for part in parts], ['broken', 'broken'])

    def test_a_part_is_kept_by_what_is_paid_beyond_the_parts_before(self):
        line = self._receivable(100, due='2026-03-10')
        parts = [self.env['payment.promise'].create({
            'move_line_id': line.id, 'amount': 50, 'date': '2026-03-30', 'part': part,
        }) for part in (1, 2)]
        self._pay(line.move_id, 50)
        (parts[0] | parts[1])._settle()
        self.assertEqual([part.state for part in parts], ['kept', 'open'])
        self._pay(line.move_id, 50)
        parts[1]._settle()
        self.assertEqual(parts[1].state, 'kept')

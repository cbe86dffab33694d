"""Unused quota that rolls over: late usage never makes a quantity free twice."""

from freezegun import freeze_time
from odoo.tests import tagged

from .usage import UsageCase


@tagged('post_install', '-at_install')
class TestUsageQuota(UsageCase):

    def setUp(self):
        super().setUp()
        self.rolling = self.meter.copy({'code': 'ROLL', 'rolls_over': True, 'roll_over_periods': 1})

    def test_quota_taken_by_late_usage_is_gone_for_the_next_period(self):
        """D11: 60 of January's 100 are left when it is billed, 10 when late usage has come."""
        line = self._january(40)
        self._use(line, 50, ref='LATE')
        self._use(line, 150, moment='2026-02-15 12:00:00')
        self._run('2026-03-01')
        entries = self._assert_amounts(line, 0.0, 0.0, 4.0)
        self.assertEqual(entries.mapped('kind'), ['usage', 'late_usage', 'usage'])
        self.assertEqual(_left(entries[2], 'quota'), [10.0, 100.0])

    def test_quota_that_a_later_period_used_is_charged_there(self):
        """D11: billed late, January and February cost what they would have cost in time."""
        line = self._january(40)
        self._use(line, 150, moment='2026-02-15 12:00:00')
        self._run('2026-03-01')
        self._assert_amounts(line, 0.0, 0.0)
        self._use(line, 50, ref='LATE')
        with freeze_time('2026-04-10'):
            self._run('2026-04-01')
        corrections = self._entries(line).filtered(lambda entry: entry.kind == 'late_usage')
        self.assertEqual(corrections.sorted('period_start').mapped('amount_untaxed'), [0.0, 4.0])
        self.assertEqual(_left(self._entries(line).sorted('period_start')[-1], 'quota'), [100.0])

    def test_usage_taken_back_gives_its_quota_back(self):
        line = self._january(100)
        self._use(line, 150, moment='2026-02-15 12:00:00')
        self._run('2026-03-01')
        self._assert_amounts(line, 0.0, 5.0)
        self._use(line, -30, ref='BACK')
        with freeze_time('2026-04-10'):
            self._run('2026-04-01')
        self.assertEqual(sum(self._entries(line).mapped('amount_untaxed')), 2.0)

    def test_a_second_correction_goes_on_from_the_first(self):
        line = self._january(40)
        self._use(line, 50, ref='LATE')
        self._run('2026-03-01')
        self._use(line, 20, ref='LATER')
        self._use(line, 10, moment='2026-03-02 12:00:00')
        with freeze_time('2026-04-10'):
            self._run('2026-04-01')
        self.assertEqual(sum(self._entries(line).mapped('amount_untaxed')), 1.0)

    def test_a_period_billed_anew_begins_with_the_quota_it_had(self):
        line = self._january(40)
        self._run('2026-03-01')
        january, _february = self._entries(line)
        january.sudo()._void("billed by mistake")
        self._run('2026-03-01')
        self.assertEqual(_left(self._entries(line).sorted('id')[-1], 'quota'), [100.0])

    def _january(self, quantity):
        """Return a service with 100 free a month, of which January is billed."""
        line = self._metered(meter=self.rolling, free_quantity=100)
        self._use(line, quantity)
        self._run('2026-02-01')
        return line


def _left(entry, name):
    return [float(left) for _granted, _expires, left in entry.explanation[name]]

"""Free quota of a metered service when the plan changes within a period: granted once."""

from freezegun import freeze_time
from odoo.fields import Command
from odoo.tests import tagged

from .usage import UsageCase


@tagged('post_install', '-at_install')
class TestChangeQuota(UsageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small, cls.large = cls._offer("Small", 100.0), cls._offer("Large", 200.0)
        cls.small.allowed_target_ids, cls.large.allowed_target_ids = cls.large, cls.small

    @classmethod
    def _offer(cls, name, free, **line):
        return cls.env['service.plan'].create({
            'name': name, 'code': name, 'lower_at_period_end': False, 'line_ids': [Command.create({
                'product_id': cls.calls.id, 'kind': 'usage', 'meter_id': cls.meter.id, 'price_source': 'fixed',
                'price_unit': 0.1, 'free_quantity': free, **line,
            })],
        })

    def _changed(self, plan=None, used=80, **change):
        """Return the services of a contract that used some before its change on 11 January and 150 after it."""
        contract = self._planned(plan or self.small, date_start='2026-01-01', external_ref='A', payment_term_id=False)
        old = contract.line_ids
        self._use(old, used, moment='2026-01-05 12:00:00')
        with freeze_time('2026-01-11'):
            contract.request_change('A', change or {'plan': 'Large'}, 'k')
        new = contract.line_ids - old
        self._use(new, 150, moment='2026-01-20 12:00:00')
        return old, new

    def test_what_was_used_before_the_change_counts_against_the_new_quota(self):
        """N1: 80 of 200 are gone, so 30 of the 150 that follow are paid."""
        old, new = self._changed()
        self._run('2026-02-01')
        self._assert_amounts(old, 0.0)
        self._assert_amounts(new, 3.0)

    def test_what_was_paid_before_the_change_takes_no_quota(self):
        old, new = self._changed(used=130)
        self._run('2026-02-01')
        self._assert_amounts(old, 3.0)
        self._assert_amounts(new, 5.0)  # 100 of 200 were free before

    def test_the_next_period_has_the_whole_quota(self):
        _old, new = self._changed()
        self._use(new, 190, moment='2026-02-20 12:00:00')
        self._run('2026-03-01')
        self._assert_amounts(new, 3.0, 0.0)

    def test_by_day_each_plan_gives_its_share(self):
        """10/31 of 100 and 21/31 of 200."""
        self.small.change_quota_rule = 'day'
        old, new = self._changed()
        self._run('2026-02-01')
        self._assert_amounts(old, 4.77)
        self._assert_amounts(new, 1.45)

    def test_granted_anew_where_the_plan_says_so(self):
        self.small.change_quota_rule = 'anew'
        old, new = self._changed()
        self._run('2026-02-01')
        self._assert_amounts(old, 0.0)
        self._assert_amounts(new, 0.0)

    def test_a_minimum_charge_is_owed_once_for_a_period(self):
        (self.small | self.large).line_ids.write({'minimum_charge': 31, 'free_quantity': 0})
        old, new = self._changed()
        self._run('2026-02-01')
        self._assert_amounts(old, 10.0)
        self._assert_amounts(new, 21.0)

    def test_quota_that_rolls_over_is_granted_once_too(self):
        rolling = self.meter.copy({'code': 'ROLL', 'rolls_over': True, 'roll_over_periods': 1})
        (self.small | self.large).line_ids.meter_id = rolling
        _old, new = self._changed()
        self._use(new, 200, moment='2026-02-20 12:00:00')
        self._run('2026-03-01')
        self._assert_amounts(new, 3.0, 0.0)

    def test_two_changes_in_one_period_grant_the_quota_once(self):
        old, new = self._changed()
        with freeze_time('2026-01-25'):
            new.contract_id.request_change('A', {'plan': 'Small'}, 'k2')
        last = new.contract_id.line_ids - old - new
        self._use(last, 10, moment='2026-01-28 12:00:00')
        self._run('2026-02-01')
        self._assert_amounts(new, 3.0)
        self._assert_amounts(last, 1.0)

"""Quota, late usage and the time machine when a metered service changes its plan."""

from datetime import date
from decimal import Decimal

from freezegun import freeze_time
from odoo.fields import Command
from odoo.tests import tagged
from psycopg2.extras import Json

from ..rules.forecast import Scenario
from .usage import UsageCase


@tagged('post_install', '-at_install')
class TestChangeRollover(UsageCase):

    def _offers(self, meter):
        """Return two plans that may change to each other, with 100 and 200 free."""
        plans = self.env['service.plan'].create([{
            'name': name, 'code': name, 'lower_at_period_end': False, 'line_ids': [Command.create({
                'product_id': self.calls.id, 'kind': 'usage', 'meter_id': meter.id, 'price_source': 'fixed',
                'price_unit': 0.1, 'free_quantity': free,
            })],
        } for name, free in (("Small", 100.0), ("Large", 200.0))])
        plans[0].allowed_target_ids = plans[1]
        return plans

    def _started(self, meter):
        plans = self._offers(meter)
        contract = self._planned(plans[0], date_start='2026-01-01', external_ref='A', payment_term_id=False)
        return contract.line_ids, plans

    def _change(self, line, day):
        with freeze_time(day):
            line.contract_id.request_change('A', {'plan': 'Large'}, 'k')
        return line.contract_id.line_ids - line

    def _rolled(self, bill_before_change):
        """Return the old and the new service: 60 rolled over, 20 of them used before the change, 250 after it."""
        rolling = self.meter.copy({'code': 'ROLL', 'rolls_over': True, 'roll_over_periods': 2})
        old, _plans = self._started(rolling)
        self._use(old, 40)
        self._run('2026-02-01')
        self._use(old, 20, moment='2026-02-05 12:00:00')
        new = self._change(old, '2026-02-11')
        if bill_before_change:
            self._run('2026-02-15')
        self._use(new, 250, moment='2026-02-20 12:00:00')
        self._run('2026-03-01')
        return old, new

    def test_quota_that_rolled_over_goes_on_after_a_change_of_plan(self):
        """40 of January and 200 of February are free, so 10 of 250 are paid."""
        old, new = self._rolled(bill_before_change=False)
        self._assert_amounts(old, 0.0, 0.0)
        self._assert_amounts(new, 1.0)

    def test_quota_that_was_billed_before_the_change_goes_on_too(self):
        old, new = self._rolled(bill_before_change=True)
        self._assert_amounts(old, 0.0, 0.0)
        self._assert_amounts(new, 1.0)

    def test_late_usage_from_before_a_change_takes_what_rolled_over(self):
        """D11: 30 more in January leave 10 of it for the days after the change, so 40 are paid."""
        old, new = self._rolled(bill_before_change=False)
        self._use(old, 30, ref='LATE')
        with freeze_time('2026-04-10'):
            self._run('2026-04-01')
        self.assertEqual(sum(self._entries(new).mapped('amount_untaxed')), 4.0)
        self.assertEqual(sum(self._entries(old).mapped('amount_untaxed')), 0.0)

    def test_late_usage_from_before_a_change_lowers_the_quota_after_it(self):
        """D11: billed late, both parts of the period cost what they would have cost in time."""
        old, _plans = self._started(self.meter)
        self._use(old, 80, moment='2026-01-05 12:00:00')
        new = self._change(old, '2026-01-11')
        self._use(new, 150, moment='2026-01-20 12:00:00')
        self._run('2026-02-01')
        self._assert_amounts(old, 0.0)
        self._assert_amounts(new, 3.0)  # 80 of 200 were used before
        self._use(old, 50, moment='2026-01-06 12:00:00', ref='LATE')
        with freeze_time('2026-04-10'):
            self._run('2026-03-01')
        self.assertEqual(sum(self._entries(old).mapped('amount_untaxed')), 3.0)
        self.assertEqual(sum(self._entries(new).mapped('amount_untaxed')), 5.0)  # 100 of 200 were free before
        check = self.env['service.billing.check']
        entries = (old | new).entry_ids
        self.assertFalse([*check._differing_calculations(entries), *check._differing_periods(entries),
                          *check._differing_usage(entries)])

    def test_a_quota_that_late_usage_should_have_lowered_is_found(self):
        """A correction's quota is derived from the plan and the use before the change, not taken from the charge."""
        old, _plans = self._started(self.meter)
        self._use(old, 80, moment='2026-01-05 12:00:00')
        new = self._change(old, '2026-01-11')
        self._use(new, 150, moment='2026-01-20 12:00:00')
        self._run('2026-02-01')
        self._use(old, 50, moment='2026-01-06 12:00:00', ref='LATE')
        with freeze_time('2026-04-10'):
            self._run('2026-03-01')
        late = self._entries(new).filtered(lambda entry: entry.kind == 'late_usage')
        price = {**late.explanation['price'], 'free_quantity': '120'}
        late.sudo().explanation = {**late.explanation, 'price': price}
        self.env.flush_all()
        found = self.env['service.billing.check']._differing_periods(new.entry_ids)
        self.assertEqual([(vals['kind'], vals['entry_id']) for vals in found], [('terms', late.id)])

    def test_the_time_machine_prices_usage_by_the_new_plan_and_by_the_new_price(self):
        """N20: 250 a month cost 15.00 under the small plan, 5.00 under the large one, 16.50 a tenth dearer."""
        line, plans = self._started(self.meter)
        self._use(line, 250)
        self._use(line, 250, moment='2026-02-15 12:00:00')
        self._run('2026-03-01')
        until = date(2026, 6, 1)
        rows, left_out = line.contract_id._forecast_under_plan(plans[1], date(2026, 4, 1), until, estimate=True)
        dearer = line.contract_id._forecast(until, Scenario(date(2026, 4, 1), percent=Decimal(10)), estimate=True)
        for found, amount in ((line.contract_id._forecast(until, estimate=True), 15.0), (rows, 5.0), (dearer, 16.5)):
            self.assertEqual([row['amount'] for row in found if row['period_start'] >= date(2026, 4, 1)], [amount] * 2)
        self.assertFalse(left_out)

    def _by_day(self, moments, **vals):
        """Return both services of a change by day on 11 February, with 40 of January rolled over."""
        rolling = self.meter.copy({'code': 'ROLL', 'rolls_over': True, 'roll_over_periods': 2, **vals})
        old, plans = self._started(rolling)
        plans[0].change_quota_rule = 'day'
        self._use(old, 60)
        self._run('2026-02-01')
        new = self._change(old, '2026-02-11')
        for line, (quantity, moment) in zip((old, new), moments, strict=True):
            self._use(line, quantity, moment=moment)
        self._run('2026-03-01')
        return old, new

    def test_what_is_left_of_the_first_part_by_day_goes_into_the_second(self):
        """40 of January, 10/28 of 100 and 18/28 of 200 are free in February: 204.29 for 20 before and 200 after."""
        old, new = self._by_day(((20, '2026-02-05 12:00:00'), (200, '2026-02-20 12:00:00')))
        self._assert_amounts(old, 0.0, 0.0)
        self._assert_amounts(new, 1.57)
        self.assertFalse(self._findings())

    def test_a_cap_on_what_rolls_over_leaves_the_rest_of_the_own_period(self):
        """10 of January at most: 174.29 are free."""
        _old, new = self._by_day(((20, '2026-02-05 12:00:00'), (200, '2026-02-20 12:00:00')), roll_over_cap=10)
        self._assert_amounts(new, 4.57)
        self.assertFalse(self._findings())

    def _findings(self):
        self.env.flush_all()
        Check_sudo = self.env['service.billing.check'].sudo()
        Check_sudo._check_by_query(self.company, False)
        found = self.env['service.billing.finding'].search([('company_id', '=', self.company.id)])
        entries = self.env['service.billing.entry'].search([('company_id', '=', self.company.id)])
        return [*found.mapped('key'), *(vals['key'] for vals in Check_sudo._differing_periods(entries))]

    def test_the_double_check_derives_the_quota_of_a_period_that_a_change_cut(self):
        _old, new = self._rolled(bill_before_change=False)
        self.assertFalse(self._findings())
        entry = self._entries(new)[:1]
        kept = dict(entry.explanation)
        kept['price'] = {**kept['price'], 'free_quantity': '500'}
        self.env.cr.execute('UPDATE service_billing_entry SET explanation = %s WHERE id = %s', (Json(kept), entry.id))
        self.env.invalidate_all()
        self.assertTrue(self._findings())

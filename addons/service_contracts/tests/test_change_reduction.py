"""Discounts and loyalty when the plan changes: what was promised goes on, once."""

from odoo.fields import Command
from odoo.tests import tagged

from .changes import ChangeCase

START = {'name': "Start", 'kind': 'discount', 'percent': 50, 'periods': 3}


@tagged('post_install', '-at_install')
class TestChangeReduction(ChangeCase):

    def _months(self, contract, *months):
        return [self._invoiced(contract, f'2026-{month:02}-01') for month in months]

    def test_a_discount_of_the_first_months_goes_on_in_another_plan(self):
        """B10: three periods at half the price are three, also where the new plan promises the same."""
        for offers in (self.small, self.small | self.medium):
            offers.reduction_ids.unlink()
            offers.reduction_ids = [Command.create(START)]
            contract = self._planned(self.small, date_start='2026-02-01', external_ref=str(offers.ids),
                                     payment_term_id=False)
            self._bill(contract, '2026-03-01')
            made = self._change(contract, '2026-03-11', f'key {offers.ids}', plan='M')
            self.assertEqual((made['credit'], made['charge']), (10.16, 13.55))  # 21/31 of 15 and of 20
            self._bill(contract, '2026-05-01')
            self.assertEqual(self._months(contract, 2, 3, 4, 5), [15.0, 15.0, 20.0, 40.0])

    def test_what_does_not_carry_over_ends_with_its_plan(self):
        self.small.reduction_ids = [Command.create({**START, 'carries_over': False})]
        contract = self._hosted('2026-02-01')
        self._bill(contract, '2026-03-01')
        self.assertEqual(self._change(contract, '2026-03-11', plan='M')['charge'], 27.1)  # 21/31 of 40
        self._bill(contract, '2026-04-01')
        self.assertEqual(self._months(contract, 4), [40.0])

    def test_loyalty_counts_from_the_start_of_the_service(self):
        """B10: the months with the small plan count in the large one."""
        for plan in self.small | self.large:
            plan.reduction_ids = [Command.create({
                'name': "Loyal", 'kind': 'loyalty', 'percent': 10, 'after_months': 3})]
        contract = self._hosted('2026-02-01')
        self._bill(contract, '2026-03-01')
        self._change(contract, '2026-03-11', plan='L')
        self._bill(contract, '2026-06-01')
        self.assertEqual(self._months(contract, 4, 5, 6), [50.0, 45.0, 45.0])

    def test_loyalty_counts_on_through_two_changes(self):
        for plan in self.small | self.medium | self.large:
            plan.reduction_ids = [Command.create({
                'name': "Loyal", 'kind': 'loyalty', 'percent': 10, 'after_months': 3})]
        contract = self._hosted('2026-02-01')
        self._bill(contract, '2026-03-01')
        self._change(contract, '2026-03-11', plan='M')
        self._change(contract, '2026-03-21', services=[{'product': 'HOST', 'quantity': 2}])
        self._change(contract, '2026-03-25', plan='L')
        self._bill(contract, '2026-05-01')
        self.assertEqual(self._months(contract, 4, 5), [100.0, 90.0])

    def test_a_coupon_goes_on_in_another_plan(self):
        coupon = self.env['service.coupon'].create({'name': "Spring", 'code': 'SPRING', 'percent': 20, 'periods': 2})
        contract = self._hosted('2026-03-01')
        contract.redeem_coupon('SPRING')
        self._bill(contract, '2026-03-01')
        self._change(contract, '2026-03-11', plan='M')
        self._bill(contract, '2026-06-01')
        self.assertEqual(self._months(contract, 3, 4, 5, 6), [30.0, 32.0, 32.0, 40.0])  # redeemed on 10 March
        self.assertEqual(contract.line_ids.sorted('id')[-1].reduction_ids.coupon_id, coupon)

    def test_what_is_left_of_a_discount_is_spread_over_a_longer_interval(self):
        """Two of three half months are left: 50 % × 2/12 of the year."""
        self.small.reduction_ids = [Command.create(START)]
        self.small.interval_ids = [Command.create({'interval_unit': 'year'})]
        contract = self._hosted('2026-02-01')
        self._bill(contract, '2026-02-01')
        made = self._change(contract, '2026-03-01', interval={'unit': 'year'})
        self.assertEqual(made['first_charge_amount'], 330.01)  # 360 less 8.33 %
        self._bill(contract, '2027-03-01')
        self.assertEqual([self._invoiced(contract, day) for day in ('2026-03-01', '2027-03-01')], [330.01, 360.0])

    def test_a_discount_that_is_over_does_not_begin_again(self):
        for plan in self.small | self.medium:
            plan.reduction_ids = [Command.create({**START, 'periods': 1})]
        contract = self._hosted('2026-02-01')
        self._bill(contract, '2026-03-01')
        self._change(contract, '2026-03-11', plan='M')
        self._bill(contract, '2026-04-01')
        self.assertEqual(self._months(contract, 4), [40.0])

"""Lives of contracts that are rare and real, each against a calculation by hand; the double-check has no complaint."""

from datetime import date

from freezegun import freeze_time
from odoo.fields import Command
from odoo.tests import tagged

from .changes import ChangeCase


@tagged('post_install', '-at_install')
class TestUnusualLives(ChangeCase):

    def _life(self, days, price=30, start=None, plan=None, **line):
        """Return a contract that begins on the first of these days and is billed on each."""
        plan = plan or self._one(price, **line)
        with freeze_time(start or days[0]):
            contract = self._hosted(start or days[0], plan)
        for day in days:
            self._bill(contract, day)
        return contract

    def _one(self, price, **vals):
        plan = self._plan("One", f"ONE{self.env['service.plan'].search_count([])}", price, **vals)
        plan.allowed_target_ids = self.small | self.medium | self.large
        return plan

    def _booked(self, contract, day, **change):
        if 'quantity' in change:
            line = contract._changeable_lines()[-1:]
            change = {'services': [{'line': line.id, 'quantity': change.pop('quantity')}], **change}
        made = self._change(contract, day, **change)
        self._bill(contract, day)
        return made

    def _amounts(self, contract):
        return contract.entry_ids.sorted('id').mapped('amount_untaxed')

    def _total(self, contract):
        return contract.currency_id.round(sum(self._amounts(contract)))

    def _end(self, contract, day, last):
        with freeze_time(day):
            contract._end(date.fromisoformat(last), "Notice")
        for step in (day, str(date.fromisoformat(last).replace(day=28))):
            with freeze_time(max(step, day)):
                contract._follow_dates()
            self._bill(contract, max(step, day))

    def _assert_clean(self, day):
        self.env.flush_all()
        Check_sudo = self.env['service.billing.check'].sudo()
        with freeze_time(day):
            Check_sudo._check_by_query(self.company, False)
            Check_sudo._check_gaps(self.company)
            entries = self.env['service.billing.entry'].search([('company_id', '=', self.company.id)])
            differing = Check_sudo._differing_periods(entries)
        found = self.env['service.billing.finding'].search([('company_id', '=', self.company.id)])
        self.assertEqual([*found.mapped('summary'), *(vals['key'] for vals in differing)], [])

    def test_a_start_on_the_31st_and_an_upgrade_in_the_short_month(self):
        """28 February to 30 March are 31 days, 30 of them left on 1 March: 10 × 30/31."""
        contract = self._life(['2026-01-31', '2026-02-28'])
        self.assertEqual(self._booked(contract, '2026-03-01', plan='M')['net'], 9.68)
        self._bill(contract, '2026-03-31')
        self.assertEqual(contract.entry_ids.sorted('id').mapped('period_start')[-1], date(2026, 3, 31))
        self.assertEqual(self._total(contract), 30 + 30 + 9.68 + 40)
        self._assert_clean('2026-04-01')

    def test_a_year_from_leap_day_to_leap_day(self):
        contract = self._life(['2024-02-29', '2025-02-28', '2026-02-28'], 366, interval_unit='year')
        self.assertEqual([str(day) for day in contract.entry_ids.sorted('id').mapped('period_start')],
                         ['2024-02-29', '2025-02-28', '2026-02-28'])
        self.assertEqual(str(contract.next_charge_date), '2027-02-28')
        self._bill(contract, '2028-02-29')
        self.assertEqual(str(contract.next_charge_date), '2029-02-28')
        self._assert_clean('2028-03-01')

    def test_a_weekly_service_twice_as_many_in_mid_week(self):
        contract = self._life(['2026-01-07'], 7, interval_unit='week')
        self.assertEqual(self._booked(contract, '2026-01-10', quantity=2)['net'], 4.0)
        self._bill(contract, '2026-01-14')
        self.assertEqual(self._total(contract), 7 + 4 + 14)
        self._assert_clean('2026-01-15')

    def test_every_28_days_with_an_end_in_the_middle(self):
        contract = self._life(['2026-01-05'], 28, interval_unit='day', interval_count=28, unused_rule='day')
        self._end(contract, '2026-01-10', '2026-01-18')
        self.assertEqual(self._total(contract), 14.0)
        self._assert_clean('2026-01-29')

    def test_more_of_a_service_in_its_trial(self):
        plan = self._one(30, trial_count=14, trial_unit='day')
        contract = self._life(['2026-01-01'], plan=plan)
        self.assertEqual(self._booked(contract, '2026-01-05', quantity=3)['net'], 0.0)
        self._bill(contract, '2026-01-15')
        self.assertEqual(self._amounts(contract), [90.0])
        self._assert_clean('2026-01-16')

    def test_two_upgrades_on_one_day_billed_in_between(self):
        """21 of 31 days left: 20 × 21/31."""
        contract = self._life(['2026-01-26'], plan=self.small)
        self._booked(contract, '2026-02-05', plan='M')
        self._booked(contract, '2026-02-05', plan='L')
        self.assertEqual(self._total(contract), 30 + 13.55)
        self._bill(contract, '2026-02-26')
        self.assertEqual(self._total(contract), 30 + 13.55 + 50)
        self._assert_clean('2026-02-27')

    def test_up_and_down_again_and_an_end_on_one_day(self):
        self.small.unused_rule = 'day'
        contract = self._life(['2026-01-26'], plan=self.small)
        self._booked(contract, '2026-02-05', plan='L')
        self._booked(contract, '2026-02-05', plan='S')
        self.assertEqual(self._total(contract), 30.0)
        self._end(contract, '2026-02-05', '2026-02-05')
        self.assertEqual(self._total(contract), 10.65)  # 11 of 31 days
        self._assert_clean('2026-02-28')

    def test_a_pause_after_a_change_undone_gives_its_days_back(self):
        self.small.unused_rule = 'day'
        contract = self._life(['2026-01-26'], plan=self.small)
        self._booked(contract, '2026-02-05', plan='L')
        self._booked(contract, '2026-02-05', plan='S')
        with freeze_time('2026-02-10'):
            contract.action_pause()
        with freeze_time('2026-02-20'):
            contract.action_resume()
        self._bill(contract, '2026-02-20')
        self.assertEqual(self._total(contract), 20.32)  # 10 of 31 days
        self.assertEqual(self._booked(contract, '2026-02-20', plan='L')['net'], 3.87)  # 6 days of 20
        self._assert_clean('2026-02-21')

    def test_a_change_to_a_plan_of_the_same_price_and_an_end(self):
        twin = self._plan("Twin", 'T', 30, unused_rule='day')
        self.small.write({'unused_rule': 'day', 'allowed_target_ids': [Command.link(twin.id)]})
        contract = self._life(['2026-04-01'], plan=self.small)
        self._booked(contract, '2026-04-11', plan='T')
        self._end(contract, '2026-04-12', '2026-04-20')
        self.assertEqual(self._total(contract), 20.0)
        self._assert_clean('2026-04-29')

    def test_an_end_before_a_scheduled_change_begins(self):
        contract = self._life(['2026-01-26'], plan=self.small)
        self._booked(contract, '2026-02-05', plan='M', when='period_end')
        self._end(contract, '2026-02-06', '2026-02-10')
        self._bill(contract, '2026-03-26')
        self.assertEqual((self._total(contract), contract.state), (30.0, 'ended'))
        self._assert_clean('2026-03-27')

    def test_a_pause_over_the_day_of_a_scheduled_change(self):
        """The new plan begins in the pause: charged from the resumption on, 16 of 28 days from 10 March."""
        contract = self._life(['2026-01-26'], plan=self.small)
        self._booked(contract, '2026-02-05', plan='M', when='period_end')
        with freeze_time('2026-02-20'):
            contract.action_pause()
        self._bill(contract, '2026-02-26')
        with freeze_time('2026-03-10'):
            contract._follow_dates()
            contract.action_resume()
        self._bill(contract, '2026-03-10')
        self.assertEqual(self._total(contract), 30 + 22.86)
        self.assertEqual(contract.plan_id, self.medium)
        self._assert_clean('2026-03-11')

    def test_a_currency_without_cents(self):
        yen = self.setup_other_currency('JPY', rates=[('2016-01-01', 100.0)], rounding=1.0)
        yens = self.env['product.pricelist'].create({'name': "Yen", 'currency_id': yen.id})
        with freeze_time('2026-01-01'):
            contract = self._hosted('2026-01-01', self._one(1000), currency_id=yen.id, pricelist_id=yens.id)
        contract.line_ids.price_unit = 1000
        self._bill(contract, '2026-01-01')
        made = self._booked(contract, '2026-01-11', quantity=2)
        self.assertEqual((contract.currency_id, made['net']), (yen, 677.0))
        self.assertEqual(self._total(contract), 1677.0)
        self._assert_clean('2026-01-12')

    def test_prices_that_include_their_tax(self):
        """24.20 with 21 percent: the difference of one more from 16 April, 12.10, has its tax inside."""
        tax = self.tax.copy({'name': "21 incl.", 'amount': 21.0, 'price_include_override': 'tax_included'})
        self.hosting.taxes_id = [Command.set(tax.ids)]
        contract = self._life(['2026-04-01'], 24.2)
        self.assertEqual(self._booked(contract, '2026-04-16', quantity=2)['net'], 12.1)
        moves = contract.entry_ids.move_id
        self.assertEqual(contract.currency_id.round(sum(moves.mapped('amount_total'))), 36.3)
        self.assertEqual(contract.currency_id.round(sum(moves.mapped('amount_untaxed'))), 30.0)
        self._assert_clean('2026-04-17')

    def test_a_price_changed_in_a_month_that_is_paused_and_ended(self):
        """30 for April, 60 from the 11th: 40 more; paused 16 to 20, ended on the 25th: 10 days of 60/30 come back."""
        contract = self._life(['2026-04-01'], unused_rule='day')
        self._booked(contract, '2026-04-11', services=[{'product': 'HOST', 'price': 60}])
        self.assertEqual(self._total(contract), 50.0)
        with freeze_time('2026-04-16'):
            contract.action_pause()
        with freeze_time('2026-04-21'):
            contract.action_resume()
        self._bill(contract, '2026-04-21')
        self.assertEqual(self._total(contract), 40.0)
        self._end(contract, '2026-04-22', '2026-04-25')
        self.assertEqual(self._total(contract), 30.0)
        self._assert_clean('2026-04-29')

    def test_quarterly_in_advance_in_arrears_after_a_change(self):
        """90 a quarter; 45 days into 90 to the plan of 40 a month, which begins months of its own."""
        contract = self._life(['2026-01-01'], 90, interval_count=3)
        made = self._booked(contract, '2026-02-15', plan='M')
        self.assertEqual(made['credit'], 45.0)
        self._bill(contract, '2026-03-15')
        self.assertEqual(self._total(contract), 90 - 45 + 40 + 40)
        self._assert_clean('2026-03-16')

    def test_a_service_in_arrears_changes_twice_and_ends(self):
        """10 days at 1 a day, 10 at 2, 5 at 3."""
        contract = self._life(['2026-04-01'], timing='arrears')
        self._booked(contract, '2026-04-11', services=[{'product': 'HOST', 'price': 60}])
        self._booked(contract, '2026-04-21', services=[{'product': 'HOST', 'price': 90}])
        self._end(contract, '2026-04-22', '2026-04-25')
        self._bill(contract, '2026-05-01')
        self.assertEqual(self._total(contract), 10 + 20 + 15)
        self._assert_clean('2026-05-02')

    def test_a_commitment_ends_early(self):
        """N4: 50 a quarter, ended after 45 of 90 days: 25 are owed, 10 were used."""
        meter = self.env['service.meter'].create({'name': "Minutes", 'code': 'MIN', 'unit': "min"})
        contract = self._contract([{
            'kind': 'usage', 'meter_id': meter.id, 'price_unit': 0.1, 'commitment_amount': 50, 'commitment_count': 1,
            'commitment_unit': 'quarter'}], payment_term_id=False)
        self.env['service.usage.record'].send_usage([{
            'external_ref': 'a', 'meter': 'MIN', 'line': contract.line_ids.id, 'moment': '2026-01-15 12:00:00',
            'quantity': 100}])
        self._bill(contract, '2026-02-01')
        self._end(contract, '2026-02-10', '2026-02-14')
        self._bill(contract, '2026-03-01')
        self.assertEqual(self._total(contract), 25.0)
        self._assert_clean('2026-03-02')

    def test_a_pause_within_a_commitment(self):
        """N4: what is missing is owed for the whole quarter, paused or not."""
        meter = self.env['service.meter'].create({'name': "Minutes", 'code': 'MIN', 'unit': "min"})
        contract = self._contract([{
            'kind': 'usage', 'meter_id': meter.id, 'price_unit': 0.1, 'commitment_amount': 50, 'commitment_count': 1,
            'commitment_unit': 'quarter'}], payment_term_id=False)
        self._bill(contract, '2026-02-01')
        with freeze_time('2026-02-10'):
            contract.action_pause()
        with freeze_time('2026-03-12'):
            contract.action_resume()
        self._bill(contract, '2026-04-01')
        self.assertEqual(self._total(contract), 50.0)
        self._assert_clean('2026-04-02')

    def test_an_option_booked_on_and_off_on_one_day(self):
        backup = self.env['product.product'].create({
            'name': "Backup", 'default_code': 'BACKUP', 'type': 'service', 'list_price': 31.0,
            'taxes_id': [Command.clear()]})
        self.small.line_ids = [Command.create({'product_id': backup.id, 'is_optional': True})]
        contract = self._life(['2026-01-01'], plan=self.small)
        with freeze_time('2026-01-11'):
            contract.book_option('BACKUP')
        self._bill(contract, '2026-01-11')
        self.assertEqual(self._total(contract), 51.0)  # 21 of 31 days
        with freeze_time('2026-01-11'):
            contract.unbook_option('BACKUP', '2026-01-11', "By mistake")
        for day in ('2026-01-12', '2026-02-01'):
            self._bill(contract, day)
        self.assertEqual(self._total(contract), 30 + 1 + 30)  # the day it was booked
        self._assert_clean('2026-02-02')

    def test_a_quarter_in_advance_beside_usage_in_arrears_and_a_change_of_the_quantity(self):
        """90 a quarter, twice as many for the last 31 of 90 days; 20 minutes of 0.5 a month."""
        meter = self.env['service.meter'].create({'name': "Minutes", 'code': 'MIN', 'unit': "min"})
        contract = self._contract([
            {'price_unit': 90, 'interval_count': 3},
            {'kind': 'usage', 'meter_id': meter.id, 'price_unit': 0.5, 'product_id': self.setup.id},
        ], payment_term_id=False, external_ref='A')
        usage = contract.line_ids.filtered('meter_id')
        self._bill(contract, '2026-01-01')
        for month in ('01', '02', '03'):
            self.env['service.usage.record'].send_usage([{
                'external_ref': month, 'meter': 'MIN', 'line': usage.id, 'moment': f'2026-{month}-09 12:00:00',
                'quantity': 20}])
        self._bill(contract, '2026-02-01')
        made = self._booked(contract, '2026-03-01', services=[{'product': 'HOST', 'quantity': 2}])
        self.assertEqual(made['net'], 31.0)
        self._bill(contract, '2026-04-01')
        self.assertEqual(self._total(contract), 90 + 31 + 180 + 3 * 10)
        self._assert_clean('2026-04-02')

    def test_an_end_on_the_last_day_of_a_trial_costs_nothing(self):
        contract = self._life(['2026-01-01'], plan=self._one(30, trial_count=14, trial_unit='day'))
        self._end(contract, '2026-01-10', '2026-01-14')
        self.assertEqual((self._total(contract), contract.state), (0.0, 'ended'))
        self._assert_clean('2026-01-29')

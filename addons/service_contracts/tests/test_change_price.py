"""Another price of a running service: from today on with the paid days settled, or when all that is billed is over."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .changes import ChangeCase


@tagged('post_install', '-at_install')
class TestChangePrice(ChangeCase):

    def _priced(self, day, price, contract, key=None, **change):
        return self._change(contract, day, key, services=[{'line': contract.line_ids[-1].id, 'price': price}], **change)

    def _yearly(self):
        """Return a contract of 365 a year, billed in advance from 1 January 2026."""
        year = self._plan("Year", 'Y', 365, interval_count=1, interval_unit='year')
        contract = self._hosted('2026-01-01', year)
        self._bill(contract, '2026-01-01')
        return contract

    def test_a_price_within_a_year_paid_in_advance_settles_the_difference(self):
        """365 a year until 30 September, 730 from 1 October: 92 of 365 days cost one more each."""
        contract = self._yearly()
        with freeze_time('2026-10-01'):
            shown = contract.preview_change('A', {'services': [{'product': 'HOST', 'price': 730}]})
        made = self._priced('2026-10-01', 730, contract)
        self._assert_made_as_shown(made, shown)
        self.assertEqual((made['credit'], made['charge'], made['net']), (92.0, 184.0, 92.0))
        self.assertIn('365.00', made['summary'])
        self._bill(contract, '2026-10-02')
        self._bill(contract, '2027-01-01')
        self.assertEqual([self._invoiced(contract, day) for day in ('2026-01-01', '2026-10-01', '2027-01-01')],
                         [365.0, 92.0, 730.0])
        self.assertEqual(self._double_check('2027-01-02'), [])

    def test_a_lower_price_comes_back_as_a_credit(self):
        contract = self._yearly()
        self.assertEqual(self._priced('2026-10-01', 182.5, contract)['net'], -46.0)
        self._bill(contract, '2026-10-02')
        self.assertEqual(self._invoiced(contract, '2026-10-01'), -46.0)

    def test_a_price_taken_back_on_the_same_day_costs_nothing(self):
        contract = self._yearly()
        self._priced('2026-10-01', 730, contract)
        self._priced('2026-10-01', 365, contract)
        self._bill(contract, '2026-10-02')
        self.assertEqual(sum(contract.entry_ids.mapped('amount_untaxed')), 365.0)

    def test_a_price_inside_the_lead_prices_both_periods_again(self):
        """N6: 30 a month, billed 14 days ahead; from 21 January 60: 11/31 × 30 for January, 30 for February."""
        self.small.lead_days = 14
        with freeze_time('2026-01-01'):
            contract = self._hosted('2026-01-01')
        for day in ('2026-01-01', '2026-01-18'):
            self._bill(contract, day)
        made = self._priced('2026-01-21', 60, contract)
        self.assertEqual(made['net'], 40.65)
        for day in ('2026-01-21', '2026-02-15'):
            self._bill(contract, day)
        self.assertEqual(contract.currency_id.round(sum(contract.entry_ids.mapped('amount_untaxed'))),
                         30 + 30 + 40.65 + 60)
        self.assertEqual(self._double_check('2026-02-16'), [])

    def test_a_price_can_wait_until_all_that_is_billed_is_over(self):
        contract = self._yearly()
        made = self._priced('2026-10-01', 730, contract, when='period_end')
        self.assertEqual((made['date_effective'], made['net']), ('2027-01-01', 0.0))
        self._bill(contract, '2027-01-01')
        self.assertEqual(contract.entry_ids.sorted('id').mapped('amount_untaxed'), [365.0, 730.0])
        self.assertEqual(self._double_check('2027-01-02'), [])

    def test_prices_agreed_for_later_days_stay(self):
        contract = self._hosted('2026-01-01')
        line = contract.line_ids
        with freeze_time('2026-01-01'):
            line.price_step_ids = [Command.create({'date_start': '2026-06-01', 'price_unit': 50.0})]
        self._bill(contract, '2026-02-01')
        self._priced('2026-02-15', 44, contract)
        for day in ('2026-02-15', '2026-05-01', '2026-06-01'):
            self._bill(contract, day)
        self.assertEqual(contract.entry_ids.sorted('id').mapped('amount_untaxed')[-2:], [44.0, 50.0])
        self.assertEqual(self._invoiced(contract, '2026-02-15'), 7.0)
        self.assertEqual(self._double_check('2026-06-02'), [])

    def test_quantity_and_price_change_together(self):
        contract = self._hosted('2026-04-01')
        self._bill(contract, '2026-04-01')
        made = self._change(contract, '2026-04-16', services=[{'product': 'HOST', 'quantity': 2, 'price': 25}])
        self.assertEqual(made['net'], 10.0)
        self.assertIn("1 → 2", made['summary'])
        self.assertEqual(made['monthly_after'], 50.0)

    def test_a_price_that_is_none_is_refused_in_a_sentence(self):
        contract = self._hosted()
        self._bill(contract, '2026-02-26')
        for price in ('much', float('nan'), 10**13, None, True):
            with self.subTest(price=price), self.assertRaises(UserError):
                self._priced('2026-03-01', price, contract, 'k')
        with self.assertRaisesRegex(UserError, "nothing would change"):
            self._priced('2026-03-01', 30, contract, 'k')

    def test_a_service_with_tiers_has_no_single_price(self):
        contract = self._hosted()
        contract.line_ids.write({'price_model': 'graduated', 'tier_ids': [
            Command.create({'up_to': 10, 'price_unit': 3}), Command.create({'up_to': 0, 'price_unit': 2})]})
        with self.assertRaisesRegex(UserError, "priced by a list"):
            self._priced('2026-01-27', 5, contract)

    def test_the_wizard_offers_the_price(self):
        contract = self._yearly()
        with freeze_time('2026-10-01'):
            form = Form(self.env['service.contract.change.wizard'].with_context(
                default_contract_id=contract.id, default_kind='quantity'))
            with form.line_ids.edit(0) as service:
                service.price_unit = 730
            self.assertIn('92.00', form.effect_html)
            form.save().action_confirm()
        self.assertEqual((contract.line_ids[-1].price_unit, contract.line_ids.pending_ids.mapped('amount')),
                         (730.0, [-92.0, 184.0]))

    def test_a_step_typed_for_billed_days_moves_to_the_first_that_is_not(self):
        contract = self._yearly()
        with freeze_time('2026-10-01'):
            step = self.env['service.price.step'].new({
                'contract_line_id': contract.line_ids.id, 'date_start': '2026-10-01', 'price_unit': 400})
            answer = step._onchange_date_start()
        self.assertEqual(step.date_start, date(2027, 1, 1))
        self.assertIn("settled", answer['warning']['message'])
        with freeze_time('2026-10-01'), self.assertRaisesRegex(UserError, "settles the difference"):
            contract.line_ids.price_step_ids = [Command.create({'date_start': '2026-10-01', 'price_unit': 400})]

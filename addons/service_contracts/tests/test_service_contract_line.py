"""A contract line knows its price, its periods and what of it is billed."""

from datetime import date
from decimal import Decimal

from freezegun import freeze_time
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..rules.periods import Period
from .common import ContractCase


class TestLinePrice(ContractCase):

    def test_the_price_comes_from_the_pricelist_in_its_currency(self):
        pricelist = self.env['product.pricelist'].create({
            'name': "Friends", 'currency_id': self.company.currency_id.id,
            'item_ids': [Command.create({'compute_price': 'percentage', 'percent_price': 10.0})],
        })
        contract = self._contract(activate=False, pricelist_id=pricelist.id)
        self.assertEqual(contract.line_ids.price_unit, 27.0)

    def test_a_price_agreed_with_the_customer_is_kept(self):
        """A13 of the capabilities: an offer for a single customer."""
        contract = self._contract(({'price_unit': 22.5}, {}), activate=False)
        contract.line_ids[1].price_unit = 25.0
        contract.line_ids.write({'quantity': 2})
        contract.pricelist_id = self.env['product.pricelist'].create({'name': "Other"})
        self.assertEqual(contract.line_ids.mapped('price_unit'), [22.5, 25.0])

    def test_the_price_of_a_running_contract_does_not_follow_the_product(self):
        contract = self._contract()
        self.hosting.list_price = 99.0
        contract.line_ids.quantity = 3
        self.assertRecordValues(contract.line_ids, [{'price_unit': 30.0, 'price_subtotal': 90.0}])

    def test_taxes_follow_the_fiscal_position(self):
        reduced = self.tax.copy({'name': "Reduced", 'amount': 5.0})
        position = self.env['account.fiscal.position'].create({'name': "Abroad"})
        reduced.write({
            'fiscal_position_ids': [Command.link(position.id)], 'original_tax_ids': [Command.link(self.tax.id)],
        })
        contract = self._contract(activate=False, fiscal_position_id=position.id)
        self.assertEqual(contract.line_ids.tax_ids, reduced)
        self.assertEqual(contract.line_ids.price_total, 31.5)

    def test_a_discount_lowers_the_amount(self):
        contract = self._contract(({'discount': 50.0, 'quantity': 3},))
        self.assertRecordValues(contract.line_ids, [{'price_subtotal': 45.0, 'recurring_monthly': 45.0}])

    def test_amounts_have_the_digits_of_their_currency(self):
        """Currencies without and with three decimals."""
        for digits, rounding, amount in [(0, 1.0, 33.0), (3, 0.001, 33.333)]:
            currency = self.env['res.currency'].create({
                'name': f'X{digits}', 'symbol': 'x', 'rounding': rounding,
                'rate_ids': [Command.create({'rate': 1.0, 'name': '2020-01-01'})],
            })
            pricelist = self.env['product.pricelist'].create({'name': "X", 'currency_id': currency.id})
            contract = self._contract(({'price_unit': 33.3333},), activate=False, pricelist_id=pricelist.id)
            self.assertEqual(contract.line_ids.price_subtotal, amount)

    def test_recurring_amounts_are_brought_to_a_month(self):
        contract = self._contract((
            {'interval_unit': 'year', 'price_unit': 120.0}, {'interval_unit': 'week', 'price_unit': 12.0},
            {'kind': 'one_time', 'price_unit': 500.0},
        ))
        self.assertEqual(contract.line_ids.mapped('recurring_monthly'), [10.0, 52.0, 0.0])
        self.assertEqual(contract.recurring_monthly, 62.0)

    def test_numbers_that_are_none_are_refused(self):
        """F2: NaN, infinity, 1e18 and texts; F3: negative quantity and discount."""
        line = self._contract(activate=False).line_ids
        for vals in [
            {'quantity': float('nan')}, {'price_unit': float('inf')}, {'price_unit': 1e18}, {'price_unit': -1e12},
            {'quantity': '1,5'}, {'quantity': -1}, {'discount': 101}, {'discount': -5},
        ]:
            with self.subTest(vals), self.assertRaisesRegex(ValidationError, r"CT/\d+: Hosting"):
                line.write(vals)


class TestLinePeriods(ContractCase):

    def test_the_plan_gives_the_recurrence(self):
        self.plan.write({'interval_count': 3, 'timing': 'arrears', 'anchor': 'calendar', 'anchor_day': 31,
                         'proration': '30_360'})
        line = self._contract(({'plan_id': self.plan.id},), activate=False).line_ids
        self.assertRecordValues(line, [{
            'interval_count': 3, 'interval_unit': 'month', 'timing': 'arrears', 'anchor': 'calendar',
            'anchor_day': 31, 'proration': '30_360', 'billing_label': "every 3 months",
        }])

    def test_month_ends_come_back_to_the_31st(self):
        """D1: 31 January, 28 February, 31 March."""
        contract = self._contract(date_start='2026-01-31')
        starts = [str(row['period_start']) for row in contract._preview(date(2026, 5, 31))]
        self.assertEqual(starts, ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'])

    def test_a_calendar_day_shortens_the_first_period(self):
        contract = self._contract(
            ({'anchor': 'calendar', 'anchor_day': 1, 'price_unit': 31.0},), date_start='2026-03-10',
        )
        rows = contract._preview(date(2026, 4, 1))
        self.assertEqual([(str(row['period_start']), row['amount_untaxed']) for row in rows],
                         [('2026-03-10', 22.0), ('2026-04-01', 31.0)])

    def test_in_arrears_a_period_is_charged_on_the_day_after_its_last(self):
        contract = self._contract(({'timing': 'arrears'},))
        self.assertRecordValues(contract.line_ids, [{
            'next_period_start': date(2026, 1, 1), 'next_charge_date': date(2026, 2, 1),
        }])

    def test_the_pointer_follows_the_ledger(self):
        """A8: what is void is due again."""
        line = self._contract().line_ids
        january = self._bill(line, '2026-01-01', '2026-02-01')
        self._bill(line, '2026-02-01', '2026-03-01')
        self.assertEqual(line.next_charge_date, date(2026, 3, 1))
        january._void("Wrong")
        self.assertRecordValues(line, [{
            'next_period_start': date(2026, 1, 1), 'next_charge_date': date(2026, 1, 1),
        }])
        self.assertEqual(line.contract_id.next_charge_date, date(2026, 1, 1))

    def test_a_part_of_a_period_billed_before_is_not_billed_again(self):
        line = self._contract(({'date_end': '2026-01-10'},)).line_ids
        self._bill(line, '2026-01-01', '2026-01-11')
        self.assertFalse(line.next_charge_date)
        line.date_end = False
        self.assertEqual(line.next_period_start, date(2026, 1, 11))
        row = line.contract_id._preview(date(2026, 1, 31))[0]
        self.assertEqual((row['period_start'], row['period_last_day']), (date(2026, 1, 11), date(2026, 1, 31)))

    def test_the_terms_of_many_lines_need_one_query(self):
        lines = self._contract(({},) * 20).line_ids
        for line in lines:
            self._bill(line, '2026-01-01', '2026-02-01')
        self.env.flush_all()
        lines._billing_terms_by_line()
        with self.assertQueryCount(1):
            terms = lines._billing_terms_by_line()
        self.assertEqual(terms[lines[0].id].next_start, date(2026, 2, 1))
        self.assertEqual(terms[lines[0].id].billed, ())

    def test_the_terms_are_plain_values(self):
        contract = self._contract(({'quantity': 2, 'discount': 12.5, 'date_end': '2026-06-30'},))
        contract.action_pause('2026-04-01')
        terms = contract.line_ids._billing_terms()
        self.assertEqual(
            (terms.quantity, terms.price_unit, terms.discount, terms.start, terms.end, terms.pauses),
            (Decimal(2), Decimal(30), Decimal('12.5'), date(2026, 1, 1), date(2026, 7, 1),
             (Period(date(2026, 4, 1), date.max),)),
        )

    def test_the_end_of_the_contract_ends_its_services(self):
        contract = self._contract(({'date_end': '2026-12-31'}, {}))
        contract._end(date(2026, 6, 30), "Notice")
        self.assertEqual({line._billing_terms().end for line in contract.line_ids}, {date(2026, 7, 1)})

    def test_a_service_added_later_starts_today(self):
        contract = self._contract()
        contract.line_ids = [Command.create({'product_id': self.setup.id, 'kind': 'one_time'})]
        self.assertEqual(contract.line_ids[1].date_start, date(2026, 3, 10))

    def test_a_line_stays_within_its_own_and_its_contract_dates(self):
        contract = self._contract()
        with self.assertRaisesRegex(ValidationError, "before its contract"):
            contract.line_ids.date_start = '2025-12-31'

    def test_a_line_does_not_end_before_it_starts(self):
        contract = self._contract()
        with self.assertRaisesRegex(ValidationError, "before it starts"):
            contract.line_ids.date_end = '2025-12-31'

    def test_a_line_that_is_over_earns_nothing_more(self):
        contract = self._contract(({}, {'date_end': '2026-03-15'}))
        self.assertEqual(contract.recurring_monthly, 60.0)
        with freeze_time('2026-03-16'), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_dates').method_direct_trigger()
        self.assertEqual(contract.recurring_monthly, 30.0)


class TestBilledLine(ContractCase):

    def setUp(self):
        super().setUp()
        self.line = self._contract().line_ids
        self._bill(self.line, '2026-01-01', '2026-02-01')

    def test_the_periods_of_a_billed_service_stay(self):
        for vals in [
            {'interval_unit': 'year'}, {'date_start': '2026-01-05'}, {'kind': 'one_time'}, {'timing': 'arrears'},
            {'plan_id': self.plan.id},
        ]:
            with self.subTest(vals), self.assertRaisesRegex(UserError, "End the service and add a new one"):
                self.line.with_context(service_gate=True).write(vals)

    def test_writing_the_same_values_is_no_change(self):
        self.line.write({
            'interval_unit': 'month', 'date_start': '2026-01-01', 'contract_id': self.line.contract_id.id,
        })

    def test_price_quantity_and_end_of_a_billed_service_may_change(self):
        self.line.write({'price_unit': 35.0, 'quantity': 2, 'date_end': '2026-06-30', 'proration': 'none'})
        self.assertEqual(self.line.price_subtotal, 70.0)

    def test_a_billed_service_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "Set its last day instead"):
            self.line.contract_id.line_ids = [Command.delete(self.line.id)]

    def test_the_pointer_cannot_be_forged(self):
        """G7: a pointer written by remote call would hide what is due."""
        for vals in ({'next_charge_date': '2099-01-01'}, {'next_period_start': False}):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "worked out"):
                self.line.write(vals)
        with self.assertRaisesRegex(UserError, "worked out"):
            self.line.contract_id.write({'next_charge_date': '2099-01-01'})

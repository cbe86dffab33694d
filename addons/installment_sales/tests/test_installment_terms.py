"""Terms make the offers they promise, and refuse what makes no sense."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestInstallmentTerms(InstallmentCase):

    def test_every_method_offers_installments_that_add_up(self):
        """C1, C2: in the currency of the company."""
        for method in ('none', 'annuity', 'equal_principal', 'flat', 'balloon', 'interest_only', 'fixed_payment'):
            terms = self._terms(name=method, method=method, count=7, interest_rate=12, payment_amount=170,
                                balloon_percent=20 if method == 'balloon' else 0)
            order = self._order(terms, price=999.99)
            given, problem = order._installment_try()
            self.assertFalse(problem, method)
            self.assertEqual(str(sum(row.principal for row in given.rows)), '999.99')
            self.assertEqual(sum(row.payment for row in given.rows), given.total)

    def test_a_nominal_and_an_effective_rate_differ(self):
        effective = self.annuity.copy({'rate_kind': 'effective'})
        costs = [self._order(terms).installment_cost for terms in (self.annuity, effective)]
        self.assertEqual(costs[0], 26.41)
        self.assertLess(costs[1], costs[0])

    def test_a_fixed_installment_needs_its_amount(self):
        with self.assertRaisesRegex(ValidationError, "fixed installment"):
            self._terms(name="Open end", method='fixed_payment')

    def test_some_installment_has_to_pay_back(self):
        with self.assertRaisesRegex(ValidationError, "pay back"):
            self._terms(name="Grace", method='annuity', count=3, grace_count=3)

    def test_impossible_numbers_are_refused(self):
        for vals in ({'count': 0}, {'interest_rate': -5}, {'fee_fixed': -1}, {'due_day': 32}, {'deposit_value': -1}):
            with self.subTest(vals), mute_logger('odoo.sql_db'), self.assertRaises(CheckViolation), self.cr.savepoint():
                self._terms(name="Bad", **vals).flush_recordset()

    def test_numbers_from_outside_are_checked(self):
        """F2: what is no number is refused in a sentence."""
        for value in (float('nan'), float('inf'), '12', 10**13):
            with self.subTest(value), self.assertRaises(ValidationError):
                self._terms(name="Bad", interest_rate=value)

    def test_terms_for_some_customers_are_not_for_others(self):
        tag = self.env['res.partner.category'].create({'name': "Teachers"})
        special = self._terms(name="Teachers", partner_category_ids=tag.ids)
        order = self._order(self.free)
        self.assertNotIn(special, order.installment_fitting_ids)
        self.customer.category_id = tag
        order.invalidate_recordset(['installment_fitting_ids'])
        self.assertIn(special, order.installment_fitting_ids)

    def test_terms_of_another_currency_are_not_offered(self):
        foreign = self.free.copy({'currency_id': self.env.ref('base.KRW').id})
        self.assertNotIn(foreign, self._order(self.free).installment_fitting_ids)

    def test_own_rows_can_be_amounts_shares_and_the_rest(self):
        terms = self._terms(name="Travel", method='custom', row_ids=[
            (0, 0, {'kind': 'percent', 'value': 25, 'delay_count': 0}),
            (0, 0, {'kind': 'amount', 'value': 100, 'delay_count': 2, 'delay_unit': 'week'}),
            (0, 0, {'kind': 'rest', 'date': '2026-06-30'}),
        ])
        given, problem = self._order(terms)._installment_try()
        self.assertFalse(problem)
        self.assertEqual([(str(row.due), float(row.payment)) for row in given.rows],
                         [('2026-01-15', 250.0), ('2026-01-29', 100.0), ('2026-06-30', 650.0)])

    def test_own_rows_that_miss_the_price_are_refused(self):
        terms = self._terms(name="Short", method='custom', row_ids=[(0, 0, {'kind': 'amount', 'value': 10})])
        self.assertIn('sum to', self._order(terms).installment_problem)

    def test_a_copy_says_that_it_is_one(self):
        self.assertEqual(self.free.copy().name, "3 without interest (copy)")

"""A plan is an offer: what it holds is checked, and contracts take it over."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL, mute_logger
from psycopg2 import IntegrityError

from .common import ContractCase


class TestServicePlan(ContractCase):

    def test_a_plan_says_its_recurrence_in_words(self):
        """B1: every n days, weeks, months, quarters, half-years or years."""
        for count, unit, text in [
            (1, 'day', "per day"), (2, 'week', "every 2 weeks"), (1, 'month', "per month"),
            (1, 'quarter', "per quarter"), (1, 'half_year', "per half-year"), (3, 'year', "every 3 years"),
        ]:
            self.plan.write({'interval_count': count, 'interval_unit': unit})
            self.assertEqual(self.plan.recurrence_label, text)

    def test_intervals_and_days_out_of_range_are_refused(self):
        """F3: counts of 0, -1 and a million, days that no month has."""
        for vals in [{'interval_count': 0}, {'interval_count': -1}, {'interval_count': 10**6},
                     {'anchor_day': 0}, {'anchor_day': 32}, {'minimum_count': -1}, {'notice_count': 1001}]:
            with self.subTest(vals), self.assertRaisesRegex(ValidationError, "Hosting, monthly"):
                self.plan.write(vals)

    def test_values_of_the_wrong_kind_are_refused_in_a_sentence(self):
        """F1: str for int, list for float, bool, dict, unknown field, 2**31, -1."""
        for vals in [
            {'interval_count': '1'}, {'interval_count': True}, {'interval_count': 2**31}, {'interval_unit': 'age'},
            {'name': {'en': 'x'}}, {'name': 'a\x00b'}, {'name': 'x' * 10**6}, {'active': 1}, {'payment_term_id': 2**31},
            {'line_ids': {'0': 1}}, {'line_ids': [[0, 0, 'x']]}, {'line_ids': [['x']]}, {'line_ids': [[6, 0, ['a']]]},
            {'colour': 3},
        ]:
            with self.subTest(vals), self.assertRaises(ValidationError) as refused:
                self.plan.write(vals)
            self.assertNotRegex(str(refused.exception), r'Error|Traceback|<class')

    def test_numbers_that_are_none_are_refused(self):
        """F2: NaN, infinity, 1e18, 1e308, -1 and texts as quantity, price and discount."""
        line = self.plan.line_ids[0]
        for value in (float('nan'), float('inf'), float('-inf'), 1e18, 1e308, '1e3', '1,5', [], {}):
            for name in ('quantity', 'price_unit', 'discount'):
                with self.subTest(field=name, value=value), self.assertRaises(ValidationError):
                    line.write({name: value})
        for vals in ({'quantity': -1}, {'discount': -1}, {'discount': 100.01}):
            with self.subTest(vals), self.assertRaisesRegex(ValidationError, "Setup"):
                line.write(vals)

    def test_the_database_refuses_what_slipped_past_the_model(self):
        """F2: NaN by SQL CHECK."""
        for column in ('quantity', 'price_unit', 'discount'):
            query = SQL("UPDATE service_plan_line SET %s = 'NaN'", SQL.identifier(column))
            with self.subTest(column), mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), \
                    self.cr.savepoint():
                self.cr.execute(query)

    def test_a_plan_that_ends_by_itself_needs_a_minimum_term(self):
        with self.assertRaisesRegex(ValidationError, "say how long"):
            self.plan.renewal = 'none'

    def test_two_plans_of_a_company_do_not_share_a_reference(self):
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.plan.copy({'code': 'HOST-M'})
        self.assertFalse(self.plan.copy().code)

    def test_a_copy_keeps_the_services(self):
        copy = self.plan.copy()
        self.assertEqual(copy.name, "Hosting, monthly (copy)")
        self.assertEqual(copy.line_ids.product_id, self.plan.line_ids.product_id)

    def test_a_fixed_price_is_kept_and_a_pricelist_price_follows_the_product(self):
        setup, hosting = self.plan.line_ids
        setup.write({'price_source': 'fixed', 'price_unit': 12.0})
        self.assertRecordValues(setup + hosting, [{'price_unit': 12.0}, {'price_unit': 30.0}])

    def test_a_plan_counts_its_contracts(self):
        contracts = self._planned() + self._planned(activate=False)
        self.assertEqual(self.plan.contract_count, 2)
        self.assertEqual(self.env['service.contract'].search(self.plan.action_view_contracts()['domain']), contracts)

    def test_a_plan_in_use_is_not_deleted(self):
        self._planned()
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.plan.unlink()

    def test_a_plan_of_another_company_is_refused(self):
        """G16: a plan belongs to its company."""
        self.plan.line_ids.product_id.company_id = False
        self.plan.company_id = self.other_company
        with self.assertRaisesRegex(UserError, "(?i)compan"):
            self._contract((), activate=False, plan_id=self.plan.id)

    def test_a_new_plan_shows_its_services_in_order(self):
        plan = self.env['service.plan'].create({'name': "Two", 'line_ids': [
            Command.create({'product_id': self.hosting.id, 'sequence': 2}),
            Command.create({'product_id': self.setup.id, 'sequence': 1}),
        ]})
        plan.invalidate_recordset()
        self.assertEqual(plan.line_ids.product_id.mapped('name'), ["Setup", "Hosting"])

"""Plans are tailored: levels of a family, prepayment intervals, and a target they are made for."""

from datetime import date

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import ContractCase


class TestOffers(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan.interval_ids = [
            Command.create({'interval_unit': 'year', 'discount': 15.0}),
            Command.create({'interval_unit': 'quarter', 'price_ids': [
                Command.create({'plan_line_id': cls.plan.line_ids[1].id, 'price_unit': 88.0}),
            ]}),
        ]
        cls.yearly, cls.quarterly = cls.plan.interval_ids

    def _lines(self, interval):
        contract = self._contract((), activate=False, plan_id=self.plan.id, plan_interval_id=interval.id)
        contract.action_load_plan()
        return contract.line_ids

    def test_a_customer_pays_a_year_ahead_for_less(self):
        """B11: 30 a month, 306 a year; the fee for the set-up stays as it is."""
        setup, hosting = self._lines(self.yearly)
        self.assertRecordValues(setup + hosting, [
            {'price_unit': 50.0, 'kind': 'one_time', 'interval_unit': 'month'},
            {'price_unit': 306.0, 'kind': 'recurring', 'interval_unit': 'year'},
        ])
        hosting.contract_id.action_activate()
        self.assertEqual(hosting.recurring_monthly, 25.5)
        self.assertEqual(hosting.next_charge_date, date(2026, 1, 1))

    def test_a_price_may_be_fixed_for_an_interval(self):
        self.assertEqual(self._lines(self.quarterly)[1].price_unit, 88.0)

    def test_a_draft_follows_the_interval_chosen(self):
        _setup, hosting = self._lines(self.yearly)
        hosting.contract_id.plan_interval_id = self.quarterly
        self.assertEqual((hosting.price_unit, hosting.interval_unit), (88.0, 'quarter'))
        hosting.contract_id.plan_interval_id = False
        self.assertEqual((hosting.price_unit, hosting.interval_unit), (30.0, 'month'))

    def test_a_running_contract_keeps_its_interval(self):
        _setup, hosting = self._lines(self.yearly)
        hosting.contract_id.action_activate()
        self.yearly.write({'interval_unit': 'half_year', 'discount': 0.0})
        self.assertEqual((hosting.price_unit, hosting.interval_unit), (306.0, 'year'))

    def test_a_quotation_takes_the_interval_into_its_contract(self):
        order = self.env['sale.order'].create({'partner_id': self.customer.id})
        order.action_add_service_plan(self.plan.id)
        order.service_plan_interval_id = self.yearly
        setup, hosting = order.order_line
        self.assertEqual((setup.price_unit, hosting.price_unit), (50.0, 306.0))
        self.assertEqual(hosting.service_recurrence, "per year")
        self.assertEqual(order.service_monthly_total, 25.5)
        order.action_confirm()
        self.assertEqual(order.service_contract_ids.plan_interval_id, self.yearly)
        line = order.service_contract_ids.line_ids[1]
        self.assertEqual((line.price_unit, line.interval_unit, line.recurring_monthly), (306.0, 'year', 25.5))

    def test_a_fixed_price_of_the_plan_is_brought_to_the_interval(self):
        self.plan.line_ids[1].write({'price_source': 'fixed', 'price_unit': 20.0})
        order = self.env['sale.order'].create({'partner_id': self.customer.id})
        order.action_add_service_plan(self.plan.id)
        self.assertEqual(order.order_line[1].price_unit, 20.0)
        order.service_plan_interval_id = self.yearly
        self.assertEqual(order.order_line[1].price_unit, 204.0)

    def test_an_interval_belongs_to_its_plan_and_is_offered_once(self):
        other = self.plan.copy()
        with self.assertRaisesRegex(ValidationError, "another plan"):
            self._contract((), activate=False, plan_id=self.plan.id, plan_interval_id=other.interval_ids[0].id)
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.yearly.copy()
        with self.assertRaisesRegex(ValidationError, "weeks or days"):
            self.plan.interval_ids = [Command.create({'interval_unit': 'week', 'interval_count': 4})]

    def test_levels_of_a_family_are_counted(self):
        """A12: Basic and Plus are one offer."""
        family = self.env['service.plan.family'].create({'name': "Hosting"})
        (self.plan | self.plan.copy()).write({'family_id': family.id, 'level': 1})
        self.assertEqual(family.plan_count, 2)

    def test_a_plan_is_made_for_a_target(self):
        """A13: for customers with a tag, for one customer, with a pricelist."""
        tag = self.env['res.partner.category'].create({'name': "Schools"})
        self.plan.partner_tag_ids = tag
        with self.assertRaisesRegex(ValidationError, "is not offered to Ana"):
            self._contract((), activate=False, plan_id=self.plan.id)
        self.customer.category_id = tag
        self.assertTrue(self._contract((), activate=False, plan_id=self.plan.id))
        self.customer.category_id = False
        self.plan.partner_ids = self.customer
        contact = self.env['res.partner'].create({'name': "Office", 'parent_id': self.customer.id})
        self.assertTrue(self._contract((), activate=False, plan_id=self.plan.id, partner_id=contact.id))
        self.plan.pricelist_ids = self.env['product.pricelist'].create({'name': "Friends"})
        with self.assertRaisesRegex(ValidationError, "Target"):
            self._contract((), activate=False, plan_id=self.plan.id)

    def test_a_running_contract_stays_when_the_target_narrows(self):
        contract = self._planned()
        self.plan.partner_tag_ids = self.env['res.partner.category'].create({'name': "Schools"})
        contract.note = "Goes on"
        self.assertEqual(contract.state, 'active')

    def test_a_quotation_refuses_an_offer_made_for_others(self):
        self.plan.partner_tag_ids = self.env['res.partner.category'].create({'name': "Schools"})
        order = self.env['sale.order'].create({'partner_id': self.customer.id})
        with self.assertRaisesRegex(ValidationError, "is not offered to Ana"):
            order.action_add_service_plan(self.plan.id)

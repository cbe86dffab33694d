"""Price models on services: checked when they are written, drawn with their cliffs, kept by whoever may."""

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .usage import GRADUATED, UsageCase


@tagged('post_install', '-at_install')
class TestPriceTiers(UsageCase):

    def test_a_cliff_is_warned_of(self):
        line = self._metered(((100.0, 2.0, 10.0), (0.0, 1.0, 0.0)), price_model='volume')
        self.assertIn("One unit more costs less", line.price_curve_html)
        self.assertIn("210", line.price_curve_html)

    def test_a_graduated_price_is_drawn_without_warning(self):
        html = self._metered(GRADUATED).price_curve_html
        self.assertIn('<polyline', html)
        self.assertNotIn("costs less", html)

    def test_an_ordinary_price_has_no_curve(self):
        self.assertFalse(self._contract().line_ids.price_curve_html)

    def test_tiers_that_make_no_price_are_refused(self):
        cases = [((), "at least one tier"), (((100.0, 1.0, 0.0),), "no upper limit")]
        for tiers, reason in cases:
            with self.subTest(tiers), self.assertRaisesRegex(ValidationError, reason):
                self._metered(tiers, price_model='graduated')
        with self.assertRaisesRegex(ValidationError, "no price per unit"):
            self._metered(GRADUATED, price_model='stairstep')
        with self.assertRaisesRegex(ValidationError, "size of a package"):
            self._metered(price_model='package')
        with self.assertRaisesRegex(ValidationError, "above the maximum"):
            self._metered(minimum_charge=5, maximum_charge=4)

    def test_all_tiers_can_be_replaced_at_once(self):
        line = self._metered(GRADUATED)
        line.tier_ids = [Command.clear(), *self._tiers(((5.0, 1.0, 0.0), (0.0, 2.0, 0.0)))]
        self.assertEqual([tier.upper for tier in line._price_model().tiers], [5, None])

    def test_numbers_no_price_can_have_are_refused(self):
        """F2: NaN, infinity, too large, negative or a text, by a sentence and by the database."""
        line = self._metered(GRADUATED)
        for value in (float('nan'), float('inf'), -1, 1e18, '1,5'):
            for record, name in ((line, 'free_quantity'), (line, 'minimum_charge'), (line.tier_ids[0], 'price_unit')):
                with self.subTest(value=value, name=name), self.assertRaises(ValidationError):
                    record.write({name: value})
        for table, name in (('service_contract_line', 'free_quantity'), ('service_price_tier', 'up_to')):
            with self.assertRaises(CheckViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
                self.env.cr.execute(f"UPDATE {table} SET {name} = 'NaN'")

    def test_a_tier_has_one_owner(self):
        with self.assertRaises(CheckViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            self.env['service.price.tier'].create({'up_to': 1.0})

    def test_users_keep_the_tiers_of_contracts_and_managers_those_of_plans(self):
        self.plan.line_ids[1].write({'price_model': 'graduated', 'tier_ids': self._tiers(GRADUATED)})
        line = self._metered(GRADUATED)
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        manager = self._user('boss', 'service_contracts.group_contract_manager')
        line.with_user(clerk).tier_ids[:1].flat_fee = 1.0
        with self.assertRaises(AccessError):
            self.plan.line_ids[1].tier_ids[:1].with_user(clerk).flat_fee = 1.0
        self.plan.line_ids[1].tier_ids[:1].with_user(manager).flat_fee = 1.0
        employee = self._user('employee', 'base.group_user')
        self.assertFalse(self.env['service.price.tier'].with_user(employee).has_access('read'))

    def test_a_stranger_does_not_see_the_tiers_of_a_contract(self):
        """G16: another company's prices."""
        tiers = self._metered(GRADUATED).tier_ids
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=self.other_company.id, company_ids=[Command.set(self.other_company.ids)])
        self.assertFalse(self.env['service.price.tier'].with_user(stranger).search([('id', 'in', tiers.ids)]))

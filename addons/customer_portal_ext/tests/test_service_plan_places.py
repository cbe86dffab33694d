"""The last place: whoever has signed keeps it while paying, and nobody is asked to pay for one that is gone."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from ..models.service_plan_places import HELD
from .checkout_common import CheckoutCase


@tagged('post_install', '-at_install')
class TestServicePlanPlaces(CheckoutCase):

    def _order(self, name="Eve"):
        """Return the cart of a visitor who chose the plan with one place."""
        self.authenticate(None, None)
        self.url_open('/services')
        self._add(plan=self.second)
        self._tell(name=name, email=f'{name}@example.com'.lower())
        return self._cart()

    def setUp(self):
        super().setUp()
        self.second.capacity = 1

    def test_a_signed_order_holds_the_last_place_until_it_is_paid(self):
        """A26: the second is told before signing, not after paying."""
        order = self._order()
        other = self._order("Fay")
        self.assertEqual(self.second._count_places(), {self.second.id: 1}, "carts that are not signed hold nothing")
        self.assertIn('redirect_url', self._sign(self.url_open(other.get_portal_url()).text))
        self.second.invalidate_recordset()
        self.assertTrue(self.second.is_sold_out)
        self.assertIn("as many customers", self._sign(self.url_open(order.get_portal_url()).text)['error'])
        self._pay(other)
        self.assertEqual(other.state, 'sale')
        self.assertEqual(self.second._count_places(), {self.second.id: 0})

    def test_a_place_that_nobody_pays_for_is_free_again_and_the_late_payer_is_told(self):
        order = self._order()
        self._sign(self.url_open(order.get_portal_url()).text)
        order.signed_on = fields.Datetime.now() - HELD - timedelta(minutes=1)
        self.assertEqual(self.second._count_places(), {self.second.id: 1})
        self._contract(self.customer, self.second)
        with self.assertRaisesRegex(JsonRpcException, "UserError"), mute_logger('odoo.http'):
            self._begin_payment(order)
        self.assertFalse(order.transaction_ids)

    def test_a_payment_on_its_way_holds_the_place_as_long_as_it_takes(self):
        order = self._order()
        self._sign(self.url_open(order.get_portal_url()).text)
        self._begin_payment(order)
        order.transaction_ids._set_pending()
        order.write({'signed_on': '2026-03-01', 'online_payment_on': '2026-03-01'})
        self.assertEqual(self.second._count_places(), {self.second.id: 0})
        self.assertEqual(self.second._count_places(order), {self.second.id: 1})

    def test_a_plan_that_shares_a_contract_takes_its_place(self):
        contract = self._contract(self.customer, self.hidden)
        contract.line_ids.plan_id = self.second
        with self.assertRaisesRegex(UserError, "as many customers"):
            self.second._check_contractable()

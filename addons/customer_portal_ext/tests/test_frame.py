"""The form of a service in a frame: without a session a signed draft carries what was typed into the own cart."""

from datetime import timedelta

from freezegun import freeze_time
from odoo.fields import Command
from odoo.tests import tagged

from .checkout_common import CheckoutCase
from .common import TODAY


@tagged('post_install', '-at_install')
class TestFrame(CheckoutCase):
    """A31."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alarm = cls.env['service.plan'].create({
            'name': "Alarm", 'company_id': cls.company.id, 'is_published': True, 'minimum_count': 12,
            'minimum_unit': 'month', 'line_ids': [Command.create({'product_id': cls.hosting.id})],
            'data_field_ids': [Command.create({'name': "Where is it?"})]})
        cls.key = f'field_{cls.alarm.data_field_ids.id}'

    def _send(self, **typed):
        """Send the form as a frame does, without a session."""
        self.opener.cookies.pop('session_id', None)
        return self.url_open(f'/services/{self.alarm.id}/frame', {'interval': '', **typed})

    def _link(self, page) -> str:
        return page.text.split('href="/services/framed/', 1)[1].split('"', 1)[0]

    def _draft(self):
        return self.env['sale.order'].search([('order_line.service_plan_id', '=', self.alarm.id)])

    def test_options_data_and_terms_are_in_the_frame_and_the_own_cart_takes_them_over_once(self):
        answer = self._send(**{self.key: "Hill Street 3"})
        for text in ("30.00", "12 months", "Read, sign and pay in a new window"):
            self.assertIn(text, answer.text)
        self.assertFalse(answer.cookies.get('session_id'))
        draft, link = self._draft(), self._link(answer)
        opened = self.url_open(f'/services/framed/{link}')
        self.assertTrue(opened.url.endswith('/services/order'))
        self.assertIn("Alarm", opened.text)
        self.assertFalse(draft.exists())
        self.assertEqual(self._draft().field_value_ids.value, "Hill Street 3")
        self.authenticate(None, None)
        self.assertIn("Your order is empty", self.url_open(f'/services/framed/{link}').text)

    def test_what_is_missing_is_told_and_the_rest_is_kept(self):
        answer = self._send()
        self.assertIn("is needed", answer.text)
        carried = answer.text.split('name="carried" value="', 1)[1].split('"', 1)[0]
        answer = self._send(carried=carried, **{self.key: "Hill Street 3"})
        self.assertEqual(len(self._draft()), 1)
        again = self._send(carried=self._link(answer), step='change').text
        self.assertIn("Hill Street 3", again)

    def test_a_visitor_with_a_cart_keeps_it(self):
        other = self.alarm.copy({'name': "Hosting", 'data_field_ids': False, 'is_published': True})
        link = self._link(self._send(**{self.key: "Hill Street 3"}))
        self.authenticate(None, None)
        self.url_open(f'/services/{other.id}/add', {'csrf_token': self._csrf(), 'interval': ''})
        page = self.url_open(f'/services/framed/{link}').text
        self.assertIn("Hosting", page)
        self.assertIn("Alarm", page)

    def test_no_other_token_leads_to_a_draft_or_an_order(self):
        """G1: forged, old, of somebody's order, and no token at all."""
        link = self._link(self._send(**{self.key: "Hill Street 3"}))
        draft = self._draft()
        for wrong in ('x', link[:-2] + 'AA', 'ünï', str(draft.id)):
            self.assertIn("Your order is empty", self.url_open(f'/services/framed/{wrong}').text)
            self._send(carried=wrong, step='change')
        with freeze_time(f'{TODAY} 03:00:00') as clock:
            clock.tick(timedelta(hours=2))
            self.assertIn("Your order is empty", self.url_open(f'/services/framed/{link}').text)
        draft.partner_id = self.customer
        self.assertIn("Your order is empty", self.url_open(f'/services/framed/{link}').text)
        self.assertTrue(draft.exists())

    def test_the_session_of_who_is_logged_in_is_neither_read_nor_written(self):
        """G12: the form needs no token of a session, so it does nothing in its name."""
        self.authenticate('ana', 'ana')
        self.url_open(f'/services/{self.alarm.id}/frame', {'interval': '', self.key: "Hill Street 3"})
        self.assertEqual(self._draft().partner_id, self.env['website'].get_current_website().user_id.partner_id)
        self.assertIn("Your order is empty", self.url_open('/services/order').text)

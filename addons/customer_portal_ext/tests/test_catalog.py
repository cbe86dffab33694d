"""Contract online: the catalog, what a choice costs, and the form on another site."""

from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .checkout_common import CheckoutCase


@tagged('post_install', '-at_install')
class TestCatalog(CheckoutCase):

    def test_the_catalog_shows_what_is_published(self):
        page = self.url_open('/services').text
        self.assertIn("Hosting online", page)
        self.assertNotIn("Hidden plan", page)
        self.assertTrue(self.url_open(f'/services/{self.hidden.id}').url.endswith('/services'))

    def test_each_card_tells_what_its_plan_costs_as_the_calculator_does(self):
        [(_plan, prices)] = self.plan._catalog_prices(self.customer, self.company).items()
        self.assertEqual([row[:2] for row in prices], [(30.0, "per month"), (50.0, "once")])
        quote = self.plan._quote(self.customer, self.company, [])
        self.assertEqual(sum(row['amount'] for row in quote['recurring']), 30.0)
        page = self.url_open('/services').text
        for text in ("30.00", "per month", "50.00", "once"):
            self.assertIn(text, page)
        self.assertNotIn("by what you use", page)
        meter = self.env['service.meter'].create({'name': "Traffic", 'code': 'GB', 'unit': "GB"})
        self.plan._included_lines()[-1].write({'kind': 'usage', 'meter_id': meter.id})
        self.assertIn("by what you use", self.url_open('/services').text)

    def test_visitors_read_no_references_of_products(self):
        self.hosting.default_code = 'HOST'
        line = self.plan._included_lines().filtered(lambda line: line.product_id == self.hosting)
        line.name = "[HOST] Hosting\nfor one site"
        self.assertEqual(line._catalog_name(), "Hosting")
        self.assertNotIn("[HOST]", self.url_open(f'/services/{self.plan.id}').text)

    def test_visitors_read_what_usage_costs_before_they_order(self):
        line = self.plan._included_lines().filtered(lambda line: line.product_id == self.hosting)
        line.write({'price_model': 'graduated', 'free_quantity': 3, 'tier_ids': [
            Command.create({'up_to': 10, 'price_unit': 0.09}), Command.create({'price_unit': 0.06}),
        ]})
        page = self.url_open(f'/services/{self.plan.id}').text
        for text in ("3 free", "0.09 per unit (above 0, up to 10)", "0.06 per unit (above 10)"):
            self.assertIn(text, page)

    def test_a_choice_is_quoted_as_it_would_be_billed_and_leaves_no_trace(self):
        before = self.env['service.contract'].search_count([])
        quote = self.plan._quote(self.customer, self.company, self.option.ids)
        self.assertEqual(sorted(row['amount'] for row in quote['recurring']), [5, 30])
        self.assertEqual([row['amount'] for row in quote['one_time']], [50])
        self.assertEqual([row['amount'] for row in quote['charges'][:3]], [85, 35, 35])
        self.assertEqual(str(quote['charges'][1]['date']), '2026-04-10')
        self.assertEqual(self.env['service.contract'].search_count([]), before)

    def test_a_quote_writes_no_history(self):
        """It is worked out at every look at a plan: no message, no sales team, no cost centres."""
        Message, Model = self.env['mail.message'], self.env['account.analytic.distribution.model']
        unwanted = {'side_effect': AssertionError("a quote needs none")}
        with (patch.object(type(Message), 'create', **unwanted),
              patch.object(type(Model), '_get_distribution', **unwanted),
              patch.object(type(self.env['crm.team']), '_get_default_team_id', **unwanted)):
            quote = self.plan._quote(self.customer, self.company, self.option.ids)
        self.assertEqual([row['amount'] for row in quote['charges'][:2]], [85, 35])

    def test_the_calculator_answers_by_remote_call(self):
        answer = self.make_jsonrpc_request(f'/services/{self.plan.id}/quote', {'options': str(self.option.id)})
        self.assertIn("85.00", answer['html'])
        answer = self.make_jsonrpc_request(f'/services/{self.hidden.id}/quote', {})
        self.assertIn("not offered", answer['problem'])

    def test_only_what_can_be_delivered_is_sold(self):
        """A26: a plan with one place is contracted once."""
        self.plan.capacity = 1
        contract = self.env['service.contract'].create(
            {'partner_id': self.customer.id, 'plan_id': self.plan.id, 'company_id': self.company.id})
        contract.action_load_plan()
        contract.action_activate()
        self.assertTrue(self.plan.is_sold_out)
        self.assertIn("All places are taken", self.url_open(f'/services/{self.plan.id}').text)
        with self.assertRaisesRegex(UserError, "as many customers"):
            self.plan._check_contractable()

    def test_another_site_shows_the_form_in_a_frame_only_if_it_is_named(self):
        """A31: and a link to the page carries the choice."""
        page = f'/services/{self.plan.id}?embed=1'
        self.assertEqual(self.url_open(page).headers['Content-Security-Policy'], "frame-ancestors 'self'")
        self.company.portal_embed_origins = 'https://shop.example.com'
        self.assertIn('https://shop.example.com', self.url_open(page).headers['Content-Security-Policy'])
        framed = self.url_open(page).text
        self.assertIn(f'{self.plan.id}/frame"', framed)
        self.assertNotIn('name="csrf_token"', framed)
        opened = self.url_open(f'/services/{self.plan.id}?options={self.option.id}&interval=').text
        self.assertRegex(opened, rf'value="{self.option.id}"\s+checked=')
        self.assertIn("85.00", opened)

    def test_only_addresses_of_sites_may_show_the_form(self):
        """G8: nothing else gets into the policy of the page."""
        for wrong in ('*', "https://a.example; script-src *", 'javascript:alert(1)'):
            with self.assertRaisesRegex(ValidationError, "is no address of a site"):
                self.company.portal_embed_origins = wrong
        self.company.portal_embed_origins = 'https://a.example:8443 https://*.b.example'

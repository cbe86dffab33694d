"""Customers read the prices of usage before they use anything: in panel, printed contract and quotation."""

from decimal import Decimal

from lxml import html
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .usage import GRADUATED, UsageCase


@tagged('post_install', '-at_install')
class TestPriceTold(UsageCase, HttpCase):

    def _told(self, tiers=(), **vals):
        return [text.replace('\N{NO-BREAK SPACE}', ' ') for text in self._metered(tiers, **vals)._told_prices()]

    def test_each_price_model_is_told(self):
        steps = ((10.0, 0.0, 5.0), (0.0, 0.0, 8.0))
        cases = [
            (((), {}), ["$ 0.10 per min"]),
            ((GRADUATED, {'free_quantity': 300, 'minimum_charge': 5}), [
                "Graduated: each unit at the price of its tier", "300 min free", "$ 0.10 per min (above 0, up to 100)",
                "$ 0.08 per min (above 100, up to 200)", "$ 0.05 per min (above 200)", "Minimum charge: $ 5.00"]),
            (((), {'price_model': 'package', 'block': 60}), ["$ 0.10 for each 60 min begun"]),
            (((), {'price_model': 'flat', 'price_unit': 9, 'maximum_charge': 20}),
             ["Flat fee $ 9.00", "Maximum charge: $ 20.00"]),
            (((), {'price_model': 'percentage', 'price_unit': 1.5, 'event_price': 0.25, 'free_events': 3}),
             ["1.5 % of the amount", "$ 0.25 for each event", "3 events free"]),
            ((steps, {'price_model': 'stairstep'}), [
                "Stairstep: the fee of the step reached", "Flat fee $ 5.00 (above 0, up to 10)",
                "Flat fee $ 8.00 (above 10)"]),
            (((), {'commitment_amount': 600, 'commitment_unit': 'year'}),
             ["$ 0.10 per min", "Minimum commitment: $ 600.00 in 1 year"]),
        ]
        for (tiers, vals), told in cases:
            with self.subTest(told[0]):
                self.assertEqual(self._told(tiers, **vals), told)
        self.assertFalse(self._contract().line_ids._told_prices())

    def test_one_of_it_has_a_word_of_its_own(self):
        self.meter.write({'unit': "minutes", 'unit_one': "minute"})
        self.assertEqual(self._told(), ["$ 0.10 per minute"])
        self.assertEqual(self._told(free_quantity=1), ["1 minute free", "$ 0.10 per minute"])
        self.assertEqual(self._told(free_quantity=30), ["30 minutes free", "$ 0.10 per minute"])
        line = self._metered()
        self.assertEqual([line._unit('en_US', Decimal(number)) for number in (1, 2)], ["minute", "minutes"])

    def test_the_page_and_the_printed_contract_show_them(self):
        self._user('ana', 'base.group_portal', partner_id=self.customer.id, password='ana')
        contract = self._metered(GRADUATED, price_unit=0).contract_id
        self.authenticate('ana', 'ana')
        page = html.fromstring(self.url_open(f'/my/contracts/{contract.id}').text)
        services = page.find_class('o_service_portal_services')[0].text_content()
        paper = self.env['ir.actions.report']._render_qweb_html(
            'service_contracts.service_contract_report', contract.ids,
        )[0].decode()
        for text in (services, html.fromstring(paper).text_content()):
            for part in ("0.08 per min (above 100, up to 200)", "by usage, "):
                self.assertIn(part, text.replace('\N{NO-BREAK SPACE}', ' '))
            self.assertNotIn("and by usage", text, "a price of 0.00 misleads")

    def test_a_quotation_tells_them_in_its_currency(self):
        plan = self.env['service.plan'].create({'name': "Calls", 'line_ids': [Command.create({
            'product_id': self.calls.id, 'kind': 'usage', 'meter_id': self.meter.id, 'price_source': 'fixed',
            'price_model': 'graduated', 'tier_ids': self._tiers(GRADUATED),
        })]})
        pricelist = self.env['product.pricelist'].create({'name': "EUR", 'currency_id': self.euro.id})
        order = self.env['sale.order'].create({
            'partner_id': self.customer.id, 'pricelist_id': pricelist.id, 'order_line': [Command.create({
                'product_id': self.calls.id, 'service_plan_line_id': plan.line_ids.id,
            })],
        })
        notes = ' '.join(order.order_line._offer_notes())
        self.assertIn('€', notes)
        self.assertIn("per min (above 100, up to 200)", notes)

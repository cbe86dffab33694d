"""What Odoo brings along stands on the pages of the panel: live chat, search of answers, the way of an order."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestOdooOwn(PanelPageCase):

    def test_the_live_chat_is_loaded_on_the_pages_of_the_panel(self):
        """I4: the channel of the website, its button as soon as somebody is there."""
        Channel = self.env['im_livechat.channel'].sudo()
        self.env['website'].get_current_website().channel_id = Channel.create({'name': "Help"})
        self.patch(self.registry['im_livechat.channel'], '_is_livechat_available', lambda channel: True)
        self.authenticate('ana', 'ana')
        for page in ('/my', '/my/receipts', '/my/cases', '/my/transactions', '/help'):
            with self.subTest(page):
                self.assertIn('can_load_livechat: true', self.url_open(page).text)

    def test_answers_are_found_in_the_panel(self):
        """I2, I3."""
        self.env['support.article'].sudo().create({
            'name': "How do I pay by transfer?", 'answer': "<p>Report it.</p>", 'is_published': True})
        self.authenticate('ana', 'ana')
        self.assertIn('action="/help"', self.url_open('/my').text)
        self.assertIn("How do I pay by transfer?", self.url_open('/help?search=transfer').text)

    def test_an_order_shows_where_it_is(self):
        """I5: signed, then delivered where goods are kept in stock."""
        self.authenticate('ana', 'ana')
        self.assertIn('href="/my/orders"', self.url_open('/my').text)
        order = self.env['sale.order'].sudo().create({
            'partner_id': self.customer.id, 'company_id': self.company.id,
            'order_line': [Command.create({'product_id': self.hosting.id, 'tax_ids': [Command.clear()]})],
        })
        order.action_confirm()
        self.assertIn(order.name, self.url_open('/my/orders').text)
        page = self.url_open(f'/my/orders/{order.id}').text
        self.assertIn(order.name, page)
        if 'picking_ids' in order._fields:
            self._deliver(order)
            self.assertIn("Shipped", self.url_open(f'/my/orders/{order.id}').text)

    def _deliver(self, order):
        product = self.env['product.product'].sudo().create({'name': "Camera", 'type': 'consu', 'taxes_id': False})
        order.order_line = [Command.create({'product_id': product.id, 'product_uom_qty': 1})]
        picking = order.picking_ids
        picking.move_ids.write({'quantity': 1, 'picked': True})
        picking._action_done()

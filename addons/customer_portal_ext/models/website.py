"""What the search of the site finds, and carts that no session knows."""

from odoo import models


class Website(models.Model):
    _inherit = 'website'

    def _search_get_details(self, search_type, order, options):
        # EXTENDS website: answers to frequent questions, and services
        details = super()._search_get_details(search_type, order, options)
        if search_type in ('support_articles', 'all'):
            details.append(self.env['support.article']._search_get_detail(self, order, options))
        if search_type in ('services', 'all'):
            details.append(self.env['service.plan']._search_get_detail(self, order, options))
        return details

    def _create_framed_draft(self):
        """Return a new cart that is nobody's and in no session, with rights over everything."""
        partner_sudo = self.user_id.sudo().partner_id
        Order_sudo = self.env['sale.order'].sudo().with_company(self.company_id)  # sudo: visitors have carts
        return Order_sudo.create(self._prepare_sale_order_values(partner_sudo))

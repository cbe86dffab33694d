"""What the search of the site finds."""

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

"""Asks for the day of the ageing report."""

from odoo import fields, models
from odoo.tools import format_date


class CollectionAgeingDate(models.TransientModel):
    _name = 'collection.ageing.date'
    _description = "Day of the Ageing Report"

    date = fields.Date("As of", required=True, default=fields.Date.context_today)

    def action_open(self) -> dict:
        """Open the ageing report as of the chosen day."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('dunning_sms.collection_ageing_action')
        return {
            **action, 'path': False,
            'name': self.env._("Ageing as of %(date)s", date=format_date(self.env, self.date)),
            'context': {'search_default_group_bucket': 1, 'ageing_date': str(self.date)},
        }

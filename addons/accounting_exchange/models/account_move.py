"""Entries and what was handed over of them."""

from odoo import fields, models


class AccountMove(models.Model):
    _inherit = 'account.move'

    exchange_ref = fields.Char("External reference", copy=False, readonly=True, help="In the system that sent it.")
    datev_booking_count = fields.Integer("DATEV bookings handed over", compute='_compute_datev_booking_count')

    _exchange_ref_once = models.UniqueIndex(
        "(company_id, exchange_ref) WHERE exchange_ref IS NOT NULL", "The external reference has an invoice already.",
    )

    def _compute_datev_booking_count(self):
        counts = dict(self.env['datev.booking']._read_group(
            [('move_id', 'in', self.ids)], ['move_id'], ['__count'],
        ))
        for move in self:
            move.datev_booking_count = counts.get(move, 0)

    def action_view_datev_bookings(self) -> dict:
        """Open what was handed over of the entry."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('accounting_exchange.datev_booking_action')
        return {**action, 'domain': [('move_id', '=', self.id)], 'context': {}}

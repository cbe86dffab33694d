"""Invoices know whether they are fees, and what was told about them."""

from odoo import fields, models


class AccountMove(models.Model):
    _inherit = 'account.move'

    is_dunning_charge = fields.Boolean(
        "Reminder fee or interest", readonly=True, copy=False,
        help="Made by the reminders themselves: it bears no fee of its own.",
    )
    dunning_notice_count = fields.Integer(compute='_compute_dunning_notice_count')

    def _compute_dunning_notice_count(self):
        counts = dict(self.env['dunning.notice.line']._read_group(
            [('move_id', 'in', self.ids), ('state', '=', 'live')], ['move_id'], ['notice_id:count_distinct'],
        )) if self.env['dunning.notice.line'].has_access('read') else {}
        for move in self:
            move.dunning_notice_count = counts.get(move, 0)

    def action_view_dunning_notices(self) -> dict:
        """Open the notices about this invoice."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('dunning_sms.dunning_notice_action')
        return {**action, 'domain': [('line_ids.move_id', '=', self.id)], 'context': {}}

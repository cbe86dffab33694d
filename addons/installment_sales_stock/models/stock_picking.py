"""Deliveries say what they wait for."""

from odoo import api, fields, models


class StockPicking(models.Model):
    _inherit = 'stock.picking'

    installment_wait = fields.Char("Waits for", compute='_compute_installment_wait')

    @api.depends('sale_id.installment_plan_ids.amount_residual', 'state')
    def _compute_installment_wait(self):
        for picking in self:
            waits = picking.state not in ('done', 'cancel') and picking.picking_type_code == 'outgoing'
            plan = picking.sale_id._installment_plan_now() if waits else None
            picking.installment_wait = plan._waiting_for() if plan else False

"""Quotes what ends a plan on a day, and ends it."""

from odoo import api, fields, models

QUOTED = ('outstanding', 'overdue', 'accrued', 'unearned', 'compensation', 'credit', 'late', 'amount')


class InstallmentPayoff(models.TransientModel):
    _name = 'installment.payoff'
    _description = "Pay Off a Plan Early"

    plan_id = fields.Many2one('installment.plan', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='plan_id.currency_id')
    day = fields.Date("Paid on", required=True, default=fields.Date.context_today)
    outstanding = fields.Monetary("Open installments", compute='_compute_quote')
    overdue = fields.Monetary(compute='_compute_quote', help="Of the open installments, due before that day.")
    accrued = fields.Monetary("Earned in the running period", compute='_compute_quote')
    unearned = fields.Monetary("Interest and fees not due", compute='_compute_quote')
    compensation = fields.Monetary("Compensation", compute='_compute_quote')
    credit = fields.Monetary("Given back", compute='_compute_quote')
    late = fields.Monetary("Late fees and interest", compute='_compute_quote')
    amount = fields.Monetary("To pay", compute='_compute_quote')

    @api.depends('plan_id', 'day')
    def _compute_quote(self):
        for wizard in self:
            day = wizard.day and max(wizard.day, wizard.plan_id.date_start)
            quote = wizard.plan_id._payoff(day) if day else None
            for name in QUOTED:
                wizard[name] = float(getattr(quote, name)) if quote else 0.0

    def action_confirm(self) -> dict:
        """Credit what is not earned and open the payment of the rest.

        :raises UserError: if the plan is not active.
        """
        self.ensure_one()
        self.plan_id.action_settle(self.day)
        if self.plan_id.amount_residual:
            return self.plan_id.action_register_payment()
        return {'type': 'ir.actions.act_window_close'}

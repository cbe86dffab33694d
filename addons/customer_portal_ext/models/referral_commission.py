"""Commissions: what referrers earn on money received, each with the payment it comes from, and the one gate."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.commission import CAPPED, ENOUGH, EXPIRED, SMALL

COMMISSION_GATE = object()
"""Only this module's own methods pass it: an object cannot be sent by a remote call."""
SOURCES = {'approved': ('waiting', 'refused'), 'refused': ('waiting', 'approved'), 'paid': ('approved',)}


class ReferralCommission(models.Model):
    _name = 'referral.commission'
    _description = "Commission"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True

    referral_id = fields.Many2one('referral.referral', "Customer brought", required=True, readonly=True, index=True,
                                  ondelete='restrict')
    programme_id = fields.Many2one(related='referral_id.programme_id', store=True, precompute=True, index=True)
    company_id = fields.Many2one(related='referral_id.company_id', store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    customer_id = fields.Many2one(related='referral_id.partner_id', string="Customer", store=True, precompute=True)
    partner_id = fields.Many2one(
        'res.partner', "Referrer", required=True, readonly=True, index=True, ondelete='restrict')
    level = fields.Integer(required=True, readonly=True, help="1: who brought the customer; 2: who brought that one.")
    move_id = fields.Many2one('account.move', "Invoice", required=True, readonly=True, index=True, ondelete='restrict',
                              check_company=True)
    partial_ref = fields.Integer("Payment matching", required=True, readonly=True, index=True,
                                 help="The reconciliation of payment and invoice that it comes from.")
    reversed_id = fields.Many2one('referral.commission', "Takes back", readonly=True, index='btree_not_null')
    reversal_ids = fields.One2many('referral.commission', 'reversed_id', "Taken back by")
    is_reversed = fields.Boolean("Taken back", readonly=True, copy=False)
    date = fields.Date("Booked on", required=True, readonly=True, index=True)
    date_paid = fields.Date("Money received on", required=True, readonly=True, help="Duration and cap go by this day.")
    amount_received = fields.Monetary("Received", readonly=True)
    amount_full = fields.Monetary("Before the cap", readonly=True)
    amount = fields.Monetary(readonly=True)
    reason = fields.Selection(
        [(EXPIRED, "Joined too long ago"), (ENOUGH, "Enough invoices earned"), (SMALL, "Invoice too small"),
         (CAPPED, "Cap reached")], "Why not more", readonly=True,
    )
    state = fields.Selection(
        [('waiting', "To approve"), ('approved', "Approved"), ('paid', "Paid out"), ('refused', "Refused"),
         ('none', "Nothing earned")],
        "Status", required=True, readonly=True, default='waiting', copy=False, index=True, tracking=True,
    )
    payout_id = fields.Many2one('referral.payout', readonly=True, copy=False, index='btree_not_null')

    _once_a_payment = models.UniqueIndex(
        "(partial_ref, level) WHERE reversed_id IS NULL AND is_reversed IS NOT TRUE",
        "The payment earned its commission already.",
    )
    _taken_back_once = models.UniqueIndex(
        "(reversed_id) WHERE reversed_id IS NOT NULL", "The commission was taken back already.",
    )

    # === COMPUTE === #

    @api.depends('customer_id', 'level', 'move_id')
    def _compute_display_name(self):
        for commission in self:
            commission.display_name = self.env._(
                "%(invoice)s, level %(level)s", invoice=commission.sudo().move_id.name or '', level=commission.level)

    # === CRUD === #

    def write(self, vals):
        if self.env.context.get('commission_gate') is not COMMISSION_GATE and not self._is_chatter(vals):
            raise UserError(self.env._(
                "A commission follows from money received and is not edited. Approve or refuse it."))
        return super().write(vals)

    def _is_chatter(self, vals: dict) -> bool:
        return all(name.startswith(('message_', 'activity_')) for name in vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Commissions stay for the records. Refuse them instead."))

    # === ACTIONS === #

    def action_approve(self) -> bool:
        """Approve commissions, with what takes them back; approved ones stay as they are.

        :raises UserError: naming one that is paid out or earned nothing.
        """
        return self._set_state('approved')

    def action_refuse(self) -> bool:
        """Refuse commissions that are not paid out, with what takes them back.

        :raises UserError: naming one that is paid out or earned nothing.
        """
        return self._set_state('refused')

    # === BUSINESS === #

    def _set_state(self, state: str, **vals) -> bool:
        self.check_access('write')
        family = self | self.reversal_ids | self.reversed_id
        if state != 'paid':  # what was paid out with the original is settled by the next payout
            family = self | (family - self).filtered(lambda one: one.state != 'paid')
        changing = (self if state == 'paid' else family).filtered(lambda one: one.state != state)
        if wrong := changing.filtered(lambda one: one.state not in SOURCES[state])[:1]:
            states = dict(self._fields['state']._description_selection(self.env))
            raise UserError(self.env._(
                "%(commission)s is “%(state)s” and cannot become “%(target)s”.",
                commission=wrong.display_name, state=states[wrong.state], target=states[state],
            ))
        changing._pass_gate(state=state, **vals)
        return True

    def _pass_gate(self, **vals) -> None:
        self.with_context(commission_gate=COMMISSION_GATE).write(vals)

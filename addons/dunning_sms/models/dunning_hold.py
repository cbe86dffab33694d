"""A hold: an amount of a receivable line that must not be asked for, while it is disputed or said to be paid."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DunningHold(models.Model):
    _name = 'dunning.hold'
    _description = "Hold"
    _inherit = ['mail.thread', 'dunning.gate.mixin']
    _order = 'id desc'
    _gated = ('released_on', 'decision', 'credit_note_id')

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, index=True, compute='_compute_partner_id', store=True, readonly=False,
        precompute=True,
    )
    move_line_id = fields.Many2one(
        'account.move.line', "Receivable", index='btree_not_null', ondelete='cascade',
        help="Empty: everything the customer owes is on hold.",
    )
    move_id = fields.Many2one(related='move_line_id.move_id', string="Invoice")
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    kind = fields.Selection(
        [('dispute', "Dispute"), ('reported', "Reported payment"), ('manual', "Manual")],
        required=True, default='manual', tracking=True,
    )
    amount = fields.Monetary(help="How much of the receivable is on hold; 0: all of it.", tracking=True)
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_until = fields.Date("Until", help="The last day of the hold; empty: until it is released.", tracking=True)
    released_on = fields.Date(readonly=True, copy=False, tracking=True)
    reason = fields.Text()
    state = fields.Selection(
        [('active', "Active"), ('over', "Over")], compute='_compute_state', search='_search_state',
    )

    _dates = models.Constraint('CHECK (date_until IS NULL OR date_from <= date_until)', "A hold ends after it begins.")
    _amount = models.Constraint('CHECK (amount >= 0)', "A hold covers an amount of 0 (all) or more.")

    @api.depends('move_line_id')
    def _compute_partner_id(self):
        for hold in self:
            hold.partner_id = hold.move_line_id.partner_id.commercial_partner_id or hold.partner_id

    @api.depends('move_line_id.currency_id', 'company_id')
    def _compute_currency_id(self):
        for hold in self:
            hold.currency_id = hold.move_line_id.currency_id or hold.company_id.currency_id

    @api.depends('date_until', 'released_on')
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for hold in self:
            is_over = hold.released_on or (hold.date_until and hold.date_until < today)
            hold.state = 'over' if is_over else 'active'

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        today = fields.Date.context_today(self)
        active = [('released_on', '=', False), '|', ('date_until', '=', False), ('date_until', '>=', today)]
        over = ['|', ('released_on', '!=', False), ('date_until', '<', today)]
        wanted = set(value)
        if wanted >= {'active', 'over'}:
            return []
        return active if 'active' in wanted else over if 'over' in wanted else [(0, '=', 1)]

    @api.constrains('move_line_id', 'company_id', 'amount')
    def _check_line(self):
        for hold in self:
            line = hold.move_line_id
            if line and (line.company_id != hold.company_id or line.account_id.account_type != 'asset_receivable'):
                raise ValidationError(self.env._(
                    "%(line)s is no receivable of %(company)s.",
                    line=line.display_name, company=hold.company_id.name,
                ))
            if hold.amount and not line:
                raise ValidationError(self.env._("Choose the receivable of which an amount is on hold."))

    @api.depends('kind', 'partner_id')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for hold in self:
            hold.display_name = f'{kinds.get(hold.kind, "")}: {hold.partner_id.display_name or ""}'

    def action_release(self) -> bool:
        """End the hold today: what it covered is followed up again, its dates moved by the days it lasted.

        :return: true, since XML-RPC carries no None.
        """
        self.check_access('write')
        for hold in self.filtered(lambda hold: hold.state == 'active'):
            hold._passed().released_on = fields.Date.context_today(hold)
        return True

"""A promise to pay: an amount by a day; it pauses reminders of that amount and is kept or broken."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..rules.promises import is_kept, verdict


class PaymentPromise(models.Model):
    _name = 'payment.promise'
    _description = "Promise to Pay"
    _inherit = ['mail.thread', 'dunning.gate.mixin']
    _order = 'date desc, id desc'
    _gated = ('state', 'settled_on')

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, index=True, compute='_compute_partner_id', store=True, readonly=False,
        precompute=True,
    )
    move_line_id = fields.Many2one(
        'account.move.line', "Receivable", required=True, index=True, ondelete='cascade',
    )
    move_id = fields.Many2one(related='move_line_id.move_id', string="Invoice")
    currency_id = fields.Many2one(related='move_line_id.currency_id')
    amount = fields.Monetary(required=True, help="What the customer promised to pay of this receivable.")
    residual_before = fields.Monetary(
        "Open when promised", readonly=True, help="Less what earlier parts of the same arrangement promise.")
    part = fields.Integer(default=1, readonly=True, help="Which payment of an arrangement it is.")
    promised_on = fields.Date(required=True, default=fields.Date.context_today)
    date = fields.Date("Promised for", required=True, tracking=True)
    source = fields.Selection(
        [('phone', "Phone"), ('email', "E-mail"), ('portal', "Portal"), ('person', "In person")],
        default='phone', required=True,
    )
    note = fields.Text()
    state = fields.Selection(
        [('open', "Open"), ('kept', "Kept"), ('broken', "Broken"), ('cancelled', "Cancelled")],
        required=True, readonly=True, default='open', copy=False, tracking=True, index=True,
    )
    settled_on = fields.Date(readonly=True, copy=False)

    _positive = models.Constraint('CHECK (amount > 0)', "A promise is for more than nothing.")
    _dates = models.Constraint('CHECK (promised_on <= date)', "A promise is for today or a day to come.")
    _one_open = models.UniqueIndex(
        "(move_line_id, part) WHERE state = 'open'",
        "There is an open promise for this receivable. Change that one, or cancel it first.",
    )

    @api.depends('move_line_id')
    def _compute_partner_id(self):
        for promise in self:
            promise.partner_id = promise.move_line_id.partner_id.commercial_partner_id or promise.partner_id

    @api.depends('partner_id', 'date')
    def _compute_display_name(self):
        for promise in self:
            promise.display_name = f'{promise.partner_id.display_name or ""}, {format_date(self.env, promise.date)}'

    @api.constrains('move_line_id', 'company_id', 'amount', 'date')
    def _check_promise(self):
        for promise in self:
            line = promise.move_line_id
            if line.company_id != promise.company_id or line.account_id.account_type != 'asset_receivable':
                raise ValidationError(self.env._(
                    "%(line)s is no receivable of %(company)s.",
                    line=line.display_name, company=promise.company_id.name,
                ))
            limit = promise._longest_days()
            if limit and (promise.date - promise.promised_on).days > limit:
                raise ValidationError(self.env._(
                    "A promise may be for at most %(days)s days ahead. The limit is in the settings.", days=limit,
                ))

    @api.model_create_multi
    def create(self, vals_list):
        earlier = self._promised_in_parts([vals.get('move_line_id') for vals in vals_list if vals.get('part', 1) > 1])
        for vals in vals_list:
            line = self.env['account.move.line'].browse(vals.get('move_line_id'))
            left = line.amount_residual_currency - (earlier.get(line, 0.0) if vals.get('part', 1) > 1 else 0.0)
            vals.setdefault('amount', left)
            vals['residual_before'] = left
        return super().create(vals_list)

    def _promised_in_parts(self, line_ids: list[int]) -> dict:
        """Return by receivable what open promises promise of it already."""
        return dict(self._read_group(
            [('move_line_id', 'in', line_ids), ('state', '=', 'open')], ['move_line_id'], ['amount:sum'],
        )) if line_ids else {}

    # === ACTIONS === #

    def action_cancel(self) -> bool:
        """Take a promise back, for instance because it was noted by mistake; return true."""
        self.check_access('write')
        if kept := self.filtered(lambda promise: promise.state in ('kept', 'broken')):
            raise UserError(self.env._(
                "The promise of %(customer)s is settled already and stays in the record.",
                customer=kept[0].partner_id.display_name,
            ))
        self._passed().write({'state': 'cancelled', 'settled_on': fields.Date.context_today(self)})
        return True

    # === BUSINESS === #

    def _longest_days(self) -> int:
        """Return how many days ahead this promise may be; 0 for no limit."""
        return self.company_id.dunning_promise_days

    def _lapsing(self):
        """Return the later parts of the arrangement that falls with this promise."""
        return self.search([
            ('move_line_id', '=', self.move_line_id.id), ('state', '=', 'open'), ('part', '>', self.part),
        ])

    def _settle(self) -> None:
        """Mark open promises as kept (as soon as the amount is paid) or broken (after their day)."""
        for promise in self.sorted('part'):
            if promise.state != 'open':
                continue  # settled before, or fallen with an earlier part
            today = promise.company_id._dunning_today()
            line = promise.move_line_id
            paid = promise.residual_before - line.amount_residual_currency
            state = verdict(is_kept(paid, promise.amount, line.reconciled), promise.date, today)
            if state != 'open':
                settled = promise | promise._lapsing() if state == 'broken' else promise
                settled._passed().write({'state': state, 'settled_on': today})

    @api.model
    def _cron_settle(self):
        """Settle promises whose day has passed or whose line has changed, a batch a transaction."""
        domain = Domain('state', '=', 'open')
        last = 0
        while promises := self.search(domain & Domain('id', '>', last), order='id', limit=500):
            last = promises[-1].id
            promises._settle()
            if not self.env['ir.cron']._commit_progress(len(promises)):
                return

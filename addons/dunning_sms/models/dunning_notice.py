"""A notice: what one customer was told on one day about everything due, by whichever channels."""


from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, hmac
from odoo.tools.misc import consteq

from ..rules.escalation import FourDates
from ..rules.notices import check_transition, state_of

TOKEN_LENGTH = 24


class DunningNotice(models.Model):
    _name = 'dunning.notice'
    _description = "Notice"
    _inherit = ['portal.mixin', 'dunning.gate.mixin']
    _order = 'date desc, id desc'
    _gated = ('state', 'date', 'partner_id', 'company_id', 'step_id', 'fingerprint', 'is_charged')

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict',
    )
    recipient_id = fields.Many2one('res.partner', "Contact", readonly=True, ondelete='set null')
    kind = fields.Selection(
        [('reminder', "Reminder"), ('card', "Card expiry")], required=True, readonly=True, default='reminder',
    )
    policy_id = fields.Many2one('dunning.policy', readonly=True, index='btree_not_null', ondelete='restrict')
    step_id = fields.Many2one('dunning.step', "Step", readonly=True, index='btree_not_null', ondelete='restrict')
    token_id = fields.Many2one('payment.token', "Card", readonly=True, index='btree_not_null', ondelete='set null')
    key = fields.Char(readonly=True, help="Makes a notice that is not about receivables go out once.")
    run_id = fields.Many2one('dunning.run', readonly=True, index='btree_not_null', ondelete='set null')
    date = fields.Date(required=True, readonly=True, index=True, help="The customer's day for which it is written.")
    state = fields.Selection(
        [('planned', "Planned"), ('sent', "Sent"), ('failed', "Failed"), ('cancelled', "Cancelled")],
        required=True, readonly=True, default='planned', index=True,
    )
    cancel_reason = fields.Char("Why cancelled", readonly=True)
    reason = fields.Char(compute='_compute_reason')
    is_correction = fields.Boolean(
        "Correction", readonly=True, help="Tells dates that changed since the notice before.",
    )
    is_charged = fields.Boolean(readonly=True, help="Fee and interest of this notice have been worked out.")
    lang = fields.Char("Language", readonly=True)
    zone = fields.Char("Time zone", readonly=True)
    fingerprint = fields.Char(readonly=True)
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    amount_total = fields.Monetary("Total", readonly=True, help="In the company's currency.")
    amount_words = fields.Char("Amounts", readonly=True)
    line_ids = fields.One2many('dunning.notice.line', 'notice_id', "Receivables", readonly=True)
    delivery_ids = fields.One2many('dunning.delivery', 'notice_id', "Messages", readonly=True)
    charge_ids = fields.One2many('dunning.charge', 'notice_id', "Fees and interest", readonly=True)
    sent_at = fields.Datetime("Sent", readonly=True)
    channels = fields.Char(compute='_compute_channels')

    _one_key = models.UniqueIndex("(key) WHERE key IS NOT NULL AND state != 'cancelled'", "This notice exists already.")
    _open_index = models.Index("(date, id) WHERE state = 'planned'")
    _charge_index = models.Index("(id) WHERE state = 'sent' AND is_charged IS NOT TRUE")

    @api.depends('company_id')
    def _compute_currency_id(self):
        for notice in self:
            notice.currency_id = notice.company_id.currency_id

    @api.depends('delivery_ids.channel', 'delivery_ids.state')
    def _compute_channels(self):
        names = dict(self.env['dunning.delivery']._fields['channel']._description_selection(self.env))
        for notice in self:
            live = notice.delivery_ids.filtered(lambda delivery: delivery.state != 'cancelled')
            notice.channels = ', '.join(dict.fromkeys(names[channel] for channel in live.mapped('channel')))

    @api.depends('cancel_reason')
    @api.depends_context('lang')
    def _compute_reason(self):
        names = self.env['dunning.preview.line']._reason_names()
        for notice in self:
            notice.reason = names.get(notice.cancel_reason, notice.cancel_reason)

    @api.depends('partner_id', 'date')
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = f'{notice.partner_id.display_name or ""}, {notice.date or ""}'

    def _compute_access_url(self):
        super()._compute_access_url()
        for notice in self:
            notice.access_url = f'/my/reminders/{notice.id}'

    def unlink(self):
        raise AccessError(self.env._("Notices are kept as evidence of what customers were told."))

    # === ACTIONS === #

    def action_cancel(self) -> None:
        """Take back notices of which nothing went out yet; tomorrow's run decides anew.

        :raises UserError: if a message of a notice has been sent.
        """
        self.env['dunning.notice'].check_access('write')
        self._check_manager()
        for notice in self:
            if notice.state != 'planned' or not notice._is_untouched():
                raise UserError(self.env._(
                    "The notice of %(customer)s can no longer be taken back: a message is on its way.",
                    customer=notice.partner_id.display_name,
                ))
        self.sudo()._cancel('staff')  # managers decide, nobody writes notices by hand

    def action_print_letter(self) -> dict:
        """Print the reminder letters of these notices and mark them as sent."""
        self.check_access('read')
        letters = self.sudo().delivery_ids.filtered(  # users read deliveries; printing moves their state
            lambda delivery: delivery.channel == 'letter' and delivery.state == 'queued')
        letters._mark_printed()
        return self.env.ref('dunning_sms.dunning_notice_report').report_action(self, config=False)

    def action_view_invoices(self) -> dict:
        """Open the invoices on this notice."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'account.move', 'view_mode': 'list,form',
            'name': self.env._("Invoices"), 'domain': [('id', 'in', self.line_ids.move_id.ids)],
        }

    def _check_manager(self) -> None:
        if not self.env.su and not self.env.user.has_group('dunning_sms.group_dunning_manager'):
            raise AccessError(self.env._("Only a manager of collections may do this."))

    # === STATE === #

    def _set_state(self, state: str, **vals) -> None:
        """The one gate of a notice's state; a notice that is in it already is left alone."""
        for notice in self.filtered(lambda notice: notice.state != state):
            check_transition(notice.state, state)
        self.filtered(lambda notice: notice.state != state)._passed().write({'state': state, **vals})

    def _cancel(self, reason: str) -> None:
        """Cancel planned notices and their waiting messages, and free what they said, so that it may be said anew."""
        planned = self.filtered(lambda notice: notice.state in ('planned', 'failed'))
        planned.delivery_ids._stop(reason)
        planned._set_state('cancelled', cancel_reason=reason)
        planned.line_ids._passed().write({'state': 'void'})

    def _is_untouched(self) -> bool:
        """Tell whether no message of the notice reached anybody or may have."""
        return all(
            delivery.state in ('cancelled', 'failed') or (delivery.state == 'queued' and not delivery.called_at)
            for delivery in self.delivery_ids
        )

    def _follow_deliveries(self, has_arrived: bool = False) -> None:
        """Take the state that the messages give: sent if one arrived, failed if all failed.

        :param has_arrived: a message of each notice arrived, so that the others need not be read.
        """
        for notice in self:
            state = 'sent' if has_arrived else state_of(notice.delivery_ids.mapped('state'))
            if state and state != notice.state and notice.state != 'cancelled':
                notice._set_state(state, **({'sent_at': fields.Datetime.now()} if state == 'sent' else {}))

    def _note_opened(self) -> None:
        """Note that the customer opened the notice: a portal notice has arrived then."""
        for delivery in self.delivery_ids.filtered(lambda found: found.channel == 'portal' and found.state == 'sent'):
            delivery._take_report('delivered')

    # === LINKS AND VALUES === #

    @api.model
    def _token(self, notice_id: int) -> str:
        """Return the secret of a notice's link; it opens this one notice and cannot be guessed."""
        return hmac(self.env(su=True), 'dunning-notice', str(notice_id))[:TOKEN_LENGTH]

    def _is_token(self, token) -> bool:
        """Tell whether a link's secret is that of this notice."""
        return isinstance(token, str) and token.isascii() and consteq(self._token(self.id), token)

    @api.model
    def _link(self, base_url: str, notice_id: int, page: str = 'r') -> str:
        return f'{base_url}/my/{page}/{notice_id}/{self._token(notice_id)}'

    def _open_amounts(self) -> str:
        """Return what is still open of the lines on this notice, for the customer's page."""
        totals = {}
        for line in self.line_ids:
            still = min(line.amount, line.move_line_id.amount_residual_currency)
            totals[line.currency_id] = totals.get(line.currency_id, 0) + still
        return ' + '.join(format_amount(self.env, amount, currency) for currency, amount in totals.items())


class DunningNoticeLine(models.Model):
    _name = 'dunning.notice.line'
    _description = "Receivable on a Notice"
    _inherit = ['dunning.gate.mixin']
    _order = 'due_date, id'
    _gated = (
        'state', 'notice_id', 'move_line_id', 'step_id', 'occurrence', 'amount', 'due_date', 'last_safe_date',
        'suspension_date', 'removal_date',
    )

    notice_id = fields.Many2one('dunning.notice', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, readonly=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict',
    )
    move_line_id = fields.Many2one(
        'account.move.line', "Receivable", readonly=True, index='btree_not_null', ondelete='set null',
    )
    move_id = fields.Many2one('account.move', "Invoice", readonly=True, index='btree_not_null', ondelete='set null')
    name = fields.Char("Document", readonly=True)
    step_id = fields.Many2one(
        'dunning.step', "Step", readonly=True, index='btree_not_null', ondelete='restrict',
        help="Empty: only listed beside what is reminded.",
    )
    occurrence = fields.Integer(readonly=True, help="1: the step itself, 2: its first repetition.")
    revision = fields.Integer(readonly=True, help="How often the dates were corrected.")
    date = fields.Date("Told on", required=True, readonly=True)
    currency_id = fields.Many2one('res.currency', required=True, readonly=True)
    amount = fields.Monetary("Open", readonly=True)
    amount_company = fields.Float("In company currency", readonly=True)
    due_date = fields.Date("Due", required=True, readonly=True)
    last_safe_date = fields.Date("Last safe day", readonly=True)
    suspension_date = fields.Date("Suspension", readonly=True)
    removal_date = fields.Date("Removal", readonly=True)
    shift_days = fields.Integer("Moved by days", readonly=True, help="Holds and promises moved the dates so far.")
    state = fields.Selection([('live', "Live"), ('void', "Void")], required=True, readonly=True, default='live')

    _once = models.UniqueIndex(
        "(step_id, move_line_id, occurrence, revision) WHERE state = 'live' AND step_id IS NOT NULL",
        "The customer has been told this already.",
    )
    _dates_index = models.Index("(suspension_date) WHERE state = 'live' AND step_id IS NOT NULL")
    _line_index = models.Index("(move_line_id, id) WHERE state = 'live' AND step_id IS NOT NULL")

    @api.depends('name', 'due_date')
    def _compute_display_name(self):
        for line in self:
            line.display_name = f'{line.name or ""} ({line.due_date or ""})'

    def unlink(self):
        raise AccessError(self.env._("Notices are kept as evidence of what customers were told."))

    def _dates(self) -> FourDates:
        """Return the four dates the customer was told."""
        self.ensure_one()
        return FourDates(self.due_date, self.last_safe_date, self.suspension_date or None, self.removal_date or None)

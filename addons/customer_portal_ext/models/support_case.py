"""Cases: what customers ask, complain of or claim, with the legal clock and one gate for its states."""

from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..rules.working_days import MONDAY_TO_FRIDAY, add_working_days, working_days_between

CASE_GATE = object()
"""Only this module's own methods pass it: an object cannot be sent by a remote call."""
SOURCES = {'open': ('new', 'answered', 'closed'), 'answered': ('new', 'open'), 'closed': ('new', 'open', 'answered')}
WARN_DAYS = 2
"""So many working days before the deadline somebody is told."""
WARN_BATCH = 100


class SupportCase(models.Model):
    _name = 'support.case'
    _description = "Case"
    _inherit = ['portal.mixin', 'rating.mixin', 'mail.activity.mixin']
    _order = 'date_deadline, id desc'
    _check_company_auto = True
    _mail_post_access = 'read'  # customers write on the cases they may see

    name = fields.Char("Number", required=True, readonly=True, copy=False, default=lambda self: self.env._("New"))
    subject = fields.Char(required=True, tracking=True)
    description = fields.Text(required=True)
    type_id = fields.Many2one('support.case.type', "Kind", required=True, ondelete='restrict', tracking=True)
    partner_id = fields.Many2one('res.partner', "Customer", required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one('res.users', "Responsible", index=True, tracking=True, check_company=True)
    channel = fields.Selection(
        [('portal', "Customer panel"), ('email', "E-mail"), ('phone', "Telephone"), ('chat', "Chat"),
         ('visit', "Visit")],
        "Came in by", required=True, default='phone',
    )
    invoice_id = fields.Many2one('account.move', check_company=True, index='btree_not_null', ondelete='restrict',
                                 domain="[('partner_id', 'child_of', partner_id), ('state', '=', 'posted')]")
    contract_id = fields.Many2one('service.contract', check_company=True, index='btree_not_null', ondelete='restrict',
                                  domain="[('partner_id', 'child_of', partner_id)]")
    order_id = fields.Many2one('sale.order', check_company=True, index='btree_not_null', ondelete='restrict',
                               domain="[('partner_id', 'child_of', partner_id)]")
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    amount_disputed = fields.Monetary(tracking=True, help="Reminders leave out this amount, and only this.")
    date_received = fields.Date("Received on", required=True, default=lambda self: self.env.company._service_today())
    date_deadline = fields.Date("Answer until", compute='_compute_date_deadline', store=True, index=True)
    date_answered = fields.Date("Answered on", readonly=True, copy=False)
    days_left = fields.Integer("Working days left", compute='_compute_days_left')
    is_late = fields.Boolean("Too late", compute='_compute_days_left', search='_search_is_late')
    state = fields.Selection(
        [('new', "New"), ('open', "In progress"), ('answered', "Answered"), ('closed', "Closed")],
        "Status", required=True, readonly=True, default='new', copy=False, index=True, tracking=True,
    )
    warned_for = fields.Date(readonly=True, copy=False, help="The deadline that somebody was told of.")

    # === CONSTRAINTS === #

    @api.constrains('amount_disputed', 'invoice_id', 'type_id')
    def _check_amount_disputed(self):
        for case in self:
            if not case.amount_disputed:
                continue
            if not case.type_id.disputes_amount or not case.invoice_id:
                raise ValidationError(self.env._(
                    "%(case)s: only a claim on an invoice disputes an amount. Choose the kind and the invoice.",
                    case=case.display_name,
                ))
            if not 0 < case.amount_disputed <= case.invoice_id.amount_total:
                raise ValidationError(self.env._(
                    "%(case)s: the disputed amount must be above 0 and up to %(total)s.", case=case.display_name,
                    total=case.currency_id.format(case.invoice_id.amount_total),
                ))

    @api.constrains('partner_id', 'invoice_id', 'contract_id', 'order_id')
    def _check_same_customer(self):
        for case in self:
            for document in (case.invoice_id, case.contract_id, case.order_id):
                if document and document.partner_id.commercial_partner_id != case.partner_id.commercial_partner_id:
                    raise ValidationError(self.env._(
                        "%(document)s belongs to another customer than the case.", document=document.display_name,
                    ))

    # === COMPUTE === #

    @api.depends('invoice_id', 'company_id')
    def _compute_currency_id(self):
        for case in self:
            case.currency_id = case.invoice_id.currency_id or case.company_id.currency_id

    @api.depends('date_received', 'type_id.working_days', 'company_id')
    def _compute_date_deadline(self):
        for case in self:
            case.date_deadline = case.date_received and add_working_days(
                case.date_received, case.type_id.working_days, *case._calendar())

    @api.depends('date_deadline', 'state')
    def _compute_days_left(self):
        today = fields.Date.context_today(self)
        for case in self:
            is_waiting = case.state in ('new', 'open') and case.date_deadline
            left = working_days_between(today, case.date_deadline, *case._calendar()) if is_waiting else 0
            case.days_left, case.is_late = left, left < 0

    def _search_is_late(self, operator, value):
        if operator != 'in':
            return NotImplemented
        late = Domain('date_deadline', '<', fields.Date.context_today(self))
        late &= Domain('state', 'in', ('new', 'open'))
        return late if True in value else ~late

    @api.depends('name', 'subject')
    def _compute_display_name(self):
        for case in self:
            case.display_name = f'{case.name} {case.subject or ""}'.strip()

    def _compute_access_url(self):
        super()._compute_access_url()
        for case in self:
            case.access_url = f'/my/cases/{case.id}'

    def _calendar(self) -> tuple[set[date], frozenset[int] | set[int]]:
        """Return the holidays and the working weekdays of the company."""
        calendar = self.company_id.sudo().resource_calendar_id  # sudo: working hours are no secret
        weekdays = {int(hours.dayofweek) for hours in calendar.attendance_ids} or MONDAY_TO_FRIDAY
        leaves = calendar.global_leave_ids
        holidays = set()
        for leave in leaves:
            day = leave.date_from.date()
            while day <= leave.date_to.date():
                holidays.add(day)
                day = fields.Date.add(day, days=1)
        return holidays, weekdays

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            company = self.env['res.company'].browse(vals.get('company_id') or self.env.company.id)
            vals['name'] = self.env['ir.sequence'].with_company(company).next_by_code('support.case')
            vals['state'] = 'new'
        cases = super().create(vals_list)
        for case in cases:
            case.message_subscribe(case.partner_id.ids)
            case._acknowledge()
        cases._follow_dispute()
        return cases

    def write(self, vals):
        if 'state' in vals and self.env.context.get('case_gate') is not CASE_GATE:
            raise UserError(self.env._("The status of a case changes by its buttons only."))
        result = super().write(vals)
        if {'amount_disputed', 'invoice_id', 'state'} & vals.keys():
            self._follow_dispute()
        return result

    def _acknowledge(self) -> None:
        """Confirm the arrival with the day of the answer; by law that is no answer yet."""
        template = self.env.ref('customer_portal_ext.mail_template_case_received')
        self.message_post_with_source(template, subtype_xmlid='mail.mt_comment')

    # === ACTIONS === #

    def action_take(self) -> bool:
        """Begin to work on cases, or take closed ones up again."""
        self._set_state('open')
        for case in self.filtered(lambda case: not case.user_id):
            case.user_id = self.env.user
        return True

    def action_answer(self) -> bool:
        """Say that the customer was answered; the answer itself is a message on the case.

        :raises UserError: naming a case on which nobody wrote to the customer.
        """
        for case in self.filtered(lambda case: case.state != 'answered'):
            if not case._is_answered():
                raise UserError(self.env._(
                    "%s has no message to the customer yet. Write the answer on the case first.", case.display_name,
                ))
            case.date_answered = case.company_id._service_today()
        self._set_state('answered')
        return True

    def action_close(self) -> bool:
        """Close cases and ask the customers how they were served; what was disputed is due again."""
        closing = self.filtered(lambda case: case.state != 'closed')
        closing._set_state('closed')
        template = self.env.ref('customer_portal_ext.mail_template_case_rating')
        for case in closing:
            case.rating_send_request(template, lang=case.partner_id.lang, force_send=False)
        return True

    # === BUSINESS === #

    def _is_answered(self) -> bool:
        """Tell whether somebody of the company wrote to the customer."""
        public = self.env.ref('mail.mt_comment')
        return any(
            message.subtype_id == public and message.author_id.user_ids.filtered(lambda user: not user.share)
            and message.message_type == 'comment' for message in self.message_ids
        )

    def _follow_dispute(self) -> None:
        """Keep what is disputed out of reminders while the case is open. Extended where reminders are known."""

    def _rating_to_give(self) -> str:
        """Return the secret of the rating that the customer was asked for and did not give yet."""
        self.ensure_one()
        return self.rating_ids.filtered(lambda rating: not rating.consumed)[:1].access_token or ''

    def _rating_get_partner(self):
        return self.partner_id

    def _set_state(self, state: str) -> None:
        self.check_access('write')
        changing = self.filtered(lambda case: case.state != state)
        if wrong := changing.filtered(lambda case: case.state not in SOURCES[state])[:1]:
            states = dict(self._fields['state']._description_selection(self.env))
            raise UserError(self.env._(
                "%(case)s is %(state)s and cannot become %(target)s.", case=wrong.display_name,
                state=states[wrong.state], target=states[state],
            ))
        changing.with_context(case_gate=CASE_GATE).write({'state': state})

    # === CRON === #

    @api.model
    def _cron_warn_of_deadlines(self) -> None:
        """Give somebody an activity for each case whose legal deadline is near, once a deadline."""
        today = fields.Date.context_today(self)
        near = Domain('state', 'in', ('new', 'open')) & Domain('date_deadline', '<=', fields.Date.add(today, days=7))
        cases = self.search(near).filtered(
            lambda case: case.warned_for != case.date_deadline and case.days_left <= WARN_DAYS)
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(cases))
        for start in range(0, len(cases), WARN_BATCH):
            batch = cases[start:start + WARN_BATCH]
            for case in batch:
                case._warn()
            if not cron._commit_progress(len(batch)):
                return

    def _warn(self) -> None:
        self.activity_schedule(
            'mail.mail_activity_data_todo', date_deadline=self.date_deadline,
            summary=self.env._("Answer until %s", self.date_deadline),
            user_id=(self.user_id or self.partner_id.user_id or self.env.ref('base.user_admin')).id,
        )
        self.warned_for = self.date_deadline

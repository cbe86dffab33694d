"""Circulars: news for an audience, on the board of the panel, by e-mail and by SMS, with proof of reading."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

CIRCULAR_GATE = object()
"""Only this module's own methods pass it: an object cannot be sent by a remote call."""
BATCH = 500
AUDIENCES = [
    ('customers', "All customers"), ('contracts', "Customers with a running contract"), ('plans', "Customers of plans"),
    ('tags', "Customers with tags"), ('domain', "Customers that a filter finds"),
]


class PortalCircular(models.Model):
    _name = 'portal.circular'
    _description = "Circular"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date_planned desc, id desc'
    _check_company_auto = True

    name = fields.Char("Subject", required=True, translate=True, tracking=True)
    topic = fields.Selection(
        [('offer', "Offer"), ('news', "New services"), ('closing', "Holidays and closing"), ('notice', "Announcement")],
        required=True, default='notice', tracking=True,
        help="An offer is advertising: it goes only to customers who did not opt out of it.",
    )
    body = fields.Html(required=True, translate=True, sanitize_attributes=False)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    audience = fields.Selection(AUDIENCES, required=True, default='contracts', tracking=True)
    plan_ids = fields.Many2many('service.plan', string="Plans", check_company=True)
    tag_ids = fields.Many2many('res.partner.category', string="Tags")
    partner_domain = fields.Char("Filter", default='[]')
    audience_count = fields.Integer("Would get it now", compute='_compute_audience_count')
    on_board = fields.Boolean("On the board", default=True)
    by_email = fields.Boolean("By e-mail")
    by_sms = fields.Boolean("By SMS")
    sms_text = fields.Char("SMS", translate=True)
    date_planned = fields.Datetime("Send on", default=fields.Datetime.now, required=True)
    date_until = fields.Date("On the board until", help="Empty: for good.")
    state = fields.Selection(
        [('draft', "Draft"), ('planned', "Planned"), ('sending', "Being sent"), ('sent', "Sent"),
         ('cancelled', "Cancelled")],
        "Status", required=True, readonly=True, default='draft', copy=False, index=True, tracking=True,
    )
    recipient_ids = fields.One2many('portal.circular.recipient', 'circular_id', "Recipients")
    recipient_count = fields.Integer("Sent to", compute='_compute_counts')
    read_count = fields.Integer("Read", compute='_compute_counts')
    read_share = fields.Float("Share that read it", compute='_compute_counts')

    # === COMPUTE === #

    @api.depends('audience', 'plan_ids', 'tag_ids', 'partner_domain', 'topic', 'company_id')
    def _compute_audience_count(self):
        for circular in self:
            circular.audience_count = self.env['res.partner'].search_count(circular._audience_domain())

    @api.depends('recipient_ids.read_on')
    def _compute_counts(self):
        counts = {circular: rest for circular, *rest in self.env['portal.circular.recipient']._read_group(
            [('circular_id', 'in', self.ids)], ['circular_id'], ['__count', 'read_on:count'],
        )}
        for circular in self:
            count, read = counts.get(circular._origin, (0, 0))
            circular.recipient_count, circular.read_count = count, read
            circular.read_share = read / count if count else 0.0

    def _audience_domain(self) -> Domain:
        """Return who gets the circular: customers of the company, without those who opted out of its topic."""
        self.ensure_one()
        domain = Domain('active', '=', True) & Domain('company_id', 'in', (False, self.company_id.id))
        domain &= {
            'customers': Domain('customer_rank', '>', 0),
            'contracts': self._contract_domain(),
            'plans': self._contract_domain(Domain('plan_id', 'in', self.plan_ids.ids)),
            'tags': Domain('category_id', 'in', self.tag_ids.ids),
            'domain': Domain(self._own_filter()),
        }[self.audience or 'contracts']
        return domain & Domain('circular_opt_out', '=', False) if self.topic == 'offer' else domain

    def _contract_domain(self, more: Domain = Domain.TRUE) -> Domain:
        contracts = self.env['service.contract']._search(
            Domain('company_id', '=', self.company_id.id) & Domain('state', 'in', ('active', 'suspended')) & more)
        return Domain('id', 'in', self.env['service.contract'].browse(contracts).partner_id.ids)

    def _own_filter(self) -> list:
        try:
            return safe_eval(self.partner_domain or '[]')
        except Exception as error:
            raise UserError(self.env._("%s: the filter cannot be read. Choose it again.", self.display_name)) from error

    # === CRUD === #

    def write(self, vals):
        if self.env.context.get('circular_gate') is not CIRCULAR_GATE:
            if 'state' in vals:
                raise UserError(self.env._("The status of a circular changes by its buttons only."))
            if self.filtered(lambda circular: circular.state in ('sending', 'sent')) and set(vals) - {'date_until'}:
                raise UserError(self.env._("A circular that went out stays as it was read. Make a copy of it."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        if self.filtered(lambda circular: circular.state in ('sending', 'sent')):
            raise UserError(self.env._("A circular that went out stays for the records."))

    # === ACTIONS === #

    def action_plan(self) -> bool:
        """Let circulars go out at their time.

        :raises UserError: naming a circular without channel or audience.
        """
        self.check_access('write')
        for circular in self.filtered(lambda circular: circular.state == 'draft'):
            circular._check_complete()
            circular._set_state('planned')
        return True

    def action_cancel(self) -> bool:
        """Take back circulars that did not go out yet; those that did are left as they are."""
        self.check_access('write')
        self.filtered(lambda circular: circular.state in ('draft', 'planned'))._set_state('cancelled')
        return True

    def action_draft(self) -> bool:
        """Take planned or cancelled circulars up again."""
        self.check_access('write')
        self.filtered(lambda circular: circular.state in ('planned', 'cancelled'))._set_state('draft')
        return True

    def action_view_recipients(self) -> dict:
        """Open who got the circular and who read it."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('customer_portal_ext.portal_circular_recipient_action')
        return {**action, 'domain': [('circular_id', '=', self.id)]}

    def _check_complete(self) -> None:
        if not (self.on_board or self.by_email or self.by_sms):
            raise UserError(self.env._("%s goes out nowhere. Choose board, e-mail or SMS.", self.display_name))
        if self.by_sms and not self.sms_text:
            raise UserError(self.env._("%s has no text for the SMS.", self.display_name))
        if not self.audience_count:
            raise UserError(self.env._("%s has no audience: nobody would get it.", self.display_name))

    def _set_state(self, state: str) -> None:
        self.with_context(circular_gate=CIRCULAR_GATE).write({'state': state})

    # === SEND === #

    @api.model
    def _cron_send(self) -> None:
        """Send the circulars whose time has come, in batches; whoever got one does not get it again."""
        due = self.search([('state', 'in', ('planned', 'sending')), ('date_planned', '<=', fields.Datetime.now())])
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(due))
        for circular in due:
            if circular.state == 'planned':
                circular._address()
                cron._commit_progress()
            while recipients := circular._next_recipients():
                recipients._send()
                if not cron._commit_progress():
                    return
            circular._set_state('sent')
            if not cron._commit_progress(1):
                return

    def _address(self) -> None:
        """Write down who gets the circular; the unique index keeps everybody to one row."""
        partners = self.env['res.partner'].search(self._audience_domain())
        known = set(self.recipient_ids.partner_id.ids)
        self.env['portal.circular.recipient'].create([
            {'circular_id': self.id, 'partner_id': partner.id} for partner in partners if partner.id not in known
        ])
        self._set_state('sending')

    def _next_recipients(self):
        return self.env['portal.circular.recipient'].search(
            [('circular_id', '=', self.id), ('state', '=', 'waiting')], order='id', limit=BATCH,
        ).try_lock_for_update()


class PortalCircularRecipient(models.Model):
    _name = 'portal.circular.recipient'
    _description = "Recipient of a Circular"
    _order = 'id desc'
    _rec_name = 'circular_id'

    circular_id = fields.Many2one('portal.circular', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='circular_id.company_id', store=True, index=True)
    partner_id = fields.Many2one('res.partner', "Customer", required=True, readonly=True, index=True,
                                 ondelete='cascade')
    state = fields.Selection(
        [('waiting', "Waiting"), ('sent', "Sent")], "Status", required=True, readonly=True, default='waiting',
    )
    is_published = fields.Boolean("On the board", readonly=True)
    mail_id = fields.Many2one('mail.mail', "E-mail", readonly=True, ondelete='set null', index='btree_not_null')
    email_note = fields.Char("Not by e-mail because", readonly=True)
    sms_id = fields.Many2one('sms.sms', "SMS", readonly=True, ondelete='set null', index='btree_not_null')
    sms_note = fields.Char("Not by SMS because", readonly=True)
    read_on = fields.Datetime("Read on", readonly=True)
    date_until = fields.Date(related='circular_id.date_until', store=True)

    _once = models.UniqueIndex("(circular_id, partner_id)", "This customer gets the circular already.")

    def _send(self) -> None:
        """Put the circular on the boards, and its mails and messages into their queues, in this transaction."""
        for circular, recipients in self.grouped('circular_id').items():
            recipients.write({'state': 'sent', 'is_published': circular.on_board})
            if circular.by_email:
                recipients._queue_mails(circular)
            if circular.by_sms:
                recipients._queue_messages(circular)

    def _queue_mails(self, circular) -> None:
        # sudo: who issues circulars need not have the right to read who is blocked, or to write mails
        blocked = set(self.env['mail.blacklist'].sudo().search(
            [('email', 'in', self.partner_id.mapped('email_normalized'))]).mapped('email'))
        refused = self._refused('email')
        for recipient in self:
            partner = recipient.partner_id
            if not partner.email_normalized:
                recipient.email_note = self.env._("no e-mail address")
            elif partner.email_normalized in blocked or partner in refused:
                recipient.email_note = self.env._("does not want e-mails")
        wanted = self.filtered(lambda recipient: not recipient.email_note)
        mails = self.env['mail.mail'].sudo().create([recipient._prepare_mail_vals(circular) for recipient in wanted])
        for recipient, mail in zip(wanted, mails, strict=True):
            recipient.mail_id = mail

    def _prepare_mail_vals(self, circular) -> dict:
        told = circular.with_context(lang=self.partner_id.lang)
        return {
            'subject': told.name, 'body_html': told.body, 'recipient_ids': [(4, self.partner_id.id)],
            'email_from': circular.company_id.email_formatted or self.env.user.email_formatted, 'auto_delete': False,
        }

    def _queue_messages(self, circular) -> None:
        refused = self._refused('sms')
        for recipient in self:
            if not recipient.partner_id.phone:
                recipient.sms_note = self.env._("no telephone number")
            elif recipient.partner_id in refused:
                recipient.sms_note = self.env._("does not want text messages")
        wanted = self.filtered(lambda recipient: not recipient.sms_note)
        # sudo: who issues circulars need not have the right to write text messages
        messages = self.env['sms.sms'].sudo().create([{
            'partner_id': recipient.partner_id.id, 'number': recipient.partner_id._phone_format(fname='phone')
            or recipient.partner_id.phone,
            'body': circular.with_context(lang=recipient.partner_id.lang).sms_text,
        } for recipient in wanted])
        for recipient, message in zip(wanted, messages, strict=True):
            recipient.sms_id = message

    def _refused(self, channel: str):
        """Return the customers of these that refused a channel."""
        return self.env['message.consent'].sudo().search([
            ('partner_id', 'in', self.partner_id.ids), ('channel', '=', channel), ('state', '=', 'refused'),
        ]).partner_id

    @api.model
    def _board_domain(self) -> list:
        """Return the circulars that stand on the board of the user today."""
        today = fields.Date.context_today(self)
        return [
            ('partner_id', 'child_of', self.env.user.partner_id.commercial_partner_id.id),
            ('is_published', '=', True), '|', ('date_until', '=', False), ('date_until', '>=', today),
        ]

    def _mark_read(self) -> None:
        """Note the first time a customer opened the circular."""
        self.filtered(lambda recipient: not recipient.read_on).read_on = fields.Datetime.now()

"""What customers ask for: end, another plan, options, a pause, other data; approved by rule or by staff."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

REQUEST_GATE = object()
"""Only this module's own methods pass it: an object cannot be sent by a remote call."""
KINDS = [
    ('end', "End a contract"), ('change', "Another plan"), ('book', "Book an option"), ('unbook', "Book an option off"),
    ('pause', "Pause"), ('data', "Change of data"), ('payment', "Change of payment method"),
    ('arrangement', "Payment arrangement"), ('withdraw', "Withdrawal"),
]


class ServiceRequest(models.Model):
    _name = 'service.request'
    _description = "Request of a Customer"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'sent_on desc, id desc'
    _check_company_auto = True

    name = fields.Char("Number", required=True, readonly=True, copy=False, default=lambda self: self.env._("New"))
    kind = fields.Selection(KINDS, required=True, tracking=True)
    partner_id = fields.Many2one('res.partner', "Customer", index='btree_not_null', ondelete='restrict')
    contract_id = fields.Many2one('service.contract', check_company=True, index='btree_not_null', ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    date_wanted = fields.Date("Wanted for")
    date_until = fields.Date("Until", help="The first day with service again, of a pause.")
    plan_id = fields.Many2one('service.plan', "Plan wanted", ondelete='restrict')
    option_id = fields.Many2one('service.plan.line', "Option", ondelete='restrict')
    message = fields.Text("In the customer's words")
    effect = fields.Json(readonly=True, help="What the customer was shown: rows of a label and a text.")
    effect_html = fields.Html("What was shown", compute='_compute_effect_html', sanitize=False)
    sender_name = fields.Char("Name", help="Of a request without login.")
    sender_email = fields.Char("E-mail")
    contract_ref = fields.Char("Contract as written")
    is_extraordinary = fields.Boolean("For cause", help="Without notice period, for a reason given.")
    sent_on = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    state = fields.Selection(
        [('sent', "Sent"), ('done', "Done"), ('refused', "Refused"), ('withdrawn', "Taken back")],
        "Status", required=True, readonly=True, default='sent', copy=False, index=True, tracking=True,
    )
    decided_on = fields.Datetime(readonly=True, copy=False)
    decided_by = fields.Many2one('res.users', readonly=True, copy=False)
    refuse_reason = fields.Char("Why not", readonly=True, copy=False, tracking=True)

    _one_open = models.UniqueIndex(
        "(contract_id, kind, COALESCE(option_id, 0))"
        " WHERE state = 'sent' AND contract_id IS NOT NULL AND sender_email IS NULL",
        "The same wish for this contract waits for an answer already.",
    )

    def _compute_effect_html(self):
        for request in self:
            request.effect_html = self.env['ir.qweb']._render(
                'service_contracts.explanation_table', {'rows': request.effect or []})

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            company = self.env['res.company'].browse(vals.get('company_id') or self.env.company.id)
            vals['name'] = self.env['ir.sequence'].with_company(company).next_by_code('service.request')
            vals['state'] = 'sent'
        return super().create(vals_list)

    def write(self, vals):
        if 'state' in vals and self.env.context.get('request_gate') is not REQUEST_GATE:
            raise UserError(self.env._("The status of a request changes by its buttons only."))
        return super().write(vals)

    # === ACTIONS === #

    def action_approve(self) -> bool:
        """Do what was asked for; done requests are left as they are.

        :raises UserError: naming a request that is settled otherwise, or why it cannot be done.
        """
        self.check_access('write')
        waiting = self.filtered(lambda request: request.state != 'done')
        waiting._check_sent()
        for request in waiting:
            request._carry_out()
            request._settle('done')
        return True

    def action_refuse(self, reason: str = '') -> bool:
        """Refuse requests and tell the customers why.

        :param reason: a sentence for the customer.
        """
        self.check_access('write')
        waiting = self.filtered(lambda request: request.state != 'refused')
        waiting._check_sent()
        waiting._settle('refused', refuse_reason=reason or self.env._("Please contact us: this is not possible so."))
        return True

    def action_view_contract(self) -> dict:
        """Open the contract."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'service.contract', 'res_id': self.contract_id.id,
            'view_mode': 'form',
        }

    # === BUSINESS === #

    @api.model
    def _send(self, vals: dict):
        """Take a request; the same wish that waits already is the same request. By rule it is done at once."""
        same = Domain([
            ('state', '=', 'sent'), ('sender_email', '=', False), ('kind', '=', vals['kind']),
            ('contract_id', '=', vals['contract_id']), ('option_id', '=', vals.get('option_id') or False)])
        if vals['contract_id'] and (known := self.search(same, limit=1)):
            return known
        request = self.create(vals)
        if request._is_approved_by_rule():
            request.action_approve()
        else:
            request._ask_staff()
        return request

    def _is_approved_by_rule(self) -> bool:
        """Tell whether the company lets this kind of request be done without a look; extend it for finer rules."""
        allowed = {
            'end': self.company_id.portal_auto_end, 'change': self.company_id.portal_auto_change,
            'book': self.company_id.portal_auto_change, 'unbook': self.company_id.portal_auto_change,
            'pause': self.company_id.portal_auto_pause,
        }
        return bool(self.contract_id and not self.sender_email and not self.is_extraordinary
                    and allowed.get(self.kind))

    def _ask_staff(self) -> None:
        for request in self:
            user = request.contract_id.user_id or request.partner_id.user_id or self.env.ref('base.user_admin')
            request.activity_schedule(
                'mail.mail_activity_data_todo', user_id=user.id, summary=request._kind_label(),
                date_deadline=fields.Date.add(request.company_id._service_today(), days=2),
            )

    def _carry_out(self) -> None:
        """Do what was asked for with the contract; other kinds are carried out by people."""
        contract, reason = self.contract_id, self.env._("Request %s", self.name)
        if self.kind == 'end':
            self._check_contract()
            contract._end(self.date_wanted or contract._earliest_end(), reason)
        elif self.kind == 'change':
            vals = {'plan_id': self.plan_id.id, 'plan_interval_id': self.plan_interval_id.id}
            wish = contract._wish({**self._prepare_change(contract, vals), 'reason': reason})
            contract._request_change(wish, f'request:{self.id}')
        elif self.kind == 'book':
            contract._book(self.option_id, self.date_wanted or None, None)
        elif self.kind == 'unbook':
            contract._unbook(self.option_id, None, reason)
        elif self.kind == 'pause':
            contract.action_pause(
                fields.Date.to_string(self.date_wanted), fields.Date.to_string(self.date_until) or None, reason)

    def _check_contract(self) -> None:
        if not self.contract_id:
            raise UserError(self.env._("%s names no contract that we know. Choose it first.", self.name))

    def _withdraw(self) -> None:
        """Take back requests that wait, at the wish of the customer."""
        self._check_sent()
        self._settle('withdrawn')

    def _settle(self, state: str, **vals) -> None:
        self.with_context(request_gate=REQUEST_GATE).write({
            'state': state, 'decided_on': fields.Datetime.now(), 'decided_by': self.env.user.id, **vals,
        })
        self.activity_ids.unlink()
        template = self.env.ref('customer_portal_ext.mail_template_request_answer')
        for request in self:
            if request.partner_id and state in ('done', 'refused'):
                request.message_post_with_source(template, subtype_xmlid='mail.mt_comment')

    def _check_sent(self) -> None:
        if wrong := self.filtered(lambda request: request.state != 'sent')[:1]:
            states = dict(self._fields['state']._description_selection(self.env))
            raise UserError(self.env._(
                "%(request)s is %(state)s already.", request=wrong.name, state=states[wrong.state].lower(),
            ))

    def _kind_label(self) -> str:
        return dict(self._fields['kind']._description_selection(self.env))[self.kind]

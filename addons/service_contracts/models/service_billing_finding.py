"""What the double-check of the billing found: one record for each difference, until it is solved or accepted."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .service_gate import SERVICE_GATE, has_passed_gate

KIND_SELECTION = [
    ('gap', "Period not billed"),
    ('overlap', "Period billed twice"),
    ('no_invoice', "Charge without posted invoice"),
    ('no_entry', "Invoice line without charge"),
    ('void_open', "Void charge that is still invoiced"),
    ('ledger_invoice', "Ledger and invoice differ"),
    ('booking', "Invoice line and booking differ"),
    ('price', "Ledger and price on the invoice differ"),
    ('calculation', "Charge differs from its calculation"),
    ('rating', "Tiers or usage give another amount"),
    ('usage', "Usage differs from what was billed"),
    ('grid', "Charge reaches beyond its period"),
    ('period', "Period is not that of the contract"),
    ('charge_date', "Charged on another day"),
    ('terms', "Quantity or price are not those of the contract"),
    ('invoice_period', "Ledger and invoice tell other days"),
    ('pending', "Pending charge not billed"),
    ('credit_balance', "Balance and history of a credit differ"),
    ('credit_use', "Credit on an invoice and its history differ"),
    ('credit_payment', "Credit used and its booking differ"),
]
ALLOWED = {'solved': ('open', 'accepted'), 'accepted': ('open',), 'open': ('solved', 'accepted')}


class ServiceBillingFinding(models.Model):
    _name = 'service.billing.finding'
    _description = "Finding of the Billing Check"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'first_seen desc, id desc'

    key = fields.Char(required=True, readonly=True)
    kind = fields.Selection(KIND_SELECTION, required=True, readonly=True)
    state = fields.Selection(
        [('open', "Open"), ('solved', "Solved"), ('accepted', "Accepted")], "Status", required=True, readonly=True,
        default='open', index=True, tracking=True,
    )
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", readonly=True, index=True, ondelete='cascade',
        help="Empty: the finding is about a customer's credit.",
    )
    contract_id = fields.Many2one(related='contract_line_id.contract_id', store=True)
    partner_id = fields.Many2one(related='contract_line_id.partner_id', store=True)
    currency_id = fields.Many2one(related='contract_line_id.currency_id')
    entry_id = fields.Many2one('service.billing.entry', "Charge", readonly=True, ondelete='set null')
    move_id = fields.Many2one('account.move', "Invoice", readonly=True, ondelete='set null')
    source_id = fields.Integer(
        readonly=True, help="The id of the charge, invoice line, service or credit that is wrong.",
    )
    period_start = fields.Date("From", readonly=True)
    period_end = fields.Date("Until before", readonly=True)
    expected_start = fields.Date("Expected from", readonly=True)
    expected_end = fields.Date("Expected until before", readonly=True)
    expected = fields.Float(digits=(18, 6), readonly=True, help="An amount; of usage, a quantity.")
    found = fields.Float(digits=(18, 6), readonly=True, help="An amount; of usage, a quantity.")
    difference = fields.Float(digits=(18, 6), compute='_compute_difference')
    summary = fields.Char("What is wrong", compute='_compute_summary')
    advice = fields.Char("What to do", compute='_compute_advice')
    first_seen = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    last_seen = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    solved_on = fields.Datetime("Solved", readonly=True)
    reason = fields.Char(help="Why the difference is right as it is.")

    _key_is_unique = models.UniqueIndex("(key)", "This difference has been found already.")

    # === COMPUTE === #

    @api.depends('expected', 'found')
    def _compute_difference(self):
        for finding in self:
            finding.difference = finding.found - finding.expected

    @api.depends('kind', 'period_start', 'period_end', 'expected_start', 'expected_end', 'expected', 'found')
    @api.depends_context('lang')
    def _compute_summary(self):
        sentences = self._summary_by_kind()
        for finding in self:
            kind = f'{finding.kind}_free' if finding.kind == 'period' and not finding.expected_start else finding.kind
            sentence = sentences.get(kind) or self.env._("%(kind)s: %(found)s instead of %(expected)s, %(days)s.")
            finding.summary = sentence % finding._summary_words()

    @api.depends('kind')
    def _compute_advice(self):
        advice = self._advice_by_kind()
        for finding in self:
            finding.advice = advice.get(finding.kind, '')

    @api.depends('kind', 'contract_line_id', 'period_start')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for finding in self:
            service = finding.contract_line_id.display_name or finding.source_id
            finding.display_name = f'{service}: {kinds.get(finding.kind, "")}'

    def _summary_by_kind(self) -> dict[str, str]:
        env = self.env
        return {
            'gap': env._("%(service)s: nothing was charged for %(days)s; %(expected)s are owed."),
            'overlap': env._("%(service)s: days of %(days)s were charged twice, here with %(found)s."),
            'no_entry': env._("%(service)s: an invoice charges %(found)s for %(days)s, of which the ledger knows "
                              "nothing."),
            'no_invoice': env._("%(service)s: the ledger charges %(expected)s for %(days)s, but no posted invoice "
                                "does."),
            'period': env._("%(service)s: %(days)s were charged as a period; by the contract it is %(expected_days)s."),
            'period_free': env._("%(service)s: %(days)s were charged, but by the contract nothing is owed for them."),
            'charge_date': env._("%(service)s: %(days)s were charged on another day than %(expected_start)s, when they "
                                 "fell due."),
            'terms': env._("%(service)s: %(days)s were charged with %(found)s; what was agreed gives %(expected)s."),
            'invoice_period': env._("%(service)s: the ledger charges %(days)s, the invoice tells %(expected_days)s."),
        }

    def _summary_words(self) -> dict[str, str]:
        """Return what a sentence may tell of this finding."""
        self.ensure_one()
        currency = self.currency_id or self.company_id.currency_id
        is_amount = self.kind != 'usage'
        return {
            'kind': dict(self._fields['kind']._description_selection(self.env))[self.kind],
            'service': self.contract_line_id.display_name or '', 'days': self._days(self.period_start, self.period_end),
            'expected_days': self._days(self.expected_start, self.expected_end),
            'expected_start': format_date(self.env, self.expected_start) if self.expected_start else '',
            **{name: currency.format(self[name]) if is_amount else f'{self[name]:g}' for name in ('expected', 'found')},
        }

    def _days(self, start, end) -> str:
        """Return days as a customer reads them, the last one included."""
        if not start:
            return ''
        last_day = format_date(self.env, end - timedelta(days=1)) if end else ''
        return self.env._("%(start)s to %(last_day)s", start=format_date(self.env, start), last_day=last_day)

    def _advice_by_kind(self) -> dict[str, str]:
        env = self.env
        return {
            'gap': env._("Start a billing run, or check the dates and pauses of the service."),
            'overlap': env._("Credit one of the two invoices."),
            'no_invoice': env._("Post the invoice again. If it is gone, ask your administrator: no run makes this "
                                "charge anew."),
            'no_entry': env._("Credit the invoice line; a run knows nothing of it and may charge the period again."),
            'void_open': env._("Credit the invoice: the period may be charged again."),
            'ledger_invoice': env._("Compare the invoice with the charge. If the invoice was changed, credit it."),
            'booking': env._("The journal item was changed after posting. Compare its log and correct it."),
            'price': env._("Quantity, price or discount on the invoice were changed. Credit the invoice."),
            'calculation': env._("Compare the charge with how it came about. Credit the invoice if it is wrong."),
            'rating': env._("Compare the charge with how it came about. Credit the invoice if it is wrong."),
            'usage': env._("Records were added or lost after billing. Send the difference as late usage."),
            'grid': env._("Compare the charge with the periods of the service. Credit the invoice if it is wrong."),
            'period': env._("Compare the charge with dates, pauses and changes of the service. Credit the invoice and "
                            "let the next run charge the days that are owed."),
            'charge_date': env._("Compare the charge with the dates of the service. The amount is not concerned."),
            'terms': env._("Compare quantity, price and discounts with what was agreed for these days. Credit the "
                           "invoice if it is wrong."),
            'invoice_period': env._("The days on the invoice line were changed. Compare and correct them."),
            'pending': env._("Start a billing run for the contract, or cancel the pending charge."),
            'credit_balance': env._("Compare the credit with its history; ask your administrator to correct the "
                                    "balance."),
            'credit_use': env._("Compare the invoice with the history of the credit. Credit the invoice if it is "
                                "wrong."),
            'credit_payment': env._("The journal entry that used, refunded or expired the credit was changed. Compare "
                                    "and correct it."),
        }

    # === CRUD === #

    def write(self, vals):
        if not self.env.su and not has_passed_gate(self.env) and 'state' in vals:
            raise UserError(self.env._("The status of a finding changes by its buttons only."))
        return super().write(vals)

    # === ACTIONS === #

    def action_accept(self) -> bool:
        """Leave these differences as they are; each needs its reason.

        :raises UserError: naming a finding without reason.
        """
        self.check_access('write')
        if missing := self.filtered(lambda finding: not finding.reason)[:1]:
            raise UserError(self.env._("%s: write down why it is right as it is, then accept it.",
                                       missing.display_name))
        self._pass_gate('accepted')
        return True

    def action_reopen(self) -> bool:
        """Put accepted findings back on the list of what is to be done."""
        self.check_access('write')
        self._pass_gate('open')
        return True

    def action_open_invoice(self) -> dict:
        """Open the invoice of the finding."""
        self.ensure_one()
        return {'type': 'ir.actions.act_window', 'res_model': 'account.move', 'res_id': self.move_id.id,
                'view_mode': 'form', 'views': [(False, 'form')]}

    @api.model
    def action_check_all(self) -> dict:
        """Have the whole ledger of the chosen companies checked anew, by the scheduler."""
        self.browse().check_access('write')
        # sudo: the companies keep how far the check came
        self.env.companies.sudo().write({'service_checked_on': False, 'service_check_after': 0})
        self.env.ref('service_contracts.ir_cron_check_billing').sudo()._trigger()  # sudo: whoever may work on findings
        return {'type': 'ir.actions.client', 'tag': 'display_notification', 'params': {
            'message': self.env._("The whole ledger is checked in the background. Look again in some minutes."),
            'type': 'info',
        }}

    # === BUSINESS === #

    def _pass_gate(self, state: str) -> None:
        """Change the status; of what cannot get there nothing changes."""
        movable = self.filtered(lambda finding: finding.state in ALLOWED[state])
        vals = {'state': state, 'solved_on': fields.Datetime.now() if state == 'solved' else False}
        movable.with_context(service_gate=SERVICE_GATE).write(vals)
        if state != 'open':
            movable.activity_unlink(['mail.mail_activity_data_todo'])

    @api.model
    def _report(self, company, kinds: tuple[str, ...], found: list[dict], complete: bool = True):
        """Keep what a check found of some kinds, solve what it found no more, and return what is new.

        :param complete: the check looked at everything that was open; False solves nothing.
        """
        known = self.search([('key', 'in', [vals['key'] for vals in found])]).grouped('key')
        now = fields.Datetime.now()
        new = self.create([{**vals, 'company_id': company.id} for vals in found if vals['key'] not in known])
        for vals in found:
            if finding := known.get(vals['key']):
                finding._see_again(vals, now)
        if complete:
            keys = {vals['key'] for vals in found}
            unsolved = self.search([
                ('company_id', '=', company.id), ('kind', 'in', kinds), ('state', 'in', ('open', 'accepted')),
            ])
            unsolved.filtered(lambda finding: finding.key not in keys)._pass_gate('solved')
        return new

    def _see_again(self, vals: dict, now) -> None:
        """Note that the difference is still there; a new amount makes it open again."""
        has_changed = any(round(self[name] - vals[name], 6) for name in ('expected', 'found'))
        self.write({**vals, 'last_seen': now})
        if self.state == 'solved' or has_changed:
            self._pass_gate('open')

    def _ask_accountant(self) -> None:
        """Put one activity for all of these findings on the first of them."""
        for company, findings in self.grouped('company_id').items():
            user = company.service_check_user_id or findings.contract_id.user_id[:1]
            if user:
                findings[:1].activity_schedule(
                    'mail.mail_activity_data_todo', user_id=user.id,
                    summary=self.env._("Billing check: %(count)s new findings", count=len(findings)),
                )

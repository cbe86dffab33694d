"""Financing providers: banks and credit services that pay the company and to whom the customer then owes.

A real provider adds its code and methods `_<code>_send_application`, `_<code>_ask_application`; the sandbox shows how.
"""

import json
import secrets
import time

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.financing import Answer, is_genuine, sign

EVENTS = ('pending', 'approved', 'declined', 'paid_out')


class InstallmentFinancingProvider(models.Model):
    _name = 'installment.financing.provider'
    _description = "Financing Provider"
    _order = 'sequence, name, id'
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Selection([('sandbox', "Sandbox")], "Interface", required=True, default='sandbox')
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        'res.partner', "Contact", required=True, ondelete='restrict', help="Who owes the company what was financed.",
    )
    journal_id = fields.Many2one(
        'account.journal', "Paid into", check_company=True, domain="[('type', 'in', ('bank', 'cash'))]",
        ondelete='restrict', help="Where the provider pays. Empty: the first bank of the company.",
    )
    fee_percent = fields.Float("Fee in percent", help="What the provider keeps of the financed amount.")
    fee_fixed = fields.Float("Fixed fee", digits='Product Price')
    waits_for_deposit = fields.Boolean(
        "Order waits for the deposit", help="An approved order is confirmed once the customer has paid what is due at "
        "once. Otherwise it is confirmed by the approval, and its invoice asks for the deposit.",
    )
    fee_account_id = fields.Many2one(
        'account.account', "Fees go to", check_company=True, ondelete='restrict', help="Empty: made on first use.",
    )
    webhook_secret = fields.Char(
        copy=False, default=lambda self: secrets.token_hex(32), groups='installment_sales.group_installment_manager',
        help="Signs what the provider tells. Without it nothing is taken.",
    )
    webhook_url = fields.Char("Tells the company at", compute='_compute_webhook_url')
    sandbox_outcome = fields.Selection(
        [('approved', "Approves"), ('declined', "Declines"), ('pending', "Decides later"),
         ('silent', "Gets it, does not answer"), ('lost', "Does not even get it")],
        "The sandbox", default='approved', required=True,
    )
    application_ids = fields.One2many('installment.financing.application', 'provider_id', "Applications")

    _fees_in_range = models.Constraint(
        'CHECK (fee_percent BETWEEN 0 AND 100 AND fee_fixed >= 0)', "Fees lie between 0 and 100 percent.",
    )

    @api.depends('company_id')
    def _compute_webhook_url(self):
        for provider in self:
            provider.webhook_url = f'{provider.get_base_url()}/installments/financing/{provider._origin.id}'

    # === SEAM === #

    def _send_application(self, application) -> Answer:
        """Send an application, named by its `request_uuid`, which the provider must treat as one application.

        :raises NoAnswer: if nobody knows whether it arrived.
        """
        return getattr(self, f'_{self.code}_send_application')(application)

    def _ask_application(self, application) -> Answer:
        """Ask what became of an application; 'missing' if the provider never got it.

        :raises NoAnswer: if the provider does not answer.
        """
        return getattr(self, f'_{self.code}_ask_application')(application)

    # === WHAT THE PROVIDER TELLS === #

    def _receive(self, timestamp: str, signature: str, body: bytes) -> int:
        """Take a signed message and return the HTTP status that answers it."""
        if not is_genuine(self.webhook_secret or '', timestamp, body, signature, int(time.time())):
            return 403
        try:
            message = json.loads(body)
            event_id, kind, reference = (str(message[name]) for name in ('event_id', 'type', 'reference'))
        except (ValueError, TypeError, KeyError):
            return 400
        if kind not in EVENTS:
            return 400
        application = self.application_ids.filtered(lambda item: item.request_uuid == reference)
        if not application:
            return 404
        self.env['installment.financing.event']._take_once(application, event_id, kind, message)
        return 200

    def _signed(self, message: dict) -> tuple[str, str, bytes]:
        """Return (timestamp, signature, body) as the provider would send them."""
        body, timestamp = json.dumps(message).encode(), str(int(time.time()))
        return timestamp, sign(self.webhook_secret, timestamp, body), body

    # === FEES, ACCOUNTS === #

    def _fee(self, amount: float, currency) -> float:
        return currency.round(amount * self.fee_percent / 100 + self.fee_fixed)

    def _fee_account(self):
        return self.fee_account_id or self.company_id._installment_account('installment_provider_fee_account_id')

    def _payout_journal(self):
        journal = self.journal_id or self.env['account.journal'].search([
            *self.env['account.journal']._check_company_domain(self.company_id), ('type', '=', 'bank'),
        ], limit=1)
        if not journal:
            raise UserError(self.env._("%s pays into no bank journal. Choose one at the provider.", self.name))
        return journal

"""The one text that confirms a STOP: to a number that just opted out, once, where the contact rule allows it.

It is the last text the number gets. An outcome that is not known stays so: a doubt costs less than a second text.
"""

from uuid import uuid4

from odoo import api, fields, models

from ..rules.outbox import Outcome


class MessageOptOutReceipt(models.Model):
    _name = 'message.opt.out.receipt'
    _description = "Opt-out Confirmation"
    _inherit = ['dunning.gate.mixin']
    _order = 'id desc'
    _rec_name = 'number'
    _gated = ('number', 'state', 'body', 'gateway_id', 'consent_key')

    gateway_id = fields.Many2one('dunning.gateway', required=True, readonly=True, index=True, ondelete='cascade')
    number = fields.Char(required=True, readonly=True)
    lang = fields.Char("Language", readonly=True)
    body = fields.Char("Text", required=True, readonly=True)
    request_uuid = fields.Char(required=True, readonly=True, default=lambda self: uuid4().hex)
    state = fields.Selection(
        [('queued', "Queued"), ('called', "Handed over"), ('sent', "Sent"), ('failed', "Failed")],
        required=True, readonly=True, default='queued', index=True,
    )
    failure_reason = fields.Char(readonly=True)
    consent_key = fields.Char(required=True, readonly=True)

    _once = models.UniqueIndex('(consent_key)', "This opt-out was confirmed already.")

    # === BUSINESS === #

    @api.model
    def _confirm(self, gateway, number: str, event, partners) -> None:
        """Queue the confirmation of an opt-out that was not known before, if the rule of its company allows it."""
        company = gateway.company_id or partners.company_id[:1] or self.env.company
        rule = company.dunning_contact_rule_id
        if rule and not rule.confirms_opt_out:
            return
        lang = partners[:1].lang or company.partner_id.lang
        self._passed().create({
            'gateway_id': gateway.id, 'number': number, 'lang': lang, 'consent_key': f'{gateway.id}:{event.event}',
            'body': self.with_context(lang=lang).env._(
                "%(company)s: you get no more text messages from us. Answer START to get them again.",
                company=company.name,
            ),
        })
        self.env.ref('dunning_sms.ir_cron_send')._trigger()

    @api.model
    def _send_queued(self) -> None:
        """Send what waits, each once: the word that it is handed over is committed before the call."""
        cron = self.env['ir.cron']
        for receipt in self.search([('state', '=', 'queued')], limit=100):
            if not receipt.try_lock_for_update().filtered(lambda found: found.state == 'queued'):
                continue
            receipt._passed().state = 'called'
            cron._commit_progress()
            try:
                outcome = receipt.gateway_id._send(receipt.number, receipt.body, receipt.request_uuid)
            except Exception as error:  # whatever it was, the text may have left
                outcome = Outcome('unclear', type(error).__name__)
            receipt._take(outcome)
            cron._commit_progress()

    def _take(self, outcome: Outcome) -> None:
        """Write down what became of the call; one that is unclear stays “Handed over”."""
        state = {'accepted': 'sent', 'refused': 'failed', 'later': 'failed'}.get(outcome.kind, 'called')
        self._passed().write({'state': state, 'failure_reason': outcome.reason or False})

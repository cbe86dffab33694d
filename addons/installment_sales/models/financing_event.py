"""What providers told: every message once, whatever is repeated or comes at the same time."""

from odoo import api, fields, models
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation


class InstallmentFinancingEvent(models.Model):
    _name = 'installment.financing.event'
    _description = "Message of a Financing Provider"
    _order = 'id desc'

    provider_id = fields.Many2one(related='application_id.provider_id', store=True, index=True)
    application_id = fields.Many2one(
        'installment.financing.application', required=True, readonly=True, index=True, ondelete='cascade',
    )
    company_id = fields.Many2one(related='application_id.company_id', store=True, index=True)
    event_id = fields.Char("Message", required=True, readonly=True)
    kind = fields.Char(required=True, readonly=True)
    payload = fields.Json(readonly=True)

    _told_once = models.UniqueIndex("(application_id, event_id)", "This message has been taken already.")

    @api.model
    def _take_once(self, application, event_id: str, kind: str, message: dict) -> None:
        """Let an application take a message, unless the message is known."""
        try:
            with self.env.cr.savepoint(), mute_logger('odoo.sql_db'):
                self.create({
                    'application_id': application.id, 'event_id': event_id[:200], 'kind': kind, 'payload': message,
                }).flush_recordset()
        except UniqueViolation:
            return
        application._take_message(kind, message)

"""Mails of the outbox are sent by the outbox alone, so that the mail queue and a button never send one twice."""

from odoo import fields, models

from .dunning_gate import has_passed_gate


class MailMail(models.Model):
    _inherit = 'mail.mail'

    dunning_delivery_id = fields.Many2one(
        'dunning.delivery', "Reminder", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
    )

    def _send(self, *args, **kwargs):
        """Leave the mails of reminders to their outbox, which knows what was handed over already."""
        if has_passed_gate(self.env):
            return super()._send(*args, **kwargs)
        own = self.filtered('dunning_delivery_id')
        waiting = own.filtered(lambda mail: mail.state in ('outgoing', 'exception'))
        gone = waiting.filtered(lambda mail: mail.dunning_delivery_id.state in ('sent', 'delivered'))
        gone.write({'state': 'sent'})  # its sender died before it wrote that down here
        (waiting - gone).write({'state': 'cancel'})
        return super(MailMail, self - own)._send(*args, **kwargs) if self - own else True

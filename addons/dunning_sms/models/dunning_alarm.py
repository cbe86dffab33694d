"""The alarm of a channel that rests: one activity for whoever is responsible, closed when messages leave again."""

from odoo import api, models


class DunningAlarm(models.AbstractModel):
    _name = 'dunning.alarm'
    _description = "Alarm of a Silent Channel"

    @api.model
    def _raise(self, company, channel: str, count: int) -> None:
        """Give the responsible person an activity, unless one is open."""
        record, user = self._subject(company, channel)
        if self._open(record):
            return
        summary = self.env._("Reminders by e-mail rest") if channel == 'email' else self.env._("Text messages rest")
        record.activity_schedule(
            'dunning_sms.mail_activity_type_silent_channel', user_id=user.id, summary=summary,
            note=self.env._(
                "%(count)s calls in a row had no success. What waits goes out with the next activations; check the "
                "connection, the account and the outbox.", count=count,
            ),
        )

    @api.model
    def _clear(self, company, channel: str) -> None:
        """Close the alarm of a channel that works again."""
        record, _user = self._subject(company, channel)
        if found := self._open(record):
            found.action_feedback(feedback=self.env._("Messages leave again."))

    def _subject(self, company, channel: str) -> tuple:
        """Return what carries the alarm, the gateway or the company's own contact, and the user it is for."""
        gateway = company.dunning_gateway_id if channel == 'sms' else self.env['dunning.gateway']
        managers = self.env.ref('dunning_sms.group_dunning_manager').all_user_ids.filtered(
            lambda user: user.active and not user.share and company in user.company_ids)
        user = gateway.user_id or managers.sorted('id')[:1] or self.env.user
        return gateway or company.partner_id, user

    def _open(self, record):
        return self.env['mail.activity'].sudo().search([  # whoever it was given to
            ('res_model', '=', record._name), ('res_id', '=', record.id),
            ('activity_type_id', '=', self.env.ref('dunning_sms.mail_activity_type_silent_channel').id),
        ])

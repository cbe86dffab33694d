"""One statement for one customer, on its way by e-mail."""

from odoo import api, fields, models
from odoo.exceptions import UserError

TEMPLATE = 'dunning_sms.account_statement_mail_template'
REPORT = 'dunning_sms.account_statement_delivery_report_action'
MAIL_FIELDS = ('subject', 'body_html', 'email_from', 'reply_to')


class AccountStatementDelivery(models.Model):
    _name = 'account.statement.delivery'
    _description = "Statement Delivery"
    _inherit = ['account.statement.options']
    _order = 'id'
    _rec_name = 'partner_id'

    run_id = fields.Many2one('account.statement.run', "Run", required=True, readonly=True, ondelete='cascade')
    company_id = fields.Many2one(readonly=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, ondelete='restrict', index=True,
    )
    recipient_id = fields.Many2one('res.partner', "Recipient", readonly=True)
    email = fields.Char(readonly=True)
    as_of = fields.Date(readonly=True)
    date_from = fields.Date(readonly=True)
    group_by = fields.Selection(readonly=True)
    state = fields.Selection(
        [('queued', "Waiting"), ('sent', "Handed to mail"), ('skipped', "Left out"), ('failed', "Failed"),
         ('cancelled', "Cancelled")],
        required=True, readonly=True, default='queued', index=True,
    )
    reason = fields.Char(readonly=True)
    balance = fields.Monetary(readonly=True, help="Balance of the statement in the currency of the company.")
    currency_id = fields.Many2one(related='company_id.currency_id')
    mail_id = fields.Many2one('mail.mail', "E-mail", readonly=True, groups='base.group_system')
    sent_on = fields.Datetime("Handed over on", readonly=True)
    summary_html = fields.Html("In the mail", compute='_compute_summary_html', sanitize=False)

    _key = models.UniqueIndex("(run_id, partner_id)", "A run sends each customer one statement.")
    _queue = models.Index("(run_id, id) WHERE state = 'queued'")

    @api.depends_context('lang')
    def _compute_summary_html(self):
        statements = self._statements_by_id()
        for delivery in self:
            delivery.summary_html = delivery._render(
                'dunning_sms.account_statement_mail_content', statements[delivery.id])

    def action_retry(self) -> None:
        """Put failed deliveries into the queue again."""
        self.run_id.check_access('write')
        failed_sudo = self.sudo().filtered(lambda row: row.state == 'failed')  # sudo: only runs write the queue
        failed_sudo.write({'state': 'queued', 'reason': False})
        failed_sudo.run_id._resume()

    # === SENDING === #

    def _send(self) -> None:
        """Hand the statements of these rows to the mail queue: mail and state in one transaction."""
        mails = self.env['mail.mail'].create(self._mail_vals_list())
        for delivery, mail in zip(self, mails, strict=True):
            delivery.mail_id = mail
        self.write({'state': 'sent', 'sent_on': fields.Datetime.now()})

    def _mail_vals_list(self) -> list[dict]:
        template = self.env.ref(TEMPLATE)
        rendered = template._generate_template(self.ids, MAIL_FIELDS)
        return [delivery._prepare_mail_vals(rendered[delivery.id]) for delivery in self]

    def _prepare_mail_vals(self, rendered: dict) -> dict:
        """Return the e-mail of one delivery; it stands in the history of its customer."""
        return {
            'model': 'res.partner', 'res_id': self.partner_id.id, 'email_to': False,
            'subject': rendered['subject'], 'body_html': rendered['body_html'], 'body': rendered['body_html'],
            'email_from': rendered.get('email_from') or self.company_id.email_formatted,
            'reply_to': rendered.get('reply_to') or False,
            'recipient_ids': [fields.Command.set(self.recipient_id.ids)],
            'attachment_ids': [fields.Command.create(vals) for vals in self._attachment_vals()],
            'auto_delete': False, 'message_type': 'email_outgoing',
        }

    def _attachment_vals(self) -> list[dict]:
        if not self.run_id.attach_pdf:
            return []
        content, _type = self.env['ir.actions.report']._render_qweb_pdf(REPORT, self.ids)
        return [{
            'name': self._file_name('pdf'), 'raw': content, 'mimetype': 'application/pdf',
            'res_model': 'res.partner', 'res_id': self.partner_id.id,
        }]

    def _park(self, error: Exception) -> None:
        """Take a statement that cannot be made out of the queue, with its reason."""
        reason = str(error) if isinstance(error, UserError) else f'{type(error).__name__}: {error}'
        self.write({'state': 'failed', 'reason': reason[:500]})

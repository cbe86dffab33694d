"""The statement of one customer on screen, to print, take away as a workbook or send."""

from dateutil.relativedelta import relativedelta
from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import format_date

REPORT = 'dunning_sms.account_statement_report_action'
MONTHS_SHOWN = 3


class AccountStatementWizard(models.TransientModel):
    _name = 'account.statement.wizard'
    _description = "Statement of Account"
    _inherit = ['account.statement.options']
    _rec_name = 'partner_id'

    partner_id = fields.Many2one('res.partner', "Customer", required=True)
    date_from = fields.Date(default=lambda self: self._default_date_from())
    statement_html = fields.Html("Statement", compute='_compute_statement_html', sanitize=False)

    def _default_date_from(self):
        return fields.Date.context_today(self).replace(day=1) - relativedelta(months=MONTHS_SHOWN)

    @api.depends('partner_id', 'company_id', 'date_from', 'as_of', 'group_by')
    @api.depends_context('lang')
    def _compute_statement_html(self):
        for wizard in self:
            values = wizard.partner_id and wizard.as_of and wizard._shown_values()
            wizard.statement_html = wizard._render('dunning_sms.account_statement_content', values or None)

    def _shown_values(self) -> dict:
        Statement = self.env['account.statement'].with_company(self.company_id)
        partner = self.partner_id._origin
        made = Statement._statements(partner, self.as_of, self.date_from, self.group_by)
        return made[partner.commercial_partner_id.id]

    # === ACTIONS === #

    def action_print(self) -> dict:
        """Return the statement as PDF."""
        return self.env.ref(REPORT).report_action(self)

    def action_workbook(self) -> dict:
        """Return the statement as a workbook."""
        self.ensure_one()
        return {'type': 'ir.actions.act_url', 'url': f'/dunning/statement/{self.id}/xlsx', 'target': 'download'}

    def action_send(self) -> dict:
        """Open a message to the customer with the statement in it and as PDF."""
        self.ensure_one()
        attachment = self._attachment()
        told = self.with_context(lang=self.partner_id.lang or self.env.lang)
        body = told._render('dunning_sms.account_statement_mail_content', told._shown_values())
        greeting = Markup("<p>%s</p>") % told.env._("Hello %(name)s, here is your statement of account.",
                                                     name=self.partner_id.name or '')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Send the statement"),
            'res_model': 'mail.compose.message',
            'view_mode': 'form',
            'target': 'new',
            'context': {
                'default_model': 'res.partner',
                'default_res_ids': self.partner_id.ids,
                'default_partner_ids': self.partner_id.ids,
                'default_composition_mode': 'comment',
                'default_subject': told.env._(
                    "Statement of account as of %(date)s", date=format_date(told.env, self.as_of)),
                'default_body': greeting + body,
                'default_attachment_ids': attachment.ids,
            },
        }

    def _get_report_base_filename(self) -> str:
        """Return what the portal calls the file."""
        return self._file_name('pdf')[:-4]

    def _attachment(self):
        content, _type = self.env['ir.actions.report']._render_qweb_pdf(REPORT, self.ids)
        return self.env['ir.attachment'].create({
            'name': self._file_name('pdf'), 'raw': content, 'mimetype': 'application/pdf',
            'res_model': 'mail.compose.message', 'res_id': 0,
        })

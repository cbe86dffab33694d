"""Saved cards know when they expire, and their customers are told in time."""

from odoo import api, fields, models


class PaymentToken(models.Model):
    _inherit = 'payment.token'

    expires_on = fields.Date(
        "Expires on", help="The last day on which the card can be charged. Providers that know it fill it in.",
    )

    @api.model
    def _cron_tell_expiry(self):
        """Tell customers whose saved card expires soon, once for each card and date."""
        for company in self.env['res.company'].search([
            ('dunning_is_active', '=', True), ('dunning_card_step_id', '!=', False), ('dunning_card_days', '>', 0),
        ]):
            today = company._dunning_today()
            tokens = self.search([
                ('company_id', 'in', (company.id, False)), ('expires_on', '>=', today),
                ('expires_on', '<=', fields.Date.add(today, days=company.dunning_card_days)),
            ])
            self.env['dunning.writer'].with_company(company)._write_card_notices(company, tokens)
            self.env['ir.cron']._commit_progress(len(tokens))

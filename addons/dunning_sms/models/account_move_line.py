"""The four dates of a receivable, as its customer may know them on any day."""

from odoo import models

from ..rules.escalation import FourDates


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _four_dates(self) -> dict[int, FourDates]:
        """Return due date, last safe day, suspension and removal of open receivables, by id.

        They are those the customer was told, moved by holds and promises since; before the first notice, those that a
        notice of today would tell. Receivables of customers without a policy are left out.
        """
        found = {}
        # sudo: the policy and time zone of the company; the receivables themselves are readable
        for company_sudo, lines in self.sudo().grouped('company_id').items():
            partner_ids = lines.partner_id.commercial_partner_id.ids
            dates = self.env['dunning.gatherer']._dates(company_sudo, partner_ids)
            found |= {line_id: dates[line_id] for line_id in lines._ids if line_id in dates}
        return found

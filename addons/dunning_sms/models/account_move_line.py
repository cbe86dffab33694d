"""The four dates of a receivable, as its customer may know them on any day."""

from odoo import fields, models

from ..rules.decision import expected_dates
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
            facts = self.env['dunning.gatherer']._facts(
                company_sudo, lines.partner_id.commercial_partner_id.ids, fields.Datetime.now())
            today = company_sudo._dunning_today()
            items = ((item, fact.policy) for fact in facts.values() for item in fact.customer.items)
            found |= {
                item.net.line.id: dates for item, policy in items
                if item.net.line.id in lines._ids and (dates := expected_dates(item, policy, today))
            }
        return found

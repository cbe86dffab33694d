"""From periods that are due to charges with their amounts: the one way that billing and preview share."""

from datetime import date

from odoo import models

from ..rules.billing import LineTerms


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _charges(self, due: dict, terms: dict[int, LineTerms], until: date, late_day: date) -> dict:
        """Return the charges of the contracts with their amounts.

        :param due: contract lines with the periods due, ``{line: [Charge]}``.
        :param terms: the terms of each line by id.
        :param until: pending charges up to this day are among them.
        :param late_day: the day on which late usage is settled.
        :raises UserError: naming the service whose price makes no sense.
        """
        return self._with_credit(self._charges_before_credit(due, terms, until, late_day))

    def _charges_before_credit(self, due: dict, terms: dict[int, LineTerms], until: date, late_day: date) -> dict:
        """Return the charges with their amounts, as long as no credit is taken off them."""
        rater = self.env['service.usage.rater']
        charges = self._with_reductions(rater._rate(due, terms), terms)
        return self._with_pending(rater._with_corrections(charges, self, late_day), until)

    def _with_credit(self, charges_by_line: dict) -> dict:
        """Return the charges together with what the customers' credit takes off them."""
        return charges_by_line

    def _with_reductions(self, charges_by_line: dict, terms: dict[int, LineTerms]) -> dict:
        """Return the charges less what price steps, discounts and bonus rules take off. Extend it to take off more."""
        return charges_by_line

    def _with_pending(self, charges_by_line: dict, until: date) -> dict:
        """Return the charges together with the pending ones that fall due until a day."""
        lines = self.line_ids.filtered(lambda line: line.pending_on and line.pending_on <= until)
        # sudo: a customer may see what will be charged without the right to read pending charges
        for pending in lines.sudo().pending_ids._due(until):
            line = lines.browse(pending.contract_line_id.id)
            charges_by_line[line] = [*charges_by_line.get(line, ()), pending._charge()]
        return charges_by_line

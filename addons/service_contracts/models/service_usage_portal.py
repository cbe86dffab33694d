"""Usage as people see it: of the running period with its price so far, and of the periods billed."""

from datetime import timedelta

from odoo import fields, models

from ..rules.billing import due_charges
from ..rules.periods import Period

BILLED_ROWS = 12


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    usage_count = fields.Integer("Usage records", compute='_compute_usage_count')
    has_usage = fields.Boolean(compute='_compute_usage_count')

    def _compute_usage_count(self):
        counts = dict(self.env['service.usage.record']._read_group(
            [('contract_line_id', 'in', self.line_ids.ids)], ['contract_line_id'], ['__count'],
        ))
        for contract in self:
            metered = contract.line_ids.filtered(lambda line: line.kind == 'usage')
            contract.has_usage = bool(metered)
            contract.usage_count = sum(counts.get(line._origin, 0) for line in metered)

    def action_view_usage(self) -> dict:
        """Open the usage records of the contracts."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_usage_record_action')
        return {**action, 'domain': [('contract_line_id', 'in', self.line_ids.ids)], 'context': {}}

    def _usage_so_far(self) -> list[dict]:
        """Return what was used in the running period of each metered service, and what it costs as of now.

        :return: objects with ``line``, ``period`` (with ``start`` and ``last_day``), ``quantity``, ``amount`` without
            tax, and ``rows`` that explain it.
        """
        self.ensure_one()
        today = self.company_id._service_today()
        metered = self.line_ids.filtered(lambda line: line.kind == 'usage')
        terms = metered._billing_terms_by_line()
        charges_by_line = {
            line: [charge for charge in due_charges(terms[line.id], _end_of_period(terms[line.id], today))
                   if charge.period.start <= today]
            for line in metered if terms[line.id].start <= today
        }
        rated = self.env['service.usage.rater']._rate(charges_by_line, terms)
        return [line._usage_row(charge) for line, charges in rated.items() for charge in charges]

    def _portal_usage_entries(self):
        """Return the newest billed charges of metered services, for the customer to read how they came about."""
        self.ensure_one()
        return self.env['service.billing.entry'].search([
            ('contract_id', '=', self.id), ('kind', 'in', ('usage', 'late_usage')), ('state', '!=', 'void'),
        ], limit=BILLED_ROWS)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _usage_row(self, charge) -> dict:
        return {
            'line': self, 'period': charge.period, 'quantity': self._quantity_text(charge, self.env.lang),
            'amount': float(charge.amount(self.currency_id.decimal_places)),
            'rows': self._explanation_rows(charge, self.env.lang),
        }


class AccountMove(models.Model):
    _inherit = 'account.move'

    def _service_usage_entries(self):
        """Return the charges of the invoice that its annex explains."""
        return self._service_entries().filtered(lambda entry: entry._has_explanation()).sorted('id')


def _end_of_period(terms, today):
    """Return the day on which the period of today has passed."""
    full: Period = terms.recurrence.full_period(today)
    return full.end + timedelta(days=1)

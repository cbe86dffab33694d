"""Contracts that were begun online: the customer's answers, and what both sides promise."""

from odoo import fields, models

from .service_plan import PREVIEW_MONTHS, PREVIEW_ROWS, _visitor_name


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    field_value_ids = fields.One2many('service.contract.field.value', 'contract_id', "Data asked for")

    def _end_with_trial(self) -> None:
        """Let drafts whose trial ends them end with it, as they will when they are active."""
        for contract in self.filtered(lambda contract: contract.date_trial_end and contract.trial_end_action == 'end'):
            contract.date_end = contract.date_trial_end

    def _promises(self) -> dict:
        """Return what both sides promise: ``services`` and from when, and ``charges`` by date, as plain values."""
        return {
            'services': [contract._promised_service() for contract in self],
            'charges': [charge for contract in self for charge in contract._promised_charges()],
        }

    def _promised_service(self) -> dict:
        return {
            'services': ', '.join(dict.fromkeys(_visitor_name(line) for line in self.line_ids)),
            'from': str(self.date_start), 'trial_until': str(self.date_trial_end or ''),
            'until': str(self.date_end or ''),
            'minimum': self.minimum_count and self._duration_text(self.minimum_count, self.minimum_unit) or '',
            'notice': self.notice_count and self._duration_text(self.notice_count, self.notice_unit) or '',
        }

    def _promised_charges(self) -> list[dict]:
        amounts, services = {}, {}
        until = fields.Date.add(max(self.date_start, self.company_id._service_today()), months=PREVIEW_MONTHS)
        for row in self._preview(until, PREVIEW_ROWS):
            day = str(row['charge_date'])
            amounts[day] = amounts.get(day, 0.0) + row['amount_total']
            services.setdefault(day, {})[self._row_name(row)] = True
        return [
            {'date': day, 'services': ', '.join(services[day]), 'amount': self.currency_id.round(amount)}
            for day, amount in sorted(amounts.items())
        ]

    def _row_name(self, row: dict) -> str:
        return _visitor_name(self.line_ids.browse(row['contract_line_id']))

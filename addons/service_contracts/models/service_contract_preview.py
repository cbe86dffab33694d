"""What contracts will charge in time to come, worked out without writing anything."""

from datetime import date
from itertools import groupby

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.billing import BESIDE, due_charges
from ..rules.errors import RuleError
from .credit_book import UseOfCredit

PREVIEW_MONTHS = 12
PREVIEW_ROWS = 24


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    next_charges_html = fields.Html("Next charges", compute='_compute_next_charges_html', sanitize=False)

    @api.depends(
        'state', 'date_start', 'date_end', 'date_trial_end', 'pause_ids', 'currency_id', 'line_ids.next_charge_date',
        'line_ids.price_total', 'line_ids.quantity', 'line_ids.kind',
        'line_ids.interval_count', 'line_ids.interval_unit',
    )
    def _compute_next_charges_html(self):
        for contract in self:
            contract.next_charges_html = self.env['ir.qweb']._render('service_contracts.next_charges', {
                'contract': contract, **contract._next_charges(),
            })

    def _next_charges(self) -> dict:
        """Return the charges of the next months by date, or the problem that keeps them from being known."""
        self.ensure_one()
        if not self.date_start or self.state == 'removed':
            return {'groups': [], 'problem': '', 'is_cut': False}
        try:
            rows = self._preview(self._preview_until(), PREVIEW_ROWS + 1)
        except (RuleError, UserError) as error:
            return {'groups': [], 'problem': str(error), 'is_cut': False}
        shown = rows[:PREVIEW_ROWS]
        groups = [(day, list(group)) for day, group in groupby(shown, key=lambda row: row['charge_date'])]
        return {'groups': groups, 'problem': '', 'is_cut': len(rows) > PREVIEW_ROWS}

    def _next_rows(self, limit: int, most: int | None = None) -> list[dict]:
        """Return the charges of the next months by date, limited as those of `_preview`; none where they fail."""
        begun = self.filtered(lambda contract: contract.date_start and contract.state != 'removed')
        if not begun:
            return []
        try:
            return begun._preview(begun._preview_until(), limit, most)
        except (RuleError, UserError):
            # One contract that cannot be told must not hide the others.
            rows = [row for contract in begun for row in contract._next_rows(limit, most)] if len(begun) > 1 else []
            return sorted(rows, key=lambda row: row['charge_date'])

    def _preview_until(self) -> date:
        """Return the last day of which charges are told."""
        starts = [max(contract.company_id._service_today(), contract.date_start) for contract in self]
        return fields.Date.add(max(starts), months=PREVIEW_MONTHS)

    def _preview(self, date_to: date, limit: int | None = None, most: int | None = None) -> list[dict]:
        """Return the charges not billed yet that fall due until a day, by date, contract and line.

        Amounts are those of an invoice for one contract and day: core's own tax engine rounds them together.

        :param limit: at most so many rows for each contract.
        :param most: no more than are needed for so many rows of all contracts.
        """
        groups, rows, book = [], [], UseOfCredit()
        charges_by_line = self.with_context(service_credit_book=book)._charges_to_come(date_to, limit)
        for contract in self:
            charges = [
                (line, charge) for line in contract.line_ids for charge in charges_by_line.get(line, ())
            ]
            charges.sort(key=lambda pair: pair[1].charge_date)
            groups += [(day, contract, list(group))
                       for day, group in groupby(charges[:limit], key=lambda pair: pair[1].charge_date)]
        for _day, contract, group in sorted(groups, key=lambda group: group[0]):
            if most and len(rows) >= most:
                break
            rows += contract._preview_rows(group, book)
        return rows

    def _charges_to_come(self, date_to: date, limit: int | None) -> dict:
        """Return the charges of each line; of usage, what is known today."""
        terms = self.line_ids._billing_terms_by_line()
        today = fields.Date.today()
        due = {line: due_charges(terms[line.id], date_to, limit) for line in self.line_ids}
        rated = self._charges(due, terms, date_to, min(today, date_to))
        return {
            line: [charge for charge in charges if charge.kind != 'usage' or charge.period.start <= today
                   or charge.amount(line.currency_id.decimal_places)]
            for line, charges in rated.items()
        }

    def _preview_rows(self, charges: list, book: UseOfCredit) -> list[dict]:
        """Return the rows of the charges of one contract on one day, with what paid credit pays of each."""
        AccountTax = self.env['account.tax']
        base_lines = [line._prepare_charge_base_line(charge) for line, charge in charges]
        AccountTax._add_tax_details_in_base_lines(base_lines, self.company_id)
        AccountTax._round_base_lines_tax_details(base_lines, self.company_id)
        return [
            {**line._prepare_preview_vals(charge), **_row_amounts(base_line['tax_details'], self.currency_id),
             'credit_used': book.paid_for(line, charge)}
            for (line, charge), base_line in zip(charges, base_lines, strict=True)
        ]


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _prepare_charge_base_line(self, charge) -> dict:
        """Return a charge for core's tax engine, with quantity and price as on its invoice line."""
        vals = self.env['service.invoice.writer']._prepare_line_vals(self, charge)
        return self._prepare_base_line(**{name: vals[name] for name in ('quantity', 'price_unit', 'discount')})

    def _charge_words(self, charge) -> str:
        """Return what a pending charge is called, in one line; empty for a charge of the service itself."""
        return charge.evidence['name'].split('\n', 1)[0] if charge.kind in BESIDE else ''

    def _preview_name(self) -> str:
        """Return what a preview calls the service: for the customer as on the invoice, else as its product."""
        return self._portal_name() if self.env.context.get('service_customer_words') else self._service_name()

    def _prepare_preview_vals(self, charge) -> dict:
        """Return what a preview shows of a charge, without its amounts."""
        return {
            'contract_id': self.contract_id._origin.id,
            'contract_line_id': self._origin.id,
            'partner_id': self.partner_id.id,
            'currency_id': self.currency_id.id,
            'service': self._charge_words(charge) or self._preview_name(),
            'kind': charge.kind,
            'charge_date': charge.charge_date,
            'period_start': charge.period.start,
            'period_last_day': charge.period.last_day,
            'quantity': float(charge.quantity),
            'price_unit': float(charge.price_unit),
            'discount': float(charge.discount),
        }


def _row_amounts(details: dict, currency) -> dict:
    untaxed = details['total_excluded_currency'] + details['delta_total_excluded_currency']
    tax = sum(tax_data['tax_amount_currency'] for tax_data in details['taxes_data'])
    return {'amount_untaxed': currency.round(untaxed), 'amount_total': currency.round(untaxed + tax)}

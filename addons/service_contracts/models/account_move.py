"""Invoices of contracts: one receivable per contract and due date, and periods that a reversal frees."""

from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import frozendict

from ..rules.money import to_decimal
from ..rules.receivable import split_by_contract

SPLIT_AMOUNTS = ('balance', 'amount_currency', 'discount_balance', 'discount_amount_currency')


class AccountMove(models.Model):
    _inherit = 'account.move'

    service_entry_ids = fields.One2many('service.billing.entry', 'move_id', "Charges billed", readonly=True)
    service_contract_count = fields.Integer("Contracts", compute='_compute_service_contract_count')

    @api.depends('invoice_line_ids.service_contract_id')
    def _compute_service_contract_count(self):
        for move in self:
            move.service_contract_count = len(move.invoice_line_ids.service_contract_id)

    # === RECEIVABLES PER CONTRACT === #

    @api.depends('invoice_line_ids.service_contract_id', 'invoice_line_ids.price_total')
    def _compute_needed_terms(self):
        # EXTENDS account: split what is due by contract, once it is known when it is due
        super()._compute_needed_terms()
        for move in self:
            totals = move._totals_by_contract()
            if any(totals) and move.needed_terms and all(key['date_maturity'] for key in move.needed_terms):
                move.needed_terms = move._split_terms(move.needed_terms, totals)

    def _totals_by_contract(self) -> dict[int, Decimal]:
        """Return what each contract adds to the invoice, tax included; key 0 for lines without contract."""
        totals: dict[int, Decimal] = defaultdict(Decimal)
        for line in self.invoice_line_ids:
            if line.display_type == 'product':
                totals[line.service_contract_id._origin.id or 0] += to_decimal(line.price_total)
        return dict(totals)

    def _split_terms(self, terms: dict, totals: dict[int, Decimal]) -> dict:
        """Return core's receivables, ``{key: amounts}``, as one for each contract."""
        rows_by_name = {name: self._split_amounts(name, terms.values(), totals) for name in SPLIT_AMOUNTS}
        return {
            _contract_key(key, contract_id): {
                **values,
                **{name: float(rows[row][column]) for name, rows in rows_by_name.items() if name in values},
            }
            for row, (key, values) in enumerate(terms.items())
            for column, contract_id in enumerate(totals)
        }

    def _split_amounts(self, name: str, values_list, totals: dict[int, Decimal]) -> list[list[Decimal]]:
        currency = self.company_currency_id if name.endswith('balance') else self.currency_id
        amounts = [to_decimal(currency.round(values.get(name) or 0.0)) for values in values_list]
        return split_by_contract(amounts, list(totals.values()), currency.decimal_places)

    # === PERIODS FREED BY A REVERSAL === #

    def _post(self, soft=True):
        # EXTENDS account: a posted credit note may give whole periods back
        posted = super()._post(soft)
        posted._follow_service_reversal()
        return posted

    def button_draft(self):
        # EXTENDS account: a credit note that is no longer valid, or an invoice that is again, takes its periods back
        cancelled = self.filtered(lambda move: move.state == 'cancel')
        reversals = self.filtered(lambda move: move.state == 'posted' and move.reversed_entry_id)
        result = super().button_draft()
        (cancelled | reversals.reversed_entry_id)._service_entries()._restore()
        reversals.reversed_entry_id._follow_service_credits()
        return result

    def button_cancel(self):
        # EXTENDS account: a cancelled invoice charges nothing
        result = super().button_cancel()
        self._service_entries()._void(self.env._("The invoice was cancelled."))
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_frees_periods(self):
        self._service_entries()._void(self.env._("The invoice was deleted."))

    def _service_entries(self):
        """Return the ledger rows of these invoices."""
        if not self.ids:
            return self.env['service.billing.entry']
        # sudo: the ledger follows the invoice, whoever changes it
        return self.env['service.billing.entry'].sudo().search([('move_id', 'in', self.ids)])

    def _follow_service_reversal(self) -> None:
        """Void the charges of invoices that these credit notes give back in full."""
        self.filtered('reversed_entry_id').reversed_entry_id._follow_service_credits()

    def _follow_service_credits(self) -> None:
        """Void each charge of these invoices whose whole amount has been credited; its period is due again."""
        for invoice in self:
            credit_notes = invoice.reversal_move_ids.filtered(lambda move: move.state == 'posted')
            reason = self.env._("Credited by %(credit_notes)s.", credit_notes=', '.join(credit_notes.mapped('name')))
            invoice._fully_credited_entries(credit_notes)._void(reason)

    def _fully_credited_entries(self, credit_notes):
        """Return the charges of the invoice of which the credit notes give back the whole untaxed amount.

        Where a period has several charges, one may be a credit: giving back their sum gives back each of them.
        """
        credited, sums = defaultdict(float), defaultdict(float)
        for line in credit_notes.invoice_line_ids:
            credited[line.service_contract_line_id.id, line.service_period_start] += line.price_subtotal
        entries = self._service_entries()
        for entry in entries.filtered(lambda entry: entry.state == 'posted'):
            sums[entry.contract_line_id.id, entry.period_start] += entry.amount_untaxed
        return entries.filtered(lambda entry: _is_given_back(
            entry, credited.get((entry.contract_line_id.id, entry.period_start)),
            sums.get((entry.contract_line_id.id, entry.period_start)),
        ))

    # === ACTIONS === #

    def action_view_service_contracts(self):
        self.ensure_one()
        contracts = self.invoice_line_ids.service_contract_id
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_contract_action')
        if len(contracts) == 1:
            return {**action, 'view_mode': 'form', 'views': [(False, 'form')], 'res_id': contracts.id}
        return {**action, 'domain': [('id', 'in', contracts.ids)]}


def _contract_key(key: frozendict, contract_id: int) -> frozendict:
    return frozendict({**key, 'service_contract_id': contract_id}) if contract_id else key


def _is_given_back(entry, credited: float | None, total: float | None) -> bool:
    """Tell whether what was credited of a period is the amount of this charge or more, or of all charges together."""
    if credited is None:
        return False
    compare = entry.currency_id.compare_amounts
    if total is not None and compare(credited, total) == 0:
        return True
    return compare(credited, entry.amount_untaxed) in ((0, 1) if entry.amount_untaxed >= 0 else (0, -1))

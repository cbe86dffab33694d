"""From charges to posted invoices: what goes on an invoice, and by which way it is written."""

import logging
from datetime import timedelta
from fractions import Fraction

from odoo import models
from odoo.tools import format_date
from psycopg2.errors import UniqueViolation

from ..posting.draft import InvoiceDraft, InvoiceItem, WrittenInvoice
from ..posting.fast import FastWriter
from ..posting.messages import log_note_on_invoices
from ..posting.numbering import lock_journals, seed_numbers
from ..posting.template import QUIET, move_vals
from ..rules.billing import ADJUSTMENT, BESIDE, CREDIT, Charge

_logger = logging.getLogger(__name__)


class ServiceInvoiceWriter(models.AbstractModel):
    _name = 'service.invoice.writer'
    _description = "Writer of Service Invoices"

    # === GATHER: WHAT GOES ON AN INVOICE === #

    def _prepare_drafts(self, charges_by_line) -> list[InvoiceDraft]:
        """Group charges into invoices.

        Charges share an invoice if their contracts agree in everything the header says: customer, currency,
        payment method, payment term, fiscal position, journal and date.

        :param charges_by_line: contract lines with their due charges, ``{line: [Charge]}``.
        """
        drafts: dict[tuple, InvoiceDraft] = {}
        for line, charges in charges_by_line.items():
            for charge in charges:
                vals = self._prepare_move_vals(line.contract_id, charge.charge_date)
                draft = drafts.setdefault(self._grouping_key(vals), InvoiceDraft(vals))
                draft.items.append(InvoiceItem(
                    line.contract_id.id, line.id, charge, self._prepare_line_vals(line, charge),
                ))
        for draft in drafts.values():
            draft.items.sort(key=lambda item: (item.contract_id, item.charge.period.start))
            contracts = self.env['service.contract'].browse(draft.contract_ids)
            draft.vals['invoice_origin'] = ', '.join(contracts.mapped('name'))
            if self._is_credit(draft):
                self._make_credit_note(draft)
        return sorted(drafts.values(), key=lambda draft: draft.vals['invoice_date'])

    def _is_credit(self, draft: InvoiceDraft) -> bool:
        """Tell whether late usage or a pending credit makes the customer get money back."""
        if not any(item.charge.kind in ('late_usage', ADJUSTMENT) for item in draft.items):
            return False
        return sum(vals['quantity'] * vals['price_unit'] for vals in (item.vals for item in draft.items)) < 0

    def _make_credit_note(self, draft: InvoiceDraft) -> None:
        draft.vals |= {'move_type': 'out_refund', 'preferred_payment_method_line_id': None}
        for item in draft.items:
            item.vals['price_unit'] = -item.vals['price_unit']

    def _grouping_key(self, vals: dict) -> tuple:
        """Return what must agree on one invoice. Override to split further."""
        return tuple(vals[name] for name in (
            'company_id', 'partner_id', 'currency_id', 'journal_id', 'fiscal_position_id',
            'invoice_payment_term_id', 'preferred_payment_method_line_id', 'invoice_cash_rounding_id', 'invoice_date',
        ))

    def _prepare_move_vals(self, contract, invoice_date) -> dict:
        """Return the header of an invoice for a contract. Override to add fields.

        A field added here takes the invoice the ordinary way unless it is the same on all invoices
        of a mould, see ``posting/eligibility.py``.
        """
        return {
            'move_type': 'out_invoice',
            'company_id': contract.company_id.id,
            'partner_id': contract.partner_invoice_id.id,
            'partner_shipping_id': contract.partner_id.id,
            'currency_id': contract.currency_id.id,
            'journal_id': contract.journal_id.id,
            'fiscal_position_id': contract.fiscal_position_id.id or None,
            'invoice_payment_term_id': contract.payment_term_id.id or None,
            'preferred_payment_method_line_id': contract.preferred_payment_method_line_id.id or None,
            'invoice_cash_rounding_id': contract.invoice_cash_rounding_id.id or None,
            'invoice_user_id': contract.user_id.id or None,
            'team_id': contract.team_id.id or None,
            'invoice_date': invoice_date,
            'invoice_date_due': invoice_date,
        }

    def _prepare_line_vals(self, line, charge: Charge) -> dict:
        """Return the invoice line of a charge.

        A part of a period becomes one unit at the exact amount: two decimals of a quantity cannot carry
        22/30, and a rounded price times a quantity would be a cent off. So does what a price model gave.
        """
        whole = charge.share == 1 and not charge.rated
        return {
            'product_id': line.product_id.id,
            'product_uom_id': line.product_uom_id.id,
            'name': self._line_name(line, charge),
            'quantity': float(charge.quantity) if whole else 1.0,
            'price_unit': float(charge.price_unit) if whole else float(charge.amount(line.currency_id.decimal_places)),
            'discount': float(charge.discount) if whole else 0.0,
            'tax_ids': [(6, 0, line.tax_ids.ids)],
            'analytic_distribution': line.analytic_distribution or None,
            'service_contract_id': line.contract_id.id,
            'service_contract_line_id': line.id,
            'service_period_start': charge.period.start,
            'service_period_last_day': charge.period.last_day,
        }

    def _line_name(self, line, charge: Charge) -> str:
        """Return the text of an invoice line: the service, its period, and how a part of it was priced."""
        lang = line.contract_id.partner_invoice_id.lang
        parts = [charge.evidence.get('name') or line.name, self._period_text(charge, lang)]
        if charge.kind in BESIDE:
            return '\n'.join(filter(None, parts))
        if charge.rated:
            parts += line._explain(charge, lang)
        elif charge.share != 1:
            parts.append(self._share_text(line, charge, lang))
        return '\n'.join(filter(None, parts))

    def _period_text(self, charge: Charge, lang: str | None) -> str:
        if charge.kind in ('one_time', CREDIT) or (charge.kind == ADJUSTMENT and charge.period.days == 1):
            return ''
        texts = self.env.cr.cache.setdefault('service_contracts.period_texts', {})
        key = lang, charge.period
        if key not in texts:
            texts[key] = self.with_context(lang=lang).env._(
                "%(start)s to %(last_day)s",
                start=format_date(self.env, charge.period.start, lang_code=lang),
                last_day=format_date(self.env, charge.period.last_day, lang_code=lang),
            )
        return texts[key]

    def _share_text(self, line, charge: Charge, lang: str | None) -> str:
        full = charge.full_period
        currency = line.currency_id.with_context(lang=lang)
        return self.with_context(lang=lang).env._(
            "%(share)s of the period %(start)s to %(last_day)s, %(quantity)g × %(price)s",
            share=_days_text(charge.share, full.days),
            start=format_date(self.env, full.start, lang_code=lang),
            last_day=format_date(self.env, full.end - timedelta(days=1), lang_code=lang),
            quantity=float(charge.quantity),
            price=currency.format(float(charge.price_unit * (1 - charge.discount / 100))),
        )

    # === WRITE === #

    def _write_invoices(self, company, drafts: list[InvoiceDraft]) -> list[WrittenInvoice]:
        """Create and post the invoices of the drafts, in their order."""
        fast, differences = FastWriter(company).write(drafts)
        if differences:
            self._switch_off_fast_posting(company, differences)
        ordinary = [draft for place, draft in enumerate(drafts) if place not in fast]
        written = iter(self._write_ordinary(ordinary))
        invoices = [fast[place] if place in fast else next(written) for place in range(len(drafts))]
        note = self.env._("Invoice created by a billing run.")
        log_note_on_invoices(self.env, [invoice.move_id for invoice in invoices], note)
        return invoices

    def _write_ordinary(self, drafts: list[InvoiceDraft]) -> list[WrittenInvoice]:
        """Let core make and post the invoices; the number is taken last."""
        if not drafts:
            return []
        moves = self.env['account.move'].with_context(**QUIET).create([move_vals(draft) for draft in drafts])
        lock_journals(self.env, set(moves.journal_id.ids))
        try:
            with self.env.cr.savepoint():
                seed_numbers(self.env, moves)
                moves._post(soft=False)
        except UniqueViolation:  # an accountant took the number at this moment: core finds a free one by trying
            moves._post(soft=False)
        # the number before may be one that another run has just committed and this transaction does not see
        moves.filtered('made_sequence_gap').made_sequence_gap = False
        return [self._written(move) for move in moves]

    def _written(self, move) -> WrittenInvoice:
        lines = move.invoice_line_ids.sorted('id')
        return WrittenInvoice(
            move_id=move.id,
            line_ids=tuple(lines.ids),
            subtotals=tuple(-move.direction_sign * line.price_subtotal for line in lines),
            amount_untaxed=move.amount_untaxed_signed,
            amount_total=move.amount_total_signed,
            is_fast=False,
        )

    def _switch_off_fast_posting(self, company, differences: list[str]) -> None:
        """Go on the ordinary way for good and say why: safety first, then speed."""
        _logger.error("Fast posting of company %s differs from core and is switched off: %s", company.id, differences)
        company.service_fast_posting = False
        company.partner_id.message_post(body=self.env._(
            "Fast posting of service invoices was switched off: a sample differed from what Odoo itself makes "
            "(%(differences)s). Invoices go on to be posted the ordinary way.",
            differences='; '.join(differences[:5]),
        ))


def _days_text(share: Fraction, days: int) -> str:
    """Return a share in days of its period where it is one, 22/30, else as the fraction it is.

    >>> _days_text(Fraction(11, 15), 30)
    '22/30'
    """
    used = share * days
    return f'{used}/{days}' if used.denominator == 1 else str(share)

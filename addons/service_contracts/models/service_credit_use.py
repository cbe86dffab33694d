"""Prepaid credit in the charges of contracts: free credit becomes a charge below 0, paid credit pays invoices."""

from collections import defaultdict
from fractions import Fraction

from odoo import models
from odoo.tools import format_date

from ..posting.rows import next_ids
from ..rules.billing import CREDIT, Charge
from ..rules.credits import FREE, Draw, Payable
from ..rules.money import to_decimal
from ..rules.pricing import Rated
from ..rules.pricing.explanation import once
from .credit_book import UseOfCredit

ONE, ZERO = to_decimal(1), to_decimal(0)


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _with_credit(self, charges_by_line: dict) -> dict:
        """Return the charges together with what free credit takes off them, as charges below 0."""
        book = self._credit_book()
        charges_by_line = self._with_credit_back(charges_by_line, book)
        if not book.grants:
            return charges_by_line
        result = dict(charges_by_line)
        for charges in self._charges_by_invoice(charges_by_line, book):
            (first, charge), currency = charges[0], charges[0][0].currency_id
            draws = book.draw(
                self._payables(charges), charge.charge_date, currency.id, currency.decimal_places,
                book.grants_of(first),
            )
            for draw in draws:
                line, charge = charges[draw.key]
                if draw.kind == FREE:
                    result[line] = [*result[line], line._credit_charge(charge, draw)]
                else:
                    book.note_paid(line, charge, draw)
        return result

    def _credit_book(self) -> UseOfCredit:
        """Return the credits of the customers; a preview brings a book of its own, to see what was used."""
        book = self.env.context.get('service_credit_book')
        book = book if isinstance(book, UseOfCredit) else UseOfCredit()
        partners = self.partner_id.commercial_partner_id.filtered(lambda partner: partner.id not in book.known)
        if partners:
            book.known.update(partners.ids)
            # sudo: what a customer has is used, whoever bills or looks
            Grant_sudo = self.env['service.credit.grant'].sudo()
            book.take_up(Grant_sudo.search(Grant_sudo._usable_domain(partners)))
        return book

    def _charges_by_invoice(self, charges_by_line: dict, book: UseOfCredit):
        """Return what will be on one invoice of customers with credit, as lists of (line, charge), by day."""
        writer, invoices, headers = self.env['service.invoice.writer'], defaultdict(list), {}
        for line in filter(book.grants_of, charges_by_line):
            for charge in charges_by_line[line]:
                key = line.contract_id, charge.charge_date
                if key not in headers:
                    headers[key] = writer._grouping_key(writer._prepare_move_vals(*key))
                invoices[headers[key]].append((line, charge))
        return sorted(invoices.values(), key=lambda charges: charges[0][1].charge_date)

    def _payables(self, charges: list[tuple]) -> list[Payable]:
        """Return the charges of an invoice as the rules know them, taxed by core's engine."""
        engine, company = self.env['account.tax'], charges[0][0].company_id
        base_lines = [line._prepare_charge_base_line(charge) for line, charge in charges]
        engine._add_tax_details_in_base_lines(base_lines, company)
        engine._round_base_lines_tax_details(base_lines, company)
        return [
            Payable(
                place, line.contract_id._origin.id, line.product_id.id, line.meter_id.id or None,
                ZERO if charge.kind == CREDIT else charge.amount(line.currency_id.decimal_places),
                _gross(base_line, line.currency_id),
            )
            for place, ((line, charge), base_line) in enumerate(zip(charges, base_lines, strict=True))
        ]


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _credit_charge(self, charge: Charge, draw: Draw) -> Charge:
        """Return the charge below 0 that free credit becomes; it has the period of what it is taken off."""
        grant_sudo = self.env['service.credit.grant'].sudo().browse(draw.grant_id)  # sudo: its name is on the invoice
        name, rows = grant_sudo._words(draw, self.contract_id.partner_invoice_id.lang)
        return Charge(
            self.id, CREDIT, charge.period, charge.period, charge.charge_date, Fraction(1), ONE, -draw.amount, ZERO,
            Rated(ONE, ONE, -draw.amount, (once('adjustment', -draw.amount),)),
            evidence={'grant': draw.grant_id, 'name': name, 'rows': rows, 'origin': CREDIT,
                      'of': [charge.kind, charge.evidence.get('correction', 0)]},
        )


class ServiceCreditGrant(models.Model):
    _inherit = 'service.credit.grant'

    def _words(self, draw: Draw, lang: str | None) -> tuple[str, list[dict]]:
        """Return what the customer reads of a use of the credit, as the text of a line and as rows."""
        env, money = self.with_context(lang=lang).env, self.currency_id.with_context(lang=lang).format
        left = env._("%s left", money(float(draw.left)))
        if self.expiry_date and draw.left:
            left = env._("%(amount)s left until %(day)s", amount=money(float(draw.left)),
                         day=format_date(self.env, self.expiry_date, lang_code=lang))
        rows = [
            {'label': env._("Credit"), 'text': self.name},
            {'label': env._("Granted"), 'text': money(self.amount)},
            {'label': env._("Used"), 'text': money(float(draw.amount))},
            {'label': env._("Left"), 'text': left},
        ]
        return f'{self.name} ({left})', rows


class ServiceBillingWorker(models.AbstractModel):
    _inherit = 'service.billing.worker'

    def _claim_credit(self, drafts) -> None:
        """Hold the free credits that invoices use, and number each use; from here on nobody else uses them."""
        items = [item for draft in drafts for item in draft.items if item.charge.kind == CREDIT]
        if not items:
            return
        Entry = self.env['service.credit.entry']
        Entry._lock(item.charge.evidence['grant'] for item in items)
        for item, number in zip(items, next_ids(self.env.cr, Entry._table, len(items)), strict=True):
            item.charge.evidence['correction'] = number

    def _book_credit(self, drafts, entries, invoices) -> None:
        """Write what free credit was used, with its charge and invoice, then let paid credit pay the invoices."""
        pairs = [(item, invoice) for draft, invoice in zip(drafts, invoices, strict=True) for item in draft.items]
        rows = [
            self._prepare_use_vals(item, entry_id, invoice.move_id)
            for (item, invoice), entry_id in zip(pairs, entries.ids, strict=True) if item.charge.kind == CREDIT
        ]
        self._name_origins(rows)
        # what comes back may be used by the same invoices, so it comes first
        self.env['service.credit.entry']._book(sorted(rows, key=lambda row: row['kind'] == 'draw'))
        partner_ids = {draft.vals['partner_id'] for draft in drafts}
        grants = self.env['service.credit.grant']._paying(self.env['res.partner'].browse(partner_ids))
        if grants:
            self.env['account.move'].browse([invoice.move_id for invoice in invoices])._pay_by_credit(grants)

    def _prepare_use_vals(self, item, entry_id: int, move_id: int) -> dict:
        """Return the row of the history for a charge that used free credit or gave some back."""
        evidence, amount = item.charge.evidence, item.charge.amount(self._item_digits(item))
        return {
            'id': evidence['correction'], 'grant_id': evidence['grant'], 'kind': 'draw' if amount < 0 else 'unused',
            'key': f'charge:{entry_id}', 'amount': abs(amount), 'billing_entry_id': entry_id, 'move_id': move_id,
            'contract_line_id': item.contract_line_id, 'date': item.charge.charge_date,
            'origin_id': evidence.get('back_of'), 'pending_id': evidence.get('pending'),
        }

    def _name_origins(self, rows: list[dict]) -> None:
        """Put the use of credit in the place of its row of the ledger, where it gives some back."""
        uses = {
            use.billing_entry_id.id: use.id for use in self.env['service.credit.entry'].search([
                ('billing_entry_id', 'in', [row['origin_id'] for row in rows if row['origin_id']]),
                ('kind', '=', 'draw'),
            ], order='id')
        }
        for row in rows:
            row['origin_id'] = uses.get(row['origin_id'])

    def _item_digits(self, item) -> int:
        return self.env['service.contract.line'].browse(item.contract_line_id).currency_id.decimal_places


def _gross(base_line: dict, currency):
    details = base_line['tax_details']
    untaxed = details['total_excluded_currency'] + details['delta_total_excluded_currency']
    return to_decimal(currency.round(untaxed + sum(tax['tax_amount_currency'] for tax in details['taxes_data'])))

"""Person accounts: the number of each customer and supplier in the adviser's books, given once."""

import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.datev import PartnerRow
from ..rules.datev_charts import person_range


class DatevPersonAccount(models.Model):
    _name = 'datev.person.account'
    _description = "DATEV Person Account"
    _order = 'number'
    _rec_name = 'number'

    partner_id = fields.Many2one('res.partner', "Contact", required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    kind = fields.Selection([('debtor', "Customer"), ('creditor', "Supplier")], required=True, default='debtor')
    number = fields.Char("Account", required=True, help="One digit longer than ledger accounts.")
    digest = fields.Char(readonly=True, help="Changes with the master data; what did not change is not sent again.")
    file_id = fields.Many2one('datev.export.file', "Last sent with", readonly=True, ondelete='set null')

    _once = models.UniqueIndex("(company_id, kind, partner_id)", "The contact has such a person account already.")
    _number_is_unique = models.UniqueIndex("(company_id, number)", "The person account is taken by another contact.")
    _number_is_number = models.Constraint("CHECK (number ~ '^[0-9]{5,9}$')", "A person account has 5 to 9 digits.")

    @api.depends('number', 'partner_id')
    def _compute_display_name(self):
        for account in self:
            account.display_name = f'{account.number} {account.partner_id.name or ""}'.strip()

    @api.model
    def _numbers(self, company, partners, kind: str) -> dict[int, str]:
        """Return the account of each partner by id; whoever has none gets the next free one."""
        known = self.search_fetch(
            [('company_id', '=', company.id), ('kind', '=', kind), ('partner_id', 'in', partners.ids)],
            ['partner_id', 'number'],
        )
        numbers = {account.partner_id.id: account.number for account in known}
        missing = [partner_id for partner_id in sorted(partners.ids) if partner_id not in numbers]
        if missing:
            created = self.sudo().create([  # sudo: numbers are given by the machine, whoever exports
                {'partner_id': partner_id, 'company_id': company.id, 'kind': kind, 'number': number}
                for partner_id, number in zip(missing, self._free_numbers(company, kind, len(missing)), strict=True)
            ])
            numbers.update((account.partner_id.id, account.number) for account in created)
        return numbers

    @api.model
    def _free_numbers(self, company, kind: str, count: int) -> list[str]:
        first, last = person_range(kind, company.datev_account_length)
        self.flush_model(['number', 'company_id'])
        self.env.cr.execute(
            """SELECT max(number::bigint) FROM datev_person_account
                WHERE company_id = %s AND number::bigint BETWEEN %s AND %s""", (company.id, first, last),
        )
        start = (self.env.cr.fetchone()[0] or first - 1) + 1
        if start + count - 1 > last:
            raise UserError(self.env._(
                "There are not enough person accounts left up to %(last)s. Use longer account numbers in the settings.",
                last=last,
            ))
        return [str(number) for number in range(start, start + count)]

    # === MASTER DATA === #

    def _changed(self) -> dict:
        """Return the rows of those whose master data differ from what was sent last, by account."""
        return {account: row for account in self if account._digest_of(row := account._partner_row()) != account.digest}

    def _partner_row(self) -> PartnerRow:
        """Return the master data of the contact."""
        self.ensure_one()
        partner = self.partner_id.with_company(self.company_id)
        bank = partner.bank_ids[:1]
        first_name, _space, name = (partner.name or '').rpartition(' ')
        return PartnerRow(
            account=self.number,
            name=(partner.name if partner.is_company else name) or '',
            first_name='' if partner.is_company else first_name,
            is_company=partner.is_company,
            vat=partner.vat or '',
            street=partner.street or '',
            zip=partner.zip or '',
            city=partner.city or '',
            country=partner.country_id.code or '',
            phone=partner.phone or '',
            email=partner.email or '',
            website=partner.website or '',
            reference=partner.ref or '',
            iban=bank.sanitized_acc_number or '',
            bic=bank.bank_bic or '',
            due_days=self._due_days(partner),
            language=(partner.lang or '')[:2],
        )

    def _due_days(self, partner) -> int | None:
        term = partner.property_payment_term_id
        lines = term.line_ids
        return lines.nb_days if self.kind == 'debtor' and len(lines) == 1 and lines.delay_type == 'days_after' else None

    @api.model
    def _digest_of(self, row: PartnerRow) -> str:
        return hashlib.sha256(repr(row).encode()).hexdigest()

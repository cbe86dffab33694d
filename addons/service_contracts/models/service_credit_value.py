"""What the liability for paid credit is carried at in the currency of the company: the rate at which it was sold.

Each use takes its share of that value along, the last one all that is left, so the liability ends at 0 in both
currencies. What the invoice it pays is worth differs where the rate moved: that is an exchange difference, on the
accounts that Odoo itself uses.
"""

from decimal import Decimal

from odoo import api, fields, models

from ..rules.credits import PAID, carried_share
from ..rules.money import to_decimal

ZERO = Decimal(0)


class ServiceCreditGrant(models.Model):
    _inherit = 'service.credit.grant'

    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Currency of the company")
    company_amount = fields.Monetary(
        "Sold for", compute='_compute_company_amount', store=True, currency_field='company_currency_id',
        help="Of paid credit: the liability in the currency of the company, at the rate of the sale.",
    )

    @api.depends('kind', 'amount', 'currency_id', 'company_id', 'date_granted', 'invoice_id.invoice_currency_rate')
    def _compute_company_amount(self):
        for grant in self:
            grant.company_amount = grant.kind == PAID and grant._sold_for()

    def _sold_for(self) -> float:
        own, rate = self.company_id.currency_id, self.sudo().invoice_id.invoice_currency_rate  # sudo: a rate only
        if self.currency_id == own:
            return self.amount
        if rate:
            return own.round(self.amount / rate)
        return self.currency_id._convert(self.amount, own, self.company_id, self.date_granted)

    def _carried(self) -> dict[int, Decimal]:
        """Return what is left of the liability in the currency of the company, by credit."""
        moved = dict(self.env['service.credit.entry']._read_group(
            [('grant_id', 'in', self.ids)], ['grant_id'], ['company_value:sum'],
        ))
        return {
            grant.id: to_decimal(grant.company_currency_id.round(grant.company_amount + (moved.get(grant) or 0.0)))
            for grant in self
        }


class ServiceCreditEntry(models.Model):
    _inherit = 'service.credit.entry'

    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Currency of the company")
    company_value = fields.Monetary(
        "Change of the liability", readonly=True, currency_field='company_currency_id',
        help="Of paid credit, in the currency of the company. Below 0: it was used, refunded or expired.",
    )

    @api.model
    def _valued(self, rows: list[dict]) -> list[dict]:
        """Return rows for the history with what each changes the liability by; credits are held by now."""
        grants = self.env['service.credit.grant'].browse(dict.fromkeys(
            row['grant_id'] for row in rows if 'company_value' not in row)).filtered(lambda grant: grant.kind == PAID)
        grants.invalidate_recordset(['balance'], flush=False)
        left = {grant.id: to_decimal(grant.currency_id.round(grant.balance)) for grant in grants}
        carried = grants._carried()
        return [self._value(row, left, carried) if row['grant_id'] in left else row for row in rows]

    def _value(self, row: dict, left: dict[int, Decimal], carried: dict[int, Decimal]) -> dict:
        """Return a row with its value, and take amount and value off what is left, or put them back."""
        grant = self.env['service.credit.grant'].browse(row['grant_id'])
        if row['kind'] == 'return':
            origin = self.browse(row['origin_id'])
            amount, value = row['amount'], -to_decimal(grant.company_currency_id.round(origin.company_value))
        else:
            digits = grant.company_currency_id.decimal_places
            amount = -row['amount']
            value = -carried_share(carried[grant.id], row['amount'], left[grant.id], digits)
        left[grant.id] += amount
        carried[grant.id] += value
        return {**row, 'company_value': value}

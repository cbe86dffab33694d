"""What was sold, line by line and tax by tax, so that it can be invoiced piece by piece."""

from dataclasses import dataclass
from decimal import Decimal

from odoo import api, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.fields import Command


@dataclass(frozen=True)
class Piece:
    """One order line: its net and the amount of each of its taxes, as the whole order comes to."""

    line: models.BaseModel
    net: Decimal
    taxes: dict[models.BaseModel, Decimal]

    @property
    def amounts(self) -> list[Decimal]:
        return [self.net, *self.taxes.values()]

    def _prepare_part(self, label: str, net: Decimal, taxes: list[Decimal]) -> dict:
        """Return an invoice line for a share; the tax amounts are given, so that all shares sum to the whole."""
        shares = dict(zip(self.taxes, taxes, strict=True))
        included = sum((amount for tax, amount in shares.items() if tax.price_include), Decimal(0))
        price = float(net + included)
        return self.line._prepare_invoice_line(
            name=f'{self.line.name}\n{label}', quantity=1.0, discount=0.0, price_unit=price,
            tax_ids=[Command.set(self.line.tax_ids.ids)], extra_tax_data=self._fixed(net, shares, price),
        )

    def _fixed(self, net: Decimal, shares: dict, price: float) -> dict | bool:
        """Return the amounts in the form in which Odoo's tax engine takes them as they are."""
        return bool(shares) and {
            'manual_total_excluded_currency': float(net),
            'manual_tax_amounts': {
                str(tax.id): {'tax_amount_currency': float(amount), 'base_amount_currency': float(net)}
                for tax, amount in shares.items()
            },
            'currency_id': self.line.currency_id.id, 'price_unit': price, 'discount': 0.0, 'quantity': 1.0,
        }


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _installment_pieces(self) -> list[Piece]:
        """Return what is sold in installments with its taxes, rounded as the order is."""
        tax, lines = self.env['account.tax'], self._installment_lines()
        base_lines = [line._prepare_base_line_for_taxes_computation() for line in lines]
        tax._add_tax_details_in_base_lines(base_lines, self.company_id)
        tax._round_base_lines_tax_details(base_lines, self.company_id)
        return [self._installment_piece(line, base['tax_details'])
                for line, base in zip(lines, base_lines, strict=True)]

    def _installment_piece(self, line, details: dict) -> Piece:
        exact = lambda amount: to_decimal(self.currency_id.round(amount))  # noqa: E731 - a name for a formula
        return Piece(
            line, exact(details['total_excluded_currency'] + details['delta_total_excluded_currency']),
            {data['tax']: exact(data['tax_amount_currency']) for data in details['taxes_data']},
        )


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    @api.depends('order_id.installment_plan_ids.state')
    def _compute_qty_invoiced(self):
        # EXTENDS sale: what a plan invoices piece by piece is not invoiced a second time
        super()._compute_qty_invoiced()

    def _prepare_qty_invoiced(self):
        # EXTENDS sale
        quantities = super()._prepare_qty_invoiced()
        for order, lines in self.grouped('order_id').items():
            # sudo: whoever reads the order may know what is invoiced
            plans_sudo = order.sudo().installment_plan_ids
            if any(plan.invoicing == 'each' and plan.state != 'cancelled' for plan in plans_sudo):
                for line in lines & order._installment_lines():
                    quantities[line] = line.product_uom_qty
        return quantities

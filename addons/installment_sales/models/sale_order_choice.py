"""The customer's choice: the ways to pay a quotation, side by side, before anything is signed."""

from odoo import models

from ..rules.offer import offer_eu_apr


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _may_choose_installments(self) -> bool:
        """Tell whether the customer may choose how to pay: the company lets it, and nothing is signed yet."""
        self.ensure_one()
        return (
            self.company_id.installment_portal_choice and self.state in ('draft', 'sent') and not self.is_expired
            and not self.signature and not self.installment_accepted_hash and not self._is_being_financed()
        )

    def _installment_choices(self) -> list[dict]:
        """Return the terms that fit the order with what each comes to, the cheapest first."""
        if not self._may_choose_installments():
            return []
        found = []
        for terms in self.installment_fitting_ids:
            given, problem = terms._try(lambda terms=terms: self._installment_offer(terms))
            if not problem and not terms._problem(given):
                payments = [float(row.payment) for row in given.rows]
                found.append({
                    'terms': terms, 'count': len(payments), 'is_even': self._are_even(payments[:-1]),
                    'at_start': float(given.at_start), 'installment': payments[0], 'last': payments[-1],
                    'until': given.rows[-1].due, 'cost': float(given.cost), 'total': float(given.total),
                    'apr_eu': float(offer_eu_apr(given)), 'is_chosen': terms == self.installment_terms_id,
                })
        return sorted(found, key=lambda choice: (choice['total'], choice['count']))

    def _are_even(self, payments: list[float]) -> bool:
        """Tell whether payments are told as one amount: they differ by the smallest coin at most."""
        gap = max(payments, default=0.0) - min(payments, default=0.0)
        return self.currency_id.compare_amounts(gap, self.currency_id.rounding) <= 0

    def _choose_installments(self, terms_id: int) -> None:
        """Put terms of the choices on the order, or none for 0; what is not among them changes nothing."""
        chosen = [choice['terms'] for choice in self._installment_choices() if choice['terms'].id == terms_id]
        if chosen or (not terms_id and self._may_choose_installments()):
            self.installment_terms_id = chosen[0] if chosen else False

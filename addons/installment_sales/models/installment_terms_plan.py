"""What terms tell of an offer, and the plan they make of it."""

from odoo import models
from odoo.addons.service_contracts.rules.money import round_money, to_decimal
from odoo.fields import Command

from ..rules.offer import Offer, fingerprint, offer_eu_apr, offer_us_apr


def _plain(number: float) -> str:
    """Return a percentage with all its digits and none that say nothing.

    >>> _plain(9.123456), _plain(100.0), _plain(12.50)
    ('9.123456', '100', '12.5')
    """
    return f'{to_decimal(number).normalize():f}'


class InstallmentTerms(models.Model):
    _inherit = 'installment.terms'

    def _figures(self, given: Offer) -> dict:
        """Return what the terms tell of an offer; amounts as text in the digits of the currency."""
        money = f'{{:.{self.currency_id.decimal_places}f}}'.format
        names = ('price', 'down_payment', 'fee_at_start', 'at_start', 'financed', 'interest', 'fees', 'cost', 'total')
        columns = ('payment', 'principal', 'interest', 'fee', 'balance')
        return {
            'terms': self.name,
            'financed_by': self.financing_provider_id.sudo().name or '',  # sudo: the customer reads it
            'method': self.method,
            'currency': self.currency_id.name,
            'start': str(given.start),
            **{name: money(getattr(given, name)) for name in names},
            'interest_rate': _plain(self.interest_rate) if given.interest else '0',
            'rate_kind': self.rate_kind,
            'apr_eu': str(round_money(offer_eu_apr(given), 1)),
            'apr_us': str(round_money(offer_us_apr(given), 2)),
            'rows': [
                {'number': row.number, 'due': str(row.due), **{name: money(getattr(row, name)) for name in columns}}
                for row in given.rows
            ],
            'late_fee': money(self.late_fee),
            'late_interest': _plain(self.late_interest),
            'late_grace_days': self.late_grace_days,
            'late_base': self.late_base,
            'late_day_count': self.late_day_count,
            'day_count': self.day_count,
            'compensation_percent': _plain(self.compensation_percent),
            'compensation_short_percent': _plain(self.compensation_short_percent),
            'auto_charge': self.auto_charge,
            'cancel_policy': self.cancel_policy,
            'cancel_percent': _plain(self.cancel_percent),
            'consequences': self.consequences or '',
            'legal_text': self.legal_text or '',
        }

    def _prepare_plan_vals(self, given: Offer, order, partner) -> dict:
        """Return the values of a plan with its installments; extend it to hand on further fields."""
        self.ensure_one()
        figures = order._installment_figures(given) if order and order.installment_terms_id == self \
            else self.with_context(lang=partner.lang)._figures(given)
        names = ('price', 'down_payment', 'financed', 'interest', 'fees', 'cost', 'total')
        return {
            'partner_id': partner.id,
            'company_id': order.company_id.id,
            'currency_id': self.currency_id.id,
            'terms_id': self.id,
            'sale_order_id': order.id,
            'user_id': order.user_id.id,
            'date_start': given.start,
            'invoicing': self.invoicing,
            'invoice_days': self.invoice_days,
            **{name: float(getattr(given, name)) for name in names},
            'interest_rate': self.interest_rate if given.interest else 0.0,
            'rate_kind': self.rate_kind,
            'apr_eu': float(offer_eu_apr(given)),
            'apr_us': float(offer_us_apr(given)),
            'figures': figures,
            'figures_hash': fingerprint(figures),
            'line_ids': [Command.create(vals) for vals in self._prepare_line_vals(given)],
        }

    def _prepare_line_vals(self, given: Offer) -> list[dict]:
        at_start = [{
            'number': 0, 'date_due': given.start, 'principal': float(given.down_payment),
            'fee': float(given.fee_at_start), 'balance': float(given.financed),
        }] if given.at_start else []
        return at_start + [{
            'number': row.number, 'date_due': row.due, 'principal': float(row.principal),
            'interest': float(row.interest), 'fee': float(row.fee), 'balance': float(row.balance),
            'earned': float(row.earned),
        } for row in given.rows]

"""Why an offer cannot be made, in the language of whoever reads it."""

from datetime import date
from decimal import Decimal

from odoo import models
from odoo.tools import format_date
from odoo.tools.translate import LazyTranslate

from ..rules.errors import OfferError

_lt = LazyTranslate(__name__)

PROBLEMS = {
    'nothing_to_finance': _lt("There is nothing to pay in installments: %(amount)s are left after the down payment."),
    'too_little': _lt("%(amount)s is too little for %(count)s installments."),
    'wrong_count': _lt("A plan has 1 to %(most)s installments, not %(count)s."),
    'wrong_rate': _lt("The interest of one period lies between 0 and 1000 %%, not %(percent)s %%."),
    'all_grace': _lt("%(grace)s of %(count)s installments pay interest only, so none is left to pay the price."),
    'grace_without_interest': _lt("Without interest no installment pays interest only: let the first fall due later."),
    'balloon_too_big': _lt("The last payment of %(balloon)s is not below the %(amount)s to be paid in installments."),
    'too_fine': _lt("%(given)s has more than %(digits)s decimals, which the currency does not have."),
    'never_paid_back': _lt("Installments of %(payment)s never pay back %(left)s with interest of %(interest)s."),
    'too_many_payments': _lt("Installments of %(payment)s would be more than %(most)s."),
    'own_amount_not_positive': _lt("Every own installment must be above zero."),
    'own_amounts_miss_total': _lt("The own installments sum to %(total)s, not to the %(amount)s that are open."),
    'several_rests': _lt("Only one own installment can take the rest."),
    'days_out_of_order': _lt("Every installment needs a day of its own, one after the other."),
    'first_before_start': _lt("The first installment falls due on %(first)s, before the plan starts on %(start)s."),
    'sale_changed': _lt("The order now comes to %(now)s, and %(agreed)s were agreed to be paid in installments."),
    'payoff_before_start': _lt("A plan that starts on %(start)s cannot be paid off on %(day)s."),
    'rate_without_credit': _lt("The costs at the beginning leave nothing that is lent, so there is no yearly rate."),
    'rate_not_unique': _lt("Payments and credit take turns, so there is more than one yearly rate; none is shown."),
    'rate_not_found': _lt("These costs have no yearly rate: they are too high for what is lent."),
}


class InstallmentTerms(models.Model):
    _inherit = 'installment.terms'

    def _why_not(self, error: Exception, currency) -> str:
        """Return the sentence for an error of the rules, with amounts and days as its reader writes them."""
        if not isinstance(error, OfferError) or error.kind not in PROBLEMS:
            return str(error)
        values = {name: self._told(value, currency) for name, value in error.values.items()}
        return self.env._(PROBLEMS[error.kind]) % values

    def _told(self, value, currency) -> str:
        if isinstance(value, Decimal):
            return currency.format(float(value))
        return format_date(self.env, value) if isinstance(value, date) else str(value)

"""What will be billed in the months to come, also under changed prices: worked out, never written to contracts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import models
from odoo.tools import SQL

from ..rules.billing import Charge, due_charges
from ..rules.forecast import Scenario, average, replace_amount
from ..rules.money import round_fraction, to_decimal
from ..rules.price_schedule import PricePhase
from ..rules.pricing import Rated
from .credit_book import UseOfCredit

HISTORY = 3
"""Periods of usage that tell what the next ones will cost."""


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _forecast(
        self, date_to: date, scenario: Scenario | None = None, estimate: bool = False, book: UseOfCredit | None = None,
    ) -> list[dict]:
        """Return the charges until a day, one dict each: line, charge date, period and untaxed amount.

        :param scenario: what is different from a day on.
        :param estimate: usage to come costs what it cost in the last periods; else what the price is without use.
        :param book: the credits of the customers, as far as other contracts have not used them.
        """
        book = book or UseOfCredit()
        contracts = self.with_context(service_scenario=scenario, service_credit_book=book)
        usual = contracts.line_ids._usual_usage() if estimate else {}
        return contracts._forecast_rows(contracts._charges_until(date_to, usual), scenario, book)

    def _forecast_rows(self, charges_by_line: dict, scenario: Scenario | None, book: UseOfCredit) -> list[dict]:
        """Return what a forecast keeps of the charges."""
        return [
            {**line._prepare_forecast_vals(charge, scenario), 'credit_used': book.paid_for(line, charge)}
            for line, charges in charges_by_line.items() for charge in charges
        ]

    def _charges_until(self, date_to: date, usual: dict[int, Decimal], today: date | None = None) -> dict:
        """Return the charges of each line that fall due until a day; usage to come at what it usually costs."""
        today = today or (self.company_id[:1]._service_today() if self else date_to)
        terms = self.line_ids._billing_terms_by_line()
        due = {line: due_charges(terms[line.id], date_to) for line in self.line_ids}
        made = self._charges_before_credit(due, terms, date_to, min(today, date_to))
        return self._with_credit({
            line: [_at_usual(charge, usual, line.id) if charge.period.start > today else charge for charge in charges]
            for line, charges in made.items()
        })

    def _with_reductions(self, charges_by_line, terms):
        # EXTENDS the pipeline: a scenario changes prices before anything is taken off them
        if scenario := _scenario(self.env):
            charges_by_line = {
                line: [scenario.rated(charge, line.currency_id.decimal_places) for charge in charges]
                for line, charges in charges_by_line.items()
            }
        return super()._with_reductions(charges_by_line, terms)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _has_own_prices(self):
        scenario = _scenario(self.env)
        return super()._has_own_prices() or bool(scenario and scenario.percent)

    def _price_phases(self):
        # EXTENDS price steps: a scenario is one more of them
        phases, scenario = super()._price_phases(), _scenario(self.env)
        if not scenario or not scenario.percent:
            return phases
        start = self._service_start()
        phases = phases or (PricePhase(start, to_decimal(self.price_unit)),)
        digits = self.env['decimal.precision'].precision_get('Product Price')
        return scenario.phases(phases, digits)

    def _usual_usage(self) -> dict[int, Decimal]:
        """Return what each service by usage cost on average in its last periods, by line id."""
        self.env['service.billing.entry'].flush_model()
        # SQL because only the newest periods of each service matter
        rows = self.env.execute_query(SQL(
            """
            SELECT contract_line_id, array_agg(amount) FROM (
                SELECT contract_line_id, sum(COALESCE((explanation ->> 'amount')::numeric, amount_untaxed)) AS amount,
                       row_number() OVER (PARTITION BY contract_line_id ORDER BY period_start DESC) AS place
                  FROM service_billing_entry
                 WHERE kind IN ('usage', 'late_usage') AND state != 'void' AND contract_line_id = ANY(%s)
                 GROUP BY contract_line_id, period_start) AS period
             WHERE place <= %s GROUP BY contract_line_id
            """, self.ids, HISTORY,
        ))
        digits = {line.id: line.currency_id.decimal_places for line in self}
        return {
            line_id: average([to_decimal(amount) for amount in amounts], digits[line_id]) for line_id, amounts in rows
        }

    def _prepare_forecast_vals(self, charge: Charge, scenario: Scenario | None) -> dict:
        """Return what a forecast keeps of a charge; with churn, what can be expected of it."""
        digits = self.currency_id.decimal_places
        amount = Fraction(charge.amount(digits))
        if scenario:
            amount *= scenario.left(charge.charge_date)
        if any(self.tax_ids.mapped('price_include')):
            base_line = self._prepare_base_line(quantity=1.0, price_unit=float(amount), discount=0.0)
            self.env['account.tax']._add_tax_details_in_base_line(base_line, self.company_id)
            amount = Fraction(base_line['tax_details']['raw_total_excluded_currency'])
        return {
            'contract_line_id': self.id, 'contract_id': self.contract_id.id, 'partner_id': self.partner_id.id,
            'plan_id': self.plan_id.id or None, 'product_id': self.product_id.id or None,
            'company_id': self.company_id.id, 'currency_id': self.currency_id.id, 'kind': charge.kind,
            'charge_date': charge.charge_date, 'period_start': charge.period.start,
            'period_last_day': charge.period.last_day, 'is_estimate': 'usual' in charge.evidence,
            'amount': float(round_fraction(amount, digits)),
        }


def _scenario(env) -> Scenario | None:
    """Return the scenario that is simulated. A remote call cannot send one: it is an object."""
    scenario = env.context.get('service_scenario')
    return scenario if isinstance(scenario, Scenario) else None


def _at_usual(charge: Charge, usual: dict[int, Decimal], line_id: int) -> Charge:
    if charge.kind != 'usage' or line_id not in usual:
        return charge
    rated = charge.rated or Rated(charge.quantity, charge.quantity, Decimal(0), ())
    return replace(charge, rated=replace_amount(rated, usual[line_id]), evidence={**charge.evidence, 'usual': True})

"""What will be billed in the months to come, also under changed prices: worked out, never written to contracts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import models
from odoo.tools import SQL

from ..rules.billing import Charge, due_charges
from ..rules.forecast import Scenario, average
from ..rules.money import round_fraction, to_decimal
from ..rules.price_schedule import PricePhase
from ..rules.usage import QUANTITY_DIGITS
from .credit_book import UseOfCredit
from .service_change_quota import ADDED_UP
from .service_usage_measure import Measured

HISTORY = 3
"""Periods of usage that tell what the next ones will cost."""


@dataclass(frozen=True, slots=True)
class UsualUse:
    """What services are expected to use in periods that begin after `today`, by line id."""

    today: date
    by_line: dict[int, Measured]

    def of(self, line, charge: Charge) -> Measured | None:
        """Return what is expected of a period; of a part of it, where use adds up, its share by day."""
        used = self.by_line.get(line.id)
        if used is None or charge.period.start <= self.today:
            return None
        if line.meter_id.aggregation not in ADDED_UP or charge.period == charge.full_period:
            return used
        share = Fraction(charge.period.days, charge.full_period.days)
        return Measured(round_fraction(Fraction(used.quantity) * share, QUANTITY_DIGITS), round(used.records * share))


class ServiceUsageRater(models.AbstractModel):
    _inherit = 'service.usage.rater'

    def _measured(self, metered):
        # EXTENDS service_contracts: nobody has measured the periods to come; their price is worked out all the same
        measured, usual = super()._measured(metered), _usual_use(self.env)
        if not usual:
            return measured
        return measured | {
            (line.id, charge.period): used for line, charge in metered if (used := usual.of(line, charge))
        }

    def _rate_charge(self, line, charge, model, measured, quota):
        made, usual = super()._rate_charge(line, charge, model, measured, quota), _usual_use(self.env)
        if not usual or charge.kind != 'usage' or not usual.of(line, charge):
            return made
        return replace(made, evidence={**made.evidence, 'usual': True})


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _forecast(
        self, date_to: date, scenario: Scenario | None = None, estimate: bool = False, book: UseOfCredit | None = None,
    ) -> list[dict]:
        """Return the charges until a day, one dict each: line, charge date, period and untaxed amount.

        :param scenario: what is different from a day on.
        :param estimate: as much is used as in the last periods, at the prices to come; else nothing.
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

    def _charges_until(self, date_to: date, usual: dict[int, Measured], today: date | None = None) -> dict:
        """Return the charges of each line that fall due until a day; usage to come is what it usually is."""
        today = today or (self.company_id[:1]._service_today() if self else date_to)
        expecting = self.with_context(service_usual_use=UsualUse(today, usual))
        terms = expecting.line_ids._billing_terms_by_line()
        due = {line: due_charges(terms[line.id], date_to) for line in expecting.line_ids}
        return expecting._with_credit(
            expecting._charges_before_credit(due, terms, date_to, min(today, date_to)),
        )

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

    def _usual_usage(self) -> dict[int, Measured]:
        """Return what was used of each service on average in its last periods, by line id."""
        self.env['service.billing.entry'].flush_model()
        # SQL because only the newest periods of each service matter
        rows = self.env.execute_query(SQL(
            """
            SELECT contract_line_id, array_agg(quantity), avg(records)::int FROM (
                SELECT contract_line_id, explanation ->> 'quantity' AS quantity,
                       COALESCE((explanation ->> 'records')::int, 0) AS records,
                       row_number() OVER (PARTITION BY contract_line_id ORDER BY period_start DESC) AS place
                  FROM (
                        SELECT DISTINCT ON (contract_line_id, period_start) contract_line_id, period_start, explanation
                          FROM service_billing_entry
                         WHERE kind IN ('usage', 'late_usage') AND state != 'void' AND contract_line_id = ANY(%s)
                         ORDER BY contract_line_id, period_start, correction DESC
                  ) AS newest) AS period
             WHERE place <= %s AND quantity IS NOT NULL GROUP BY contract_line_id
            """, self.ids, HISTORY,
        ))
        return {
            line_id: Measured(average([Decimal(text) for text in quantities], QUANTITY_DIGITS), records)
            for line_id, quantities, records in rows
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


def _usual_use(env) -> UsualUse | None:
    """Return the usage that is expected. A remote call cannot send it: it is an object."""
    usual = env.context.get('service_usual_use')
    return usual if isinstance(usual, UsualUse) else None

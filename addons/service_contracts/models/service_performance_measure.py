"""How a metric is measured: one query for all services of a period, with the ids of what was counted."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..rules.billing import due_charges
from ..rules.money import to_decimal
from ..rules.performance import aggregate_values, percentage
from ..rules.periods import Period
from ..rules.proration import amounts_within
from ..rules.usage import day_begins
from .service_performance_metric import VALUED

ARREARS_DAYS = 400
"""What is due in arrears is due after its period, which may be a year long."""
KEPT_IDS = 1000
"""So many ids of records are kept as evidence; the number of records is kept whole."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with its evidence: how many records or values, of which model, with which ids."""

    value: Decimal
    count: int
    model: str
    ids: tuple[int, ...]
    good: int | None = None


class ServicePerformanceMetric(models.Model):
    _inherit = 'service.performance.metric'

    def _measure(self, period: Period, lines) -> dict:
        """Return what was measured of each contract line in a period; lines without a result are left out.

        :raises UserError: if the metric may not read its records any more.
        """
        self.ensure_one()
        if self.source == 'sent':
            return self._measure_sent(period, lines)
        return self._measure_records(period, lines)

    def _measure_sent(self, period: Period, lines) -> dict:
        """Return what the values of each day come to, of several for one day the one that came last."""
        self.env['service.performance.value'].flush_model()
        # SQL because only the last value of each day counts
        rows = self.env.execute_query(SQL(
            """
            SELECT contract_line_id, array_agg(id ORDER BY date), array_agg(value ORDER BY date)
              FROM (SELECT DISTINCT ON (contract_line_id, date) id, contract_line_id, date, value
                      FROM service_performance_value
                     WHERE metric_id = %s AND contract_line_id = ANY(%s) AND date >= %s AND date < %s
                     ORDER BY contract_line_id, date, id DESC) AS last
             GROUP BY contract_line_id
            """, self.id, lines.ids, period.start, period.end,
        ))
        return {
            lines.browse(line_id): Measured(
                aggregate_values(self.aggregation, [Decimal(value).normalize() for value in values]), len(values),
                'service.performance.value', tuple(ids[:KEPT_IDS]),
            ) for line_id, ids, values in rows
        }

    def _measure_records(self, period: Period, lines) -> dict:
        """Return what the own records of each line's customer, contract or service come to."""
        Model, link = self._records_model(), self.link_field
        keys = self._link_ids(lines)
        domain = self._parsed(self.domain) & self._period_domain(period)
        domain &= Domain(link, 'in', sorted({key for ids in keys.values() for key in ids}))
        if 'company_id' in Model._fields:
            domain &= Domain('company_id', 'in', (self.company_id.id, False))
        found = self._grouped(Model, domain, link)
        good = self._grouped(Model, domain & self._parsed(self.good_domain), link) \
            if self.aggregation == 'percentage' else {}
        measured = {line: self._sum_up(Model._name, [found[key] for key in ids if key in found],
                                       sum(good[key][0] for key in ids if key in good))
                    for line, ids in keys.items()}
        return {line: one for line, one in measured.items() if one.count or self.counts_nothing}

    def _link_ids(self, lines) -> dict:
        """Return the ids by which records belong to each line: a customer counts with all own contacts."""
        relation = self._link_model()
        if relation == 'service.contract.line':
            return {line: (line.id,) for line in lines}
        if relation == 'service.contract':
            return {line: (line.contract_id.id,) for line in lines}
        # sudo: contacts only decide which records count
        partners_sudo = lines.partner_id.commercial_partner_id.sudo().with_context(active_test=False)
        families = partners_sudo.search([('commercial_partner_id', 'in', partners_sudo.ids)]).grouped(
            'commercial_partner_id')
        return {line: tuple(families[line.partner_id.commercial_partner_id].ids) for line in lines}

    def _period_domain(self, period: Period) -> Domain:
        """Return the days of a period, as the company's zone has them."""
        name, zone = self.date_field, self.company_id._service_zone()
        if self._field_type('date_field') == 'date':
            return Domain(name, '>=', period.start) & Domain(name, '<', period.end)
        return Domain(name, '>=', day_begins(period.start, zone)) & Domain(name, '<', day_begins(period.end, zone))

    def _grouped(self, Model, domain: Domain, link: str) -> dict[int, tuple]:
        """Return number, value and ids of the records by whom they belong to, with one query."""
        aggregates = ['__count', 'id:array_agg']
        if self.aggregation in VALUED:
            how = 'sum' if self.aggregation == 'avg' else self.aggregation
            aggregates.append(f'{self.value_field}:{how}')
        return {
            record.id: (count, value[0] if value else 0, ids)
            for record, count, ids, *value in Model._read_group(domain, [link], aggregates)
        }

    def _sum_up(self, model: str, groups: list[tuple], good: int) -> Measured:
        """Return one value from the groups of a customer's contacts."""
        count = sum(number for number, _value, _ids in groups)
        values = [to_decimal(float(value)) for _number, value, _ids in groups]
        ids = tuple(sorted(one for _number, _value, own in groups for one in own)[:KEPT_IDS])
        if self.aggregation == 'percentage':
            return Measured(percentage(good, count), count, model, ids, good)
        if self.aggregation == 'count':
            return Measured(Decimal(count), count, model, ids)
        if self.aggregation == 'avg':
            value = aggregate_values('avg', [sum(values, Decimal(0)) / count]) if count else Decimal(0)
            return Measured(value, count, model, ids)
        value = aggregate_values(self.aggregation, values) if values else Decimal(0)
        return Measured(value, count, model, ids)


class ServicePerformanceAgreement(models.Model):
    _inherit = 'service.performance.agreement'

    def _fees(self, spans: dict) -> dict:
        """Return the fee of each agreement's service in its period: what is billed of it, and what will be.

        :param spans: ``{agreement: Period}``.
        """
        lines = self.contract_line_id
        first = min(period.start for period in spans.values())
        last = max(period.end for period in spans.values())
        billed = lines._billed_fees(first, last)
        to_come = lines._fees_to_come(last)
        return {
            agreement: agreement._fee(period, billed.get(agreement.contract_line_id, ()),
                                      to_come.get(agreement.contract_line_id, ()))
            for agreement, period in spans.items()
        }

    def _fee(self, period: Period, entries, charges) -> Decimal:
        """Return what billed and coming charges are for the days of a period."""
        digits = self.currency_id.decimal_places
        parts = [(Period(entry.period_start, entry.period_end), to_decimal(entry.amount_untaxed)) for entry in entries]
        parts += [(charge.period, charge.amount(digits)) for charge in charges]
        return sum(amounts_within(period, parts, digits), Decimal(0))


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _fees_to_come(self, until) -> dict:
        """Return the charges of each service that are not billed yet and begin before a day, reductions taken off."""
        families = self._with_successors()
        lines = self.browse({one.id for family in families.values() for one in family if one.kind == 'recurring'})
        terms = lines._billing_terms_by_line()
        horizon = until + timedelta(days=ARREARS_DAYS)
        due = {line: [charge for charge in due_charges(terms[line.id], horizon) if charge.period.start < until]
               for line in lines}
        charges = lines.contract_id._with_reductions(due, terms)
        return {line: [charge for one in family for charge in charges.get(one, ())]
                for line, family in families.items()}

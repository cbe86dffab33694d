"""Measured values that other systems send: the last one of a day counts, each is taken once."""

from dataclasses import dataclass
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..rules.sent import is_number, is_text, shown

ITEM_LIMIT = 10_000
LIMIT = 10**12
ID_LIMIT = 2**31
TEXT_LIMIT = 200
KEYS = {'external_ref', 'metric', 'contract', 'line', 'date', 'value'}
COLUMNS = ('metric_id', 'contract_line_id', 'date', 'value', 'external_ref')


class RefusedValue(Exception):
    """A value that cannot be taken, with a sentence for whoever sent it."""


@dataclass(slots=True)
class ValueRow:
    """A value that may be stored."""

    metric_id: int
    contract_line_id: int
    date: date
    value: float
    external_ref: str


class ServicePerformanceValue(models.Model):
    _name = 'service.performance.value'
    _description = "Measured Value"
    _order = 'date desc, id desc'
    _rec_name = 'external_ref'

    metric_id = fields.Many2one('service.performance.metric', required=True, readonly=True, ondelete='restrict')
    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", required=True, readonly=True, ondelete='restrict',
    )
    company_id = fields.Many2one(related='metric_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='contract_line_id.partner_id')
    date = fields.Date(required=True, readonly=True, default=lambda self: self.env.company._service_today())
    value = fields.Float(digits=(18, 6), required=True, readonly=True)
    measure = fields.Char(related='metric_id.measure', string="Measured in")
    external_ref = fields.Char(
        "Reference", readonly=True, copy=False, help="Unique for the metric: sent twice, a value counts once.",
    )

    _external_ref_is_unique = models.UniqueIndex(
        "(metric_id, external_ref) WHERE external_ref IS NOT NULL",
        "The metric has a value with this reference already.",
    )
    _by_line_and_day = models.Index("(metric_id, contract_line_id, date)")
    # PostgreSQL takes NaN for greater than every number, so the upper bound keeps it and infinity out.
    _value_in_range = models.Constraint(
        f'CHECK (value > -{LIMIT} AND value < {LIMIT})', "A value is a finite number below one million million.",
    )

    # === CRUD === #

    def write(self, vals):
        raise UserError(self.env._("Values stay as they came. Send another one for the same day, the last one counts."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Values stay as they came. Send another one for the same day, the last one counts."))

    # === REMOTE === #

    @api.model
    def send_values(self, values: list[dict], partial: bool = True) -> dict:
        """Take measured values of the current company; safe to repeat, since a known reference changes nothing.

        :param values: at most 10,000 objects with

            * ``external_ref``: text of at most 200 characters, unique for the metric
            * ``metric``: code or database id of the metric
            * ``contract``: external reference, number or database id of the contract; or ``line``: database id
              of the contracted service
            * ``date``: the day the value is of, ``YYYY-MM-DD``, not in the future; of several values for one day the
              last one counts, also when the result was worked out before
            * ``value``: finite number below 10^12

        :param partial: true takes the good ones and tells of the others; false takes all or none.
        :return: ``new`` and ``known`` (numbers of values), and ``refused``: objects with ``place`` (from 1),
            ``external_ref`` and ``reason`` (a sentence). With ``partial`` false and anything refused, ``new`` and
            ``known`` are 0 and nothing was taken.
        :raises UserError: if values is no list of at most 10,000.
        :raises AccessError: without the role Contracts: Integrator or Contracts: Manager.
        """
        self._check_remote_access()
        if not isinstance(values, list) or len(values) > ITEM_LIMIT:
            raise UserError(self.env._("“values” must be a list of at most %s objects.", ITEM_LIMIT))
        if not isinstance(partial, bool):
            raise UserError(self.env._("“partial” must be true or false."))
        rows, refused = self._check_items(values)
        if refused and not partial:
            return {'new': 0, 'known': 0, 'refused': refused}
        new = self._insert(rows)
        return {'new': new, 'known': len(rows) - new, 'refused': refused}

    def _check_remote_access(self) -> None:
        groups = ('service_contracts.group_contract_integrator', 'service_contracts.group_contract_manager')
        if not self.env.su and not any(self.env.user.has_group(group) for group in groups):
            raise AccessError(self.env._("Values need the role Contracts: Integrator or Contracts: Manager."))

    # === CHECK === #

    def _check_items(self, items: list) -> tuple[list[ValueRow], list[dict]]:
        """Return the values to be stored, and what is wrong with the others."""
        lines, rows, refused = self._find_lines(items), [], []
        for place, item in enumerate(items, 1):
            try:
                rows.append(self._row(item, lines))
            except RefusedValue as error:
                ref = item.get('external_ref') if type(item) is dict else None
                refused.append({
                    'place': place, 'external_ref': ref[:200] if type(ref) is str else '', 'reason': str(error),
                })
        return rows, refused

    def _row(self, item, lines: dict) -> ValueRow:
        env = self.env
        if type(item) is not dict or not item.keys() <= KEYS:
            raise RefusedValue(env._("A value is an object with %s and no other keys.", ', '.join(sorted(KEYS))))
        ref, value = item.get('external_ref'), item.get('value')
        if not ref or not is_text(ref, TEXT_LIMIT):
            raise RefusedValue(env._("“external_ref” must be a text of 1 to %s characters.", TEXT_LIMIT))
        if not is_number(value, LIMIT):
            raise RefusedValue(env._("“value” must be a finite number below one million million, such as 99.95."))
        found = lines.get(_names(item))
        if not found:
            raise RefusedValue(env._(
                "“%(metric)s” is agreed for no service of “%(contract)s” by values sent in.",
                metric=shown(item.get('metric')), contract=shown(item.get('contract') or item.get('line')),
            ))
        return ValueRow(*found, self._day(item.get('date')), float(value), ref)

    def _day(self, value) -> date:
        try:
            day = date.fromisoformat(value) if type(value) is str else None
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year < 3000:
            raise RefusedValue(self.env._("“date” must be a day, written as 2025-12-31."))
        if day > self.env.company._service_today():
            raise RefusedValue(self.env._("%s has not come yet: a value is sent after it was measured.", day))
        return day

    def _find_lines(self, items: list) -> dict[tuple, tuple[int, int]]:
        """Return metric and service by what names them in a batch, looked up at once."""
        names = {name for item in items if type(item) is dict and (name := _names(item))}
        ids = {name for _metric, contract, line in names for name in (contract,) if type(name) is int}
        refs = {contract for _metric, contract, _line in names if type(contract) is str}
        domain = Domain('contract_line_id', 'in', [line for *_others, line in names if line])
        domain |= Domain('contract_id', 'in', list(ids)) | Domain('contract_id.name', 'in', list(refs))
        domain |= Domain('contract_id.external_ref', 'in', list(refs))
        agreements = self.env['service.performance.agreement'].search(
            domain & Domain('metric_id.source', '=', 'sent') & Domain('company_id', '=', self.env.company.id),
            order='date_start',
        )
        found = {}
        for agreement in agreements:
            metric, line, contract = agreement.metric_id, agreement.contract_line_id, agreement.contract_id
            for name in (metric.id, metric.code):
                found[name, None, line.id] = metric.id, line.id
                for own in filter(None, (contract.id, contract.name, contract.external_ref)):
                    found[name, own, None] = metric.id, line.id
        return found

    @api.model
    def _insert(self, rows: list[ValueRow]) -> int:
        """Store values that passed the checks, leave out those whose reference is known, return how many are new."""
        if not rows:
            return 0
        # SQL because one statement takes a whole batch, and the unique index decides what is known
        ids = self.env.execute_query(SQL(
            """
            INSERT INTO service_performance_value (
                metric_id, contract_line_id, date, value, external_ref, company_id,
                create_uid, write_uid, create_date, write_date)
            SELECT metric_id, line_id, date, round(value, 6), ref, %(company)s, %(uid)s, %(uid)s, %(now)s, %(now)s
              FROM unnest(%(metric_id)s::int[], %(contract_line_id)s::int[], %(date)s::date[], %(value)s::numeric[],
                          %(external_ref)s::text[]) AS v (metric_id, line_id, date, value, ref)
            ON CONFLICT (metric_id, external_ref) WHERE external_ref IS NOT NULL DO NOTHING
            RETURNING id
            """,
            company=self.env.company.id, uid=self.env.uid, now=fields.Datetime.now(),
            **{name: [getattr(row, name) for row in rows] for name in COLUMNS},
        ))
        self.invalidate_model(flush=False)
        return len(ids)


def _names(item: dict) -> tuple | None:
    """Return what names metric and service in an object, None if it cannot be looked up."""
    metric, contract, line = item.get('metric'), item.get('contract'), item.get('line')
    if line is not None:
        contract = None
    named = line if line is not None else contract
    fits = all(is_text(value) or type(value) is int and 0 < value < ID_LIMIT for value in (metric, named))
    return (metric, contract, line) if fits and not isinstance(line, str) else None

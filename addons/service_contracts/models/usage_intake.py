"""Usage records on their way in: each is checked, finds its service and is placed in its period."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from odoo.api import Environment
from odoo.fields import Domain
from odoo.tools import SQL

from ..rules.sent import is_number, is_text, shown
from ..rules.usage import Moments, day_begins, place_record

KEYS = {'external_ref', 'meter', 'contract', 'line', 'moment', 'quantity', 'key'}
LIMIT = 10**12
TEXT_LIMIT = 200
RUNNING = ('active', 'suspended', 'ended')
LONG_AGO, FAR_AHEAD = datetime(1900, 1, 1), datetime(2999, 1, 1)


class RefusedRecord(Exception):
    """A record that cannot be taken, with a sentence for whoever sent it."""


@dataclass(slots=True)
class UsageRow:
    """A record that may be stored."""

    meter_id: int
    line_id: int
    moment: datetime
    quantity: float
    key: str | None
    external_ref: str
    is_late: bool


@dataclass(slots=True)
class Service:
    """A contract line that counts usage: when it runs, and what of it is billed."""

    line_id: int
    meter_id: int
    policy: str
    needs_key: bool
    span: Moments
    closed_until: datetime
    """Before this moment every period is billed."""
    due_until: datetime
    """A run may be billing what lies before this moment; long ago while nothing is due."""
    billed: list[Moments] = field(default_factory=list)
    """Billed periods later than that, left behind by one that was voided."""
    pauses: list[Moments] = field(default_factory=list)
    free_until: datetime = LONG_AGO
    """Before this moment usage costs nothing: it was a trial."""

    def is_billed(self, moment: datetime) -> bool:
        return moment < self.closed_until or any(period.has(moment) for period in self.billed)


class UsageIntake:
    """Checks records of one company; services are looked up once for all records of a batch."""

    def __init__(self, env: Environment, items: list):
        self.env = env
        self.now = datetime.now(UTC).replace(tzinfo=None)
        self._zone = env.company._service_zone()
        self._beginnings: dict[date, datetime] = {}
        self.due_line_ids: set[int] = set()
        """Services with a record in a period that is over, so that a run may be billing it right now."""
        names = (item.get('meter') for item in items if type(item) is dict)
        self._meters = self._find_meters({name for name in names if _is_name(name)})
        self._services = self._find_services(items)

    # === ONE RECORD === #

    def row(self, item) -> UsageRow:
        """Return the record to be stored.

        :raises RefusedRecord: with a sentence on what is wrong and what to do.
        """
        env = self.env
        if type(item) is not dict or not item.keys() <= KEYS:
            raise RefusedRecord(env._("A record is an object with %s and no other keys.", ', '.join(sorted(KEYS))))
        external_ref, key = self._text(item, 'external_ref'), item.get('key')
        if key is not None and key != '':
            key = self._text(item, 'key')
        quantity = item.get('quantity', 1)
        if not is_number(quantity, LIMIT):
            raise RefusedRecord(env._("“quantity” must be a finite number below one million million, such as 12.5."))
        moment = self._moment(item.get('moment'))
        service = self._service(item, moment)
        if service.needs_key and not key:
            raise RefusedRecord(env._("The meter counts different keys: send “key”."))
        return UsageRow(
            service.meter_id, service.line_id, moment, float(quantity), key or None, external_ref,
            self._is_late(service, moment),
        )

    def _text(self, item: dict, name: str) -> str:
        text = item.get(name)
        if not text or not is_text(text, TEXT_LIMIT):
            raise RefusedRecord(self.env._(
                "“%(name)s” must be a text of 1 to %(limit)s characters.", name=name, limit=TEXT_LIMIT,
            ))
        return text

    def _moment(self, value) -> datetime:
        if type(value) is str and len(value) <= 40:
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                value = None
        if not isinstance(value, datetime):
            raise RefusedRecord(self.env._("“moment” must be a time in UTC, such as 2025-12-31 23:59:59."))
        if value.tzinfo is not None:
            try:
                value = value.astimezone(UTC).replace(tzinfo=None)
            except OverflowError:
                value = LONG_AGO
        if value > self.now:
            raise RefusedRecord(self.env._("%s has not come yet: usage is sent after it happened.", value))
        return value

    def _service(self, item: dict, moment: datetime) -> Service:
        """Return the service that counts the record."""
        meter, contract, line = item.get('meter'), item.get('contract'), item.get('line')
        services = self._services.get((meter, contract, line)) if _is_name(meter, contract, line) else None
        if services is None:
            raise RefusedRecord(self._unknown(meter, contract, line))
        for service in services:
            if service.span.has(moment):
                if any(pause.has(moment) for pause in service.pauses):
                    raise RefusedRecord(self.env._("The service was paused at %s.", moment))
                return service
        raise RefusedRecord(self.env._("The service did not run at %s.", moment))

    def _unknown(self, meter, contract, line) -> str:
        if line is None and (not _is_name(meter, None, None) or meter not in self._meters):
            return self.env._("There is no meter “%(meter)s” in %(company)s.",
                              meter=shown(meter), company=self.env.company.name)
        name = shown(contract if line is None else line)
        return self.env._("“%s” is no running contract with this meter. Check “contract” or “line”.", name)

    def _is_late(self, service: Service, moment: datetime) -> bool:
        if moment < service.free_until:
            return False
        if not service.is_billed(moment):
            if moment < service.due_until:
                self.due_line_ids.add(service.line_id)
            return False
        if place_record(moment, self.now, self.now, service.policy) == 'refuse':
            raise RefusedRecord(self.env._("The period of %s is billed, and the meter takes no late usage.", moment))
        self.due_line_ids.add(service.line_id)
        return True

    # === LOOK UP === #

    def _find_meters(self, names: set) -> dict:
        """Return the meters by id and by code."""
        ids, codes = _split(names)
        Meter = self.env['service.meter'].with_context(active_test=False)
        domain = Domain('id', 'in', ids) | Domain('code', 'in', codes)
        meters = Meter.search(domain & Domain('company_id', 'in', (self.env.company.id, False)))
        own_last = meters.sorted(lambda meter: bool(meter.company_id))  # a code of one's own company wins
        return {name: meter for meter in own_last for name in (meter.id, meter.code)}

    def _find_services(self, items: list) -> dict[tuple, list[Service]]:
        """Return the services by what names them: meter, contract and line as they were sent."""
        names = {
            (item.get('meter'), item.get('contract'), item.get('line')) for item in items
            if type(item) is dict and _is_name(item.get('meter'), item.get('contract'), item.get('line'))
        }
        by_line, by_contract = self._find_lines(names)
        found = {
            (meter, contract, line): by_line.get(line) if line is not None
            else by_contract.get((self._meters[meter].id, contract)) if meter in self._meters else None
            for meter, contract, line in names
        }
        return {
            name: services for name, services in found.items()
            if services and (name[0] is None or self._has_meter(services, name[0]))
        }

    def _has_meter(self, services: list[Service], meter) -> bool:
        return meter in self._meters and services[0].meter_id == self._meters[meter].id

    def _find_lines(self, names: set[tuple]) -> tuple[dict, dict]:
        """Return the services by line id, and by meter id and each name of their contract."""
        ids, refs = _split({contract for _meter, contract, line in names if line is None})
        line_ids, _texts = _split({line for _meter, _contract, line in names})
        wanted = (
            Domain('id', 'in', line_ids) | Domain('contract_id', 'in', ids)
            | Domain('contract_id.external_ref', 'in', refs) | Domain('contract_id.name', 'in', refs)
        )
        running = Domain('kind', '=', 'usage') & Domain('contract_id.state', 'in', RUNNING)
        rows = self._read_lines(wanted & running & Domain('company_id', '=', self.env.company.id))
        by_line, by_contract = {}, defaultdict(list)
        for service, row in zip(self._as_services(rows), rows, strict=True):
            by_line[service.line_id] = [service]
            for name in {row['contract_id'], row['number'], row['contract_ref'] or row['number']}:
                by_contract[service.meter_id, name].append(service)
        return by_line, by_contract

    def _read_lines(self, domain: Domain) -> list[dict]:
        """Return what decides about the records of services, the earlier ones first.

        SQL because a batch may name a thousand services, each with contract and meter.
        """
        Line = self.env['service.contract.line']
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """
            SELECT line.id, line.meter_id, meter.late_policy, meter.aggregation, line.next_period_start,
                   line.next_charge_date, COALESCE(line.date_start, contract.date_start) AS date_start,
                   LEAST(line.date_end, contract.date_end) AS date_end, contract.date_trial_end,
                   contract.id AS contract_id, contract.name AS number, contract.external_ref AS contract_ref
              FROM service_contract_line line
              JOIN service_contract contract ON contract.id = line.contract_id
              JOIN service_meter meter ON meter.id = line.meter_id
             WHERE line.id IN %s
             ORDER BY COALESCE(line.date_start, contract.date_start), line.id
            """, Line._search(domain).subselect(),
        ))
        return self.env.cr.dictfetchall()

    def _as_services(self, rows: list[dict]) -> list[Service]:
        Line = self.env['service.contract.line']
        billed = Line._billed_periods({row['id']: row['next_period_start'] or date.min for row in rows})
        tomorrow = self.env.company._service_today() + timedelta(days=1)
        paused = self._pauses({row['contract_id'] for row in rows})
        return [
            Service(
                row['id'], row['meter_id'], row['late_policy'], row['aggregation'] == 'unique', self._span(row),
                self._begins(row['next_period_start']) if row['next_period_start'] else LONG_AGO,
                self._begins(tomorrow) if (row['next_charge_date'] or date.max) <= tomorrow else LONG_AGO,
                [Moments(self._begins(period.start), self._begins(period.end)) for period in billed.get(row['id'], ())],
                paused.get(row['contract_id'], []),
                self._begins(row['date_trial_end'] + timedelta(days=1)) if row['date_trial_end'] else LONG_AGO,
            ) for row in rows
        ]

    def _span(self, row: dict) -> Moments:
        last = row['date_end']
        return Moments(self._begins(row['date_start']), self._begins(last + timedelta(days=1)) if last else FAR_AHEAD)

    def _pauses(self, contract_ids: set[int]) -> dict[int, list[Moments]]:
        pauses = self.env['service.contract.pause'].search([('contract_id', 'in', list(contract_ids))])
        spans = defaultdict(list)
        for pause in pauses:
            if period := pause._period():
                end = FAR_AHEAD if period.end == date.max else self._begins(period.end)
                spans[pause.contract_id.id].append(Moments(self._begins(period.start), end))
        return spans

    def _begins(self, day: date) -> datetime:
        """Return the moment at which a day begins for the company."""
        if day not in self._beginnings:
            self._beginnings[day] = day_begins(day, self._zone)
        return self._beginnings[day]


def _is_name(*values) -> bool:
    """Tell whether all are ids, texts or missing, so that they can be looked up."""
    return all(
        value is None or is_text(value) or (type(value) is int and 0 < value < 2**31) for value in values
    )


def _split(names: set) -> tuple[list[int], list[str]]:
    return [name for name in names if type(name) is int], [name for name in names if type(name) is str]

"""A year of reminders for invented customers: the rules decide as in the product, chance decides who pays when."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from odoo.addons.dunning_sms.rules.calendar import Contact, ContactRule, Holiday, Window, next_opening, refusal
from odoo.addons.dunning_sms.rules.decision import (
    Customer,
    Decision,
    Item,
    Policy,
    Route,
    Told,
    decide,
    effective_dates,
)
from odoo.addons.dunning_sms.rules.escalation import Offsets, Step, may_act
from odoo.addons.dunning_sms.rules.netting import Cover, Net, OpenLine, net

FIRST, DAYS = date(2026, 1, 1), 365
ZONES = ('America/Bogota', 'Europe/Berlin', 'America/Los_Angeles')
RULE = ContactRule(
    (*(Window(day, time(7), time(19)) for day in range(5)), Window(5, time(8), time(15))),
    (Holiday(1, 1), Holiday(1, 6, to_monday=True), Holiday(easter=-3), Holiday(easter=-2), Holiday(12, 25)),
    on_holidays=False, per_day=1, per_week=3, one_channel=True,
)
ROUTES = (Route('email', key=1), Route('sms', fallback=True, key=2))
STEPS = (Step(1, -5), Step(2, 0), Step(3, 3), Step(4, 7), Step(5, 14, repeat_every=7, times=2), Step(6, 45))
POLICY = Policy(STEPS, Offsets(5, 10, 30), 5, routes={step.id: ROUTES for step in STEPS})
FAILS = 0.08
"""Share of messages that fail."""


@dataclass
class Line:
    """An invoice of a customer, and what was told about it."""

    id: int
    due: date
    amount: Decimal
    payments: list[tuple[datetime, Decimal]]
    hold: tuple[date, date] | None = None
    sent: dict = field(default_factory=lambda: defaultdict(dict))
    told: Told | None = None
    announced: list = field(default_factory=list)
    suspended: date | None = None

    def open_at(self, moment: datetime) -> Decimal:
        return self.amount - sum((amount for when, amount in self.payments if when <= moment), Decimal(0))


@dataclass
class Year:
    """What happened, for the tests to look at."""

    messages: list = field(default_factory=list)
    told: list = field(default_factory=list)
    suspensions: list = field(default_factory=list)
    cancelled: int = 0


def simulate(customers: int, seed: int = 1) -> Year:
    """Return the year of so many customers."""
    chance, year = random.Random(seed), Year()
    for number in range(customers):
        _live(number, chance, year)
    return year


def _live(number: int, chance: random.Random, year: Year) -> None:
    """Let one customer go through the year, day by day as long as anything is open."""
    zone = ZONES[number % len(ZONES)]
    lines = _invoices(number, chance)
    barred = {'email': 'no_address'} if chance.random() < 0.1 else {}
    history: list[Contact] = []
    for offset in range(DAYS):
        today = FIRST + timedelta(days=offset)
        planned = datetime.combine(today, time(13))  # in UTC: early in the American, midday in the European day
        near = [line for line in lines if line.due - timedelta(days=6) <= today and line.open_at(planned) > 0]
        if near:
            history = [contact for contact in history if contact.moment > planned - timedelta(days=9)]
            _one_day(number, near, planned, zone, barred, history, chance, year)
            _consequences(number, near, planned, today, year)


def _invoices(number: int, chance: random.Random) -> list[Line]:
    habit = chance.choices(('early', 'late', 'parts', 'never'), (55, 30, 10, 5))[0]
    first = FIRST + timedelta(days=chance.randrange(30))
    lines = []
    for month in range(chance.randrange(1, 5)):
        due = first + timedelta(days=30 * month + chance.randrange(5))
        line = Line(number * 100 + month, due, Decimal(chance.randrange(1000, 50000)) / 100, [])
        line.payments = _payments(line, habit, chance)
        if chance.random() < 0.1:
            start = due + timedelta(days=chance.randrange(1, 9))
            line.hold = (start, start + timedelta(days=chance.randrange(2, 20)))
        lines.append(line)
    return lines


def _payments(line: Line, habit: str, chance: random.Random) -> list[tuple[datetime, Decimal]]:
    if habit == 'never' and chance.random() < 0.8:
        return []
    late = -chance.randrange(6) if habit == 'early' else chance.randrange(60)
    moment = datetime.combine(line.due + timedelta(days=late), time(chance.randrange(24), chance.randrange(60)))
    if habit != 'parts':
        return [(moment, line.amount)]
    half = (line.amount / 2).quantize(Decimal('0.01'))
    return [(moment, half), (moment + timedelta(days=chance.randrange(1, 30)), line.amount - half)]


def _facts(lines: list[Line], moment: datetime, zone: str, barred, history) -> Customer:
    """Return the customer as the gatherer would: open lines, holds, what was told."""
    today = moment.date()
    open_lines = [OpenLine(line.id, line.due, line.open_at(moment)) for line in lines if line.open_at(moment) > 0]
    covers = [
        Cover('dispute', None, line.id) for line in lines if line.hold and line.hold[0] <= today < line.hold[1]
    ]
    by_id = {line.id: line for line in lines}
    return Customer(
        [
            Item(item, sent=by_id[item.line.id].sent, told=by_id[item.line.id].told,
                 pauses=(by_id[item.line.id].hold,) if by_id[item.line.id].hold else ())
            for item in net(open_lines, covers)
        ],
        zone, RULE, history, barred=barred,
    )


def _one_day(number, lines, planned, zone, barred, history, chance, year) -> None:
    """Plan, wait for the customer's hours, check again, send; if that fails, try the fallback."""
    decision = decide(_facts(lines, planned, zone, barred, history), POLICY, planned)
    if decision.reason:
        return
    moment = next_opening(RULE, planned, zone)
    again = decide(_facts(lines, moment, zone, barred, history), POLICY, moment)
    if again.reason or again.fingerprint != decision.fingerprint:
        year.cancelled += 1  # paid or changed in the meantime: tomorrow decides anew
        return
    reached = _send(number, decision, moment, zone, barred, history, chance, year)
    by_id = {line.id: line for line in lines}
    for claim in decision.claims:
        if claim.occurrence:
            line = by_id[claim.line_id]
            line.sent[claim.occurrence.step_id][claim.occurrence.number] = planned.date()
            line.told = Told(claim.dates, claim.shift, claim.revision)
            year.told.append((claim.line_id, claim.occurrence.step_id, claim.occurrence.number, claim.revision))
            if reached:
                line.announced.append((moment.date(), claim.dates.suspension))


def _send(number, decision: Decision, moment, zone, barred, history, chance, year) -> bool:
    """Hand the message over on the first channel that works; return whether it reached the customer."""
    for route in ROUTES:
        if route.channel in barred or refusal(RULE, history, route.channel, moment, zone):
            continue
        if chance.random() < FAILS:
            continue
        history.append(Contact(moment, route.channel))
        year.messages.append((number, moment, zone, route.channel, [claim.line_id for claim in decision.claims],
                              [claim.amount for claim in decision.claims]))
        return True
    return False


def _consequences(number, lines, planned, today, year) -> None:
    held = {line.id for line in lines if line.hold and line.hold[0] <= today < line.hold[1]}
    for line in lines:
        if line.suspended or line.id in held or line.open_at(planned) <= 0:
            continue
        item = Item(Net(OpenLine(line.id, line.due, line.amount)), told=line.told,
                    pauses=(line.hold,) if line.hold else ())
        dates = effective_dates(item, today)
        day = dates and dates.suspension
        if may_act(day, today, line.announced):
            line.suspended = today
            year.suspensions.append((line, today, day))

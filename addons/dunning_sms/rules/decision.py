"""What one customer gets today: one notice over all that is due, or the reason for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .calendar import Contact, ContactRule, cap_refusal, is_open_today, local
from .escalation import FourDates, Occurrence, Offsets, Step, due_occurrence, four_dates, paused_days
from .netting import Net

ZERO = Decimal(0)
NO_SENT: Mapping[int, Mapping[int, date]] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """The newest dates a customer was told about a line, how often they were corrected, and by how many days."""

    dates: FourDates
    shift: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One receivable line of a customer after netting.

    :param rate: what one unit of its currency is worth in the company's.
    :param sent: by step, the occurrences sent and the day of each.
    :param pauses: days on which the whole line was covered, see `paused_days`.
    """

    net: Net
    rate: Decimal = Decimal(1)
    sent: Mapping[int, Mapping[int, date]] = field(default_factory=lambda: NO_SENT)
    told: Told | None = None
    pauses: tuple[tuple[date, date], ...] = ()

    @property
    def due(self) -> date:
        return self.net.line.due

    @property
    def value(self) -> Decimal:
        """What is open, in the company's currency."""
        return self.net.open * self.rate


@dataclass(frozen=True, slots=True)
class Route:
    """One channel of a step: with `fallback` only if those before it cannot be used or failed."""

    channel: str
    fallback: bool = False
    key: int = 0


@dataclass(frozen=True)
class Policy:
    """The steps of a policy and what goes with them."""

    steps: tuple[Step, ...]
    offsets: Offsets = Offsets()
    warning: int = 0
    business: ContactRule | None = None
    minimums: Mapping[int, Decimal] = field(default_factory=dict)
    routes: Mapping[int, tuple[Route, ...]] = field(default_factory=dict)

    def distance(self, step_id: int) -> int:
        return next(step.distance for step in self.steps if step.id == step_id)


@dataclass(frozen=True)
class Customer:
    """What is known of a customer when the day is decided.

    :param blocked: why nothing may go out at all, such as a legal hold.
    :param barred: channels that cannot be used, each with its reason (`no_address`, `opted_out`, `no_consent`).
    """

    items: Sequence[Item]
    zone: str = 'UTC'
    rule: ContactRule = ContactRule()
    history: Sequence[Contact] = ()
    blocked: str | None = None
    barred: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A line on a notice; without occurrence it is only listed beside the others."""

    line_id: int
    amount: Decimal
    dates: FourDates
    occurrence: Occurrence | None = None
    shift: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """A notice with its claims, leading step and routes; or a `reason` for none."""

    reason: str | None = None
    claims: tuple[Claim, ...] = ()
    step_id: int = 0
    total: Decimal = ZERO
    routes: tuple[Route, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return what must be the same when the message goes out, else another is written."""
        return ';'.join(
            f'{claim.line_id}:{claim.amount.normalize():f}:{claim.occurrence and claim.occurrence.step_id}'
            f':{claim.occurrence and claim.occurrence.number}:{claim.revision}:{claim.dates.suspension}'
            for claim in sorted(self.claims, key=lambda claim: claim.line_id)
        )


def decide(customer: Customer, policy: Policy | None, now: datetime) -> Decision:
    """Decide what a customer gets at a moment in UTC.

    All open lines stand on one notice; only those with a step today count as told. The step farthest from its
    due date leads: its text and channels are used. The reasons: `blocked`, `no_policy`, `nothing_open`,
    `covered`, `told`, `too_early`, `below_minimum`, `no_channel`, `closed`, `day`, `week`, `channel`.
    """
    today = local(now, customer.zone).date()
    reason = _general_reason(customer, policy)
    if reason:
        return Decision(reason)
    claims = [_claim(item, policy, today) for item in customer.items if item.net.open > 0]
    due = [claim for claim in claims if claim.occurrence]
    if not due:
        return Decision('told' if any(item.sent for item in customer.items if item.net.open > 0) else 'too_early')
    step_id = max((claim.occurrence.step_id for claim in due), key=policy.distance)
    shown = [claim for claim in claims if claim.occurrence or claim.dates.due <= today]
    values = {item.net.line.id: item.value for item in customer.items}
    total = sum((values[claim.line_id] for claim in shown), ZERO)
    if total < policy.minimums.get(step_id, ZERO):
        return Decision('below_minimum')
    routes, refused = usable_routes(customer, policy.routes.get(step_id, ()), now)
    if not routes:
        return Decision(refused or 'no_channel')
    return Decision(None, tuple(shown), step_id, total, routes)


def _general_reason(customer: Customer, policy: Policy | None) -> str | None:
    if customer.blocked:
        return 'blocked'
    if policy is None:
        return 'no_policy'
    if not customer.items:
        return 'nothing_open'
    return None if any(item.net.open > 0 for item in customer.items) else 'covered'


def _claim(item: Item, policy: Policy, today: date) -> Claim:
    """Return what the notice says about a line, and whether it is due to be told today."""
    told = item.told
    shift = _shift(item, today) if told else paused_days(item.pauses, item.due, today)
    occurrence = due_occurrence(policy.steps, item.due, today, item.sent, shift)
    if not told:
        dates = four_dates(item.due, policy.offsets, today, policy.warning, policy.business)
        if shift:
            dates = max(dates, dates.shifted(shift), key=lambda dates: dates.last_safe)
        return Claim(item.net.line.id, item.net.open, dates, occurrence, shift)
    moved = shift - told.shift
    revision = told.revision + bool(moved)
    if moved and not occurrence and (told.dates.suspension or told.dates.removal):
        occurrence = _last_sent(item, policy)
    return Claim(item.net.line.id, item.net.open, told.dates.shifted(moved), occurrence, shift, revision)


def _shift(item: Item, today: date) -> int:
    """Return by how many days holds and promises moved the dates that were told; never fewer than were told."""
    last_day = item.told.dates.removal or item.told.dates.suspension or date.max
    pauses = [pause for pause in item.pauses if pause[0] < last_day]
    return max(item.told.shift, paused_days(pauses, item.due, today))


def effective_dates(item: Item, today: date) -> FourDates | None:
    """Return the dates that hold now: those told, moved by pauses since; None for a line nobody was told of."""
    return item.told.dates.shifted(_shift(item, today) - item.told.shift) if item.told else None


def expected_dates(item: Item, policy: Policy | None, today: date) -> FourDates | None:
    """Return the dates that hold now or, for a line nobody was told of, those that a first notice today would tell."""
    return effective_dates(item, today) or (_claim(item, policy, today).dates if policy else None)


def _last_sent(item: Item, policy: Policy) -> Occurrence | None:
    """Return what was sent last for this line, to be sent once more with corrected dates."""
    known = {step.id for step in policy.steps}
    sent = [(day, step, number) for step, days in item.sent.items() if step in known for number, day in days.items()]
    if not sent:
        return None
    day, step, number = max(sent)
    return Occurrence(step, number, day)


def usable_routes(
    customer: Customer, routes: Sequence[Route], now: datetime,
) -> tuple[tuple[Route, ...], str | None]:
    """Return the routes to take, and if there is none the reason that should be told.

    Routes are tried in order. One that is no fallback is taken if it can be; a fallback only if none of the
    routes before it could. A closed day or a full cap makes the whole notice wait, unless another message of
    this notice goes out anyway.
    """
    taken: list[Route] = []
    reasons: list[str] = []
    history = list(customer.history)
    for route in routes:
        if route.fallback and taken:
            continue
        limited = route.channel in customer.rule.channels
        reason = customer.barred.get(route.channel) or _refusal(customer, history, route.channel, now)
        if reason in ('closed', 'day', 'week') and not any(item.channel in customer.rule.channels for item in taken):
            return (), reason
        if reason:
            reasons.append(reason)
            continue
        taken.append(route)
        if limited:
            history.append(Contact(now, route.channel))
    return tuple(taken), (reasons[0] if reasons and not taken else None)


def _refusal(customer: Customer, history: Sequence[Contact], channel: str, now: datetime) -> str | None:
    if channel not in customer.rule.channels:
        return None
    if not is_open_today(customer.rule, now, customer.zone):
        return 'closed'
    return cap_refusal(customer.rule, history, channel, now, customer.zone)

"""Which step of a policy is due for a receivable line today, and the four dates its customer is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from .calendar import ContactRule, plus_days
from .errors import RuleError


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a policy: so many days before (negative), on (0) or after the due date, once or repeated.

    `times` 0 with a `repeat_every` means repeated until the next step. With `needs_previous` it waits until
    the step before it was sent, and then as many days as lie between the two.
    """

    id: int
    distance: int
    repeat_every: int = 0
    times: int = 0
    needs_previous: bool = False

    def __post_init__(self) -> None:
        if self.repeat_every < 0 or self.times < 0:
            raise RuleError('A step cannot repeat a negative number of days or times')


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time a step is due for a line: number 1 is the step itself, 2 its first repetition."""

    step_id: int
    number: int
    day: date


@dataclass(frozen=True, slots=True)
class Offsets:
    """Days from the due date to the last safe day, the suspension and the removal; None: it never comes."""

    grace: int = 0
    suspension: int | None = None
    removal: int | None = None

    def __post_init__(self) -> None:
        given = [days for days in (self.grace, self.suspension, self.removal) if days is not None]
        if self.grace < 0 or any(later <= sooner for sooner, later in pairwise(given)):
            raise RuleError('The last safe day comes first, then the suspension, then the removal')


@dataclass(frozen=True, slots=True)
class FourDates:
    """What the customer is told about one line."""

    due: date
    last_safe: date
    suspension: date | None = None
    removal: date | None = None

    def shifted(self, days: int) -> FourDates:
        """Return the dates after the due date so many days later.

        >>> FourDates(date(2026, 3, 1), date(2026, 3, 6), date(2026, 3, 11)).shifted(2).suspension
        datetime.date(2026, 3, 13)
        """
        if not days:
            return self
        delay = timedelta(days=days)
        return replace(
            self, last_safe=self.last_safe + delay,
            suspension=self.suspension and self.suspension + delay, removal=self.removal and self.removal + delay,
        )


def due_occurrence(
    steps: Sequence[Step], due: date, today: date, sent: Mapping[int, Mapping[int, date]] | None = None,
    paused: int = 0,
) -> Occurrence | None:
    """Return the newest occurrence that has come by `today` and was not sent; None if there is none.

    Occurrences missed in between are passed over: whoever was not reached for a month gets one message,
    not three. What was sent is never due again, nor is anything before it.

    :param sent: by step the numbers of the occurrences sent for this line, with the day of each.
    :param paused: days after the due date that do not count: a payment reported and then rejected, or a promise
        that was broken, goes on at the step where it stopped.

    >>> steps = [Step(1, -3), Step(2, 0), Step(3, 5, repeat_every=7)]
    >>> due_occurrence(steps, date(2026, 3, 1), date(2026, 3, 20))
    Occurrence(step_id=3, number=3, day=datetime.date(2026, 3, 20))
    >>> due_occurrence(steps, date(2026, 3, 1), date(2026, 3, 19), {3: {2: date(2026, 3, 13)}})
    >>> due_occurrence(steps, date(2026, 3, 1), date(2026, 3, 20), paused=12).number
    1
    """
    sent = sent or {}
    ordered = sorted(steps, key=lambda step: step.distance)
    for index in range(len(ordered) - 1, -1, -1):
        step = ordered[index]
        later = ordered[index + 1].distance if index + 1 < len(ordered) else None
        found = _occurrence(step, due, today - timedelta(days=paused if step.distance > 0 else 0), later)
        if not found:
            continue
        previous = _previous_after_due(ordered, index)
        if step.needs_previous and previous and not sent.get(step.id):
            told = max(sent.get(previous.id, {}).values(), default=None)
            if told is None:
                continue
            if today < told + timedelta(days=step.distance - previous.distance):
                return None
        return None if _is_passed(ordered, index, found, sent) else found
    return None


def _occurrence(step: Step, due: date, today: date, later: int | None) -> Occurrence | None:
    """Return the newest occurrence of one step by `today`; repetitions end where the next step begins."""
    first = due + timedelta(days=step.distance)
    if today < first:
        return None
    number = 1
    if step.repeat_every:
        number += (today - first).days // step.repeat_every
        if step.times:
            number = min(number, step.times + 1)
        if later is not None:
            number = min(number, 1 + max(later - step.distance - 1, 0) // step.repeat_every)
    return Occurrence(step.id, number, first + timedelta(days=(number - 1) * step.repeat_every))


def _previous_after_due(ordered: Sequence[Step], index: int) -> Step | None:
    return ordered[index - 1] if index and ordered[index - 1].distance > 0 else None


def _is_passed(ordered: Sequence[Step], index: int, found: Occurrence, sent: Mapping[int, Mapping[int, date]]) -> bool:
    """Tell whether this occurrence, or one behind it, was sent already."""
    if any(sent.get(step.id) for step in ordered[index + 1:]):
        return True
    return any(number >= found.number for number in sent.get(found.step_id, {}))


def four_dates(
    due: date, offsets: Offsets, today: date, warning: int = 0, business: ContactRule | None = None,
) -> FourDates:
    """Return the four dates of a line that is told about for the first time today.

    A customer who hears of it late keeps the full `warning`: no suspension sooner than so many days after
    today; the other dates move with it.

    >>> four_dates(date(2026, 3, 1), Offsets(5, 10, 30), date(2026, 2, 26))
    ... # doctest: +ELLIPSIS
    FourDates(due=...(2026, 3, 1), last_safe=...(2026, 3, 6), suspension=...(2026, 3, 11), removal=...(2026, 3, 31))
    >>> four_dates(date(2025, 3, 1), Offsets(5, 10, 30), date(2026, 3, 1), warning=7).suspension
    datetime.date(2026, 3, 8)
    """
    def day(offset: int | None) -> date | None:
        return None if offset is None else plus_days(due, offset, business)

    dates = FourDates(due, day(offsets.grace), day(offsets.suspension), day(offsets.removal))
    first = dates.suspension or dates.removal
    return dates.shifted(max(0, (today + timedelta(days=warning) - first).days)) if first else dates


def paused_days(pauses: Iterable[tuple[date, date]], due: date, today: date) -> int:
    """Return for how many days after the due date a line was wholly covered by holds and promises, until today.

    Each pause is from its first day until the day it ends (that day counts no more); overlaps count once.

    >>> paused_days([(date(2026, 3, 5), date(2026, 3, 9)), (date(2026, 3, 8), date(2026, 3, 12))],
    ...             date(2026, 3, 1), date(2026, 4, 1))
    7
    """
    total, reached = 0, due
    for start, end in sorted(pauses):
        start, end = max(start, reached), min(end, today)
        if start < end:
            total += (end - start).days
            reached = end
    return total


def may_act(day: date | None, today: date, announced: Iterable[tuple[date, date]]) -> bool:
    """Tell whether a consequence may happen: its day has come, and a message that arrived had named that day.

    :param announced: for each message that reached the customer: the day it was sent, and the day it named.
        A message that named an earlier day announces a later one as well.

    >>> may_act(date(2026, 3, 11), date(2026, 3, 11), [(date(2026, 3, 6), date(2026, 3, 11))])
    True
    >>> may_act(date(2026, 3, 11), date(2026, 3, 11), [])
    False
    """
    return bool(day and day <= today and any(sent < today and named <= day for sent, named in announced))

"""When a customer may be contacted: hours, holidays, the customer's own time zone, caps per day and week.

A `zone` is one time zone or, where the customer may live in any of several, all of them with blanks between: then only
what is allowed in each of them is allowed, and days are those of the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from .errors import RuleError

LOOK_AHEAD = 31
"""Days after which looking for the next opening ends."""
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of a weekday (0 is Monday) in which messages may arrive; `closes` itself is outside."""

    weekday: int
    opens: time
    closes: time

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise RuleError(f'A weekday is 0 (Monday) to 6 (Sunday), not {self.weekday}')
        if self.closes <= self.opens:
            raise RuleError(f'A window that opens at {self.opens} cannot close at {self.closes}')


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day of each year: fixed, or so many days from Easter Sunday, or one single date.

    With `to_monday` a day that is no Monday is kept on the Monday after (Colombia's Ley 51 of 1983).
    """

    month: int = 0
    day: int = 0
    easter: int | None = None
    to_monday: bool = False
    single: date | None = None

    def in_year(self, year: int) -> date | None:
        """Return the day this holiday is kept on in a year.

        >>> Holiday(1, 6, to_monday=True).in_year(2026)
        datetime.date(2026, 1, 12)
        >>> Holiday(easter=-2).in_year(2026)
        datetime.date(2026, 4, 3)
        """
        if self.single:
            return self.single if self.single.year == year else None
        day = self._plain(year)
        if day and self.to_monday and day.weekday():
            return day + timedelta(days=7 - day.weekday())
        return day

    def _plain(self, year: int) -> date | None:
        if self.easter is not None:
            return easter_sunday(year) + timedelta(days=self.easter)
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None  # 29 February


@dataclass(frozen=True)
class ContactRule:
    """When messages may reach a customer, and how many.

    A cap of 0 means none. `channels` are those the rule limits; others (letter, portal) go any time.
    With `one_channel` a customer reached on one channel is not addressed on another for seven days.
    No windows mean that all hours are open.
    """

    windows: tuple[Window, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    on_holidays: bool = True
    per_day: int = 0
    per_week: int = 0
    one_channel: bool = False
    channels: frozenset[str] = frozenset({'email', 'sms'})
    _dates: dict = field(default_factory=dict, compare=False, repr=False)

    def is_holiday(self, day: date) -> bool:
        """Tell whether no contact is allowed on that day because it is a holiday."""
        if self.on_holidays:
            return False
        if day.year not in self._dates:
            self._dates[day.year] = frozenset(kept_holidays(self.holidays, day.year))
        return day in self._dates[day.year]

    def hours(self, day: date) -> list[tuple[time, time]]:
        """Return the open hours of a day, none on a closed one."""
        if self.is_holiday(day):
            return []
        if not self.windows:
            return [(time.min, time.max)]
        return sorted((window.opens, window.closes) for window in self.windows if window.weekday == day.weekday())


@dataclass(frozen=True, slots=True)
class Contact:
    """A message that reached, or may have reached, a customer."""

    moment: datetime
    channel: str


@lru_cache(maxsize=512)
def easter_sunday(year: int) -> date:
    """Return Easter Sunday by the Gregorian computus (Meeus, Jones, Butcher).

    >>> easter_sunday(2026)
    datetime.date(2026, 4, 5)
    """
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def kept_holidays(holidays: Iterable[Holiday], year: int) -> Iterator[date]:
    """Return the days kept in a year; one moved over the turn of the year counts where it is kept."""
    for holiday in holidays:
        for of_year in (year - 1, year):
            kept = holiday.in_year(of_year)
            if kept and kept.year == year:
                yield kept


def local(moment: datetime, zone: str) -> datetime:
    """Return the clock of a zone (of the first of several) at a moment in UTC, with or without its zone.

    >>> local(datetime(2026, 3, 10, 12, 30), 'America/Bogota').time()
    datetime.time(7, 30)
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(zone.split()[0]))


def is_open(rule: ContactRule, moment: datetime, zone: str) -> bool:
    """Tell whether the customer's clock stands inside a window at a moment in UTC, wherever the customer lives.

    >>> office = ContactRule((Window(1, time(7), time(19)),))
    >>> is_open(office, datetime(2026, 3, 10, 12), 'America/Bogota')
    True
    >>> is_open(office, datetime(2026, 3, 10, 11, 59), 'America/Bogota')
    False
    >>> is_open(office, datetime(2026, 3, 10, 12), 'America/Bogota America/Mexico_City')
    False
    """
    return all(_is_open_in(rule, local(moment, one)) for one in zone.split())


def _is_open_in(rule: ContactRule, clock: datetime) -> bool:
    return any(
        opens <= clock.time() and (clock.time() < closes or closes == time.max)
        for opens, closes in rule.hours(clock.date())
    )


def next_opening(rule: ContactRule, moment: datetime, zone: str) -> datetime | None:
    """Return the first moment (UTC, without zone) from `moment` on that lies in a window; None if all is closed.

    >>> office = ContactRule((Window(1, time(7), time(19)),))
    >>> next_opening(office, datetime(2026, 3, 11, 12), 'America/Bogota')
    datetime.datetime(2026, 3, 17, 12, 0)
    """
    if is_open(rule, moment, zone):
        return moment.replace(tzinfo=None)
    return min(filter(None, (_opening_of(rule, moment, one, zone) for one in zone.split())), default=None)


def _opening_of(rule: ContactRule, moment: datetime, one: str, zone: str) -> datetime | None:
    """Return the first hour at which a window opens in one zone and the customer may be contacted in all."""
    today = local(moment, one).date()
    for ahead in range(LOOK_AHEAD):
        day = today + timedelta(days=ahead)
        for opens, _closes in rule.hours(day):
            opening = _to_utc(datetime.combine(day, opens), one)
            if opening >= moment.replace(tzinfo=None) and is_open(rule, opening, zone):
                return opening
    return None


def is_open_today(rule: ContactRule, moment: datetime, zone: str) -> bool:
    """Tell whether some window of the customer's day is still to come, or open now."""
    opening = next_opening(rule, moment, zone)
    return opening is not None and local(opening, zone).date() == local(moment, zone).date()


def planning_moment(rule: ContactRule, now: datetime, zone: str, next_run: datetime) -> datetime:
    """Return for which moment a customer is decided now: now, or the first open moment before the next run.

    Where the customer's day is over when ours is planned, the message is for the customer's next day; else it
    would be too late every day.

    >>> daily = ContactRule(tuple(Window(day, time(8), time(20)) for day in range(7)))
    >>> planned, again = datetime(2026, 3, 10, 12), datetime(2026, 3, 11, 12)
    >>> planning_moment(daily, planned, 'Asia/Tokyo', again), planning_moment(daily, planned, 'Europe/Berlin', again)
    (datetime.datetime(2026, 3, 10, 23, 0), datetime.datetime(2026, 3, 10, 12, 0))
    """
    if is_open_today(rule, now, zone):
        return now
    opening = next_opening(rule, now, zone)
    return opening if opening and opening < next_run else now


def next_time(hour: float, now: datetime, zone: str) -> datetime:
    """Return when (UTC, without zone) the clock of a zone shows an hour next, after now.

    >>> next_time(5.0, datetime(2026, 3, 10, 12), 'America/Bogota')
    datetime.datetime(2026, 3, 11, 10, 0)
    """
    minutes = min(round(hour * 60), 24 * 60 - 1)
    today = local(now, zone).date()
    for ahead in range(3):
        found = _to_utc(datetime.combine(today + timedelta(days=ahead), time(minutes // 60, minutes % 60)), zone)
        if found > now.replace(tzinfo=None):
            return found
    raise RuleError(f'{zone} shows no time {hour} after {now}')


def _to_utc(clock: datetime, zone: str) -> datetime:
    """Return the moment at which a zone's clock shows a time; one skipped by summer time is moved behind the gap."""
    return clock.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def refusal(
    rule: ContactRule, history: Collection[Contact], channel: str, moment: datetime, zone: str,
) -> str | None:
    """Return why a message may not go out now: `window`, `day`, `week` or `channel`; None if it may.

    :param history: what reached this customer, or may have, in the last eight days. Each message counts.

    >>> rule = ContactRule(per_day=1)
    >>> sent = [Contact(datetime(2026, 3, 10, 14), 'email')]
    >>> refusal(rule, sent, 'sms', datetime(2026, 3, 10, 20), 'America/Bogota')
    'day'
    >>> refusal(rule, sent, 'sms', datetime(2026, 3, 11, 20), 'America/Bogota')
    """
    if channel not in rule.channels:
        return None
    if not is_open(rule, moment, zone):
        return 'window'
    return cap_refusal(rule, history, channel, moment, zone)


def cap_refusal(
    rule: ContactRule, history: Collection[Contact], channel: str, moment: datetime, zone: str,
) -> str | None:
    """Return which cap a message would exceed, whatever the hour: `day`, `week` or `channel`; None if none."""
    today = local(moment, zone).date()
    counted = [contact for contact in history if contact.channel in rule.channels]
    days = [local(contact.moment, zone).date() for contact in counted]
    if rule.per_day and days.count(today) >= rule.per_day:
        return 'day'
    if rule.per_week and sum(today - timedelta(days=7) < day <= today for day in days) >= rule.per_week:
        return 'week'
    others = (contact for contact, day in zip(counted, days, strict=True) if day > today - timedelta(days=7))
    if rule.one_channel and any(contact.channel != channel for contact in others):
        return 'channel'
    return None


def plus_days(day: date, count: int, rule: ContactRule | None = None) -> date:
    """Return the day `count` days later; with a rule only Monday to Friday without its holidays count.

    >>> plus_days(date(2026, 3, 13), 1, ContactRule())
    datetime.date(2026, 3, 16)
    >>> plus_days(date(2026, 3, 13), 1)
    datetime.date(2026, 3, 14)
    """
    if rule is None:
        return day + timedelta(days=count)
    step = timedelta(days=1 if count >= 0 else -1)
    kept = {holiday for year in range(day.year - 1, day.year + 3) for holiday in kept_holidays(rule.holidays, year)}
    left = abs(count)
    while left:
        day += step
        left -= day.weekday() < 5 and day not in kept
    return day

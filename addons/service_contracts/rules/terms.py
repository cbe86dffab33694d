"""Minimum term, notice and renewal: the earliest day a contract may end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .periods import Interval, Recurrence

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What was agreed on ending a contract that begins at `start`.

    `minimum` is the first term, `notice` how long before the end notice must be given. Without `renewal`
    the contract runs on after the minimum until notice is given; with it, it renews by terms of that length.
    """

    start: date
    minimum: Interval | None = None
    notice: Interval | None = None
    renewal: Interval | None = None


def earliest_end(terms: ContractTerms, notice_given: date) -> date:
    """Return the last day of service (inclusive) when notice is given on a day.

    That is notice_given + notice, counted as in BGB sections 187 and 188 (15 Jan + 1 month ends with
    15 Feb), but not before the minimum term is over. With renewal it is the end of the first term whose
    notice deadline is not yet missed. Never before the start: a contract that has not begun is removed.

    >>> terms = ContractTerms(date(2025, 1, 1), Interval(1, 'year'), Interval(1, 'month'))
    >>> earliest_end(terms, date(2025, 3, 10)), earliest_end(terms, date(2026, 3, 10))
    (datetime.date(2025, 12, 31), datetime.date(2026, 4, 10))
    """
    reached = max(_reach(terms, notice_given), terms.start)
    return current_term_end(terms, reached) or reached


def notice_deadline(terms: ContractTerms, today: date) -> date | None:
    """Return the last day on which notice still ends the contract at `earliest_end(terms, today)`.

    None when every further day of waiting moves the end: there is no term left to wait for.

    >>> year, quarter = Interval(1, 'year'), Interval(1, 'quarter')
    >>> terms = ContractTerms(date(2025, 1, 1), minimum=year, notice=quarter, renewal=year)
    >>> notice_deadline(terms, date(2025, 6, 1)), notice_deadline(terms, date(2025, 10, 1))
    (datetime.date(2025, 9, 30), datetime.date(2026, 9, 30))
    """
    term_end = current_term_end(terms, _reach(terms, today))
    if term_end is None or terms.notice is None:
        return term_end
    # The last day of a month is reached from every later day of a longer month: 28 Feb from 31 Jan.
    ends_month = (term_end + ONE_DAY).day == 1
    return terms.notice.plus(term_end, 31 if ends_month else None, -1)


def current_term_end(terms: ContractTerms, today: date) -> date | None:
    """Return the last day (inclusive) of the term `today` lies in, None when the contract runs on.

    >>> current_term_end(ContractTerms(date(2025, 1, 31), renewal=Interval(1, 'month')), date(2025, 3, 1))
    datetime.date(2025, 3, 30)
    """
    today = max(today, terms.start)
    first_end = terms.minimum.plus(terms.start) if terms.minimum else terms.start
    if today < first_end:
        return first_end - ONE_DAY
    if terms.renewal is None:
        return None
    keeps_day = terms.minimum is None or terms.minimum.months
    grid = Recurrence.from_start(terms.renewal, first_end, terms.start.day if keeps_day else None)
    return grid.full_period(today).last_day


def _reach(terms: ContractTerms, notice_given: date) -> date:
    return terms.notice.plus(notice_given) if terms.notice else notice_given

"""What a contract line owes: the periods not billed yet, as charges with a date, a share and a quantity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice, takewhile
from operator import attrgetter
from typing import Any

from .errors import RuleError
from .money import round_fraction
from .periods import Period, Recurrence
from .pricing import Rated
from .proration import PRORATIONS, prorated_share
from .usage import late_difference

KINDS = ('recurring', 'one_time', 'usage')
USAGE_KINDS = ('usage', 'late_usage')
ADJUSTMENT = 'adjustment'
"""Kind of an amount beside the regular periods, positive or a credit."""
CREDIT = 'credit'
"""Kind of what free credit takes off a charge; it has the period of that charge."""
BESIDE = (ADJUSTMENT, CREDIT)
"""Kinds of amounts that bring their own words."""
TIMINGS = ('advance', 'arrears')
by_start = attrgetter('start')


@dataclass(frozen=True, slots=True)
class LineTerms:
    """All that is known of a contract line when its charges are decided.

    Service runs from `start` to `end` (exclusive, None = open). `quantity` is per whole period, `price_unit`
    without discount, `discount` in percent. `billed` are the live periods of the ledger, in any order; a
    voided one is simply absent. A pause still open ends at date.max. `next_start` is a pointer for speed:
    no day before it is left to bill. `origin` is the first day of the service that this one goes on from, with its
    discounts; None: its own start. `began` and `ended` are changes that cut a period of a service whose short periods
    are charged in full: they say what of it is. Usage is known after its period only, so its timing is arrears.
    In advance a period is billed `lead` days before it begins, but not before `lead_from` (None: the start).
    Raises RuleError for an unknown kind, timing or proration, or a recurring line without recurrence.
    """

    line_id: int
    kind: str
    timing: str
    recurrence: Recurrence | None
    start: date
    end: date | None
    proration: str
    quantity: Decimal
    price_unit: Decimal
    discount: Decimal
    billed: tuple[Period, ...] = ()
    pauses: tuple[Period, ...] = ()
    next_start: date | None = None
    origin: date | None = None
    began: Cut | None = None
    ended: Cut | None = None
    lead: int = 0
    lead_from: date | None = None

    def __post_init__(self) -> None:
        for value, allowed in ((self.kind, KINDS), (self.timing, TIMINGS), (self.proration, PRORATIONS)):
            if value not in allowed:
                raise RuleError(f'Unknown value {value!r}, expected one of {", ".join(allowed)}')
        if self.kind != 'one_time' and self.recurrence is None:
            raise RuleError('A recurring line needs a recurrence')
        if self.lead < 0:
            raise RuleError('A period is billed 0 or more days before it begins')

    @property
    def horizon(self) -> date:
        """The first day without service; date.max stands for never."""
        return self.end or date.max


@dataclass(frozen=True, slots=True)
class Cut:
    """A change within a period: from `on` to its end, `share` of the price is charged, or not charged any more."""

    on: date
    share: Fraction


@dataclass(frozen=True, slots=True)
class Charge:
    """One period to bill: `share` tells how much of `full_period` is charged, quantity and price are whole.

    `rated` is there where a price model or a meter gave the amount, discount included. A price for usage is
    what was used, whole; any other shrinks with the period. `charged` are amounts charged for the period
    before: only the rest is charged. `evidence` is what is kept besides to explain the amount, plain values.
    """

    line_id: int
    kind: str
    period: Period
    full_period: Period
    charge_date: date
    share: Fraction
    quantity: Decimal
    price_unit: Decimal
    discount: Decimal
    rated: Rated | None = None
    charged: tuple[Decimal, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def amount(self, digits: int) -> Decimal:
        """Return the amount of the period: quantity × price × (1 − discount) × share, rounded once, at the end."""
        share = 1 if self.kind in USAGE_KINDS else self.share
        return late_difference(round_fraction(self.whole_amount() * share, digits), self.charged)

    def whole_amount(self) -> Fraction:
        """Return the price of the whole period, not rounded."""
        if self.rated:
            return Fraction(self.rated.amount)
        return Fraction(self.quantity) * Fraction(self.price_unit) * (1 - Fraction(self.discount) / 100)


@dataclass(frozen=True, slots=True)
class OpenPiece:
    """A stretch of one grid period that nobody billed, and the day it falls due."""

    period: Period
    full_period: Period
    charge_date: date


def due_charges(terms: LineTerms, as_of: date, limit: int | None = None) -> list[Charge]:
    """Return what is due on `as_of` and not billed, oldest first, at most `limit` charges.

    In advance a period is due on its first day or the days of the lead before it, in arrears on the day after
    its last. In advance a start that lies in a pause waits for the resumption, which charges what is left of the
    period; a pause later in a period changes nothing. In arrears paused days are not charged.

    >>> from .periods import Interval
    >>> monthly = Recurrence.from_calendar(Interval(1, 'month'), date(2021, 9, 16), anchor_day=25)
    >>> line = LineTerms(1, 'recurring', 'advance', monthly, date(2021, 9, 16), None, 'day', Decimal(1),
    ...                  Decimal('24.95'), Decimal(0))
    >>> [(str(charge.charge_date), str(charge.amount(2))) for charge in due_charges(line, date(2021, 9, 30))]
    [('2021-09-16', '7.24'), ('2021-09-25', '24.95')]
    """
    pieces = takewhile(lambda piece: piece.charge_date <= as_of, _open_pieces(terms, as_of))
    return list(islice(_charges(terms, pieces), limit))


def owed_within(terms: LineTerms, day: date) -> list[Charge]:
    """Return what of the whole period a day lies in is owed and not billed, due by now or not.

    >>> from .periods import Interval
    >>> monthly = Recurrence.from_start(Interval(1, 'month'), date(2025, 6, 1))
    >>> line = LineTerms(1, 'recurring', 'advance', monthly, date(2025, 6, 1), None, 'day', Decimal(1), Decimal(30),
    ...                  Decimal(0), pauses=(Period(date(2025, 7, 1), date(2025, 7, 11)),))
    >>> [str(charge.period.start) for charge in owed_within(line, date(2025, 7, 31))]
    ['2025-07-11']
    """
    if terms.start >= terms.horizon:
        return []
    if terms.kind == 'one_time':
        return list(_charges(terms, _one_time_piece(terms)))
    full = terms.recurrence.full_period(day)
    if not full.overlaps(Period(terms.start, terms.horizon)):
        return []
    return list(_charges(terms, _pieces_within(terms, full, terms.billed)))


def next_due(terms: LineTerms) -> tuple[date | None, date | None]:
    """Return the start and the charge date of the first period not billed.

    Both None when nothing more will be due, or nothing before an open pause ends.
    """
    for charge in _charges(terms, _open_pieces(terms, date.max)):
        return charge.period.start, charge.charge_date
    return None, None


def _charges(terms: LineTerms, pieces: Iterable[OpenPiece]) -> Iterator[Charge]:
    pauses = terms.pauses if terms.timing == 'arrears' else ()
    for piece in pieces:
        share = _changed_share(terms, piece, prorated_share(piece.period, piece.full_period, terms.proration, pauses))
        if share:
            yield Charge(terms.line_id, terms.kind, piece.period, piece.full_period, piece.charge_date, share,
                         terms.quantity, terms.price_unit, terms.discount)


def _changed_share(terms: LineTerms, piece: OpenPiece, share: Fraction) -> Fraction:
    """Return the share of a piece that changes may cut: what its beginning owes less what its end need not pay."""
    if not share:
        return share
    if terms.began and terms.began.on == piece.period.start != piece.full_period.start:
        share = terms.began.share
    if terms.ended and terms.ended.on == piece.period.end != piece.full_period.end:
        share = max(share - terms.ended.share, Fraction(0))
    return share


def _open_pieces(terms: LineTerms, until: date) -> Iterator[OpenPiece]:
    """Yield the pieces nobody billed that begin by `until`, oldest first; an open line has no last one."""
    if terms.kind == 'one_time':
        yield from _one_time_piece(terms)
        return
    cursor = max(terms.start, terms.next_start or terms.start)
    first = terms.recurrence.full_period(cursor).start
    billed = [period for period in terms.billed if period.end > first]
    covered = sorted((*billed, *terms.pauses), key=by_start)
    while (cursor := _first_free(cursor, covered)) < terms.horizon and _billed_on(terms, cursor) <= until:
        full = terms.recurrence.full_period(cursor)
        yield from _pieces_within(terms, full, billed)
        cursor = full.end


def _one_time_piece(terms: LineTerms) -> Iterator[OpenPiece]:
    if not terms.billed and terms.start < terms.horizon:
        day = Period(terms.start, terms.start + timedelta(days=1))
        yield OpenPiece(day, day, terms.start)


def _pieces_within(terms: LineTerms, full: Period, billed: Sequence[Period]) -> Iterator[OpenPiece]:
    service = full.intersect(Period(terms.start, terms.horizon))
    gaps = service.minus(billed)
    if terms.proration == 'none' and terms.kind != 'usage' and gaps != [service]:
        return  # a part of it already paid the whole price
    for gap in gaps:
        if terms.timing == 'arrears':
            yield OpenPiece(gap, full, gap.end)
            continue
        resumed = _first_free(gap.start, sorted(terms.pauses, key=by_start))
        if resumed < gap.end:
            yield OpenPiece(Period(resumed, gap.end), full, _billed_on(terms, resumed))


def _billed_on(terms: LineTerms, first: date) -> date:
    """Return the day on which what is charged from a day on is billed; the lead ends with the pause before it."""
    if not terms.lead or terms.timing == 'arrears':
        return first
    earliest = min(terms.lead_from or terms.start, first)
    day = earliest if first - earliest <= timedelta(days=terms.lead) else first - timedelta(days=terms.lead)
    return min(_first_free(day, sorted(terms.pauses, key=by_start)), first)


def _first_free(day: date, covered: Iterable[Period]) -> date:
    """Return the first day from `day` on outside all the periods, which come sorted by start."""
    for period in covered:
        if period.start > day:
            break
        day = max(day, period.end)
    return day

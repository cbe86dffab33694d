"""What a customer is offered: the price in dated installments, what the credit costs, and its yearly rates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import split_evenly
from odoo.addons.service_contracts.rules.periods import Interval, month_day, month_index

from .amortization import Financing, split, spread
from .apr import Flow, UnitTime, eu_apr, eu_years, periods_a_year, unit_period, us_apr, us_single_payment_apr, us_time
from .errors import OfferError

FIRST_DUES = ('interval', 'days', 'day_of_month')
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """One installment: its day, what it consists of, and `earned`, the income that belongs to its period."""

    number: int
    due: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    balance: Decimal
    earned: Decimal

    @property
    def payment(self) -> Decimal:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class Offer:
    """A price in installments from `start`: paid at once are `down_payment` and `fee_at_start`."""

    start: date
    price: Decimal
    down_payment: Decimal
    fee_at_start: Decimal
    rows: tuple[Row, ...]
    interval: Interval | None = None

    @property
    def financed(self) -> Decimal:
        return self.price - self.down_payment

    @property
    def at_start(self) -> Decimal:
        return self.down_payment + self.fee_at_start

    @property
    def interest(self) -> Decimal:
        return sum((row.interest for row in self.rows), ZERO)

    @property
    def fees(self) -> Decimal:
        return self.fee_at_start + sum((row.fee for row in self.rows), ZERO)

    @property
    def cost(self) -> Decimal:
        """What the credit costs beyond the price."""
        return self.interest + self.fees

    @property
    def total(self) -> Decimal:
        return self.price + self.cost


def due_dates(start: date, interval: Interval, count: int, first_due: str = 'interval', days: int = 0,
              day_of_month: int = 1) -> list[date]:
    """Return the days on which installments fall due, on the first one's day of the month without drift.

    The first is one `interval` after `start`, or `days` after it, or the first `day_of_month` (1-31) that
    is at least `days` away.

    >>> [str(due) for due in due_dates(date(2025, 1, 31), Interval(1, 'month'), 3)]
    ['2025-02-28', '2025-03-31', '2025-04-30']
    """
    if first_due not in FIRST_DUES:
        raise RuleError(f'Unknown first due date {first_due!r}, expected one of {", ".join(FIRST_DUES)}')
    if first_due == 'interval':
        return [interval.plus(start, start.day, times) for times in range(1, count + 1)]
    first, anchor = start + timedelta(days=days), (start + timedelta(days=days)).day
    if first_due == 'day_of_month':
        first, anchor = _next_day_of_month(first, day_of_month), day_of_month
    return [interval.plus(first, anchor, times) for times in range(count)]


def offer(price: Decimal, down_payment: Decimal, start: date, financing: Financing, dates: Sequence[date], *,
          fee_at_start: Decimal = ZERO, spread_fee: Decimal = ZERO, row_fee: Decimal = ZERO,
          earning: str = 'linear', interval: Interval | None = None) -> Offer:
    """Return the dated installments of a price.

    `spread_fee` is shared by the installments, `row_fee` comes with each. Fees are earned with the time or,
    by `earning`, with the interest. Raises RuleError when there are fewer dates than installments, or an
    installment has nothing to pay.
    """
    parts = split(financing)
    if len(dates) < len(parts) or any(late <= early for early, late in pairwise(dates)):
        raise OfferError('days_out_of_order')
    if dates[0] < start:
        raise OfferError('first_before_start', first=dates[0], start=start)
    fees = [row_fee + share for share in split_evenly(spread_fee, len(parts), financing.digits)]
    weights = [part.interest for part in parts] if earning == 'interest' else [1] * len(parts)
    earned = spread(fee_at_start + sum(fees), weights, financing.digits)
    rows = tuple(
        Row(number, due, part.principal, part.interest, fee, part.balance, part.interest + income)
        for number, (due, part, fee, income) in enumerate(zip(dates, parts, fees, earned, strict=False), 1)
    )
    if any(row.payment <= 0 for row in rows):
        raise OfferError('too_little', amount=financing.principal, count=len(rows))
    return Offer(start, price, down_payment, fee_at_start, rows, interval)


def offer_eu_apr(given: Offer) -> Decimal:
    """Return the European rate of an offer in percent, with every cost it contains; 0 if there is none."""
    if not given.cost:
        return ZERO
    in_weeks = bool(given.interval and given.interval.unit == 'week')
    flows = [Flow(Fraction(0), given.financed - given.fee_at_start)]
    return eu_apr(flows + [Flow(eu_years(given.start, row.due, in_weeks), -row.payment) for row in given.rows])


def offer_us_apr(given: Offer) -> Decimal:
    """Return the United States rate of an offer in percent; the fee at the start is a prepaid charge."""
    if not given.cost:
        return ZERO
    financed = given.financed - given.fee_at_start
    if len(given.rows) == 1 and 0 < (days := (given.rows[0].due - given.start).days) < 365:
        return us_single_payment_apr(financed, given.rows[0].payment, days)
    unit = unit_period([given.start, *(row.due for row in given.rows)])
    return us_apr(financed, _us_payments(given, unit), periods_a_year(unit))


def fingerprint(figures: Mapping[str, object]) -> str:
    """Return the SHA-256 of figures as shown, whatever the order of their names.

    >>> fingerprint({'a': 1, 'b': '2'}) == fingerprint({'b': '2', 'a': 1})
    True
    """
    text = json.dumps(figures, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _us_payments(given: Offer, unit: Interval) -> list[tuple[UnitTime, Decimal]]:
    return [(us_time(given.start, row.due, unit), row.payment) for row in given.rows]


def _next_day_of_month(day: date, wanted: int) -> date:
    found = month_day(month_index(day), wanted)
    return found if found >= day else month_day(month_index(day) + 1, wanted)

"""Splits a financed amount into installments of principal and interest that add up to the last unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import accumulate

from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import round_fraction, split_evenly

from .errors import OfferError

METHODS = (
    'none', 'annuity', 'equal_principal', 'flat', 'fixed_payment', 'balloon', 'interest_only', 'custom',
)
SPREADS = ('linear', 'rule_of_78')
ROUNDINGS = {'half_up': ROUND_HALF_UP, 'up': ROUND_CEILING, 'down': ROUND_FLOOR}
RATE_KINDS = ('nominal', 'effective')
MOST_PAYMENTS = 1200
PRECISE = Context(prec=60)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """One installment: what it pays back, what it pays for the credit, and what is owed afterwards."""

    principal: Decimal
    interest: Decimal
    balance: Decimal

    @property
    def payment(self) -> Decimal:
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class Financing:
    """What is to be split. `rate` is a share per period (0.02 is 2 %), never rounded.

    `payment` is the wanted installment of method fixed_payment, whose `count` follows from it; a remainder
    below `join_below` of it joins the installment before. `balloon` is paid with the last installment on
    top. The first `grace` installments pay interest only. `amounts` are those of method custom.
    """

    principal: Decimal
    method: str
    count: int = 1
    rate: Decimal = ZERO
    digits: int = 2
    rounding: str = 'half_up'
    spread: str = 'linear'
    payment: Decimal = ZERO
    join_below: Decimal = Decimal('0.25')
    balloon: Decimal = ZERO
    grace: int = 0
    amounts: tuple[Decimal, ...] = ()

    def __post_init__(self) -> None:
        _check_choice('method', self.method, METHODS)
        _check_choice('spread', self.spread, SPREADS)
        _check_choice('rounding', self.rounding, tuple(ROUNDINGS))
        if self.principal <= 0:
            raise OfferError('nothing_to_finance', amount=self.principal)
        if not 1 <= self.count <= MOST_PAYMENTS:
            raise OfferError('wrong_count', count=self.count, most=MOST_PAYMENTS)
        if not 0 <= self.rate < 10:
            raise OfferError('wrong_rate', percent=f'{self.rate * 100:.2f}')
        if not 0 <= self.grace < self.count:
            raise OfferError('all_grace', grace=self.grace, count=self.count)
        if not 0 <= self.balloon < self.principal:
            raise OfferError('balloon_too_big', balloon=self.balloon, amount=self.principal)
        for amount in (self.principal, self.balloon, self.payment, *self.amounts):
            _check_digits(amount, self.digits)

    def round(self, amount: Decimal) -> Decimal:
        """Return an amount in the digits of the currency, by the rounding mode of the plan."""
        unit = Decimal((0, (1,), -self.digits))
        return amount.quantize(unit, rounding=ROUNDINGS[self.rounding], context=PRECISE)

    def interest_on(self, balance: Decimal) -> Decimal:
        return self.round(PRECISE.multiply(balance, self.rate))


def period_rate(yearly: Decimal, kind: str, periods_a_year: Fraction) -> Decimal:
    """Return the rate per period of a yearly rate; both are shares, 0.07 is 7 %.

    A nominal rate is divided, an effective one is taken apart by compound interest.

    >>> round(period_rate(Decimal('0.12'), 'nominal', Fraction(12)), 8)
    Decimal('0.01000000')
    >>> round(period_rate(Decimal('0.07'), 'effective', Fraction(12)), 8)
    Decimal('0.00565415')
    """
    _check_choice('kind of rate', kind, RATE_KINDS)
    share = PRECISE.divide(Decimal(periods_a_year.denominator), Decimal(periods_a_year.numerator))
    if kind == 'nominal':
        return PRECISE.multiply(yearly, share)
    return PRECISE.power(1 + yearly, share) - 1


def annuity_payment(principal: Decimal, rate: Decimal, count: int, balloon: Decimal = ZERO) -> Decimal:
    """Return the unrounded constant payment P·r / (1 − (1+r)^−n), of what remains beside a balloon.

    >>> round(annuity_payment(Decimal(200000), Decimal('0.005'), 240), 2)
    Decimal('1432.86')
    """
    if not rate:
        return PRECISE.divide(principal - balloon, Decimal(count))
    discount = PRECISE.power(1 + rate, -count)
    return PRECISE.divide((principal - PRECISE.multiply(balloon, discount)) * rate, 1 - discount)


def balance_after(principal: Decimal, rate: Decimal, payment: Decimal, paid: int) -> Decimal:
    """Return the unrounded balance P(1+r)^k − A((1+r)^k − 1)/r: a check, for the contract is the rounded plan.

    >>> payment = annuity_payment(Decimal(200000), Decimal('0.005'), 360)
    >>> round(balance_after(Decimal(200000), Decimal('0.005'), payment, 180), 2)
    Decimal('142097.69')
    """
    if not rate:
        return principal - payment * paid
    growth = PRECISE.power(1 + rate, paid)
    return PRECISE.multiply(principal, growth) - PRECISE.divide(payment * (growth - 1), rate)


def split(financing: Financing) -> list[Part]:
    """Return the installments; principal and interest sum exactly, what rounding leaves is in the last.

    Raises RuleError for a payment that never pays the interest, and for custom amounts that miss the total.

    >>> [str(part.payment) for part in split(Financing(Decimal(1000), 'none', 3))]
    ['333.33', '333.33', '333.34']
    """
    parts = SPLITTERS[financing.method](financing)
    balances = accumulate((-principal for principal, _interest in parts), initial=financing.principal)
    next(balances)
    return [Part(principal, interest, balance)
            for (principal, interest), balance in zip(parts, balances, strict=True)]


def is_last_unusual(payments: Sequence[Decimal], share: Decimal) -> bool:
    """Tell whether the last payment differs from the one before it by more than a share of it.

    >>> is_last_unusual([Decimal('171.07'), Decimal('171.06')], Decimal('0.01'))
    False
    """
    if len(payments) < 2:
        return False
    return abs(payments[-1] - payments[-2]) > share * payments[-2]


Amounts = list[tuple[Decimal, Decimal]]


def _even_principal(financing: Financing) -> Amounts:
    """Equal principal: P/n rounded, with the interest on what is still owed."""
    left, parts = financing.principal, [(ZERO, financing.interest_on(financing.principal))] * financing.grace
    for principal in _even_parts(financing, financing.count - financing.grace):
        parts.append((principal, financing.interest_on(left)))
        left -= principal
    return parts


def _no_interest(financing: Financing) -> Amounts:
    if financing.grace:
        raise OfferError('grace_without_interest')
    return [(principal, ZERO) for principal in _even_parts(financing, financing.count)]


def _even_parts(financing: Financing, count: int) -> list[Decimal]:
    """Return P/n rounded with the rest in the last; half-up parts never differ by more than one unit."""
    regular = financing.round(PRECISE.divide(financing.principal, Decimal(count)))
    last = financing.principal - regular * (count - 1)
    if financing.rounding == 'half_up' and abs(last - regular) > Decimal((0, (1,), -financing.digits)):
        return split_evenly(financing.principal, count, financing.digits)
    left, parts = financing.principal, []
    for _place in range(count - 1):
        parts.append(min(regular, left))
        left -= parts[-1]
    return [*parts, left]


def _annuity(financing: Financing) -> Amounts:
    """Annuity, with or without balloon: constant payments, the last pays what is left."""
    count = financing.count - financing.grace
    payment = financing.round(annuity_payment(financing.principal, financing.rate, count, financing.balloon))
    left, parts = financing.principal, [(ZERO, financing.interest_on(financing.principal))] * financing.grace
    for _place in range(count - 1):
        interest = financing.interest_on(left)
        principal = min(max(payment - interest, ZERO), left)
        parts.append((principal, interest))
        left -= principal
    return [*parts, (left, financing.interest_on(left))]


def _interest_only(financing: Financing) -> Amounts:
    interest = financing.interest_on(financing.principal)
    return [(ZERO, interest)] * (financing.count - 1) + [(financing.principal, interest)]


def _flat(financing: Financing) -> Amounts:
    """Flat or add-on: interest on the whole principal for the whole time, in equal payments."""
    count = financing.count
    charge = financing.round(PRECISE.multiply(financing.principal, financing.rate) * count)
    payments = _even_parts(_only_total(financing, financing.principal + charge), count)
    wanted = _cumulated(charge, _flat_weights(financing), financing.digits)
    parts, left, taken = [], financing.principal, ZERO
    for payment, until in zip(payments, wanted, strict=True):
        interest = max(min(until - taken, payment), payment - left)
        parts.append((payment - interest, interest))
        left -= payment - interest
        taken += interest
    return parts


def _flat_weights(financing: Financing) -> list[int]:
    count = financing.count
    return [1] * count if financing.spread == 'linear' else list(range(count, 0, -1))


def _only_total(financing: Financing, total: Decimal) -> Financing:
    return Financing(total, 'none', financing.count, digits=financing.digits, rounding=financing.rounding)


def _fixed_payment(financing: Financing) -> Amounts:
    """The smallest count of a fixed payment that clears; a small remainder joins the one before."""
    parts = list(_until_cleared(financing))
    last = sum(parts[-1])
    if len(parts) > 1 and last < financing.payment * financing.join_below:
        (principal, interest), (remainder, _interest) = parts[-2:]
        parts[-2:] = [(principal + remainder, interest)]
    return parts


def _until_cleared(financing: Financing) -> Iterator[tuple[Decimal, Decimal]]:
    left = financing.principal
    for _place in range(MOST_PAYMENTS):
        interest = financing.interest_on(left)
        if interest >= financing.payment:
            raise OfferError('never_paid_back', payment=financing.payment, left=left, interest=interest)
        principal = min(financing.payment - interest, left)
        yield principal, interest
        left -= principal
        if not left:
            return
    raise OfferError('too_many_payments', payment=financing.payment, most=MOST_PAYMENTS)


def _custom(financing: Financing) -> Amounts:
    if any(amount <= 0 for amount in financing.amounts):
        raise OfferError('own_amount_not_positive')
    if (total := sum(financing.amounts, ZERO)) != financing.principal:
        raise OfferError('own_amounts_miss_total', total=total, amount=financing.principal)
    return [(amount, ZERO) for amount in financing.amounts]


SPLITTERS = {
    'none': _no_interest,
    'annuity': _annuity,
    'equal_principal': _even_principal,
    'flat': _flat,
    'fixed_payment': _fixed_payment,
    'balloon': _annuity,
    'interest_only': _interest_only,
    'custom': _custom,
}


def spread(total: Decimal, weights: Sequence[Decimal | int], digits: int) -> list[Decimal]:
    """Return `total` along the rows by their weights: what has come up to each row is rounded, not the row.

    All weights zero count as equal ones.

    >>> [str(part) for part in spread(Decimal('1.00'), [1, 1, 1], 2)]
    ['0.33', '0.34', '0.33']
    """
    until = _cumulated(total, weights if any(weights) else [1] * len(weights), digits)
    return [high - low for low, high in zip([ZERO, *until], until, strict=False)]


def _cumulated(total: Decimal, weights: Sequence[Decimal | int], digits: int) -> list[Decimal]:
    sums = list(accumulate(Fraction(weight) for weight in weights))
    return [round_fraction(Fraction(total) * part / sums[-1], digits) for part in sums]


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise RuleError(f'Unknown {name} {value!r}, expected one of {", ".join(choices)}')


def _check_digits(amount: Decimal, digits: int) -> None:
    if (Fraction(amount) * 10 ** digits).denominator != 1:
        raise OfferError('too_fine', given=str(amount), digits=digits)

"""Charges at the prices of their days: a period that a price step cuts is charged in parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .billing import Charge, LineTerms
from .price_schedule import PricePhase, price_at, priced_parts
from .proration import prorated_share


def stepped_charges(charges: Iterable[Charge], terms: LineTerms, phases: Sequence[PricePhase]) -> list[Charge]:
    """Return the charges with the price that holds on their days, in their order.

    A period in which the price steps becomes one charge for each price, with its share of the period. Where short
    periods cost the full price, the price of the first day holds for the whole period; so it does for a charge that a
    price model gave. Raises RuleError for a day before the first phase.

    >>> from datetime import date
    >>> from decimal import Decimal
    >>> from .billing import due_charges
    >>> from .periods import Interval, Recurrence
    >>> monthly = Recurrence.from_start(Interval(1, 'month'), date(2025, 6, 1))
    >>> line = LineTerms(1, 'recurring', 'advance', monthly, date(2025, 6, 1), None, 'day', Decimal(1), Decimal(33),
    ...                  Decimal(0))
    >>> steps = [PricePhase(date(2025, 6, 1), Decimal(30)), PricePhase(date(2025, 6, 16), Decimal(33))]
    >>> [str(charge.amount(2)) for charge in stepped_charges(due_charges(line, date(2025, 7, 1)), line, steps)]
    ['15.00', '16.50', '33.00']
    """
    return [part for charge in charges for part in _parts(charge, terms, phases)]


def _parts(charge: Charge, terms: LineTerms, phases: Sequence[PricePhase]) -> list[Charge]:
    if charge.rated:
        return [charge]
    if charge.kind != 'recurring' or terms.proration == 'none':
        return [replace(charge, price_unit=price_at(phases, charge.period.start))]
    pauses = terms.pauses if terms.timing == 'arrears' else ()
    parts = priced_parts(phases, charge.period)
    if len(parts) == 1:
        return [replace(charge, price_unit=parts[0].price)]
    shares = [prorated_share(part.period, charge.full_period, terms.proration, pauses) for part in parts]
    return [
        replace(charge, period=part.period, share=share, price_unit=part.price)
        for part, share in zip(parts, shares, strict=True) if share
    ]

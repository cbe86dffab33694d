"""When a stored card expires, as providers tell it in their many ways, and when a declined one is tried again."""

from __future__ import annotations

import re
from datetime import date, timedelta

MONTH_AND_YEAR = re.compile(r'^\s*(\d{1,2})\s*[/-]\s*(\d{2}|\d{4})\s*$')
RETRY_DAYS = (3, 5, 7)
"""Days to wait after the first, second and third decline; then a person takes over."""
FINAL_DECLINES = ('expired', 'stolen', 'lost card', 'closed', 'revoked', 'invalid account')
"""Words of a decline that another attempt with the same card cannot mend."""
DATE_NAMES = ('expirydate', 'expirationdate', 'cardexpiry', 'expiry')


def card_expiry(told: object) -> date | None:
    """Return the last day a card is good for, found anywhere in what a provider told; None if it is not there.

    >>> card_expiry({'payment_method': {'card': {'exp_month': 2, 'exp_year': 2028}}})
    datetime.date(2028, 2, 29)
    >>> card_expiry({'additionalData': {'expiryDate': '12/2027'}}), card_expiry({'expiry': 'never'})
    (datetime.date(2027, 12, 31), None)
    """
    if isinstance(told, dict):
        if found := _month_end(told.get('exp_month'), told.get('exp_year')):
            return found
        for name, value in told.items():
            if found := _named(str(name), value) or card_expiry(value):
                return found
    if isinstance(told, (list, tuple)):
        return next((found for value in told if (found := card_expiry(value))), None)
    return None


def next_attempt(reason: str, number: int, today: date) -> date | None:
    """Return the day on which a declined charge is tried again; None if a person has to take over.

    :param number: which attempt was declined, counted from 1.

    >>> today = date(2026, 3, 10)
    >>> next_attempt('Insufficient funds', 1, today), next_attempt('Insufficient funds', 4, today)
    (datetime.date(2026, 3, 13), None)
    >>> next_attempt('The card has EXPIRED', 1, today) is None
    True
    """
    if any(word in reason.lower() for word in FINAL_DECLINES) or number > len(RETRY_DAYS):
        return None
    return today + timedelta(days=RETRY_DAYS[number - 1])


def _named(name: str, value: object) -> date | None:
    if name.lower().replace('_', '') not in DATE_NAMES or not isinstance(value, str):
        return None
    parts = MONTH_AND_YEAR.match(value)
    return _month_end(*parts.groups()) if parts else None


def _month_end(month: object, year: object) -> date | None:
    if not (str(month).isdecimal() and str(year).isdecimal()):
        return None
    number, whole = int(month), int(year) + (2000 if int(year) < 100 else 0)
    if not (1 <= number <= 12 and 2000 <= whole < 2200):
        return None
    return date(whole + number // 12, number % 12 + 1, 1) - timedelta(days=1)

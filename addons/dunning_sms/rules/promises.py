"""Whether a promise to pay was kept."""

from __future__ import annotations

from datetime import date


def is_kept(paid: float, promised: float, is_settled: bool) -> bool:
    """Tell whether what was paid since the promise is what was promised, or nothing is left to pay.

    >>> is_kept(50.0, 50.0, False), is_kept(49.99, 50.0, False), is_kept(0.0, 50.0, True)
    (True, False, True)
    """
    return is_settled or paid >= promised - 1e-6


def verdict(kept: bool, promised_for: date, today: date) -> str:
    """Return `kept`, `broken` (its day has passed), or `open`.

    >>> verdict(False, date(2026, 3, 10), date(2026, 3, 10)), verdict(False, date(2026, 3, 10), date(2026, 3, 11))
    ('open', 'broken')
    """
    if kept:
        return 'kept'
    return 'broken' if today > promised_for else 'open'

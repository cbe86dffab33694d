"""How well a customer pays: a score from 0 to 100, and the segment that follows from it.

    score = 40 x (share of money paid on time)
          + 60 x 30 / (30 + average days late)
          -  5 x broken promises of the last year, at most 20

Money counts by its amount and by how recent it is: half as much after 180 days (`HALF_LIFE`). What is overdue now
counts in full, as paid late by the days it has been waiting so far. So one late year long ago weighs little, and
somebody who stopped paying falls at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

HALF_LIFE = 180
ON_TIME_POINTS, SPEED_POINTS = 40, 60
DAYS_FOR_HALF_SPEED = 30
POINTS_A_BROKEN_PROMISE, MOST_FOR_PROMISES = 5, 20
ENOUGH_ITEMS = 3
INACTIVE_DAYS = 365
GOOD, FAIR, POOR = 80, 60, 35

Segment = Literal['prompt', 'mostly', 'late', 'risk', 'new', 'inactive']


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a customer. Weights are amounts, halved for every 180 days since the payment.

    `late_days` is the sum of weight x days late; the overdue figures are plain amounts, `overdue_days` amount x days.
    """

    items: int = 0
    weight: float = 0.0
    on_time: float = 0.0
    late_days: float = 0.0
    overdue: float = 0.0
    overdue_days: float = 0.0
    broken_promises: int = 0
    last_activity: date | None = None


def on_time_share(history: History) -> float | None:
    """Return the share of money paid on time, between 0 and 1; None without any history."""
    total = history.weight + history.overdue
    return history.on_time / total if total > 0 else None


def average_days_late(history: History) -> float | None:
    """Return the days late of an average unit of money, 0 for what came on time; None without any history."""
    total = history.weight + history.overdue
    return (history.late_days + history.overdue_days) / total if total > 0 else None


def score(history: History) -> int | None:
    """Return the score by the formula above; None without any history.

    >>> score(History(items=4, weight=100.0, on_time=100.0))
    100
    >>> score(History(items=4, weight=100.0, on_time=50.0, late_days=1500.0))
    60
    >>> score(History(items=4, weight=100.0, on_time=100.0, broken_promises=2))
    90
    """
    share, late = on_time_share(history), average_days_late(history)
    if share is None or late is None:
        return None
    points = ON_TIME_POINTS * share + SPEED_POINTS * DAYS_FOR_HALF_SPEED / (DAYS_FOR_HALF_SPEED + late)
    lost = min(POINTS_A_BROKEN_PROMISE * history.broken_promises, MOST_FOR_PROMISES)
    return max(0, min(100, round(points - lost)))


def segment(history: History, today: date) -> Segment:
    """Return the segment: by the score, unless too little is known or nothing happened for a year.

    >>> segment(History(items=1, weight=100.0, on_time=100.0, last_activity=date(2026, 3, 1)), date(2026, 3, 10))
    'new'
    """
    points = score(history)
    if history.overdue <= 0 and history.last_activity and (today - history.last_activity).days > INACTIVE_DAYS:
        return 'inactive'
    if points is None or history.items < ENOUGH_ITEMS:
        return 'new'
    if points >= GOOD:
        return 'prompt'
    if points >= FAIR:
        return 'mostly'
    return 'late' if points >= POOR else 'risk'

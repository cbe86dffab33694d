"""Entitlements: what a customer may use now, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Feature:
    """What an offer grants: `limit` is how much per period (None: any amount).

    `trial_limit` holds instead while a trial runs, 0 keeps the feature out of it (None: as without trial). Use
    above the limit is refused when `is_hard`, else it is allowed and charged.
    """

    code: str
    limit: Decimal | None = None
    trial_limit: Decimal | None = None
    is_hard: bool = True


@dataclass(frozen=True, slots=True)
class ServiceStanding:
    """The state of the contract (see states), its first and last days (exclusive), and when its trial ends."""

    state: str
    start: date
    end: date | None = None
    trial_end: date | None = None

    def is_trial(self, today: date) -> bool:
        return self.trial_end is not None and today < self.trial_end


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Whether a feature may be used now, its limit, what is left of it (None: no limit) and why.

    reason: included, trial, overage (allowed above the limit), not_in_trial, limit_reached, not_started, ended,
    suspended.
    """

    code: str
    is_allowed: bool
    reason: str
    limit: Decimal | None = None
    left: Decimal | None = None


def entitlement(feature: Feature, standing: ServiceStanding, today: date, used: Decimal = ZERO) -> Entitlement:
    """Return what a customer may use of a feature on a day, after `used` in the current period.

    >>> contract = ServiceStanding('active', date(2025, 6, 1), trial_end=date(2025, 7, 1))
    >>> mailboxes = Feature('mailboxes', limit=Decimal(50), trial_limit=Decimal(3))
    >>> entitlement(mailboxes, contract, date(2025, 6, 10), Decimal(3)).reason
    'limit_reached'
    >>> str(entitlement(mailboxes, contract, date(2025, 7, 1), Decimal(3)).left)
    '47'
    """
    if blocked := _blocked(standing, today):
        return Entitlement(feature.code, False, blocked, ZERO, ZERO)
    is_trial = standing.is_trial(today)
    limit = feature.trial_limit if is_trial and feature.trial_limit is not None else feature.limit
    if limit is None:
        return Entitlement(feature.code, True, 'trial' if is_trial else 'included')
    left = max(limit - used, ZERO)
    is_allowed, reason = _reason(feature, is_trial, limit, left)
    return Entitlement(feature.code, is_allowed, reason, limit, left)


def asked(feature: Feature, granted: Entitlement, quantity: Decimal) -> Entitlement:
    """Return the answer to the question for so much more of a feature.

    >>> mailboxes, nine_left = Feature('mailboxes', Decimal(50)), Entitlement('mailboxes', True, 'included',
    ...                                                                       Decimal(50), Decimal(9))
    >>> asked(mailboxes, nine_left, Decimal(9)).is_allowed, asked(mailboxes, nine_left, Decimal(10)).reason
    (True, 'limit_reached')
    """
    if not granted.is_allowed or granted.left is None or granted.left >= quantity:
        return granted
    return replace(granted, is_allowed=not feature.is_hard, reason='limit_reached' if feature.is_hard else 'overage')


def combined(grants: Sequence[Feature]) -> Feature:
    """Return what several grants of one feature come to: limits add up, one without limit lifts them all.

    Use above the limit is allowed if one of them allows it. `grants` has at least one.

    >>> five, ten = Feature('mailboxes', Decimal(5), trial_limit=Decimal(1)), Feature('mailboxes', Decimal(10))
    >>> both = combined([five, ten])
    >>> str(both.limit), str(both.trial_limit)
    ('15', '11')
    """
    trial_limit = None
    if any(grant.trial_limit is not None for grant in grants):
        trial_limit = _sum([grant.limit if grant.trial_limit is None else grant.trial_limit for grant in grants])
    return Feature(
        grants[0].code, _sum([grant.limit for grant in grants]), trial_limit, all(grant.is_hard for grant in grants),
    )


def _sum(limits: Sequence[Decimal | None]) -> Decimal | None:
    return None if None in limits else sum(limits, ZERO)


def _blocked(standing: ServiceStanding, today: date) -> str | None:
    """Return why nothing may be used at all, None when something may."""
    if standing.state == 'draft' or today < standing.start:
        return 'not_started'
    if standing.state in ('ended', 'removed') or (standing.end is not None and today >= standing.end):
        return 'ended'
    return 'suspended' if standing.state == 'suspended' else None


def _reason(feature: Feature, is_trial: bool, limit: Decimal, left: Decimal) -> tuple[bool, str]:
    if is_trial and not limit:
        return False, 'not_in_trial'
    if left:
        return True, 'trial' if is_trial else 'included'
    return (False, 'limit_reached') if feature.is_hard else (True, 'overage')

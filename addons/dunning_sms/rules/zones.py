"""In which time zone a customer lives, as well as it is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytz

SEASONS = (datetime(2026, 1, 15), datetime(2026, 7, 15))
"""Two moments that tell zones with and without summer time apart."""


def customer_zone(known: Iterable[str | None], country: str | None, company_zone: str) -> str:
    """Return the first known zone that is one of the country, else the country's, else the company's.

    A contact gets the zone of whoever typed it in: one whose clock no part of its country shows is not the
    customer's. A country with several zones has the company's, if that is one of them, else its first.

    >>> customer_zone(['Europe/Berlin'], 'CO', 'Europe/Berlin'), customer_zone([None], 'US', 'America/Chicago')
    ('America/Bogota', 'America/Chicago')
    >>> customer_zone(['Asia/Tokyo'], None, 'UTC'), customer_zone(['US/Pacific'], 'US', 'UTC')
    ('Asia/Tokyo', 'US/Pacific')
    """
    for zone in known:
        if zone and fits(zone, country or ''):
            return zone
    return country_zone(country) if country_zone(country) and not fits(company_zone, country or '') else company_zone


def country_zone(country: str | None) -> str | None:
    """Return the zone of a country, the first one if it has several; None if the country is not known.

    >>> country_zone('DE'), country_zone('CO'), country_zone(None)
    ('Europe/Berlin', 'America/Bogota', None)
    """
    return next(iter(pytz.country_timezones.get(country or '', ())), None)


@lru_cache(maxsize=1024)
def fits(zone: str, country: str) -> bool:
    """Tell whether some part of the country has the clock of this zone; so it is where the country is not known.

    >>> fits('Europe/Vienna', 'DE'), fits('Asia/Tokyo', 'DE'), fits('Asia/Tokyo', '')
    (True, False, True)
    """
    zones = pytz.country_timezones.get(country, ())
    return not zones or _clock(zone) in {_clock(other) for other in zones}


def _clock(zone: str) -> tuple:
    return tuple(moment.replace(tzinfo=ZoneInfo(zone)).utcoffset() for moment in SEASONS)

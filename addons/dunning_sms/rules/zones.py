"""In which time zones a customer may live, as well as it is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
import pytz
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

SEASONS = (datetime(2026, 1, 15), datetime(2026, 7, 15))
"""Two moments that tell zones with and without summer time apart."""


def customer_zones(
    known: Iterable[str | None], country: str | None, company_zone: str, number: str | None = None,
) -> tuple[str, ...]:
    """Return the zones in which a customer may be: the known one, else all of the country, else the company's.

    A contact gets the zone of whoever typed it in: one whose clock no part of its country shows is not the
    customer's. In a country with several clocks the area of the phone number (E.164) narrows them down; what is
    left are all of them, one zone for each clock, since a message must be allowed wherever the customer is.

    >>> customer_zones(['Europe/Berlin'], 'CO', 'Europe/Berlin'), customer_zones(['Asia/Tokyo'], None, 'UTC')
    (('America/Bogota',), ('Asia/Tokyo',))
    >>> customer_zones([None], 'ES', 'UTC'), customer_zones([None], 'US', 'UTC', '+12125550123')
    (('Europe/Madrid', 'Atlantic/Canary'), ('America/New_York',))
    """
    for zone in known:
        if zone and fits(zone, country or ''):
            return (zone,)
    zones = country_zones(country)
    if len(zones) < 2:
        return zones or (company_zone,)
    return _narrowed(zones, number) or zones


@lru_cache(maxsize=1024)
def country_zones(country: str | None) -> tuple[str, ...]:
    """Return one zone for each clock of a country, the most important first; none if it is not known.

    >>> country_zones('DE'), country_zones('CO'), country_zones(None)
    (('Europe/Berlin',), ('America/Bogota',), ())
    """
    clocks: dict[tuple, str] = {}
    for zone in pytz.country_timezones.get(country or '', ()):
        clocks.setdefault(_clock(zone), zone)
    return tuple(clocks.values())


@lru_cache(maxsize=16384)
def _narrowed(zones: tuple[str, ...], number: str | None) -> tuple[str, ...]:
    """Return those of the zones whose clock the area of a phone number has."""
    try:
        areas = time_zones_for_number(phonenumbers.parse(number or ''))
    except phonenumbers.NumberParseException:
        return ()
    clocks = {_clock(area) for area in areas if area != UNKNOWN_TIMEZONE}
    return tuple(zone for zone in zones if _clock(zone) in clocks)


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

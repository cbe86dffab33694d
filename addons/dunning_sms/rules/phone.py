"""One number for text messages out of whatever stands in a phone field: E.164, or the reason why not."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

TEXTABLE = {
    PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.UNKNOWN,
}


@lru_cache(maxsize=16384)
def sms_number(text: str | None, country: str | None) -> tuple[str, str]:
    """Return the number in E.164 and no reason, or no number and a reason.

    The reasons: `missing`, `several` (two numbers in one field), `invalid`, `fixed` (a landline, a premium
    or a service number).

    >>> sms_number('300 111 2233', 'CO'), sms_number('00573001112233', 'CO'), sms_number('٣٠٠١١١٢٢٣٣', 'CO')
    (('+573001112233', ''), ('+573001112233', ''), ('+573001112233', ''))
    >>> sms_number('abc', 'CO')[1], sms_number('', 'CO')[1], sms_number('+57 300 1112233 / 301 4445566', 'CO')[1]
    ('invalid', 'missing', 'several')
    """
    text = (text or '').strip()
    if not text:
        return '', 'missing'
    if len(text) > 60:
        return '', 'invalid'
    if _holds_several(text):
        return '', 'several'
    number = _parsed(text, country)
    if number is None or not phonenumbers.is_valid_number(number):
        return '', 'invalid'
    if phonenumbers.number_type(number) not in TEXTABLE:
        return '', 'fixed'
    number.extension = None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), ''


def _parsed(text: str, country: str | None):
    """Return the parsed number; a leading 00 or a forgotten + is understood."""
    country = country or None
    tries = [text]
    digits = re.sub(r'[\s().\-]', '', text)
    if digits.startswith('00'):
        tries.insert(0, '+' + digits[2:])
    elif not digits.startswith('+') and not _looks_national(text, country):
        tries.append('+' + digits)
    best = None
    for given in tries:
        try:
            number = phonenumbers.parse(given, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number
        best = best or number
    return best


def _looks_national(text: str, country: str | None) -> bool:
    """Tell whether a number has the length of one of the country: a mistyped one must not reach another country."""
    try:
        given = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return False
    return len(str(given.national_number)) < 11 and phonenumbers.is_possible_number(given)


def _holds_several(text: str) -> bool:
    """Tell whether the field holds more than one whole number."""
    parts = [part for part in re.split(r'[/;,|\n]|\s+(?:or|o|y|und|oder|and)\s+', text) if part.strip()]
    return sum(len(re.sub(r'\D', '', part)) >= 6 for part in parts) > 1

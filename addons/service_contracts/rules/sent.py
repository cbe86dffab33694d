"""What other systems send: texts and numbers that a database can hold, and how a sentence shows the others."""

from __future__ import annotations

LONGEST = 100_000
SHOWN = 60


def is_text(value: object, limit: int = LONGEST) -> bool:
    """Tell whether a value is a text of at most `limit` characters that can be stored.

    Control character 0 and half of a surrogate pair cannot, though JSON carries both.

    >>> is_text('é', 1), is_text('a\\x00', 9), is_text('\\ud800', 9), is_text(5, 9)
    (True, False, False, False)
    """
    return isinstance(value, str) and len(value) <= limit and '\x00' not in value and _is_unicode(value)


def is_number(value: object, limit: int) -> bool:
    """Tell whether a value is a finite number between -limit and limit; a whole one may be of any length.

    >>> is_number(12.5, 100), is_number(10**400, 100), is_number(float('nan'), 100), is_number(True, 100)
    (True, False, False, False)
    """
    return type(value) in (int, float) and abs(value) < limit


def shown(value: object) -> str:
    """Return the first characters of what was sent, as they can be printed.

    >>> shown('a\\x00b'), shown('\\ud800'), len(shown('x' * 100))
    ('a␀b', '?', 60)
    """
    text = value if isinstance(value, str) else _as_text(value)
    return text[:SHOWN].replace('\x00', '␀').encode('utf-8', 'replace').decode()


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_text(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # a whole number of thousands of digits
        return type(value).__name__

"""Texts as DATEV can hold them: Windows-1252, without control characters, not longer than allowed."""

from __future__ import annotations

import re
import unicodedata

ENCODING = 'cp1252'
EU_PREFIXES = frozenset({
    'AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'EL', 'ES', 'FI', 'FR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU', 'LV',
    'MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK', 'XI',
})
"""How VAT numbers of the European Union begin; Greece with EL, Northern Ireland with XI."""


def document_number(number: str, place: int = 0) -> str:
    """Return a number as an open item may bear it: 36 characters, few of them special; a suffix tells maturities apart.

    >>> document_number('INV/2026/00012', 2), document_number('RG 12 äöü#7')
    ('INV/2026/00012-2', 'RG127')
    """
    kept = re.sub(r'[^A-Za-z0-9$%&*+\-/]', '', number)
    suffix = f'-{place}' if place else ''
    return kept[-(36 - len(suffix)):] + suffix if kept else suffix.lstrip('-')


def clean(text: str, length: int) -> str:
    """Return a text that Windows-1252 can hold, without control characters, not longer than allowed.

    >>> clean('Zoë\\tMüller\\n€ Łódź', 60)
    'Zoë Müller € ?ódz'
    """
    spaced = ' '.join(''.join(' ' if unicodedata.category(mark)[0] == 'C' else mark for mark in text).split())
    return ''.join(_writable(mark) for mark in unicodedata.normalize('NFC', spaced))[:length].rstrip()


def split_vat(vat: str) -> tuple[str, str]:
    """Return country and number of a VAT number of the European Union; nothing for other numbers.

    DATEV refuses a line with the number of another country, such as that of a Swiss customer.

    >>> split_vat('ESA12345674'), split_vat('EL094259216'), split_vat('CHE-123.456.788 MWST'), split_vat('12345')
    (('ES', 'A12345674'), ('EL', '094259216'), ('', ''), ('', ''))
    """
    compact = re.sub(r'[^A-Z0-9]', '', (vat or '').upper())
    return (compact[:2], compact[2:15]) if compact[:2] in EU_PREFIXES and len(compact) > 3 else ('', '')


def initials(name: str) -> str:
    """Return the two letters by which DATEV names a clerk (Diktatkürzel), empty for a name that gives none.

    >>> initials('Anna Maria Müller'), initials('OdooBot'), initials('Émile Ørsted')
    ('AM', '', '')
    """
    words = name.split()
    found = (words[0][0] + words[-1][0]).upper() if len(words) > 1 else ''
    return found if re.fullmatch('[A-Z]{2}', found) else ''


def _writable(mark: str) -> str:
    """Return the character, else its plain letter, else a question mark."""
    for candidate in (mark, unicodedata.normalize('NFKD', mark)[0]):
        try:
            candidate.encode(ENCODING)
            return candidate
        except UnicodeEncodeError:
            continue
    return '?'

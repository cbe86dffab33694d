"""Texts with placeholders such as {customer}: which are known, how they are filled, and how long they may become."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

PLACEHOLDER = re.compile(r'\{\s*([a-z_]+)\s*\}')
KNOWN = (
    'customer', 'company', 'amount', 'due_date', 'days', 'last_safe_date', 'suspension_date', 'removal_date',
    'documents', 'items', 'pay_link', 'opt_out_link', 'today', 'fee', 'phone', 'reference', 'card', 'expiry',
)
LONGEST = {
    'customer': 'Maximiliano Fernández-Montealegre Rodríguez', 'company': 'W' * 30, 'amount': '$ 99.999.999,99',
    'due_date': '30/12/2099', 'days': '365', 'last_safe_date': '30/12/2099', 'suspension_date': '30/12/2099',
    'removal_date': '30/12/2099', 'documents': 'INV/2099/99999, INV/2099/99998', 'items': '',
    'pay_link': 'https://customers.example.com/my/r/9999999/0123456789abcdef01234567', 'today': '30/12/2099',
    'opt_out_link': 'https://customers.example.com/my/o/9999999/0123456789abcdef01234567', 'fee': '$ 99.999,99',
    'phone': '+49 1512 3456789', 'reference': 'REF-99999999', 'card': '•••• 1234', 'expiry': '12/2099',
}
"""The longest value that is realistic for each: a template is measured with them, not with a sample."""


def unknown_placeholders(text: str) -> list[str]:
    """Return the placeholders nobody fills, so that a template with them is refused when it is saved.

    >>> unknown_placeholders('Dear {customer}, pay { amount } by {datum}')
    ['datum']
    """
    return sorted({name for name in PLACEHOLDER.findall(text) if name not in KNOWN})


def filled(text: str, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
    """Return the text with its placeholders filled once; a value is never read for placeholders again.

    >>> filled('Dear {customer}, {amount} is due', {'customer': '{amount}', 'amount': '10'})
    'Dear {amount}, 10 is due'
    """
    return PLACEHOLDER.sub(lambda found: quote(values.get(found[1], '') or ''), text)


def longest(text: str, values: Mapping[str, str] | None = None) -> str:
    """Return the text with the longest realistic values, to measure it.

    >>> longest('Due {due_date}')
    'Due 30/12/2099'
    """
    return filled(text, {**LONGEST, **(values or {})})

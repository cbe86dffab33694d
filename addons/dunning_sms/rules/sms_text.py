"""How many parts a text message has: GSM-7 or UCS-2 (3GPP 23.038), what it costs, and how it reads without accents."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

BASIC = frozenset(
    '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?'
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
)
EXTENSION = frozenset('^{}\\[~]|€\f')
"""Characters that take an escape and a second septet; the pair is never cut."""
LIMITS = {'gsm7': (160, 153), 'ucs2': (70, 67)}
PLAIN = str.maketrans({
    '“': '"', '”': '"', '„': '"', '«': '"', '»': '"', '‘': "'", '’': "'", '´': "'", '`': "'",
    '–': '-', '—': '-', '−': '-', '…': '...', '\u00a0': ' ', '\u202f': ' ', '\u2009': ' ', '•': '-', '·': '-',
    'ª': 'a', 'º': 'o', '°': 'o', '×': 'x', '\t': ' ', '\u200b': '', '\ufeff': '', '₡': 'CRC ', '₱': 'PHP ',
    'ł': 'l', 'Ł': 'L', 'đ': 'd', 'Đ': 'D', 'œ': 'oe', 'Œ': 'OE', 'ı': 'i', '№': 'No.',
})


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a text: its alphabet, its units (septets or 16-bit units), its parts, and what made it UCS-2."""

    encoding: str
    units: int
    parts: int
    foreign: str = ''

    @property
    def left(self) -> int:
        """Return how many units still fit into the last part."""
        single, part = LIMITS[self.encoding]
        return max(0, (single if self.parts <= 1 else part * self.parts) - self.units)

    def cost(self, price: Decimal) -> Decimal:
        """Return the price of one message, at a price per part.

        >>> measure('a' * 161).cost(Decimal('0.05'))
        Decimal('0.10')
        """
        return price * self.parts


def measure(text: str) -> Size:
    """Return the size of a text as a gateway sends it.

    >>> measure('a' * 160).parts, measure('a' * 161).parts, measure('í' * 70).parts, measure('í' * 71).parts
    (1, 2, 1, 2)
    >>> measure('a' * 152 + '€' + 'b' * 152)
    Size(encoding='gsm7', units=306, parts=3, foreign='')
    """
    foreign = ''.join(sorted({char for char in text if char not in BASIC and char not in EXTENSION}))
    encoding = 'ucs2' if foreign else 'gsm7'
    weights = [_weight(char, encoding) for char in text]
    return Size(encoding, sum(weights), _parts(weights, *LIMITS[encoding]), foreign)


def _weight(char: str, encoding: str) -> int:
    if encoding == 'gsm7':
        return 2 if char in EXTENSION else 1
    return 2 if ord(char) > 0xFFFF else 1


def _parts(weights: list[int], single: int, part: int) -> int:
    """Return the parts of a text; what takes two units is never cut in half."""
    total = sum(weights)
    if total <= single:
        return 1 if total else 0
    parts, used = 1, 0
    for weight in weights:
        if used + weight > part:
            parts, used = parts + 1, 0
        used += weight
    return parts


def without_accents(text: str) -> str:
    """Return the text in GSM-7 as far as that is possible: accents that cost are dropped, those inside stay.

    >>> without_accents('Señora María: pague su cuota “mañana”, también por teléfono…')
    'Señora Maria: pague su cuota "mañana", también por teléfono...'
    """
    return ''.join(char if char in BASIC or char in EXTENSION else _plain(char) for char in text.translate(PLAIN))


def _plain(char: str) -> str:
    """Return the letter without its marks, if that is in GSM-7; else the character as it is."""
    bare = ''.join(part for part in unicodedata.normalize('NFKD', char) if not unicodedata.combining(part))
    return bare if bare and all(part in BASIC or part in EXTENSION for part in bare) else ('' if not bare else char)


def clean(text: str) -> str:
    """Return the text without what no phone shows: NUL and other controls, marks that turn the writing direction.

    >>> clean('a\\x00b\\u202ec\\r\\nd')
    'abc\\nd'
    """
    text = text.replace('\r\n', '\n').replace('\r', '\n')
    return ''.join(
        char for char in text
        if char == '\n' or (unicodedata.category(char) not in ('Cc', 'Cs', 'Co', 'Cn') and char not in _BIDI)
    )


_BIDI = frozenset('\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f')

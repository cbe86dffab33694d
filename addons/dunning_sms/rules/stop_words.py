"""Whether an answer to a text message asks for no more of them, in any reasonable wording."""

from __future__ import annotations

import re
import unicodedata

STOP = frozenset({
    'stop', 'stopall', 'unsubscribe', 'cancel', 'end', 'quit', 'optout', 'revoke', 'remove',
    'baja', 'alto', 'parar', 'pare', 'cancelar', 'salir', 'detener', 'basta', 'eliminar',
    'abmelden', 'stopp', 'abbestellen', 'austragen', 'aufhoren',
    'arret', 'stopper', 'sair', 'arrete',
})
PHRASES = (
    'opt out', 'do not text', 'dont text', 'do not message', 'dont message', 'do not contact', 'dont contact',
    'stop texting', 'stop messaging', 'stop sending', 'stop sms', 'stop mensajes', 'no more messages',
    'no more texts', 'remove me', 'take me off', 'leave me alone', 'no quiero mas', 'no mas mensajes',
    'no enviar mas', 'no me envie', 'no me escriba', 'darme de baja', 'dar de baja', 'deme de baja',
    'keine nachrichten', 'keine sms', 'nicht mehr schreiben', 'bitte abmelden',
)
START = frozenset({'start', 'unstop', 'subscribe', 'alta', 'reanudar', 'anmelden'})


def asks_to_stop(text: str) -> bool:
    """Tell whether the text is an opt-out: a stop word alone or first, or a phrase that says so.

    >>> asks_to_stop(' Stop. '), asks_to_stop('BAJA por favor'), asks_to_stop("please don't text me again")
    (True, True, True)
    >>> asks_to_stop('I paid yesterday'), asks_to_stop('At the end of the month')
    (False, False)
    """
    words = _words(text)
    if not words:
        return False
    plain = ' '.join(words)
    if words[0] in STOP and (len(words) <= 4 or words[0].startswith('stop')):
        return True
    return any(f' {phrase} ' in f' {plain} ' for phrase in PHRASES)


def asks_to_start(text: str) -> bool:
    """Tell whether the text takes an opt-out back.

    >>> asks_to_start('START'), asks_to_start('start the fire')
    (True, False)
    """
    words = _words(text)
    return len(words) == 1 and words[0] in START


def _words(text: str) -> list[str]:
    """Return the words in small letters without accents and signs."""
    text = unicodedata.normalize('NFKD', text[:500].replace("'", '').replace('’', '')).casefold()
    return re.findall(r'[a-z0-9]+', ''.join(char for char in text if not unicodedata.combining(char)))

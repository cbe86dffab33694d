"""Whether an answer to a text message asks for no more of them, in any reasonable wording."""

from __future__ import annotations

import re
import unicodedata

STOP = frozenset({
    'stop', 'stopall', 'unsubscribe', 'optout', 'baja', 'parar', 'pare', 'paren', 'detener', 'desuscribir',
    'abmelden', 'stopp', 'stoppen', 'abbestellen', 'abmeldung', 'austragen', 'aufhoren', 'aufhoeren',
    'arret', 'stopper', 'sair', 'arrete', 'desabonner', 'desinscrire',
})
"""Words that end messages alone, first, or last in a short answer."""
ALONE = frozenset({
    'cancel', 'end', 'quit', 'revoke', 'remove', 'alto', 'cancelar', 'salir', 'basta', 'eliminar', 'ende', 'para',
})
"""Words that mean something else in a sentence: "at the end", or "cancelar", which is to pay in America."""
COURTESY = frozenset({
    'please', 'pls', 'plz', 'por', 'favor', 'porfa', 'bitte', 'hi', 'hello', 'hola', 'hallo', 'ok', 'ya', 'sms',
    'thanks', 'thank', 'you', 'gracias', 'danke', 'just', 'now', 'jetzt', 'ahora',
})
NO = frozenset({'dont', 'do', 'not', 'no', 'nicht', 'never', 'non', 'cant', 'wont'})
"""Words that turn a stop word round: "don't stop"."""
PHRASES = (
    'opt out', 'opt me out', 'do not text', 'dont text', 'do not message', 'dont message', 'do not contact',
    'dont contact', 'do not send', 'dont send', 'stop texting', 'stop messaging', 'stop sending', 'stop sms',
    'stop mensajes', 'stop contacting', 'stop writing', 'no more messages', 'no more texts', 'no more sms',
    'unsubscribe me', 'remove me', 'remove my number', 'take me off', 'leave me alone', 'no quiero mas',
    'no quiero recibir', 'no mas mensajes', 'no mas sms', 'no enviar mas', 'no me envie', 'no me envien',
    'no me escriba', 'no me escriban', 'no me manden', 'no me mande', 'dejen de enviar', 'deje de enviar',
    'dejen de escribir', 'darme de baja', 'dar de baja', 'deme de baja', 'denme de baja', 'cancelar suscripcion',
    'cancel subscription', 'keine nachrichten', 'keine weiteren nachrichten', 'keine sms', 'keine weiteren sms',
    'nicht mehr schreiben', 'nicht mehr anschreiben', 'schreiben sie mir nicht', 'bitte abmelden',
    'melden sie mich ab', 'horen sie auf', 'hoeren sie auf', 'lassen sie mich in ruhe', 'plus de messages',
)
START = frozenset({'start', 'unstop', 'subscribe', 'alta', 'reanudar', 'anmelden'})


def asks_to_stop(text: str) -> bool:
    """Tell whether the text is an opt-out: a stop word alone, first or last, or a phrase that says so.

    >>> asks_to_stop(' Stop. '), asks_to_stop('BAJA por favor'), asks_to_stop("please don't text me again")
    (True, True, True)
    >>> asks_to_stop('please stop'), asks_to_stop('S T O P'), asks_to_stop('Bitte keine weiteren SMS')
    (True, True, True)
    >>> asks_to_stop('I paid yesterday'), asks_to_stop('End of the month'), asks_to_stop('Voy a cancelar el viernes')
    (False, False, False)
    """
    words = _words(text)
    if any(f' {phrase} ' in f' {" ".join(words)} ' for phrase in PHRASES):
        return True
    rest = [word for word in words if word not in COURTESY] or [word for word in words if word in ALONE]
    together = ''.join(rest)
    if len(rest) == 1 or max(map(len, rest), default=0) == 1:
        return together in STOP | ALONE
    if rest and rest[0].startswith('stop'):
        return True
    return 0 < len(rest) <= 4 and not NO & set(rest) and (rest[0] in STOP or rest[-1] in STOP)


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

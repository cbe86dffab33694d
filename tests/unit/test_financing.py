"""Financing by others: one gate for the states, and signatures that hold against forged and old messages."""

import pytest
from odoo.addons.installment_sales.rules.financing import MOVES, SIGNED_SECONDS, is_genuine, may_move, sign

NOW = 1_800_000_000


def genuine(**changes):
    message = {'secret': 'key', 'timestamp': str(NOW), 'body': b'{"a": 1}', 'now': NOW, **changes}
    message.setdefault('signature', sign('key', str(NOW), b'{"a": 1}'))
    return is_genuine(**message)


def test_a_signed_message_is_taken_a_short_while():
    assert genuine()
    assert genuine(now=NOW + SIGNED_SECONDS)
    assert not genuine(now=NOW + SIGNED_SECONDS + 1)
    assert not genuine(now=NOW - SIGNED_SECONDS - 1)


@pytest.mark.parametrize('change', [
    {'secret': ''}, {'secret': 'other'}, {'body': b'{"a": 2}'}, {'signature': ''}, {'signature': 'ü' * 64},
    {'signature': '\udcff'}, {'timestamp': ''}, {'timestamp': '-1'}, {'timestamp': '²'}, {'timestamp': '9' * 40},
])
def test_forged_messages_are_refused_and_never_raise(change):
    """E9."""
    assert not genuine(**change)


def test_nothing_leads_back_from_an_answer():
    for final in ('declined', 'cancelled'):
        assert not MOVES[final]
    assert not any(may_move(state, 'queued') for state in MOVES if state != 'unknown')
    assert set().union(*MOVES.values()) <= set(MOVES)

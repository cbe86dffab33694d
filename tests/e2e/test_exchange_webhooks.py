"""A webhook receiver that is down, slow, answers 500 and comes back: it gets every event at least once, signed."""

import pytest

from tests.e2e.exchange_world import exchange_database
from tests.e2e.forks import forked_odoo
from tests.e2e.processes import psql
from tests.e2e.webhook_receiver import receiver

SECRET = 'a-secret-of-the-test'
SETUP = """
env['ir.config_parameter'].set_param('accounting_exchange.allow_private_addresses', {private!r})
env['exchange.webhook.endpoint'].create({{
    'name': 'Test', 'url': {url!r}, 'event_filter': 'invoice.*,payment.*', 'secret': {secret!r}, 'timeout': 1,
    'max_attempts': {attempts},
}})
env['res.partner'].create({{'name': 'Ana', 'ref': 'A-1'}})
env.cr.commit()
"""
SELL = """
partner = env['res.partner'].search([('ref', '=', 'A-1')])
for number in range({count}):
    invoice = env['account.move'].create({{
        'move_type': 'out_invoice', 'partner_id': partner.id, 'invoice_date': '2026-01-15',
        'invoice_line_ids': [(0, 0, {{'name': 'x', 'price_unit': 10, 'tax_ids': []}})],
    }})
    invoice.action_post()
env.cr.commit()
"""
DELIVER = "env['exchange.delivery']._cron_deliver()\n"
WAKE = "UPDATE exchange_delivery SET next_try_on = '2020-01-01' WHERE state = 'waiting'"


@pytest.fixture
def world():
    with exchange_database() as database, forked_odoo(database) as forks, receiver(SECRET) as hooks:
        forks.run(SETUP.format(url=hooks.url, secret=SECRET, private='1', attempts=20))
        yield database, forks, hooks


def noted(database: str) -> list[str]:
    return [row[0] for row in psql(database, 'SELECT event_id FROM exchange_event ORDER BY id')]


def states(database: str) -> dict[str, int]:
    return dict(psql(database, 'SELECT state, count(*) FROM exchange_delivery GROUP BY 1'))


def test_down_slow_500_and_back(world):
    """N17: each event arrives at least once, in order, with the id it always had, whatever the receiver does."""
    database, forks, hooks = world
    forks.run(SELL.format(count=2))
    hooks.down()
    forks.run(DELIVER)
    assert states(database) == {'waiting': 2}
    hooks.up()
    for mood in ('trouble', 'slow', 'away'):
        hooks.mood = mood
        forks.run(SELL.format(count=1))
        psql(database, WAKE)
        forks.run(DELIVER)
        assert set(states(database)) == {'waiting'}, mood
    hooks.mood = 'well'
    psql(database, WAKE)
    forks.run(DELIVER)
    assert states(database) == {'sent': 5}
    assert hooks.forged == 0
    received = hooks.ids()
    assert list(dict.fromkeys(received)) == noted(database)
    sequences = [message['sequence'] for message in hooks.messages]
    assert sequences == sorted(sequences)


def test_a_sender_killed_after_the_receiver_took_it_sends_again_with_the_same_id(world):
    """A9 for webhooks: at least once, never a new id."""
    database, forks, hooks = world
    forks.run(SELL.format(count=1))
    child = forks.start("""
import os, signal
delivery = type(env['exchange.delivery'])
delivery._note_success = lambda self, status: os.kill(os.getpid(), signal.SIGKILL)
""" + DELIVER)
    assert child.wait() == -9
    assert (len(hooks.messages), states(database)) == (1, {'waiting': 1})
    forks.run(DELIVER)
    assert len(hooks.messages) == 2
    assert set(hooks.ids()) == set(noted(database))
    assert states(database) == {'sent': 1}


def test_two_senders_send_each_event_once(world):
    """B6: two senders on the same outbox."""
    database, forks, hooks = world
    forks.run(SELL.format(count=25))
    senders = [forks.start(DELIVER), forks.start(DELIVER)]
    for sender in senders:
        sender.wait()
    forks.run(DELIVER)
    assert sorted(hooks.ids()) == sorted(noted(database))
    assert len(hooks.messages) == 25


def test_a_fact_that_was_not_committed_is_not_told(world):
    database, forks, hooks = world
    forks.run(SELL.format(count=1).replace('env.cr.commit()', 'env.flush_all(); env.cr.rollback()'))
    forks.run(DELIVER)
    assert (noted(database), hooks.messages) == ([], [])


def test_without_the_setting_no_private_address_is_called(world):
    """SSRF: the receiver of this test lives on this machine, so it gets nothing."""
    database, forks, hooks = world
    forks.run(SELL.format(count=1))
    psql(database, "UPDATE ir_config_parameter SET value = '0' WHERE key LIKE 'accounting_exchange.allow%%'")
    forks.run(DELIVER)
    assert hooks.attempts == 0
    ((error,),) = psql(database, 'SELECT error FROM exchange_delivery')
    assert 'https' in error

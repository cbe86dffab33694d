"""Reminders when things break: senders that die, gateways and mail servers that refuse, hang or answer nonsense."""

import hashlib
import hmac
import json
import random
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.processes import plain_database, psql, running_server
from tests.e2e.reminder_world import PLAN, reminder_world
from tools import postgres

CUSTOMERS = 40


@pytest.fixture(scope='session')
def reminder_template() -> str:
    postgres.ensure()
    return plain_database(['dunning_sms'])


@pytest.fixture
def world(reminder_template):
    with reminder_world(reminder_template, CUSTOMERS) as made:
        yield made


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Sign as a provider would."""
    return hmac.new(secret.encode(), timestamp.encode() + b'.' + body, hashlib.sha256).hexdigest()


def sent_twice(world) -> list:
    """Return the numbers and Message-Ids that went out more than once."""
    numbers = Counter(message['to'] for message in world.provider.accepted)
    return [number for number, count in numbers.items() if count > 1]


def test_a_planner_killed_at_any_moment_leaves_one_notice_each(world):
    """A1 for reminders: resumed, nobody twice and nobody left out."""
    for seed in range(6):
        child = world.start(PLAN)
        time.sleep(random.Random(seed).uniform(0.02, 0.25))
        child.kill()
        child.wait()
    two = [world.start(PLAN) for _worker in range(2)]
    assert [child.wait() for child in two] == [0, 0], two[0].errors
    world.plan()
    rows = psql(world.database, "SELECT partner_id, count(*) FROM dunning_notice WHERE state != 'cancelled' GROUP BY 1")
    assert len(rows) == CUSTOMERS
    assert {count for _partner, count in rows} == {1}
    assert psql(world.database, "SELECT count(*) FROM dunning_run WHERE state = 'done'") == [(1,)]


def test_a_sender_killed_at_any_moment_sends_no_text_twice(world):
    """A9: what it had in its hands is unclear and asked for; the rest goes out. A kill uses up no try."""
    world.plan()
    world.provider.seconds = 0.03
    for seed in range(8):
        child = world.start()
        world.wait_for_claim(child)
        time.sleep(random.Random(seed).uniform(0, 0.2))
        child.kill()
        child.wait()
        psql(world.database, "UPDATE dunning_delivery SET lease_until = '2000-01-01' WHERE state = 'sending'")
    world.finish()
    assert not sent_twice(world)
    assert world.states('sms') | {'cancelled': 0} == {'sent': CUSTOMERS // 2, 'cancelled': 0}
    assert len(world.provider.accepted) == CUSTOMERS // 2
    mails = Counter(recipient for recipient, _message_id in world.mailbox.taken)
    assert len(mails) == CUSTOMERS // 2, "no mail lost"
    assert len({pair for pair in world.mailbox.taken}) == CUSTOMERS // 2, "a mail that is repeated keeps its Message-Id"


def test_two_senders_share_an_outbox(world):
    """B6."""
    world.plan()
    world.provider.seconds = 0.02
    senders = [world.start() for _worker in range(3)]
    assert [sender.wait() for sender in senders] == [0, 0, 0], senders[0].errors
    world.finish()
    assert not sent_twice(world)
    assert len(world.provider.accepted) == CUSTOMERS // 2
    assert Counter(world.mailbox.taken).most_common(1)[0][1] == 1
    assert len(world.mailbox.taken) == CUSTOMERS // 2


@pytest.mark.parametrize('mode', ['refuse', 'hang', 'temporary'])
def test_a_mail_server_that_fails_loses_nothing(world, mode):
    """E1, E2."""
    world.plan()
    world.mailbox.mode = mode
    world.send()
    assert not world.mailbox.taken
    assert world.states('email')['queued'] == CUSTOMERS // 2
    world.mailbox.mode = 'ok'
    world.finish()
    assert len(world.mailbox.taken) == len(set(world.mailbox.taken)) == CUSTOMERS // 2
    assert world.states('email')['sent'] == CUSTOMERS // 2


def test_a_mail_server_that_dies_after_the_text_gets_the_same_message_id(world):
    """E1: nobody can know whether it was taken, so the repetition says that it is one."""
    world.plan()
    world.mailbox.mode = 'drop'
    world.send()
    broken = len(world.mailbox.taken)
    assert broken
    world.mailbox.mode = 'ok'
    world.finish()
    assert len({recipient for recipient, _message_id in world.mailbox.taken}) == CUSTOMERS // 2
    assert len(set(world.mailbox.taken)) == CUSTOMERS // 2


@pytest.mark.parametrize('mode, state', [('silent', 'unclear'), ('broken', 'unclear'), ('busy', 'queued')])
def test_a_gateway_that_fails_sends_nothing_twice(world, mode, state):
    """E3, E4, E5."""
    world.plan()
    world.provider.mode = mode
    world.send()
    assert set(world.states('sms')) - {'cancelled'} <= {state, 'queued'}
    world.provider.mode = 'ok'
    world.finish()
    assert not sent_twice(world)
    assert world.states('sms')['sent'] == len(world.provider.accepted) == CUSTOMERS // 2


def test_a_payment_between_planning_and_sending_stops_the_message(world):
    """B5."""
    world.plan()
    world.forks.run("""
moves = env['account.move'].search([('move_type', '=', 'out_invoice')], limit=10)
env['account.payment.register'].with_context(active_model='account.move', active_ids=moves.ids).create({
    'group_payment': False,
})._create_payments()
env.cr.commit()
""")
    world.finish()
    reached = len(world.provider.accepted) + len(world.mailbox.taken)
    assert reached == CUSTOMERS - 10
    rows = psql(world.database, "SELECT count(*) FROM dunning_notice WHERE cancel_reason = 'paid'")
    assert rows == [(10,)]


def test_callbacks_in_parallel_change_a_state_once(world):
    """E7, E9: repeated, parallel, forged and late."""
    world.plan()
    world.finish()
    uuid, gateway = psql(
        world.database,
        "SELECT request_uuid, gateway_id FROM dunning_delivery WHERE state = 'sent' AND channel = 'sms' LIMIT 1",
    )[0]
    with running_server(world.database, '--max-cron-threads', 0) as server:
        def call(status, event='e1', secret='secret', age=0):
            body = json.dumps({'event': event, 'reference': uuid, 'status': status}).encode()
            stamp = str(int(time.time()) - age)
            request = urllib.request.Request(
                f'{server.url}/dunning/sms/{gateway}/report', body,
                {'X-Timestamp': stamp, 'X-Signature': sign(secret, stamp, body), 'Content-Type': 'application/json'},
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code

        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(call, ['delivered'] * 6)) == {200}
        assert call('failed', 'e2') == 200
        assert call('failed', 'e3', secret='wrong') == 401
        assert call('failed', 'e4', age=1000) == 401
    assert psql(world.database, 'SELECT state FROM dunning_delivery WHERE request_uuid = %s', uuid) == [('delivered',)]
    assert psql(world.database, "SELECT count(*) FROM dunning_gateway_event WHERE has_effect") == [(1,)]

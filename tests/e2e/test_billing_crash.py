"""Billing that is killed at any moment, and contracts that cannot be billed: nothing twice, nothing missing."""

import random
import time

import pytest
import requests

from tests.e2e.billing_world import billing_world
from tests.e2e.clients import Json2
from tests.e2e.processes import make_api_key, running_server

KINDS = ('plain', 'setup', 'arrears', 'ordinary')
KILLED = -9
SMALL = 20

LOG_BATCHES = """
worker = type(env['service.billing.worker'])
bill = worker._bill
def logged(self, run, contracts, *args):
    print(*contracts.ids, flush=True)
    return bill(self, run, contracts, *args)
worker._bill = logged
"""
"""Print the contracts of each transaction before anything is written."""

DIE = """
import os, signal
from odoo.addons.service_contracts.posting import fast
def die(owner, name, moment, call=1):
    real, calls = getattr(owner, name), []
    def deadly(*args, **named):
        calls.append(1)
        if moment == 'before' and len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **named)
        if moment == 'after' and len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, deadly)
writer, worker = type(env['service.invoice.writer']), type(env['service.billing.worker'])
"""
KILL_POINTS = {
    'before the invoices': "die(writer, '_write_invoices', 'before')",
    'between invoices and their lines': "die(fast, 'insert_rows', 'after')",
    'between invoices of two ways': "die(writer, '_write_ordinary', 'before')",
    'before the ledger': "die(worker, '_write_entries', 'before')",
    'after the ledger': "die(worker, '_write_entries', 'after')",
    'before the commit': "die(env.cr, 'commit', 'before', 2)",
    'after the commit': "die(env.cr, 'commit', 'after', 2)",
    'before the second commit': "die(env.cr, 'commit', 'before', 3)",
}
"""Where a child kills itself; its first commit only opens the run."""


@pytest.fixture(scope='module')
def shared_world(plain_template):
    """One company for the tests that add contracts of their own."""
    with billing_world(plain_template) as world:
        yield world


def test_fifty_kills_charge_nothing_twice_and_miss_nothing(world):
    """A1: 50 kill -9 at random moments; each loses at most the transaction it was in."""
    moments = random.Random(19)
    for kind in KINDS:
        world.add(kind, 150)
    for kill in range(50):
        if world.due() < 5 * SMALL:
            world.add('plain', 200, ref=f'more{kill}-')
        child = world.bill(SMALL, LOG_BATCHES)
        time.sleep(moments.uniform(0.05, 0.9))
        child.kill()
        assert child.wait() == KILLED, f'kill {kill}: the run had ended by itself: {child.errors}'
        assert not _billed_in_vain(world, child.printed), f'kill {kill} lost more than one batch'
        assert not world.faults(), f'kill {kill}'
    world.bill_all()
    assert not world.faults_when_done()


def _billed_in_vain(world, printed: str) -> list[tuple]:
    """The contracts of all batches but the last that are still due after the kill."""
    batches = [line.split() for line in printed.split('\n')[:-1]]
    ids = [int(number) for batch in batches[:-1] for number in batch]
    return world.sql(
        'SELECT id FROM service_contract WHERE id = ANY(%s) AND next_charge_date <= CURRENT_DATE', ids
    )


@pytest.mark.parametrize('point', KILL_POINTS)
def test_a_kill_leaves_invoice_and_charge_or_neither(shared_world, point):
    """A2: kill -9 at each step between the first invoice and the commit."""
    world, ref = shared_world, f'kill {list(KILL_POINTS).index(point)} '
    world.add('plain', 40, ref=f'{ref}plain ')
    world.add('ordinary', 10, ref=f'{ref}ordinary ')
    child = world.bill(SMALL, f'{DIE}{KILL_POINTS[point]}\n')
    assert child.wait() == KILLED, child.errors
    assert not world.faults()
    world.bill_all()
    assert not world.faults_when_done()


POISON = {
    'journal': "contract.journal_id = contract.journal_id.copy({'active': False})",
    'currency': "contract.pricelist_id, contract.currency_id = False, env.ref('base.XAF')",
    'tax': "contract.line_ids.tax_ids = contract.line_ids.tax_ids.copy({'active': False})",
    'product': "contract.line_ids.product_id = contract.line_ids.product_id.copy({'active': False})",
    'account': (
        "account = contract.line_ids.product_id.product_tmpl_id.get_product_accounts()['income'].copy()\n"
        "contract.line_ids.product_id = contract.line_ids.product_id.copy("
        "{'property_account_income_id': account.id})\naccount.active = False"
    ),
    'total': 'contract.line_ids.price_unit = -5',
}
"""What makes a contract impossible to bill."""
UNPARK = "env['service.contract'].search([('parked_on', '!=', False)]).action_unpark()\n"


@pytest.mark.parametrize('poison', POISON)
def test_only_the_poisoned_contract_is_parked(shared_world, poison):
    """A5: archived journal, tax, product, account or currency, negative total: parked with a sentence,
    the others billed, not tried again by every run, billed after its cause is gone."""
    world, ref = shared_world, f'poison {poison} '
    world.add('plain', 30, ref=ref)
    world.forks.run(_of(f'{ref}7') + POISON[poison] + '\nenv.cr.commit()')
    world.bill_all()
    assert _parked(world, ref) == [f'{ref}7']
    assert not world.faults_when_done()
    first = _parking(world, f'{ref}7')
    assert first[0] and 'Unexpected' not in first[0], 'The reason is no sentence for people'
    world.bill_all()
    assert _parking(world, f'{ref}7') == first, 'A parked contract was tried again'

    world.sql("UPDATE service_contract SET parked_reason = '', parked_on = NULL WHERE external_ref = %s", f'{ref}7')
    world.forks.run(_of(f'{ref}7', f'{ref}8') + CURE + 'env.cr.commit()')
    world.bill_all()
    assert not _parked(world, ref)
    assert not world.faults_when_done()

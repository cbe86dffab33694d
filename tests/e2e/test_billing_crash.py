"""Billing that is killed at any moment, and contracts that cannot be billed: nothing twice, nothing missing."""

import random
import time

import pytest
import requests

from tests.e2e.billing_world import today
from tests.e2e.clients import Json2
from tests.e2e.processes import make_api_key, running_server

KINDS = ('plain', 'setup', 'arrears', 'ordinary')
KILLED = -9
SMALL = 20
COMMIT = '\nenv.cr.commit()\n'

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
entry = type(env['service.billing.entry'])
"""
KILL_POINTS = {
    'before the ledger': "die(worker, '_write_entries', 'before')",
    'between ledger and invoices': "die(writer, '_write_invoices', 'before')",
    'between invoices and their lines': "die(fast, 'insert_rows', 'after')",
    'between the two ways of writing': "die(writer, '_write_ordinary', 'before')",
    'after the invoices': "die(writer, '_write_invoices', 'after')",
    'after the ledger knows its invoices': "die(entry, '_link', 'after')",
    'before the commit': "die(env.cr, 'commit', 'before', 2)",
    'after the commit': "die(env.cr, 'commit', 'after', 2)",
    'before the second commit': "die(env.cr, 'commit', 'before', 3)",
}
"""Where a child kills itself; its first commit only opens the run."""


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
    'account': (
        "account = contract.line_ids.product_id.product_tmpl_id.get_product_accounts()['income'].copy()\n"
        "contract.line_ids.product_id = contract.line_ids.product_id.copy("
        "{'property_account_income_id': account.id})\naccount.active = False"
    ),
    'total': 'contract.line_ids.price_unit = -100',
    'no journal': 'contract.journal_id = False',
    'no currency': 'contract.pricelist_id, contract.currency_id = False, False',
}
"""What makes a contract impossible to bill."""
CURE = """
contract.currency_id, contract.journal_id = other.currency_id, other.journal_id
contract.line_ids.write({'product_id': other.line_ids.product_id.id, 'price_unit': other.line_ids.price_unit})
contract.line_ids.tax_ids = other.line_ids.tax_ids
contract.action_unpark()
"""


@pytest.mark.parametrize('poison', POISON)
def test_only_the_poisoned_contract_is_parked(shared_world, poison):
    """A5: archived journal, tax, account or currency, or a negative total: the contract is parked
    with a sentence, the others are billed, no run tries it again, and it is billed once it is cured."""
    world, ref = shared_world, f'poison {poison} '
    world.add('plain', 30, ref=ref)
    world.forks.run(_pick(f'{ref}7', f'{ref}8') + POISON[poison] + COMMIT)
    world.bill_all()
    ((parked, reason, parked_on),) = _parked(world)
    assert parked == f'{ref}7'
    assert 'Unexpected' not in reason, 'The reason is no sentence for people'
    assert not world.faults_when_done()

    world.bill_all()
    assert _parked(world) == [(parked, reason, parked_on)], 'A parked contract was tried again'

    world.forks.run(_pick(f'{ref}7', f'{ref}8') + CURE + COMMIT)
    world.bill_all()
    assert not _parked(world)
    assert not world.faults_when_done()


@pytest.mark.parametrize('thing', ['tax_ids', 'product_id'])
def test_what_a_contract_bills_with_cannot_be_deleted(shared_world, thing):
    """A5: a deleted tax or product would change what the customer pays without a word."""
    shared_world.add('plain', 2, ref=f'kept {thing} ')
    answer = shared_world.forks.run(_pick(f'kept {thing} 1', f'kept {thing} 2') + f"""
thing = contract.line_ids.{thing}.copy()
contract.line_ids.{thing} = thing
env.cr.commit()
try:
    thing.unlink()
    env.cr.commit()
    print('deleted')
except Exception:
    print('refused')
""")
    assert answer == 'refused'


def test_a_contract_always_has_somebody_to_bill(shared_world):
    """A5: without an address the contract would be due for ever, claimed by no run and parked by none."""
    shared_world.add('plain', 2, ref='nobody ')
    answer = shared_world.forks.run(_pick('nobody 1', 'nobody 2') + """
try:
    contract.partner_invoice_id = False
    env.cr.commit()
    print('emptied')
except Exception:
    print('refused')
""")
    assert answer == 'refused'


def _pick(*refs: str) -> str:
    """Code that finds two contracts by their references."""
    find = "env['service.contract'].search([('external_ref', '=', %r)])"
    return f'contract, other = {", ".join(find % ref for ref in refs)}\n'


def _parked(world) -> list[tuple]:
    return world.sql(
        'SELECT external_ref, parked_reason, parked_on FROM service_contract WHERE parked_on IS NOT NULL'
    )


REFUSAL = """
CREATE SEQUENCE IF NOT EXISTS refused_rows;
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF {condition} THEN RAISE EXCEPTION 'refused for a test' USING ERRCODE = '{code}'; END IF; RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()
"""
NTH_ROW = "nextval('refused_rows') = 17"


@pytest.fixture
def refusal(shared_world):
    """Let the database refuse rows until the test ends."""
    yield lambda **values: shared_world.sql(REFUSAL.format(**values))
    shared_world.sql('DROP FUNCTION IF EXISTS refuse CASCADE; DROP SEQUENCE IF EXISTS refused_rows')


@pytest.mark.parametrize('table', ['service_billing_entry', 'account_move_line'])
def test_a_contract_that_the_database_refuses_is_parked_alone(shared_world, refusal, table):
    """A6: RAISE in the middle of a batch: it is split until one contract is alone, and that one parked."""
    world, ref = shared_world, f'refused {table} '
    column = 'service_contract_id' if table == 'account_move_line' else 'contract_id'
    world.add('plain', 60, ref=ref)
    contract_id = world.value('SELECT id FROM service_contract WHERE external_ref = %s', f'{ref}23')
    refusal(table=table, condition=f'NEW.{column} = {contract_id}', code='P0001')
    world.bill_all()
    ((parked, reason, _parked_on),) = _parked(world)
    assert parked == f'{ref}23' and 'refused for a test' in reason
    assert not world.faults_when_done()

    refusal(table=table, condition='false', code='P0001')
    world.forks.run(_pick(f'{ref}23', f'{ref}23') + 'contract.action_unpark()' + COMMIT)
    world.bill_all()
    assert not world.faults_when_done()


@pytest.mark.parametrize('table', ['service_billing_entry', 'account_move', 'account_move_line'])
def test_a_row_refused_once_parks_nobody(shared_world, refusal, table):
    """A6: an error that is gone when the parts of the batch are tried again costs no contract its invoice."""
    shared_world.add('plain', 60, ref=f'once {table} ')
    refusal(table=table, condition=NTH_ROW, code='23514')
    shared_world.bill_all()
    assert not _parked(shared_world)
    assert not shared_world.faults_when_done()


def test_a_full_disk_parks_nobody(shared_world, refusal):
    """A6: an error of the server and not of a contract stops the run, and the next run goes on."""
    shared_world.add('plain', 60, ref='disk ')
    refusal(table='account_move_line', condition='true', code='53100')
    assert shared_world.bill().wait() != 0, 'The job must fail, so that somebody is told'
    assert not _parked(shared_world)
    refusal(table='account_move_line', condition='false', code='53100')
    shared_world.bill_all()
    assert not shared_world.faults_when_done()


@pytest.fixture(scope='module')
def office(company) -> Json2:
    """Remote calls as staff, to a server of the same company without scheduler."""
    with running_server(company.database, '--max-cron-threads', 0) as server:
        yield Json2(server.url, server.database, make_api_key(server.database))


def _run_billing(office: Json2) -> dict:
    return office.call('service.billing.run', 'run_billing', as_of=str(today()))


def _invoice(world, ref: str, order: str) -> int:
    """The first or last invoice of contracts by number."""
    return world.value(f"""
        SELECT move.id FROM account_move move JOIN account_move_line line ON line.move_id = move.id
          JOIN service_contract contract ON contract.id = line.service_contract_id
         WHERE external_ref LIKE %s AND move.state = 'posted' AND move.move_type = 'out_invoice'
         ORDER BY sequence_number {order} LIMIT 1""", f'{ref}%')


def _rows(world, move_id: int) -> list[tuple]:
    """How many rows, live and void, the ledger has for each charge of an invoice."""
    return world.sql("""
        SELECT count(*) FILTER (WHERE state <> 'void'), count(*) FILTER (WHERE state = 'void')
          FROM service_billing_entry WHERE (contract_line_id, period_start) IN (
            SELECT service_contract_line_id, service_period_start FROM account_move_line WHERE move_id = %s)
         GROUP BY contract_line_id, period_start, kind""", move_id)


def test_a_second_run_bills_nothing(shared_world, office):
    """A7: the same date again, over JSON-2."""
    shared_world.add('plain', 20, ref='again ')
    assert _run_billing(office)['contracts'] == 20
    again = _run_billing(office)
    assert (again['state'], again['charges'], again['invoices']) == ('done', 0, 0)
    assert not shared_world.faults_when_done()


def test_a_deleted_invoice_is_billed_again_once(shared_world, office):
    """A7: while it is a draft its periods stay billed; when it is deleted they are due again."""
    world = shared_world
    world.add('plain', 20, ref='deleted ')
    _run_billing(office)
    move_id = _invoice(world, 'deleted ', 'DESC')
    charges = _rows(world, move_id)
    office.call('account.move', 'button_draft', ids=[move_id])
    assert _run_billing(office)['charges'] == 0

    keys = world.sql(
        'SELECT contract_line_id, period_start::text FROM service_billing_entry WHERE move_id = %s', move_id
    )
    office.call('account.move', 'unlink', ids=[move_id])
    assert _run_billing(office)['charges'] == len(charges) == len(keys)
    assert _run_billing(office)['charges'] == 0
    for line_id, start in keys:
        assert world.sql("""
            SELECT state FROM service_billing_entry WHERE contract_line_id = %s AND period_start = %s
             ORDER BY id""", line_id, start) == [('void',), ('posted',)]
    assert not world.faults_when_done()


def test_a_credited_invoice_is_billed_again_once(shared_world, office):
    """A8: a credit note of the whole invoice frees its periods; void and live row stand side by side."""
    world = shared_world
    world.add('setup', 10, ref='credited ')
    _run_billing(office)
    move_id = _invoice(world, 'credited ', 'ASC')
    charges = len(_rows(world, move_id))
    _post(office, _credit_note(world, office, move_id))
    assert _rows(world, move_id) == [(0, 1)] * charges
    assert _run_billing(office)['charges'] == charges
    assert _run_billing(office)['charges'] == 0
    assert _rows(world, move_id) == [(1, 1)] * charges
    assert not world.faults_when_done()


def test_a_partly_credited_invoice_keeps_its_periods(shared_world, office):
    """A8: half an invoice given back is not billed again; the second half frees the periods."""
    world = shared_world
    world.add('plain', 10, ref='halved ')
    _run_billing(office)
    move_id = _invoice(world, 'halved ', 'ASC')
    charges = len(_rows(world, move_id))
    for _half in range(2):
        assert _run_billing(office)['charges'] == 0
        credit_id = _credit_note(world, office, move_id)
        _halve(world, office, credit_id)
        _post(office, credit_id)
    assert _rows(world, move_id) == [(0, 1)] * charges
    assert _run_billing(office)['charges'] == charges
    assert not world.faults_when_done()


def test_a_period_cannot_be_billed_twice_by_hand(shared_world, office):
    """A8: after void and re-bill, the void row cannot come alive: one live row for each charge."""
    world = shared_world
    world.add('plain', 2, ref='revived ', days=1)
    _run_billing(office)
    move_id = _invoice(world, 'revived ', 'ASC')
    credit_id = _credit_note(world, office, move_id)
    _post(office, credit_id)
    _run_billing(office)
    answer = office.post('account.move', 'button_draft', ids=[credit_id])
    assert answer.status_code == requests.codes.unprocessable, 'The credit note was taken back'
    assert 'billed again' in answer.text
    assert set(_rows(world, move_id)) == {(1, 1)}
    assert not world.faults_when_done()


def _credit_note(world, office: Json2, move_id: int) -> int:
    """Reverse an invoice by the ordinary wizard; returns the draft credit note."""
    journal_id = world.value('SELECT journal_id FROM account_move WHERE id = %s', move_id)
    (wizard_id,) = office.call(
        'account.move.reversal', 'create',
        vals_list=[{'move_ids': [[6, 0, [move_id]]], 'journal_id': journal_id, 'date': str(today())}],
    )
    return office.call('account.move.reversal', 'refund_moves', ids=[wizard_id])['res_id']


def _halve(world, office: Json2, move_id: int) -> None:
    lines = world.sql(
        "SELECT id, quantity FROM account_move_line WHERE move_id = %s AND display_type = 'product'", move_id
    )
    for line_id, quantity in lines:
        office.call('account.move.line', 'write', ids=[line_id], vals={'quantity': float(quantity) / 2})


def _post(office: Json2, move_id: int) -> None:
    office.call('account.move', 'action_post', ids=[move_id])

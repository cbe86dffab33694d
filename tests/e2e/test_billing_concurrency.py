"""Several at once: runs, other accountants on the journal, users who edit what is being billed."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.billing_world import BATCH, today
from tests.e2e.clients import Json2
from tests.e2e.processes import make_api_key, running_server

BUTTON = """
from odoo.service.model import retrying
run = env['service.billing.run'].create({})
env.cr.commit()
retrying(run.action_start, env)
"""
HELP = "env['service.billing.run']._cron_help()\n"

CORE_POSTER = """
import time
from odoo.service.model import retrying
product = env['product.product'].search([('name', '=', 'Line')])
customers = env['res.partner'].create([{'name': f'Core {n}'} for n in range(40)])
moves = env['account.move'].create([{
    'move_type': 'out_invoice', 'partner_id': customer.id, 'invoice_date': '%s',
    'invoice_line_ids': [(0, 0, {'product_id': product.id, 'price_unit': 7.0})],
} for customer in customers])
env.cr.commit()
print('ready', flush=True)
for move in moves:
    retrying(lambda: (move.action_post(), env.flush_all(), time.sleep(0.05)), env)
"""
"""Another accountant: invoices of first-time customers, posted one by one, each transaction a little long."""


def test_job_button_and_remote_call_at_once(shared_world):
    """B1: two scheduled jobs, the button and JSON-2, in four processes: each charge once."""
    world = shared_world
    with running_server(world.database, '--max-cron-threads', 0) as server:
        office = Json2(server.url, server.database, make_api_key(server.database))
        for round_ in range(3):
            world.add('plain', 1200, days=25, ref=f'round{round_} ')
            with ThreadPoolExecutor() as threads:
                answer = threads.submit(office.call, 'service.billing.run', 'run_billing')
                others = [world.forks.start(BUTTON), world.bill(20), world.bill(20)]
                assert [child.wait() for child in others] == [0, 0, 0], others[0].errors
                assert answer.result()['state'] in ('running', 'done')
            world.bill_all()
            assert not world.faults_when_done()
    assert not parked(world)
    assert world.value('SELECT count(DISTINCT run_id) FROM service_billing_entry') > 3, 'Nothing ran at once'


def test_three_posters_on_one_journal(world):
    """B2: two billing jobs, both ways of writing, beside an accountant who posts for new customers:
    retries succeed, all is posted, nobody is parked, the numbers have no gap."""
    world.add('plain', 600, days=25)
    world.add('ordinary', 60, days=25)
    core = world.forks.start(CORE_POSTER % today())
    core.wait_for('ready')
    ours = [world.bill(10), world.bill(7), world.forks.start(BATCH.format(size=5) + HELP)]
    assert [child.wait() for child in (core, *ours)] == [0] * 4, core.errors
    world.bill_all()
    assert world.value("SELECT count(*) FROM account_move WHERE state = 'posted'") == _posted_by_both(world)
    assert not parked(world)
    assert not world.faults_when_done()


def _posted_by_both(world) -> int:
    return 40 + world.value('SELECT count(DISTINCT move_id) FROM service_billing_entry')


EDITS = {
    'price': 'contract.line_ids.price_unit = 99.0',
    'end': "contract._end(contract.date_start, 'moved')",
    'removal': "contract._remove('moved')",
    'new charge': (
        "env['service.contract.line'].create({'contract_id': contract.id, 'kind': 'one_time', 'price_unit': 5.0,"
        " 'product_id': contract.line_ids.product_id.id, 'date_start': contract.date_start})"
    ),
    'planned pause': (
        'from datetime import timedelta\n'
        'start = contract.line_ids.next_charge_date + timedelta(days=28)\n'
        "env['service.contract.pause'].create({'contract_id': contract.id,"
        " 'date_start': start, 'date_end': start + timedelta(days=70)})"
    ),
}
EDIT = """
import pathlib, time
from odoo.exceptions import LockError, UserError
from odoo.service.model import retrying
def edit():
    contract = env['service.contract'].search([('external_ref', '=', {ref!r})])
    print('reading', contract.line_ids.mapped('next_charge_date'), flush=True)
    {edit}
    env.flush_all()
    print('edited', flush=True)
    while not pathlib.Path({go!r}).exists():
        time.sleep(0.01)
try:
    retrying(edit, env)
except (LockError, UserError) as error:
    print('refused', error, flush=True)
"""
"""What a web request does: the edit in a transaction that is tried again when another was in the way."""
SLOW_RUN = """
import pathlib, time
writer = type(env['service.invoice.writer'])
write = writer._write_invoices
def slow(self, *args, **named):
    result = write(self, *args, **named)
    print('written', flush=True)
    while not pathlib.Path({go!r}).exists():
        time.sleep(0.01)
    return result
writer._write_invoices = slow
"""
POINTERS = """
def dates(records):
    return {record.id: record.next_charge_date for record in records}
lines = env['service.contract.line'].search([('contract_id.state', 'in', ('active', 'ended'))])
stored = dates(lines), dates(lines.contract_id)
env.add_to_compute(lines._fields['next_charge_date'], lines)
dates(lines)
env.add_to_compute(lines.contract_id._fields['next_charge_date'], lines.contract_id)
print([old.items() - dates(new).items() for old, new in zip(stored, (lines, lines.contract_id))])
"""
"""Services and contracts whose stored next date differs from what the ledger says."""


@pytest.mark.parametrize('name', EDITS)
def test_an_edit_during_billing_comes_before_or_after(shared_world, name):
    """B4: the run has written the invoice and not committed when a user edits or ends the contract."""
    world, ref = shared_world, f'billing first {name} '
    world.add('plain', 6, days=10, ref=ref)
    go = world.forks.folder / f'go {ref}'
    run = world.bill(100, SLOW_RUN.format(go=str(go)))
    run.wait_for('written')
    user = world.forks.start(edit_of(f'{ref}3', name, go))
    time.sleep(0.5)
    go.touch()
    assert [run.wait(), user.wait()] == [0, 0], run.errors
    check_after(world)


@pytest.mark.parametrize('name', EDITS)
def test_billing_during_an_edit_comes_before_or_after(shared_world, name):
    """B4: a user has edited or ended the contract and not committed when the run comes by."""
    world, ref = shared_world, f'edit first {name} '
    world.add('plain', 6, days=10, ref=ref)
    go = world.forks.folder / f'go {ref}'
    user = world.forks.start(edit_of(f'{ref}3', name, go))
    user.wait_for('edited')
    run = world.bill()
    time.sleep(1)
    go.touch()
    assert [run.wait(), user.wait()] == [0, 0], run.errors
    check_after(world)


def edit_of(ref: str, name: str, go) -> str:
    return EDIT.format(ref=ref, edit=EDITS[name].replace('\n', '\n    '), go=str(go))


def check_after(world) -> None:
    """What one run left because it was held is billed by the next; stored dates are those of the ledger."""
    world.bill_all()
    assert not parked(world)
    assert not world.faults_when_done()
    assert world.forks.run(POINTERS) == '[set(), set()]'


def parked(world) -> list[tuple]:
    return world.sql('SELECT external_ref, parked_reason FROM service_contract WHERE parked_on IS NOT NULL')

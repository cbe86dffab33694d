"""Stored cards under kill and concurrency: no installment is charged twice, no charge is lost, the books hold.

Section 2.9: a timeout, or a worker that dies, is never answered by a second charge.
"""

import random
import time

import pytest

from tests.e2e.card_world import DIES, PAYS, SILENT, SLOWLY, TIMES_OUT
from tests.e2e.installment_world import BILL, MODULES, installment_world
from tests.e2e.processes import plain_database
from tools import postgres

DIE_BEFORE_THE_BANK = """
from odoo.addons.installment_sales.models.installment_charge import InstallmentCharge
import os, signal
type(env['installment.charge'])._send = lambda self: os.kill(os.getpid(), signal.SIGKILL)
env['installment.charge']._cron_charge()
"""
CONFIRM = """
from odoo.exceptions import UserError
from odoo.service.model import retrying
order = env['sale.order'].search([('client_order_ref', '=', {ref!r})])
print('ready', flush=True)
{wait}
try:
    retrying(lambda: (order.action_confirm(), env.flush_all()), env)
    env.cr.commit()
    print('confirmed')
except UserError as error:
    print('refused', error)
"""
MEET = """
import pathlib, time
while not pathlib.Path({gate!r}).exists():
    time.sleep(0.001)
"""
ADD_STOCK = """
product = env['product.product'].search([('default_code', '=', 'FRIDGE')])
shelf = env['stock.warehouse'].search([('company_id', '=', env.company.id)], limit=1).lot_stock_id
env['stock.quant']._update_available_quantity(product, shelf, 1)
env.cr.commit()
"""


@pytest.fixture(scope='session')
def installment_template() -> str:
    """A database with installments, stock and the demo provider, without demo data, kept for the next session."""
    postgres.ensure()
    return plain_database(MODULES)


@pytest.fixture
def world(installment_template, tmp_path):
    with installment_world(installment_template, tmp_path) as installments:
        yield installments


def test_two_jobs_charge_every_installment_once(world):
    """C8: three processes at once, as the job, the button and a remote call would be."""
    world.sell(12)
    children = [world.charge(SLOWLY) for _number in range(3)]
    for child in children:
        child.wait()
    for _time in range(2):
        world.charge_all()
    assert set(world.asked().values()) == {1}
    assert len(world.asked()) == 12
    assert world.states() == {'done': 12}
    assert world.value('SELECT COUNT(*) FROM account_payment') == 12
    assert not world.faults()


@pytest.mark.parametrize('answer', [SILENT, TIMES_OUT], ids=['told to us', 'taken for a decline by the provider'])
def test_a_timeout_is_never_answered_by_a_second_charge(world, answer):
    """2.9: the bank may have taken the money, so nobody asks again; its late answer is booked once."""
    world.sell(3)
    world.charge_all(answer)
    for _time in range(3):
        world.let_lease_end()
        world.charge_all(PAYS)
    assert set(world.asked().values()) == {1}
    assert world.states() == {'unknown': 3}
    assert world.value("SELECT COUNT(*) FROM account_payment") == 0
    world.answer_late()
    for _time in range(2):
        world.charge_all()
    assert world.states() == {'done': 3}
    assert world.value('SELECT COUNT(*) FROM account_payment') == 3
    assert not world.faults()


@pytest.mark.parametrize('moment', ['before the bank is asked', 'after the bank was asked'])
def test_what_a_killed_worker_left_is_not_charged_again(world, moment):
    """A9: the worker dies with the charge on record, before or after the bank heard of it."""
    world.sell(1)
    child = world.charge(DIES) if moment.startswith('after') else world.forks.start(DIE_BEFORE_THE_BANK)
    assert child.wait() == -9
    assert world.states() == {'claimed': 1}
    world.charge_all()
    assert world.states() == {'claimed': 1}, 'The worker might still be at it'
    world.let_lease_end()
    world.charge_all()
    assert world.states() == {'unknown': 1}
    assert sum(world.asked().values()) == (1 if moment.startswith('after') else 0)
    assert not world.faults()


def test_kills_at_random_moments_lose_and_double_nothing(world):
    """C1, C2, C8: twenty kills while thirty installments are charged; what is unknown is asked for by a person."""
    world.sell(30)
    rng = random.Random(4)
    for _number in range(20):
        child = world.charge(SLOWLY)
        time.sleep(rng.uniform(0.05, 1.2))
        child.kill()
        child.wait()
        assert not world.faults()
    world.let_lease_end()
    world.charge_all()
    assert max(world.asked().values()) == 1
    assert len(world.asked()) + world.states().get('unknown', 0) >= 30
    assert sum(world.states().values()) == 30
    assert set(world.states()) <= {'done', 'unknown'}
    paid = world.states().get('done', 0)
    assert world.value('SELECT COUNT(*) FROM account_payment') == paid
    assert world.value('SELECT COUNT(*) FROM installment_line WHERE amount_residual = 0') == paid
    assert not world.faults()


def test_two_jobs_invoice_every_installment_once(world):
    """C1, C8: plans that invoice each installment, and workers that are killed on the way."""
    world.sell(15, terms='EACH')
    world.sql("UPDATE installment_line SET date_invoice = current_date, date_due = current_date + number")
    rng = random.Random(7)
    for _number in range(4):
        pair = [world.forks.start(BILL), world.forks.start(BILL)]
        time.sleep(rng.uniform(0.2, 1.0))
        pair[0].kill()
        for child in pair:
            child.wait()
        assert not world.faults()
    child = world.forks.start(BILL)
    assert child.wait() == 0, child.errors
    assert world.value("SELECT COUNT(*) FROM account_move WHERE installment_role = 'part' AND state = 'posted'") == 45
    assert world.value('SELECT COUNT(DISTINCT invoice_id) FROM installment_line') == 45
    assert not world.faults()


def _race(world, tmp_path) -> list[str]:
    """Let two customers confirm at the same moment and return what each was told."""
    gate = tmp_path / 'gate'
    wait = MEET.format(gate=str(gate))
    children = [world.forks.start(CONFIRM.format(ref=f'S{number}', wait=wait)) for number in range(2)]
    for child in children:
        child.wait_for('ready')
    gate.touch()
    assert [child.wait() for child in children] == [0, 0], children[0].errors
    return [child.printed for child in children]


def test_of_two_buyers_of_the_last_piece_exactly_one_holds_it(world, tmp_path):
    """C10: both confirm at the same moment; both are sold, one holds the piece, the other waits."""
    world.forks.run(ADD_STOCK)
    world.sell(2, terms='DEPOSIT', product='FRIDGE', confirmed=False)
    told = _race(world, tmp_path)
    assert all('confirmed' in text for text in told), told
    held = world.sql("SELECT state FROM stock_move WHERE sale_line_id IS NOT NULL ORDER BY state")
    assert held == [('assigned',), ('confirmed',)]
    # of all rows: who finds the row of the stock locked, reserves in a row beside it, which Odoo merges later
    assert world.value('SELECT SUM(reserved_quantity) FROM stock_quant') == 1
    assert not world.faults()


def test_the_last_piece_is_sold_once_where_terms_ask_for_stock(world, tmp_path):
    """A26: one order is confirmed, the other refused with words."""
    world.forks.run(ADD_STOCK)
    world.sell(2, terms='STOCK', product='FRIDGE', confirmed=False)
    told = _race(world, tmp_path)
    assert sorted('confirmed' in text for text in told) == [False, True], told
    assert 'not in stock any more' in ''.join(told)
    assert world.value("SELECT COUNT(*) FROM sale_order WHERE state = 'sale'") == 1
    assert world.value('SELECT COUNT(*) FROM installment_plan') == 1
    assert not world.faults()

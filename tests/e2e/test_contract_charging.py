"""Cards kept for contracts under kill and concurrency: one payment for what is owed, at whatever moment a worker dies.

Section 2.9: a timeout, or a worker that dies, is never answered by a second charge.
"""

import random
import time

import pytest

from tests.e2e.card_world import HANGS, SILENT, SLOWLY, TIMES_OUT, CardWorld
from tests.e2e.forks import forked_odoo

SETUP = """
env['service.contract'].search([('payment_token_id', '!=', False)])._revoke_card()
demo = env.ref('payment.payment_provider_demo')
bank = env['account.journal'].search([('type', '=', 'bank'), ('company_id', '=', env.company.id)], limit=1)
env['payment.method'].with_context(active_test=False).search([('code', '=', 'demo')]).active = True
demo.write({'company_id': env.company.id, 'state': 'test', 'journal_id': bank.id})
env['service.plan'].create({'name': 'Kept', 'company_id': env.company.id})
env.cr.commit()
"""
OWE = """
from odoo.fields import Command, Date
demo, plan = env.ref('payment.payment_provider_demo'), env['service.plan'].search([('name', '=', 'Kept')])
today = Date.context_today(plan)
for number in range({count}):
    customer = env['res.partner'].create({{
        'name': f'Customer {{number}}', 'email': 'customer@example.com', 'customer_rank': 1}})
    contract = env['service.contract'].create({{
        'partner_id': customer.id, 'plan_id': plan.id, 'company_id': env.company.id, 'date_start': today}})
    contract._agree_to_card(env['payment.token'].create({{
        'provider_id': demo.id, 'payment_method_id': env['payment.method'].search([('code', '=', 'demo')]).id,
        'partner_id': customer.id, 'provider_ref': f'card {{number}}', 'demo_simulated_state': 'done'}}))
    invoice = env['account.move'].create({{
        'move_type': 'out_invoice', 'partner_id': customer.id, 'invoice_date': today, 'invoice_date_due': today,
        'invoice_line_ids': [Command.create({{'name': 'Hosting', 'price_unit': 50 + number, 'tax_ids': []}})]}})
    invoice.action_post()
    receivable = invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term')
    receivable.service_contract_id = contract
    env['contract.card.notice'].create({{
        'line_id': receivable.id, 'token_id': contract.payment_token_id.id, 'amount': 50 + number,
        'date_charge': today}})
env.cr.commit()
"""
"""Contracts with a kept card and an invoice that is due today, its charge announced."""
DIES_AT = """
import functools
owner, name = {owner}, {name!r}
real = getattr(owner, name)
@functools.wraps(real)
def die(self, *args, **kwargs):
    {last_act}
    env.flush_all()
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, die)
"""
CHARGES, TRANSACTIONS = "type(env['contract.card.charge'])", "type(env['payment.transaction'])"


def dies_at(owner: str, name: str, last_act: str = 'pass') -> str:
    """Return code that kills the worker when it reaches a method, after a last act that is never committed."""
    return DIES_AT.format(owner=owner, name=name, last_act=last_act)


REAL = "real(self, *args, **kwargs)"
STAGES = {
    'before the charge is on record': (dies_at(CHARGES, 'create', REAL), {}),
    'before the bank is asked': (dies_at(CHARGES, '_send'), {'claimed': 1}),
    'before its answer is on record': (dies_at(CHARGES, '_tell'), {'claimed': 1}),
    'before the payment is booked': (dies_at(CHARGES, '_post_process'), {'done': 1}),
    'before the payment is on record': (dies_at(TRANSACTIONS, '_post_process', REAL), {'done': 1}),
}
"""When a worker dies, and what it leaves behind."""


class ContractWorld(CardWorld):
    """Customers whose contracts are paid by a kept card."""

    model = 'contract.card.charge'
    rules = {
        'C8: every posted entry balances': """
            SELECT move_id FROM account_move_line WHERE parent_state = 'posted'
             GROUP BY move_id HAVING SUM(balance) != 0""",
        'a receivable was paid by more than one charge': """
            SELECT line_id FROM contract_card_charge WHERE state = 'done' GROUP BY line_id HAVING COUNT(*) > 1""",
        'a charge that went through is booked more than once': """
            SELECT payment_transaction_id FROM account_payment WHERE payment_transaction_id IS NOT NULL
             GROUP BY payment_transaction_id HAVING COUNT(*) > 1""",
        'a receivable is paid, and the bank was not asked': """
            SELECT line.id FROM contract_card_notice AS notice
              JOIN account_move_line AS line ON line.id = notice.line_id
             WHERE line.amount_residual = 0 AND line.id NOT IN (
                 SELECT line_id FROM contract_card_charge WHERE state = 'done')""",
    }

    def owe(self, count: int = 1) -> None:
        self.forks.run(OWE.format(count=count))

    def payments(self) -> int:
        """How many payments the charges of this test led to."""
        return self.value("""
            SELECT COUNT(*) FROM account_payment AS payment
              JOIN contract_card_charge AS charge ON charge.transaction_id = payment.payment_transaction_id""")

    def left(self) -> float:
        """What is still open of what was announced."""
        return float(self.value("""
            SELECT COALESCE(SUM(line.amount_residual), 0) FROM account_move_line AS line
             WHERE line.id IN (SELECT line_id FROM contract_card_notice)"""))

    def release(self) -> None:
        """Let a manager say that nothing was charged, and the day of the next attempt come."""
        self.forks.run(
            "env['contract.card.charge'].search([('state', '=', 'unknown')]).action_not_charged()\nenv.cr.commit()\n")
        self.sql('UPDATE contract_card_charge SET next_date = NULL')


@pytest.fixture(scope='module')
def loaded(database):
    with forked_odoo(database) as forks:
        forks.run(SETUP)
        yield forks


@pytest.fixture
def world(database, loaded, tmp_path):
    """What earlier tests left is charged no more: it is not announced."""
    book = tmp_path / 'bank'
    book.touch()
    contracts = ContractWorld(database, loaded, book)
    contracts.sql('DELETE FROM contract_card_charge')
    contracts.sql('DELETE FROM contract_card_notice')
    return contracts


def assert_paid_once(world, count: int = 1) -> None:
    """Everything is paid, by one payment each, and stays so whenever the job runs."""
    for _twice in range(2):
        assert world.states() == {'done': count}
        assert (world.payments(), world.left()) == (count, 0)
        assert max(world.asked().values()) == 1
        assert not world.faults()
        world.charge_all()


@pytest.mark.parametrize('stage', STAGES)
def test_a_worker_that_dies_leaves_no_second_charge(world, stage):
    """A9, 2.9."""
    deadly, left_behind = STAGES[stage]
    world.owe()
    child = world.charge(SLOWLY, before=deadly)
    assert child.wait() == -9
    assert world.states() == left_behind
    world.charge_all()
    if 'claimed' in left_behind:
        assert world.states() == {'claimed': 1}, 'The worker might still be at it'
        world.let_lease_end()
        world.charge_all()
        assert world.states() == {'unknown': 1}
        world.answer_late() if world.asked() else world.release()
        world.charge_all()
        world.sql("DELETE FROM contract_card_charge WHERE state = 'declined'")
    assert_paid_once(world)


def test_a_worker_that_dies_while_the_bank_hangs_leaves_no_second_charge(world):
    """A9, 2.9: it took the money and told nobody, until it does."""
    world.owe()
    child = world.charge(HANGS)
    deadline = time.monotonic() + 60
    while not world.asked() and time.monotonic() < deadline:
        time.sleep(0.01)
    world.charge_all()
    assert child.poll() is None
    child.kill()
    assert child.wait() == -9
    world.let_lease_end()
    world.charge_all()
    assert world.states() == {'unknown': 1}
    world.answer_late()
    world.charge_all()
    assert_paid_once(world)


def test_workers_side_by_side_charge_once(world):
    """C8: as the job, the button and a remote call would be."""
    world.owe(10)
    for child in [world.charge(SLOWLY) for _number in range(3)]:
        child.wait()
    for _twice in range(2):
        world.charge_all()
    assert len(world.asked()) == 10
    assert_paid_once(world, 10)


@pytest.mark.parametrize('answer', [SILENT, TIMES_OUT], ids=['told to us', 'taken for a decline by the provider'])
def test_a_timeout_is_never_answered_by_a_second_charge(world, answer):
    """2.9: the bank may have taken the money; a manager or its late answer tells."""
    world.owe(2)
    world.charge_all(answer)
    for _time in range(2):
        world.let_lease_end()
        world.charge_all()
    assert (world.states(), world.payments()) == ({'unknown': 2}, 0)
    world.answer_late()
    world.charge_all()
    assert_paid_once(world, 2)


def test_kills_at_random_moments_lose_and_double_nothing(world):
    """C1, C8."""
    world.owe(12)
    rng = random.Random(6)
    for _number in range(8):
        child = world.charge(SLOWLY)
        time.sleep(rng.uniform(0.05, 1.0))
        child.kill()
        child.wait()
        assert not world.faults()
    world.let_lease_end()
    world.charge_all()
    assert set(world.states()) <= {'done', 'unknown'}
    assert sum(world.states().values()) == 12
    assert world.payments() == world.states().get('done', 0)
    world.answer_late()
    world.charge_all()
    assert_paid_once(world, 12)

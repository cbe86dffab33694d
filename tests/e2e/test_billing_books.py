"""The books after billing, payments and credit notes: every amount is found again on the other side."""

import pytest

from tests.e2e.billing_world import today

SELL = """
from random import Random
dice = Random({seed})
env.company.tax_calculation_rounding_method = {rounding!r}
product = env['product.product'].search([('name', '=', 'Line')])
taxes = env['account.tax'].create([
    {{'name': f'{{amount}} {{include}}', 'amount': amount, 'price_include_override': include}}
    for amount in (7.0, 8.1, 19.0) for include in ('tax_included', 'tax_excluded')
])
def line():
    return {{
        'product_id': product.id, 'price_unit': dice.randint(1, 99999) / 100,
        'quantity': dice.choice([1, 1, 2, 0.5, 3.33]), 'discount': dice.choice([0, 0, 10, 33.33]),
        'tax_ids': [(6, 0, dice.choice(taxes).ids)],
    }}
env['service.contract'].create([{{
    'partner_id': customer.id, 'external_ref': f'sold {{customer.id}} {{n}}', 'date_start': {start!r},
    'line_ids': [(0, 0, line()) for _line in range(dice.randint(1, 3))],
}} for customer in env['res.partner'].create([{{'name': f'Buyer {{n}}'}} for n in range(12)]) for n in range(2)
]).action_activate()
env.cr.commit()
"""
PAY_AND_CREDIT = """
from datetime import date
from random import Random
dice = Random({seed})
dated = {{'invoice_date': date.today(), 'date': date.today()}}
def pay(move, share):
    env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({{
        'amount': move.currency_id.round(move.amount_residual * share), 'payment_difference_handling': 'open',
    }})._create_payments()
for move in env['service.billing.entry'].search([]).move_id:
    what = dice.choice(['nothing', 'pay', 'pay a part', 'credit', 'credit a part'])
    if what.startswith('pay'):
        pay(move, 1 if what == 'pay' else 0.37)
    elif what == 'credit':
        move._reverse_moves([dated], cancel=True)
    elif what == 'credit a part':
        credit = move._reverse_moves([dated])
        credit.invoice_line_ids[1:].unlink()
        credit.invoice_line_ids.quantity /= 2
        credit.action_post()
env.cr.commit()
"""


@pytest.mark.parametrize('rounding', ['round_per_line', 'round_globally'])
def test_the_books_agree(world, rounding):
    """C6, C7, C8: random prices, taxes inside and on top, discounts, payments and credit notes: ledger =
    invoice lines, debit = credit, residual = open receivables, invoice + credit note = 0."""
    start = str(today().replace(day=1))
    world.forks.run(SELL.format(seed=6, rounding=rounding, start=start))
    world.bill_all()
    assert not world.faults_when_done()
    world.forks.run(PAY_AND_CREDIT.format(seed=7))
    assert not world.faults()
    world.bill_all()
    assert not world.faults_when_done()


UNDATED = """
entries = env['service.billing.entry'].search([])
move = next(move for move in entries.move_id if len(move.invoice_line_ids.service_contract_id) == 2)
credit = move._reverse_moves()
credit.invoice_date = move.invoice_date
credit.action_post()
print(credit.payment_state, move.payment_state)
env.cr.commit()
"""


def test_a_credit_note_of_two_contracts_gets_its_date_later(world):
    """C7: a draft without a date, as an accountant makes it, is dated and posted."""
    world.add('plain', 2, days=1)
    world.bill_all()
    world.forks.run(UNDATED)
    world.bill_all()
    assert not world.faults_when_done()


DUPLICATE = """
move = env['service.billing.entry'].search([], limit=1).move_id
copy = move.copy()
copy.invoice_date = move.invoice_date
copy.action_post()
print(len(copy.invoice_line_ids.filtered('service_contract_line_id')))
env.cr.commit()
"""


def test_a_duplicate_of_an_invoice_charges_no_period(world):
    """C6: only the run charges periods; a copy made by hand is an invoice like any other."""
    world.add('plain', 1, days=1)
    world.bill_all()
    assert world.forks.run(DUPLICATE) == '0'
    assert not world.faults_when_done()


ONE_CUSTOMER = """
UPDATE service_contract SET partner_id = first, partner_invoice_id = first
  FROM (SELECT min(partner_id) AS first FROM service_contract WHERE state = 'active') AS customer
 WHERE state = 'active'
"""


def test_sixty_contracts_of_one_customer_differ_by_a_cent_each_at_most(world):
    """C6, C8: on one invoice the tax is rounded once; no contract bears the difference of all the others."""
    world.add('plain', 60, days=1)
    world.sql(ONE_CUSTOMER)
    world.bill_all()
    assert world.value('SELECT count(DISTINCT move_id) FROM service_billing_entry') == 1
    assert not world.faults_when_done()

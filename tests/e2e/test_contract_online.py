"""Contracting online from several browsers at once: one contract, one payment, whatever is clicked how often."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.e2e.processes import psql
from tests.e2e.visitors import Visitor, order_of

PLAN = "Web hosting"
EVE = {'name': "Eve Adams", 'email': 'eve@example.com'}


def at_once(*calls) -> list:
    """Return the answers of calls that start together."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


@pytest.fixture
def order(server):
    """A signed order of a visitor, in the hands of two browsers."""
    first, second = Visitor(server.url), Visitor(server.url)
    first.choose(PLAN)
    number, token = first.sign(**EVE)
    return server.database, [first, second], number, token


def contracted(database: str, number: int) -> tuple:
    """Return what came of an order: contracts, payments, first charges, and the amount that is still open."""
    ((contracts,),) = psql(database, (
        'SELECT count(DISTINCT l.contract_id) FROM service_contract_line l JOIN sale_order_line s'
        ' ON s.id = l.sale_line_id WHERE s.order_id = %s'), number)
    ((paid,),) = psql(database, (
        "SELECT count(*) FROM payment_transaction t JOIN sale_order_transaction_rel r ON r.transaction_id = t.id"
        " WHERE r.sale_order_id = %s AND t.state = 'done'"), number)
    ((open_amount,),) = psql(database, (
        'SELECT coalesce(sum(m.amount_residual), 0) FROM account_move m JOIN sale_order o'
        " ON o.partner_id = m.partner_id WHERE o.id = %s AND m.move_type = 'out_invoice'"), number)
    return contracts, paid, float(open_amount)


def test_a_payment_that_is_clicked_in_two_browsers_is_made_once(order):
    """B8: begun, confirmed and finished from two sessions at the same time."""
    database, browsers, number, token = order
    card = browsers[0].payment_options(number, token)
    begun = at_once(*(partial(browser.begin_payment, number, token, **card) for browser in browsers * 3))
    references = {answer['result']['reference'] for answer in begun if 'result' in answer}
    assert len(references) == 1, begun
    (reference,) = references
    at_once(*(partial(browser.simulate, reference) for browser in browsers * 2))
    for browser in browsers:
        browser.begin_payment(number, token, **card)
    at_once(browsers[0].poll, browsers[0].poll, browsers[0].poll)
    assert contracted(database, number) == (1, 1, 0.0)


def test_a_signature_that_is_sent_twice_makes_one_contract(server):
    """B8: a trial costs nothing today, so the signature itself opens the contract."""
    visitor = Visitor(server.url)
    visitor.choose("Web hosting Plus")
    page = visitor.post('/services/order', '/services/order', **EVE).text
    answers = at_once(*[partial(visitor.accept, page)] * 3)
    assert sum('redirect_url' in answer.get('result', {}) for answer in answers) >= 1, answers
    assert contracted(server.database, order_of(page)[0])[0] == 1


def test_one_saved_card_pays_one_cart_once(server):
    """B8: two browsers, one cart, one token."""
    first, second = Visitor(server.url, 'customer'), Visitor(server.url, 'customer')
    first.choose(PLAN)
    number, token = first.sign()
    card = first.payment_options(number, token)
    first.simulate(first.begin_payment(number, token, **card)['result']['reference'])
    first.poll()
    ((saved,),) = psql(server.database, (
        'SELECT t.token_id FROM payment_transaction t JOIN sale_order_transaction_rel r ON r.transaction_id = t.id'
        ' WHERE r.sale_order_id = %s'), number)
    first.choose("Cable television")
    number, token = first.sign()
    pay = {**card, 'flow': 'token', 'token_id': saved, 'tokenization_requested': False}
    answers = at_once(*(partial(browser.begin_payment, number, token, **pay) for browser in (first, second) * 2))
    assert sum('result' in answer for answer in answers) == 1, answers
    (first if 'result' in answers[0] or 'result' in answers[2] else second).poll()
    assert contracted(server.database, number)[:2] == (1, 1)


WAYS = ({'flow': 'direct', 'tokenization_requested': False}, {'flow': 'redirect', 'tokenization_requested': False})


def test_two_ways_to_pay_an_order_leave_one_open(order):
    """B8: a card form in one browser and the page of a provider in the other, begun at the same moment."""
    database, browsers, number, token = order
    card = browsers[0].payment_options(number, token)
    answers = at_once(*(partial(browser.begin_payment, number, token, **card, **way)
                        for browser, way in zip(browsers * 2, WAYS * 2, strict=True)))
    assert any('result' in answer for answer in answers), answers
    states = dict(psql(database, (
        'SELECT t.state, count(*) FROM payment_transaction t JOIN sale_order_transaction_rel r'
        ' ON r.transaction_id = t.id WHERE r.sale_order_id = %s GROUP BY t.state'), number))
    assert states.pop('draft') == 1, answers
    assert set(states) <= {'cancel'}


def test_two_browsers_pay_the_same_invoices_once(server):
    """B8: what one browser begins takes the place of what the other began; what is paid is not paid again."""
    browsers = [Visitor(server.url, 'customer') for _number in range(2)]
    page = browsers[0].get('/my/pay')
    route, card = re.search(r'/my/pay/([\d,]+)"', page), Visitor.card_on(page)

    def begin(browser, way):
        return browser.call(f'/my/pay/{route[1]}', amount=None, token_id=None, landing_route='/my', **card, **way)

    answers = at_once(*(partial(begin, *pair) for pair in zip(browsers * 2, WAYS * 2, strict=True)))
    begun = {answer['result']['reference'] for answer in answers if 'result' in answer}
    assert begun, answers
    states = dict(psql(server.database, (
        'SELECT t.reference, t.state FROM payment_transaction t WHERE t.reference = ANY(%s)'), list(begun)))
    (still_open,) = [reference for reference, state in states.items() if state == 'draft']
    browsers[0].simulate(still_open)
    answer = begin(browsers[1], WAYS[0])
    assert 'on its way' in answer['error']['data']['message'], answer

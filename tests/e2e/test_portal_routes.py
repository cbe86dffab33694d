"""Every route of the suite, read from the running server: whom it lets in, and that others learn nothing (G1)."""

import re
from pathlib import Path

import pytest

from tests.e2e.portal_routes import ROUTES, UNPROTECTED, Route
from tests.e2e.portal_world import GONE, OWNER, STRANGER, PortalWorld, Visitor, portal_world
from tests.e2e.processes import psql

TABLE = Path(__file__).with_name('portal_routes.py').relative_to(Path(__file__).parents[2])
NOBODY = (GONE, 0, -1, 10**20)
"""Numbers that no record has; what is told about a record of somebody else must be what is told about these."""
WRONG_TOKENS = (
    '', 'None', 'False', 'null', '0', '[]', 'e7b0c1c0-0000-4000-8000-000000000000', 'ünï¢ødé', '\u202e', 'x' * 5000,
    ['None', 'False'],
)
RECORD = [route for route in ROUTES if route.who == 'record']
MISSING = """{rule}
    of {modules} is not in {table}.
    Add a line to ROUTES that says who may use it: shared(...) everybody, mine(...) a customer without a number,
    record(...) the owner of the record whose number it has, link(...) whoever has the secret link, staff(...) the
    office, signed(...) a program that signs.
    A number of a new model also needs its variable in RECORDS, and one record of it in portal_seed.py."""


def named(route: Route) -> str:
    return route.rule


@pytest.fixture(scope='module')
def world(server) -> PortalWorld:
    return portal_world(server.url, server.database)


@pytest.fixture(scope='module')
def owner(world) -> Visitor:
    return Visitor(world.url, OWNER)


@pytest.fixture(scope='module')
def stranger(world) -> Visitor:
    return Visitor(world.url, STRANGER)


@pytest.fixture(scope='module')
def guest(world) -> Visitor:
    return Visitor(world.url)


@pytest.fixture(autouse=True)
def forget_forms(world):
    """Forms sent by other tests are not counted."""
    psql(world.database, 'DELETE FROM portal_limit_hit')


def visit(somebody: Visitor, world: PortalWorld, route: Route, method: str = '', variables=(), **parameters):
    """Use a route as its form would; `variables` are other values in the address."""
    path = world.address(route, **dict(variables))
    typed = {} if method else route.typed
    return somebody.ask(method or route.methods[0], path, is_json=route.is_json, **{**typed, **parameters})


def test_every_route_says_how_it_is_tested(world):
    """A new route without an entry fails here (G1)."""
    known = {route.rule for route in ROUTES}
    missing = [
        MISSING.format(rule=rule, modules=', '.join(found['modules']), table=TABLE)
        for rule, found in world.routes.items() if rule not in known
    ]
    assert not missing, '\n'.join(missing)
    gone = known - set(world.routes)
    assert not gone, f'These lines of {TABLE} name no route any more: {", ".join(sorted(gone))}'


def test_every_number_in_an_address_is_tried(world):
    for route in ROUTES:
        plain = set(re.findall(r':(\w+)>', route.rule)) - set(route.record_variables()) - set(route.values)
        assert not plain, f'{route.rule}: name the model of {plain} in RECORDS of {TABLE}, or its value in values.'


@pytest.mark.parametrize('route', ROUTES, ids=named)
def test_an_entry_names_the_methods_that_a_route_takes(world, route):
    taken = set(world.routes[route.rule]['methods'])
    assert not taken or taken == set(route.methods), f'{route.rule} takes {sorted(taken)}: name them in its entry.'


def test_what_takes_a_post_without_a_session_is_known(world):
    """The list of routes without the token against forged forms (G12)."""
    open_routes = {rule for rule, found in world.routes.items() if found['type'] == 'http' and not found['csrf']}
    assert open_routes == set(UNPROTECTED)


@pytest.mark.parametrize(
    'route', [route for route in ROUTES if 'POST' in route.methods and not route.is_json and route.who != 'signed'
              and route.rule not in UNPROTECTED], ids=named)
def test_a_form_without_the_token_of_the_session_is_refused(world, owner, stranger, route):
    """No token, a wrong one, that of another session (G12)."""
    for token in ('', 'wrong', stranger.token):
        answer = visit(owner, world, route, 'POST', csrf_token=token)
        assert answer.status == 400, f'{route.rule} took a form with the token {token!r}: {answer.outside()}'


@pytest.mark.parametrize('route', RECORD, ids=named)
def test_the_record_of_another_customer_answers_like_none(world, stranger, route):
    """Another's number, a number that is gone, -1, 0 and 10^20 lead to the same place, and nothing changes (G1)."""
    before = {model: world.row(model) for model in route.record_variables().values()}
    for method in route.methods:
        answers = {'of another customer': visit(stranger, world, route, method)}
        answers |= _nobodys(stranger, world, route, method)
        _all_the_same(answers, route)
    assert {model: world.row(model) for model in before} == before, f'{route.rule} changed the record of another'


@pytest.mark.parametrize('route', RECORD, ids=named)
def test_a_number_that_is_nobodys_leads_to_the_same_place_for_its_owner(world, owner, route):
    """Also a draft, what belongs to another company and what belongs to somebody else now (G1)."""
    for method in route.methods:
        answers = _nobodys(owner, world, route, method)
        for case, model, columns in _changes(world, route):
            with world.changed(model, **columns):
                answers[case] = visit(owner, world, route, method)
        _all_the_same(answers, route)


@pytest.mark.parametrize('route', [route for route in ROUTES if route.who in ('record', 'mine')], ids=named)
def test_a_visitor_without_login_learns_nothing(world, guest, route):
    for method in route.methods:
        answers = {'of a customer': visit(guest, world, route, method)}
        if route.record_variables():
            answers |= _nobodys(guest, world, route, method)
        if world.routes[route.rule]['auth'] == 'user':
            expected = (200, 'odoo.http.SessionExpiredException') if route.is_json else (303, '/web/login')
            assert {answer.outside() for answer in answers.values()} == {expected}, route.rule
        else:
            _all_the_same(answers, route)


@pytest.mark.parametrize('route', [route for route in RECORD if route.has_token], ids=named)
def test_a_wrong_secret_opens_nothing(world, guest, stranger, route):
    """Random, empty, None, False, a list, unicode, very long, and the secret of another record (G1)."""
    model = _of_token(world, route)
    others = [token for other, token in world.tokens.items() if other != model]
    wrong = [*WRONG_TOKENS, *others, world.tokens[model][:-1], world.tokens[model] + 'x']
    for somebody in (guest, stranger):
        psql(world.database, 'DELETE FROM portal_limit_hit')
        for method in route.methods:
            answers = _nobodys(somebody, world, route, method)
            answers |= {f'secret {token!r:.50}': visit(somebody, world, route, method, access_token=token)
                        for token in wrong}
            _all_the_same(answers, route)


@pytest.mark.parametrize('route', [route for route in RECORD if route.has_token], ids=named)
def test_the_secret_opens_this_one_record_without_login(world, guest, route):
    token = world.tokens[_of_token(world, route)]
    answer = visit(guest, world, route, access_token=token)
    assert answer.status in (200, 303) and answer.location != '/my', f'{route.rule}: {answer.outside()}'


@pytest.mark.parametrize('route', [route for route in ROUTES if route.who == 'link'], ids=named)
def test_a_secret_link_opens_nothing_else(world, guest, owner, route):
    """A wrong secret, and the right one with another number, lead where a number leads that nobody has (G1)."""
    for somebody in (guest, owner):
        for method in route.methods:
            answers = _nobodys(somebody, world, route, method)
            for token in WRONG_TOKENS:
                if token and isinstance(token, str):
                    answers[f'secret {token!r:.50}'] = visit(somebody, world, route, method, {'token': token})
            _all_the_same(answers, route)


@pytest.mark.parametrize('route', [route for route in ROUTES if route.who == 'staff'], ids=named)
def test_the_office_is_closed_to_customers(world, guest, owner, stranger, route):
    assert visit(guest, world, route).outside() == (303, '/web/login')
    for customer in (owner, stranger):
        assert visit(customer, world, route).status in (403, 404), route.rule


@pytest.mark.parametrize('route', [route for route in ROUTES if route.who == 'signed'], ids=named)
def test_an_unsigned_message_is_refused(world, guest, route):
    """The same for a receiver that there is and for one that there is not (G1)."""
    statuses = {visit(guest, world, route).status}
    statuses |= {answer.status for answer in _nobodys(guest, world, route, 'POST').values()}
    assert statuses <= {401, 403}, f'{route.rule} answers {statuses}'


@pytest.mark.parametrize('route', [route for route in ROUTES if route.who in ('shared', 'link')], ids=named)
def test_everybody_sees_what_is_for_everybody(world, guest, route):
    for method in route.methods:
        answer = visit(guest, world, route, method, **route.typed)
        assert answer.status in (200, 303) and '/web/login' not in answer.location, f'{route.rule}: {answer.outside()}'


@pytest.mark.parametrize('route', [route for route in ROUTES if route.who in ('record', 'mine')], ids=named)
def test_the_owner_is_let_in(world, owner, route):
    """Last, for forms do what they are for."""
    answer = visit(owner, world, route)
    assert answer.status in (200, 303), f'{route.rule}: {answer.outside()}'
    if route.methods[0] == 'GET':
        assert answer.status == 200, f'{route.rule} leads its owner to {answer.location}'


@pytest.mark.parametrize('address', ['/cancel-contract', '/my/transfers/new', '/my/cases/new'])
def test_a_flood_of_forms_is_refused(world, owner, address):
    """60 of them as fast as they can be sent; a form that fails is counted as well (G13)."""
    statuses = [owner.ask('POST', address, amount='x').status for _number in range(60)]
    assert statuses == [200] * 30 + [429] * 30
    assert owner.ask('GET', address).status == 200


def test_a_file_that_is_too_large_is_not_read(world, owner):
    """More than 5 MB and what a form needs beside it (G9)."""
    answer = owner.ask('POST', '/my/transfers/new', files={'proof': ('a.pdf', b'%PDF-1.4' + b'0' * 7_000_000)})
    assert answer.status == 413


def _nobodys(somebody: Visitor, world: PortalWorld, route: Route, method: str) -> dict:
    """Return the answers for numbers that no record has."""
    last = list(route.record_variables())[-1]
    return {f'number {number}': visit(somebody, world, route, method, {last: number}) for number in NOBODY}


def _changes(world: PortalWorld, route: Route):
    """Yield what makes the record of an address not one's own: (case, model, columns)."""
    company = 1
    for model in route.record_variables().values():
        columns = world.tables[model]['columns']
        if 'partner_id' in columns:
            yield f'{model} of somebody else', model, {'partner_id': 1}
        if 'company_id' in columns and model not in ('ir.attachment', 'sale.order'):
            yield f'{model} of another company', model, {'company_id': company}
        if 'state' in columns and model in DRAFTS:
            yield f'{model} not sent', model, {'state': DRAFTS[model]}


DRAFTS = {'service.contract': 'draft', 'service.allocation.line': 'draft', 'dunning.notice': 'cancelled'}
"""The status in which customers do not see a record, of models that have one."""


def _all_the_same(answers: dict, route: Route) -> None:
    told = {answer.outside() for answer in answers.values()}
    lines = '\n'.join(f'    {case}: {answer.outside()}' for case, answer in answers.items())
    assert len(told) == 1, f'{route.rule} tells apart what it must not:\n{lines}'
    (status, where), = told
    assert status < 500, f'{route.rule} breaks:\n{lines}'
    if route.is_json:
        return
    assert (status, where) == (303, route.elsewhere) if route.elsewhere else status == 404, (
        f'{route.rule} should lead to {route.elsewhere or "nowhere"}:\n{lines}')


def _of_token(world: PortalWorld, route: Route) -> str:
    return next(model for model in route.record_variables().values() if model in world.tokens)

"""A customer of the demo who has one of everything, a stranger who has nothing, and the routing map of their server."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.e2e.portal_routes import Route
from tests.e2e.processes import psql, run_script
from tools import modules

SEED = Path(__file__).with_name('portal_seed.py')
OWNER, STRANGER = 'customer', 'stranger'
GONE = 2**31 - 2
TOKEN = re.compile(r'csrf_token: "(\w+)"')


@dataclass(frozen=True)
class Answer:
    """What a server said: its status, where it leads, its text."""

    status: int
    location: str
    text: str

    def outside(self) -> tuple[int, str]:
        """Return what tells one refusal from another."""
        return self.status, self.location


class Visitor:
    """Somebody with a browser; with a login, also with a session."""

    def __init__(self, url: str, login: str = ''):
        self.url, self._session = url, requests.Session()
        if login:
            form = {'login': login, 'password': login, 'csrf_token': self.csrf('/web/login')}
            answer = self._session.post(f'{url}/web/login', form, timeout=60)
            assert '/web/login' not in answer.url, f'{login} cannot log in'
        self.token = self.csrf('/my' if login else '/web/login')

    def csrf(self, page: str) -> str:
        return TOKEN.search(self._session.get(self.url + page, timeout=60).text)[1]

    def ask(self, method: str, path: str, is_json: bool = False, **parameters) -> Answer:
        """Go to an address; a form carries the token of the session."""
        if is_json:
            body = {'jsonrpc': '2.0', 'method': 'call', 'params': parameters}
            answer = self._session.post(self.url + path, json=body, timeout=120)
            error = answer.json().get('error')
            return Answer(answer.status_code, error['data']['name'] if error else '', answer.text)
        if method == 'GET':
            answer = self._session.get(self.url + path, params=parameters, allow_redirects=False, timeout=120)
        else:
            form = {'csrf_token': self.token, **parameters}
            files = form.pop('files', None)
            answer = self._session.post(
                self.url + path, form, files=files, allow_redirects=False, timeout=120)
        location = answer.headers.get('Location', '').removeprefix(self.url)
        return Answer(answer.status_code, location.split('?')[0], answer.text)

    def download(self, path: str) -> bytes:
        """Return the file at an address."""
        answer = self._session.get(self.url + path, timeout=120)
        assert answer.status_code == 200, f'{path}: {answer.status_code}'
        return answer.content


@dataclass(frozen=True)
class PortalWorld:
    """What `portal_seed.py` made: numbers of the owner's records by model, values of addresses, the routing map."""

    url: str
    database: str
    own: dict[str, int]
    values: dict[str, str]
    tokens: dict[str, str]
    tables: dict[str, dict]
    routes: dict[str, dict]

    def address(self, route: Route, **others: str) -> str:
        """Return the address of the owner's record, or with other values for some of its variables."""
        known = {name: str(self.own.get(model, '')) for name, model in route.record_variables().items()}
        known |= {name: value.format(**self.values) for name, value in route.values.items()}
        known |= {name: str(value) for name, value in others.items()}
        return re.sub(r'<[^<>]*?(?:"[^"]*"\))?:(\w+)>', lambda found: known[found[1]], route.rule)

    def row(self, model: str) -> tuple:
        """Return the row of the owner's record as the database keeps it."""
        table = self.tables[model]['table']
        return psql(self.database, f'SELECT {table}::text FROM {table} WHERE id = %s', self.own[model])[0]

    @contextmanager
    def changed(self, model: str, **columns) -> Iterator[None]:
        """Let the owner's record have other values for a while, past all rules of the program."""
        table, number = self.tables[model]['table'], self.own[model]
        names = ', '.join(columns)
        old = psql(self.database, f'SELECT {names} FROM {table} WHERE id = %s', number)[0]
        self._set(table, number, columns)
        try:
            yield
        finally:
            self._set(table, number, dict(zip(columns, old, strict=True)))

    def _set(self, table: str, number: int, columns: dict) -> None:
        pairs = ', '.join(f'{name} = %s' for name in columns)
        psql(self.database, f'UPDATE {table} SET {pairs} WHERE id = %s', *columns.values(), number)


def portal_world(url: str, database: str) -> PortalWorld:
    """Make the records in the database of a server that runs."""
    printed = run_script(database, f'SUITE = {modules.installable()!r}\n{SEED.read_text()}')
    return PortalWorld(url, database, **json.loads(printed.splitlines()[-1]))

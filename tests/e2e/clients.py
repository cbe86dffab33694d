"""What an integrator would write: small clients for JSON-2 and XML-RPC."""

import xmlrpc.client
from dataclasses import dataclass

import requests


@dataclass(frozen=True)
class Json2:
    """Calls public methods with named arguments; an HTTP error raises requests.HTTPError."""

    url: str
    database: str
    key: str

    def call(self, model: str, method: str, **arguments):
        answer = self.post(model, method, **arguments)
        answer.raise_for_status()
        return answer.json()

    def post(self, model: str, method: str, **arguments) -> requests.Response:
        """The whole answer, for tests that look at errors."""
        headers = {'Authorization': f'bearer {self.key}', 'X-Odoo-Database': self.database}
        return requests.post(
            f'{self.url}/json/2/{model}/{method}', json=arguments, headers=headers, timeout=300
        )


class XmlRpc:
    """Calls public methods as a user with a password or an API key; an error raises xmlrpc.client.Fault."""

    def __init__(self, url: str, database: str, login: str, password: str):
        self.database = database
        self.password = password
        self.user_id = self._proxy(url, 'common').authenticate(database, login, password, {})
        self.objects = self._proxy(url, 'object')

    def call(self, model: str, method: str, *arguments, **named):
        return self.objects.execute_kw(
            self.database, self.user_id, self.password, model, method, arguments, named
        )

    @staticmethod
    def _proxy(url: str, service: str) -> xmlrpc.client.ServerProxy:
        return xmlrpc.client.ServerProxy(f'{url}/xmlrpc/2/{service}', allow_none=True, use_builtin_types=True)

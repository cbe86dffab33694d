"""Open a contract from another system, preview its charges, bill it and read its status.

    python docs/clients/python_client.py --url http://127.0.0.1:8069 --db service_demo --login integrator --key KEY

With ``--protocol xmlrpc`` the same calls go by XML-RPC, which Odoo announces to remove; JSON-2 stays.
Running it again changes nothing: the contract is known by its reference, and a period is billed once.
"""

import argparse
import json
import sys
import xmlrpc.client
from datetime import date, timedelta

import requests

TIMEOUT = 300


class ServiceError(Exception):
    """Odoo refused a call; the text says what is wrong and what to do."""


class Json2Client:
    """Calls methods with named arguments; the API key says who calls."""

    def __init__(self, url: str, database: str, _login: str, key: str):
        self.url = url
        self.headers = {'Authorization': f'bearer {key}', 'X-Odoo-Database': database}

    def call(self, model: str, method: str, **arguments):
        answer = requests.post(
            f'{self.url}/json/2/{model}/{method}', json=arguments, headers=self.headers, timeout=TIMEOUT
        )
        if not answer.ok:
            raise ServiceError(_message(answer))
        return answer.json()


class XmlRpcClient:
    """The same by XML-RPC: login, and the API key or the password."""

    def __init__(self, url: str, database: str, login: str, key: str):
        self.database, self.key = database, key
        self.objects = xmlrpc.client.ServerProxy(f'{url}/xmlrpc/2/object', allow_none=True)
        common = xmlrpc.client.ServerProxy(f'{url}/xmlrpc/2/common', allow_none=True)
        self.user_id = common.authenticate(database, login, key, {})
        if not self.user_id:
            raise ServiceError('Login or key is wrong.')

    def call(self, model: str, method: str, **arguments):
        try:
            return self.objects.execute_kw(self.database, self.user_id, self.key, model, method, [], arguments)
        except xmlrpc.client.Fault as fault:
            raise ServiceError(fault.faultString) from fault


PROTOCOLS = {'json2': Json2Client, 'xmlrpc': XmlRpcClient}


def main() -> int:
    arguments = _arguments()
    try:
        client = PROTOCOLS[arguments.protocol](arguments.url, arguments.db, arguments.login, arguments.key)
        sell(client, arguments.reference, arguments.partner, arguments.plan)
    except ServiceError as error:
        print(f'Refused: {error}', file=sys.stderr)
        return 1
    return 0


def sell(client, reference: str, partner: str, plan: str) -> None:
    """Take a contract from the order to its first invoice, and show each answer."""
    contract = {'external_ref': reference, 'partner': partner, 'plan': plan, 'activate': True}
    in_two_months = (date.today() + timedelta(days=60)).isoformat()
    _show('Contract', client.call('service.contract', 'open_contracts', contracts=[contract]))
    _show(
        'Charges to come',
        client.call('service.contract', 'preview_charges', date_to=in_two_months, external_refs=[reference]),
    )
    _show('Billing run', client.call('service.billing.run', 'run_billing', external_refs=[reference]))
    _show('Status', client.call('service.contract', 'read_status', external_refs=[reference]))


def _show(title: str, answer) -> None:
    print(f'{title}:\n{json.dumps(answer, indent=2, ensure_ascii=False)}')


def _message(answer: requests.Response) -> str:
    try:
        return answer.json()['message']
    except (ValueError, KeyError, TypeError):
        return f'HTTP {answer.status_code}'


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--url', required=True)
    parser.add_argument('--db', required=True)
    parser.add_argument('--login', required=True)
    parser.add_argument('--key', required=True, help='API key; for XML-RPC the password does too')
    parser.add_argument('--protocol', choices=PROTOCOLS, default='json2')
    parser.add_argument('--reference', default='CLIENT-1', help='key of the contract in the calling system')
    parser.add_argument('--partner', default='UK-400', help='internal reference of the customer')
    parser.add_argument('--plan', default='HOST', help='reference of the plan')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())

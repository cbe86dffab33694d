"""A visitor of the site who contracts online, by the requests that a browser sends."""

import re

import requests

SECONDS = 120
PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

ACCEPT = re.compile(r'/my/orders/(\d+)/accept\?access_token=([0-9a-f-]+)(?:&amp;[a-z]+=[0-9a-f]*)*')


def order_of(page: str) -> tuple[int, str]:
    """Return the id and the token of the order that a page shows."""
    found = ACCEPT.search(page)
    return int(found[1]), found[2]


class Visitor:
    """One browser; with a login it is the browser of a customer."""

    def __init__(self, url: str, login: str = ''):
        self.url, self.session = url, requests.Session()
        if login:
            self.post('/web/login', '/web/login', login=login, password=login)

    def get(self, path: str) -> str:
        return self.session.get(self.url + path, timeout=SECONDS).text

    def post(self, form: str, path: str, **typed) -> requests.Response:
        """Send a form with the token of the page it stands on."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(form))[1]
        return self.session.post(self.url + path, {'csrf_token': token, **typed}, timeout=SECONDS)

    def call(self, path: str, **values) -> dict:
        """Return the answer of a remote call, with its ``result`` or ``error``."""
        body = {'jsonrpc': '2.0', 'method': 'call', 'params': values}
        return self.session.post(self.url + path, json=body, timeout=SECONDS).json()

    def choose(self, plan: str) -> None:
        """Put a plan into the cart."""
        slug = re.search(rf'href="(/services/[^"?]+)"[^>]*>[^<]*<span[^>]*>: {plan}</span>', self.get('/services'))[1]
        answer = self.post(slug, f'{slug}/add')
        assert answer.url.endswith('/services/order'), f'{plan} is not in the cart: {answer.url}'

    def sign(self, **who) -> tuple[int, str]:
        """Tell who contracts and sign; return the id and the token of the order."""
        page = self.post('/services/order', '/services/order', **who).text
        answer = self.accept(page)
        assert 'redirect_url' in answer['result'], answer
        return order_of(page)

    def accept(self, page: str, name: str = "Eve") -> dict:
        """Sign the order as its page shows it."""
        return self.call(ACCEPT.search(page)[0].replace('&amp;', '&'), name=name, signature=PNG)

    def begin_payment(self, order: int, token: str, **wanted) -> dict:
        """Ask for a transaction of the order, as the payment form does."""
        return self.call(f'/my/orders/{order}/transaction', access_token=token, landing_route='/my', **{
            'amount': 1.0, 'flow': 'direct', 'token_id': None, 'tokenization_requested': True, **wanted,
        })

    def payment_options(self, order: int, token: str) -> dict:
        """Return the provider and the method of the sandbox card."""
        return self.card_on(self.get(f'/my/orders/{order}?access_token={token}'))

    @staticmethod
    def card_on(page: str) -> dict:
        """Return the provider and the method of the sandbox card on a page to pay."""
        for radio in re.findall(r'<input[^>]*name="o_payment_radio"[^>]*>', page):
            data = dict(re.findall(r'data-([\w-]+)="([^"]*)"', radio))
            if data['provider-code'] == 'demo' and data['payment-option-type'] == 'payment_method':
                return {'provider_id': int(data['provider-id']), 'payment_method_id': int(data['payment-option-id'])}
        raise AssertionError('no sandbox card on the page')

    def simulate(self, reference: str) -> dict:
        """Let the sandbox confirm a payment."""
        return self.call('/payment/demo/simulate_payment', reference=reference, payment_details='4242',
                         simulated_state='done')

    def poll(self) -> dict:
        """Ask for the outcome until it is known."""
        for _attempt in range(30):
            answer = self.call('/payment/status/poll')
            if 'result' in answer:
                return answer['result']
        raise AssertionError(answer)

"""What a hostile customer types into every form of the site: scripts, broken attributes, templates, formulas, marks."""

import base64
import io
import json
import re
from datetime import date

from tests.e2e.portal_world import PortalWorld, Visitor
from tests.e2e.processes import psql, run_script
from tests.e2e.visitors import PNG, order_of
from tests.e2e.visitors import Visitor as Buyer

HOSTILE = (
    '=1+2 "\'></textarea><img src=x onerror=hacked(1) class=hostile><script>hacked(2)</script>{{7919*7907}} \u202efdp')
"""As long as the shortest fields take it: a formula, an attribute's end, a picture, a script, a template, a mark."""
SHOWN = '<img src=x onerror=hacked(1)'
"""What people read of it where it is shown as text."""
WORKED_OUT = '62615533'
"""What is to be read where the template was worked out."""
MEANT = re.compile(r'<img[^>]*onerror|<script>hacked')
"""What is in HTML where it was not made text."""
LONG = f'{HOSTILE} {"W" * 300}'
EVIL, BUYER = 'evil@example.com', 'buyer@example.com'
FILE = '"><img src=x onerror=hacked(3) class=hostile>.png'
KINDS = ('end', 'pause', 'data', 'payment')


def picture() -> tuple[str, io.BytesIO, str]:
    return FILE, io.BytesIO(base64.b64decode(PNG)), 'image/png'


def fill_in(world: PortalWorld) -> dict[str, int]:
    """Fill in every form: a visitor contracts and registers, the customer of the world asks for everything.

    :return: numbers of the records made of it, by model.
    """
    order = contract_online(Buyer(world.url))
    register(Visitor(world.url))
    declare(Visitor(world.url))
    contact(Visitor(world.url))
    ask(Visitor(world.url, 'customer'), world)
    rate(Visitor(world.url), world)
    return {'sale.order': order, **made(world)}


def contract_online(buyer: Buyer) -> int:
    """Contract a service that asks for data, with a name that is hostile, and pay; return the order."""
    slug = re.search(r'href="(/services/[^"?]+)"[^>]*>[^<]*<span[^>]*>: [^<]*[Aa]larm', buyer.get('/services'))[1]
    page = buyer.get(slug)
    typed = {name: HOSTILE for name in re.findall(r'<input[^>]*type="text"[^>]*name="(field_\d+)"', page)}
    choices = re.findall(r'<select[^>]*name="(field_\d+)"', page)
    typed |= {name: 'You' for name in choices}
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    files = {name: picture() for name in re.findall(r'<input type="file"[^>]*name="(field_\d+)"', page)}
    framed = buyer.session.post(f'{buyer.url}{slug}/frame', typed, timeout=120)
    _is_text(framed.text, f'{slug}/frame')
    assert typed and files, 'the plan asks for nothing'
    answer = buyer.session.post(
        f'{buyer.url}{slug}/add', {'csrf_token': token, **typed}, files=files, timeout=120)
    assert answer.url.endswith('/services/order'), answer.url
    page = buyer.post('/services/order', '/services/order', name=HOSTILE, email=BUYER, phone=HOSTILE).text
    signed = buyer.accept(page, HOSTILE)
    assert 'redirect_url' in signed['result'], signed
    order, secret = order_of(page)
    card = buyer.payment_options(order, secret)
    buyer.simulate(buyer.begin_payment(order, secret, **card)['result']['reference'])
    buyer.poll()
    return order


def register(visitor: Visitor) -> None:
    answer = visitor.ask('POST', '/web/signup', name=HOSTILE, login=EVIL, password=EVIL, confirm_password=EVIL)
    assert answer.status == 303, 'nobody can register'


def declare(visitor: Visitor) -> None:
    """Cancel and withdraw without login."""
    for path in ('/cancel-contract', '/withdraw-from-contract'):
        answer = visitor.ask('POST', path, name=HOSTILE, email=BUYER, contract=HOSTILE, message=LONG, cause='1')
        _is_text(answer.text, path)


def contact(visitor: Visitor) -> None:
    """Write to the company by the form of the site: it becomes a lead."""
    typed = {'contact_name': HOSTILE, 'partner_name': HOSTILE, 'email_from': EVIL, 'phone': HOSTILE, 'name': HOSTILE,
             'description': LONG}
    answer = visitor.ask('POST', '/website/form/crm.lead', **typed)
    assert json.loads(answer.text).get('id'), answer.text


def rate(visitor: Visitor, world: PortalWorld) -> None:
    """Close the case and rate it with a text."""
    run_script(world.database, (
        "case = env['support.case'].search([('subject', 'like', 'onerror')], order='id desc', limit=1)\n"
        "case.action_close()\nenv.cr.commit()"))
    ((token,),) = psql(world.database, (
        "SELECT access_token FROM rating_rating WHERE res_model = 'support.case' ORDER BY id DESC LIMIT 1"))
    _is_text(visitor.ask('GET', f'/rate/{token}/1').text, '/rate')
    answer = visitor.ask('POST', f'/rate/{token}/submit_feedback', rate='1', feedback=LONG)
    _is_text(answer.text, '/rate/submit_feedback')
    assert answer.status == 200, answer.status


def ask(customer: Visitor, world: PortalWorld) -> None:
    """Send the forms of the panel; what is refused comes back as text."""
    for kind in KINDS:
        path = f'/my/contracts/{world.own["service.contract"]}/request/{kind}'
        for step in ('', 'send'):
            answer = customer.ask('POST', path, step=step, message=LONG, date_wanted=HOSTILE if not step else '')
            _is_text(answer.text, path)
    kinds = re.findall(r'name="type"[^>]*?value="(\d+)"', customer.ask('GET', '/my/cases/new').text)
    case = {'type': kinds[0], 'subject': HOSTILE, 'description': LONG, 'amount_disputed': '0'}
    call(customer)
    assert customer.ask('POST', '/my/cases/new', **case).status == 303
    refused = {**case, 'type': 'x', 'amount_disputed': HOSTILE}
    _is_text(customer.ask('POST', '/my/cases/new', **refused).text, '/my/cases/new')
    say(customer, world)
    transfer = {'amount': '5', 'date_paid': str(date.today()), 'reference': HOSTILE, 'bank_name': LONG}
    assert customer.ask('POST', '/my/transfers/new', files={'proof': picture()}, **transfer).status == 303
    _is_text(customer.ask('POST', '/my/transfers/new', **{**transfer, 'amount': HOSTILE}).text, '/my/transfers/new')
    for path, typed in {
        '/my/arrangement': {'parts': HOSTILE, 'message': LONG, 'date_wanted': HOSTILE},
        f'/my/contracts/{world.own["service.contract"]}/readings': {
            'meter': HOSTILE, 'value': HOSTILE, 'date': HOSTILE},
        '/my/referrals/join': {'referral_code': HOSTILE},
        '/my/call-back': {'slot': HOSTILE, 'phone': HOSTILE, 'message': LONG},
        f'/my/installments/{world.own["installment.plan"]}/payoff': {'day': HOSTILE},
    }.items():
        _is_text(customer.ask('POST', path, **typed).text, path)
    for path in ('/help', '/my/transactions', '/services', '/my/pay', '/my/receipts', '/services/order'):
        names = ('search', 'search_in', 'sortby', 'filterby', 'family', 'kind', 'lines', 'amount', 'currency_id', 'ref')
        _is_text(customer.ask('GET', path, **dict.fromkeys(names, HOSTILE)).text, path)


def call(customer: Visitor) -> None:
    """Ask for a call about something hostile, before the other forms, so that it is not the newest case."""
    slots = re.findall(r'<option value="([^"]+)"', customer.ask('GET', '/my/call-back').text)
    answer = customer.ask('POST', '/my/call-back', slot=slots[0], phone='+49 761 5550123', message=LONG)
    assert answer.status == 303, 'no call is taken'


def say(customer: Visitor, world: PortalWorld) -> None:
    """Write a message under the case, and another address."""
    ((case,),) = psql(world.database, 'SELECT max(id) FROM support_case')
    answer = customer.ask('POST', '/mail/message/post', is_json=True, thread_model='support.case', thread_id=case,
                          post_data={'body': LONG, 'message_type': 'comment', 'subtype_xmlid': 'mail.mt_comment'})
    assert 'result' in json.loads(answer.text), answer.text
    ((partner, country),) = psql(world.database, (
        "SELECT u.partner_id, c.id FROM res_users u, res_country c WHERE u.login = 'customer' AND c.code = 'DE'"))
    answer = customer.ask('POST', '/my/address/submit', partner_id=str(partner), address_type='billing',
                          name=HOSTILE, email='customer@example.com', phone='+49 761 5550', street=HOSTILE,
                          city=HOSTILE, zip='79098', country_id=str(country), company_name='', vat='')
    assert 'redirectUrl' in answer.text, answer.text


def made(world: PortalWorld) -> dict[str, int]:
    """Return the newest record with the text of each model that the forms write."""
    found = {}
    for model, column in {
        'support.case': 'subject', 'transfer.report': 'reference', 'service.request': 'message',
        'res.partner': 'name', 'crm.lead': 'name', 'rating.rating': 'feedback', 'service.contract.field.value': 'value',
    }.items():
        rows = psql(world.database, (
            f'SELECT max(id) FROM {model.replace(".", "_")} WHERE strpos({column}, %s) > 0'), SHOWN)
        assert rows[0][0], f'no form wrote {model}'
        found[model] = rows[0][0]
    return found


def _is_text(html: str, path: str) -> None:
    wrong = MEANT.search(html)
    assert not wrong, f'{path}: {html[max(wrong.start() - 200, 0):wrong.end() + 100]}'
    assert WORKED_OUT not in html, f'{path} works out what was typed'

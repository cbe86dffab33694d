"""How every route of the suite is tried: add a line here for each new one, and it is tested for access and reading.

`shared`: everybody. `mine`: a customer's own page, without a number. `record`: only its owner, by number.
`link`: whoever has its secret link. `staff`: users of the office. `signed`: programs that sign what they send.
"""

from dataclasses import dataclass, field

RECORDS = {
    'case_id': 'support.case',
    'contract_id': 'service.contract',
    'document_id': 'ir.attachment',
    'gateway_id': 'dunning.gateway',
    'notice_id': 'dunning.notice',
    'order_id': 'sale.order',
    'plan_id': 'installment.plan',
    'provider_id': 'installment.financing.provider',
    'report_id': 'transfer.report',
    'share_id': 'service.allocation.line',
    'wizard_id': 'account.statement.wizard',
}
"""The model of the record whose number stands in an address, by the name of the variable."""


@dataclass(frozen=True)
class Route:
    """One address of the routing map and what a test needs to know about it."""

    rule: str
    who: str
    methods: tuple[str, ...] = ('GET',)
    elsewhere: str = '/my'
    """Where a number leads that is not one's own; empty if it is not found."""
    records: dict[str, str] = field(default_factory=dict)
    """Models of variables whose name does not tell them."""
    values: dict[str, str] = field(default_factory=dict)
    """What stands in the address for variables that are no record; {name} comes from the world."""
    typed: dict[str, str] = field(default_factory=dict)
    """What the form sends."""
    has_token: bool = False
    """The parameter access_token opens it without login."""
    is_json: bool = False
    is_page: bool = True
    """GET shows HTML that people read."""

    def record_variables(self) -> dict[str, str]:
        """Return the model of each variable of the address that is a record, the most special last."""
        known = {**RECORDS, **self.records}
        return {name: model for name, model in known.items() if f':{name}>' in self.rule}


def shared(rule: str, **more) -> Route:
    return Route(rule, 'shared', **more)


def mine(rule: str, **more) -> Route:
    return Route(rule, 'mine', **more)


def record(rule: str, **more) -> Route:
    return Route(rule, 'record', **more)


def link(rule: str, **more) -> Route:
    return Route(rule, 'link', **more)


def staff(rule: str, **more) -> Route:
    return Route(rule, 'staff', is_page=False, **more)


def signed(rule: str, **more) -> Route:
    return Route(rule, 'signed', methods=('POST',), is_page=False, **more)


POST = {'methods': ('POST',), 'is_page': False}
FORM = {'methods': ('GET', 'POST')}
FILE = {'is_page': False}
CONTRACT = '/my/contracts/<int:contract_id>'
PLAN = '/my/installments/<int:plan_id>'
ARTICLE = '/help/<model("support.article"):article>'

ROUTES = (
    # The panel
    mine('/my'),
    mine('/my/home'),
    mine('/my/receipts'),
    mine('/my/receipts/page/<int:page>', values={'page': '1'}),
    mine('/my/pay'),
    mine('/my/pay/<string:lines>', values={'lines': '{lines}'}, is_json=True, **POST),
    mine('/my/statement'),
    mine('/my/statement/pdf', **FILE),
    mine('/my/statement/xlsx', **FILE),
    mine('/my/statement/email', **POST),
    mine('/my/credit'),
    mine('/my/credit/page/<int:page>', values={'page': '1'}),
    mine('/my/transactions'),
    mine('/my/transactions/page/<int:page>', values={'page': '1'}),
    mine('/my/transactions/xlsx', **FILE),
    mine('/my/credit'),
    mine('/my/credit/page/<int:page>', values={'page': '1'}),
    # Contracts
    mine('/my/contracts'),
    mine('/my/contracts/page/<int:page>', values={'page': '1'}),
    record(CONTRACT),
    record(f'{CONTRACT}/pdf', **FILE),
    record(f'{CONTRACT}/end-trial', **POST),
    record(f'{CONTRACT}/card', elsewhere='/my/contracts', **POST),
    record(f'{CONTRACT}/readings', **FORM),
    record(f'{CONTRACT}/costs/<int:share_id>'),
    record(f'{CONTRACT}/costs/<int:share_id>/pdf', **FILE),
    record(f'{CONTRACT}/request/<string:kind>', values={'kind': 'pause'}, elsewhere='/my/contracts', **FORM),
    mine('/my/requests'),
    mine('/my/arrangement', **FORM),
    record('/my/requests/<int:row_id>/withdraw', records={'row_id': 'service.request'}, elsewhere='/my/requests',
           **POST),
    # Installments
    mine('/my/installments'),
    mine('/my/installments/page/<int:page>', values={'page': '1'}),
    record(PLAN, has_token=True),
    record(f'{PLAN}/pdf', has_token=True, **FILE),
    record(f'{PLAN}/payoff', has_token=True, **POST),
    record(f'{PLAN}/card', **POST),
    record(f'{PLAN}/documents/<int:document_id>', has_token=True, **FILE),
    record('/my/orders/<int:order_id>/installments', has_token=True, **POST),
    record('/my/orders/<int:order_id>/accept', has_token=True, is_json=True, elsewhere='', **POST),
    record('/my/orders/<int:order_id>/transaction', has_token=True, is_json=True, elsewhere='', **POST),
    record('/services/done/<int:order_id>', has_token=True),
    # Transfers, cases, circulars, reminders
    mine('/my/transfers'),
    mine('/my/transfers/new', **FORM),
    record('/my/transfers/<int:report_id>/withdraw', elsewhere='/my/transfers', **POST),
    mine('/my/cases'),
    mine('/my/cases/new', **FORM),
    mine('/my/call-back', **FORM),
    record('/my/cases/<int:case_id>', elsewhere='/my/cases'),
    mine('/my/circulars'),
    mine('/my/circulars/offers', typed={'wanted': 'yes'}, **POST),
    record('/my/circulars/<int:row_id>', records={'row_id': 'portal.circular.recipient'}, elsewhere='/my/circulars'),
    mine('/my/referrals'),
    mine('/my/referrals/join', **POST),
    mine('/my/reminders'),
    record('/my/reminders/<int:notice_id>'),
    link('/my/r/<int:notice_id>/<string:token>', values={'token': '{notice_token}'}),
    link('/my/o/<int:notice_id>/<string:token>', values={'token': '{notice_token}'}, **FORM),
    # For everybody
    shared('/services'),
    shared('/services/<string:slug>', values={'slug': '{service}'}),
    shared('/services/<string:slug>/add', values={'slug': '{service}'}, **POST),
    shared('/services/<string:slug>/quote', values={'slug': '{service}'}, is_json=True, **POST),
    shared('/services/<string:slug>/frame', values={'slug': '{service}'}, **POST),
    shared('/services/framed/<string:token>', values={'token': 'wrong'}, **FILE),
    shared('/services/order', **FORM),
    shared('/services/order/remove', **POST),
    shared('/shop/cart', is_page=False),  # Odoo's own page, or the one above
    shared('/shop/payment', is_page=False),
    shared('/help'),
    shared(ARTICLE, values={'article': '{article}'}),
    shared(f'{ARTICLE}/vote', values={'article': '{article}'}, typed={'helped': 'yes'}, **POST),
    shared('/cancel-contract', **FORM),
    shared('/withdraw-from-contract', **FORM),
    # The office, and programs
    staff('/service_contracts/figures.xlsx'),
    staff('/dunning/figures/xlsx'),
    staff('/dunning/statement/<int:wizard_id>/xlsx'),
    signed('/dunning/sms/<int:gateway_id>/report'),
    signed('/dunning/sms/<int:gateway_id>/answer'),
    signed('/installments/financing/<int:provider_id>'),
)

UNPROTECTED = {
    '/dunning/sms/<int:gateway_id>/report': "A gateway has no session; its signature is checked.",
    '/dunning/sms/<int:gateway_id>/answer': "A gateway has no session; its signature is checked.",
    '/installments/financing/<int:provider_id>': "A provider has no session; its signature is checked.",
    '/services/<string:slug>/frame': "A frame has no session; it makes a draft of nobody, and its token is the proof.",
    '/my/o/<int:notice_id>/<string:token>': "Mail programs post it by themselves (RFC 8058); the link is the proof.",
}
"""Routes that take a POST without the token of a session (csrf=False), each with its reason."""

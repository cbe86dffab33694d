"""Contracts of the real OCA add-ons are taken over: read, compared to the cent, and opened once.

The add-ons come from the package index into a folder of their own, as a peer of the bench does; nothing of them is
part of this project. Without the index these tests are skipped.
"""

import json

import pytest

from benchmarks.kit.peer import Peer
from tests.e2e.processes import cloned_database, plain_database, psql, run_script
from tools import odoo_process, postgres
from tools.paths import ADDONS
from tools.steps import Stop

OWN = ['service_contracts', 'accounting_exchange']
CONTRACT = Peer('oca_contract', 'contract', '19.0.1.2.1.2', 'accounting_exchange')
SUBSCRIPTION = Peer('oca_subscription', 'subscription_oca', '19.0.1.1.4.2', 'accounting_exchange')
THEIRS = """
from odoo.fields import Command
company = env.company
env['account.chart.template'].try_loading('generic_coa', company, install_demo=False)
customer = env['res.partner'].create({'name': 'Ana'})
income = env['account.account'].search([('account_type', '=', 'income')], limit=1)
care = env['product.product'].create({
    'name': 'Care', 'type': 'service', 'list_price': 12.5, 'taxes_id': False, 'property_account_income_id': income.id,
})
prices = env['product.pricelist'].create({'name': 'Prices', 'currency_id': company.currency_id.id})

def contract(name, rule='monthly', invoicing='pre-paid', invoices=1, partner=customer, **line):
    made = env['contract.contract'].create({
        'name': name, 'partner_id': partner.id, 'pricelist_id': prices.id, 'line_recurrence': True,
        'contract_line_ids': [Command.create({
            'product_id': care.id, 'name': name, 'quantity': 2, 'automatic_price': False, 'specific_price': 30.33,
            'recurring_rule_type': rule, 'recurring_interval': 1, 'recurring_invoicing_type': invoicing,
            'date_start': '2025-01-15',
            'recurring_next_date': '2025-01-15' if invoicing == 'pre-paid' else '2025-02-15', **line,
        })],
    })
    for _number in range(invoices):
        made._recurring_create_invoice(made.recurring_next_date).action_post()
    return made

def subscription(invoices=1, start=True):
    made = env['sale.subscription'].create({
        'partner_id': customer.id, 'pricelist_id': prices.id, 'date_start': '2025-01-20',
        'recurring_next_date': '2025-01-20', 'sale_subscription_line_ids': [Command.create({
            'product_id': care.id, 'product_uom_qty': 3, 'price_unit': 9.99, 'discount': 10, 'tax_ids': False,
        })],
        'template_id': env['sale.subscription.template'].create({'name': 'Monthly'}).id,
    })
    if start:
        made.action_start_subscription()
        made.recurring_next_date = '2025-01-20'
    for _number in range(invoices):
        made.create_invoice().action_post()
        made._set_next_invoice_date_after_invoice()
    return made

found = {
    'monthly': contract('Monthly', invoices=2), 'arrears': contract('Arrears', invoicing='post-paid'),
    'quarterly': contract('Quarterly', 'quarterly', discount=10),
    'listed': contract('Listed', automatic_price=True), 'month end': contract('Month end', 'monthlylastday'),
    'never': contract('Never', invoices=0), 'archived': contract('Archived'),
}
found['archived'].active = False
subscriptions = {'running': subscription(2), 'paused': subscription(), 'closed': subscription()}
subscriptions['paused'].is_paused = True
subscriptions['closed'].close_subscription()
env.cr.commit()
import json
print('FOUND', json.dumps([{name: str(made.id) for name, made in kind.items()} for kind in (found, subscriptions)]))
"""
TAKE_OVER = """
import json
found = {}
for source in ('oca_contract', 'oca_subscription'):
    takeover = env['exchange.takeover'].create({'source': source})
    takeover.action_read()
    takeover.action_compare()
    found[source] = {
        line.ref: [line.state, line.old_amount, line.new_amount, line.reason] for line in takeover.line_ids
    }
    takeover.action_take_over()
    takeover.action_take_over()
env.cr.commit()
print('FOUND', json.dumps(found))
"""
OPENED = "SELECT external_ref, next_charge_date::text FROM service_contract WHERE state = 'active' ORDER BY 1"


def found(printed: str):
    """Return what a script found, from the last line it printed."""
    return json.loads(printed.split('FOUND', 1)[1])


@pytest.fixture(scope='module')
def theirs():
    """A database with both add-ons of OCA beside ours, and what they bill; the options to load them."""
    postgres.ensure()
    try:
        folders = [*CONTRACT.addons(), *SUBSCRIPTION.addons()]
    except Stop as error:
        pytest.skip(f'The add-ons of OCA cannot be fetched: {error}')
    options = ('--addons-path', ','.join(map(str, [ADDONS, *folders])))
    with cloned_database(plain_database(OWN)) as database:
        odoo_process.install(database, [CONTRACT.module, SUBSCRIPTION.module], *options)
        yield database, found(run_script(database, THEIRS, options=options)), options


def test_contracts_and_subscriptions_of_oca_go_on_where_they_stood(theirs):
    """K2: what agrees to the cent is opened once, the rest says why not."""
    database, (contracts, subscriptions), options = theirs
    answer = found(run_script(database, TAKE_OVER, options=options))
    here = {name: answer['oca_contract'].get(ref) for name, ref in contracts.items()}
    assert {name: line[:3] for name, line in here.items() if line and line[0] == 'agrees'} == {
        'monthly': ['agrees', 60.66, 60.66], 'arrears': ['agrees', 60.66, 60.66],
        'quarterly': ['agrees', 54.59, 54.59], 'listed': ['agrees', 25.0, 25.0],
    }
    assert here['month end'][0] == 'refused' and 'last day' in here['month end'][3]
    assert here['never'][0] == 'differs' and 'not known' in here['never'][3]
    assert here['archived'] is None
    there = {name: answer['oca_subscription'].get(ref) for name, ref in subscriptions.items()}
    assert there['running'][:3] == ['agrees', 26.97, 26.97]
    assert there['paused'][0] == 'refused' and 'paused' in there['paused'][3]
    assert there['closed'] is None
    assert dict(psql(database, OPENED)) == {
        f"oca:{contracts['monthly']}": '2025-03-15', f"oca:{contracts['arrears']}": '2025-03-15',
        f"oca:{contracts['quarterly']}": '2025-04-15', f"oca:{contracts['listed']}": '2025-02-15',
        f"ocas:{subscriptions['running']}": '2025-03-20',
    }


def test_they_are_read_as_well_when_the_old_add_ons_load_no_more(theirs):
    """The tables are still there after an upgrade that the add-ons did not follow."""
    database, (contracts, _subscriptions), _options = theirs
    printed = run_script(database, """
import json
read = env['exchange.takeover'].create({'source': 'oca_contract'})
print('FOUND', json.dumps([contract.ref for contract in read._read_contracts()[0]]))
""")
    assert contracts['monthly'] in found(printed)

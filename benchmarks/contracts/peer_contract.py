"""The peer's way: OCA ``contract`` 19.0 generates drafts of the same contracts, core posts them, in batches.

It gets batches of 500 with a commit each, which is faster than its own scheduled job.
"""

from benchmarks.kit.child import measures, wait_for_go
from benchmarks.kit.meter import Meter
from benchmarks.kit.rows import copy_rows

from . import seed
from .core import BATCH


def contracts(env, count: int, shape: str) -> None:
    """Seed the same contracts as ``seed.contracts``."""
    base = seed.customers(env, count)
    product_ids = seed.products(env)
    contract = _prototype(env, base + 1, product_ids[0])
    line = contract.contract_line_ids
    env.flush_all()
    contract_base = copy_rows(
        env.cr, 'contract_contract', contract.id, count, name="'CT/' || lpad(i::text, 6, '0')",
        partner_id=f'{base} + i', invoice_partner_id=f'{base} + i', commercial_partner_id=f'{base} + i',
        access_token='NULL',
    )
    for service, where in seed.services(shape):
        copy_rows(
            env.cr, 'contract_line', line.id, count, where, contract_id=f'{contract_base} + i',
            partner_id=f'{base} + i', specific_price=service['price_unit'],
            **seed.service_columns(service, product_ids),
        )
    env.cr.execute('DELETE FROM contract_contract WHERE id = %s', (contract.id,))
    env.cr.execute('ANALYZE')


def _prototype(env, partner_id: int, product_id: int):
    first = seed.first_of_month()
    return env['contract.contract'].create({
        'name': "Prototype", 'partner_id': partner_id, 'date_start': first, 'recurring_next_date': first,
        'contract_line_ids': [(0, 0, {
            'product_id': product_id, 'name': "Service", 'quantity': 1.0, 'automatic_price': False,
            'price_unit': seed.PRICE, 'date_start': first, 'recurring_next_date': first,
            'recurring_rule_type': 'monthly', 'recurring_interval': 1, 'recurring_invoicing_type': 'pre-paid',
        })],
    })


@measures
def bill(env, warm_up: int) -> dict:
    """Generate and post the invoices of all contracts."""
    contracts = env['contract.contract'].search([], order='id')
    _generate_and_post(env, contracts[:warm_up])
    wait_for_go()
    with Meter(env.cr) as meter:
        for start in range(warm_up, len(contracts), BATCH):
            _generate_and_post(env, contracts[start:start + BATCH])
    return meter.as_dict()


def _generate_and_post(env, contracts) -> None:
    contracts._recurring_create_invoice(seed.first_of_month()).action_post()
    env.cr.commit()

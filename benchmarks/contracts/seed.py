"""Customers, products and contracts to measure on: the same in every database, made set-based.

Two shapes: in ``shared`` all contracts share one plan and price; in ``differing`` price, quantity,
discount and product vary from contract to contract, and every fifth has a second service.
"""

from datetime import date

from odoo.fields import Command

from benchmarks.kit.rows import copy_relation, copy_rows

PRODUCTS = 20
PRICE = 29.9
FIRST_SERVICE = {
    'shared': {'product': '0', 'quantity': '1', 'price_unit': str(PRICE), 'discount': '0'},
    'differing': {
        'product': f'i % {PRODUCTS}',
        'quantity': '1 + i % 3',
        'price_unit': '10 + (i * 37 % 9000) / 100.0',
        'discount': 'i % 4 * 5',
    },
}
SECOND_SERVICE = {
    'product': f'(i + 7) % {PRODUCTS}', 'quantity': '1', 'price_unit': '5 + i % 11', 'discount': '0',
}
HAS_SECOND = {'shared': 'FALSE', 'differing': 'i % 5 = 0'}


def customers(env, count: int) -> int:
    """Make customers C000001 and so on; return the id before the first."""
    customer = env['res.partner'].create({'name': "Customer", 'is_company': True, 'country_id': env.ref('base.us').id})
    env.flush_all()
    number = "'C' || lpad(i::text, 6, '0')"
    base = copy_rows(
        env.cr, 'res_partner', customer.id, count, ref=number,
        name=f"'Customer ' || {number}", complete_name=f"'Customer ' || {number}",
        commercial_partner_id='NULL',
    )
    env.cr.execute('UPDATE res_partner SET commercial_partner_id = id WHERE id > %s AND ref LIKE %s', (base, 'C%'))
    return base


def products(env) -> list[int]:
    """Make services P0, P1 and so on, with the company's own sales tax."""
    return env['product.product'].create([
        {'name': f"Service {number}", 'default_code': f'P{number}', 'type': 'service', 'list_price': PRICE}
        for number in range(PRODUCTS)
    ]).ids


def services(shape: str):
    """Return the expressions of each service of a contract, and the condition under which it has it."""
    return (FIRST_SERVICE[shape], 'TRUE'), (SECOND_SERVICE, HAS_SECOND[shape])


def service_columns(service: dict[str, str], product_ids: list[int]) -> dict[str, str]:
    """Return the expressions of the columns that contract lines have in every module."""
    return {
        'product_id': f"(ARRAY{product_ids})[1 + {service['product']}]",
        'name': f"'Service ' || ({service['product']})",
        'quantity': service['quantity'],
        'discount': service['discount'],
    }


def bare(env, count: int) -> None:
    """Seed what core needs: customers and products."""
    customers(env, count)
    products(env)
    env.cr.execute('ANALYZE')


def contracts(env, count: int, shape: str) -> None:
    """Seed contracts of this project, active and due since the first day of this month."""
    base = customers(env, count)
    product_ids = products(env)
    contract = _prototype(env, base + 1, product_ids[0], shape)
    line = contract.line_ids
    env.flush_all()
    contract_base = copy_rows(
        env.cr, 'service_contract', contract.id, count, name="'CT/' || lpad(i::text, 6, '0')",
        partner_id=f'{base} + i', partner_invoice_id=f'{base} + i', access_token='NULL',
    )
    for service, where in services(shape):
        columns = _line_columns(service, product_ids)
        line_base = copy_rows(
            env.cr, 'service_contract_line', line.id, count, where,
            contract_id=f'{contract_base} + i', partner_id=f'{base} + i', **columns,
        )
        copy_relation(env.cr, line._fields['tax_ids'], line.id, line_base, count, where)
    env.cr.execute('DELETE FROM service_contract_line WHERE id = %s', (line.id,))
    env.cr.execute('DELETE FROM service_contract WHERE id = %s', (contract.id,))
    env.cr.execute('ANALYZE')


def _line_columns(service: dict[str, str], product_ids: list[int]) -> dict[str, str]:
    price = service['price_unit']
    amount = f"round(({service['quantity']}) * ({price}) * (100 - {service['discount']}) / 100.0, 2)"
    return {
        **service_columns(service, product_ids),
        'price_unit': price, 'given_price_unit': price, 'price_subtotal': amount, 'recurring_monthly': amount,
        'price_total': f'round({amount} * 1.15, 2)',
    }


def _prototype(env, partner_id: int, product_id: int, shape: str):
    """Make one active contract in the ordinary way."""
    contract = env['service.contract'].create({
        'partner_id': partner_id, 'date_start': first_of_month(), 'user_id': env.ref('base.user_admin').id,
        'plan_id': _plan(env, product_id).id if shape == 'shared' else False,
    })
    if shape == 'shared':
        contract.action_load_plan()
    else:
        contract.line_ids = [Command.create({'product_id': product_id})]
    contract.action_activate()
    return contract


def _plan(env, product_id: int):
    return env['service.plan'].create({
        'name': "Plan",
        'line_ids': [Command.create({'product_id': product_id, 'price_source': 'fixed', 'price_unit': PRICE})],
    })


def first_of_month() -> date:
    return date.today().replace(day=1)

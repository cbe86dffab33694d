"""Core's way: create and post the very invoices that our run made, in batches, a commit each."""

import json
from datetime import date
from pathlib import Path

from odoo.fields import Command

from benchmarks.kit.child import measures, wait_for_go
from benchmarks.kit.meter import Meter

BATCH = 500


@measures
def invoice(env, source: str, warm_up: int) -> dict:
    """Make the invoices of a file, as a plain script would."""
    vals_list = _vals_list(env, json.loads(Path(source).read_text()))
    _create_and_post(env, vals_list[:warm_up])
    wait_for_go()
    with Meter(env.cr) as meter:
        for start in range(warm_up, len(vals_list), BATCH):
            _create_and_post(env, vals_list[start:start + BATCH])
    return meter.as_dict()


def _create_and_post(env, vals_list: list[dict]) -> None:
    env['account.move'].create(vals_list).action_post()
    env.cr.commit()


def _vals_list(env, invoices: list[dict]) -> list[dict]:
    """Return values for ``create``; customers and products are found by their references."""
    partners = {partner.ref: partner.id for partner in env['res.partner'].search([('ref', 'like', 'C%')])}
    products = {product.default_code: product.id for product in env['product.product'].search([])}
    return [_vals(invoice, partners, products) for invoice in invoices]


def _vals(invoice: dict, partners: dict[str, int], products: dict[str, int]) -> dict:
    header = {name: value for name, value in invoice['header'].items() if value is not None}
    return {
        **header,
        'move_type': 'out_invoice',
        'partner_id': partners[invoice['customer']],
        'invoice_date': date.fromisoformat(invoice['header']['invoice_date']),
        'invoice_line_ids': [
            Command.create({
                **line['vals'], 'product_id': products[line['product']], 'tax_ids': [Command.set(line['taxes'])],
            }) for line in invoice['lines']
        ],
    }

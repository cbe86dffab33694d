"""Prices: of a product itself, or of a pricelist from a quantity and a day on."""

from decimal import Decimal

from odoo import models

from ..rules.values import Field, row_key
from .exchange_kind import total


class ExchangeKindPrices(models.AbstractModel):
    _name = 'exchange.kind.prices'
    _description = "Exchange of Prices"
    _inherit = 'exchange.kind'

    _exchange_kind = 'prices'

    def _exchange_label(self):
        return self.env._("Prices")

    def _exchange_fields(self):
        env = self.env
        return [
            Field('product', env._("Product reference"), is_required=True, is_key=True),
            Field('pricelist', env._("Pricelist"), is_key=True,
                  help=env._("Left empty: the sales price of the product")),
            Field('min_quantity', env._("From quantity"), 'number', is_key=True),
            Field('date_start', env._("From day"), 'date', is_key=True),
            Field('date_end', env._("Until day"), 'date'),
            Field('price', env._("Price"), 'number', is_required=True, is_amount=True),
        ]

    def _exchange_take(self, items):
        products = self._products(items)
        results: list[dict | None] = [None] * len(items)
        listed = []
        for place, item in enumerate(items):
            if item.get('pricelist'):
                listed.append((place, {**item, '_key': self._key(item)}))
            else:
                product = products[item['product']]
                changes = self._differing(product, {'list_price': float(item['price'])})
                if changes:
                    product.write(changes)
                results[place] = {'result': 'updated' if changes else 'unchanged', 'id': product.id}
        known = {
            key: self.env['product.pricelist.item'].browse(link.res_id)
            for key, link in self.env['exchange.link']._find(
                'product.pricelist.item', [item['_key'] for _place, item in listed],
            ).items()
        }
        taken = self._take_simple(
            'product.pricelist.item', [item for _place, item in listed], known, '_key',
            lambda item, _record: self._prepare_vals(item, products),
        )
        for (place, _item), result in zip(listed, taken, strict=True):
            results[place] = result
        return results

    def _products(self, items: list[dict]) -> dict:
        products = self._find_linked('product.product', 'default_code', [item['product'] for item in items])
        for item in items:
            if item['product'] not in products:
                self._find_one('product.product', 'default_code', item['product'], self.env._("product"))
        return products

    def _prepare_vals(self, item: dict, products: dict) -> dict:
        pricelist = self._find_one('product.pricelist', 'name', item['pricelist'], self.env._("pricelist"))
        product = products[item['product']]
        return {
            'pricelist_id': pricelist.id,
            'applied_on': '0_product_variant',
            'product_id': product.id,
            'product_tmpl_id': product.product_tmpl_id.id,
            'compute_price': 'fixed',
            'fixed_price': float(item['price']),
            'min_quantity': float(item.get('min_quantity', 0)),
            'date_start': item.get('date_start', False),
            'date_end': item.get('date_end', False),
        }

    def _differing(self, record, vals):
        # EXTENDS exchange.kind: rules of pricelists keep moments, files have days
        changes = super()._differing(record, vals)
        for name in ('date_start', 'date_end'):
            if name in changes and record[name] and changes[name] and record[name].date() == changes[name]:
                del changes[name]
        return changes

    def _key(self, item: dict) -> str:
        return row_key(item, self._exchange_fields())

    def _exchange_figures(self, items):
        links = self.env['exchange.link']._find(
            'product.pricelist.item', [self._key(item) for item in items if item.get('pricelist')],
        )
        rules = self.env['product.pricelist.item'].browse([link.res_id for link in links.values()])
        plain = [item['product'] for item in items if not item.get('pricelist')]
        products = self._find_linked('product.product', 'default_code', plain)
        amount = total(rules.mapped('fixed_price')) + total(product.list_price for product in products.values())
        return len(links) + len(products), amount

    def _exchange_give(self, since, after, limit):
        domain = [
            ('id', '>', after), ('compute_price', '=', 'fixed'), ('product_tmpl_id', '!=', False),
            ('pricelist_id.company_id', 'in', [False, self.env.company.id]),
        ]
        if since:
            domain.append(('write_date', '>=', since))
        items = self.env['product.pricelist.item'].search(domain, order='id', limit=limit)
        return [{
            '_id': item.id,
            'product': (item.product_id or item.product_tmpl_id.product_variant_id).default_code or '',
            'pricelist': item.pricelist_id.name,
            'min_quantity': Decimal(f'{item.min_quantity:.6f}').normalize(),
            'date_start': item.date_start.date() if item.date_start else '',
            'date_end': item.date_end.date() if item.date_end else '',
            'price': Decimal(f'{item.fixed_price:.6f}').normalize(),
        } for item in items]

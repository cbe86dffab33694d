"""Products and services by their internal reference."""

from decimal import Decimal

from odoo import models
from odoo.fields import Command

from ..rules.values import Field
from .exchange_kind import total


class ExchangeKindProducts(models.AbstractModel):
    _name = 'exchange.kind.products'
    _description = "Exchange of Products"
    _inherit = 'exchange.kind'

    _exchange_kind = 'products'

    def _exchange_label(self):
        return self.env._("Products and services")

    def _exchange_fields(self):
        env = self.env
        return [
            Field('default_code', env._("Reference"), is_required=True, is_key=True),
            Field('name', env._("Name"), is_required=True),
            Field('list_price', env._("Sales price"), 'number', is_amount=True),
            Field('type', env._("Type"), help=env._("service, consu or combo; service if left out")),
            Field('category', env._("Category")),
            Field('description_sale', env._("Sales description")),
            Field('taxes', env._("Sales taxes"), help=env._("Names, separated by |")),
            Field('barcode', env._("Barcode")),
            Field('active', env._("Active"), 'boolean'),
        ]

    def _exchange_take(self, items):
        known = self._find_linked('product.product', 'default_code', [item['default_code'] for item in items])
        return self._take_simple('product.product', items, known, 'default_code', self._prepare_vals)

    def _prepare_vals(self, item: dict, product) -> dict:
        names = ('default_code', 'name', 'description_sale', 'barcode', 'active')
        vals = {name: item[name] for name in names if name in item}
        if 'list_price' in item:
            vals['list_price'] = float(item['list_price'])
        if 'type' in item or not product:
            vals['type'] = item.get('type', 'service')
        if 'category' in item:
            category = self.env['product.category'].search([('complete_name', '=', item['category'])], limit=1)
            category = category or self._find_one('product.category', 'name', item['category'], self.env._("category"))
            vals['categ_id'] = category.id
        if 'taxes' in item:
            taxes = self._taxes(item['taxes'])
            if not product or product.taxes_id._filter_taxes_by_company(self.env.company) != taxes:
                vals['taxes_id'] = [Command.set(taxes.ids)]
        return vals

    def _taxes(self, names: str):
        taxes = self.env['account.tax']
        for name in filter(None, (part.strip() for part in names.split('|'))):
            domain = [('name', '=', name), ('type_tax_use', '=', 'sale'), ('company_id', '=', self.env.company.id)]
            tax = taxes.search(domain, limit=1)
            taxes |= tax or self._find_one('account.tax', 'name', name, self.env._("tax"))
        return taxes

    def _exchange_figures(self, items):
        links = self.env['exchange.link']._find('product.product', [item['default_code'] for item in items])
        priced = {item['default_code'] for item in items if 'list_price' in item}
        products = self.env['product.product'].browse([link.res_id for ref, link in links.items() if ref in priced])
        return len(links), total(products.mapped('list_price')) if products else Decimal(0)

    def _exchange_give(self, since, after, limit):
        domain = [('id', '>', after), ('default_code', '!=', False), ('company_id', 'in', [False, self.env.company.id])]
        if since:
            domain += ['|', ('write_date', '>=', since), ('product_tmpl_id.write_date', '>=', since)]
        products = self.env['product.product'].with_context(active_test=False).search(domain, order='id', limit=limit)
        return [{
            '_id': product.id, 'default_code': product.default_code, 'name': product.name or '',
            'list_price': Decimal(f'{product.list_price:.6f}').normalize(), 'type': product.type,
            'category': product.categ_id.complete_name or '', 'description_sale': product.description_sale or '',
            'taxes': '|'.join(product.taxes_id._filter_taxes_by_company(self.env.company).mapped('name')),
            'barcode': product.barcode or '', 'active': product.active,
        } for product in products]

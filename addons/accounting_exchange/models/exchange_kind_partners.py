"""Customers and suppliers by their internal reference."""

from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from ..rules.values import Field


class ExchangeKindPartners(models.AbstractModel):
    _name = 'exchange.kind.partners'
    _description = "Exchange of Contacts"
    _inherit = 'exchange.kind'

    _exchange_kind = 'partners'

    def _exchange_label(self):
        return self.env._("Customers and suppliers")

    def _exchange_fields(self):
        env = self.env
        return [
            Field('ref', env._("Reference"), is_required=True, is_key=True, help=env._("Names the contact for ever.")),
            Field('name', env._("Name"), is_required=True),
            Field('is_company', env._("Is a company"), 'boolean'),
            Field('email', env._("Email")),
            Field('phone', env._("Phone")),
            Field('street', env._("Street")),
            Field('street2', env._("Street 2")),
            Field('zip', env._("Zip")),
            Field('city', env._("City")),
            Field('state', env._("State code")),
            Field('country', env._("Country code")),
            Field('vat', env._("Tax ID")),
            Field('lang', env._("Language code")),
            Field('payment_term', env._("Payment terms")),
            Field('active', env._("Active"), 'boolean'),
        ]

    def _exchange_take(self, items):
        known = self._find_linked('res.partner', 'ref', [item['ref'] for item in items])
        countries = self._countries(items)
        return self._take_simple(
            'res.partner', items, known, 'ref', lambda item, _partner: self._prepare_vals(item, countries),
        )

    def _prepare_vals(self, item: dict, countries: dict) -> dict:
        names = ('ref', 'name', 'is_company', 'email', 'phone', 'street', 'street2', 'zip', 'city', 'vat', 'active')
        vals = {name: item[name] for name in names if name in item}
        country = self._country(item['country'], countries) if 'country' in item else self.env['res.country']
        if country:
            vals['country_id'] = country.id
        if 'state' in item:
            vals['state_id'] = self._state(item['state'], country).id
        if 'lang' in item:
            vals['lang'] = self._language(item['lang'])
        if 'payment_term' in item:
            term = self._find_one('account.payment.term', 'name', item['payment_term'], self.env._("payment term"))
            vals['property_payment_term_id'] = term.id
        return vals

    def _countries(self, items: list[dict]) -> dict:
        """Return the countries that the items name, by their codes."""
        codes = {item['country'].upper() for item in items if 'country' in item}
        return self.env['res.country'].search([('code', 'in', sorted(codes))]).grouped('code')

    def _country(self, code: str, countries: dict):
        country = countries.get(code.upper())
        if not country:
            raise UserError(self.env._("There is no country with the code “%s”. Send two letters, such as DE.", code))
        return country

    def _state(self, code: str, country):
        state = self.env['res.country.state'].search(
            [('code', '=', code), *([('country_id', '=', country.id)] if country else [])], limit=1,
        )
        if not state:
            raise UserError(self.env._("There is no state with the code “%s” in that country.", code))
        return state

    def _language(self, code: str) -> str:
        language = self.env['res.lang'].search(['|', ('code', '=', code), ('iso_code', '=', code)], limit=1)
        if not language:
            raise UserError(self.env._("The language “%s” is not installed.", code))
        return language.code

    def _exchange_figures(self, items):
        links = self.env['exchange.link']._find('res.partner', [item['ref'] for item in items])
        return len(links), Decimal(0)

    def _exchange_give(self, since, after, limit):
        domain = [('id', '>', after), ('ref', '!=', False), *self._own_company()]
        if since:
            domain.append(('write_date', '>=', since))
        partners = self.env['res.partner'].with_context(active_test=False).search(domain, order='id', limit=limit)
        return [{
            '_id': partner.id, 'ref': partner.ref, 'name': partner.name or '', 'is_company': partner.is_company,
            'email': partner.email or '', 'phone': partner.phone or '', 'street': partner.street or '',
            'street2': partner.street2 or '', 'zip': partner.zip or '', 'city': partner.city or '',
            'state': partner.state_id.code or '', 'country': partner.country_id.code or '', 'vat': partner.vat or '',
            'lang': partner.lang or '', 'payment_term': partner.property_payment_term_id.name or '',
            'active': partner.active,
        } for partner in partners]

    def _own_company(self) -> list:
        return [('company_id', 'in', [False, self.env.company.id])]

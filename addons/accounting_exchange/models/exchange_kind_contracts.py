"""Contracts and usage, where the module for service contracts is installed: its public methods take the rows."""

from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from ..rules.values import Field

CONTRACT_NAMES = ('external_ref', 'partner', 'plan', 'date_start', 'date_end', 'pricelist', 'payment_term', 'activate')
LINE_NAMES = ('product', 'quantity', 'price_unit', 'discount', 'interval_count', 'interval_unit')


class ExchangeKindContracts(models.AbstractModel):
    _name = 'exchange.kind.contracts'
    _description = "Exchange of Contracts"
    _inherit = 'exchange.kind'

    _exchange_kind = 'contracts'
    _exchange_directions = ('in',)
    _exchange_is_grouped = True
    _exchange_needs = 'service.contract'

    def _exchange_label(self):
        return self.env._("Contracts")

    def _exchange_fields(self):
        env = self.env
        return [
            Field('external_ref', env._("External reference"), is_required=True, is_key=True),
            Field('partner', env._("Customer reference"), is_required=True),
            Field('plan', env._("Plan reference")),
            Field('date_start', env._("First day"), 'date'),
            Field('date_end', env._("Last day"), 'date'),
            Field('pricelist', env._("Pricelist")),
            Field('payment_term', env._("Payment terms")),
            Field('activate', env._("Start it"), 'boolean'),
            Field('product', env._("Product reference")),
            Field('quantity', env._("Quantity"), 'number'),
            Field('price_unit', env._("Unit price"), 'number', is_amount=True),
            Field('discount', env._("Discount (%)"), 'number'),
            Field('interval_count', env._("Every"), 'integer'),
            Field('interval_unit', env._("Interval unit"), help=env._("day, week, month, quarter or year")),
        ]

    def _exchange_group(self, rows: list[dict]) -> dict:
        item = {name: rows[0][name] for name in CONTRACT_NAMES if name in rows[0]}
        lines = [{name: row[name] for name in LINE_NAMES if name in row} for row in rows if row.get('product')]
        return {**item, 'lines': lines} if lines else item

    def _exchange_take(self, items):
        contracts = self.env['service.contract'].open_contracts([_remote(item) for item in items])
        return [
            {'result': 'created' if contract['created'] else 'updated', 'id': contract['id']} for contract in contracts
        ]

    def _exchange_figures(self, items):
        contracts = self.env['service.contract'].search([
            ('company_id', '=', self.env.company.id), ('external_ref', 'in', [item['external_ref'] for item in items]),
        ])
        priced = contracts.filtered(lambda contract: any(
            'lines' in item and item['external_ref'] == contract.external_ref for item in items
        ))
        amounts = (Decimal(f'{line.price_unit:.6f}') for line in priced.line_ids)
        return len(contracts), sum(amounts, Decimal(0))


class ExchangeKindUsage(models.AbstractModel):
    _name = 'exchange.kind.usage'
    _description = "Exchange of Usage"
    _inherit = 'exchange.kind'

    _exchange_kind = 'usage'
    _exchange_directions = ('in',)
    _exchange_needs = 'service.usage.record'

    def _exchange_label(self):
        return self.env._("Usage")

    def _exchange_fields(self):
        env = self.env
        return [
            Field('external_ref', env._("External reference"), is_required=True, is_key=True),
            Field('meter', env._("Meter"), is_required=True, is_key=True),
            Field('contract', env._("Contract"), is_required=True),
            Field('moment', env._("Moment (UTC)"), is_required=True, help=env._("2026-01-31 12:30:00")),
            Field('quantity', env._("Quantity"), 'number', is_amount=True),
            Field('key', env._("Key")),
        ]

    def _exchange_take(self, items):
        answer = self.env['service.usage.record'].send_usage([_remote(item) for item in items], partial=False)
        if answer['refused']:
            raise UserError(answer['refused'][0]['reason'])
        records = self._records(items)
        return [
            {'result': 'created', 'id': records.get(item['external_ref'], 0)} for item in items
        ]

    def _records(self, items: list[dict]) -> dict[str, int]:
        records = self.env['service.usage.record'].search([
            ('external_ref', 'in', [item['external_ref'] for item in items]),
            ('company_id', '=', self.env.company.id),
        ])
        return {record.external_ref: record.id for record in records}

    def _exchange_figures(self, items):
        records = self.env['service.usage.record'].browse(self._records(items).values())
        return len(records), sum((Decimal(f'{record.quantity:.6f}') for record in records), Decimal(0))


def _remote(value):
    """Return a value as a remote call would send it."""
    if isinstance(value, dict):
        return {name: _remote(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_remote(part) for part in value]
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value.isoformat() if hasattr(value, 'isoformat') else value

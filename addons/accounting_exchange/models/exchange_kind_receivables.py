"""What customers owe: open items, and the movements of their accounts; handed out only."""

from decimal import Decimal

from odoo import models

from ..rules.values import Field


class ExchangeKindStatements(models.AbstractModel):
    _name = 'exchange.kind.statements'
    _description = "Exchange of Statements"
    _inherit = 'exchange.kind'

    _exchange_kind = 'statements'
    _exchange_directions = ('out',)

    def _exchange_label(self):
        return self.env._("Statements (movements of customers' accounts)")

    def _exchange_fields(self):
        env = self.env
        return [
            Field('item', env._("Item"), 'integer', is_key=True),
            Field('partner', env._("Customer reference")),
            Field('partner_name', env._("Customer")),
            Field('date', env._("Date"), 'date'),
            Field('due_date', env._("Due date"), 'date'),
            Field('number', env._("Number")),
            Field('external_ref', env._("External reference")),
            Field('description', env._("Description")),
            Field('currency', env._("Currency code")),
            Field('debit', env._("Debit"), 'number'),
            Field('credit', env._("Credit"), 'number'),
            Field('amount', env._("Amount"), 'number', is_amount=True),
            Field('amount_open', env._("Amount open"), 'number'),
        ]

    def _exchange_give(self, since, after, limit):
        domain = [('id', '>', after), *self._domain()]
        if since:
            domain.append(('write_date', '>=', since))
        lines = self.env['account.move.line'].search(domain, order='id', limit=limit)
        return [self._row(line) for line in lines]

    def _domain(self) -> list:
        return [
            ('company_id', '=', self.env.company.id), ('parent_state', '=', 'posted'),
            ('account_type', '=', 'asset_receivable'),
        ]

    def _row(self, line) -> dict:
        partner = line.partner_id.commercial_partner_id
        return {
            '_id': line.id,
            'item': line.id,
            'partner': partner.ref or '',
            'partner_name': partner.name or '',
            'date': line.date,
            'due_date': line.date_maturity or '',
            'number': line.move_name or '',
            'external_ref': line.move_id.exchange_ref or '',
            'description': line.name or line.ref or '',
            'currency': line.company_currency_id.name,
            'debit': Decimal(f'{line.debit:.2f}'),
            'credit': Decimal(f'{line.credit:.2f}'),
            'amount': Decimal(f'{line.balance:.2f}'),
            'amount_open': Decimal(f'{line.amount_residual:.2f}'),
        }


class ExchangeKindReceivables(models.AbstractModel):
    _name = 'exchange.kind.receivables'
    _description = "Exchange of Receivables"
    _inherit = 'exchange.kind.statements'

    _exchange_kind = 'receivables'

    def _exchange_label(self):
        return self.env._("Receivables (open items of customers)")

    def _exchange_fields(self):
        return [
            Field(field.name, field.label, field.type, is_key=field.is_key, is_amount=field.name == 'amount_open')
            for field in super()._exchange_fields() if field.name not in ('debit', 'credit')
        ]

    def _domain(self):
        return [*super()._domain(), ('reconciled', '=', False), ('amount_residual', '!=', 0)]

    def _row(self, line):
        row = super()._row(line)
        return {name: value for name, value in row.items() if name not in ('debit', 'credit')}

"""Customer invoices: taken in by external reference, one row a line; handed out with what is open."""

from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..rules.values import Field
from .exchange_kind import QUIET, total


class ExchangeKindInvoices(models.AbstractModel):
    _name = 'exchange.kind.invoices'
    _description = "Exchange of Invoices"
    _inherit = 'exchange.kind'

    _exchange_kind = 'invoices'
    _exchange_is_grouped = True

    def _exchange_label(self):
        return self.env._("Invoices")

    def _exchange_fields(self):
        env = self.env
        return [
            Field('external_ref', env._("External reference"), is_required=True, is_key=True,
                  help=env._("Rows with the same reference are the lines of one invoice and stand together.")),
            Field('partner', env._("Customer reference"), is_required=True),
            Field('date', env._("Invoice date"), 'date', is_required=True),
            Field('due_date', env._("Due date"), 'date'),
            Field('currency', env._("Currency code")),
            Field('product', env._("Product reference")),
            Field('description', env._("Description")),
            Field('quantity', env._("Quantity"), 'number'),
            Field('price_unit', env._("Unit price"), 'number', is_required=True, is_amount=True),
            Field('taxes', env._("Taxes"), help=env._("Names, separated by |; those of the product if left out")),
            Field('is_credit_note', env._("Credit note"), 'boolean'),
            Field('post', env._("Post it"), 'boolean'),
        ]

    def _exchange_out_fields(self):
        env = self.env
        return [
            Field('external_ref', env._("External reference"), is_key=True),
            Field('number', env._("Number")),
            Field('type', env._("Type")),
            Field('partner', env._("Customer reference")),
            Field('partner_name', env._("Customer")),
            Field('date', env._("Invoice date"), 'date'),
            Field('due_date', env._("Due date"), 'date'),
            Field('currency', env._("Currency code")),
            Field('amount_untaxed', env._("Untaxed amount"), 'number'),
            Field('amount_tax', env._("Tax"), 'number'),
            Field('amount_total', env._("Total"), 'number', is_amount=True),
            Field('amount_open', env._("Amount open"), 'number'),
            Field('payment_state', env._("Payment state")),
            Field('state', env._("State")),
        ]

    def _exchange_take(self, items):
        """Take invoices: items with ``lines`` (from calls), or rows that were grouped by their reference."""
        links = self.env['exchange.link']._find('account.move', [item['external_ref'] for item in items])
        partners = self._find_linked('res.partner', 'ref', [item['partner'] for item in items])
        results, records, digests = [], {}, {}
        for item in items:
            ref, digest = item['external_ref'], self._digest(item)
            if item['partner'] not in partners:
                self._find_one('res.partner', 'ref', item['partner'], self.env._("customer"))
            link = links.get(ref)
            invoice = self.env['account.move'].browse(link.res_id) if link else self.env['account.move']
            if link and link.digest == digest:
                results.append({'result': 'unchanged', 'id': invoice.id})
                continue
            results.append({'result': 'updated' if invoice else 'created'})
            records[ref] = self._write_invoice(item, invoice, partners[item['partner']])
            results[-1]['id'] = records[ref].id
            digests[ref] = digest
        self.env['exchange.link']._bind('account.move', records, digests)
        self.env.flush_all()
        return results

    def _write_invoice(self, item: dict, invoice, partner):
        vals = self._prepare_vals(item, partner)
        if invoice and invoice.state != 'draft':
            raise UserError(self.env._(
                "Invoice “%(ref)s” is %(state)s as %(number)s and differs from what was sent. Send a credit note.",
                ref=item['external_ref'], number=invoice.name,
                state=dict(invoice._fields['state']._description_selection(self.env))[invoice.state],
            ))
        if invoice:
            invoice.write({**vals, 'invoice_line_ids': [Command.clear(), *vals['invoice_line_ids']]})
        else:
            invoice = invoice.with_context(**QUIET).create(vals)
        if item.get('post'):
            invoice.action_post()
        return invoice

    def _prepare_vals(self, item: dict, partner) -> dict:
        currency = self.env['exchange.kind.payments']._currency(item)
        vals = {
            'move_type': 'out_refund' if item.get('is_credit_note') else 'out_invoice',
            'partner_id': partner.id,
            'exchange_ref': item['external_ref'],
            'ref': item['external_ref'],
            'invoice_date': item['date'],
            'currency_id': currency.id,
            'company_id': self.env.company.id,
            'invoice_line_ids': [Command.create(self._prepare_line_vals(line)) for line in item.get('lines') or [item]],
        }
        if item.get('due_date'):
            vals |= {'invoice_date_due': item['due_date'], 'invoice_payment_term_id': False}
        return vals

    def _prepare_line_vals(self, line: dict) -> dict:
        vals = {'quantity': float(line.get('quantity', 1)), 'price_unit': float(line['price_unit'])}
        if line.get('product'):
            products = self._find_linked('product.product', 'default_code', [line['product']])
            if line['product'] not in products:
                self._find_one('product.product', 'default_code', line['product'], self.env._("product"))
            vals['product_id'] = products[line['product']].id
        if line.get('description') or not line.get('product'):
            vals['name'] = line.get('description') or '/'
        if 'taxes' in line:
            vals['tax_ids'] = [Command.set(self.env['exchange.kind.products']._taxes(line['taxes']).ids)]
        return vals

    def _exchange_group(self, rows: list[dict]) -> dict:
        """Return the rows of one invoice as one item with lines."""
        names = ('product', 'description', 'quantity', 'price_unit', 'taxes')
        head = {name: value for name, value in rows[0].items() if name not in names}
        return {**head, 'lines': [{name: row[name] for name in names if name in row} for row in rows]}

    def _exchange_figures(self, items):
        links = self.env['exchange.link']._find('account.move', [item['external_ref'] for item in items])
        moves = self.env['account.move'].browse([link.res_id for link in links.values()])
        lines = moves.invoice_line_ids.filtered(lambda line: line.display_type == 'product')
        return len(moves), total(line.price_unit for line in lines)

    def _exchange_give(self, since, after, limit):
        domain = [
            ('id', '>', after), ('company_id', '=', self.env.company.id), ('state', 'in', ('posted', 'cancel')),
            ('move_type', 'in', ('out_invoice', 'out_refund')),
        ]
        if since:
            domain.append(('write_date', '>=', since))
        moves = self.env['account.move'].search(domain, order='id', limit=limit)
        return [self._row(move) for move in moves]

    def _row(self, move) -> dict:
        return {
            '_id': move.id,
            'external_ref': move.exchange_ref or move.name,
            'number': move.name,
            'type': 'credit_note' if move.move_type == 'out_refund' else 'invoice',
            'partner': move.partner_id.ref or '',
            'partner_name': move.partner_id.name or '',
            'date': move.invoice_date or move.date,
            'due_date': move.invoice_date_due or '',
            'currency': move.currency_id.name,
            'amount_untaxed': Decimal(f'{move.amount_untaxed:.2f}'),
            'amount_tax': Decimal(f'{move.amount_tax:.2f}'),
            'amount_total': Decimal(f'{move.amount_total:.2f}'),
            'amount_open': Decimal(f'{move.amount_residual:.2f}'),
            'payment_state': move.payment_state or '',
            'state': move.state,
        }

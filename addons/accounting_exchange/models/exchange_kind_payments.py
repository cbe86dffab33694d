"""Incoming payments: registered once by the reference of whoever took the money."""

from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from ..rules.values import Field
from .exchange_kind import total


class ExchangeKindPayments(models.AbstractModel):
    _name = 'exchange.kind.payments'
    _description = "Exchange of Payments"
    _inherit = 'exchange.kind'

    _exchange_kind = 'payments'

    def _exchange_label(self):
        return self.env._("Payments")

    def _exchange_fields(self):
        env = self.env
        return [
            Field('external_ref', env._("External reference"), is_required=True, is_key=True),
            Field('partner', env._("Customer reference"), is_required=True),
            Field('amount', env._("Amount"), 'number', is_required=True, is_amount=True),
            Field('date', env._("Date"), 'date', is_required=True),
            Field('currency', env._("Currency code")),
            Field('journal', env._("Journal code"), help=env._("The first bank journal if left out")),
            Field('invoices', env._("Invoices"), help=env._("Numbers or external references, separated by |")),
            Field('memo', env._("Memo")),
        ]

    def _exchange_out_fields(self):
        env = self.env
        return [
            Field('external_ref', env._("External reference"), is_key=True),
            Field('number', env._("Number")),
            Field('partner', env._("Customer reference")),
            Field('partner_name', env._("Customer")),
            Field('amount', env._("Amount"), 'number', is_amount=True),
            Field('date', env._("Date"), 'date'),
            Field('currency', env._("Currency code")),
            Field('journal', env._("Journal code")),
            Field('invoices', env._("Invoices")),
            Field('memo', env._("Memo")),
            Field('state', env._("State")),
        ]

    def _exchange_take(self, items):
        links = self.env['exchange.link']._find('account.payment', [item['external_ref'] for item in items])
        partners = self._find_linked('res.partner', 'ref', [item['partner'] for item in items])
        results, made, digests = [], {}, {}
        for item in items:
            ref, digest = item['external_ref'], self._digest(item)
            if link := links.get(ref):
                if link.digest and link.digest != digest:
                    raise UserError(self.env._(
                        "Payment “%s” was registered with other values. Take it back in the office, "
                        "or send another one.", ref,
                    ))
                results.append({'result': 'unchanged', 'id': link.res_id})
                continue
            if item['partner'] not in partners:
                self._find_one('res.partner', 'ref', item['partner'], self.env._("customer"))
            made[ref], digests[ref] = self._register_payment(item, partners[item['partner']]), digest
            results.append({'result': 'created', 'id': made[ref].id})
        self.env['exchange.link']._bind('account.payment', made, digests)
        self.env.flush_all()
        return results

    def _register_payment(self, item: dict, partner):
        """Create and post a payment, and let it settle the invoices that it names."""
        if item['amount'] <= 0:
            raise UserError(self.env._("The amount of payment “%s” must be positive.", item['external_ref']))
        invoices = self._invoices(item, partner)
        payment = self.env['account.payment'].create(self._prepare_vals(item, partner, invoices))
        payment.action_post()
        self._settle(payment, invoices)
        return payment

    def _prepare_vals(self, item: dict, partner, invoices) -> dict:
        return {
            'payment_type': 'inbound',
            'partner_type': 'customer',
            'partner_id': partner.id,
            'amount': float(item['amount']),
            'date': item['date'],
            'currency_id': self._currency(item).id,
            'journal_id': self._journal(item).id,
            'memo': item.get('memo') or item['external_ref'],
            'exchange_ref': item['external_ref'],
            'invoice_ids': [(6, 0, invoices.ids)],
        }

    def _currency(self, item: dict):
        if not item.get('currency'):
            return self.env.company.currency_id
        return self._find_one('res.currency', 'name', item['currency'], self.env._("currency"))

    def _journal(self, item: dict):
        Journal = self.env['account.journal']
        if item.get('journal'):
            return self._find_one('account.journal', 'code', item['journal'], self.env._("journal"))
        journal = Journal.search([('type', '=', 'bank'), ('company_id', '=', self.env.company.id)], limit=1)
        if not journal:
            raise UserError(self.env._("%s has no bank journal. Create one, or name a journal.", self.env.company.name))
        return journal

    def _invoices(self, item: dict, partner):
        """Return the invoices that a payment names, by number or external reference."""
        names = [name.strip() for name in item.get('invoices', '').split('|') if name.strip()]
        invoices = self.env['account.move']
        for name in names:
            found = invoices.search([
                ('company_id', '=', self.env.company.id), ('state', '=', 'posted'), ('move_type', '=', 'out_invoice'),
                ('commercial_partner_id', '=', partner.commercial_partner_id.id),
                '|', ('name', '=', name), ('exchange_ref', '=', name),
            ], limit=1)
            if not found:
                raise UserError(self.env._(
                    "Customer %(partner)s has no posted invoice “%(name)s”.",
                    partner=partner.ref or partner.name, name=name,
                ))
            invoices |= found
        return invoices

    def _settle(self, payment, invoices) -> None:
        """Reconcile the payment with what is open of the invoices, oldest maturity first."""
        paid = payment.move_id.line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')
        for account in paid.account_id:
            lines = invoices.line_ids.filtered(lambda line, account=account: (
                line.account_id == account and not line.reconciled
            )).sorted(lambda line: (line.date_maturity or line.date, line.id))
            if lines:
                (paid.filtered(lambda line, account=account: line.account_id == account) + lines).reconcile()
        invoices.matched_payment_ids += payment

    def _exchange_figures(self, items):
        links = self.env['exchange.link']._find('account.payment', [item['external_ref'] for item in items])
        payments = self.env['account.payment'].browse([link.res_id for link in links.values()])
        live = payments.filtered(lambda payment: payment.state in ('in_process', 'paid'))
        return len(live), total(live.mapped('amount'))

    def _exchange_give(self, since, after, limit):
        domain = [('id', '>', after), ('company_id', '=', self.env.company.id), ('state', '!=', 'draft')]
        if since:
            domain.append(('write_date', '>=', since))
        payments = self.env['account.payment'].search(domain, order='id', limit=limit)
        return [self._row(payment) for payment in payments]

    def _row(self, payment) -> dict:
        return {
            '_id': payment.id,
            'external_ref': payment.exchange_ref or payment.name or str(payment.id),
            'number': payment.name or '',
            'partner': payment.partner_id.ref or '',
            'partner_name': payment.partner_id.name or '',
            'amount': Decimal(f'{payment.amount:.2f}') * (1 if payment.payment_type == 'inbound' else -1),
            'date': payment.date,
            'currency': payment.currency_id.name,
            'journal': payment.journal_id.code,
            'invoices': '|'.join(payment.reconciled_invoice_ids.mapped('name')),
            'memo': payment.memo or '',
            'state': payment.state,
        }

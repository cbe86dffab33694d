"""The customer's transactions: searched, filtered by status and days, each with what it paid, to take away as XLSX."""

from odoo import http
from odoo.addons.dunning_sms.controllers.statement_page import day_of
from odoo.addons.dunning_sms.controllers.statement_workbook import XLSX
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.fields import Domain
from odoo.http import content_disposition, request

from ..models.customer_transaction import KINDS, STATES
from .own_rows import OwnRows

LIST = '/my/transactions'
TEXT_LIMIT = 80
WORKBOOK_ROWS = 10_000


class Transactions(OwnRows):

    @http.route([LIST, f'{LIST}/page/<int:page>'], type='http', auth='user', website=True, methods=['GET'])
    def my_transactions(self, page=1, **asked):
        """Show the own transactions; an unknown sorting or filter is read as the first of its kind."""
        chosen = self._chosen(asked)
        Transaction, domain = request.env['customer.transaction'], self._transaction_domain(chosen)
        if not Transaction.has_access('read'):
            return request.redirect('/my')
        pager = portal_pager(url=LIST, total=Transaction.search_count(domain), page=page, step=self._items_per_page,
                             url_args=chosen)
        rows = Transaction.search(domain, order=self._sortings()[chosen['sortby']]['order'],
                                  limit=self._items_per_page, offset=pager['offset'])
        return self._show(
            'portal_transactions', 'transactions', **chosen, rows=rows, pager=pager, default_url=LIST,
            paid=self._paid_invoices(rows), searchbar_sortings=self._sortings(), searchbar_filters=self._filters(),
            searchbar_inputs=self._inputs(), kinds=Transaction._fields['kind']._description_selection(request.env),
        )

    @http.route(f'{LIST}/xlsx', type='http', auth='user', website=True, methods=['GET'])
    def my_transactions_workbook(self, **asked):
        """Hand out the same list as a workbook, the newest rows of it."""
        Transaction, chosen = request.env['customer.transaction'], self._chosen(asked)
        if not Transaction.has_access('read'):
            return request.redirect('/my')
        rows = Transaction.search(self._transaction_domain(chosen), limit=WORKBOOK_ROWS)
        content = request.env['account.statement']._workbook_of({
            request.env._("Transactions"): self._sheet(rows, self._paid_invoices(rows))})
        return request.make_response(content, [
            ('Content-Type', XLSX),
            ('Content-Disposition', content_disposition(request.env._("Transactions.xlsx"))),
        ])

    def _chosen(self, asked: dict) -> dict:
        """Return what was asked for, in words that are known."""
        def known(name, names):
            return asked.get(name) if asked.get(name) in names else next(iter(names))

        return {
            'sortby': known('sortby', self._sortings()), 'filterby': known('filterby', self._filters()),
            'search_in': known('search_in', self._inputs()), 'search': str(asked.get('search') or '')[:TEXT_LIMIT],
            'kind': known('kind', ['', *dict(KINDS)]),
            'date_begin': str(day_of(asked.get('date_begin')) or ''),
            'date_end': str(day_of(asked.get('date_end')) or ''),
        }

    def _transaction_domain(self, chosen: dict) -> Domain:
        domain = Domain(self._own_domain()) & self._filters()[chosen['filterby']]['domain']
        if chosen['kind']:
            domain &= Domain('kind', '=', chosen['kind'])
        if chosen['date_begin']:
            domain &= Domain('date', '>=', chosen['date_begin'])
        if chosen['date_end']:
            domain &= Domain('date', '<=', chosen['date_end'])
        return domain & self._search_domain(chosen['search_in'], chosen['search'])

    def _search_domain(self, search_in: str, text: str) -> Domain:
        if not text:
            return Domain.TRUE
        number = Domain('name', 'ilike', text) | Domain('reference', 'ilike', text)
        invoices = request.env['account.move'].search([*self._own_domain(), ('name', 'ilike', text)])
        paying = request.env['customer.transaction']._paying(invoices)
        return {'all': number | paying, 'number': number, 'invoice': paying}[search_in]

    def _paid_invoices(self, rows) -> dict:
        """Return by transaction the invoices it paid that the customer may read, each with its amount."""
        paid = rows._paid()
        ids = {row['invoice_id'] for rows in paid.values() for row in rows}
        invoices = {move.id: move for move in request.env['account.move'].search([('id', 'in', list(ids))])}
        return {
            key: [(invoices[row['invoice_id']], row['amount']) for row in rows if row['invoice_id'] in invoices]
            for key, rows in paid.items()
        }

    def _sheet(self, rows, paid: dict) -> list[list]:
        _ = request.env._
        kinds, states = (dict(rows._fields[name]._description_selection(request.env)) for name in ('kind', 'state'))
        heading = [_("Date"), _("Status"), _("Number"), _("Reference"), _("Pays"), _("Amount"), _("Left as credit"),
                   _("Currency"), _("Kind")]
        return [heading, *(
            [row.date, states[row.state], row.name or '', row.reference or '',
             ', '.join(invoice.name for invoice, _amount in paid[row.id]), row.amount, row.amount_unused,
             row.currency_id.name, kinds[row.kind]] for row in rows
        )]

    def _sortings(self) -> dict:
        _ = request.env._
        return {
            'newest': {'label': _("Newest"), 'order': 'date desc, id desc'},
            'oldest': {'label': _("Oldest"), 'order': 'date, id'},
            'amount': {'label': _("Amount"), 'order': 'amount desc, id desc'},
        }

    def _filters(self) -> dict:
        labels = dict(request.env['customer.transaction']._fields['state']._description_selection(request.env))
        return {
            'all': {'label': request.env._("All"), 'domain': Domain.TRUE},
            **{state: {'label': labels[state], 'domain': Domain('state', '=', state)} for state, _label in STATES},
        }

    def _inputs(self) -> dict:
        _ = request.env._
        return {
            'all': {'input': 'all', 'label': _("Search in everything")},
            'number': {'input': 'number', 'label': _("Search in number and reference")},
            'invoice': {'input': 'invoice', 'label': _("Search in what was paid")},
        }

"""Where the fast way is allowed, and which drafts share a mould; the ordinary way is always right."""

from __future__ import annotations

from odoo.api import Environment

from .draft import InvoiceDraft, InvoiceItem

REVIEWED_OVERRIDES = {
    ('account.move', 'create'): {'account', 'mail', 'sale', 'utm'},
    ('account.move', '_post'): {'account', 'sale', 'service_contracts', 'stock_account'},
    ('account.move', 'action_post'): {'account', 'sale'},
    ('account.move', '_compute_payment_reference'): {'account'},
    ('account.move', '_get_invoice_computed_reference'): {'account'},
    ('account.move', '_compute_needed_terms'): {'account', 'service_contracts'},
    ('account.move.line', 'create'): {'account', 'sale'},
    ('account.move.line', '_create_analytic_lines'): {'account'},
}
"""Modules whose share in making and posting an invoice was read: nothing in it is lost by copying rows.

Any other module (electronic invoicing, a country's rules) sends all invoices the ordinary way until it says by
``review`` that its share does nothing for an invoice of a contract. Stock valuation adds lines for storable goods
only, so an invoice with such goods goes the ordinary way.
"""
FRAMEWORK = {'base', 'mail', 'portal', 'web', 'bus', 'analytic', 'sequence'}

Shape = tuple


def review(module: str, *overrides: tuple[str, str]) -> None:
    """Let a module say that its overrides, (model, method), leave invoices of contracts as core makes them."""
    for override in overrides:
        REVIEWED_OVERRIDES[override].add(module)


def is_company_eligible(company) -> bool:
    """Tell whether invoices of the company may take the fast way at all."""
    env = company.env
    return (
        company.service_fast_posting
        and not unreviewed_overrides(env)
        and not env['account.analytic.distribution.model'].sudo().search_count([], limit=1)  # sudo: a yes or no
        and not _has_automation(env)
    )


def unreviewed_overrides(env: Environment) -> list[str]:
    """Return ``module: model.method`` of what changes invoices in ways nobody here has read."""
    return [
        f'{module}: {model}.{method}'
        for (model, method), reviewed in REVIEWED_OVERRIDES.items()
        for module in _modules_defining(env, model, method) - reviewed - FRAMEWORK
    ]


def _modules_defining(env: Environment, model: str, method: str) -> set[str]:
    return {
        cls._module for cls in type(env[model]).mro()
        if method in vars(cls) and getattr(cls, '_module', None)
    }


def _has_automation(env: Environment) -> bool:
    if 'base.automation' not in env:
        return False
    domain = [('model_id.model', 'in', ('account.move', 'account.move.line'))]
    return bool(env['base.automation'].sudo().search_count(domain, limit=1))  # sudo: a yes or no


class ShapeFinder:
    """Finds the shape of drafts of one company, looking up each journal, tax and product once."""

    def __init__(self, company, drafts: list[InvoiceDraft]):
        self.company = company
        self.env = company.env
        self._partner_ids = tuple({draft.vals['partner_id'] for draft in drafts})
        self._remembered: dict[tuple, object] = {}

    def shape(self, draft: InvoiceDraft) -> Shape | None:
        """Return what the draft shares with all drafts that can be copied from one mould, or None."""
        vals = draft.vals
        if vals['move_type'] != 'out_invoice' or vals.get('invoice_cash_rounding_id'):
            return None
        if vals['currency_id'] != self.company.currency_id.id:
            return None
        if not (self._is_simple_journal(vals['journal_id']) and self._is_simple_term(vals['invoice_payment_term_id'])):
            return None
        if self._is_locked(vals['journal_id'], vals['invoice_date']):
            return None
        items = [self._item_shape(draft, item) for item in draft.items]
        if None in items:
            return None
        partner = self.env['res.partner'].with_company(self.company).browse(vals['partner_id'])
        partner = partner.with_prefetch(self._partner_ids)
        receivable = partner.commercial_partner_id.property_account_receivable_id
        header = tuple(vals[name] or 0 for name in (
            'journal_id', 'fiscal_position_id', 'invoice_payment_term_id', 'preferred_payment_method_line_id',
        ))
        return self.company.id, *header, receivable.id, partner.lang, tuple(items)

    def _item_shape(self, draft: InvoiceDraft, item: InvoiceItem) -> tuple | None:
        item.account_id = self._income_account(item.vals['product_id'], draft.vals['fiscal_position_id'])
        simple = item.account_id and not item.vals.get('analytic_distribution') and item.vals['price_unit']
        simple = simple and not self._is_storable(item.vals['product_id'])
        if not (simple and self._are_simple_taxes(item.tax_ids)):
            return None
        tags = self._product_tags(item.vals['product_id'])
        return item.account_id, item.tax_ids, tags, draft.contract_ids.index(item.contract_id)

    def _remember(self, key: tuple, look_up):
        if key not in self._remembered:
            self._remembered[key] = look_up()
        return self._remembered[key]

    def _is_simple_journal(self, journal_id: int) -> bool:
        journal = self.env['account.journal'].browse(journal_id)
        return self._remember(('journal', journal_id), lambda: (
            not journal.restrict_mode_hash_table
            and journal.invoice_reference_model == 'odoo'
            and journal.invoice_reference_type == 'invoice'
        ))

    def _is_simple_term(self, term_id: int | None) -> bool:
        term = self.env['account.payment.term'].browse(term_id)
        return self._remember(('term', term_id), lambda: not term.early_discount)

    def _is_locked(self, journal_id: int, date) -> bool:
        return self._remember(('lock', journal_id, date), lambda: bool(self.company._get_lock_date_violations(
            date, fiscalyear=True, sale=True, purchase=False, tax=True, hard=True,
        )))

    def _are_simple_taxes(self, tax_ids: tuple[int, ...]) -> bool:
        taxes = self.env['account.tax'].browse(tax_ids)
        return self._remember(('taxes', tax_ids), lambda: all(
            tax.tax_exigibility == 'on_invoice' and not tax.analytic for tax in taxes | taxes.children_tax_ids
        ))

    def _income_account(self, product_id: int, fiscal_position_id: int | None) -> int:
        def look_up():
            product = self.env['product.product'].browse(product_id).with_company(self.company)
            position = self.env['account.fiscal.position'].browse(fiscal_position_id)
            return product.product_tmpl_id.get_product_accounts(fiscal_pos=position)['income'].id or 0
        return self._remember(('account', product_id, fiscal_position_id), look_up)

    def _is_storable(self, product_id: int) -> bool:
        """Tell whether a product is kept in stock; without the stock add-on none is."""
        product = self.env['product.product'].browse(product_id)
        return self._remember(('storable', product_id), lambda: (
            'is_storable' in product._fields and product.is_storable
        ))

    def _product_tags(self, product_id: int) -> tuple[int, ...]:
        product = self.env['product.product'].browse(product_id)
        return self._remember(('tags', product_id), lambda: tuple(product.product_tmpl_id.account_tag_ids.ids))

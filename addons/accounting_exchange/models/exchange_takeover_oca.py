"""Reads the contracts of OCA's `contract` and `subscription_oca` from their tables, whether or not they still load."""

from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ..rules.errors import ExchangeError
from ..rules.takeover import OldContract, OldLine, interval

CONTRACTS = """
SELECT contract.id, contract.name, contract.code, contract.partner_id, line.id AS line_id, line.product_id,
       line.name AS line_name, line.quantity, %(price)s AS price_unit, line.discount, line.date_start, line.date_end,
       line.recurring_next_date AS next_date, line.recurring_rule_type AS rule, line.recurring_interval AS every,
       line.recurring_invoicing_type AS invoicing, currency.name AS currency, FALSE AS is_paused,
       (SELECT sum(item.price_subtotal) FROM account_move_line AS item
         WHERE item.contract_line_id = line.id AND item.move_id = (
            SELECT max(last.move_id) FROM account_move_line AS last
             WHERE last.contract_line_id = line.id AND last.parent_state = 'posted')) AS last_amount
  FROM contract_contract AS contract JOIN contract_line AS line ON line.contract_id = contract.id
  LEFT JOIN product_pricelist AS pricelist ON pricelist.id = contract.pricelist_id
  LEFT JOIN res_currency AS currency ON currency.id = coalesce(contract.manual_currency_id, pricelist.currency_id)
 WHERE contract.company_id = %(company)s AND coalesce(contract.active, TRUE) AND contract.contract_type = 'sale'
   AND line.recurring_next_date IS NOT NULL AND line.product_id IS NOT NULL
   AND NOT coalesce(line.is_canceled, FALSE) AND coalesce(line.display_type, '') = ''
 ORDER BY contract.id, line.id
"""
LAST_PRICE = """CASE WHEN line.automatic_price THEN
           (SELECT item.price_unit FROM account_move_line AS item
             WHERE item.contract_line_id = line.id AND item.parent_state = 'posted' ORDER BY item.move_id DESC LIMIT 1)
       ELSE line.specific_price END"""
"""A price that comes from a price list is in no column: what was invoiced last counts."""
SUBSCRIPTIONS = """
SELECT subscription.id, subscription.name, subscription.code, subscription.partner_id, line.id AS line_id,
       line.product_id, line.name AS line_name, line.product_uom_qty AS quantity, line.price_unit, line.discount,
       subscription.date_start, subscription.date AS date_end, subscription.recurring_next_date AS next_date,
       template.recurring_rule_type AS rule, template.recurring_interval AS every, 'pre-paid' AS invoicing,
       currency.name AS currency, %(paused)s AS is_paused,
       CASE WHEN line.id = min(line.id) OVER (PARTITION BY subscription.id) THEN
           (SELECT move.amount_untaxed FROM account_move AS move
             WHERE move.subscription_id = subscription.id AND move.state = 'posted'
             ORDER BY move.invoice_date DESC, move.id DESC LIMIT 1)
       ELSE 0 END AS last_amount
  FROM sale_subscription AS subscription
  JOIN sale_subscription_template AS template ON template.id = subscription.template_id
  JOIN sale_subscription_line AS line ON line.sale_subscription_id = subscription.id
  LEFT JOIN sale_subscription_stage AS stage ON stage.id = subscription.stage_id
  LEFT JOIN res_currency AS currency ON currency.id = subscription.currency_id
 WHERE subscription.company_id = %(company)s AND subscription.recurring_next_date IS NOT NULL
   AND coalesce(subscription.active, TRUE) AND (subscription.in_progress OR stage.type = 'pre')
   AND line.product_id IS NOT NULL
 ORDER BY subscription.id, line.id
"""
QUERIES = {'oca_contract': (CONTRACTS, 'contract_line'), 'oca_subscription': (SUBSCRIPTIONS, 'sale_subscription')}


class ExchangeTakeoverOca(models.AbstractModel):
    _name = 'exchange.takeover.oca'
    _description = "Contracts of OCA"

    def _contracts(self, source: str) -> tuple[list[OldContract], list[tuple[str, ExchangeError]]]:
        """Return the running contracts; lines that differ in rhythm become contracts of their own."""
        query, table = QUERIES[source]
        if not self.env.execute_query(SQL("SELECT to_regclass(%s)", table))[0][0]:
            return [], [(table, ExchangeError('table', name=table))]
        rows = self._rows(query, table)
        groups: dict[tuple, list[dict]] = {}
        for row in rows:
            key = row['id'], row['next_date'], row['rule'], row['every'], row['invoicing']
            groups.setdefault(key, []).append(row)
        found, wrong, seen = [], [], set()
        for (contract_id, *_rhythm), parts in groups.items():
            ref = self._ref(parts[0], contract_id in seen)
            seen.add(contract_id)
            try:
                found.append(self._contract(ref, parts))
            except ExchangeError as error:
                wrong.append((ref, error))
        return found, wrong

    def _rows(self, query: str, table: str) -> list[dict]:
        """Return the rows of a source; SQL because the tables may belong to modules that do not load any more."""
        columns = set(self.env.execute_query(SQL(
            "SELECT array_agg(column_name::text) FROM information_schema.columns WHERE table_name = %s", table,
        ))[0][0])
        self.env.flush_all()
        self.env.cr.execute(SQL(
            query, company=self.env.company.id,
            price=SQL("line.price_unit") if 'price_unit' in columns else SQL(LAST_PRICE),
            paused=SQL("coalesce(subscription.is_paused, FALSE)") if 'is_paused' in columns else SQL("FALSE"),
        ))
        return self.env.cr.dictfetchall()

    def _ref(self, row: dict, is_further: bool) -> str:
        return f"{row['id']}-{row['line_id']}" if is_further else str(row['id'])

    def _contract(self, ref: str, rows: list[dict]) -> OldContract:
        head = rows[0]
        if head['is_paused']:
            raise ExchangeError('paused')
        if any(row['price_unit'] is None for row in rows):
            raise ExchangeError('price')
        unit, count = interval(head['rule'] or '', head['every'] or 1)
        amounts = [row['last_amount'] for row in rows]
        ends = [row['date_end'] for row in rows]
        return OldContract(
            ref=ref, partner=head['partner_id'], partner_values={'name': head['name'] or head['code'] or ref},
            start=head['date_start'] or head['next_date'], next_date=head['next_date'],
            end=max(ends) if all(ends) else None, unit=unit, count=count,
            is_arrears=head['invoicing'] == 'post-paid', currency=head['currency'] or '',
            lines=tuple(OldLine(
                row['product_id'], _text(row['line_name']), _decimal(row['quantity']), _decimal(row['price_unit']),
                _decimal(row['discount']),
            ) for row in rows),
            last_amount=None if None in amounts else sum(map(_decimal, amounts), Decimal(0)),
            ends_with_month=head['rule'] == 'monthlylastday',
        )


def _decimal(value) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal('0.000001')).normalize()


def _text(value) -> str:
    """Return a name that may be kept in several languages."""
    return next(iter(value.values()), '/') if isinstance(value, dict) else value or '/'

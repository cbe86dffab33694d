"""The history of prepaid credit: rows are only added, each with a key, and the balance follows from them."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..posting.rows import column_types, insert_rows, next_ids

INCOMING = ('return', 'unused')
CLOSING = ('expiry', 'refund', 'cancel')
COLUMNS = (
    'billing_entry_id', 'contract_line_id', 'move_id', 'settlement_id', 'origin_id', 'reason', 'date', 'company_value',
    'pending_id',
)


class ServiceCreditEntry(models.Model):
    _name = 'service.credit.entry'
    _description = "Use of Prepaid Credit"
    _order = 'id desc'
    _rec_name = 'key'

    grant_id = fields.Many2one(
        'service.credit.grant', "Credit", required=True, readonly=True, index=True, ondelete='restrict',
    )
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    currency_id = fields.Many2one('res.currency', required=True, readonly=True)
    commercial_partner_id = fields.Many2one('res.partner', "Customer", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(related='grant_id.partner_id', string="Granted to")
    kind = fields.Selection(
        [('draw', "Used"), ('return', "Given back"), ('expiry', "Expired"), ('refund', "Refunded"),
         ('cancel', "Cancelled")],
        required=True, readonly=True,
    )
    key = fields.Char(required=True, readonly=True, help="What happened: it is booked once.")
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    signed_amount = fields.Monetary("Change", required=True, readonly=True, help="Below 0: it went out.")
    balance_after = fields.Monetary("Left", required=True, readonly=True, aggregator=None)
    contract_line_id = fields.Many2one('service.contract.line', "Service", readonly=True, ondelete='set null')
    contract_id = fields.Many2one(related='contract_line_id.contract_id')
    billing_entry_id = fields.Many2one(
        'service.billing.entry', "Charge", readonly=True, index='btree_not_null', ondelete='set null',
        help="The row of the ledger that free credit became.",
    )
    move_id = fields.Many2one('account.move', "Invoice", readonly=True, index='btree_not_null', ondelete='set null')
    settlement_id = fields.Many2one(
        'account.move', "Journal entry", readonly=True, index='btree_not_null', ondelete='restrict',
        help="Of paid credit: what clears the invoice against the liability, or books an expiry as income.",
    )
    origin_id = fields.Many2one(
        'service.credit.entry', "Gives back", readonly=True, index='btree_not_null', ondelete='restrict',
    )
    return_ids = fields.One2many(
        'service.credit.entry', 'origin_id', "Given back by", readonly=True, domain=[('kind', '=', 'return')],
    )
    reason = fields.Char(readonly=True)

    _key_is_unique = models.UniqueIndex("(key)", "This has been booked on the credit already.")
    _returned_once = models.UniqueIndex("(origin_id) WHERE kind = 'return'", "This was given back already.")
    _amount_positive = models.Constraint('CHECK (amount > 0)', "Credit moves by more than 0.")

    def write(self, vals):
        raise UserError(self.env._("The history of a credit is never changed; a row is only added."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of a credit is never deleted."))

    # === BUSINESS === #

    @api.model
    def _lock(self, grant_ids) -> None:
        """Hold credits until the commit; what another transaction changed since makes this one start anew."""
        self.env['service.credit.grant'].flush_model()
        self.env.cr.execute(
            'SELECT id FROM service_credit_grant WHERE id = ANY(%s) ORDER BY id FOR UPDATE', (sorted(set(grant_ids)),),
        )

    @api.model
    def _book(self, rows: list[dict]):
        """Add rows to the history and let the balances follow, with a few statements for all.

        :param rows: ``grant_id``, ``kind``, ``key``, ``amount`` (Decimal) and any of COLUMNS; ``id`` if taken before.
        :return: the rows, in their order.
        """
        if not rows:
            return self.browse()
        self._lock(row['grant_id'] for row in rows)
        rows = self._valued(rows)
        Grant = self.env['service.credit.grant']
        Grant.invalidate_model(['balance'], flush=False)
        grants = Grant.browse(dict.fromkeys(row['grant_id'] for row in rows))
        ids = iter(next_ids(self.env.cr, self._table, len(rows)))
        left = {grant.id: Decimal(str(grant.currency_id.round(grant.balance))) for grant in grants}
        values = [self._prepare_row(row, left, next(ids)) for row in rows]
        insert_rows(self.env.cr, self._table, values, column_types(self.env.cr, self._table))
        self._follow(left, {row['grant_id']: row['kind'] for row in rows})
        return self.browse([row['id'] for row in values])

    def _prepare_row(self, row: dict, left: dict[int, Decimal], row_id: int) -> dict:
        """Return a row for the table, and take its amount off what is left, or put it back.

        :raises UserError: naming the credit that has not so much left.
        """
        grant = self.env['service.credit.grant'].browse(row['grant_id'])
        signed = row['amount'] if row['kind'] in INCOMING else -row['amount']
        left[grant.id] += signed
        if left[grant.id] < 0:
            raise UserError(self.env._(
                "%(credit)s of %(customer)s has not enough left for %(amount)s.",
                credit=grant.name, customer=grant.partner_id.name,
                amount=grant.currency_id.format(float(row['amount'])),
            ))
        uid, now = self.env.uid, self.env.cr.now()
        return {
            'id': row_id, **dict.fromkeys(COLUMNS), 'date': grant.company_id._service_today(), **row,
            'signed_amount': signed, 'balance_after': left[grant.id], 'company_id': grant.company_id.id,
            'currency_id': grant.currency_id.id, 'commercial_partner_id': grant.commercial_partner_id.id,
            'create_uid': uid, 'write_uid': uid, 'create_date': now, 'write_date': now,
        }

    def _follow(self, left: dict[int, Decimal], kinds: dict[int, str]) -> None:
        """Write the balances; the constraint of the table refuses what would fall below 0."""
        Grant = self.env['service.credit.grant']
        rows = [(grant_id, amount, kinds[grant_id] if kinds[grant_id] in CLOSING else None)
                for grant_id, amount in left.items()]
        self.env.cr.execute(SQL(
            """
            UPDATE service_credit_grant AS credit SET balance = v.balance, closed_by = v.closed_by
              FROM (VALUES %s) AS v (id, balance, closed_by) WHERE credit.id = v.id
            """,
            SQL(', ').join(SQL('(%s, %s::numeric, %s::varchar)', *row) for row in rows),
        ))
        grants = Grant.browse(left)
        grants.invalidate_recordset(['balance', 'closed_by', 'entry_ids'], flush=False)
        grants.modified(['balance', 'closed_by'])
        self.invalidate_model(flush=False)

    def _give_back(self, reason: str):
        """Give back what these rows took and did not come back with days not served, once."""
        draws = self.filtered(lambda entry: entry.kind == 'draw' and not entry.return_ids)
        given = draws._still_given()
        left = {
            draw: Decimal(str(draw.currency_id.round(draw.amount))) - given.get(draw.id, 0) for draw in draws
        }
        return self._book([
            {'grant_id': draw.grant_id.id, 'kind': 'return', 'key': f'return:{draw.id}', 'origin_id': draw.id,
             'amount': left[draw], 'reason': reason,
             'billing_entry_id': draw.billing_entry_id.id or None, 'move_id': draw.move_id.id or None,
             'contract_line_id': draw.contract_line_id.id or None}
            for draw in draws if left[draw]
        ])

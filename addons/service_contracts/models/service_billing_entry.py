"""The ledger of what was billed: one live row for each contract line, period and kind."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..posting.rows import column_types, insert_rows, next_ids
from ..rules.billing import ADJUSTMENT, CREDIT

MODELS_WITH_ENTRIES = ('service.contract', 'service.contract.line', 'service.billing.run')


class ServiceBillingEntry(models.Model):
    _name = 'service.billing.entry'
    _description = "Billed Charge"
    _order = 'period_start desc, id desc'
    _rec_name = 'contract_line_id'

    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", required=True, readonly=True, ondelete='restrict',
    )
    contract_id = fields.Many2one(
        'service.contract', required=True, readonly=True, index=True, ondelete='restrict',
    )
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict',
    )
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    currency_id = fields.Many2one('res.currency', required=True, readonly=True)
    kind = fields.Selection(
        [('recurring', "Recurring"), ('one_time', "One time"), ('usage', "Usage"), ('late_usage', "Late usage"),
         ('adjustment', "Adjustment"), ('credit', "Credit used")],
        required=True, readonly=True,
    )
    correction = fields.Integer(
        readonly=True,
        help="Number of the correction of this period by late usage, id of the pending charge, or of the use of "
             "credit; 0 for the charge of the period itself.",
    )
    period_start = fields.Date("From", required=True, readonly=True)
    period_end = fields.Date("Until before", required=True, readonly=True, help="The first day after the period.")
    period_last_day = fields.Date("To", compute='_compute_period_last_day')
    charge_date = fields.Date("Charged on", required=True, readonly=True)
    quantity = fields.Float(digits=(16, 6), readonly=True)
    price_unit = fields.Float("Price", digits='Product Price', readonly=True)
    discount = fields.Float("Discount (%)", digits='Discount', readonly=True)
    amount_untaxed = fields.Monetary("Untaxed amount", readonly=True)
    move_line_id = fields.Many2one(
        'account.move.line', "Invoice line", readonly=True, index='btree_not_null', ondelete='set null',
    )
    move_id = fields.Many2one(
        'account.move', "Invoice", readonly=True, index='btree_not_null', ondelete='set null',
    )
    run_id = fields.Many2one(
        'service.billing.run', "Billing run", readonly=True, index='btree_not_null', ondelete='set null',
    )
    state = fields.Selection([('posted', "Billed"), ('void', "Void")], required=True, readonly=True, default='posted')
    void_reason = fields.Char(readonly=True)
    explanation = fields.Json(readonly=True, help="How the quantity came about: period, full period and share.")

    _one_charge = models.UniqueIndex(
        "(contract_line_id, period_start, kind, COALESCE(correction, 0)) WHERE state != 'void'",
        "This period of the service is billed already. Void the charge before you bill it again.",
    )
    _period_order = models.Constraint(
        'CHECK (period_start < period_end)',
        "A billed period must end after it starts.",
    )

    def init(self):
        """Forbid live recurring charges of one line to overlap, and live charges of its usage.

        The line is compared as a one-number range, so that no extension of PostgreSQL is needed.
        """
        super().init()
        self._forbid_overlap('recurring', 'service_billing_entry_no_overlap')
        self._forbid_overlap('usage', 'service_billing_entry_no_usage_overlap')

    def _forbid_overlap(self, kind: str, name: str) -> None:
        self.env.cr.execute('SELECT 1 FROM pg_constraint WHERE conname = %s', (name,))
        if self.env.cr.fetchone():
            return
        self.env.cr.execute(SQL(
            """
            ALTER TABLE service_billing_entry ADD CONSTRAINT %s
            EXCLUDE USING gist (
                int4range(contract_line_id, contract_line_id, '[]') WITH =,
                daterange(period_start, period_end) WITH &&
            ) WHERE (state <> 'void' AND kind = %s)
            """, SQL.identifier(name), kind,
        ))

    @api.depends('period_end')
    def _compute_period_last_day(self):
        for entry in self:
            entry.period_last_day = entry.period_end and entry.period_end - timedelta(days=1)

    @api.depends('contract_line_id', 'period_start', 'period_last_day')
    @api.depends_context('lang', 'within_contract')
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = self.env._(
                "%(service)s, %(start)s to %(last_day)s",
                service=entry.contract_line_id.display_name,
                start=format_date(self.env, entry.period_start),
                last_day=format_date(self.env, entry.period_last_day),
            )

    # === BUSINESS === #

    @api.model
    def _insert(self, rows: list[dict]):
        """Write the rows of new charges at once, and let their services derive when they are due next.

        Thousands of rows a minute are written here; the ORM would read all charges of each service again
        to keep its one2many fields, which a run never shows.

        :param rows: values of stored fields by name, the same fields in each.
        :return: the charges, in the order of the rows.
        """
        cr = self.env.cr
        self.flush_model()
        uid, now = self.env.uid, cr.now()
        common = {'create_uid': uid, 'write_uid': uid, 'create_date': now, 'write_date': now}
        ids = next_ids(cr, self._table, len(rows))
        insert_rows(
            cr, self._table, [{'id': entry_id, **row, **common} for entry_id, row in zip(ids, rows, strict=True)],
            column_types(cr, self._table),
        )
        for name in MODELS_WITH_ENTRIES:
            self.env[name].invalidate_model(['entry_ids'], flush=False)
        entries = self.browse(ids)
        entries.modified(['state'])
        return entries

    def _link(self, invoices) -> None:
        """Write down on which invoice line each of these charges stands, and its amount.

        :param invoices: list of WrittenInvoice whose lines are these charges, in the same order.
        """
        links = [
            (invoice.move_id, line_id, subtotal)
            for invoice in invoices for line_id, subtotal in zip(invoice.line_ids, invoice.subtotals, strict=True)
        ]
        rows = [(entry_id, *link) for entry_id, link in zip(self.ids, links, strict=True)]
        if not rows:
            return
        self.flush_model()
        self.env.cr.execute(SQL(
            """
            UPDATE service_billing_entry AS entry
               SET move_id = v.move_id, move_line_id = v.line_id, amount_untaxed = v.subtotal
              FROM (VALUES %s) AS v (id, move_id, line_id, subtotal)
             WHERE entry.id = v.id
            """,
            SQL(', '.join(['%s'] * len(rows)), *rows),
        ))
        self.invalidate_recordset(flush=False)
        self.modified(['move_id'])

    def _void(self, reason: str) -> None:
        """Free the periods of these charges, so that the next run bills them again.

        :param reason: a sentence for the people who look at the ledger later.
        """
        live = self.filtered(lambda entry: entry.state == 'posted')
        live.write({'state': 'void', 'void_reason': reason})
        live.filtered(lambda entry: entry.kind == 'late_usage')._reopen_late_usage()
        self.env['service.pending.charge']._reopen(live.filtered(lambda entry: entry.kind == ADJUSTMENT))
        live.filtered(lambda entry: entry.kind == CREDIT)._give_back_credit(reason)

    def _restore(self) -> None:
        """Make void charges live again because their invoice is valid after all.

        :raises UserError: if a period has been billed anew in the meantime.
        """
        void = self.filtered(lambda entry: entry.state == 'void')
        for entry in void:
            if entry._is_billed_anew():
                raise UserError(self.env._(
                    "%(charge)s has been billed again on %(invoice)s. Reverse that invoice first.",
                    charge=entry.display_name,
                    invoice=entry._is_billed_anew().move_id.display_name,
                ))
        void.write({'state': 'posted', 'void_reason': False})
        self.env['service.pending.charge']._settle(void.filtered(lambda entry: entry.kind == ADJUSTMENT))
        void.filtered(lambda entry: entry.kind == CREDIT)._use_credit_again()

    def _is_billed_anew(self):
        """Return the live charge that took the place of this one."""
        self.ensure_one()
        return self.search([
            ('contract_line_id', '=', self.contract_line_id.id),
            ('kind', '=', self.kind),
            ('correction', '=', self.correction),
            ('state', '=', 'posted'),
            ('period_start', '<', self.period_end),
            ('period_end', '>', self.period_start),
            ('id', '!=', self.id),
        ], limit=1)

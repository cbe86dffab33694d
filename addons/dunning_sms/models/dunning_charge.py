"""Fees and interest: each worked out once, with a key, and then put on an invoice of its own."""

import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from psycopg2 import InterfaceError, OperationalError

_logger = logging.getLogger(__name__)
BATCH = 200


class DunningCharge(models.Model):
    _name = 'dunning.charge'
    _description = "Fee or Interest"
    _inherit = ['dunning.gate.mixin']
    _order = 'id desc'
    _rec_name = 'name'
    _gated = ('state', 'key', 'amount', 'charge_move_id', 'notice_id', 'partner_id')

    name = fields.Char(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    kind = fields.Selection([('fee', "Fee"), ('interest', "Interest")], required=True, readonly=True)
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict',
    )
    notice_id = fields.Many2one('dunning.notice', readonly=True, index='btree_not_null', ondelete='set null')
    step_id = fields.Many2one('dunning.step', readonly=True, ondelete='set null')
    move_line_id = fields.Many2one(
        'account.move.line', "For", readonly=True, index='btree_not_null', ondelete='set null',
    )
    date_from = fields.Date("From", readonly=True)
    date_until = fields.Date("Until before", readonly=True)
    currency_id = fields.Many2one('res.currency', required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    state = fields.Selection(
        [('open', "Open"), ('invoiced', "Invoiced"), ('waived', "Waived"), ('parked', "Parked")],
        required=True, readonly=True, default='open', index=True,
    )
    parked_reason = fields.Char(readonly=True)
    charge_move_id = fields.Many2one(
        'account.move', "Invoice", readonly=True, index='btree_not_null', ondelete='set null',
    )

    _once = models.UniqueIndex('(key)', "This fee or interest has been charged already.")

    # === ACTIONS === #

    def action_waive(self) -> None:
        """Waive charges that are not on an invoice yet; they are never charged again.

        :raises UserError: for a charge that stands on an invoice: that one is credited instead.
        """
        self.env['dunning.notice']._check_manager()
        self.check_access('read')
        if invoiced := self.filtered(lambda charge: charge.state == 'invoiced'):
            raise UserError(self.env._(
                "“%(charge)s” stands on %(invoice)s. Credit that invoice instead.",
                charge=invoiced[0].name, invoice=invoiced[0].charge_move_id.display_name,
            ))
        self.sudo()._passed().write({'state': 'waived'})  # the gate above decides who may

    def action_unpark(self) -> None:
        """Try parked charges again with the next job."""
        self.env['dunning.notice']._check_manager()
        self.sudo().filtered(lambda charge: charge.state == 'parked')._passed().write(  # as above
            {'state': 'open', 'parked_reason': False})

    # === INVOICES === #

    @api.model
    def _cron_invoice(self):
        """Put open charges on invoices, a customer's on one, a batch a transaction; park what cannot be invoiced."""
        domain = Domain('state', '=', 'open')
        while charges := self.search(domain, order='partner_id, id', limit=BATCH).try_lock_for_update():
            for (company, partner, currency), group in charges.filtered_domain(domain)._grouped().items():
                group._invoice_or_park(company, partner, currency)
            if not self.env['ir.cron']._commit_progress(len(charges), remaining=self.search_count(domain)):
                return

    def _grouped(self) -> dict:
        groups = defaultdict(self.browse)
        for charge in self:
            groups[charge.company_id, charge.partner_id, charge.currency_id] |= charge
        return groups

    def _invoice_or_park(self, company, partner, currency) -> None:
        try:
            with self.env.cr.savepoint():
                self.with_company(company)._invoice(company, partner, currency)
        except (OperationalError, InterfaceError):
            raise  # another transaction's fault, never the charge's
        except Exception as error:
            _logger.warning("Charges %s could not be invoiced: %s", self.ids, type(error).__name__)
            self._passed().write({'state': 'parked', 'parked_reason': str(error)[:200]})

    def _invoice(self, company, partner, currency):
        """Post one invoice with these charges; its receivable bears no fee of its own."""
        move = self.env['account.move'].create(self._prepare_invoice_vals(company, partner, currency))
        move.action_post()
        self._passed().write({'state': 'invoiced', 'charge_move_id': move.id})
        return move

    def _prepare_invoice_vals(self, company, partner, currency) -> dict:
        today = company._dunning_today()
        vals = {
            'move_type': 'out_invoice', 'partner_id': partner.id, 'company_id': company.id, 'currency_id': currency.id,
            'invoice_date': today, 'invoice_date_due': today, 'invoice_payment_term_id': False,
            'is_dunning_charge': True,
            'invoice_line_ids': [Command.create(charge._prepare_invoice_line_vals()) for charge in self],
        }
        if company.dunning_charge_journal_id:
            vals['journal_id'] = company.dunning_charge_journal_id.id
        return vals

    def _prepare_invoice_line_vals(self) -> dict:
        self.ensure_one()
        company = self.company_id
        product = company.dunning_fee_product_id if self.kind == 'fee' else company.dunning_interest_product_id
        vals = {'name': self.name, 'quantity': 1, 'price_unit': self.amount}
        if product:
            return {**vals, 'product_id': product.id}
        return {**vals, 'tax_ids': [Command.clear()]}

    # === WORK OUT === #

    @api.model
    def _propose(self, rows: list[dict]):
        """Insert charges, leaving out those whose key exists; return the new ones."""
        rows = [row for row in rows if row['amount'] > 0]
        known = set(self.search([('key', 'in', [row['key'] for row in rows])]).mapped('key'))
        return self._passed().create([row for row in rows if row['key'] not in known])

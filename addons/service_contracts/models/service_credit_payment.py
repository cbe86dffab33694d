"""Paid credit in the books: sold as a liability, cleared against invoices, refunded, or income when it expires.

It is a voucher for several purposes: its sale is no supply and bears no tax; tax is due when it is used, on the invoice
that it pays (Directive 2006/112/EC, Articles 30a, 30b and 73a). What expires unused was never a supply, so it is income
without tax. Some countries tax it otherwise; the accounts are settings.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..posting.numbering import lock_journals
from ..posting.template import QUIET
from ..rules.credits import CreditBook, Payable, carried_share
from ..rules.money import to_decimal

BATCH = 500


class ResCompany(models.Model):
    _inherit = 'res.company'

    service_credit_account_id = fields.Many2one(
        'account.account', "Prepaid credit", check_company=True, ondelete='restrict',
        help="The liability for credit that customers paid and have not used. A product category may have its own.",
    )
    service_credit_breakage_account_id = fields.Many2one(
        'account.account', "Income of expired credit", check_company=True, ondelete='restrict',
    )
    service_credit_journal_id = fields.Many2one(
        'account.journal', "Journal of prepaid credit", check_company=True, ondelete='restrict',
        domain="[('type', '=', 'general')]",
    )

    def _service_credit_journal(self):
        """Return the journal of what credit pays and of what expires.

        :raises UserError: if there is none.
        """
        self.ensure_one()
        Journal = self.env['account.journal']
        journal = self.service_credit_journal_id or Journal.search([
            *Journal._check_company_domain(self), ('type', '=', 'general'),
        ], limit=1)
        if not journal:
            raise UserError(self.env._(
                "%s has no journal for prepaid credit. Choose one in the settings of contracts.", self.name,
            ))
        return journal


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    service_credit_account_id = fields.Many2one(related='company_id.service_credit_account_id', readonly=False)
    service_credit_breakage_account_id = fields.Many2one(
        related='company_id.service_credit_breakage_account_id', readonly=False,
    )
    service_credit_journal_id = fields.Many2one(related='company_id.service_credit_journal_id', readonly=False)


class ProductCategory(models.Model):
    _inherit = 'product.category'

    service_credit_account_id = fields.Many2one(
        'account.account', "Prepaid credit", company_dependent=True, check_company=True,
        help="The liability for credit sold as a product of the category. Empty: the account of the company.",
    )


class ServiceCreditGrant(models.Model):
    _inherit = 'service.credit.grant'

    # === SALE, REFUND === #

    def action_invoice(self) -> bool:
        """Sell paid credit by an invoice; it can be used once that is paid. What has its invoice stays as it is.

        :raises UserError: if the company has no account for the liability.
        """
        self.check_access('write')
        # sudo: who may grant credit may sell it
        for grant_sudo in self.sudo().filtered(lambda grant: grant.kind == 'paid' and not grant.invoice_id):
            grant_sudo.invoice_id = grant_sudo._make_paper('out_invoice', grant_sudo.amount)
        return True

    def action_refund(self) -> bool:
        """Give the money for what is left of paid credit back by a credit note; what was used stays used.

        :raises UserError: for free credit, or credit that was never paid.
        """
        self.check_access('write')
        for grant in self:
            if grant.kind != 'paid' or grant.state == 'waiting':
                raise UserError(self.env._(
                    "%s was not paid, so there is nothing to give back. Cancel it, or the invoice that waits for "
                    "payment.", grant.display_name,
                ))
        for grant_sudo in self.sudo().filtered(lambda grant: grant.balance > 0):  # sudo: as above
            left = grant_sudo.balance
            entry = grant_sudo._close('refund')
            grant_sudo.refund_id = grant_sudo._make_paper('out_refund', left, -entry.company_value)
            entry._note_settlement(grant_sudo.refund_id)
        return True

    def _make_paper(self, move_type: str, amount: float, value: float = 0.0):
        """Post an invoice or credit note over credit, on the liability account and without tax.

        :param value: what the liability is carried at in the currency of the company; 0: by the rate of the day.
        """
        self.ensure_one()
        is_foreign = value and self.currency_id != self.company_currency_id
        move = self.env['account.move'].with_company(self.company_id).create({
            **({'invoice_currency_rate': amount / value} if is_foreign else {}),
            'move_type': move_type, 'partner_id': self.partner_id.id, 'company_id': self.company_id.id,
            'currency_id': self.currency_id.id, 'invoice_date': self.company_id._service_today(),
            'ref': self.external_key or False,
            'invoice_line_ids': [Command.create({
                'product_id': self.product_sold_id.id or False, 'name': self.name, 'quantity': 1.0,
                'price_unit': amount, 'account_id': self._liability_account().id, 'tax_ids': [Command.clear()],
            })],
        })
        move.action_post()
        return move

    def _liability_account(self):
        """Return the account of the liability.

        :raises UserError: if the company has none.
        """
        category = self.product_sold_id.categ_id.with_company(self.company_id)
        account = category.service_credit_account_id or self.company_id.service_credit_account_id
        if not account:
            raise UserError(self.env._(
                "%s sells prepaid credit but has no account for it. Choose one in the settings of contracts.",
                self.company_id.name,
            ))
        return account

    # === PAY === #

    def _paying(self, partners):
        """Return the paid credits that invoices of customers may use."""
        return self.search(self._usable_domain(partners) & Domain('kind', '=', 'paid'))

    # === EXPIRY === #

    @api.model
    def _cron_follow(self):
        """Let credit expire whose last day is over, and look after levels, company by company."""
        self.env['res.company']._each_with_progress(self._follow_company)

    def _follow_company(self, company) -> bool:
        cron, domain = self.env['ir.cron'], self._expired_domain(company)
        while grants := self.search(domain, limit=BATCH, order='id'):
            grants._expire(company)
            if self.env.context.get('cron_id') and not cron._commit_progress():
                cron._commit_progress(remaining=1)
                return False
        self.env['service.credit.level']._follow(company)
        self.env['service.credit.notice'].sudo()._follow(company)  # sudo: notices are written by what happens only
        return True

    def _expired_domain(self, company) -> Domain:
        return Domain([
            ('company_id', '=', company.id), ('state', '=', 'active'), ('expiry_date', '<', company._service_today()),
        ])

    def _expire(self, company) -> None:
        """Book out what is left of credits whose last day is over; of paid ones it becomes income, once."""
        entries = self._close('expiry')
        by_day = entries.filtered(lambda entry: entry.grant_id.kind == 'paid').grouped(
            lambda entry: entry.grant_id.expiry_date)
        for day, expired in sorted(by_day.items()):
            expired._note_settlement(expired._book_breakage(company, day))


class ServiceCreditEntry(models.Model):
    _inherit = 'service.credit.entry'

    def _note_settlement(self, move) -> None:
        """Write down the paper that belongs to rows just added; the ORM refuses any change."""
        self.env.cr.execute(
            'UPDATE service_credit_entry SET settlement_id = %s WHERE id = ANY(%s)', (move.id, self.ids),
        )
        self.invalidate_model(['settlement_id'], flush=False)

    def _book_breakage(self, company, day: date):
        """Post what expired on a day as income, a line for each credit, on the first day that is not locked."""
        account = company.service_credit_breakage_account_id
        if not account:
            raise UserError(self.env._(
                "Paid credit of %s has expired, but there is no account for its income. Choose one in the settings of "
                "contracts.", company.name,
            ))
        journal = company._service_credit_journal()
        lines = [
            values for entry in self for values in (
                {'account_id': entry.grant_id._liability_account().id, 'amount_currency': entry.amount,
                 'balance': -entry.company_value, 'currency_id': entry.currency_id.id,
                 'partner_id': entry.commercial_partner_id.id, 'name': entry.grant_id.name},
                {'account_id': account.id, 'amount_currency': -entry.amount, 'balance': entry.company_value,
                 'currency_id': entry.currency_id.id, 'partner_id': entry.commercial_partner_id.id,
                 'name': self.env._("Expired: %s", entry.grant_id.name)},
            )
        ]
        locks = company._get_violated_lock_dates(day, False, journal)
        move = self.env['account.move'].with_company(company).with_context(**QUIET).create({
            'move_type': 'entry', 'company_id': company.id, 'journal_id': journal.id,
            'date': locks[-1][0] + timedelta(days=1) if locks else day,
            'ref': self.env._("Prepaid credit expired"), 'line_ids': [Command.create(values) for values in lines],
        })
        move._post(soft=False)
        return move


class AccountMove(models.Model):
    _inherit = 'account.move'

    def action_use_service_credit(self) -> bool:
        """Let paid credit of the customers pay what is open of these invoices of contracts."""
        self.env['service.credit.grant'].check_access('read')
        self.check_access('write')
        # sudo: the ledger of credit is written by what happens only
        moves_sudo = self.sudo().filtered(lambda move: move.state == 'posted')
        moves_sudo._pay_by_credit(moves_sudo.env['service.credit.grant']._paying(moves_sudo.partner_id))
        return True

    def _pay_by_credit(self, grants) -> None:
        """Clear open invoices against paid credit: one entry for each, all of them together.

        :param grants: the paid credits that customers have.
        """
        receivables = self._open_service_receivables(grants)
        moves = receivables.move_id.sorted(lambda move: (move.invoice_date, move.id))
        uses = moves._credit_uses(grants, receivables) if moves else []
        if not uses:
            return
        Entry, turns = self.env['service.credit.entry'], self._credit_turns()
        Entry._lock(grant.id for _move, grant, _line_id, _amount in uses)
        rows = Entry._valued([
            {'grant_id': grant.id, 'kind': 'draw', 'key': f'pay:{grant.id}:{move.id}:{line_id}:{turns.get(move.id, 0)}',
             'amount': amount, 'move_id': move.id, 'contract_line_id': line_id, 'date': move.invoice_date}
            for move, grant, line_id, amount in uses
        ])
        settlements = self._make_settlements(rows, receivables)
        Entry._book([{**row, 'settlement_id': settlements[row['move_id']].id} for row in rows])

    def _open_service_receivables(self, grants):
        """Return what is open of these invoices by contract, of customers with credit, the first due first."""
        return self.env['account.move.line'].search([
            ('move_id', 'in', self.ids), ('display_type', '=', 'payment_term'), ('amount_residual', '>', 0),
            ('service_contract_id', '!=', False), ('move_id.move_type', '=', 'out_invoice'),
            ('move_id.state', '=', 'posted'), ('currency_id', 'in', grants.currency_id.ids),
            ('move_id.commercial_partner_id', 'in', grants.commercial_partner_id.ids),
            ('company_id', 'in', grants.company_id.ids),
        ], order='date_maturity, id')

    def _credit_uses(self, grants, receivables) -> list[tuple]:
        """Return what each credit pays of which invoice and service: (invoice, credit, service id, amount)."""
        open_by_contract = defaultdict(Decimal)
        for line in receivables:
            open_by_contract[line.move_id, line.service_contract_id] += to_decimal(line.amount_residual_currency)
        book = CreditBook(grant._to_rule() for grant in grants)
        owners = grants.grouped(lambda grant: (grant.company_id, grant.commercial_partner_id))
        uses = []
        for move in self:
            own = owners.get((move.company_id, move.commercial_partner_id), grants.browse())
            items = move._credit_payables(open_by_contract)
            draws = book.draw(
                items, move.invoice_date, move.currency_id.id, move.currency_id.decimal_places, own.ids,
            )
            uses += [(move, grants.browse(draw.grant_id), draw.key, draw.amount) for draw in draws]
        return uses

    def _credit_payables(self, open_by_contract: dict) -> list[Payable]:
        """Return the services of an invoice with what is to be paid of each, tax included, as far as it is open."""
        totals, left = defaultdict(Decimal), {}
        for line in self.invoice_line_ids.filtered('service_contract_line_id'):
            totals[line.service_contract_line_id] += to_decimal(line.price_total)
        items = []
        for service, total in totals.items():
            contract = service.contract_id
            left.setdefault(contract, open_by_contract[self, contract])
            amount = min(max(total, Decimal(0)), left[contract])
            left[contract] -= amount
            items.append(Payable(
                service.id, contract.id, service.product_id.id, service.meter_id.id or None, amount, amount,
            ))
        return items

    def _credit_turns(self) -> dict[int, int]:
        """Return how often credit was given back to each of these invoices before: it may pay once more."""
        return {
            move.id: count for move, count in self.env['service.credit.entry']._read_group(
                [('move_id', 'in', self.ids), ('kind', '=', 'return')], ['move_id'], ['__count'])
        }

    def _make_settlements(self, rows: list[dict], receivables) -> dict:
        """Post the entries that clear invoices against the liability, and reconcile them; return them by invoice id."""
        by_move = defaultdict(list)
        for row in rows:
            by_move[self.browse(row['move_id'])].append(row)
        open_lines = receivables.grouped('move_id')
        cleared = {move: _cleared(uses, open_lines[move]) for move, uses in by_move.items()}
        journal = self.company_id._service_credit_journal()
        settlements = self.env['account.move'].with_context(**QUIET).create([
            move._prepare_settlement_vals(journal, by_move[move], cleared[move]) for move in by_move
        ])
        lock_journals(self.env, set(journal.ids))
        settlements._post(soft=False)
        made = dict(zip(by_move, settlements, strict=True))
        plan = []
        for move, settlement in made.items():
            paid = settlement.line_ids.filtered(lambda line: line.amount_currency < 0).sorted('id')
            plan += [due | line for (due, *_amounts), line in zip(cleared[move], paid, strict=True)]
        self.env['account.move.line']._reconcile_plan(plan)
        return {move.id: settlement for move, settlement in made.items()}

    def _prepare_settlement_vals(self, journal, uses: list[dict], cleared: list[tuple]) -> dict:
        """Return the entry that clears an invoice: the liability of each credit against the receivables it pays."""
        lines = [*self._liability_lines(uses), *(
            {'account_id': due.account_id.id, 'amount_currency': -float(amount), 'balance': -float(value),
             'partner_id': due.partner_id.id, 'name': self.env._("Prepaid credit for %s", self.name),
             'date_maturity': due.date_maturity}
            for due, amount, value in cleared
        )]
        if difference := self.company_currency_id.round(sum(line['balance'] for line in lines)):
            lines.append(self._prepare_exchange_line(-difference))
        return {
            'move_type': 'entry', 'company_id': self.company_id.id, 'journal_id': journal.id,
            'date': self.invoice_date, 'ref': self.env._("Prepaid credit for %s", self.name),
            'line_ids': [Command.create({**values, 'currency_id': self.currency_id.id}) for values in lines],
        }

    def _liability_lines(self, uses: list[dict]) -> list[dict]:
        """Return what each credit takes off the liability, at the rate at which it was sold."""
        totals = defaultdict(lambda: (Decimal(0), Decimal(0)))
        for use in uses:
            amount, value = totals[use['grant_id']]
            totals[use['grant_id']] = amount + use['amount'], value - use['company_value']
        grants = self.env['service.credit.grant'].browse(totals)
        return [
            {'account_id': grant._liability_account().id, 'amount_currency': float(totals[grant.id][0]),
             'balance': float(totals[grant.id][1]), 'name': grant.name, 'partner_id': self.commercial_partner_id.id}
            for grant in grants
        ]

    def _prepare_exchange_line(self, balance: float) -> dict:
        """Return the line for the rate that moved between sale and use, on the account that Odoo would choose.

        :raises UserError: if the company has none.
        """
        account = self.env['account.move.line']._get_exchange_account(self.company_id, balance)
        if not account:
            raise UserError(self.env._(
                "%(company)s has no account for exchange differences, which prepaid credit in %(currency)s makes. "
                "Choose gain and loss account in the settings of accounting.",
                company=self.company_id.name, currency=self.currency_id.name,
            ))
        return {'account_id': account.id, 'amount_currency': 0.0, 'balance': balance,
                'name': self.env._("Exchange difference of prepaid credit"),
                'partner_id': self.commercial_partner_id.id}


def _cleared(uses: list[dict], receivables) -> list[tuple]:
    """Return which receivables of an invoice credit clears, the first due first, with amount and company amount."""
    Line = receivables.env['service.contract.line']
    left = defaultdict(Decimal)
    for use in uses:
        left[Line.browse(use['contract_line_id']).contract_id] += use['amount']
    cleared = []
    for due in receivables:
        due_amount = to_decimal(due.amount_residual_currency)
        amount = min(due_amount, left[due.service_contract_id])
        left[due.service_contract_id] -= amount
        if amount:
            digits = due.company_currency_id.decimal_places
            cleared.append((due, amount, carried_share(to_decimal(due.amount_residual), amount, due_amount, digits)))
    return cleared

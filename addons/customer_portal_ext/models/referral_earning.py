"""From money received to commissions: payments found by one query, decided by the rules, written with their key.

A payment is the reconciliation of a customer's invoice (or credit note) with a line of a payment or bank statement.
Credit notes, write-offs and exchange differences are no money. A reconciliation that is gone takes its commission back.
"""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from odoo import api, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.tools import SQL

from ..rules import commission as rules
from .referral import LOCK
from .referral_commission import COMMISSION_GATE

BATCH = 500


class ReferralCommission(models.Model):
    _inherit = 'referral.commission'

    # === CRON === #

    @api.model
    def _cron_follow_payments(self) -> None:
        """Book the commissions of all payments that have none yet, and take back those of payments that are gone."""
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=1)
        while done := self._follow_payments(BATCH):
            if not cron._commit_progress(done, remaining=1):
                return
        cron._commit_progress(remaining=0)

    @api.model
    def _follow_payments(self, limit: int | None = None) -> int:
        """Bring commissions up to date with the payments; return how many rows were written."""
        self.env.cr.execute('SELECT pg_advisory_xact_lock(%s)', (LOCK,))
        self.env.flush_all()
        return self._take_back(limit) + self._earn(limit)

    # === MONEY THAT WENT BACK === #

    @api.model
    def _take_back(self, limit: int | None = None) -> int:
        """Reverse the commissions whose payment is no longer reconciled, or no longer posted."""
        # SQL because the reconciliation is gone and no relation leads to it
        self.env.cr.execute(SQL(
            """SELECT earned.id
                 FROM referral_commission earned
                WHERE earned.reversed_id IS NULL AND earned.is_reversed IS NOT TRUE AND earned.amount_full <> 0
                  AND NOT EXISTS (
                      SELECT 1 FROM account_partial_reconcile partial
                        JOIN account_move_line debit ON debit.id = partial.debit_move_id
                        JOIN account_move_line credit ON credit.id = partial.credit_move_id
                       WHERE partial.id = earned.partial_ref
                         AND debit.parent_state = 'posted' AND credit.parent_state = 'posted')
                ORDER BY earned.id LIMIT %s""", limit,
        ))
        gone = self.browse(row[0] for row in self.env.cr.fetchall())
        self._book([commission._prepare_reversal_vals() for commission in gone])
        gone._pass_gate(is_reversed=True)
        return len(gone)

    def _prepare_reversal_vals(self) -> dict:
        return {
            'referral_id': self.referral_id.id, 'partner_id': self.partner_id.id, 'level': self.level,
            'move_id': self.move_id.id, 'partial_ref': self.partial_ref, 'reversed_id': self.id,
            'date': self.company_id._service_today(), 'date_paid': self.date_paid,
            'amount_received': -self.amount_received, 'amount_full': -self.amount_full, 'amount': -self.amount,
            'state': 'approved' if self.state == 'paid' else self.state,
        }

    # === MONEY THAT CAME IN === #

    @api.model
    def _earn(self, limit: int | None = None) -> int:
        """Book what payments earn that have no commission yet, in the order in which they were reconciled."""
        payments = self._gather_payments(limit)
        facts = self._gather_facts(payments)
        vals_list = []
        for payment in payments:
            vals_list += self._decide(payment, facts)
        self._book(vals_list)
        return len(payments)

    @api.model
    def _gather_payments(self, limit: int | None = None) -> list[dict]:
        """Return the payments of customers brought by others that have no commission row yet."""
        # SQL: one join from referrals over invoices to money; the ORM would load every line of every customer
        self.env.cr.execute(SQL(
            """SELECT partial.id AS partial, referral.id AS referral, invoice.id AS invoice,
                      invoice.move_type AS move_type, invoice.reversed_entry_id AS origin,
                      abs(invoice.amount_untaxed_signed) AS untaxed, abs(invoice.amount_total_signed) AS total,
                      partial.amount AS amount, money.date AS day
                 FROM referral_referral referral
                 JOIN res_partner partner ON partner.commercial_partner_id = referral.partner_id
                 JOIN account_move invoice ON invoice.partner_id = partner.id
                  AND invoice.company_id = referral.company_id AND invoice.state = 'posted'
                  AND invoice.move_type IN ('out_invoice', 'out_refund')
                 JOIN account_move_line due ON due.move_id = invoice.id AND due.display_type = 'payment_term'
                 JOIN account_partial_reconcile partial
                   ON due.id IN (partial.debit_move_id, partial.credit_move_id)
                 JOIN account_move_line counterpart
                   ON counterpart.id = CASE WHEN due.id = partial.debit_move_id
                                            THEN partial.credit_move_id ELSE partial.debit_move_id END
                 JOIN account_move money ON money.id = counterpart.move_id AND money.state = 'posted'
                  AND (money.origin_payment_id IS NOT NULL OR money.statement_line_id IS NOT NULL)
                WHERE referral.state = 'active'
                  AND NOT EXISTS (SELECT 1 FROM referral_commission known
                                   WHERE known.partial_ref = partial.id AND known.reversed_id IS NULL
                                     AND known.is_reversed IS NOT TRUE)
                ORDER BY partial.id LIMIT %s""", limit,
        ))
        return self.env.cr.dictfetchall()

    @api.model
    def _gather_facts(self, payments: list[dict]) -> dict:
        """Return what deciding needs: the referrals, who brought whom, and what was booked before."""
        referrals = self.env['referral.referral'].browse({payment['referral'] for payment in payments})
        companies = referrals.company_id
        active = self.env['referral.referral'].search_fetch(
            [('company_id', 'in', companies.ids), ('state', '=', 'active')],
            ['partner_id', 'referrer_id', 'company_id'])
        sponsors = defaultdict(dict)
        for row in active:
            sponsors[row.company_id][row.partner_id.id] = row.referrer_id.id
        rows = self.search([('referral_id', 'in', referrals.ids)])
        return {
            'referrals': {referral.id: referral for referral in referrals}, 'sponsors': sponsors,
            'terms': {programme: programme._terms() for programme in referrals.programme_id},
            **self._gather_sums(rows), 'granted': self._gather_granted(referrals.programme_id),
        }

    @api.model
    def _gather_sums(self, rows) -> dict:
        """Return what is paid on and booked for each invoice, and the invoices of each referral that earned."""
        booked, earned, paid, invoices = (defaultdict(Decimal), defaultdict(Decimal), defaultdict(Decimal),
                                          defaultdict(set))
        receivers = {}
        for row in rows:
            key = row.move_id.id, row.level
            booked[key] += to_decimal(row.amount_full)
            earned[key] += to_decimal(row.amount) if row.state != 'refused' else Decimal(0)
            receivers[key] = row.partner_id.id
            if row.level == 1:
                paid[row.move_id.id] += to_decimal(abs(row.amount_received)) * (-1 if row.reversed_id else 1)
                if row.amount_full > 0 and not row.is_reversed:
                    invoices[row.referral_id.id].add(row.move_id.id)
        return {'booked': booked, 'earned': earned, 'paid': paid, 'invoices': invoices, 'receivers': receivers}

    @api.model
    def _gather_granted(self, programmes) -> dict:
        """Return what each referrer was granted in each period of a cap."""
        granted = defaultdict(Decimal)
        capped = programmes.filtered('cap')
        for programme, partner, day, amount in self._read_group(
            [('programme_id', 'in', capped.ids), ('state', 'not in', ('none', 'refused'))],
            ['programme_id', 'partner_id', 'date_paid:day'], ['amount:sum'],
        ):
            granted[programme, partner.id, programme._cap_start(day)] += to_decimal(amount)
        return granted

    @api.model
    def _decide(self, payment: dict, facts: dict) -> list[dict]:
        """Return the commissions of one payment, and count them among the facts for the payments after it."""
        referral = facts['referrals'][payment['referral']]
        invoice = payment['invoice']
        facts['paid'][invoice] += to_decimal(payment['amount'])
        rows = (self._decide_refund if payment['move_type'] == 'out_refund' else self._decide_invoice)(
            payment, referral, facts)
        vals_list = [self._prepare_vals(payment, referral, *row) for row in rows]
        for vals in vals_list:
            key = invoice, vals['level']
            facts['booked'][key] += to_decimal(vals['amount_full'])
            facts['earned'][key] += to_decimal(vals['amount'])
            facts['receivers'][key] = vals['partner_id']
            facts['granted'][self._cap_key(vals, referral)] += to_decimal(vals['amount'])
            if vals['amount_full'] > 0:
                facts['invoices'][referral.id].add(invoice)
        return vals_list

    @api.model
    def _decide_invoice(self, payment: dict, referral, facts: dict) -> list[tuple]:
        """Return level, referrer, amount before and after the cap, and why not more, for money on an invoice."""
        programme, terms = referral.programme_id, facts['terms'][referral.programme_id]
        received = self._received(payment, referral, facts)
        chain = rules.referrers(facts['sponsors'][referral.company_id], referral.partner_id.id, len(terms.levels))
        if why := rules.refusal(terms, referral.date_joined, received):
            return [(1, referral.referrer_id.id, Decimal(0), Decimal(0), why)]
        rows = []
        for number, (partner, level) in enumerate(zip(chain, terms.levels, strict=False), start=1):
            full = rules.earned(
                rules.whole_commission(level, received.untaxed), received.total, received.paid,
                facts['booked'][payment['invoice'], number], programme.currency_id.decimal_places)
            granted = facts['granted'][programme, partner, programme._cap_start(received.day)]
            amount = rules.within_cap(full, terms.cap, granted)
            rows.append((number, partner, full, amount, rules.CAPPED if amount != full else False))
        return rows or self._nothing(referral)

    @api.model
    def _nothing(self, referral) -> list[tuple]:
        """Return a row of 0, by which money of which nobody earns is known and not looked at again."""
        return [(1, referral.referrer_id.id, Decimal(0), Decimal(0), False)]

    @api.model
    def _decide_refund(self, payment: dict, referral, facts: dict) -> list[tuple]:
        """Return what money paid back on a credit note takes back of what the credited invoice earned."""
        origin, rows = payment['origin'], []
        for number in range(1, len(facts['terms'][referral.programme_id].levels) + 1):
            if partner := facts['receivers'].get((origin, number)):
                full = rules.earned(
                    -Fraction(facts['earned'][origin, number]), self._origin_total(origin),
                    min(facts['paid'][payment['invoice']], self._origin_total(origin)),
                    facts['booked'][payment['invoice'], number], referral.company_id.currency_id.decimal_places)
                rows.append((number, partner, full, full, False))
        return rows or self._nothing(referral)

    @api.model
    def _received(self, payment: dict, referral, facts: dict) -> rules.Received:
        others = facts['invoices'][referral.id] - {payment['invoice']}
        return rules.Received(
            to_decimal(payment['untaxed']), to_decimal(payment['total']), facts['paid'][payment['invoice']],
            payment['day'], len(others) + 1,
        )

    @api.model
    def _origin_total(self, origin: int) -> Decimal:
        return to_decimal(abs(self.env['account.move'].browse(origin).amount_total_signed))

    @api.model
    def _cap_key(self, vals: dict, referral) -> tuple:
        return referral.programme_id, vals['partner_id'], referral.programme_id._cap_start(vals['date_paid'])

    @api.model
    def _prepare_vals(self, payment: dict, referral, level: int, partner: int, full: Decimal, amount: Decimal,
                      reason) -> dict:
        sign = -1 if payment['move_type'] == 'out_refund' else 1
        waiting = 'waiting' if referral.programme_id.needs_approval and amount > 0 else 'approved'
        return {
            'referral_id': referral.id, 'partner_id': partner, 'level': level, 'move_id': payment['invoice'],
            'partial_ref': payment['partial'], 'date': payment['day'], 'date_paid': payment['day'],
            'amount_received': sign * float(payment['amount']), 'amount_full': float(full), 'amount': float(amount),
            'reason': reason, 'state': waiting if amount else 'none',
        }

    @api.model
    def _book(self, vals_list: list[dict]) -> None:
        self.with_context(commission_gate=COMMISSION_GATE, tracking_disable=True).create(vals_list)

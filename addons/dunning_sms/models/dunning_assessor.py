"""Works out fees and interest of what was sent: a charge for each, with a key, so that none comes twice."""

from datetime import date, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..rules import fees
from ..rules.fees import Dispute, Payment

BATCH = 200


class DunningAssessor(models.AbstractModel):
    _name = 'dunning.assessor'
    _description = "Fees and Interest of Reminders"

    @api.model
    def _cron_assess(self):
        """Work out fees and interest of notices that were sent, then invoice them, batch by batch."""
        domain = Domain('state', '=', 'sent') & Domain('is_charged', '=', False)
        while notices := self.env['dunning.notice'].search(domain, order='id', limit=BATCH).try_lock_for_update():
            notices = notices.filtered_domain(domain)
            self._assess(notices)
            if not self.env['ir.cron']._commit_progress(len(notices)):
                return
        self._assess_paid()
        self.env['ir.cron']._commit_progress()
        self.env['dunning.charge']._cron_invoice()

    def _assess(self, notices) -> None:
        """Propose the charges of notices that reached their customers."""
        rows, lines = [], notices.line_ids.move_line_id
        paid, reached, disputes = self._paid_and_credited(lines), self._reached(lines), self._disputes(lines)
        for notice in notices:
            rows += self._fee_rows(notice)
            for line in notice.line_ids:
                if line.step_id.charge_interest and line.move_line_id:
                    rows += self._interest_rows(
                        notice, line.move_line_id, notice.policy_id, line.step_id, paid, reached, disputes, notice.date,
                    )
        self.env['dunning.charge']._propose(rows)
        notices._passed().write({'is_charged': True})

    # === FEES === #

    def _fee_rows(self, notice) -> list[dict]:
        """Return the fees of a notice: once for each step and line, however often the step is repeated."""
        step, company = notice.step_id, notice.company_id
        told = notice.line_ids.filtered(lambda line: line.step_id == step and line.move_line_id)
        told = told.filtered(lambda line: not line.move_id.is_dunning_charge and not line.revision)
        if not (step.fee_amount or step.fee_percent) or not told:
            return []
        digits = company.currency_id.decimal_places
        if step.fee_scope == 'line':
            return [
                self._fee_row(notice, step, line, step._fee(Decimal(str(line.amount_company)), digits)) for line in told
            ]
        if self.env['dunning.charge'].search_count([
            ('step_id', '=', step.id), ('kind', '=', 'fee'), ('move_line_id', 'in', told.move_line_id.ids),
        ], limit=1):
            return []
        total = sum((Decimal(str(line.amount_company)) for line in told), Decimal(0))
        return [self._fee_row(notice, step, told[0], step._fee(total, digits))]

    def _fee_row(self, notice, step, line, amount: Decimal) -> dict:
        env = self.with_context(lang=notice.lang).env
        return {
            'name': env._("Reminder fee: %(step)s, %(document)s", step=step.with_env(env).name, document=line.name),
            'key': f'fee:{step.id}:{line.move_line_id.id}', 'kind': 'fee', 'company_id': notice.company_id.id,
            'partner_id': notice.partner_id.id, 'notice_id': notice.id, 'step_id': step.id,
            'move_line_id': line.move_line_id.id, 'date_from': False, 'date_until': False,
            'currency_id': notice.company_id.currency_id.id, 'amount': float(amount),
        }

    # === INTEREST === #

    def _interest_rows(self, notice, move_line, policy, step, paid, reached, disputes, until) -> list[dict]:
        """Return the interest of a line since it was charged last, until a day."""
        if move_line.move_id.is_dunning_charge and not policy.is_interest_on_charges:
            return []
        due = move_line.date_maturity or move_line.date
        start = reached.get(move_line.id) or due + timedelta(days=1)
        if not policy.interest_rate or start >= until:
            return []
        currency = move_line.currency_id
        amount = fees.interest(
            Decimal(str(move_line.amount_currency)), due, paid.get(move_line.id, ()), start, until,
            Decimal(str(policy.interest_rate)) / 100, currency.decimal_places,
            None if policy.interest_days == 'actual' else int(policy.interest_days),
            [_dispute(hold, policy) for hold in disputes.get(move_line.id, ())],
        )
        env = self.with_context(lang=notice.lang).env
        return [{
            'name': env._(
                "Interest on %(document)s, %(start)s to %(end)s, %(rate)s %% a year",
                document=move_line.move_id.name, start=format_date(env, start),
                end=format_date(env, until - timedelta(days=1)), rate=f'{policy.interest_rate:g}',
            ),
            'key': f'interest:{move_line.id}:{start}', 'kind': 'interest', 'company_id': notice.company_id.id,
            'partner_id': notice.partner_id.id, 'notice_id': notice.id, 'step_id': step.id,
            'move_line_id': move_line.id, 'date_from': start, 'date_until': until,
            'currency_id': currency.id, 'amount': float(amount),
        }]

    def _assess_paid(self) -> None:
        """Charge what accrued between the last charge and the payment of lines that were paid since (R7)."""
        charged = self.env['dunning.charge']._read_group(
            [('kind', '=', 'interest'), ('move_line_id.reconciled', '=', True)],
            ['move_line_id', 'notice_id', 'step_id'], ['date_until:max'],
        )
        lines = self.env['account.move.line'].union(*(row[0] for row in charged))
        paid, disputes = self._payments(lines), self._disputes(lines)
        rows = []
        for line, notice, step, until in charged:
            last = max((payment.day for payment in paid.get(line.id, ())), default=until)
            if notice and last > until:
                rows += self._interest_rows(
                    notice, line, notice.policy_id, step, paid, {line.id: until}, disputes, last,
                )
        self.env['dunning.charge']._propose(rows)

    def _payments(self, lines) -> dict[int, list[Payment]]:
        """Return what was paid of each line and when, in its own currency."""
        result: dict[int, list[Payment]] = {}
        for partial in self.env['account.partial.reconcile'].search_fetch(
            [('debit_move_id', 'in', lines.ids)], ['debit_move_id', 'debit_amount_currency', 'credit_move_id'],
        ):
            result.setdefault(partial.debit_move_id.id, []).append(
                Payment(partial.credit_move_id.date, Decimal(str(partial.debit_amount_currency))))
        return result

    def _paid_and_credited(self, lines) -> dict[int, list[Payment]]:
        """Return what was paid of each line, and credits nobody has matched yet: the customer's money is there."""
        result = self._payments(lines)
        gatherer = self.env['dunning.gatherer']
        for company in lines.company_id:
            partners = lines.filtered(lambda line, company=company: line.company_id == company).partner_id
            for line_id, day, amount in gatherer._credits_used(company, partners.commercial_partner_id.ids):
                result.setdefault(line_id, []).append(Payment(day, amount))
        return result

    def _disputes(self, lines) -> dict[int, list]:
        """Return the disputes of each line, by its id, those over everything its customer owes included.

        Promises, reported payments and other holds pause reminders only: interest goes on until money is there.
        """
        whole = Domain('move_line_id', '=', False) & Domain(
            'partner_id.commercial_partner_id', 'in', lines.partner_id.commercial_partner_id.ids)
        holds = self.env['dunning.hold'].search(
            Domain('kind', '=', 'dispute') & Domain('company_id', 'in', lines.company_id.ids)
            & (Domain('move_line_id', 'in', lines.ids) | whole), order='id',
        )
        by_subject = holds.grouped(
            lambda hold: (hold.company_id, hold.move_line_id or hold.partner_id.commercial_partner_id))
        return {
            line.id: [
                hold for subject in (line, line.partner_id.commercial_partner_id)
                for hold in by_subject.get((line.company_id, subject), ())
            ] for line in lines
        }

    def _reached(self, lines) -> dict[int, fields.Date]:
        """Return until when interest of each line was charged before."""
        return {line.id: until for line, until in self.env['dunning.charge']._read_group(
            [('kind', '=', 'interest'), ('move_line_id', 'in', lines.ids)], ['move_line_id'], ['date_until:max'],
        )}


def _dispute(hold, policy) -> Dispute:
    is_accepted = hold.decision == 'accepted'
    start = date.min if is_accepted else hold.date_from  # what was never owed was never late
    ends = (hold.released_on, hold.date_until and hold.date_until + timedelta(days=1))
    return Dispute(
        start, min(filter(None, ends), default=None), Decimal(str(hold.amount)) if hold.amount else None,
        policy.is_interest_on_disputes and not is_accepted,
    )

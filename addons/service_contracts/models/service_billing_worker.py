"""The worker of a billing run: claim customers, bill their contracts, commit; park what cannot be billed."""

import logging
import random
import time

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date
from psycopg2 import Error as DatabaseError
from psycopg2 import InterfaceError, OperationalError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from ..rules.billing import ADJUSTMENT, due_charges
from .service_usage_explanation import explanation_of

_logger = logging.getLogger(__name__)

BATCH = 500
"""Contracts per transaction: fewer cost more each, more would be lost by a crash."""
CLAIM_CLASS = 19_0_0_2
"""First key of the advisory lock on a customer; the second is the partner."""
TRIES = 5
PASSING = (SerializationFailure, DeadlockDetected, LockNotAvailable)
"""Errors that another transaction caused: the same batch goes through once that one has ended."""


class ServiceBillingWorker(models.AbstractModel):
    _name = 'service.billing.worker'
    _description = "Billing Worker"

    # === LOOP === #

    def _work_off(self, run) -> bool:
        """Bill the run batch by batch, a transaction each; return whether time is left for another run."""
        cron = self.env['ir.cron']
        after = 0
        while run.state == 'running':
            settled, after = self._bill_batch_with_retry(run, after)
            time_left = cron._commit_progress(settled)
            self._refresh_young_statistics()
            self.env.invalidate_all()  # flat memory, and a fresh look at what other workers did
            if not time_left:
                return False
            if not settled and run.state == 'running':
                return True  # another worker holds the rest and will close the run
        return True

    def _bill_batch_with_retry(self, run, after: int) -> tuple[int, int]:
        """Bill a batch; when another transaction was in the way, wait a little and do it again."""
        for attempt in range(1, TRIES + 1):
            try:
                result = self._bill_batch(run, after)
                self.env.flush_all()
                return result
            except PASSING as error:
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                if attempt == TRIES:
                    raise
                _logger.info("Billing run %s: batch meets another transaction (%s)", run.id, type(error).__name__)
                time.sleep(random.uniform(0, 0.2 * 2 ** attempt))
        raise AssertionError("unreachable")

    def _bill_batch(self, run, after: int = 0) -> tuple[int, int]:
        """Claim and bill the next contracts of the run, and close it when nothing is left.

        :param after: customers up to this id have been passed in this round; speed only.
        :return: how many contracts were billed or parked, and the last customer passed.
        """
        started = time.monotonic()
        contracts, after = self._claim(run, after)
        if contracts:
            figures = self._bill_or_split(run, contracts)
            for name in ('amount_untaxed', 'amount_total'):
                figures[name] = run.currency_id.round(figures.get(name, 0.0))
            self.env['service.billing.batch'].create({
                'run_id': run.id, 'seconds': time.monotonic() - started, **figures,
            })
        elif not self.env['service.contract'].search_count(run._due_domain(), limit=1):
            run._finish()
        return len(contracts), after

    def _refresh_young_statistics(self) -> None:
        """Tell PostgreSQL about tables that have just begun to fill.

        Its checks of foreign keys were planned while the tables were empty and would read them from end to
        end for every new row, ever slower; fresh statistics make it plan them anew.
        """
        cr = self.env.cr
        cr.execute("SELECT reltuples FROM pg_class WHERE oid = 'account_move'::regclass")
        if cr.fetchone()[0] < BATCH:
            cr.execute('ANALYZE account_move, account_move_line, service_billing_entry, mail_message')
            self.env['ir.cron']._commit_progress()

    # === CLAIM === #

    def _claim(self, run, after: int):
        """Lock the next due contracts of the run, whole customers at a time; skip what others hold.

        A customer is claimed as a whole, so that two workers never split one invoice. It goes round once:
        nothing claimed means that nothing is due, or that other workers hold it.
        """
        for start in (after, 0) if after else (0,):
            while ahead := self._ahead(run, start):
                start = ahead[-1].partner_invoice_id.id
                if claimed := self._claim_whole(run, ahead.partner_invoice_id):
                    return claimed, start
        return self.env['service.contract'], 0

    def _ahead(self, run, after: int):
        """Return the next due contracts, by customer, whoever holds them."""
        return self.env['service.contract'].search_fetch(
            run._due_domain() & Domain('partner_invoice_id.id', '>', after), ['partner_invoice_id'],
            order='partner_invoice_id.id, id', limit=BATCH,
        )

    def _claim_whole(self, run, customers):
        """Lock all due contracts of those customers that nobody holds."""
        domain = run._due_domain()
        whole = domain & Domain('partner_invoice_id', 'in', self._claim_customers(customers.ids))
        due = self.env['service.contract'].search(whole, order='partner_invoice_id.id, id')
        return due.try_lock_for_update(allow_referencing=True).filtered_domain(domain)

    def _claim_customers(self, partner_ids: list[int]) -> list[int]:
        """Return those of the customers that no other worker holds; they are ours until the commit."""
        self.env.cr.execute(
            'SELECT id FROM unnest(%s) AS id WHERE pg_try_advisory_xact_lock(%s, id)', (partner_ids, CLAIM_CLASS),
        )
        return [row[0] for row in self.env.cr.fetchall()]

    # === BILL === #

    def _bill_or_split(self, run, contracts) -> dict[str, float]:
        """Bill contracts together; if that fails, halve them until the one at fault is alone, and park it."""
        try:
            with self.env.cr.savepoint():
                return self._bill(run, contracts)
        except (OperationalError, InterfaceError):
            raise  # the server's fault, or another transaction's, never the contract's
        except Exception as error:
            if len(contracts) == 1:
                contracts._park(self._reason(error), run)
                return {'parked_count': 1}
        half = len(contracts) // 2
        parts = [self._bill_or_split(run, part) for part in (contracts[:half], contracts[half:])]
        return {name: sum(part.get(name, 0) for part in parts) for name in {*parts[0], *parts[1]}}

    def _bill(self, run, contracts) -> dict[str, float]:
        """Charge what is due of these contracts: ledger, next date of each, invoices.

        The ledger comes first: what was billed before fails at once. The invoices come last, because the lock
        on their numbers is held from then to the commit and other workers wait for it.
        """
        contracts._follow_changes(run.date)
        contracts.billed_run_id = run
        writer = self.env['service.invoice.writer'].with_company(run.company_id)
        drafts = writer._prepare_drafts(self._due_charges(run, contracts))
        self._claim_credit(drafts)
        entries = self._write_entries(run, drafts)
        self._settle_pending(entries, drafts)
        self.env['service.usage.record']._settle_late(contracts.line_ids.filtered('late_usage_on'))
        self._check_settled(run, contracts)
        invoices = writer._write_invoices(run.company_id, drafts)
        entries._link(invoices)
        self._book_credit(drafts, entries, invoices)
        return {
            'contract_count': len(contracts),
            'charge_count': sum(len(draft.items) for draft in drafts),
            'invoice_count': len(invoices),
            'fast_count': sum(invoice.is_fast for invoice in invoices),
            'amount_untaxed': sum(invoice.amount_untaxed for invoice in invoices),
            'amount_total': sum(invoice.amount_total for invoice in invoices),
        }

    def _due_charges(self, run, contracts) -> dict:
        """Return the due charges of each line that has any.

        :raises UserError: for a contract with more missed periods than the company lets a run catch up, or
            with a tax that is no longer used.
        """
        limit = run.company_id.service_catch_up_limit
        lines = contracts.line_ids.filtered(lambda line: line.next_charge_date and line.next_charge_date <= run.date)
        terms = lines._billing_terms_by_line()
        charges_by_line = {line: due_charges(terms[line.id], run.date, limit + 1 if limit else None) for line in lines}
        for line, charges in charges_by_line.items():
            line._check_billable()
            if limit and len(charges) > limit:
                raise UserError(self.env._(
                    "%(contract)s: more than %(limit)s periods of “%(service)s” are due at once, from %(start)s on. "
                    "Correct the start, or raise the limit in the settings, then try again.",
                    contract=line.contract_id.display_name, limit=limit,
                    service=line.name.split('\n')[0], start=format_date(self.env, charges[0].period.start),
                ))
        charges_by_line = contracts._charges(charges_by_line, terms, run.date, run.date)
        return {line: charges for line, charges in charges_by_line.items() if charges}

    def _write_entries(self, run, drafts):
        """Write the ledger, a row for each item of the drafts: the unique index refuses what was billed before."""
        return self.env['service.billing.entry']._insert([
            {
                **self._prepare_entry_vals(item.charge, draft),
                'correction': item.charge.evidence.get('correction', 0),
                'contract_line_id': item.contract_line_id,
                'contract_id': item.contract_id,
                'run_id': run.id or None,
            }
            for draft in drafts for item in draft.items
        ])

    def _settle_pending(self, entries, drafts) -> None:
        """Note on pending charges that these ledger rows, one for each item of the drafts, charge them."""
        items = [item for draft in drafts for item in draft.items]
        self.env['service.pending.charge']._settle(entries.browse(
            entry_id for entry_id, item in zip(entries.ids, items, strict=True) if item.charge.kind == ADJUSTMENT
        ))

    def _prepare_entry_vals(self, charge, draft) -> dict:
        """Return the ledger row of a charge, as far as the charge and its invoice tell."""
        return {
            'state': 'posted',
            'partner_id': draft.vals['partner_id'],
            'company_id': draft.vals['company_id'],
            'currency_id': draft.vals['currency_id'],
            'kind': charge.kind,
            'period_start': charge.period.start,
            'period_end': charge.period.end,
            'charge_date': charge.charge_date,
            'quantity': float(charge.quantity),
            'price_unit': float(charge.price_unit),
            'discount': float(charge.discount),
            'explanation': explanation_of(charge, self._digits(draft)),
        }

    def _digits(self, draft) -> int:
        return self.env['res.currency'].browse(draft.vals['currency_id']).decimal_places

    def _check_settled(self, run, contracts) -> None:
        """Refuse to go on with a contract that would be due for ever."""
        self.env.flush_all()
        for contract in contracts:
            if contract.next_charge_date and contract.next_charge_date <= run.date:
                raise UserError(self.env._(
                    "%(contract)s says it is due on %(date)s, but nothing could be charged for that day. "
                    "Check the dates of its services, then try again.",
                    contract=contract.display_name, date=format_date(self.env, contract.next_charge_date),
                ))

    # === PARK === #

    def _reason(self, error: Exception) -> str:
        """Return what people should read about an error: its own sentence, or one that points to the log."""
        if isinstance(error, UserError):
            return str(error)
        _logger.exception("A contract could not be billed", exc_info=error)
        if isinstance(error, DatabaseError) and error.diag.message_primary:
            return self.env._("The database refused the charge: %(message)s", message=error.diag.message_primary)
        return self.env._(
            "Unexpected error %(error)s. The server's log tells more.", error=f'{type(error).__name__}: {error}',
        )

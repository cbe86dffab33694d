"""The time machine under another plan: contracts change by the code of changes, are looked at, and all is undone."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..posting.template import QUIET, undone
from ..rules.billing import CREDIT
from ..rules.errors import RuleError
from ..rules.forecast import AsOf, Scenario
from .credit_book import UseOfCredit
from .remote_references import References
from .service_change_wish import Wish

ONE_DAY = timedelta(days=1)
CONTRACT_LIMIT = 1000
MONTH_LIMIT = 120


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    @api.model
    def preview_plan(self, plan: int | str, date_change: str, date_to: str, external_refs: list[str]) -> dict:
        """Return what contracts would be billed by month, as agreed and under another plan. Nothing is kept.

        :param plan: id or reference of the plan.
        :param date_change: the first day of the new plan, ``YYYY-MM-DD``, today or later; charges of the days before
            are taken as billed.
        :param date_to: the last charge date, ``YYYY-MM-DD``, at most ten years ahead.
        :param external_refs: references of 1 to 1,000 contracts.
        :return: ``months``: objects with ``month`` (its first day), ``currency``, ``agreed``, ``changed`` and
            ``difference`` (amounts without tax), and ``left_out``: objects with ``external_ref`` and ``reason`` for
            contracts that cannot change so; they count as agreed.
        :raises UserError: for an unknown plan or contract, or a text that is no such date.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        references = References(self.env)
        target = references.find('plan', plan)
        contracts = self._contracts_by_ref(external_refs)
        day, last = self._simulated_days(contracts, date_change, date_to)
        agreed = contracts._forecast(last)
        changed, left_out = contracts._forecast_under_plan(target, day, last)
        return {
            'months': _by_month(agreed, changed, self.env),
            'left_out': [
                {'external_ref': contract.external_ref or '', 'reason': reason} for contract, reason in left_out.items()
            ],
        }

    def _simulated_days(self, contracts, date_change: str, date_to: str) -> tuple[date, date]:
        today = self.env.company._service_today()
        try:
            day, last = date.fromisoformat(date_change), date.fromisoformat(date_to)
        except (ValueError, TypeError) as error:
            raise UserError(self.env._("Send dates as 2025-12-31.")) from error
        if not contracts or not today <= day <= last <= fields.Date.add(today, months=MONTH_LIMIT):
            raise UserError(self.env._(
                "Name at least one contract, a change from today on, and a last day after it, at most %s months ahead.",
                MONTH_LIMIT,
            ))
        return day, last

    def _forecast_under_plan(
        self, plan, day: date, date_to: date, scenario: Scenario | None = None, estimate: bool = False,
        book: UseOfCredit | None = None,
    ) -> tuple[list[dict], dict]:
        """Return the rows of `_forecast` as if the contracts changed to a plan on a day, before the run of that day.

        All is done for real and taken back: what is due before the day is written down as billed, the change is made
        by the code that makes changes, and what is left is charged by the pipeline of the billing run.

        :return: the rows, and the contracts that cannot change so with the reason; those go on as agreed.
        """
        self.check_access('read')
        book = book or UseOfCredit()
        with undone(self.env):
            # sudo: ledger and changes are written by what causes them only; nothing of it stays
            contracts_sudo = self.sudo().with_context(
                **QUIET, service_scenario=scenario, service_credit_book=book,
            )
            rows, left_out = contracts_sudo._live_through(plan, day, date_to, scenario, estimate, book)
        return rows, {self.browse(contract_id): reason for contract_id, reason in left_out.items()}

    def _live_through(self, plan, day: date, date_to: date, scenario, estimate: bool, book) -> tuple[list[dict], dict]:
        """Bill until the day, change, and go on; writes, so it is for a block that is undone."""
        today = self.company_id[:1]._service_today() if self else day
        usual = self.line_ids._usual_usage() if estimate else {}
        before = self._charges_until(min(day - ONE_DAY, date_to), usual, today)
        rows = self._forecast_rows(before, scenario, book)
        self._note_as_billed(before)
        later = self.with_context(service_as_of=AsOf(day))
        replaced, left_out = later._change_to(plan)
        Line = self.env['service.contract.line']
        usual |= {
            new_id: usual[old_id] for new_id, old_id in replaced.items()
            if old_id in usual and Line.browse(new_id).meter_id == Line.browse(old_id).meter_id
        }
        self.env.flush_all()
        self.env.invalidate_all()
        after = later._forecast_rows(later._charges_until(date_to, usual, today), scenario, book)
        # a service that was made up is gone afterwards: its rows name the one it replaced
        rows += [
            {**row, 'contract_line_id': replaced.get(row['contract_line_id'], row['contract_line_id'])} for row in after
        ]
        return rows, left_out

    def _note_as_billed(self, charges_by_line: dict) -> None:
        """Write the ledger of charges as a run would, without invoices."""
        worker = self.env['service.billing.worker']
        drafts = self.env['service.invoice.writer']._prepare_drafts(charges_by_line)
        uses = [item.charge for draft in drafts for item in draft.items if item.charge.kind == CREDIT]
        for number, charge in enumerate(uses, 1):
            charge.evidence['correction'] = -number  # below 0: no use of credit has such a number
        entries = worker._write_entries(self.env['service.billing.run'], drafts)
        worker._settle_pending(entries, drafts)
        self.env['service.usage.record']._settle_late(self.line_ids.filtered('late_usage_on'))
        self.env.flush_all()

    def _change_to(self, plan) -> tuple[dict, dict]:
        """Change the contracts to a plan; return the service each new one replaces, and why contracts could not."""
        replaced, left_out = {}, {}
        for contract in self.filtered(lambda contract: contract.plan_id != plan):
            try:
                with self.env.cr.savepoint():
                    answer = contract._request_change(Wish(plan, ()))
            except (UserError, RuleError) as error:
                left_out[contract.id] = str(error)
                continue
            change = self.env['service.contract.change'].browse(answer['id'])
            replaced |= {
                line.new_line_id.id: line.old_line_id.id or None for line in change.line_ids if line.new_line_id
            }
        return replaced, left_out


def _by_month(agreed: list[dict], changed: list[dict], env) -> list[dict]:
    """Return the amounts of both by month and currency."""
    sums = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for place, rows in enumerate((agreed, changed)):
        for row in rows:
            sums[row['charge_date'].replace(day=1), row['currency_id']][place] += Decimal(str(row['amount']))
    return [
        {
            'month': str(month), 'currency': env['res.currency'].browse(currency_id).name,
            'agreed': float(before), 'changed': float(after), 'difference': float(after - before),
        }
        for (month, currency_id), (before, after) in sorted(sums.items())
    ]

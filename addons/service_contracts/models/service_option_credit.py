"""What comes back when an option is booked off within a period that is paid already."""

from datetime import date, timedelta
from decimal import Decimal

from odoo import models
from odoo.tools import format_date

from ..rules.options import unused_credit
from ..rules.periods import Period

ONE_DAY = timedelta(days=1)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _end_option(self, last_day: date, reason: str) -> None:
        super()._end_option(last_day, reason)
        # sudo: who books options off need not have the right to enter charges
        self.env['service.pending.charge'].sudo()._propose(self._prepare_option_credits(last_day))

    def _take_back_end(self) -> None:
        """Charge again what came back: a credit that waits is dropped, one that was paid out is charged."""
        super()._take_back_end()
        Pending = self.env['service.pending.charge'].sudo()  # sudo: as in `_end_option`
        credits = Pending.search([
            ('contract_line_id', '=', self.id), ('key', '=like', 'option:%'), ('amount', '<', 0),
            ('state', '!=', 'cancelled'),
        ])
        billed = credits.filtered(lambda pending: pending.state == 'billed')
        (credits - billed)._cancel(self.env._("The option goes on."))
        Pending._propose([{
            **self._prepare_option_charge(f'{pending.key}:back', -pending.amount),
            'name': self.env._("%s goes on", self._service_name()),
            'period_start': pending.period_start, 'period_end': pending.period_end,
        } for pending in billed])

    def _prepare_option_credits(self, last_day: date) -> list[dict]:
        """Return a credit for each charge that reaches beyond the last day of the option."""
        first_day_without, digits = last_day + ONE_DAY, self.currency_id.decimal_places
        charges = self.entry_ids.filtered(
            lambda entry: entry.state != 'void' and entry.kind == 'recurring' and entry.period_end > first_day_without,
        )
        vals_list = []
        for entry in charges.sorted('period_start'):
            charged, full = Period(entry.period_start, entry.period_end), entry._full_period()
            credit = unused_credit(
                entry._charged_amount(), charged, full, first_day_without, self.proration, digits,
            )
            if credit:
                unused = Period(max(charged.start, first_day_without), charged.end)
                key = f'option:{self.id}:{entry.id}:{last_day}'
                vals_list.append(self._prepare_option_credit(key, entry, unused, credit))
        return vals_list

    def _prepare_option_credit(self, key: str, entry, unused: Period, credit: Decimal) -> dict:
        """Return the credit for the days of a charge on which the option is not used."""
        text = self.env._(
            "%(days)s days from %(start)s of the charge of %(amount)s", days=(unused.end - unused.start).days,
            start=format_date(self.env, unused.start), amount=self.currency_id.format(entry.amount_untaxed),
        )
        return {
            **self._prepare_option_charge(key, -float(credit)),
            'name': self.env._("%s booked off", self._service_name()),
            'period_start': unused.start, 'period_end': unused.end,
            'explanation': {'rows': [{'label': self.env._("Not used"), 'text': text}]},
        }

    def _prepare_option_charge(self, key: str, amount: float) -> dict:
        return {
            'key': key, 'contract_line_id': self.id, 'origin': 'change', 'amount': amount,
            'charge_date': self.company_id._service_today(),
        }

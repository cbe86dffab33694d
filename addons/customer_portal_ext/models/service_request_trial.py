"""What a request does to the charges to come: it is carried out inside a savepoint, looked at, and taken back."""

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.tools import format_date

MONTHS = 12
LONGEST_YEARS = 5
"""What is charged until an end farther away is not added up."""
TRIED = ('end', 'book', 'unbook', 'pause')


class ServiceRequest(models.Model):
    _inherit = 'service.request'

    @api.model
    def _effect_rows(self, contract, vals):
        # EXTENDS: the money, too
        rows = super()._effect_rows(contract, vals)
        if vals['kind'] not in TRIED:
            return rows
        before, after = self._charges_ahead(contract), self._tried(contract, vals)
        return rows + self._compared(contract, before, after)

    def _tried(self, contract, vals: dict) -> dict:
        """Return the charges to come if the request were done; nothing of it stays.

        :raises UserError: if it cannot be done.
        """
        answer = {}
        try:
            with self.env.cr.savepoint():
                self.new({**vals, 'name': self.env._("Preview")})._carry_out()
                self.env.flush_all()
                answer = {**self._charges_ahead(contract), **self._option_days(contract, vals)}
                if vals['kind'] == 'end' and vals['date_wanted'] <= fields.Date.add(
                        contract.company_id._service_today(), years=LONGEST_YEARS):
                    answer['to_the_end'] = self._charged_until(contract, vals['date_wanted'])
                raise _TakenBack
        except _TakenBack:
            self.env.invalidate_all()
        return answer

    @api.model
    def _charges_ahead(self, contract) -> dict:
        """Return the first charge to come, the sum of a year, and what is paid monthly."""
        rows = self._foretold(contract, fields.Date.add(contract.company_id._service_today(), months=MONTHS))
        first = min((row['charge_date'] for row in rows), default=None)
        return {
            'date': first, 'amount': sum(row['amount_total'] for row in rows if row['charge_date'] == first),
            'year': sum(row['amount_total'] for row in rows), 'monthly': contract.recurring_monthly,
        }

    @api.model
    def _charged_until(self, contract, last_day) -> float:
        """Return what is still charged of a contract that ends on a day."""
        return sum(row['amount_total'] for row in self._foretold(contract, last_day))

    def _foretold(self, contract, until) -> list[dict]:
        try:
            return contract._preview(until)
        except RuleError:
            return []  # what cannot be known yet is not foretold

    @api.model
    def _option_days(self, contract, vals: dict) -> dict:
        """Return the first and the last day of the option that is booked on or off."""
        line = contract.line_ids.filtered(lambda line: line.plan_line_id.id == vals['option_id'])[-1:]
        return {'start': line.date_start, 'end': line.date_end} if vals['option_id'] else {}

    def _compared(self, contract, before: dict, after: dict) -> list[dict]:
        """Return what the customer reads: days of the option, the next charge, and the difference in a year."""
        env, money = self.env, contract.currency_id.format

        def charge(found):
            return f"{format_date(env, found['date'])}: {money(found['amount'])}" if found['date'] else env._("None")

        rows = [
            (env._("First day"), after.get('start') and not after.get('end') and format_date(env, after['start'])),
            (env._("Last day"), after.get('end') and format_date(env, after['end'])),
            (env._("Next charge until now"), charge(before)), (env._("Next charge then"), charge(after)),
        ]
        if 'start' in after:
            rows += [(env._("Monthly until now, without tax"), money(before['monthly'])),
                     (env._("Monthly from then on, without tax"), money(after['monthly']))]
        if 'to_the_end' in after:
            rows.append((env._("Still to pay until the last day"), money(after['to_the_end'])))
        difference = contract.currency_id.round(after['year'] - before['year'])
        if difference:
            label = env._("More to pay in twelve months") if difference > 0 else env._("Less to pay in twelve months")
            rows.append((label, money(abs(difference))))
        return [{'label': label, 'text': text} for label, text in rows if text]


class _TakenBack(Exception):
    """Leaves the savepoint of a preview, so that nothing of it stays."""

"""Figures of the installment book: portfolio at risk and expected cash by week."""

from odoo import fields, models

from ..rules.portfolio import OpenInstallment, portfolio_at_risk


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    def read_portfolio_at_risk(self, days: int = 30) -> list[dict]:
        """Tell how much of the principal outstanding belongs to plans with an installment that is late.

        :param days: an installment counts as late when it is overdue by more than so many days.
        :return: one dict a currency with `currency`, `at_risk`, `outstanding` and `share` (0 to 1), over the plans
            the user may read in the current companies.
        """
        lines = self.env['installment.line'].search([
            ('amount_residual', '>', 0), ('company_id', 'in', self.env.companies.ids),
        ])
        today = fields.Date.context_today(self)
        return [self._portfolio_at_risk(currency, items, today, days)
                for currency, items in lines.grouped('currency_id').items()]

    def _portfolio_at_risk(self, currency, lines, today, days: int) -> dict:
        at_risk, outstanding = portfolio_at_risk((line._open_installment() for line in lines), today, days)
        return {
            'currency': currency.name,
            'at_risk': float(at_risk),
            'outstanding': float(outstanding),
            'share': float(at_risk / outstanding) if outstanding else 0.0,
        }

    def read_expected_cash(self) -> list[dict]:
        """Tell what customers still have to pay, by week of the due date and currency, oldest first.

        :return: dicts with `week` (its first day), `currency`, `amount` and `likely`, the amount by the share that came
            in its week in the last 12 weeks; what is overdue counts in its own week.
        """
        backtests = self.env['installment.cash.week'].read_cash_backtest()
        rates = {found['currency']: found['hit_rate'] for found in backtests}
        groups = self.env['installment.line']._read_group(
            [('amount_residual', '>', 0), ('company_id', 'in', self.env.companies.ids)],
            ['date_maturity:week', 'currency_id'], ['amount_residual:sum'],
        )
        return [{
            'week': str(week), 'currency': currency.name, 'amount': amount,
            'likely': currency.round(amount * rates.get(currency.name, 1.0)),
        } for week, currency, amount in groups]


class InstallmentLine(models.Model):
    _inherit = 'installment.line'

    def _open_installment(self) -> OpenInstallment:
        """Return what is open; a part payment pays in the order of the company."""
        return OpenInstallment(self.plan_id.id, self.date_maturity, self._open_parts(self._open_amount())['principal'])

"""The time machine: choose months and what should be different, and see what would be billed."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain

from ..models.credit_book import UseOfCredit
from ..posting.rows import column_types, insert_rows, next_ids
from ..rules.forecast import Scenario
from ..rules.money import to_decimal

BATCH = 500
"""Contracts worked out at a time: memory stays flat, however many there are."""
MONTHS = 24
MONTH_LIMIT = 120


class ServiceForecast(models.TransientModel):
    _name = 'service.forecast'
    _description = "Forecast of the Billing"

    contract_ids = fields.Many2many('service.contract', string="Contracts", help="Empty: all running contracts.")
    months = fields.Integer(default=MONTHS, required=True)
    estimates_usage = fields.Boolean(
        "Estimate usage", default=True,
        help="Usage to come costs what it cost on average in the last three periods. Otherwise: its price without use.",
    )
    date_change = fields.Date("From", required=True, default=lambda self: self.env.company._service_today())
    price_change = fields.Float("Prices change by (%)", help="Below 0 they fall. As a price step from the day on.")
    churn = fields.Float("Customers leave (% a month)", help="Besides those who have given notice.")
    plan_from_id = fields.Many2one(
        'service.plan', "Contracts of plan", help="Only the contracts of this plan. Empty: those chosen above.",
    )
    plan_id = fields.Many2one(
        'service.plan', "Change to plan",
        help="As if the contracts changed on the day from which things are different, by the rules of their plan.",
    )
    row_ids = fields.One2many('service.forecast.row', 'forecast_id', "Charges")

    @api.constrains('months', 'price_change', 'churn')
    def _check_numbers(self):
        for forecast in self:
            if not 1 <= forecast.months <= MONTH_LIMIT:
                raise ValidationError(self.env._("Look ahead from 1 to %s months.", MONTH_LIMIT))
            if not -100 <= forecast.price_change <= 1000 or not 0 <= forecast.churn <= 100:
                raise ValidationError(self.env._(
                    "Prices change by −100 to 1000 percent, and 0 to 100 percent of the customers leave.",
                ))

    @api.constrains('plan_id', 'plan_from_id', 'contract_ids', 'date_change')
    def _check_plan(self):
        for forecast in self.filtered('plan_id'):
            if not forecast.contract_ids and not forecast.plan_from_id:
                raise ValidationError(self.env._(
                    "Which contracts would change to %s? Choose some, or the plan they have.", forecast.plan_id.name,
                ))
            if forecast.date_change < self.env.company._service_today():
                raise ValidationError(self.env._("A change of the plan begins today or later. Choose another day."))

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get('active_model') == 'service.contract':
            values['contract_ids'] = [Command.set(self.env.context.get('active_ids') or [])]
        return values

    # === ACTIONS === #

    def action_simulate(self) -> dict:
        """Work out the charges and show them by month."""
        self.ensure_one()
        self.env['service.contract'].check_access('read')
        left_out = self._fill()
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_forecast_row_action')
        if left_out:
            name, reason = next(iter(left_out.items()))
            action['name'] = self.env._(
                "Expected Revenue (%(count)s contracts cannot change; %(contract)s: %(reason)s)",
                count=len(left_out), contract=name, reason=reason,
            )
        return {**action, 'domain': [('forecast_id', '=', self.id)]}

    # === BUSINESS === #

    def _fill(self) -> dict[str, str]:
        """Write the rows, as agreed and, if anything is to be different, with the change.

        :return: the contracts that cannot change to the plan, with the reason.
        """
        self.row_ids.unlink()
        contract_ids = self._contracts().ids
        scenario, agreed, changed = self._scenario(), UseOfCredit(), UseOfCredit()
        compares, left_out = bool(scenario or self.plan_id), {}
        for first in range(0, len(contract_ids), BATCH):
            contracts = self.env['service.contract'].browse(contract_ids[first:first + BATCH])
            rows = contracts._forecast(self._date_to(), None, self.estimates_usage, agreed)
            self._insert('agreed', rows, -1 if compares else 0)
            if self.plan_id:
                rows, why = contracts._forecast_under_plan(
                    self.plan_id, self.date_change, self._date_to(), scenario, self.estimates_usage, changed,
                )
                left_out |= {contract.name: reason for contract, reason in why.items()}
            elif scenario:
                rows = contracts._forecast(self._date_to(), scenario, self.estimates_usage, changed)
            if compares:
                self._insert('changed', rows, 1)
            self.env.invalidate_all()
        return left_out

    def _contracts(self):
        if self.contract_ids:
            return self.contract_ids
        running = Domain('state', 'in', ('active', 'ended')) & Domain('company_id', 'in', self.env.companies.ids)
        if self.plan_from_id:
            running &= Domain('plan_id', '=', self.plan_from_id.id)
        return self.env['service.contract'].search(running, order='id')

    def _date_to(self) -> date:
        """Return the last day of the last month."""
        first = self.env.company._service_today().replace(day=1)
        return fields.Date.add(first, months=self.months + 1) - timedelta(days=1)

    def _scenario(self) -> Scenario | None:
        if not self.price_change and not self.churn:
            return None
        return Scenario(self.date_change, to_decimal(self.price_change), to_decimal(self.churn))

    def _insert(self, variant: str, rows: list[dict], sign: int) -> None:
        """Keep the rows for the screen. The ORM would take minutes for some hundred thousand of them.

        :param sign: of the amounts in the difference between both variants.
        """
        cr, Row = self.env.cr, self.env['service.forecast.row']
        rates = self._rates({(row['currency_id'], row['company_id']) for row in rows})
        common = {
            'forecast_id': self.id, 'variant': variant, 'create_uid': self.env.uid, 'write_uid': self.env.uid,
            'create_date': cr.now(), 'write_date': cr.now(),
        }
        self.flush_recordset()
        ids = next_ids(cr, Row._table, len(rows))
        insert_rows(cr, Row._table, [
            {'id': row_id, **row, **common, 'month': row['charge_date'].replace(day=1),
             'amount_company': row['amount'] * rates[row['currency_id'], row['company_id']],
             'difference': sign * row['amount'] * rates[row['currency_id'], row['company_id']]}
            for row_id, row in zip(ids, rows, strict=True)
        ], column_types(cr, Row._table))
        Row.invalidate_model(flush=False)

    def _rates(self, pairs: set[tuple[int, int]]) -> dict[tuple[int, int], float]:
        """Return today's rate of each currency into that of a company."""
        rates, Currency, Company = {}, self.env['res.currency'], self.env['res.company']
        for currency_id, company_id in pairs:
            company = Company.browse(company_id)
            rates[currency_id, company_id] = Currency._get_conversion_rate(
                Currency.browse(currency_id), company.currency_id, company, company._service_today(),
            )
        return rates


class ServiceForecastRow(models.TransientModel):
    _name = 'service.forecast.row'
    _description = "Charge of a Forecast"
    _order = 'charge_date, partner_id, contract_line_id, id'

    forecast_id = fields.Many2one('service.forecast', required=True, readonly=True, index=True, ondelete='cascade')
    variant = fields.Selection(
        [('agreed', "As agreed"), ('changed', "With the change")], "Assumption", required=True, readonly=True,
    )
    company_id = fields.Many2one('res.company', readonly=True)
    contract_id = fields.Many2one('service.contract', readonly=True)
    contract_line_id = fields.Many2one('service.contract.line', "Service", readonly=True)
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    plan_id = fields.Many2one('service.plan', "Plan", readonly=True)
    product_id = fields.Many2one('product.product', readonly=True)
    kind = fields.Selection(
        lambda self: self.env['service.billing.entry']._fields['kind']._description_selection(self.env), readonly=True,
    )
    month = fields.Date(readonly=True)
    charge_date = fields.Date("Charged on", readonly=True)
    period_start = fields.Date("From", readonly=True)
    period_last_day = fields.Date("To", readonly=True)
    is_estimate = fields.Boolean("Estimate", readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    amount = fields.Monetary("Untaxed amount", readonly=True, aggregator=None)
    credit_used = fields.Monetary("Paid by credit", readonly=True, aggregator=None)
    amount_company = fields.Monetary("Expected revenue", currency_field='company_currency_id', readonly=True)
    difference = fields.Monetary(
        currency_field='company_currency_id', readonly=True,
        help="Sums to what the change brings: as agreed counts below 0, with the change above.",
    )

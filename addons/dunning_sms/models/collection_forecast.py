"""What will be collected week by week, and how good such forecasts were in the past."""

from collections import defaultdict
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL

from ..rules import payment_score
from ..rules.forecast import Delays, OpenAmount, errors, expected_by_week, naive_by_week
from .payment_history_sql import payment_history
from .receivable_sql import flush_receivables, open_receivables

WEEKS = 12
TEST_WEEKS = 8
TEST_STARTS = (8, 12, 16, 20)
"""The back-test looks from so many weeks ago at the eight weeks that followed."""
HISTORY_YEARS = 2
EVERYBODY = 'everybody'


class CollectionForecast(models.Model):
    _name = 'collection.forecast'
    _description = "Collection Forecast"
    _order = 'company_id, origin desc, week'
    _rec_name = 'week_start'

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True, ondelete='cascade')
    currency_id = fields.Many2one(related='company_id.currency_id')
    origin = fields.Date("Seen from", required=True, readonly=True, help="The forecast knows nothing after this day.")
    is_test = fields.Boolean(
        "Back-test", readonly=True, help="A forecast of the past, to see how good it would have been.",
    )
    week = fields.Integer(required=True, readonly=True, aggregator=None)
    week_start = fields.Date("Week from", required=True, readonly=True)
    expected = fields.Monetary(readonly=True, help="By how late each customer paid before.")
    naive = fields.Monetary(
        "If all pay on time", readonly=True, help="Everybody pays on the due date, overdue money at once.",
    )
    actual = fields.Monetary("Collected", readonly=True, help="Of what was open on the day of the forecast.")

    _key = models.UniqueIndex("(company_id, origin, week)", "One row per week of a forecast.")

    @api.model
    def get_accuracy(self, company: int | None = None) -> dict:
        """Return how far the back-tests were off; changes nothing.

        :param company: id of a company of the user; the current one if left out.
        :return: ``{'expected': {'mae', 'wape'}, 'naive': {'mae', 'wape'}, 'weeks'}``: mean absolute error per week in
            the company's currency, and all errors as a share of what was collected (0.2 is 20 %); false without data.
        """
        rows = self.search([('company_id', '=', company or self.env.company.id), ('is_test', '=', True)])
        actual = rows.mapped('actual')
        found = {name: errors(rows.mapped(name), actual) for name in ('expected', 'naive')}
        return {
            **{name: {  # XML-RPC carries no None
                'mae': False if error.mae is None else error.mae, 'wape': False if error.wape is None else error.wape,
            } for name, error in found.items()}, 'weeks': len(rows),
        }

    # === NIGHTLY === #

    @api.model
    def _update(self, company, today: date) -> None:
        """Make the forecast of a company anew, and its back-tests."""
        flush_receivables(self.env)
        rows = self._forecast_vals(company, today, WEEKS)
        for weeks in TEST_STARTS:
            rows += self._test_vals(company, today - timedelta(weeks=weeks))
        self.search([('company_id', '=', company.id)]).unlink()
        self.create(rows)

    def _forecast_vals(self, company, origin: date, weeks: int) -> list[dict]:
        """Return the forecast of some weeks as seen from a day, nothing if nothing was open then."""
        segments = self._segments(company, origin)
        items = self._open_amounts(company, origin, segments)
        if not items:
            return []
        delays = self._delays(company, origin, segments)
        expected, naive = expected_by_week(items, delays, origin, weeks), naive_by_week(items, origin, weeks)
        return [
            {'company_id': company.id, 'origin': origin, 'week': week + 1, 'expected': expected[week],
             'naive': naive[week], 'week_start': origin + timedelta(days=7 * week + 1)}
            for week in range(weeks)
        ]

    def _test_vals(self, company, origin: date) -> list[dict]:
        actual = self._collected(company, origin, TEST_WEEKS)
        return [
            {**vals, 'is_test': True, 'actual': actual[vals['week']]}
            for vals in self._forecast_vals(company, origin, TEST_WEEKS)
        ]

    def _open_amounts(self, company, origin: date, segments: dict[int, str]) -> list[OpenAmount]:
        """Return what was open on a day, with the customers and segments whose history tells about it."""
        rows = self.env.execute_query(SQL(
            "SELECT partner_id, due, SUM(residual) FROM (%s) AS open WHERE residual > 0 GROUP BY partner_id, due",
            open_receivables(origin, company.ids),
        ))
        return [
            OpenAmount(due, float(amount), _groups(partner_id, segments)) for partner_id, due, amount in rows
        ]

    def _segments(self, company, origin: date) -> dict[int, str]:
        """Return the segment of each customer as known on that day."""
        histories = self.env['payment.profile']._histories(company, origin)
        return {partner_id: payment_score.segment(history, origin) for partner_id, history in histories.items()}

    def _delays(self, company, origin: date, segments: dict[int, str]) -> dict:
        """Return how late money came, and how long it waits, by customer, segment and for everybody."""
        delays = defaultdict(Delays)
        since = origin - relativedelta(years=HISTORY_YEARS)
        paid = self.env.execute_query(SQL(
            "SELECT partner_id, days, SUM(amount), COUNT(*) FROM (%s) AS history GROUP BY partner_id, days",
            payment_history(company.ids, origin, since),
        ))
        for partner_id, days, amount, count in paid:
            for group in _groups(partner_id, segments):
                delays[group].add_paid(days, float(amount), count)
        waiting = self.env.execute_query(SQL(
            "SELECT partner_id, %s - due, SUM(residual) FROM (%s) AS open WHERE residual > 0 AND due >= %s "
            "GROUP BY partner_id, due", origin, open_receivables(origin, company.ids), since,
        ))
        for partner_id, days, amount in waiting:
            for group in _groups(partner_id, segments):
                delays[group].add_waiting(days, float(amount))
        return delays

    def _collected(self, company, origin: date, weeks: int) -> dict[int, float]:
        """Return what was collected in each week of what was open on a day."""
        rows = self.env.execute_query(SQL(
            "SELECT (paid_on - %(origin)s - 1) / 7 + 1, SUM(amount) FROM (%(history)s) AS history "
            "WHERE charged_on <= %(origin)s GROUP BY 1",
            origin=origin, history=payment_history(company.ids, origin + timedelta(weeks=weeks), origin),
        ))
        return defaultdict(float, {week: float(amount) for week, amount in rows})


def _groups(partner_id: int, segments: dict[int, str]) -> tuple:
    """Return whose history tells about a customer, the closest first."""
    return (partner_id, segments.get(partner_id, 'new'), EVERYBODY)

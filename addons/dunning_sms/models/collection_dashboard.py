"""The dashboard of collections: everything it shows, gathered by one call."""

import itertools

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

TOP = 8
WEEKS = 8


class CollectionDashboard(models.AbstractModel):
    _name = 'collection.dashboard'
    _description = "Collections Dashboard"

    @api.model
    def get_dashboard(self) -> dict:
        """Return the figures of collection of the current company; changes nothing.

        :return: ``{'has_data', 'currency_id', 'updated_on', 'can_refresh', 'tiles': {'balance', 'overdue',
            'overdue_share', 'dso', 'cei', 'expected'}, 'bucket_labels', 'months': [{'label', 'buckets', 'dso',
            'cei'}], 'forecast': [{'label', 'expected', 'naive'}], 'accuracy', 'segments', 'steps', 'customers'}``,
            amounts in the currency of the company, shares between 0 and 1.
        :raises AccessError: for users without access to the figures of collection.
        """
        self.env['collection.figure'].check_access('read')
        company = self.env.company
        months, forecast = self._months(company), self._forecast(company)
        balance, overdue = self._totals(company)
        return {
            'has_data': bool(months or balance), 'currency_id': company.currency_id.id,
            'updated_on': company.collection_updated_on and format_date(self.env, company.collection_updated_on),
            'can_refresh': self.env.user.has_group('dunning_sms.group_dunning_manager'),
            'tiles': {
                'balance': balance, 'overdue': overdue, 'overdue_share': overdue / balance if balance > 0 else 0.0,
                'dso': months[-1]['dso'] if months else 0.0, 'cei': months[-1]['cei'] if months else 0.0,
                'expected': sum(row['expected'] for row in forecast[:4]),
            },
            'bucket_labels': self.env['account.statement']._bucket_labels(),
            'months': months, 'forecast': forecast, 'segments': self._segments(company), 'steps': self._steps(company),
            'accuracy': self.env['collection.forecast'].get_accuracy(), 'customers': self._customers(company),
        }

    @api.model
    def action_refresh(self) -> None:
        """Work out the figures of the current company now instead of tonight; for managers."""
        if not self.env.user.has_group('dunning_sms.group_dunning_manager'):
            raise AccessError(self.env._("Only a manager of collections may do this."))
        today, company = self.env.company._dunning_today(), self.env.company
        self.env['payment.profile'].sudo()._update(company, today)  # sudo: figures are written by nobody by hand
        self.env['collection.figure'].sudo()._update_all(company, today)

    # === PARTS === #

    def _totals(self, company) -> tuple[float, float]:
        domain = [('company_id', '=', company.id)]
        (totals,) = self.env['collection.ageing']._read_group(domain, [], ['residual:sum', 'overdue:sum'])
        return totals[0] or 0.0, totals[1] or 0.0

    def _months(self, company) -> list[dict]:
        rows = self.env['collection.figure'].search([('company_id', '=', company.id)], order='month desc', limit=12)
        begun = itertools.dropwhile(lambda row: not (row.receivable or row.sales), reversed(rows))
        return [
            {'label': format_date(self.env, row.month, date_format='MMM yy'), 'dso': row.dso, 'cei': row.cei,
             'buckets': [row[f'bucket_{place}'] for place in range(5)]}
            for row in begun
        ]

    def _forecast(self, company) -> list[dict]:
        rows = self.env['collection.forecast'].search(
            [('company_id', '=', company.id), ('is_test', '=', False)], order='week', limit=WEEKS)
        return [
            {'label': format_date(self.env, row.week_start, date_format='d MMM'), 'expected': row.expected,
             'naive': row.naive}
            for row in rows
        ]

    def _segments(self, company) -> list[dict]:
        names = dict(self.env['payment.profile']._fields['segment']._description_selection(self.env))
        counts = self.env['payment.profile']._read_group(
            [('company_id', '=', company.id)], ['segment'], ['__count', 'overdue:sum'])
        known = {segment: (count, overdue) for segment, count, overdue in counts}
        return [
            {'key': key, 'name': name, 'count': known[key][0], 'overdue': known[key][1]}
            for key, name in names.items() if key in known
        ]

    def _steps(self, company) -> list[dict]:
        groups = self.env['dunning.recovery']._read_group(
            [('company_id', '=', company.id)], ['step_id'], ['__count', 'told:sum', 'recovered:sum', 'days:avg'])
        return [
            {'name': step.display_name, 'distance': step.distance, 'count': count, 'told': told,
             'recovered': recovered, 'share': recovered / told if told else 0.0, 'days': days or 0.0}
            for step, count, told, recovered, days in sorted(groups, key=lambda group: group[0].distance)
        ]

    def _customers(self, company) -> list[dict]:
        rows = self.env['collection.worklist'].search([('company_id', '=', company.id)], limit=TOP)
        names = dict(self.env['payment.profile']._fields['segment']._description_selection(self.env))
        return [
            {'id': row.partner_id.id, 'name': row.partner_id.name or '', 'overdue': row.overdue, 'days': row.days,
             'score': row.score, 'segment': names.get(row.segment, ''), 'key': row.segment or ''}
            for row in rows
        ]

    # === WORKBOOK === #

    def _workbook(self) -> bytes:
        """Return the dashboard as an .xlsx file."""
        found, _ = self.get_dashboard(), self.env._
        accuracy = found['accuracy']
        return self.env['account.statement']._workbook_of({
            _("Months"): [
                [_("Month"), *found['bucket_labels'], _("DSO"), _("CEI")],
                *([row['label'], *row['buckets'], row['dso'], row['cei']] for row in found['months']),
            ],
            _("Forecast"): [
                [_("Week from"), _("Expected"), _("If all pay on time")],
                *([row['label'], row['expected'], row['naive']] for row in found['forecast']),
                [_("Back-test, mean error a week"), accuracy['expected']['mae'], accuracy['naive']['mae']],
                [_("Back-test, error as a share"), accuracy['expected']['wape'], accuracy['naive']['wape']],
            ],
            _("Reminders"): [
                [_("Step"), _("Receivables"), _("Asked for"), _("Recovered"), _("Share"), _("Days to payment")],
                *([row['name'], row['count'], row['told'], row['recovered'], row['share'], row['days']]
                  for row in found['steps']),
            ],
            _("Customers"): [
                [_("Customer"), _("Overdue"), _("Days overdue"), _("Score"), _("Payment behaviour")],
                *([row['name'], row['overdue'], row['days'], row['score'], row['segment']]
                  for row in found['customers']),
            ],
        })

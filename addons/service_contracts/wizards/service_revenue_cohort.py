"""Cohorts: how many of the customers won in a month are still there, and how much they bring, as a heat table."""

from odoo import api, fields, models
from odoo.tools import format_date

SHOWN = 24


class ServiceRevenueCohort(models.TransientModel):
    _name = 'service.revenue.cohort'
    _description = "Retention by Cohort"

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    measure = fields.Selection(
        [('customers', "Customers"), ('revenue', "Recurring revenue")], "Show", default='customers', required=True,
    )
    table_html = fields.Html(compute='_compute_table_html', sanitize=False)

    @api.depends('measure')
    def _compute_display_name(self):
        for cohort in self:
            cohort.display_name = self.env._("Retention by cohort")

    @api.depends('company_id', 'measure')
    def _compute_table_html(self):
        for cohort in self:
            cohort.table_html = self.env['ir.qweb']._render('service_contracts.cohort_table', {
                'cohort': cohort, 'rows': cohort._rows(), 'format_date': format_date, 'env': self.env,
            })

    def _rows(self) -> list[dict]:
        """Return one row for each month that won customers: ``month``, ``begun`` and ``cells``."""
        self.env['service.revenue.snapshot'].check_access('read')
        cohorts = self.env['service.revenue.snapshot']._cohorts(self.company_id)
        return [self._row(month, steps) for month, steps in list(cohorts.items())[-SHOWN:]]

    def _row(self, month, steps: list[tuple]) -> dict:
        """Return a cohort with a cell for each month of its life; a month without any of them is 0."""
        place = 1 if self.measure == 'customers' else 2
        by_month = {step[0]: step[place] for step in steps}
        begun, cells, day = by_month[month], [], month
        last = self.company_id._service_today()
        while day <= last and len(cells) < SHOWN:
            value = by_month.get(day, 0)
            cells.append({'value': value, 'share': value / begun if begun else 0})
            day = fields.Date.add(day, months=1)
        return {'month': month, 'begun': begun, 'cells': cells}

    def action_export(self) -> dict:
        """Download figures, movements and cohorts as a workbook."""
        return self.env['service.revenue.figures'].with_company(self.company_id).action_export()

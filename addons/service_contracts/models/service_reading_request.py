"""Readings that occupants are asked for by mail before their period ends: once, and once more who did not answer."""

from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

BATCH = 50
"""Mails made in one transaction."""


class ServiceAllocationGroup(models.Model):
    _inherit = 'service.allocation.group'

    readings_ask_days = fields.Integer(
        "Ask days before", default=14,
        help="So many days before “Readings until” occupants get a mail that asks what their meters show. 0: no mail.",
    )
    readings_remind_days = fields.Integer(
        "Remind days before", default=3, help="Who has not answered by then is asked once more. 0: no reminder.",
    )
    missing_reading_count = fields.Integer("Readings missing", compute='_compute_missing_reading_count')

    _ask_days_in_range = models.Constraint(
        'CHECK (readings_ask_days BETWEEN 0 AND 60 AND readings_remind_days BETWEEN 0 AND 60)',
        "Occupants are asked for readings at most 60 days before.",
    )

    def _compute_missing_reading_count(self):
        counts = dict(self.env['service.reading.request']._read_group(
            [('group_id', 'in', self.ids), ('is_missing', '=', True)], ['group_id'], ['__count'],
        ))
        for group in self:
            group.missing_reading_count = counts.get(group._origin, 0)

    def action_view_missing_readings(self) -> dict:
        """Open the meters of these groups whose readings were asked for and are missing."""
        return self._related_action('service_reading_request_action') | {
            'context': {'search_default_missing': 1, 'search_default_group_unit': 1},
        }

    def _input_ranges(self):
        return {**super()._input_ranges(), 'readings_ask_days': (0, 60), 'readings_remind_days': (0, 60)}

    def _requests_due(self) -> list[dict]:
        """Return the readings that occupants of these groups owe, one for each flat and meter."""
        occupancies = self.env['service.allocation.occupancy'].search([('group_id', 'in', self.ids)])
        return [
            {'unit_id': one.unit_id.id, 'meter_id': meter.id, 'contract_id': one.contract_line_id.contract_id.id,
             'date_from': fields.Date.add(today, days=-one.group_id.reading_days),
             'date_until': one.group_id.readings_until}
            for one in occupancies for today in [one.company_id._service_today()] if one._covers(today)
            for meter in one.group_id.reported_meter_ids
        ]


class ServiceReadingRequest(models.Model):
    _name = 'service.reading.request'
    _description = "Reading Asked for"
    _order = 'date_until desc, group_id, unit_id, meter_id, id'
    _rec_name = 'unit_id'

    unit_id = fields.Many2one('service.allocation.unit', required=True, readonly=True, ondelete='cascade', index=True)
    group_id = fields.Many2one(related='unit_id.group_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='unit_id.company_id', store=True, index=True, precompute=True)
    meter_id = fields.Many2one('service.meter', required=True, readonly=True, ondelete='cascade')
    contract_id = fields.Many2one('service.contract', required=True, readonly=True, ondelete='cascade', index=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, index=True, string="Occupant")
    date_from = fields.Date("Counts from", required=True, readonly=True, help="A reading of this day or later answers.")
    date_until = fields.Date("Until", required=True, readonly=True)
    is_missing = fields.Boolean(
        "Missing", compute='_compute_is_missing', search='_search_is_missing',
        help="Neither read nor reported since it was asked for; a reported one that was refused is missing again.",
    )
    asked_on = fields.Date(readonly=True, help="Empty: there is no e-mail address, or it was read before.")
    reminded_on = fields.Date(readonly=True)
    mailed_to = fields.Char("Mailed to", readonly=True)

    _asked_once = models.UniqueIndex(
        "(unit_id, meter_id, contract_id, date_until)", "This reading has been asked for already.",
    )

    # === COMPUTE === #

    def _compute_is_missing(self):
        missing = self.search([('id', 'in', self.ids), ('is_missing', '=', True)])
        for request in self:
            request.is_missing = request._origin in missing

    def _search_is_missing(self, operator, value):
        if operator != 'in':
            return NotImplemented
        for model in ('service.allocation.reading', 'service.reading.report'):
            self.env[model].flush_model()
        missing = Domain('id', 'in', SQL(
            """(
            SELECT request.id FROM service_reading_request request
             WHERE NOT EXISTS (
                    SELECT FROM service_allocation_reading reading
                     WHERE reading.unit_id = request.unit_id AND reading.meter_id = request.meter_id
                       AND reading.active AND reading.source != 'estimate' AND reading.date >= request.date_from)
               AND NOT EXISTS (
                    SELECT FROM service_reading_report report
                     WHERE report.unit_id = request.unit_id AND report.meter_id = request.meter_id
                       AND report.state = 'sent' AND report.date >= request.date_from)
            )""",
        ))
        return missing if True in value else ~missing

    # === CRON === #

    @api.model
    def _cron_ask(self) -> None:
        """Ask occupants for readings, and those who did not answer once more, company by company."""
        self.env['res.company']._each_with_progress(self._follow_company)

    def _follow_company(self, company) -> bool:
        today, cron = company._service_today(), self.env['ir.cron']
        self._write_down(company, today)
        for name, domain in (('asked_on', self._unasked(company, today)), ('reminded_on', self._late(company, today))):
            while requests := self._next_to_mail(domain):
                requests._mail(name, today)
                if self.env.context.get('cron_id') and not cron._commit_progress():
                    cron._commit_progress(remaining=1)
                    return False
        return True

    def _write_down(self, company, today: date) -> None:
        """Write down which readings are asked for now; those known are left as they are."""
        groups = self.env['service.allocation.group'].search([
            ('company_id', '=', company.id), ('reported_meter_ids', '!=', False), ('readings_until', '>=', today),
            ('readings_ask_days', '>', 0),
        ]).filtered(lambda group: fields.Date.add(today, days=group.readings_ask_days) >= group.readings_until)
        due = groups._requests_due()
        known = {
            (one.unit_id.id, one.meter_id.id, one.contract_id.id, one.date_until)
            for one in self.search([('group_id', 'in', groups.ids), ('date_until', '>=', today)])
        }
        self.create([vals for vals in due if (
            vals['unit_id'], vals['meter_id'], vals['contract_id'], vals['date_until']) not in known])

    def _unasked(self, company, today: date) -> Domain:
        return self._missing(company, today) & Domain('asked_on', '=', False)

    def _late(self, company, today: date) -> Domain:
        """Return what is missing of those asked on an earlier day, where the days of the reminder have come."""
        asked = self._missing(company, today) & Domain('asked_on', '<', today) & Domain('reminded_on', '=', False)
        groups = self.search(asked).group_id.filtered(lambda group: group.readings_remind_days)
        return Domain.FALSE if not groups else asked & Domain.OR(
            Domain('group_id', '=', group.id)
            & Domain('date_until', '<=', fields.Date.add(today, days=group.readings_remind_days))
            for group in groups
        )

    def _missing(self, company, today: date) -> Domain:
        return Domain([
            ('company_id', '=', company.id), ('date_until', '>=', today), ('is_missing', '=', True),
            ('contract_id.state', '!=', 'removed'), ('partner_id.email_normalized', '!=', False),
        ])

    def _next_to_mail(self, domain: Domain):
        """Return what is to be mailed next, all of a contract together."""
        contracts = self.search(domain, limit=BATCH, order='contract_id, id').contract_id
        return self.search(domain & Domain('contract_id', 'in', contracts.ids), order='contract_id, id')

    # === MAIL === #

    def _mail(self, name: str, today: date) -> None:
        """Put one mail for each contract and last day into the queue, and write down when and to whom."""
        for address, requests in self.grouped(lambda request: request.partner_id.email_normalized).items():
            requests.write({name: today, 'mailed_to': address})
        firsts = [requests[0].id for requests in self.grouped(lambda one: (one.contract_id, one.date_until)).values()]
        self.env.ref('service_contracts.mail_template_reading_request').send_mail_batch(firsts)

    def _asked_together(self):
        """Return what is missing of the same contract and last day, for the mail."""
        return self.search([
            ('contract_id', '=', self.contract_id.id), ('date_until', '=', self.date_until), ('is_missing', '=', True),
        ], order='unit_id, meter_id')

"""One bill day for all contracts of a customer: what begins later takes the day of what runs, for one invoice."""

from odoo import fields, models

MONTHLY = ('month', 'quarter', 'half_year', 'year')


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    aligns_bill_day = fields.Boolean(
        "Bill day of the customer",
        help="Periods begin on the day of the month on which those of the customer's running contracts do, so one "
             "invoice charges them all. The first period may be short.",
    )


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def action_activate(self) -> bool:
        # EXTENDS the add-on: the bill day is fixed before anything is charged
        self.check_access('write')
        self.filtered(lambda contract: contract.state == 'draft' and contract.plan_id.aligns_bill_day)._align_bill_day()
        return super().action_activate()

    def _align_bill_day(self) -> None:
        """Let the services begin their periods on the bill day that the customer has already, if there is one."""
        days = self._bill_days()
        for contract in self:
            day = days.get(contract._bill_day_key())
            lines = contract.line_ids.filtered(
                lambda line: line.kind != 'one_time' and line.interval_unit in MONTHLY and line.anchor == 'start')
            if day and lines:
                lines.write({'anchor': 'calendar', 'anchor_day': day, 'anchor_month': str(contract.date_start.month)})

    def _bill_days(self) -> dict[tuple, int]:
        """Return the bill day of customers by `_bill_day_key`: that of the first running service."""
        # sudo: contracts of the customer that somebody else looks after have a bill day, too
        running = self.env['service.contract.line'].sudo().search([
            ('company_id', 'in', self.company_id.ids), ('contract_id.state', 'in', ('active', 'suspended')),
            ('partner_id.commercial_partner_id', 'in', self.partner_id.commercial_partner_id.ids),
            ('kind', '=', 'recurring'), ('interval_unit', 'in', MONTHLY), ('next_charge_date', '!=', False),
        ], order='date_start desc, id desc')
        return {line.contract_id._bill_day_key(): line._bill_day() for line in running}

    def _bill_day_key(self) -> tuple:
        """Return what contracts on one invoice share."""
        return self.company_id, self.partner_id.commercial_partner_id, self.currency_id


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _bill_day(self) -> int:
        """Return the day of the month on which the periods begin, 31 for the last one."""
        return self._recurrence(self._billing_start()).anchor_day

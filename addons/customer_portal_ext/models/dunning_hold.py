"""Holds that a reported transfer or a claim puts on reminders: exactly the amount it covers, while it lasts."""

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal

from ..rules.receivable_status import cover_oldest


class DunningHold(models.Model):
    _inherit = 'dunning.hold'

    transfer_report_id = fields.Many2one('transfer.report', readonly=True, index='btree_not_null', ondelete='cascade')
    case_id = fields.Many2one('support.case', "Case", readonly=True, index='btree_not_null', ondelete='cascade')

    @api.model
    def _cover(self, lines, amount: float, **vals) -> None:
        """Put an amount of receivables on hold, the oldest due first.

        :param vals: values of the holds, such as ``kind`` and what they come from.
        """
        covered = cover_oldest(lines._plain_receivables(), to_decimal(amount))
        self.create([{
            'move_line_id': line.id, 'company_id': line.company_id.id, 'amount': float(covered[line.id]), **vals,
        } for line in lines if covered.get(line.id)])

    def _end(self) -> None:
        """Release holds that are still active."""
        self.filtered(lambda hold: hold.state == 'active').action_release()


class TransferReport(models.Model):
    _inherit = 'transfer.report'

    hold_ids = fields.One2many('dunning.hold', 'transfer_report_id', "Holds")

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS: reminders wait for the days in which staff looks for the transfer
        reports = super().create(vals_list)
        for report in reports:
            until = fields.Date.add(report.company_id._service_today(), days=report.company_id.portal_transfer_days)
            # sudo: the hold follows from the report, whoever makes it
            self.env['dunning.hold'].sudo()._cover(
                report._to_pay(), report.amount, kind='reported', transfer_report_id=report.id, date_until=until,
                reason=report.name,
            )
        return reports

    def _set_state(self, state, **vals):
        # EXTENDS: what is paid needs no hold, what was not found is reminded of again
        super()._set_state(state, **vals)
        self.sudo().hold_ids._end()  # sudo: as above


class SupportCase(models.Model):
    _inherit = 'support.case'

    hold_ids = fields.One2many('dunning.hold', 'case_id', "Holds")

    def action_view_holds(self) -> dict:
        """Open what the claim keeps out of reminders: there it is accepted or rejected."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('dunning_sms.dunning_hold_action')
        return {**action, 'domain': [('case_id', '=', self.id)], 'context': {'create': False}}

    def _follow_dispute(self) -> None:
        # EXTENDS: the disputed amount, and only that, is out of reminders until the case is closed
        super()._follow_dispute()
        Hold = self.env['dunning.hold'].sudo()  # sudo: the hold follows from the case, whoever keeps it
        for case in self:
            case.sudo().hold_ids._end()
            if case.sudo().hold_ids.filtered(lambda hold: hold.state == 'active'):
                continue  # accepted: on hold until it is credited
            if case.amount_disputed and case.state != 'closed':
                lines = case.invoice_id.line_ids.filtered(
                    lambda line: line.display_type == 'payment_term' and line.amount_residual_currency > 0)
                Hold._cover(lines, case.amount_disputed, kind='dispute', case_id=case.id, reason=case.name)

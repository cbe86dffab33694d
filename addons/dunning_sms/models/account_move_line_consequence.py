"""What may happen to receivables nobody paid, without any other add-on: a person decides, or collection takes over."""

from odoo import models


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _have_staff_decide(self) -> None:
        """Give an activity for each customer: what was announced is final, so a person does it."""
        for partner, lines in self.grouped(lambda line: line.partner_id.commercial_partner_id).items():
            lines._give_decision(partner, self.env._("Decide: %s has not paid in spite of all reminders", partner.name))

    def _hand_to_collection(self) -> None:
        """Take lines out of the reminders and tell a person to hand them over."""
        self.no_followup = True
        for partner, lines in self.grouped(lambda line: line.partner_id.commercial_partner_id).items():
            lines._give_decision(partner, self.env._("Hand the claims against %s over to collection", partner.name))

    def _give_decision(self, partner, summary: str) -> None:
        user = partner.user_id or self.move_id.invoice_user_id[:1] or self.env.user
        partner.activity_schedule(
            'dunning_sms.mail_activity_type_decide', summary=summary, user_id=user.id if user.active else self.env.uid,
            note=', '.join(self.move_id.mapped('name')),
        )

    def _close_decision(self) -> None:
        """Close the activities of customers who paid, unless something else is still to be decided."""
        partners = self.partner_id.commercial_partner_id
        waiting = self.env['dunning.consequence'].search([
            ('partner_id', 'in', partners.ids), ('state', '=', 'done'), ('move_line_id.reconciled', '=', False),
            ('action_id', '=', self.env.ref('dunning_sms.action_server_have_staff_decide').id),
        ]).partner_id
        (partners - waiting).activity_feedback(
            ['dunning_sms.mail_activity_type_decide'], feedback=self.env._("The customer paid."))

"""The default reminders suspend what they announce: here contracts and reminders know each other."""

from odoo import api, models


class DunningStep(models.Model):
    _inherit = 'dunning.step'

    @api.model
    def _set_service_consequence(self) -> None:
        """Let the step that announces the suspension draw it and take it back, unless somebody chose otherwise.

        Only this one by default: it is announced, it ends with the payment, and no company reminds before it
        switches reminders on. What is final (removal, calling a plan due) stays with people.
        """
        step = self.env.ref('dunning_sms.dunning_step_last', raise_if_not_found=False)
        if step and not step.action_id:
            step.write({
                'action_id': self.env.ref('service_contracts.action_server_suspend_service').id,
                'lift_action_id': self.env.ref('service_contracts.action_server_resume_service').id,
                'action_moment': 'suspension',
            })

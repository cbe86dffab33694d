"""A payment that settles a line wakes what waits for it: consequences are lifted, promises settled."""

from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._wake_dunning()
        return partials

    def _wake_dunning(self) -> None:
        """Start the jobs that lift consequences and settle promises, if any line here has one."""
        line_ids = self.debit_move_id.ids
        if self.env['dunning.consequence'].sudo().search_count(  # whoever books payments wakes the jobs
            [('move_line_id', 'in', line_ids), ('state', 'in', ('done', 'failed'))], limit=1,
        ):
            self.env.ref('dunning_sms.ir_cron_lift').sudo()._trigger()  # as above
        if self.env['payment.promise'].sudo().search_count(  # as above
            [('move_line_id', 'in', line_ids), ('state', '=', 'open')], limit=1,
        ):
            self.env.ref('dunning_sms.ir_cron_promises').sudo()._trigger()  # as above

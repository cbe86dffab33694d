"""The way back of a price revision, as long as none of its prices holds or is billed."""

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date


class ServicePriceRevision(models.Model):
    _inherit = 'service.price.revision'

    def _withdraw(self) -> None:
        self.ensure_one()
        if self.state == 'draft':
            self._pass_gate(state='withdrawn')
            return
        self.env.flush_all()
        self._check_withdrawable()
        self._delete_steps()
        self._update_lines_without_steps()
        self.env.invalidate_all()
        self._follow(Domain('contract_line_id.has_price_rules', '=', True))
        self._pass_gate(state='withdrawn')
        self._tell_contracts(self.env._("%s is withdrawn; prices stay as they were.", self.name))

    def _delete_steps(self) -> None:
        """Delete the new prices, and the first prices kept with them, save where a later step needs one."""
        # SQL as in `_insert_steps`
        self.env.cr.execute(
            """
            DELETE FROM service_price_step step USING service_price_revision_line row
             WHERE row.revision_id = %(id)s AND row.state = 'planned' AND step.contract_line_id = row.contract_line_id
               AND step.revision_id = %(id)s AND step.date_start = row.date_effective
            """, {'id': self.id},
        )
        self.env.cr.execute(
            """
            DELETE FROM service_price_step step WHERE step.revision_id = %(id)s AND NOT EXISTS (
                SELECT FROM service_price_step other
                 WHERE other.contract_line_id = step.contract_line_id AND other.id != step.id)
            """, {'id': self.id},
        )

    def _update_lines_without_steps(self) -> None:
        """Let services that have no steps or reductions any more be known as such."""
        # SQL as in `_insert_steps`
        self.env.cr.execute(
            """
            UPDATE service_contract_line line
               SET has_price_rules = EXISTS (SELECT FROM service_price_step WHERE contract_line_id = line.id)
                                  OR EXISTS (SELECT FROM service_reduction WHERE contract_line_id = line.id)
              FROM service_price_revision_line row
             WHERE row.revision_id = %(id)s AND row.state = 'planned' AND line.id = row.contract_line_id
            """, {'id': self.id},
        )
        self.env.cr.execute(
            """
            UPDATE service_contract_line line SET price_changes_on = NULL
              FROM service_price_revision_line row
             WHERE row.revision_id = %(id)s AND row.state = 'planned' AND line.id = row.contract_line_id
               AND NOT line.has_price_rules
            """, {'id': self.id},
        )

    def _check_withdrawable(self) -> None:
        self.env.cr.execute(
            """
            SELECT row.contract_line_id, row.date_effective FROM service_price_revision_line row
              JOIN service_contract_line line ON line.id = row.contract_line_id
             WHERE row.revision_id = %s AND row.state = 'planned'
               AND (row.date_effective <= %s OR EXISTS (
                    SELECT FROM service_billing_entry entry
                     WHERE entry.contract_line_id = row.contract_line_id AND entry.state != 'void'
                       AND entry.kind = line.kind AND entry.period_end > row.date_effective))
             LIMIT 1
            """, (self.id, self.company_id._service_today()),
        )
        if found := self.env.cr.fetchone():
            raise UserError(self.env._(
                "The new price of %(service)s from %(day)s holds or is billed already. "
                "Make a new revision that lowers it again.",
                service=self.env['service.contract.line'].browse(found[0]).display_name,
                day=format_date(self.env, found[1]),
            ))

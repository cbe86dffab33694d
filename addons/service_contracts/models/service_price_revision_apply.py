"""The new prices of a revision, written into all services with a few statements."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

BATCH = 1000


class ServicePriceStep(models.Model):
    _inherit = 'service.price.step'

    revision_id = fields.Many2one(
        'service.price.revision', "By revision", readonly=True, index='btree_not_null', ondelete='restrict', copy=False,
    )


class ServicePriceRevision(models.Model):
    _inherit = 'service.price.revision'

    def _apply(self) -> None:
        """Write the steps of all services at once: a revision of a hundred thousand is a few statements."""
        self.ensure_one()
        self.env.flush_all()
        self._leave_out_changed()
        if not self._planned():
            raise UserError(self.env._(
                "%s changes no price. Choose “Preview” and look why services are left out.", self.name,
            ))
        self._write_steps()
        self._pass_gate(state='applied')
        self._tell_contracts(self.env._(
            "New prices by %(revision)s from %(day)s",
            revision=self.name, day=format_date(self.env, self.date_effective),
        ))
        self._follow(Domain('date_effective', '<=', self.company_id._service_today()))

    def _planned(self, domain: Domain = Domain.TRUE) -> list[int]:
        """Return the ids of the services with a new price, in order."""
        domain &= Domain('revision_id', '=', self.id) & Domain('state', '=', 'planned')
        query = self.env['service.price.revision.line']._search(domain, order='contract_id, id')
        return [line_id for line_id, in self.env.execute_query(query.select(SQL('contract_line_id')))]

    def _leave_out_changed(self) -> None:
        """Leave out services that were changed, billed or ended since the preview; their contracts wait for us."""
        # SQL because a statement for each of a hundred thousand services would take hours
        self.env.cr.execute(SQL(
            """
            UPDATE service_contract SET write_date = write_date WHERE id IN (
                SELECT contract_id FROM service_price_revision_line WHERE revision_id = %s AND state = 'planned')
            """, self.id,
        ))
        self.env.cr.execute(SQL(
            """
            UPDATE service_price_revision_line row SET state = 'left_out', left_out = 'changed'
              FROM service_contract_line line JOIN service_contract contract ON contract.id = line.contract_id
             WHERE row.revision_id = %s AND row.state = 'planned' AND line.id = row.contract_line_id
               AND (contract.state NOT IN ('active', 'suspended')
                    OR line.price_unit != row.price_seen
                    OR COALESCE(line.date_end, row.date_effective) < row.date_effective
                    OR EXISTS (SELECT FROM service_price_step step
                                WHERE step.contract_line_id = line.id AND step.date_start = row.date_effective)
                    OR EXISTS (SELECT FROM service_billing_entry entry
                                WHERE entry.contract_line_id = line.id AND entry.kind = line.kind
                                  AND entry.state != 'void' AND entry.period_end > row.date_effective))
            """, self.id,
        ))
        self.env['service.price.revision.line'].invalidate_model(flush=False)

    def _write_steps(self) -> None:
        values = {
            'revision': self.id, 'uid': self.env.uid, 'now': self.env.cr.now(), 'reason': self.name,
            'agreed': self.env._("As agreed"),
        }
        self._insert_steps(values)
        self._update_lines_with_steps(values)
        self.env.invalidate_all()

    def _insert_steps(self, values: dict) -> None:
        """Keep the new price of each service as a step, after its first price where it has no steps yet."""
        # SQL because a statement for each of a hundred thousand services would take hours
        self.env.cr.execute(
            """
            INSERT INTO service_price_step (contract_line_id, contract_id, company_id, date_start, price_unit,
                                            price_list, reason, revision_id, create_uid, write_uid, create_date,
                                            write_date)
            SELECT line.id, line.contract_id, line.company_id, line.date_start, line.price_unit,
                   row.price_list_old, %(agreed)s, %(revision)s, %(uid)s, %(uid)s, %(now)s, %(now)s
              FROM service_price_revision_line row JOIN service_contract_line line ON line.id = row.contract_line_id
             WHERE row.revision_id = %(revision)s AND row.state = 'planned' AND line.date_start < row.date_effective
               AND NOT EXISTS (SELECT FROM service_price_step step WHERE step.contract_line_id = line.id)
             UNION ALL
            SELECT row.contract_line_id, row.contract_id, row.company_id, row.date_effective,
                   COALESCE((row.price_list_new ->> 'unit_price')::numeric, row.price_new), row.price_list_new,
                   %(reason)s, %(revision)s, %(uid)s, %(uid)s, %(now)s, %(now)s
              FROM service_price_revision_line row WHERE row.revision_id = %(revision)s AND row.state = 'planned'
            """, values,
        )

    def _update_lines_with_steps(self, values: dict) -> None:
        # SQL as in `_insert_steps`
        self.env.cr.execute(
            """
            UPDATE service_contract_line line
               SET has_price_rules = TRUE, write_uid = %(uid)s, write_date = %(now)s,
                   price_changes_on = LEAST(line.price_changes_on, row.date_effective)
              FROM service_price_revision_line row
             WHERE row.revision_id = %(revision)s AND row.state = 'planned' AND line.id = row.contract_line_id
            """, values,
        )

    def _tell_contracts(self, text: str) -> None:
        """Write one line into the history of each contract: who, when and why."""
        ids, told = self._planned(), set()
        for start in range(0, len(ids), BATCH):
            contracts = self.env['service.contract.line'].browse(ids[start:start + BATCH]).contract_id
            contracts.filtered(lambda contract: contract.id not in told)._log_note(text)
            told.update(contracts.ids)
            self.env.flush_all()
            self.env.invalidate_all()

    def _follow(self, domain: Domain = Domain.TRUE) -> None:
        """Let services show their price in force."""
        ids = self._planned(domain)
        for start in range(0, len(ids), BATCH):
            self.env['service.contract.line'].browse(ids[start:start + BATCH])._follow_price()
            self.env.flush_all()
            self.env.invalidate_all()

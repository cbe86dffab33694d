"""Consequences: what a step does to lines that nobody paid, each announced before, done once, lifted when paid."""

import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from psycopg2 import InterfaceError, OperationalError

from ..rules.decision import effective_dates
from ..rules.escalation import may_act, paused_days

_logger = logging.getLogger(__name__)
BATCH = 200
TELLING = ('email', 'sms', 'letter')
"""Channels that count as announcing once sent; a portal notice counts once it was opened."""


class DunningConsequence(models.Model):
    _name = 'dunning.consequence'
    _description = "Consequence"
    _inherit = ['dunning.gate.mixin']
    _order = 'id desc'
    _rec_name = 'move_line_id'
    _gated = ('state', 'step_id', 'move_line_id', 'date', 'notice_id')

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict',
    )
    step_id = fields.Many2one('dunning.step', "Step", required=True, readonly=True, ondelete='restrict')
    move_line_id = fields.Many2one(
        'account.move.line', "Receivable", readonly=True, index='btree_not_null', ondelete='set null',
    )
    move_id = fields.Many2one(related='move_line_id.move_id', string="Invoice")
    notice_id = fields.Many2one('dunning.notice', "Announced by", readonly=True, ondelete='set null')
    action_id = fields.Many2one('ir.actions.server', "Action", readonly=True, ondelete='restrict')
    date = fields.Date(required=True, readonly=True, help="The day the customer was told.")
    done_at = fields.Datetime(readonly=True)
    lifted_at = fields.Datetime(readonly=True)
    state = fields.Selection(
        [('done', "Done"), ('failed', "Failed"), ('lifted', "Lifted")], required=True, readonly=True, index=True,
    )
    failure_reason = fields.Char(readonly=True)

    _once = models.UniqueIndex(
        "(step_id, move_line_id) WHERE state IN ('done', 'failed')", "This consequence was drawn already.",
    )

    # === ACTIONS === #

    def action_retry(self) -> None:
        """Run failed consequences once more."""
        self.env['dunning.notice']._check_manager()
        self.check_access('read')
        for step, failed in self.sudo().filtered(lambda found: found.state == 'failed').grouped('step_id').items():
            failed._run(step.action_id, 'done')  # managers start it, the action decides with its own rights

    # === CRON === #

    @api.model
    def _cron_act(self):
        """Draw the consequences whose announced day has come, a batch of customers a transaction; then lift."""
        for company in self.env['res.company'].search([('dunning_is_active', '=', True)]):
            after = 0
            while partner_ids := self._due_customers(company, after):
                after = partner_ids[-1]
                done = self._act(company, partner_ids)
                if not self.env['ir.cron']._commit_progress(done):
                    return
        self._lift()
        self.env['ir.cron']._commit_progress()

    @api.model
    def _cron_lift(self):
        """Take back consequences of lines that were paid in the meantime."""
        self._lift()
        self.env['ir.cron']._commit_progress()

    # === ACT === #

    def _due_customers(self, company, after: int) -> list[int]:
        """Return the next customers with an open line that was told of a day which has come."""
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """SELECT DISTINCT told.partner_id
                 FROM dunning_notice_line told
                 JOIN account_move_line line ON line.id = told.move_line_id
                WHERE told.state = 'live' AND told.step_id IS NOT NULL AND told.company_id = %s AND told.partner_id > %s
                  AND line.reconciled IS NOT TRUE AND line.parent_state = 'posted'
                  AND EXISTS (SELECT 1 FROM dunning_step step
                               JOIN dunning_notice notice ON notice.policy_id = step.policy_id
                              WHERE notice.id = told.notice_id AND step.action_id IS NOT NULL AND step.active)
                ORDER BY 1 LIMIT %s""",
            company.id, after, BATCH,
        ))
        return [row[0] for row in self.env.cr.fetchall()]

    def _act(self, company, partner_ids: list[int]) -> int:
        """Draw what is due of these customers; return on how many lines."""
        now = fields.Datetime.now()
        today = company._dunning_today()
        facts = self.env['dunning.gatherer']._facts(company, partner_ids, now)
        announced = self._announced(company, partner_ids)
        done = self._done(partner_ids)
        wanted = defaultdict(list)
        for found in facts.values():
            if found.customer.blocked or not found.policy_record:
                continue
            items = {item.net.line.id: item for item in found.customer.items}
            for step in found.policy_record.step_ids.filtered('action_id'):
                for line_id, item in items.items():
                    if item.net.open <= 0 or (step.id, line_id) in done:
                        continue
                    if found.rows[line_id]['is_dunning_charge']:
                        continue  # services are lost for what they cost, not for a fee
                    day, told = self._day(step, item, announced.get(line_id, ()), today)
                    if may_act(day, today, [(sent, named) for sent, named, _notice in told]):
                        wanted[step].append((line_id, found.partner.id, day, told[-1][2]))
        for step, rows in wanted.items():
            self._passed().create([
                self._prepare_vals(company, step, *row) for row in self._only_whole(step, rows)
            ])._run(step.action_id, 'done')
        return sum(map(len, wanted.values()))

    def _only_whole(self, step, rows: list[tuple]) -> list[tuple]:
        """Leave out lines of invoices that have other open lines, if the policy waits for the whole invoice."""
        if not step.policy_id.is_removal_of_invoice:
            return rows
        lines = self.env['account.move.line'].browse([row[0] for row in rows])
        kept = {
            line.id for line in lines if not any(
                other.account_id.account_type == 'asset_receivable' and not other.reconciled and other not in lines
                for other in line.move_id.line_ids
            )
        }
        return [row for row in rows if row[0] in kept]

    def _day(self, step, item, announced, today) -> tuple:
        """Return the day of a step's consequence for a line, moved by pauses, and the messages that announced it."""
        if step.action_moment == 'notice':
            own = [(row['sent'], row['sent'] + timedelta(days=step.action_days), row['notice_id'])
                   for row in announced if row['step_id'] == step.id]
            paused = paused_days(item.pauses, own[0][0], today) if own else 0
            return (own[0][1] + timedelta(days=paused) if own else None), own
        name = 'suspension_date' if step.action_moment == 'suspension' else 'removal_date'
        told = [(row['sent'], row[name], row['notice_id']) for row in announced if row[name]]
        dates = effective_dates(item, today)
        return (getattr(dates, name.removesuffix('_date')) if dates else None), told

    def _announced(self, company, partner_ids) -> dict[int, list[dict]]:
        """Return by line the notices that reached the customer, with the day each was sent and what it said."""
        lifted = {}
        for row in self.search_fetch([('partner_id', 'in', partner_ids), ('state', '=', 'lifted')], []):
            lifted[row.move_line_id.id] = max(row.lifted_at, lifted.get(row.move_line_id.id, row.lifted_at))
        self.env.cr.execute(SQL(
            """SELECT told.move_line_id, told.step_id, told.notice_id, told.suspension_date, told.removal_date,
                      min(delivery.sent_at) AS sent_at
                 FROM dunning_notice_line told
                 JOIN dunning_delivery delivery ON delivery.notice_id = told.notice_id
                WHERE told.partner_id = ANY(%s) AND told.company_id = %s AND told.state = 'live'
                  AND told.step_id IS NOT NULL
                  AND ((delivery.channel = ANY(%s) AND delivery.state IN ('sent', 'delivered'))
                       OR (delivery.channel = 'portal' AND delivery.state = 'delivered'))
                GROUP BY told.id ORDER BY told.id""",
            partner_ids, company.id, list(TELLING),
        ))
        result = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            if row['sent_at'] and row['sent_at'] >= lifted.get(row['move_line_id'], row['sent_at']):
                row['sent'] = company._dunning_day(row['sent_at'])
                result[row['move_line_id']].append(row)
        return result

    def _done(self, partner_ids) -> set:
        return {
            (found.step_id.id, found.move_line_id.id)
            for found in self.search_fetch(
                [('partner_id', 'in', partner_ids), ('state', 'in', ('done', 'failed'))], ['step_id', 'move_line_id'],
            )
        }

    def _prepare_vals(self, company, step, line_id: int, partner_id: int, day, notice_id: int) -> dict:
        return {
            'company_id': company.id, 'partner_id': partner_id, 'step_id': step.id, 'move_line_id': line_id,
            'notice_id': notice_id, 'action_id': step.action_id.id, 'date': day, 'state': 'done',
            'done_at': fields.Datetime.now(),
        }

    # === RUN === #

    def _run(self, action, state: str) -> None:
        """Run an action on the lines of these records at once; if that fails, one by one, and keep what failed."""
        if not self:
            return
        self.flush_recordset()
        try:
            with self.env.cr.savepoint():
                lines = self.move_line_id
                action.sudo().with_context(  # set by a manager on the step; runs with its own groups check off
                    active_model='account.move.line', active_ids=lines.ids, active_id=lines[:1].id,
                ).run()
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if len(self) > 1:
                for record in self:
                    record._run(action, state)
                return
            _logger.warning("Consequence %s failed: %s", self.id, type(error).__name__)
            self._passed().write({'state': 'failed', 'failure_reason': str(error)[:300]})
            return
        stamp = 'done_at' if state == 'done' else 'lifted_at'
        self._passed().write({'state': state, 'failure_reason': False, stamp: fields.Datetime.now()})

    # === LIFT === #

    def _lift(self) -> None:
        """Take back what was done to lines that are paid now; a step without such an action is closed as well."""
        domain = Domain('state', 'in', ('done', 'failed')) & Domain('move_line_id.reconciled', '=', True)
        while paid := self.search(domain, limit=BATCH).try_lock_for_update().filtered_domain(domain):
            for step, records in paid.grouped('step_id').items():
                if step.lift_action_id:
                    records.filtered(lambda record: record.state == 'done')._run(step.lift_action_id, 'lifted')
                    records = records.filtered(lambda record: record.state == 'failed')
                records._passed().write({'state': 'lifted', 'lifted_at': fields.Datetime.now()})
            self.env['ir.cron']._commit_progress(len(paid))

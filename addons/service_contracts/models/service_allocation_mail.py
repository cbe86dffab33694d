"""Mails of cost statements: one to each beneficiary with the share as PDF, once, through the mail queue."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .service_gate import SERVICE_GATE

MAIL_BATCH = 20
"""Mails made in one transaction: each has a PDF to print."""


class ServiceAllocationLine(models.Model):
    _inherit = 'service.allocation.line'

    mail_state = fields.Selection(
        [('queued', "To be told"), ('sent', "Told"), ('no_address', "No e-mail address")], "Mail", readonly=True,
        copy=False, index='btree_not_null', help="Empty: the statement was not mailed.",
    )
    mailed_on = fields.Datetime("Mailed on", readonly=True, copy=False)
    mailed_to = fields.Char("Mailed to", readonly=True, copy=False)

    def _mail_shares(self) -> None:
        """Put one mail for each share into the queue, and write down who gets it."""
        with_address = self.filtered(lambda line: line.partner_id.email_normalized)
        if with_address:
            self.env.ref('service_contracts.mail_template_cost_share').send_mail_batch(with_address.ids)
        gated = self.with_context(service_gate=SERVICE_GATE)
        (gated - with_address).write({'mail_state': 'no_address'})
        for line in with_address.with_context(service_gate=SERVICE_GATE):
            line.write({
                'mail_state': 'sent', 'mailed_on': fields.Datetime.now(), 'mailed_to': line.partner_id.email_normalized,
            })


class ServiceAllocation(models.Model):
    _inherit = 'service.allocation'

    mailed_count = fields.Integer("Mailed", compute='_compute_mailed_count')
    unmailed_count = fields.Integer("Not mailed", compute='_compute_mailed_count')

    @api.depends('line_ids.mail_state')
    def _compute_mailed_count(self):
        sent = self._sums_by_allocation('__count', domain=[('mail_state', '=', 'sent')])
        rest = self._sums_by_allocation('__count', domain=[('mail_state', 'in', (False, 'no_address'))])
        for allocation in self:
            allocation.mailed_count, = sent.get(allocation._origin, (0,))
            allocation.unmailed_count, = rest.get(allocation._origin, (0,))

    def action_mail(self) -> bool:
        """Mail its share to each beneficiary who has not got it yet; the scheduler works the list off.

        :raises UserError: for a statement that is not confirmed.
        """
        self.check_access('write')
        for allocation in self:
            if allocation.state != 'confirmed':
                raise UserError(self.env._(
                    "%s is not confirmed: beneficiaries are told what holds.", allocation.display_name))
        lines = self.line_ids.filtered(lambda line: line.mail_state in (False, 'no_address'))
        lines.with_context(service_gate=SERVICE_GATE).write({'mail_state': 'queued'})
        self.env.ref('service_contracts.ir_cron_mail_costs').sudo()._trigger()  # sudo: whoever may write statements
        return True

    @api.model
    def _cron_mail(self) -> None:
        """Make the mails that wait, some at a time: a mail and the note that it was made are one transaction."""
        Line, cron = self.env['service.allocation.line'], self.env['ir.cron']
        domain = [('mail_state', '=', 'queued'), ('state', '=', 'confirmed')]
        if not cron._commit_progress(remaining=Line.search_count(domain)):
            return
        while lines := Line.search(domain, limit=MAIL_BATCH, order='id'):
            locked = lines.try_lock_for_update().filtered_domain(domain)
            if not locked:
                return
            locked._mail_shares()
            if not cron._commit_progress(len(locked)):
                return

    def action_view_unmailed(self) -> dict:
        """Open the beneficiaries who have not got their share by mail."""
        return self._related_action('service_allocation_line_action', [
            ('allocation_id', 'in', self.ids), ('mail_state', 'in', (False, 'no_address'))])

"""The log of a contract's life: every step with who took it, when, from which day on, and why."""

from datetime import date, timedelta

from odoo import fields, models

KIND_SELECTION = [
    ('activated', "Activated"),
    ('trial_started', "Trial started"),
    ('trial_ended', "Trial over"),
    ('suspension_planned', "Suspension planned"),
    ('suspended', "Suspended"),
    ('resumed', "Resumed"),
    ('change_requested', "Change requested"),
    ('changed', "Changed"),
    ('change_withdrawn', "Change withdrawn"),
    ('renewed', "Renewed"),
    ('end_planned', "End agreed"),
    ('end_withdrawn', "End taken back"),
    ('ended', "Ended"),
    ('reinstated', "Reinstated"),
    ('removal_planned', "Removal planned"),
    ('plan_withdrawn', "Planned date dropped"),
    ('removed', "Removed"),
]
CAUSE_SELECTION = [
    ('request', "Customer's wish"),
    ('nonpayment', "Non-payment"),
    ('breach', "Breach of terms"),
    ('other', "Other"),
]
KIND_OF_STATE = {
    ('draft', 'active'): 'activated', ('suspended', 'active'): 'resumed', ('ended', 'active'): 'reinstated',
}
"""What a change of state is called; any other has the name of the state it leads to."""


class ServiceContractEvent(models.Model):
    _name = 'service.contract.event'
    _description = "Step in the Life of a Contract"
    _order = 'date desc, id desc'
    _rec_name = 'kind'

    contract_id = fields.Many2one('service.contract', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, index=True, precompute=True)
    date = fields.Datetime("When", required=True, readonly=True, default=fields.Datetime.now, index=True)
    user_id = fields.Many2one(
        'res.users', "Who", required=True, readonly=True, default=lambda self: self.env.user, ondelete='restrict',
    )
    kind = fields.Selection(KIND_SELECTION, "What", required=True, readonly=True, index=True)
    date_effective = fields.Date("From", readonly=True, help="The day from which it holds.")
    cause = fields.Selection(CAUSE_SELECTION, readonly=True)
    reason = fields.Text("Why", readonly=True)


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    event_ids = fields.One2many('service.contract.event', 'contract_id', "History", groups='base.group_user')
    event_count = fields.Integer(compute='_compute_event_count', groups='base.group_user')

    def _compute_event_count(self):
        counts = dict(self.env['service.contract.event']._read_group(
            [('contract_id', 'in', self.ids)], ['contract_id'], ['__count'],
        ))
        for contract in self:
            contract.event_count = counts.get(contract._origin, 0)

    def action_view_events(self) -> dict:
        """Open the history of the contracts."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_contract_event_action')
        return {**action, 'domain': [('contract_id', 'in', self.ids)], 'context': {}}

    def _log_states(self, sources: dict, target: str, reason: str) -> None:
        # EXTENDS service_contracts: the chatter tells it to readers, the log keeps it to be searched
        super()._log_states(sources, target, reason)
        for kind, contracts in self.grouped(lambda contract: _kind_of(sources.get(contract), target)).items():
            contracts.filtered(lambda contract: contract in sources)._log_event(kind, reason)

    def _log_event(self, kind: str, reason: str = '', day: date | None = None, cause: str | None = None) -> None:
        """Keep a step of these contracts.

        :param day: from which it holds; what the contract says, else today, if left out.
        """
        # sudo: the log follows what is done, nobody writes it by hand
        self.env['service.contract.event'].sudo().create([
            {
                'contract_id': contract.id, 'user_id': self.env.uid, 'kind': kind, 'reason': reason,
                'date_effective': day or contract._event_day(kind), 'cause': cause,
            }
            for contract in self
        ])

    def _event_day(self, kind: str) -> date:
        """Return the day from which a step holds: contracts may start, pause and end on another day than today."""
        self.ensure_one()
        today = self.company_id._service_today()
        if kind == 'activated':
            return self.date_start
        if kind == 'ended' and self.date_end:
            return self.date_end + timedelta(days=1)
        running = self.pause_ids.filtered(lambda pause: pause.state == 'running')
        return running[:1].date_start if kind == 'suspended' and running else today


def _kind_of(source: str | None, target: str) -> str:
    return KIND_OF_STATE.get((source, target), target)

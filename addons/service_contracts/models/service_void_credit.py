"""Credits of a charge that turns out void: they go with it, and come back where the charge counts after all."""

from odoo import fields, models
from odoo.fields import Domain

from ..rules.billing import ADJUSTMENT


class ServicePendingCharge(models.Model):
    _inherit = 'service.pending.charge'

    void_entry_id = fields.Many2one(
        'service.billing.entry', "Dropped with", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
        help="The void charge of which this gave days back.",
    )

    def _drop_with(self, entry) -> None:
        """Take back what these credits gave of a charge that is void; what waits for an invoice is dropped."""
        waiting = self.filtered(lambda pending: pending.state == 'open')
        waiting._cancel(self.env._("Its charge is void: %s", entry.display_name))
        waiting._pass_gate(void_entry_id=entry.id)
        billed = self.filtered(lambda pending: pending.state == 'billed')
        self._propose([pending._prepare_counter(f'void:{entry.id}') for pending in billed])

    def _take_up(self, entry) -> None:
        """Give again what was dropped with a charge that counts after all."""
        dropped = self.search([('void_entry_id', '=', entry.id)])
        dropped._pass_gate(state='open', void_entry_id=False, cancel_reason=False)
        counters = self.search([
            ('contract_line_id', '=', entry.contract_line_id.id), ('key', '=like', f'%:void:{entry.id}'),
        ])
        counters._cancel(self.env._("Its charge counts after all: %s", entry.display_name))
        billed = counters.filtered(lambda pending: pending.state == 'billed')
        self._propose([pending._prepare_counter('back') for pending in billed])

    def _prepare_counter(self, suffix: str) -> dict:
        """Return the pending charge that takes this one back."""
        env = self.with_context(lang=self.contract_id.partner_invoice_id.lang).env
        return {
            'key': f'{self.key}:{suffix}', 'contract_line_id': self.contract_line_id.id, 'origin': self.origin,
            'name': env._("Taken back: %s", self.name.split('\n', 1)[0]), 'amount': -self.amount,
            'charge_date': self.company_id._service_today(), 'period_start': self.period_start,
            'period_end': self.period_end,
        }


class ServiceBillingEntry(models.Model):
    _inherit = 'service.billing.entry'

    def _void(self, reason):
        # EXTENDS service_contracts: what was credited of a charge goes with it
        live = self.filtered(lambda entry: entry.state == 'posted' and entry.kind != ADJUSTMENT)
        super()._void(reason)
        for entry, credits in live._credits_given().items():
            credits._drop_with(entry)

    def _restore(self):
        # EXTENDS service_contracts
        void = self.filtered(lambda entry: entry.state == 'void' and entry.kind != ADJUSTMENT)
        super()._restore()
        for entry in void:
            self.env['service.pending.charge']._take_up(entry)

    def _credits_given(self) -> dict:
        """Return what was credited of each of these charges and still stands: days not served, options, changes."""
        if not self:
            return {}
        pendings = self.env['service.pending.charge'].search(
            Domain('contract_line_id', 'in', self.contract_line_id.ids) & Domain('state', '!=', 'cancelled')
            & (Domain('key', '=like', 'unused:entry:%') | Domain('key', '=like', 'option:%')
               | Domain('key', '=like', 'change:%:credit')),
        )
        given = {}
        for entry in self:
            if credits := pendings.filtered(entry._is_credited_by):
                given[entry] = credits
        return given

    def _is_credited_by(self, pending) -> bool:
        """Tell whether a pending charge gave back days of this charge."""
        if pending.contract_line_id != self.contract_line_id or ':void:' in pending.key:
            return False
        kind, *parts = pending.key.split(':')
        if kind == 'change':
            return self.kind == 'recurring' and self.period_start <= pending.period_start < self.period_end
        return parts[1] == str(self.id)

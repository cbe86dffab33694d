"""Credit that comes back: of invoices that were cancelled, deleted or credited in full."""

from decimal import Decimal

from odoo import api, models


class ServiceBillingEntry(models.Model):
    _inherit = 'service.billing.entry'

    def _credit_entries(self):
        """Return the uses of free credit that these rows of the ledger are."""
        return self.env['service.credit.entry'].search([('billing_entry_id', 'in', self.ids), ('kind', '=', 'draw')])

    def _give_back_credit(self, reason: str) -> None:
        """Give back the free credit that these void charges used."""
        if self:
            taking = self._took_credit()
            taking._credit_entries()._give_back(reason)
            (self - taking)._book_credit_back('draw', reason)

    def _use_credit_again(self) -> None:
        """Use credit once more for charges that hold after all.

        :raises UserError: if it was used for something else in the meantime.
        """
        if not self:
            return
        (self - self._took_credit())._book_credit_back('unused')
        draws = self._took_credit()._credit_entries().grouped('billing_entry_id')
        self.env['service.credit.entry']._book([
            {'grant_id': entries[:1].grant_id.id, 'kind': 'draw', 'key': f'charge:{entry.id}:{len(entries)}',
             'amount': Decimal(str(entry.currency_id.round(entries.return_ids.sorted('id')[-1:].amount))),
             'billing_entry_id': entry.id,
             'contract_line_id': entry.contract_line_id.id, 'move_id': entry.move_id.id or None}
            for entry in self if (entries := draws.get(entry)) and all(entries.mapped('return_ids'))
            and len(entries.return_ids) == len(entries)
        ])


class AccountMove(models.Model):
    _inherit = 'account.move'

    def button_cancel(self):
        # EXTENDS account: a cancelled invoice gives back the paid credit it used
        result = super().button_cancel()
        self._give_back_paid_credit(self.env._("The invoice was cancelled."))
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_frees_periods(self):
        super()._unlink_frees_periods()
        self._give_back_paid_credit(self.env._("The invoice was deleted."))

    def _follow_service_credits(self):
        # EXTENDS the add-on: an invoice credited in full gives back the paid credit it used
        super()._follow_service_credits()
        for invoice in self:
            entries = invoice._service_entries()
            if entries and all(entry.state == 'void' for entry in entries):
                credit_notes = invoice.reversal_move_ids.filtered(lambda move: move.state == 'posted')
                if invoice._give_back_paid_credit(
                    self.env._("Credited by %(credit_notes)s.", credit_notes=', '.join(credit_notes.mapped('name'))),
                ):
                    invoice._reconcile_reversed_moves(credit_notes[:1], False)

    def _give_back_paid_credit(self, reason: str) -> bool:
        """Give back the paid credit that these invoices used, and reverse what cleared them; tell whether any was."""
        if not self.ids:
            return False
        # sudo: the credit follows the invoice, whoever changes it
        draws_sudo = self.env['service.credit.entry'].sudo().search([
            ('move_id', 'in', self.ids), ('kind', '=', 'draw'), ('settlement_id', '!=', False),
            ('return_ids', '=', False),
        ])
        settlements_sudo = draws_sudo.settlement_id
        draws_sudo._give_back(reason)
        if settlements_sudo:
            settlements_sudo._reverse_moves(
                [{'date': settlement.company_id._service_today(), 'ref': reason} for settlement in settlements_sudo],
                cancel=True,
            )
        return bool(draws_sudo)

"""Disputes are decided: rejected, and the amount is due again, or accepted, and a credit note takes it away."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DunningHold(models.Model):
    _inherit = 'dunning.hold'

    decision = fields.Selection(
        [('accepted', "Accepted"), ('rejected', "Rejected")], readonly=True, copy=False, tracking=True,
        help="An accepted dispute stays on hold until its credit note is posted, and bears no interest.",
    )
    credit_note_id = fields.Many2one(
        'account.move', "Credit note", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
    )

    def action_release(self):
        # EXTENDS dunning_sms: a dispute that ends without being accepted is rejected; an accepted one goes on
        active = self.filtered(lambda hold: hold.state == 'active')
        super(DunningHold, active.filtered(lambda hold: hold.decision != 'accepted')).action_release()
        rejected = active.filtered(lambda hold: hold.kind == 'dispute' and hold.released_on)
        rejected._passed().write({'decision': 'rejected'})
        return True

    def action_accept(self) -> dict:
        """Accept a dispute: open a draft credit note over its amount, which stays on hold until that is posted.

        :raises UserError: for what is no open dispute of a posted invoice.
        :raises AccessError: without the right to write credit notes.
        """
        self.check_access('write')
        self.ensure_one()
        self.env['account.move'].check_access('create')
        if not self.credit_note_id:
            self._check_acceptable()
            self._passed().write({
                'decision': 'accepted', 'date_until': False, 'credit_note_id': self._write_credit_note().id,
            })
        return {
            'type': 'ir.actions.act_window', 'res_model': 'account.move', 'view_mode': 'form',
            'res_id': self.credit_note_id.id,
        }

    def action_reopen(self) -> bool:
        """Take back that disputes were accepted, as long as nothing was credited.

        :return: true, since XML-RPC carries no None.
        :raises UserError: for a credit note that is posted.
        """
        self.check_access('write')
        for hold in self.filtered(lambda hold: hold.decision == 'accepted'):
            note = hold.credit_note_id
            if note.state == 'posted':
                raise UserError(self.env._(
                    "%(hold)s: the credit note %(note)s is posted. Reset it to draft first.",
                    hold=hold.display_name, note=note.name,
                ))
            hold._passed().write({'decision': False, 'credit_note_id': False})
            note.filtered(lambda move: move.state == 'draft').unlink()
        return True

    def _check_acceptable(self) -> None:
        if self.kind != 'dispute' or self.state != 'active':
            raise UserError(self.env._("%s is no open dispute.", self.display_name))
        if not self.move_id.is_sale_document() or not self._disputed_amount() > 0:
            raise UserError(self.env._(
                "%s: choose the open invoice whose amount is disputed; a credit note is made for it.",
                self.display_name,
            ))

    def _disputed_amount(self) -> float:
        """Return what is disputed of the receivable: never more than is open."""
        residual = self.move_line_id.amount_residual_currency
        return min(self.amount or residual, residual)

    def _write_credit_note(self):
        """Return a draft credit note over the disputed amount, its taxes in the proportion of the invoice."""
        invoice, Tax = self.move_id, self.env['account.tax']
        base_lines = Tax._prepare_down_payment_lines(
            invoice._get_rounded_base_and_tax_lines()[0], invoice.company_id, 'fixed', self._disputed_amount(),
            computation_key=f'dispute,{self.id}',
            grouping_function=lambda base_line: {'account_id': base_line['account_id']},
        )
        label = self.env._("%(invoice)s: %(reason)s", invoice=invoice.name, reason=self.reason or self.display_name)
        return self.env['account.move'].create({
            'move_type': 'out_refund', 'partner_id': invoice.partner_id.id, 'company_id': invoice.company_id.id,
            'currency_id': invoice.currency_id.id, 'journal_id': invoice.journal_id.id,
            'fiscal_position_id': invoice.fiscal_position_id.id, 'reversed_entry_id': invoice.id, 'ref': label,
            'invoice_origin': invoice.name, 'invoice_payment_term_id': False,
            'invoice_line_ids': [Command.create({
                'name': label, 'quantity': 1.0, 'price_unit': base_line['price_unit'],
                'account_id': base_line['account_id'].id, 'tax_ids': [Command.set(base_line['tax_ids'].ids)],
                'analytic_distribution': base_line['analytic_distribution'],
                'extra_tax_data': Tax._export_base_line_extra_tax_data(base_line),
            }) for base_line in base_lines],
        })


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    def _wake_dunning(self) -> None:
        # EXTENDS dunning_sms: once its credit note reduces what is owed, an accepted dispute is over. No override of
        # _post: invoices of contracts are copied as rows only where nothing unknown happens when posting
        super()._wake_dunning()
        # sudo: whoever posts the credit note need not keep the holds
        holds_sudo = self.env['dunning.hold'].sudo().search([
            ('credit_note_id', 'in', self.credit_move_id.move_id.ids), ('released_on', '=', False),
        ])
        holds_sudo._passed().write({'released_on': fields.Date.context_today(self)})

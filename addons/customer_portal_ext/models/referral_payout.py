"""Payouts: the approved commissions of a referrer as a credit on the contract, a credit note or a vendor bill."""

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..rules.commission import payable


class ReferralPayout(models.Model):
    _name = 'referral.payout'
    _description = "Payout of Commissions"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True

    name = fields.Char("Number", required=True, readonly=True, copy=False)
    programme_id = fields.Many2one('referral.programme', required=True, readonly=True, index=True, ondelete='restrict',
                                   check_company=True)
    company_id = fields.Many2one(related='programme_id.company_id', store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', "Referrer", required=True, readonly=True, index=True, ondelete='restrict')
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    kind = fields.Selection(
        [('charge', "Credit on the contract"), ('refund', "Credit note"), ('bill', "Vendor bill")],
        "Paid as", readonly=True,
    )
    commission_ids = fields.One2many('referral.commission', 'payout_id', "Commissions", readonly=True)
    pending_id = fields.Many2one('service.pending.charge', "Credit", readonly=True, ondelete='restrict')
    move_id = fields.Many2one('account.move', "Document", readonly=True, ondelete='restrict', check_company=True)

    # === CRUD === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Payouts stay for the records. Correct the document they made."))

    # === ACTIONS === #

    def action_view_document(self) -> dict:
        """Open the bill, credit note or pending credit of the payout."""
        self.ensure_one()
        record = self.move_id or self.pending_id
        return {'type': 'ir.actions.act_window', 'res_model': record._name, 'res_id': record.id, 'view_mode': 'form',
                'views': [(False, 'form')]}

    # === BUSINESS === #

    @api.model
    def _pay_out(self, programmes):
        """Pay every referrer of these programmes what is approved and reaches the threshold; return the payouts.

        What was taken back is deducted; more taken back than earned is carried to the next payout, never asked for.
        """
        Commission_sudo = self.env['referral.commission'].sudo()  # sudo: staff pays out what the rules booked
        Commission_sudo._follow_payments()
        open_sudo = Commission_sudo.search(self._open_domain(programmes)).try_lock_for_update()
        payouts = self.browse()
        for (programme, partner), commissions_sudo in open_sudo.grouped(
                lambda commission: (commission.programme_id, commission.partner_id)).items():
            payouts |= self._pay_referrer(programme, partner, commissions_sudo)
        return payouts

    @api.model
    def _open_domain(self, programmes) -> Domain:
        return Domain('programme_id', 'in', programmes.ids) & Domain('state', '=', 'approved')

    @api.model
    def _pay_referrer(self, programme, partner, commissions):
        """Return the payout of one referrer; what keeps it from being made becomes a task and waits."""
        amounts = [to_decimal(value) for value in commissions.mapped('amount')]
        amount = payable(amounts, to_decimal(programme.payout_min))
        if not amount:
            return self.browse()
        try:
            with self.env.cr.savepoint():
                return self._make(programme, partner, commissions, float(amount))
        except UserError as error:
            programme.sudo().activity_schedule(
                'mail.mail_activity_data_warning', note=str(error), user_id=self.env.uid,
                summary=self.env._("Commissions of %s could not be paid out", partner.display_name))
            return self.browse()

    @api.model
    def _make(self, programme, partner, commissions, amount: float):
        company = programme.company_id
        # sudo: payouts are made by the programme only, whoever starts it
        payout_sudo = self.sudo().with_company(company).create({
            'name': self.env['ir.sequence'].sudo().with_company(company).next_by_code('referral.payout'),
            'programme_id': programme.id, 'partner_id': partner.id, 'amount': amount,
            'date': company._service_today(),
        })
        commissions._set_state('paid', payout_id=payout_sudo.id)
        payout_sudo._book(commissions)
        return payout_sudo.sudo(self.env.su)

    def _book(self, commissions) -> None:
        """Make the credit or document of the payout, by the choice of the referrer or the programme."""
        code = self.programme_id.code_ids.filtered(lambda code: code.partner_id == self.partner_id)[:1]
        service = self._credited_service()
        if (code.payout or self.programme_id.payout) == 'bill':
            self.move_id, self.kind = self._make_move('in_invoice', commissions), 'bill'
        elif service:
            self.pending_id, self.kind = self._propose_credit(service), 'charge'
        else:
            self.move_id, self.kind = self._make_move('out_refund', commissions), 'refund'
            self.move_id.action_post()

    def _credited_service(self):
        """Return the running service of the referrer whose invoices are large enough to carry the credit soonest."""
        lines = self.env['service.contract.line'].search([
            ('contract_id.partner_id', 'child_of', self.partner_id.id), ('contract_id.state', '=', 'active'),
            ('company_id', '=', self.company_id.id), ('currency_id', '=', self.currency_id.id),
            ('kind', '=', 'recurring'), ('date_end', '=', False),
        ])
        return lines.sorted(lambda line: (-line.price_subtotal, line.id))[:1]

    def _propose_credit(self, service):
        return self.env['service.pending.charge']._propose([{
            'key': f'referral:{self.id}', 'contract_line_id': service.id, 'origin': 'reward', 'name': self._label(),
            'charge_date': self.date, 'amount': -self.amount,
        }])

    def _make_move(self, move_type: str, commissions):
        """Return a draft bill or credit note with one line for each month of the commissions."""
        by_month = commissions.sorted('date').grouped(lambda commission: commission.date.replace(day=1))
        return self.env['account.move'].with_company(self.company_id).create({
            'move_type': move_type, 'partner_id': self.partner_id.id, 'company_id': self.company_id.id,
            'invoice_date': self.date, 'ref': self.name, 'currency_id': self.currency_id.id,
            'invoice_line_ids': [Command.create({
                'product_id': self.programme_id.product_id.id, 'quantity': 1, 'price_unit': sum(rows.mapped('amount')),
                'name': f'{self._label()} {month:%Y-%m}',
            }) for month, rows in by_month.items()],
        })

    def _label(self) -> str:
        lang = self.partner_id.lang or self.env.lang
        programme = self.programme_id.with_context(lang=lang)
        return programme.env._("Thank you for recommending us (%s)", programme.name)

    # === CRON === #

    @api.model
    def _cron_pay_out(self) -> None:
        """Pay out every programme, also those that ended, each in its own transaction."""
        programmes = self.env['referral.programme'].with_context(active_test=False).search([])
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(programmes))
        for programme in programmes:
            self._pay_out(programme)
            if not cron._commit_progress(1):
                return

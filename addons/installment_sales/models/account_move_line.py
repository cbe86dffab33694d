"""Receivable lines that are installments."""

from odoo import api, fields, models
from odoo.tools import frozendict

from ..rules.late import ORDERS


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    installment_line_id = fields.Many2one(
        'installment.line', "Installment", readonly=True, copy=False, index='btree_not_null', ondelete='restrict',
    )

    _one_receivable_per_installment = models.UniqueIndex(
        "(installment_line_id) WHERE installment_line_id IS NOT NULL AND parent_state = 'posted'",
        "The installment is on an invoice already.",
    )

    @api.depends('installment_line_id.date_planned')
    def _compute_term_key(self):
        # EXTENDS account: the key of a receivable names its installment
        super()._compute_term_key()
        for line in self.filtered(lambda line: line.term_key and line.installment_line_id):
            line.term_key = frozendict({
                **line.term_key, 'installment_line_id': line.installment_line_id.id,
                'date_maturity': line.installment_line_id._planned(),
            })

    # === PAYMENTS GO IN THE ORDER OF THE COMPANY === #

    def reconcile(self):
        # EXTENDS account: a payment of a plan pays fees, interest and installments in the order set
        payments = self.filtered(lambda item: (
            item.balance < 0 and (item.move_id.origin_payment_id or item.statement_line_id)
        ))
        claims = self - payments
        plans = claims.move_id.filtered('installment_role').installment_plan_id
        if not payments or not plans or self.company_id[:1].installment_allocation == 'named':
            return super().reconcile()
        # sudo: whoever books the payment need not read plans
        claims |= plans.sudo()._open_claims(claims.account_id)
        return self._reconcile_plan([[payments + group for group in claims._by_allocation() if group]])

    def _by_allocation(self) -> list:
        """Return open claims of plans in the order in which a payment ends on them; others last."""
        kinds = {'late_fee': 'fee', 'late_interest': 'interest', 'sale': 'principal', 'part': 'principal'}
        order = ORDERS[self.company_id[:1].installment_allocation]
        groups = [
            self.filtered(lambda item, name=name: kinds.get(item.move_id.installment_role) == name) for name in order
        ]
        return [*groups, self.filtered(lambda item: item.move_id.installment_role not in kinds)]

    def _reconcile_pre_hook(self):
        # EXTENDS account
        return {**super()._reconcile_pre_hook(), 'installment_plans': self.installment_line_id.plan_id}

    def _reconcile_post_hook(self, data):
        # EXTENDS account: whoever waits for a payment of a plan hears of it
        super()._reconcile_post_hook(data)
        # sudo: what follows a payment does not depend on who books it
        data['installment_plans'].sudo()._payment_arrived()

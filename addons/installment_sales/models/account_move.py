"""Invoices of installment plans: one receivable line per installment."""

from odoo import api, fields, models
from odoo.addons.service_contracts.models.service_gate import has_passed_gate
from odoo.addons.service_contracts.posting.eligibility import review
from odoo.addons.service_contracts.rules.money import allocate, to_decimal
from odoo.exceptions import UserError
from odoo.tools import frozendict

BILLING_ROLES = ('sale', 'part')
"""Invoices that ask for installments: the one of a whole sale, or one for each installment."""
LATE_ROLES = ('late_fee', 'late_interest')


class AccountMove(models.Model):
    _inherit = 'account.move'

    installment_plan_id = fields.Many2one(
        'installment.plan', "Installment plan", readonly=True, copy=False, index='btree_not_null', ondelete='restrict',
    )
    installment_role = fields.Selection(
        [('sale', "Sale"), ('part', "Installment"), ('late_fee', "Late fee"), ('late_interest', "Late interest"),
         ('credit', "Credit"), ('income', "Earned income"), ('charge', "Charge")],
        "Part in the plan", readonly=True, copy=False,
    )
    installment_line_ids = fields.One2many('installment.line', 'invoice_id', "Installments invoiced", readonly=True)
    installment_recognised_line_id = fields.Many2one(
        'installment.line', "Income of installment", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict',
    )

    _installment_sale_once = models.UniqueIndex(
        "(installment_plan_id) WHERE installment_role = 'sale' AND state != 'cancel'",
        "The plan has an invoice already.",
    )
    _installment_income_once = models.UniqueIndex(
        "(installment_recognised_line_id) WHERE installment_recognised_line_id IS NOT NULL AND state != 'cancel'",
        "The income of this installment is recorded already.",
    )

    @api.depends('installment_plan_id', 'installment_role', 'installment_line_ids.date_planned')
    def _compute_needed_terms(self):
        # EXTENDS account: an invoice of a plan is due by its installments
        super()._compute_needed_terms()
        for move in self:
            if move.installment_role in BILLING_ROLES and move.needed_terms:
                move.needed_terms = move._installment_needed_terms()

    def _installment_needed_terms(self) -> dict:
        """Return one receivable for each installment, in both currencies summing to the invoice."""
        terms = self.installment_line_ids._terms()
        shares = [
            self._shared(self.amount_total_signed, self.company_currency_id, terms),
            self._shared(self.amount_total_in_currency_signed, self.currency_id, terms),
        ]
        return {
            frozendict({
                'move_id': self.id, 'date_maturity': line._planned(), 'discount_date': False,
                'installment_line_id': line.id,
            }): {'balance': balance, 'amount_currency': amount}
            for (line, _amount), balance, amount in zip(terms, *shares, strict=True)
        }

    def _shared(self, total: float, currency, terms: list[tuple]) -> list[float]:
        weights = [amount for _line, amount in terms]
        parts = allocate(to_decimal(currency.round(total)), weights, currency.decimal_places)
        return [float(part) for part in parts]

    def _post(self, soft=True):
        # EXTENDS account: the invoice of a plan asks for exactly what was agreed
        for move in self.filtered(lambda move: move.installment_role in BILLING_ROLES):
            agreed = sum(move.installment_line_ids.mapped('amount'))
            if move.currency_id.compare_amounts(move.amount_total, agreed):
                raise UserError(move.env._(
                    "The invoice is over %(invoiced)s, the customer agreed to %(agreed)s in plan %(plan)s. "
                    "Take back the change, or cancel the plan and make a new one.",
                    invoiced=move.currency_id.format(move.amount_total),
                    agreed=move.currency_id.format(agreed), plan=move.installment_plan_id.name,
                ))
        self._check_credits_of_plans()
        return super()._post(soft)

    # === WHAT A RUNNING PLAN ASKS FOR STAYS === #

    def _check_credits_of_plans(self) -> None:
        """A credit note may lower the price of what was sold; what ends a plan is done by the plan."""
        for move in self.filtered(lambda move: move.move_type == 'out_refund'):
            origin, plan = move.reversed_entry_id, move.installment_plan_id
            if origin.installment_role not in BILLING_ROLES or plan.state != 'active' or has_passed_gate(self.env):
                continue
            is_all = origin.installment_role == 'sale' and move.currency_id.compare_amounts(
                move.amount_total, origin.amount_total) >= 0
            if is_all or plan.company_id.installment_deferred_account_id & move.line_ids.account_id:
                raise UserError(move.env._(
                    "This credit note gives back interest or fees, or all of what %(invoice)s asks for. Cancel plan "
                    "%(plan)s or pay it off instead; a credit note may lower the price of what was sold.",
                    invoice=origin.name, plan=plan.name,
                ))

    def _reverse_moves(self, default_values_list=None, cancel=False):
        # EXTENDS account: a credit note of an invoice of a plan belongs to the plan
        values_list = default_values_list or [{} for _move in self]
        for move, values in zip(self, values_list, strict=False):
            if move.installment_role in BILLING_ROLES:
                values.setdefault('installment_plan_id', move.installment_plan_id.id)
                values.setdefault('installment_role', 'credit')
        return super()._reverse_moves(values_list, cancel)

    def button_cancel(self):
        # EXTENDS account
        self._check_no_running_plan()
        return super().button_cancel()

    @api.ondelete(at_uninstall=False)
    def _unlink_no_running_plan(self):
        self._check_no_running_plan()

    def _check_no_running_plan(self) -> None:
        for move in self.filtered(lambda move: move.installment_role in BILLING_ROLES):
            if move.installment_plan_id.state == 'active':
                raise UserError(move.env._(
                    "%(invoice)s asks for the installments of %(plan)s, which runs. Cancel the plan instead.",
                    invoice=move.display_name, plan=move.installment_plan_id.name,
                ))

    def action_view_installment_plan(self) -> dict:
        """Open the plan of the entry."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('installment_sales.installment_plan_action')
        return {**action, 'views': [(False, 'form')], 'res_id': self.installment_plan_id.id}


# Both overrides concern invoices of a plan only, so invoices of contracts may still be copied.
review('installment_sales', ('account.move', '_post'), ('account.move', '_compute_needed_terms'))

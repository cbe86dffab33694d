"""Signing and paying a cart with services: what it will charge by date, what is due now, and the signature on it."""

import hashlib
import json

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.exceptions import UserError
from odoo.fields import Command

from .payment_transaction_once import BEGUN_BY_CUSTOMER
from .taken_back import UNTOLD, taken_back

NO_CHARGES = {'problem': '', 'services': [], 'charges': []}


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    online_charges = fields.Json(compute='_compute_online_charges', groups=fields.NO_ACCESS)
    online_due = fields.Monetary(
        "Due when signed", readonly=True, copy=False, help="What the customer was told to pay now when signing.",
    )
    online_payment_on = fields.Datetime(
        "Payment begun", readonly=True, copy=False,
        help="Written by each attempt to pay, so that two wait for each other.",
    )

    # === COMPUTE === #

    @api.depends('partner_id', 'pricelist_id', 'service_coupon_code', 'order_line.service_plan_line_id',
                 'order_line.service_plan_interval_id', 'order_line.price_total', 'order_line.product_uom_qty')
    def _compute_online_charges(self):
        answers = [order._work_out_charges() for order in self]  # each takes back what it wrote, caches too
        for order, answer in zip(self, answers, strict=True):
            order.online_charges = answer

    def _work_out_charges(self) -> dict:
        """Return what the contracts of the cart will charge if they begin today.

        They are made and taken back at once, so the answer is what would really be billed; nothing stays.

        :return: ``services`` (rows of ``services``, ``from``, ``trial``), ``charges`` (rows of ``date``, ``services``,
            ``amount``, tax included), and ``problem``, empty if there is none.
        """
        groups = self._contract_groups(self.order_line.filtered(lambda line: line._awaits_contract()))
        if not self.id or not self.is_online_contract or not groups:
            return NO_CHARGES
        try:
            with taken_back(self.env):
                contracts = self.env['service.contract'].with_context(**UNTOLD).with_company(self.company_id).create([
                    self._prepare_service_contract_vals([line._prepare_contract_line_vals() for line in lines])
                    for lines in groups
                ])
                contracts._end_with_trial()
                answer = contracts._promises()
        except (RuleError, UserError) as error:
            return {**NO_CHARGES, 'problem': str(error)}
        return {**answer, 'problem': ''}

    # === WHAT IS DUE === #

    def _online_due(self):
        """Return what is to be paid now: products, or what is paid at once of them, and services charged today."""
        terms = self.installment_terms_id
        products = self.installment_at_start if terms else float(self._installment_price())
        today = str(self.company_id._service_today())
        services = sum(row['amount'] for row in self.online_charges['charges'] if row['date'] <= today)
        return self.currency_id.round((products or 0.0) + services)

    def _get_prepayment_required_amount(self):
        # EXTENDS sale: a contract is confirmed by what is due now, as the customer signed it
        if self.is_online_contract:
            return self.online_due if self.signature else self.sudo()._online_due()
        return super()._get_prepayment_required_amount()

    def _online_summary(self) -> dict:
        """Return the cart for its page: recurring, once and products apart, what is due now, and charges by date."""
        services = self.order_line.filtered('service_plan_id')
        recurring = services.filtered(lambda line: line._is_recurring())
        products = self._installment_lines()
        charges = self.online_charges['charges'] + self._installments_to_come()
        today = str(self.company_id._service_today())
        return {
            'plans': services.service_plan_id, 'recurring': recurring, 'once': services - recurring,
            'products': products, 'product_total': sum(products.mapped('price_total')),
            'due': self._get_prepayment_required_amount(), 'problem': self.online_charges['problem'],
            'to_come': sorted((row for row in charges if row['date'] > today), key=lambda row: row['date']),
        }

    def _installments_to_come(self) -> list[dict]:
        given, problem = self._installment_try()
        return [] if problem or not given else [
            {'date': str(row.due), 'services': self.env._("Installment %s", row.number), 'amount': float(row.payment)}
            for row in given.rows
        ]

    # === SIGNATURE === #

    def _online_fingerprint(self) -> str:
        """Return the SHA-256 of what the customer is shown and signs."""
        lines = self.order_line.sorted('id')
        shown = [
            self.currency_id.name, f'{self._online_due():.6f}', self.installment_terms_id.id,
            [[line.name, line.product_uom_qty, line.price_total, line.service_recurrence or ''] for line in lines],
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()

    def _accept_url(self) -> str:
        """Return where the signature goes, with the fingerprints of what is shown beside it."""
        shown = f'&shown={self.sudo()._online_fingerprint()}' if self.is_online_contract else ''
        return self.get_portal_url(
            suffix='/accept', query_string=f'&installments={self._installment_fingerprint()}{shown}')

    def _accept_online(self, shown_hash: str) -> str:
        """Take down what the customer is to pay now, if what was shown still holds.

        :return: '' or, in the customer's words, why it does not.
        """
        if self._is_nobodys():
            return self.env._("Tell us first who you are.")
        try:
            self._check_cart()
            self._check_places()
        except UserError as error:
            return str(error)
        if shown_hash != self._online_fingerprint():
            return self.env._("The order has changed since this page was opened. Load it again and read it.")
        self.online_due = self._online_due()
        return ''

    # === PAYMENT === #

    def _begin_payment(self) -> None:
        """Let another payment of the same order wait for this one, and see it.

        :raises UserError: if it is not signed, or paid already.
        """
        self.online_payment_on = fields.Datetime.now()
        self.flush_recordset(['online_payment_on'])
        if self._has_to_be_signed():
            raise UserError(self.env._("Read and sign %s first.", self.name))
        self._check_places()
        if not self._has_to_be_paid() or self._payment_on_its_way():
            raise UserError(self.env._("%s is paid already, or its payment is on its way. Load the page again.",
                                       self.name))

    def _check_places(self) -> None:
        """Refuse an order whose plans are taken by now; of two that want the last place one waits for the other."""
        plans = self.order_line.service_plan_id
        plans._take_turns()
        plans._check_contractable(self)

    def _payment_on_its_way(self):
        return self.transaction_ids.filtered(lambda tx: tx.state in ('pending', 'authorized', 'done'))

    def _transaction_to_reuse(self, wanted: dict):
        """Return the transaction that was begun for the same payment; others are given up.

        :param wanted: values that the transaction must have, by field.
        """
        begun = self.transaction_ids.filtered(lambda tx: tx.state == 'draft')
        same = begun.filtered_domain([(name, '=', value) for name, value in wanted.items()])[:1]
        (begun - same).filtered(lambda tx: tx.operation in BEGUN_BY_CUSTOMER)._give_up()
        return same

    # === CONTRACTS === #

    def _contract_groups(self, lines) -> list:
        # EXTENDS service_contracts: what is sold on terms, or with a trial, of its own has a contract of its own
        if not self.is_online_contract:
            return super()._contract_groups(lines)
        return list(lines.grouped(lambda line: line.service_plan_id._contract_key()).values())

    def _contract_to_join(self, lines):
        # EXTENDS service_contracts: a further service goes where services of its terms are
        if not self.is_online_contract:
            return super()._contract_to_join(lines)
        key = lines.service_plan_id[:1]._contract_key()
        return self.service_contract_ids.filtered(
            lambda contract: contract.state in ('draft', 'active', 'suspended')
            and key in {plan._contract_key() for plan in contract.line_ids.plan_id},
        )[:1]

    def _prepare_service_contract_vals(self, line_vals: list[dict]) -> dict:
        # EXTENDS service_contracts: the answers of the customer go into the contract; a trial is given once
        vals = super()._prepare_service_contract_vals(line_vals)
        plans = self.env['service.plan'].browse({line['plan_id'] for line in line_vals})
        if answers := self._answers(plans):
            vals['field_value_ids'] = [Command.link(answer.id) for answer in answers]
        if self.is_online_contract and plans._had_trial(self.partner_id):
            vals.update(trial_count=0, date_trial_end=False)
        if self.company_id not in self.user_id.company_ids:
            vals['user_id'] = False  # the salesperson of a site may be of another company
        return vals

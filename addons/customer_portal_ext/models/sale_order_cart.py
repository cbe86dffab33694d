"""The cart of the site with services in it: plans with options and answers put in and taken out, and whose it is."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import email_normalize

CUSTOMER_FIELDS = ('partner_id', 'partner_invoice_id', 'partner_shipping_id')
UNSIGNED = {'signature': False, 'signed_by': False, 'signed_on': False, 'online_due': 0.0}


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    is_online_contract = fields.Boolean(
        "Contracted online", compute='_compute_is_online_contract', store=True, precompute=True,
        help="A cart with services or installments: it is read and signed before it is paid.",
    )
    field_value_ids = fields.One2many('service.contract.field.value', 'order_id', "Data asked for")

    # === COMPUTE === #

    @api.depends('website_id', 'order_line.service_plan_id', 'installment_terms_id')
    def _compute_is_online_contract(self):
        for order in self:
            needs_signature = order.order_line.service_plan_id or order.installment_terms_id
            order.is_online_contract = bool(order.website_id and needs_signature)

    @api.depends('is_online_contract')
    def _compute_require_signature(self):
        super()._compute_require_signature()
        self.filtered('is_online_contract').require_signature = True

    @api.depends('is_online_contract')
    def _compute_require_payment(self):
        super()._compute_require_payment()
        self.filtered('is_online_contract').require_payment = True

    @api.depends('is_online_contract')
    def _compute_prepayment_percent(self):
        super()._compute_prepayment_percent()
        self.filtered('is_online_contract').prepayment_percent = 1.0

    @api.depends('order_line.service_plan_id')
    def _compute_cart_info(self):
        # EXTENDS website_sale: a plan counts as one, whatever it includes
        super()._compute_cart_info()
        for order in self.filtered('is_online_contract'):
            products = order.website_order_line.filtered(lambda line: not line.service_plan_line_id)
            order.cart_quantity = int(sum(products.mapped('product_uom_qty'))) + len(order.order_line.service_plan_id)

    # === SERVICES IN THE CART === #

    def _plan_lines(self, plan):
        """Return the lines that sell a plan."""
        return self.order_line.filtered(lambda line: line.service_plan_id == plan)

    def _put_plan(self, plan, option_ids: list[int], interval_id: int) -> None:
        """Put a plan with its options into the cart, in place of what the cart had of it.

        :raises UserError: if the plan is sold out, an answer is missing, or the options do not go together.
        """
        self.ensure_one()
        plan._check_contractable(self)
        self._check_answers(plan)
        interval = plan.interval_ids.filtered(lambda interval: interval.id == interval_id)
        self.order_line = [
            *(Command.delete(line.id) for line in self._plan_lines(plan)),
            *(Command.create(self._prepare_online_line(line, interval)) for line in plan._chosen_lines(option_ids)),
        ]
        if self.online_charges['problem']:
            raise UserError(self.online_charges['problem'])
        self._verify_cart_after_update()

    def _prepare_online_line(self, line, interval) -> dict:
        ahead = {'service_plan_interval_id': interval.id} if interval and line.kind == 'recurring' else {}
        name = (line.name or '').removeprefix(f'[{line.product_id.default_code}] ')  # customers read no references
        return {**self._prepare_plan_order_line(line), 'name': name, **ahead}

    def _take_choice(self, plan, option_ids: list[int], interval_id: int, typed: dict, files: dict) -> str:
        """Keep what a visitor answered and put the plan into the cart.

        :return: what is missing or wrong; the good answers are kept all the same.
        """
        problem = self._keep_answers(plan, typed, files)
        try:
            with self.env.cr.savepoint():
                self._put_plan(plan, option_ids, interval_id)
        except UserError as error:
            problem = problem or str(error)
        return problem

    def _take_over(self, draft) -> None:
        """Put the services of a draft that was made without a session into this cart, in place of the same ones here.

        :raises UserError: if a plan cannot be contracted any more.
        """
        for plan in draft.order_line.service_plan_id:
            chosen = draft._chosen_of(plan)
            self._answers(plan).unlink()
            draft._answers(plan).order_id = self
            self._put_plan(plan, chosen['options'], chosen['interval'])
        draft.unlink()

    def _remove_plan(self, plan_id: int) -> None:
        """Take a plan out of the cart, with its answers."""
        self.order_line.filtered(lambda line: line.service_plan_id.id == plan_id).unlink()
        self.field_value_ids.filtered(lambda answer: answer.field_id.plan_id.id == plan_id).unlink()
        self._verify_cart_after_update()

    def _chosen_of(self, plan) -> dict:
        """Return what the cart has of a plan, as the form of the plan shows it."""
        lines, answers = self._plan_lines(plan), self._answers(plan)
        return {
            'options': lines.service_plan_line_id.ids, 'interval': lines.service_plan_interval_id[:1].id or 0,
            **{f'field_{answer.field_id.id}': answer.value for answer in answers},
        }

    # === ANSWERS === #

    def _answers(self, plans):
        return self.field_value_ids.filtered(lambda answer: answer.field_id.plan_id in plans)

    def _keep_answers(self, plan, typed: dict, files: dict) -> str:
        """Keep every good answer to what a plan asks for, so that none is typed or uploaded twice.

        :return: what is wrong with the others, in one sentence each.
        """
        problems = []
        for field in plan.data_field_ids:
            try:
                self._keep_answer(field, field._answer(typed, files))
            except UserError as error:
                problems.append(str(error))
        return ' '.join(problems)

    def _keep_answer(self, field, vals: dict) -> None:
        known = self.field_value_ids.filtered(lambda answer: answer.field_id == field)
        if vals and known:
            known.write(vals)
        elif vals:
            self.field_value_ids = [Command.create({'field_id': field.id, **vals})]
        elif field.kind != 'file':
            known.unlink()

    def _check_answers(self, plans) -> None:
        """Refuse plans whose questions are not all answered."""
        answered = self.field_value_ids.field_id
        missing = plans.data_field_ids.filtered('is_required') - answered
        if missing:
            raise UserError(self.env._("“%s” is needed.", missing[0].name))

    # === CUSTOMER === #

    def _check_cart(self) -> None:
        """Refuse a cart that cannot be contracted, telling why."""
        plans = self.order_line.service_plan_id
        if not self.order_line:
            raise UserError(self.env._("Your order is empty. Choose a service first."))
        plans._check_contractable(self)
        self._check_answers(plans)
        if self.online_charges['problem']:
            raise UserError(self.online_charges['problem'])

    def _is_nobodys(self) -> bool:
        """Tell whether nobody has told yet whose cart it is."""
        return self.partner_id == self.website_id.user_id.partner_id

    def _take_visitor(self, typed: dict) -> None:
        """Write down who contracts: a new customer by name and e-mail, or a correction of these.

        :raises UserError: telling what is missing.
        """
        name, phone = (str(typed.get(key) or '').strip() for key in ('name', 'phone'))
        email = email_normalize(str(typed.get('email') or '')[:140])
        if not name or not email:
            raise UserError(self.env._("Tell us your name and e-mail address."))
        vals = {'name': name[:140], 'email': email, 'phone': phone[:40] or False, 'lang': self.env.lang}
        if self._is_nobodys():
            partner = self.env['res.partner'].create({**vals, 'company_id': self.company_id.id})
            self._update_address(partner.id, CUSTOMER_FIELDS)
        elif self._may_correct_customer():
            self.partner_id.write(vals)

    def _may_correct_customer(self) -> bool:
        """Tell whether the customer is known from this cart alone; anybody else's data are not for a visitor."""
        partner = self.partner_id
        return not partner.user_ids and partner.sale_order_ids == self and not partner.invoice_ids

    # === CHANGES OF THE CART === #

    def _verify_cart_after_update(self):
        # EXTENDS website_sale: what was signed is not what is in the cart any more
        self._withdraw_signature()
        return super()._verify_cart_after_update()

    def _withdraw_signature(self) -> None:
        """Forget the signature of carts that changed; they are read and signed again."""
        signed = self.filtered(lambda order: order.state in ('draft', 'sent') and order.signature)
        signed.write(UNSIGNED)
        signed._withdraw_acceptance()

    def _cart_find_product_line(self, *args, **kwargs):
        # EXTENDS website_sale: a product of the shop is never one more of what a plan includes
        return super()._cart_find_product_line(*args, **kwargs).filtered(lambda line: not line.service_plan_line_id)

    def _cart_update_line_quantity(self, line_id, quantity, **kwargs):
        # EXTENDS website_sale: services are changed on their own page, whole plans at a time
        line = self.order_line.filtered(lambda line: line.id == line_id)
        if line.service_plan_line_id and quantity > 0:
            return {'added_qty': 0, 'line_id': line_id, 'quantity': line.product_uom_qty,
                    'warning': self.env._("Change this service on its own page.")}
        if line.service_plan_line_id:
            self._remove_plan(line.service_plan_id.id)
            return {'added_qty': 0, 'line_id': False, 'quantity': 0, 'warning': ''}
        return super()._cart_update_line_quantity(line_id, quantity, **kwargs)

    def _check_cart_is_ready_to_be_paid(self):
        # EXTENDS website_sale: a contract is read and signed first, and paid on the page of its order
        if self.is_online_contract:
            raise ValidationError(self.env._("Read and sign %s first. You pay on the same page.", self.name))
        return super()._check_cart_is_ready_to_be_paid()

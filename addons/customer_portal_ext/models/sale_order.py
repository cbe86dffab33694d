"""Orders that customers put together online: services with their options and data, signed, then a contract."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

ABANDONED_HOURS = 24
ABANDONED_BATCH = 100


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    is_online_contract = fields.Boolean("Contracted online", readonly=True, copy=False)
    field_value_ids = fields.One2many('service.contract.field.value', 'order_id', "Data asked for")
    abandoned_lead_id = fields.Many2one('crm.lead', "Lead", readonly=True, copy=False, index='btree_not_null')

    # === CONTRACT ONLINE === #

    @api.model
    def _start_online(self, partner, website):
        """Return an empty order of a visitor; the salesperson is the site's own."""
        company = website.company_id
        salesperson = website.salesperson_id.filtered(lambda user: company in user.company_ids)
        return self.with_company(company).create({
            'partner_id': partner.id, 'company_id': company.id, 'is_online_contract': True, 'require_signature': True,
            'require_payment': False, 'user_id': salesperson.id, 'team_id': website.salesteam_id.id,
            'origin': self.env._("Contracted online"),
        })

    def _add_plan(self, plan, option_ids: list[int], interval_id: int, typed: dict, files: dict) -> None:
        """Put a plan with its options and answers into the order.

        :raises UserError: if the plan is sold out or in the order already, or an answer is missing.
        """
        self.ensure_one()
        plan._check_contractable()
        if plan in self.order_line.service_plan_id:
            raise UserError(self.env._("%s is in your order already.", plan.name))
        answers = {field: field._answer(typed, files) for field in plan.data_field_ids}
        interval = plan.interval_ids.filtered(lambda interval: interval.id == interval_id)
        lines = plan._chosen_lines(option_ids)
        self.order_line = [Command.create({
            **self._prepare_plan_order_line(line),
            **({'service_plan_interval_id': interval.id} if interval and line.kind == 'recurring' else {}),
        }) for line in lines]
        self.field_value_ids = [
            Command.create({'field_id': field.id, **answer}) for field, answer in answers.items() if answer
        ]

    def _remove_plan(self, plan_id: int) -> None:
        """Take a plan out of the order, with its answers."""
        self.order_line.filtered(lambda line: line.service_plan_id.id == plan_id).unlink()
        self.field_value_ids.filtered(lambda answer: answer.field_id.plan_id.id == plan_id).unlink()

    def _online_summary(self) -> dict:
        """Return the lines of the order, recurring and one-off apart, with their totals."""
        recurring = self.order_line.filtered(lambda line: line._is_recurring())
        once = self.order_line - recurring
        return {
            'recurring': recurring, 'once': once, 'recurring_total': sum(recurring.mapped('price_total')),
            'once_total': sum(once.mapped('price_total')), 'plans': self.order_line.service_plan_id,
        }

    def _take_customer(self, typed: dict, user) -> None:
        """Write down who contracts: the user who is logged in, or the visitor by name and e-mail.

        :raises UserError: telling what is missing.
        """
        if not self.order_line:
            raise UserError(self.env._("Your order is empty. Choose a service first."))
        self.order_line.service_plan_id._check_contractable()
        if not user._is_public():
            self._set_online_partner(user.partner_id)
            return
        name, email = (str(typed.get(key) or '').strip()[:140] for key in ('name', 'email'))
        if not name or '@' not in email:
            raise UserError(self.env._("Tell us your name and e-mail address."))
        vals = {'name': name, 'email': email, 'phone': str(typed.get('phone') or '')[:40] or False,
                'lang': self.env.lang, 'company_id': self.company_id.id}
        if self.partner_id == self.env['website'].get_current_website().user_id.partner_id:
            self._set_online_partner(self.env['res.partner'].create(vals))
        else:
            self.partner_id.write(vals)

    def _set_online_partner(self, partner) -> None:
        prices = {line: line.price_unit for line in self.order_line}
        self.partner_id = partner
        for line, price in prices.items():
            line.price_unit = price
        self.action_quotation_sent()

    def _prepare_service_contract_vals(self, line_vals: list[dict]) -> dict:
        # EXTENDS: the answers of the customer go into the contract
        vals = super()._prepare_service_contract_vals(line_vals)
        if self.field_value_ids:
            vals['field_value_ids'] = [Command.link(answer.id) for answer in self.field_value_ids]
        return vals

    # === ABANDONED === #

    @api.model
    def _abandoned_domain(self) -> Domain:
        before = fields.Datetime.subtract(fields.Datetime.now(), hours=ABANDONED_HOURS)
        return (
            Domain('is_online_contract', '=', True) & Domain('state', 'in', ('draft', 'sent'))
            & Domain('abandoned_lead_id', '=', False) & Domain('write_date', '<', before)
            & Domain('order_line', '!=', False) & Domain('partner_id.email', '!=', False)
        )

    @api.model
    def _cron_follow_abandoned(self) -> None:
        """Make a lead with an activity of each order that was begun online and left, once an order."""
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=self.search_count(self._abandoned_domain()))
        while orders := self.search(self._abandoned_domain(), limit=ABANDONED_BATCH).try_lock_for_update():
            for order in orders:
                order.abandoned_lead_id = order._make_lead()
            if not cron._commit_progress(len(orders)):
                return

    def _make_lead(self):
        plans = ', '.join(self.order_line.service_plan_id.mapped('name'))
        salesperson = self.user_id.filtered(lambda user: self.company_id in user.company_ids)
        lead = self.env['crm.lead'].create({
            'name': self.env._("Begun online: %s", plans), 'partner_id': self.partner_id.id, 'type': 'opportunity',
            'expected_revenue': self.amount_untaxed, 'company_id': self.company_id.id,
            'user_id': salesperson.id, 'team_id': self.team_id.id,
            'description': self.env._("The order %s was begun online and not signed.", self.name),
        })
        lead.activity_schedule('mail.mail_activity_data_call', summary=self.env._("Ask whether help is wanted"),
                               user_id=(salesperson or self.env.ref('base.user_admin')).id)
        return lead


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    field_value_ids = fields.One2many('service.contract.field.value', 'contract_id', "Data asked for")

"""Places of plans with a capacity: contracts take them, and a signed order holds its own until it is paid."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

HELD = timedelta(minutes=30)
"""So long a place is held after signing, and after each attempt to pay; longer while a payment is on its way."""
TAKING = ('active', 'suspended')


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    capacity = fields.Integer(help="So many contracts of the plan run at the most; 0: as many as are wanted.")
    places_left = fields.Integer(compute='_compute_places_left')
    is_sold_out = fields.Boolean(compute='_compute_places_left')

    _capacity_positive = models.Constraint('CHECK (capacity >= 0)', "A capacity is 0 or more.")

    @api.depends('capacity')
    def _compute_places_left(self):
        left = self._count_places()
        for plan in self:
            plan.places_left = left.get(plan._origin.id, plan.capacity)
            plan.is_sold_out = bool(plan.capacity and not plan.places_left)

    def _count_places(self, order=None) -> dict[int, int]:
        """Return how many places are left of the plans that have a capacity, by id.

        :param order: its own places count as left.
        """
        plans = self._origin.filtered('capacity')
        if not plans:
            return {}
        # sudo: a visitor learns how many are left, not whose they are
        contracts = self.env['service.contract.line'].sudo()._read_group(
            [('plan_id', 'in', plans.ids), ('contract_id.state', 'in', TAKING)],
            ['plan_id'], ['contract_id:count_distinct'])
        held = self.env['sale.order.line'].sudo()._read_group(
            Domain('service_plan_id', 'in', plans.ids) & Domain('order_id', 'any', self._held_domain(order)),
            ['service_plan_id'], ['order_id:count_distinct'])
        taken, waiting = dict(contracts), dict(held)
        return {
            plan.id: max(plan.capacity - taken.get(plan, 0) - waiting.get(plan, 0), 0) for plan in plans
        }

    def _held_domain(self, order) -> Domain:
        """Return the orders that are signed and hold their places."""
        since = fields.Datetime.now() - HELD
        return (
            Domain('state', 'in', ('draft', 'sent')) & Domain('is_online_contract', '=', True)
            & Domain('signed_on', '!=', False) & Domain('id', 'not in', order.ids if order else [])
            & (Domain('signed_on', '>=', since) | Domain('online_payment_on', '>=', since)
               | Domain('transaction_ids.state', 'in', ('pending', 'authorized')))
        )

    def _check_contractable(self, order=None) -> None:
        """Refuse to sell what cannot be delivered.

        :param order: the order that asks; the places it holds are its own.
        """
        left = self._count_places(order)
        for plan in self:
            if not plan.is_published:
                raise UserError(self.env._("%s is not offered online at the moment.", plan.name))
            if not left.get(plan.id, 1):
                raise UserError(self.env._("%s is taken by as many customers as we can serve.", plan.name))

    def _take_turns(self) -> None:
        """Let two that want the last place wait for each other, and the second see the first.

        Written to, not only locked: who waited still has an old view (REPEATABLE READ), and PostgreSQL then refuses
        the write, so that Odoo starts the request anew.
        """
        plans = self.filtered('capacity')
        if plans:
            self.env.cr.execute(SQL(
                "UPDATE service_plan SET write_date = write_date WHERE id = ANY(%s)", sorted(plans.ids)))
            self.env['service.contract.line'].invalidate_model()

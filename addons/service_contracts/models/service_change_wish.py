"""What somebody wants to change in a contract, read from a plain object: another plan, other quantities or prices."""

from dataclasses import dataclass
from typing import Any

from odoo import models
from odoo.exceptions import UserError

from ..rules.sent import shown

CHANGE_KEYS = {'plan', 'interval', 'when', 'services', 'reason'}
SERVICE_KEYS = {'line', 'product', 'quantity', 'price'}
NUMBER_FIELDS = {'quantity': 'quantity', 'price': 'price_unit'}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants: another plan or interval, or other quantities (0 ends one); when None, the plan decides.

    `interval` is a prepayment interval of `plan`, empty for as often as the plan says. `quantities` are pairs of a
    contract line, or a plan line not booked yet, and how many; `prices` pairs of one of these contract lines and its
    new unit price.
    """

    plan: Any
    quantities: tuple[tuple[Any, float], ...]
    when: str | None = None
    reason: str = ''
    interval: Any = None
    prices: tuple[tuple[Any, float], ...] = ()


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _wish(self, change: dict) -> Wish:
        """Return what an object asks for.

        :raises UserError: for what it cannot mean.
        """
        self._check_item(change, CHANGE_KEYS, self.env._("The change of %s", self.display_name))
        services = change.get('services', [])
        if bool({'plan', 'interval'} & change.keys()) == bool(services) or not isinstance(services, list):
            raise UserError(self.env._(
                "%s: a change names a “plan” or an “interval”, or a list of “services” with their quantities.",
                self.display_name,
            ))
        if change.get('when') not in (None, 'now', 'period_end'):
            raise UserError(self.env._("%s: “when” is now or period_end.", self.display_name))
        self._check_input({'external_ref': change.get('reason')})
        plan = self.env['service.plan'] if services else self.plan_id
        if 'plan' in change:
            plan = self._target_plan(change['plan'])
        wished = [(self._wished_service(item, place), item) for place, item in enumerate(services, 1)]
        return Wish(
            plan,
            tuple((service, float(item.get('quantity', service.quantity))) for service, item in wished),
            change.get('when'), change.get('reason') or '', self._wished_interval(plan, change) if plan else None,
            tuple((service, float(item['price'])) for service, item in wished if 'price' in item),
        )

    def _target_plan(self, value):
        found = self.plan_id.allowed_target_ids.filtered(
            lambda plan: type(value) in (int, str) and bool(value) and value in (plan.id, plan.code),
        )
        if not found:
            raise UserError(self.env._(
                "%(contract)s: its plan %(plan)s may not change to “%(target)s”, but to: %(allowed)s. "
                "The plan's page “Trial and changes” tells where it may go.",
                contract=self.display_name, plan=self.plan_id.name or self.env._("none"), target=shown(value),
                allowed=', '.join(self.plan_id.allowed_target_ids.mapped('name')) or self.env._("none"),
            ))
        return found[0]

    def _wished_service(self, item, place: int):
        name = self.env._("Service %s", place)
        self._check_item(item, SERVICE_KEYS, name)
        if ('line' in item) == ('product' in item) or not {'quantity', 'price'} & item.keys():
            raise UserError(self.env._("%s: send “line” or “product”, and “quantity” or “price”.", name))
        self._check_wished_numbers(item)
        wanted = item.get('line') or item.get('product')
        running = self._changeable_lines()
        offers = running if 'line' in item or 'price' in item else [*running, *self._bookable_lines()]
        for service in offers:
            names = (service.id,) if 'line' in item else (service.product_id.id, service.product_id.default_code)
            if type(wanted) in (int, str) and wanted in names:
                return service
        raise UserError(self.env._(
            "%(contract)s has no running service “%(service)s”. It has: %(services)s.",
            contract=self.display_name, service=shown(wanted),
            services=', '.join(line._service_name() for line in offers) or self.env._("none"),
        ))

    def _check_wished_numbers(self, item: dict) -> None:
        Line = self.env['service.contract.line']
        for key, name in NUMBER_FIELDS.items():
            if key not in item:
                continue
            if item[key] is None or item[key] is False:
                Line._refuse_input(Line._fields[name], item[key], self.env._("a number"))
            Line._check_input({name: item[key]})

    def _changeable_lines(self):
        """Return the services that run, or are to run, without an end of their own in the past."""
        today = self.company_id._service_today()
        return self.line_ids.filtered(
            lambda line: line.kind != 'one_time' and (not line.date_end or line.date_end >= today),
        )

    def _bookable_lines(self):
        """Return the services of the plan that the contract does not have."""
        offered = self.plan_id.line_ids.filtered(lambda line: line.kind != 'one_time')
        return offered - self._changeable_lines().plan_line_id

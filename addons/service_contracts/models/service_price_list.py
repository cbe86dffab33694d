"""Price lists over time: a service priced by tiers, packages or a meter has its whole list dated, not one price."""

from datetime import date

from odoo import api, fields, models
from odoo.fields import Command

from ..rules.errors import RuleError
from ..rules.pricing import PriceModel
from .service_usage_rater import price_from_json, price_to_json

LIST_FIELDS = {'price_unit': 'unit_price', 'event_price': 'event_price', 'minimum_charge': 'minimum',
               'maximum_charge': 'maximum'}
"""What of a price list stands in the service itself, by its name in the rules."""


class ServiceInputMixin(models.AbstractModel):
    _inherit = 'service.input.mixin'

    def _check_price_list(self, vals: dict, name: str) -> dict:
        """Return values without their price list, which is checked by reading it.

        :raises ValidationError: for a list that is none.
        """
        if kept := vals.get(name):
            try:
                price_from_json(kept)
            except (RuleError, ArithmeticError, LookupError, TypeError, ValueError):
                self._refuse_input(self._fields[name], kept, self.env._("a price list as the system keeps it"))
        return {key: value for key, value in vals.items() if key != name}


class ServicePriceStep(models.Model):
    _inherit = 'service.price.step'

    price_list = fields.Json(readonly=True, help="All prices of a service with tiers or a meter, from that day on.")

    def _check_input(self, vals):
        super()._check_input(self._check_price_list(vals, 'price_list'))

    def _is_possible(self):
        # EXTENDS service_contracts: a service with a price list has steps of lists
        line = self.contract_line_id
        return bool(self.price_list) and line.kind != 'one_time' if line._is_rated() else super()._is_possible()


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    given_price_list = fields.Json(
        readonly=True, copy=False, help="The list that the plan or a revision gave; another one was agreed.",
    )

    def _check_input(self, vals):
        super()._check_input(self._check_price_list(vals, 'given_price_list'))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        for line in lines.filtered(lambda line: line.plan_line_id and line._is_rated()):
            line.given_price_list = price_to_json(line.plan_line_id._price_model())
        return lines

    def copy_data(self, default=None):
        """A copy begins with the list that holds after the last step, as with one price."""
        vals_list = super().copy_data(default)
        for line, vals in zip(self, vals_list, strict=True):
            if line._is_rated() and line.has_price_rules:
                vals |= line._prepare_list_vals(line._price_model_at(date.max))
                vals['commitment_amount'] = float(line._commitment_at(date.max))
        return vals_list

    # === BUSINESS === #

    def _price_model_at(self, day: date) -> PriceModel:
        """Return the price list that holds on a day."""
        self.ensure_one()
        dated = self._list_steps() if self.has_price_rules else ()
        held = [step for step in dated if step.date_start <= day]
        return price_from_json(held[-1].price_list) if held else self._price_model()

    def _list_steps(self):
        # sudo: a customer sees what is charged without the right to read how prices were agreed
        return self.sudo().price_step_ids.filtered('price_list').sorted('date_start')

    def _has_agreed_price(self) -> bool:
        # EXTENDS service_contracts: of a list, all prices are compared
        if not self._is_rated():
            return super()._has_agreed_price()
        given = self.given_price_list
        return bool(given) and price_from_json(given) != self._price_model()

    def _price_phases(self):
        # EXTENDS service_contracts: a list has no single price that steps
        return () if self._is_rated() else super()._price_phases()

    def _price_in_force_vals(self, today):
        # EXTENDS service_contracts
        if not self._is_rated():
            return super()._price_in_force_vals(today)
        model = self._price_model_at(today)
        vals = {**self._prepare_list_vals(model, of_tiers=False),
                'commitment_amount': float(self._commitment_at(today))}
        if updates := self._prepare_tier_updates(model):
            vals['tier_ids'] = updates
        if self.given_price_list and not self._has_agreed_price():
            vals['given_price_list'] = price_to_json(model)
        return vals

    def _prepare_list_vals(self, model: PriceModel, of_tiers: bool = True) -> dict:
        """Return a price list as values of a service."""
        vals = {name: float(getattr(model, part) or 0) for name, part in LIST_FIELDS.items()}
        if of_tiers and model.tiers:
            vals['tier_ids'] = [Command.create({
                'up_to': float(tier.upper or 0), 'price_unit': float(tier.unit_price), 'flat_fee': float(tier.flat_fee),
            }) for tier in model.tiers]
        return vals

    def _prepare_tier_updates(self, model: PriceModel) -> list:
        """Return what brings the tiers of this service to those of a list with the same bounds."""
        return [
            Command.update(tier.id, {'price_unit': float(new.unit_price), 'flat_fee': float(new.flat_fee)})
            for tier, new in zip(self._sorted_tiers(), model.tiers, strict=False) if tier._tier() != new
        ]

    def _prepare_price_vals_from(self, day):
        # EXTENDS service_contracts: with another quantity a list goes on with the days from which it holds
        if not self._is_rated():
            return super()._prepare_price_vals_from(day)
        later = self._list_steps().filtered(lambda step: step.date_start > day)
        if not later:
            return self._prepare_list_vals(self._price_model_at(day), of_tiers=False)
        now = price_to_json(self._price_model_at(day))
        return {'price_step_ids': [
            Command.create({'date_start': start, 'price_list': kept, 'reason': self.env._("As agreed")})
            for start, kept in [(day, now), *((step.date_start, step.price_list) for step in later)]
        ]}

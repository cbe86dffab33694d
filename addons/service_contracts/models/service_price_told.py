"""The prices of a service as customers read them before they use it: in panel, printed contract and quotation."""

from decimal import Decimal

from odoo import models

from ..rules.errors import RuleError
from ..rules.pricing import TIERED, PriceModel, Tier


class ServicePriceMixin(models.AbstractModel):
    _inherit = 'service.price.mixin'

    def _told_prices(self, currency=None) -> list[str]:
        """Return quota, tiers, fees and limits of a price in words, one row each; none for quantity × price.

        `currency` is that of an order, in which the prices of a plan are meant; by default the own one.
        """
        self.ensure_one()
        # sudo: a customer reads the prices of an own contract or offer without the right to read price lists
        item_sudo = self.sudo().with_context(told_currency_id=(currency or self.currency_id).id)
        if not item_sudo._is_rated():
            return []
        try:
            model = item_sudo._told_model()
        except RuleError:
            return []
        return [*item_sudo._told_quota(model), *item_sudo._told_units(model), *item_sudo._told_limits(model)]

    def _told_model(self) -> PriceModel:
        """Return the prices that are told; extend it where they change over time."""
        return self._price_model()

    def _told_commitment(self) -> Decimal:
        return Decimal(repr(self.commitment_amount))

    def _told_quota(self, model: PriceModel) -> list[str]:
        env, rows = self.env, []
        if model.kind in TIERED:
            rows.append(dict(self._fields['price_model']._description_selection(env))[model.kind])
        if model.free_quantity:
            rows.append(env._("%(quantity)s %(unit)s free", quantity=self._number_text(model.free_quantity),
                              unit=self._told_unit(model.free_quantity)).replace('  ', ' '))
        return rows

    def _told_units(self, model: PriceModel) -> list[str]:
        """Return what a unit costs, tier by tier, and the price of an event."""
        rows, above = [], Decimal(0)
        for tier in model.tiers or (Tier(None, model.unit_price),):
            bounds = self.env['service.price.words']._bounds_text(above, tier.upper, self.env.lang)
            rows += [f'{text} ({bounds})' if bounds else text for text in self._told_tier(model, tier)]
            above = tier.upper
        if model.event_price:
            rows.append(self.env._("%(price)s for each event", price=self._told_money(model.event_price)))
        if model.free_events:
            rows.append(self.env._("%s events free", model.free_events))
        return rows

    def _told_tier(self, model: PriceModel, tier: Tier) -> list[str]:
        env, price = self.env, self._told_money(tier.unit_price)
        if model.kind == 'flat':
            return [env._("Flat fee %(price)s", price=price)]
        fee = [env._("Flat fee %(price)s", price=self._told_money(tier.flat_fee))] if tier.flat_fee else []
        if model.kind in ('stairstep', 'stairstep_sum'):
            return fee or [env._("Flat fee %(price)s", price=price)]
        if 'percentage' in model.kind:
            return [env._("%s %% of the amount", self._number_text(tier.unit_price)), *fee]
        if model.block:
            return [env._("%(price)s for each %(block)s %(unit)s begun", price=price, unit=self._told_unit(model.block),
                          block=self._number_text(model.block)).replace('  ', ' '), *fee]
        unit = self._told_unit()
        return [env._("%(price)s per %(unit)s", price=price, unit=unit) if unit else
                env._("%s per unit", price), *fee] if tier.unit_price or not fee else fee

    def _told_limits(self, model: PriceModel) -> list[str]:
        env, rows = self.env, []
        if model.minimum is not None:
            rows.append(f'{env._("Minimum charge")}: {self._told_money(model.minimum)}')
        if model.maximum is not None:
            rows.append(f'{env._("Maximum charge")}: {self._told_money(model.maximum)}')
        if commitment := self._told_commitment():
            rows.append(env._(
                "Minimum commitment: %(amount)s in %(time)s", amount=self._told_money(commitment),
                time=env['service.contract']._duration_text(self.commitment_count, self.commitment_unit),
            ))
        return rows

    def _told_money(self, amount: Decimal) -> str:
        currency = self.env['res.currency'].browse(self.env.context['told_currency_id'])
        return self.env['service.price.words']._money(amount, currency, self.env.lang)

    def _told_unit(self, quantity: Decimal = Decimal(1)) -> str:
        return self.meter_id._unit_of(quantity)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _told_model(self) -> PriceModel:
        # EXTENDS service_contracts: the list that holds today
        return self._price_model_at(self.company_id._service_today())

    def _told_commitment(self) -> Decimal:
        # EXTENDS service_contracts
        return self._commitment_at(self.company_id._service_today())

"""A whole price list revised: every price moves the same way, bounds and quotas stay, and amounts follow."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.price_list import revised_list
from odoo.addons.service_contracts.rules.pricing import PriceModel, Tier, price

amounts = st.decimals('0', '100', places=2)
kinds = st.sampled_from(['graduated', 'volume'])


@st.composite
def lists(draw):
    bounds = sorted(draw(st.sets(st.integers(1, 500), min_size=1, max_size=4)))
    tiers = tuple(Tier(upper and Decimal(upper), draw(amounts), draw(amounts)) for upper in (*bounds, None))
    return PriceModel(draw(kinds), tiers=tiers, free_quantity=Decimal(draw(st.integers(0, 50))),
                      minimum=draw(st.none() | amounts))


@given(lists(), st.integers(0, 600), st.decimals('0', '3', places=1))
def test_an_exact_factor_on_every_price_is_that_factor_on_every_amount(model, quantity, factor):
    dearer, _parts = revised_list(model, lambda old: old * factor)
    assert price(dearer, Decimal(quantity)).amount == price(model, Decimal(quantity)).amount * factor


@given(lists())
def test_each_price_is_told_once_and_free_ones_stay_free(model):
    dearer, parts = revised_list(model, lambda old: old + 1)
    prices = [amount for tier in model.tiers for amount in (tier.unit_price, tier.flat_fee)]
    assert len(parts) == sum(map(bool, [*prices, model.minimum or 0]))
    assert [tier.upper for tier in dearer.tiers] == [tier.upper for tier in model.tiers]
    assert dearer.free_quantity == model.free_quantity


def test_a_rate_in_percent_follows_its_amount_and_stays():
    model = PriceModel('percentage', Decimal('2.9'), event_price=Decimal('0.30'))
    dearer, parts = revised_list(model, lambda old: old * 2)
    assert (dearer.unit_price, dearer.event_price, [part.part for part in parts]) == (
        Decimal('2.9'), Decimal('0.60'), ['event'])

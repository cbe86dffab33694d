"""How much of a receivable a kept card is charged with: laws that hold for any amounts."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.customer_portal_ext.rules.card_charge import charge_day, chargeable
from odoo.addons.installment_sales.rules.cards import next_attempt

CENTS = st.integers(1, 10**7).map(lambda cents: Decimal(cents) / 100)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(CENTS, st.lists(CENTS, max_size=4))
def test_what_is_charged_and_what_is_kept_out_never_exceed_what_is_open(residual, kept_out):
    """B8: the disputed, promised and held part is never taken."""
    charged = chargeable(residual, Decimal(0), kept_out)
    assert Decimal(0) <= charged <= residual
    assert charged == 0 or charged + sum(kept_out) == residual


@given(CENTS, CENTS, st.lists(CENTS, max_size=2))
def test_nothing_is_charged_while_a_payment_is_on_its_way_or_all_is_held(residual, in_process, kept_out):
    assert chargeable(residual, in_process, kept_out) == 0
    assert chargeable(residual, Decimal(0), [*kept_out, Decimal(0)]) == 0


@given(DAYS, DAYS, st.integers(0, 60))
def test_a_charge_is_never_before_its_day_nor_sooner_than_announced(due, announced, days):
    day = charge_day(due, announced, days)
    assert day >= due and (day - announced).days >= days
    assert day in (due, announced + timedelta(days=days))


@given(st.text(max_size=40), st.integers(1, 10), DAYS)
def test_attempts_end_and_each_is_later_than_the_last(reason, number, today):
    """N12."""
    following = next_attempt(reason, number, today)
    assert following is None if number > 3 else following is None or following > today

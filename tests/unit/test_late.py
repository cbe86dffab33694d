"""Late payment: interest by segments, the same however often it is charged, and payments in the order of the law."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.installment_sales.rules.late import ORDERS, Segment, late_interest, open_parts, segments
from odoo.addons.service_contracts.rules.errors import RuleError

DUE = date(2026, 1, 15)
amounts = st.integers(1, 10**6).map(lambda units: Decimal(units).scaleb(-2))
days = st.integers(-10, 400).map(lambda offset: DUE + timedelta(days=offset))


def test_a_part_payment_closes_a_segment():
    """Section 8: 1000 for 30 days and 600 for 10 at 9 %: 7.40 + 1.48 = 8.88, rounded once."""
    parts = segments(DUE, Decimal(1000), [(DUE + timedelta(days=30), Decimal(400))], DUE + timedelta(days=40))
    assert [part.balance for part in parts] == [1000, 600]
    assert str(late_interest(parts, Decimal('0.09'), 'actual_365', 2)) == '8.88'


def test_what_is_paid_on_the_due_day_is_not_late():
    assert segments(DUE, Decimal(100), [(DUE, Decimal(100))], DUE + timedelta(days=90)) == []


def test_interest_stays_after_the_principal_is_paid():
    """R7: thirty late days are thirty late days, whenever one looks."""
    payments = [(DUE + timedelta(days=30), Decimal(1000))]
    found = {late_interest(segments(DUE, Decimal(1000), payments, DUE + timedelta(days=after)), Decimal('0.09'),
                           'actual_365', 2) for after in (30, 31, 400)}
    assert found == {Decimal('7.40')}


@given(amounts, st.lists(st.tuples(days, amounts), max_size=5), days)
def test_segments_touch_and_never_exceed_the_amount(amount, payments, until):
    parts = segments(DUE, amount, payments, until)
    assert all(DUE <= part.start < part.end <= until and 0 < part.balance <= amount for part in parts)
    assert all(early.end == late.start and early.balance > late.balance
               for early, late in pairwise(parts))


@given(amounts, st.integers(1, 300), st.lists(st.integers(0, 300), max_size=6))
def test_interest_of_all_charges_is_the_same_however_often_one_charges(amount, last, cuts):
    """R1: each charge takes what has come up to its day, less what was charged before."""
    end, charged = DUE + timedelta(days=last), Decimal(0)
    for offset in [*sorted(cut for cut in cuts if cut < last), last]:
        until = DUE + timedelta(days=offset)
        charged += late_interest(segments(DUE, amount, [], until), Decimal('0.08'), 'actual_365', 2) - charged
    assert charged == late_interest(segments(DUE, amount, [], end), Decimal('0.08'), 'actual_365', 2)


@pytest.mark.parametrize('day_count, expected', [
    ('actual_365', '90.25'), ('actual_360', '91.50'), ('actual_actual', '90.00'),
])
def test_a_year_is_counted_as_agreed(day_count, expected):
    leap = [Segment(date(2024, 1, 1), date(2025, 1, 1), Decimal(1000))]
    assert str(late_interest(leap, Decimal('0.09'), day_count, 2)) == expected


def test_actual_days_go_over_the_turn_of_a_year():
    turn = [Segment(date(2023, 12, 31), date(2024, 1, 2), Decimal(133590))]
    assert str(late_interest(turn, Decimal(1), 'actual_actual', 2)) == '731.00'


def test_interest_bears_no_interest_where_only_the_principal_counts():
    month = [Segment(DUE, DUE + timedelta(days=30), Decimal('171.07'))]
    assert str(late_interest(month, Decimal('0.09'), 'actual_365', 2, lambda left: min(left, Decimal(160)))) == '1.18'


@pytest.mark.parametrize('order, expected', [
    ('fee_interest_principal', ('0', '3', '90')), ('interest_fee_principal', ('2', '1', '90')),
    ('principal_interest_fee', ('2', '8', '83')),
])
def test_a_part_payment_goes_in_the_order_of_the_law(order, expected):
    found = open_parts({'principal': Decimal(90), 'interest': Decimal(8), 'fee': Decimal(2)}, Decimal(93), order)
    assert (str(found['fee']), str(found['interest']), str(found['principal'])) == expected


@given(amounts, amounts, amounts, st.sampled_from(sorted(ORDERS)), st.floats(0, 1))
def test_open_parts_sum_to_what_is_open(fee, interest, principal, order, share):
    parts = {'fee': fee, 'interest': interest, 'principal': principal}
    left = Decimal(int(sum(parts.values()) * 100 * Decimal(share))).scaleb(-2)
    found = open_parts(parts, left, order)
    assert sum(found.values()) == left
    assert all(0 <= found[name] <= parts[name] for name in parts)


def test_unknown_words_are_refused():
    with pytest.raises(RuleError):
        late_interest([], Decimal(1), 'lunar', 2)
    with pytest.raises(RuleError):
        open_parts({}, Decimal(0), 'alphabetical')

"""Three years, run every single day, compared with tables made by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from odoo.addons.service_contracts.rules.billing import LineTerms, due_charges
from odoo.addons.service_contracts.rules.periods import Interval, Period, Recurrence

# In advance on the last day of the month, from 31 January 2024; paused from 10 June to 19 August 2025;
# ended with 15 December 2026. Charge date, first day after the period, share.
LAST_DAY_IN_ADVANCE = '''
    2024-01-31 2024-02-29 1
    2024-02-29 2024-03-31 1
    2024-03-31 2024-04-30 1
    2024-04-30 2024-05-31 1
    2024-05-31 2024-06-30 1
    2024-06-30 2024-07-31 1
    2024-07-31 2024-08-31 1
    2024-08-31 2024-09-30 1
    2024-09-30 2024-10-31 1
    2024-10-31 2024-11-30 1
    2024-11-30 2024-12-31 1
    2024-12-31 2025-01-31 1
    2025-01-31 2025-02-28 1
    2025-02-28 2025-03-31 1
    2025-03-31 2025-04-30 1
    2025-04-30 2025-05-31 1
    2025-05-31 2025-06-30 1
    2025-08-20 2025-08-31 0.354839
    2025-08-31 2025-09-30 1
    2025-09-30 2025-10-31 1
    2025-10-31 2025-11-30 1
    2025-11-30 2025-12-31 1
    2025-12-31 2026-01-31 1
    2026-01-31 2026-02-28 1
    2026-02-28 2026-03-31 1
    2026-03-31 2026-04-30 1
    2026-04-30 2026-05-31 1
    2026-05-31 2026-06-30 1
    2026-06-30 2026-07-31 1
    2026-07-31 2026-08-31 1
    2026-08-31 2026-09-30 1
    2026-09-30 2026-10-31 1
    2026-10-31 2026-11-30 1
    2026-11-30 2026-12-16 0.516129
'''

# In arrears by calendar quarters, from 20 May 2024 (42 of 91 days); paused in the second half of February
# 2025 (14 of 90 days) and from 20 June to 4 October 2025 (11 of 91, all of the third, 4 of 92 days).
QUARTERS_IN_ARREARS = '''
    2024-07-01 2024-07-01 0.461538
    2024-10-01 2024-10-01 1
    2025-01-01 2025-01-01 1
    2025-04-01 2025-04-01 0.844444
    2025-07-01 2025-07-01 0.879121
    2026-01-01 2026-01-01 0.956522
    2026-04-01 2026-04-01 1
    2026-07-01 2026-07-01 1
    2026-10-01 2026-10-01 1
    2027-01-01 2027-01-01 1
'''


def monthly_on_the_last_day():
    start = date(2024, 1, 31)
    grid = Recurrence.from_start(Interval(1, 'month'), start)
    return LineTerms(
        1, 'recurring', 'advance', grid, start, date(2026, 12, 16), 'day',
        Decimal(1), Decimal(30), Decimal(0), pauses=(Period(date(2025, 6, 10), date(2025, 8, 20)),))


def quarterly_by_the_calendar():
    start = date(2024, 5, 20)
    grid = Recurrence.from_calendar(Interval(1, 'quarter'), start)
    return LineTerms(
        2, 'recurring', 'arrears', grid, start, None, 'day',
        Decimal(1), Decimal(910), Decimal(0), pauses=(
            Period(date(2025, 2, 15), date(2025, 3, 1)), Period(date(2025, 6, 20), date(2025, 10, 5))))


def walked_table(terms):
    """Run on every day of 36 months and return charge date, end and share of what was billed, as text."""
    rows = []
    for place in range(1096):
        charges = due_charges(terms, date(2024, 1, 31) + timedelta(days=place))
        terms = replace(terms, billed=(*terms.billed, *(charge.period for charge in charges)))
        rows += [f'{charge.charge_date} {charge.period.end} {float(charge.share):.6g}' for charge in charges]
    return rows


@pytest.mark.parametrize('terms, table', [
    (monthly_on_the_last_day(), LAST_DAY_IN_ADVANCE), (quarterly_by_the_calendar(), QUARTERS_IN_ARREARS)])
def test_36_months_day_by_day_match_the_table_made_by_hand(terms, table):
    """D1, D9: no drift, pauses, an end inside a period, nothing twice and nothing missing."""
    assert walked_table(terms) == [row.strip() for row in table.strip().splitlines()]

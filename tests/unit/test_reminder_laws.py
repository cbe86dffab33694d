"""Laws of reminders: hours, caps, escalation, netting, interest, outbox; whatever the numbers are."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.dunning_sms.rules import outbox
from odoo.addons.dunning_sms.rules.calendar import (
    Contact,
    ContactRule,
    Holiday,
    Window,
    is_open,
    is_open_today,
    local,
    next_opening,
    next_time,
    planning_moment,
    plus_days,
    refusal,
)
from odoo.addons.dunning_sms.rules.errors import RuleError, TransitionError
from odoo.addons.dunning_sms.rules.escalation import (
    FourDates,
    Offsets,
    Step,
    due_occurrence,
    four_dates,
    may_act,
    paused_days,
)
from odoo.addons.dunning_sms.rules.fees import Dispute, Payment, fee, interest, segments
from odoo.addons.dunning_sms.rules.netting import Cover, OpenLine, credits_used, net
from odoo.addons.dunning_sms.rules.signature import is_genuine, sign
from odoo.addons.dunning_sms.rules.zones import customer_zones

ZONES = st.sampled_from(['America/Bogota', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'])
DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2032, 12, 31))
COLOMBIA = ContactRule(
    (*(Window(day, time(7), time(19)) for day in range(5)), Window(5, time(8), time(15))),
    (Holiday(1, 6, to_monday=True), Holiday(easter=-2), Holiday(12, 25)), on_holidays=False, per_day=1,
    one_channel=True,
)
AMOUNTS = st.decimals(Decimal('0.01'), Decimal('99999.99'), places=2)


# === CALENDAR === #

@given(MOMENTS, ZONES)
def test_the_next_opening_is_open_and_the_first(moment, zone):
    """R10: also at changes of daylight-saving time."""
    opening = next_opening(COLOMBIA, moment, zone)
    assert opening >= moment and is_open(COLOMBIA, opening, zone)
    if opening > moment:
        assert not is_open(COLOMBIA, moment, zone)
        assert not is_open(COLOMBIA, opening - timedelta(seconds=1), zone)


@given(MOMENTS, ZONES)
def test_sundays_and_holidays_are_closed(moment, zone):
    day = local(moment, zone).date()
    if day.weekday() == 6 or COLOMBIA.is_holiday(day):
        assert not is_open(COLOMBIA, moment, zone)


@pytest.mark.parametrize('day', [date(2026, 1, 12), date(2026, 4, 3), date(2026, 12, 25), date(2027, 1, 11)])
def test_holidays_of_colombia(day):
    assert COLOMBIA.is_holiday(day)


def test_the_consumers_clock_counts():
    """12 CFR 1006.6(b): 8 to 21 where the consumer is."""
    rule = ContactRule(tuple(Window(day, time(8), time(21)) for day in range(7)))
    noon_utc = datetime(2026, 7, 1, 12)
    assert is_open(rule, noon_utc, 'America/New_York')
    assert not is_open(rule, noon_utc, 'America/Los_Angeles')


def test_an_hour_that_summer_time_skips_is_moved_behind_the_gap():
    rule = ContactRule((Window(6, time(2, 30), time(4)),))
    opening = next_opening(rule, datetime(2026, 3, 28, 12), 'Europe/Berlin')
    assert opening is not None
    assert is_open(rule, opening, 'Europe/Berlin')


def test_hours_until_midnight_have_a_beginning():
    """A window from 20 to 24 is closed in the morning."""
    rule = ContactRule((Window(1, time(20), time.max),))
    tuesday = datetime(2026, 3, 10)
    assert not is_open(rule, tuesday + timedelta(hours=9), 'UTC')
    assert is_open(rule, tuesday + timedelta(hours=23, minutes=59), 'UTC')
    assert next_opening(rule, tuesday, 'UTC') == tuesday + timedelta(hours=20)


@given(MOMENTS, st.sampled_from(['Asia/Tokyo', 'Pacific/Auckland', 'Pacific/Honolulu', 'Europe/Berlin']), ZONES)
def test_every_customer_is_reached_wherever_the_company_is(now, zone, company_zone):
    """Where the customer's day is over when ours begins, the message is for the next one, unless a run comes first."""
    rule = ContactRule(tuple(Window(day, time(8), time(20)) for day in range(7)))
    run = next_time(5.0, now, company_zone)
    moment = planning_moment(rule, run, zone, next_time(5.0, run, company_zone))
    assert is_open_today(rule, moment, zone)
    assert run <= moment < next_time(5.0, run, company_zone)


@given(MOMENTS, ZONES, st.floats(0, 24))
def test_the_next_run_comes_within_a_day_and_an_hour(now, zone, hour):
    """R10: also at changes of daylight-saving time."""
    assert now < next_time(hour, now, zone) <= now + timedelta(hours=25)


@pytest.mark.parametrize('known, country, company, expected', [
    ((None, None), 'CO', 'Europe/Berlin', ['America/Bogota']),
    (('Europe/Berlin',), 'CO', 'Europe/Berlin', ['America/Bogota']),
    (('America/Denver',), 'US', 'America/New_York', ['America/Denver']),
    (('Europe/Zurich',), 'DE', 'UTC', ['Europe/Zurich']), ((None,), None, 'Asia/Tokyo', ['Asia/Tokyo']),
    (('Atlantic/Canary',), 'ES', 'Europe/Madrid', ['Atlantic/Canary']), ((None,), 'XX', 'UTC', ['UTC']),
    ((None,), 'ES', 'Europe/Madrid', ['Europe/Madrid', 'Atlantic/Canary']),
])
def test_the_zones_of_a_customer(known, country, company, expected):
    """Whoever types a customer in lends it the zone of his own desk; the country knows better."""
    assert customer_zones(known, country, company) == tuple(expected)


@pytest.mark.parametrize('number, expected', [
    ('+14155550123', ('America/Los_Angeles',)), ('+34928000000', ('Atlantic/Canary',)), ('nonsense', None),
    ('+18005550123', None),
])
def test_the_area_of_a_number_narrows_the_zones(number, expected):
    country = 'ES' if number.startswith('+34') else 'US'
    everywhere = customer_zones([None], country, 'UTC')
    assert customer_zones([None], country, 'UTC', number) == (expected or everywhere) and len(everywhere) > 1


@given(MOMENTS, st.sampled_from(['US', 'ES', 'BR', 'MX', 'CA', 'AU', 'PT', 'CL']))
def test_no_contact_is_outside_a_window_anywhere_in_the_country(moment, country):
    """12 CFR 1006.6(b), where only the country is known: whichever of its zones the customer lives in."""
    rule = ContactRule(tuple(Window(day, time(8), time(21)) for day in range(7)))
    zones = customer_zones([None], country, 'UTC')
    opening = next_opening(rule, moment, ' '.join(zones))
    assert opening >= moment and is_open(rule, opening, ' '.join(zones))
    assert all(is_open(rule, opening, zone) for zone in zones)
    if opening > moment:
        assert not is_open(rule, opening - timedelta(seconds=1), ' '.join(zones))


@given(st.lists(MOMENTS, max_size=8), MOMENTS, ZONES, st.integers(0, 3), st.integers(0, 5))
def test_caps_are_never_exceeded(moments, now, zone, per_day, per_week):
    rule = ContactRule(per_day=per_day, per_week=per_week)
    history = []
    for moment in sorted([*moments, now]):
        if not refusal(rule, history, 'sms', moment, zone):
            history.append(Contact(moment, 'sms'))
    days = [local(contact.moment, zone).date() for contact in history]
    for day in days:
        assert not per_day or days.count(day) <= per_day
        assert not per_week or sum(day - timedelta(days=7) < other <= day for other in days) <= per_week


def test_one_channel_in_a_week():
    now = datetime(2026, 3, 10, 15)
    history = [Contact(now - timedelta(days=2), 'email')]
    assert refusal(COLOMBIA, history, 'sms', now, 'America/Bogota') == 'channel'
    assert refusal(COLOMBIA, history, 'email', now, 'America/Bogota') is None
    assert refusal(COLOMBIA, history, 'sms', now + timedelta(days=6), 'America/Bogota') is None


@given(DAYS, st.integers(-30, 30))
def test_working_days_are_working_days(day, count):
    rule = ContactRule(holidays=(Holiday(12, 25), Holiday(1, 1)))
    found = plus_days(day, count, rule)
    if count:
        assert found.weekday() < 5 and (found.month, found.day) not in ((12, 25), (1, 1))
        assert abs((found - day).days) >= abs(count)


# === ESCALATION === #

STEPS = st.lists(
    st.tuples(st.integers(-15, 60), st.integers(0, 10), st.integers(0, 3)), min_size=1, max_size=6,
    unique_by=lambda step: step[0],
).map(lambda rows: [Step(number, *row) for number, row in enumerate(rows, 1)])


@given(STEPS, DAYS, st.sets(st.integers(-20, 120), min_size=1, max_size=60))
def test_no_occurrence_is_told_twice_and_none_goes_back(steps, due, offsets):
    """E16, D7: whichever days the run takes place, each occurrence at most once and never an earlier one."""
    sent, told = {}, []
    for offset in sorted(offsets):
        today = due + timedelta(days=offset)
        found = due_occurrence(steps, due, today, sent)
        if found:
            assert found.day <= today
            assert found.number not in sent.get(found.step_id, {})
            sent.setdefault(found.step_id, {})[found.number] = today
            told.append(found.day)
    assert told == sorted(told) and len(set(told)) == len(told)


def test_a_step_that_needs_the_one_before_waits_for_it():
    steps = [Step(1, 5), Step(2, 10, needs_previous=True)]
    due = date(2026, 3, 1)
    assert due_occurrence(steps, due, date(2026, 3, 20)).step_id == 1
    sent = {1: {1: date(2026, 3, 20)}}
    assert due_occurrence(steps, due, date(2026, 3, 24), sent) is None
    assert due_occurrence(steps, due, date(2026, 3, 25), sent).step_id == 2


def test_after_a_pause_reminders_go_on_where_they_stopped():
    """A transfer that was reported and then rejected skips no step."""
    steps = [Step(1, 3), Step(2, 7), Step(3, 14)]
    due, sent = date(2026, 3, 1), {1: {1: date(2026, 3, 4)}}
    rejected = date(2026, 3, 20)
    assert due_occurrence(steps, due, rejected, sent).step_id == 3
    assert due_occurrence(steps, due, rejected, sent, paused=15) is None
    assert due_occurrence(steps, due, date(2026, 3, 23), sent, paused=15).step_id == 2


@given(STEPS, DAYS, st.integers(0, 60), st.integers(0, 60))
def test_paused_days_do_not_count(steps, due, days, paused):
    """Whoever was paused gets on a day what others got so many days before."""
    late = [step for step in steps if step.distance > 0]
    found = due_occurrence(late, due, due + timedelta(days=days + paused), paused=paused)
    assert found == due_occurrence(late, due, due + timedelta(days=days))


@given(DAYS, st.integers(-20, 400), st.integers(0, 20))
def test_nobody_hears_of_a_suspension_too_late(due, offset, warning):
    today = due + timedelta(days=offset)
    dates = four_dates(due, Offsets(5, 10, 30), today, warning)
    assert dates.due == due < dates.last_safe < dates.suspension < dates.removal
    assert dates.suspension >= today + timedelta(days=warning)
    assert (dates.removal - dates.suspension).days == 20


@given(DAYS, st.lists(st.tuples(st.integers(-10, 60), st.integers(0, 30)), max_size=5), st.integers(0, 100))
def test_pauses_count_each_day_once(due, spans, offset):
    today = due + timedelta(days=offset)
    pauses = [(due + timedelta(days=start), due + timedelta(days=start + length)) for start, length in spans]
    days = {
        day for start, end in pauses for day in range(start.toordinal(), end.toordinal())
        if due.toordinal() <= day < today.toordinal()
    }
    assert paused_days(pauses, due, today) == len(days)


def test_offsets_in_the_wrong_order_are_refused():
    for wrong in ((5, 5, 30), (5, 4, None), (5, 10, 10), (-1, None, None)):
        with pytest.raises(RuleError):
            Offsets(*wrong)


def test_a_consequence_needs_an_announcement_of_another_day():
    day = date(2026, 3, 20)
    assert may_act(day, day, [(date(2026, 3, 10), day)])
    assert not may_act(day, day, [(day, day)])
    assert not may_act(day, day, [(date(2026, 3, 10), day + timedelta(days=1))])
    assert not may_act(day, day - timedelta(days=1), [(date(2026, 3, 10), day)])
    assert not may_act(None, day, [(date(2026, 3, 10), day)])
    assert FourDates(day, day).shifted(3).suspension is None


# === NETTING === #

LINES = st.lists(
    st.tuples(DAYS, st.decimals(-9999, 9999, places=2), st.sampled_from('AB'), st.integers(1, 3)), max_size=8,
)


@given(LINES, st.lists(st.tuples(st.one_of(st.none(), AMOUNTS), st.integers(0, 8), st.integers(0, 3)), max_size=4))
def test_netting_adds_up(rows, covers):
    lines = [OpenLine(number, *row) for number, row in enumerate(rows, 1) if row[1]]
    given_covers = [Cover('x', amount, line or None, (move,) if move else ()) for amount, line, move in covers]
    items = net(lines, given_covers)
    assert all(item.open >= 0 and item.credited >= 0 and item.covered >= 0 for item in items)
    for currency in 'AB':
        credit = -sum((line.residual for line in lines if line.residual < 0 and line.currency == currency), Decimal(0))
        used = sum((item.credited for item in items if item.line.currency == currency), Decimal(0))
        still = sum((item.open for item in items if item.line.currency == currency), Decimal(0))
        assert used <= credit
        assert not still or used == credit, "nothing is asked for while a credit is unused"
    assert net(list(reversed(lines)), given_covers) == items
    used = credits_used(lines, items)
    assert all(sum((part for _id, part in used.get(item.line.id, ())), Decimal(0)) == item.credited for item in items)


# === INTEREST === #

@given(AMOUNTS, DAYS, st.lists(st.tuples(st.integers(-10, 90), AMOUNTS), max_size=4), st.integers(0, 80),
       st.integers(0, 40))
def test_interest_of_parts_is_interest_of_the_whole(amount, due, payments, first, second):
    """R1, R7: charging month by month gives what charging once gives."""
    paid = [Payment(due + timedelta(days=day), value) for day, value in payments]
    start, middle = due, due + timedelta(days=first)
    end = middle + timedelta(days=second)

    def exact(since, until):
        return sum((part.interest(Decimal('0.12')) for part in segments(amount, due, paid, since, until)), Decimal(0))

    assert abs(exact(start, middle) + exact(middle, end) - exact(start, end)) < Decimal('1e-18')


def test_interest_by_segment():
    """erpnext#49621: a partial payment closes a segment."""
    due = date(2026, 1, 31)
    paid = [Payment(date(2026, 2, 11), Decimal(400))]
    rate = Decimal('0.0365')
    assert interest(Decimal(1000), due, paid, due, date(2026, 3, 3), rate) == Decimal('2.20')  # 10 × .10 + 20 × .06
    assert interest(Decimal(1000), due, [Payment(due, Decimal(1000))], due, date(2026, 3, 3), rate) == 0


DISPUTES = st.lists(st.tuples(
    st.integers(-5, 60), st.one_of(st.none(), st.integers(0, 40)), st.one_of(st.none(), AMOUNTS), st.booleans(),
), max_size=3)


def _disputes(due, drawn):
    return [
        Dispute(first, None if length is None else first + timedelta(days=length), amount, late)
        for first, length, amount, late in ((due + timedelta(days=start), *rest) for start, *rest in drawn)
    ]


@given(AMOUNTS, DAYS, st.lists(st.tuples(st.integers(-10, 90), AMOUNTS), max_size=3), DISPUTES, DISPUTES,
       st.integers(0, 100))
def test_more_disputed_never_costs_more(amount, due, payments, some, more, days):
    """What is disputed takes out of the interest what it covers, and never adds any."""
    paid, end = [Payment(due + timedelta(days=day), value) for day, value in payments], due + timedelta(days=days)

    def cost(drawn):
        return interest(amount, due, paid, due, end, Decimal('0.12'), 2, 365, _disputes(due, drawn))

    assert 0 <= cost(some + more) <= cost(some) <= cost([])
    assert not any(part.balance > amount for part in segments(amount, due, paid, due, end, _disputes(due, some)))


@given(AMOUNTS, DAYS, st.integers(-5, 60), st.integers(0, 30), st.one_of(st.none(), AMOUNTS),
       st.lists(st.integers(1, 40), min_size=1, max_size=4))
def test_a_rejected_dispute_costs_what_no_dispute_costs(amount, due, start, length, disputed, steps):
    """However often is charged meanwhile; each dispute is made up for once."""
    doubt = _disputes(due, [(start, length, disputed, True)])
    day, total = due, Decimal(0)
    for step in [*steps, max(1, start + length + 2)]:
        day, before = day + timedelta(days=step), day
        total += interest(amount, due, (), before, day, Decimal('0.12'), 20, 365, doubt)
    assert abs(total - interest(amount, due, (), due, day, Decimal('0.12'), 20)) < Decimal('1e-15')


def test_an_open_dispute_bears_no_interest():
    """1,000 due, 400 of it disputed for ten of twenty days; then rejected with and without interest on its days."""
    due, end, rate = date(2026, 3, 1), date(2026, 3, 22), Decimal('0.0365')
    still = Dispute(date(2026, 3, 12), None, Decimal(400))
    over = Dispute(date(2026, 3, 2), date(2026, 3, 12), Decimal(400))
    assert interest(Decimal(1000), due, (), due, end, rate, disputes=[still]) == Decimal('1.60')
    assert interest(Decimal(1000), due, (), due, end, rate, disputes=[over]) == Decimal('1.60')
    assert interest(Decimal(1000), due, (), due, end, rate, disputes=[replace(over, is_charged_when_over=True)]) == 2


def test_a_leap_year_has_366_days():
    whole = interest(Decimal(366), date(2027, 12, 31), (), date(2028, 1, 1), date(2029, 1, 1), Decimal(1), 2, None)
    assert whole == Decimal('366.00')


def test_a_fee_has_a_limit():
    assert fee(Decimal(0), Decimal('0.1'), Decimal(1000), limit=Decimal(40)) == Decimal('40.00')


# === OUTBOX === #

@given(st.lists(st.sampled_from(['queued', 'sent', 'delivered', 'failed', 'nonsense']), max_size=8))
def test_reports_in_any_order_end_the_same(reports):
    """E7, E8: delivered is final, and repeated reports change nothing."""
    def end(sequence):
        state = 'sent'
        for report in sequence:
            state = outbox.after_report(state, report) or state
        return state

    assert end(reports) == end([*reports, *reports])
    assert end(reports) == ('delivered' if 'delivered' in reports else 'failed' if 'failed' in reports else 'sent')


def test_an_unclear_message_is_never_queued_by_a_call():
    for attempt in range(1, 7):
        assert outbox.after_call(outbox.Outcome('unclear'), attempt).state == 'unclear'


@given(st.text(max_size=80))
def test_no_retry_after_breaks_or_waits_for_ever(text):
    """E4."""
    wait = outbox.seconds_to_wait(text, datetime(2026, 3, 10, tzinfo=UTC))
    assert wait is None or 1 <= wait <= outbox.LONGEST_WAIT


@pytest.mark.parametrize('header', [
    '99999999999999999999999', '٣', '1e9', '-1', 'Tue, 99 Mar 2026', 'Tue, 10 Mar 9999 10:00:00 GMT',
])
def test_strange_retry_after(header):
    wait = outbox.seconds_to_wait(header, datetime(2026, 3, 10))
    assert wait is None or 1 <= wait <= outbox.LONGEST_WAIT


@pytest.mark.parametrize('status, kind', [
    (200, 'unclear'), (201, 'unclear'), (302, 'refused'), (400, 'refused'), (401, 'later'), (404, 'later'),
    (422, 'refused'), (429, 'later'), (500, 'unclear'), (502, 'unclear'), (503, 'unclear'), (504, 'unclear'),
])
def test_what_an_unreadable_answer_means(status, kind):
    """E5: only what surely was not accepted is sent again."""
    assert outbox.http_outcome(status, False).kind == kind


def test_a_gateway_may_say_that_nothing_was_accepted():
    assert outbox.http_outcome(503, False, retry_after='10').kind == 'later'
    assert outbox.http_outcome(500, False, not_accepted={500}).kind == 'later'


def test_gates_refuse_what_they_do_not_know():
    for source, target in (('delivered', 'queued'), ('cancelled', 'sending'), ('sent', 'queued'), ('failed', 'queued')):
        with pytest.raises(TransitionError):
            outbox.check_transition(source, target)


# === SIGNATURE === #

@given(st.binary(max_size=60), st.text(min_size=1, max_size=20), st.text(max_size=70), st.text(max_size=20))
def test_no_forged_signature_passes(body, secret, forged, stamp):
    """E9."""
    now = 1_773_136_800
    genuine = sign(secret, str(now), body)
    assert is_genuine([secret], str(now), body, genuine, now)
    assert not is_genuine([secret], str(now), body + b'x', genuine, now)
    assert not is_genuine([secret], str(now), body, genuine, now + 301)
    assert forged == genuine or not is_genuine([secret], str(now), body, forged, now)
    assert not is_genuine([], str(now), body, genuine, now)
    is_genuine([secret], stamp, body, genuine, now)


def test_zones_are_known():
    assert ZoneInfo('America/Bogota')

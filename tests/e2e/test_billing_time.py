"""Billing on the days that matter: midnight elsewhere, locked periods, months switched off."""

from datetime import date

import pytest

from tests.e2e.billing_world import RUN

OPEN = """
product = env['product.product'].search([('name', '=', 'Line')])
def open_contracts(ref, start, count=1, **vals):
    return env['service.contract'].create([{
        'partner_id': env['res.partner'].create({'name': f'{ref}{n}'}).id, 'external_ref': f'{ref}{n}',
        'date_start': start, 'line_ids': [(0, 0, {'product_id': product.id, 'price_unit': 10.0})], **vals,
    } for n in range(count)]).action_activate()
"""
COMMIT = '\nenv.cr.commit()\n'


@pytest.fixture
def world(company):
    """One company for tests that live on days of their own; what they leave is not billed by the next."""
    yield company
    company.sql("UPDATE service_contract SET state = 'removed', parked_on = NULL")
    company.sql("UPDATE service_billing_run SET state = 'done'")
    company.sql('UPDATE res_partner SET tz = NULL')
    company.sql('UPDATE res_company SET fiscalyear_lock_date = NULL, service_catch_up_limit = 24')


def at(moment: str, code: str) -> str:
    """Code that runs at a moment of UTC."""
    indented = code.strip().replace('\n', '\n    ')
    return f'from freezegun import freeze_time\nwith freeze_time({moment!r}, tick=True):\n    {indented}{COMMIT}'


def invoices(world, ref: str) -> list[tuple]:
    """Invoices of contracts in the order of their numbers: invoice, accounting and due date, period."""
    return world.sql("""
        SELECT move.invoice_date, move.date, move.invoice_date_due, line.service_period_start
          FROM account_move move JOIN account_move_line line ON line.move_id = move.id
          JOIN service_contract contract ON contract.id = line.service_contract_id
         WHERE display_type = 'product' AND external_ref LIKE %s AND move.state = 'posted'
         ORDER BY sequence_prefix, sequence_number""", f'{ref}%')


def test_the_day_is_that_of_the_company(world):
    """D4: at 02:30 UTC on 1 November it is still 31 October in Bogota."""
    world.forks.run(OPEN + """
env.company.partner_id.tz = 'America/Bogota'
open_contracts('october', '2025-10-31')
open_contracts('november', '2025-11-01')
""" + COMMIT)
    world.forks.run(at('2025-11-01 02:30:00', RUN))
    assert invoices(world, 'october') == [(date(2025, 10, 31), date(2025, 10, 31), date(2025, 10, 31),
                                           date(2025, 10, 31))]
    assert not invoices(world, 'november')
    world.forks.run(at('2025-11-01 05:30:00', RUN))
    assert [row[0] for row in invoices(world, 'november')] == [date(2025, 11, 1)]
    assert not world.faults_when_done(date(2025, 11, 1))


def test_a_back_dated_run_bills_until_its_day(world):
    """D6: what fell due later waits for the next run; nothing is charged twice."""
    world.forks.run(OPEN + "open_contracts('dated', '2025-05-10', 5)" + COMMIT)
    back = "env['service.billing.run'].run_billing(as_of='2025-06-20')"
    world.forks.run(at('2025-08-01', f'{back}\n{back}'))
    assert {row[3] for row in invoices(world, 'dated')} == {date(2025, 5, 10), date(2025, 6, 10)}
    assert not world.faults_when_done(date(2025, 6, 20))
    world.forks.run(at('2025-08-01', RUN))
    assert not world.faults_when_done(date(2025, 8, 1))


def test_a_locked_period_moves_the_accounting_date_only(world):
    """D6: a charge of a closed year keeps its invoice date and is booked in the open one, once."""
    world.forks.run(OPEN + """
open_contracts('locked', '2024-12-15', 5)
env.company.fiscalyear_lock_date = '2024-12-31'
""" + COMMIT)
    world.forks.run(at('2025-01-20', RUN + RUN))
    found = invoices(world, 'locked')
    assert sorted({row[0] for row in found}) == [date(2024, 12, 15), date(2025, 1, 15)]
    assert len(found) == 10
    assert all(row[1] > date(2024, 12, 31) for row in found), 'Booked in the closed year'
    assert not world.faults_when_done(date(2025, 1, 20))


@pytest.mark.parametrize('count', [1, 5])
def test_three_missed_months_are_billed_one_by_one(world, count):
    """D7: three months switched off become three invoices in order, each with the dates it would have had."""
    ref = f'missed{count} '
    world.forks.run(OPEN + f"""
term = env.ref('account.account_payment_term_30days')
open_contracts({ref!r}, '2025-01-31', {count}, payment_term_id=term.id)
""" + COMMIT)
    world.forks.run(at('2025-01-31', RUN))
    world.forks.run(at('2025-04-30', RUN))
    assert invoices(world, ref) == [
        (day, day, due, day)
        for day, due in (
            (date(2025, 1, 31), date(2025, 3, 2)),
            (date(2025, 2, 28), date(2025, 3, 30)),
            (date(2025, 3, 31), date(2025, 4, 30)),
            (date(2025, 4, 30), date(2025, 5, 30)),
        )
        for _contract in range(count)
    ]
    assert not world.faults_when_done(date(2025, 4, 30))


def test_more_than_may_be_caught_up_is_parked(world):
    """D7: a contract with more missed periods than the company allows waits for somebody; others go on."""
    world.forks.run(OPEN + """
env.company.service_catch_up_limit = 3
open_contracts('long ago', '2025-01-15')
open_contracts('lately', '2025-03-15')
""" + COMMIT)
    world.forks.run(at('2025-05-20', RUN))
    assert world.sql('SELECT external_ref FROM service_contract WHERE parked_on IS NOT NULL') == [('long ago0',)]
    reason = world.value('SELECT parked_reason FROM service_contract WHERE parked_on IS NOT NULL')
    assert 'more than 3 periods' in reason
    assert not invoices(world, 'long ago')
    assert not world.faults_when_done(date(2025, 5, 20))

    world.forks.run("""
env.company.service_catch_up_limit = 0
env['service.contract'].search([('parked_on', '!=', False)]).action_unpark()
""" + COMMIT)
    world.forks.run(at('2025-05-20', RUN))
    assert not world.faults_when_done(date(2025, 5, 20))


@pytest.mark.parametrize('leftover', ['scheduled', 'of one contract'])
def test_a_run_that_was_cut_off_does_not_hold_up_the_next(world, leftover):
    """D7: switched off in the middle of a run; months later one call of the job bills all that is due."""
    ref = f'left {leftover} '
    chosen = f"env['service.contract'].search([('external_ref', '=', '{ref}0')]).ids"
    world.forks.run(OPEN + f"open_contracts({ref!r}, '2025-01-10', 5)" + COMMIT)
    world.forks.run(at('2025-01-15', f"""
env['service.billing.run'].create({{
    'date': '2025-01-15', 'contract_ids': {chosen if leftover != 'scheduled' else []},
}})._start()"""))
    world.forks.run(at('2025-03-15', RUN))
    assert not world.faults_when_done(date(2025, 3, 15))
    assert not world.sql("SELECT id FROM service_billing_run WHERE state <> 'done'")

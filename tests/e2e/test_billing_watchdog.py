"""The scheduled job in a server that is short of time or loses its database: it goes on where it was."""

import time

from tests.e2e.processes import psql, running_scheduler, running_server

SLOW_BATCHES = """
CREATE SEQUENCE dawdling;
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('dawdling') % {every} = 0 THEN PERFORM pg_sleep({seconds}); END IF; RETURN NEW;
END $$;
CREATE TRIGGER dawdle AFTER INSERT ON service_billing_batch FOR EACH ROW EXECUTE FUNCTION dawdle()
"""
"""Make some transactions last; the batches are those of the product."""
ONLY = """
UPDATE ir_cron SET active = EXISTS (
        SELECT FROM ir_model_data WHERE model = 'ir.cron' AND res_id = ir_cron.id AND name = ANY(%s)),
    nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute'
"""
"""Leave these scheduled jobs alone active, and make them due."""
JOB, HELPER = 'ir_cron_bill', 'ir_cron_bill_second'
PROCESS_JOBS = """
from odoo.addons.base.models.ir_cron import IrCron
IrCron._process_jobs(env.cr.dbname)
"""
WORKING = "datname = current_database() AND starts_with(application_name, 'odoo-') AND wait_event = 'PgSleep'"
RUNNING = "SELECT id FROM service_billing_run WHERE state = 'running'"
CUT_OFF = 'SELECT id FROM ir_cron_progress WHERE timed_out_counter > 0'


def finish(world, seconds: float) -> None:
    """Wake the scheduler until all is done: a watchdog of 30 s ends workers that sleep for a minute."""
    deadline = time.monotonic() + seconds
    while world.due() or world.sql(RUNNING):
        assert time.monotonic() < deadline, f'{world.due()} contracts are still due after {seconds} s'
        wake(world)
        time.sleep(1)


def wake(world) -> None:
    psql('postgres', "SELECT pg_notify('cron_trigger', %s)", world.database)


def alarms(world) -> list[tuple]:
    """What the scheduler would hold against the jobs: failures."""
    return world.sql('SELECT cron_name, failure_count FROM ir_cron WHERE failure_count > 0')


def test_a_watchdog_stops_nothing(world):
    """A4: prefork server whose watchdog kills a job after 30 s, 3,000 contracts: done in several activations."""
    world.add('plain', 3000, days=25)
    world.sql(SLOW_BATCHES.format(every=3, seconds=31))
    world.sql(ONLY, [JOB])
    with running_scheduler(world.database, '--max-cron-threads', 1, '--limit-time-real-cron', 30):
        finish(world, 200)
    assert world.sql(CUT_OFF), 'The watchdog never struck: the test shows nothing'
    assert not alarms(world)
    assert not world.faults_when_done()


def test_a_lost_connection_stops_nothing(world):
    """A3: pg_terminate_backend in the middle of a batch, three times: the job goes on by itself."""
    world.add('plain', 3000, days=25)
    world.sql(SLOW_BATCHES.format(every=1, seconds=1))
    world.sql(ONLY, [JOB, HELPER])
    with running_server(world.database, '--max-cron-threads', 1):
        for cut in range(3):
            wait_for_batch(world, after=cut + 1)
            world.sql(f'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {WORKING}')
            assert not world.faults()
        finish(world, 60)
    assert not alarms(world)
    assert not world.faults_when_done()


def wait_for_batch(world, after: int) -> None:
    """Wait until so many batches are committed and a transaction has written the next."""
    deadline = time.monotonic() + 60
    while not world.sql(f"""
        SELECT pid FROM pg_stat_activity
         WHERE {WORKING} AND (SELECT count(*) FROM service_billing_batch) >= %s""", after):
        assert time.monotonic() < deadline, 'The job does not go on'
        wake(world)
        time.sleep(0.1)


def test_the_second_worker_helps_with_a_scheduled_run(world):
    """B1: both jobs are due at the same minute, when no run is open yet; still they share the work."""
    world.add('plain', 3000, days=25)
    world.sql(SLOW_BATCHES.format(every=1, seconds=1))
    world.sql(ONLY, [JOB, HELPER])
    with running_server(world.database, '--max-cron-threads', 2):
        finish(world, 60)
    done = dict(world.sql("""
        SELECT name, sum(done) FROM ir_cron_progress JOIN ir_model_data ON res_id = cron_id
         WHERE model = 'ir.cron' GROUP BY name"""))
    assert done[JOB] and done[HELPER], f'One worker did it all: {done}'
    assert not alarms(world)
    assert not world.faults_when_done()


def test_a_failed_job_is_tried_again_within_the_hour(world):
    """A3: nobody has to press a button on the morning after a full disk."""
    world.add('plain', 20)
    world.sql(ONLY, [JOB, HELPER])
    world.sql("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'refused for a test' USING ERRCODE = '53100';
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON account_move FOR EACH ROW EXECUTE FUNCTION refuse()""")
    world.forks.run(PROCESS_JOBS)
    assert world.due() == 20
    assert alarms(world), 'The failure was not counted'
    world.sql('DROP FUNCTION refuse CASCADE')
    world.sql("UPDATE ir_cron SET nextcall = nextcall - interval '1 hour'")
    world.forks.run(PROCESS_JOBS)
    assert not world.due()
    assert not alarms(world)
    assert not world.faults_when_done()

"""Five thousand contracts: flat memory, short transactions, and a run that goes on after a kill."""

import json
import time

CONTRACTS = 5000
MEGABYTE = 1024 * 1024
LONGEST_TRANSACTION = 30
GROWTH = 20 * MEGABYTE

MEASURE = """
import json, psutil
process = psutil.Process()
worker = type(env['service.billing.worker'])
bill = worker._bill_batch
def measured(self, run, after=0):
    result = bill(self, run, after)
    env.cr.execute('SELECT extract(epoch FROM clock_timestamp() - now())::float')
    print(json.dumps([result[0], process.memory_info().rss, env.cr.fetchone()[0]]), flush=True)
    return result
worker._bill_batch = measured
"""
"""After each batch, just before its commit: contracts, resident bytes, seconds of the transaction."""


def test_a_long_run_stays_small_and_goes_on_after_a_kill(world):
    """H1 in small: kill -9 at half of 5,000 contracts, then the rest in one process whose memory is flat."""
    world.add('plain', CONTRACTS * 3 // 4)
    world.add('setup', CONTRACTS // 4)
    due = world.due()
    first = world.bill(500, MEASURE)
    while world.due() > due * 3 // 4:
        time.sleep(0.02)
    first.kill()
    assert first.wait() == -9, 'The run had ended before it could be killed'
    left = world.due()
    assert left > due // 2, 'Too little is left to show that memory is flat'

    second = world.bill(200, MEASURE)
    assert second.wait() == 0, second.errors
    batches = measured(second)
    assert sum(count for count, _memory, _seconds in batches) == left
    memory = [memory for count, memory, _seconds in batches if count]
    growth = memory[-1] - memory[len(memory) // 2]
    assert growth < GROWTH, f'{growth / MEGABYTE:.0f} MB more at the end than at half'
    longest = max(seconds for _count, _memory, seconds in (*measured(first), *batches))
    assert longest < LONGEST_TRANSACTION, f'A transaction took {longest:.0f} s'
    assert not world.faults_when_done()


def measured(child) -> list[list]:
    return [json.loads(line) for line in child.printed.split('\n')[:-1]]

"""Our way: a billing run worked off by one or several workers."""

from benchmarks.kit.child import measures, wait_for_go
from benchmarks.kit.meter import Meter
from benchmarks.kit.profile import profiled


@measures
def bill(env, warm_up: int, worker: int = 0, profile: str | None = None) -> dict:
    """Work off a run over all contracts that are due; worker 0 opens it, others share it."""
    _warm_up(env, warm_up, worker)
    if worker == 0:
        _open_run(env)
    return _work(env, profile)


@measures
def resume(env) -> dict:
    """Go on with a run that another process left behind, as the scheduler does."""
    return _work(env)


def _warm_up(env, count: int, worker: int) -> None:
    contracts = env['service.contract'].search([], order='id', offset=worker * count, limit=count)
    run = _open_run(env, contracts)
    env['service.billing.worker']._work_off(run)


def _open_run(env, contracts=None):
    run = env['service.billing.run'].create({'contract_ids': contracts})
    run._start()
    env.cr.commit()
    return run


def _work(env, profile: str | None = None) -> dict:
    wait_for_go()
    with Meter(env.cr) as meter, profiled(profile):
        env['service.billing.run']._work()
    return meter.as_dict()

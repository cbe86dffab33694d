"""Everything Odoo needs on this machine, in the order in which it is needed."""

import shutil

from tools import odoo_source, packages, pdf_printer, postgres
from tools.locks import locked
from tools.paths import STATE
from tools.steps import Steps, Stop

STEPS = 4
NEEDED_GIGABYTES = 4


def everything(steps: Steps, *more_locks: str) -> bool:
    """Get packages, Odoo, the PDF printer and PostgreSQL; True if an embedded server was started."""
    _demand_disk()
    with locked('prepare'):
        return _everything(steps, more_locks)


def _everything(steps: Steps, more_locks: tuple[str, ...]) -> bool:
    with steps.step('Python packages'):
        packages.ensure(packages.RUN, *more_locks)
    with steps.step(f'Odoo {odoo_source.VERSION}'):
        odoo_source.ensure()
    with steps.step('PDF printer'):
        pdf_printer.ensure()
    with steps.step('PostgreSQL'):
        return postgres.ensure()


def _demand_disk() -> None:
    STATE.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(STATE).free / 1e9
    if free < NEEDED_GIGABYTES and not odoo_source.UNPACKED.exists():
        raise Stop(
            f'Only {free:.1f} GB are free for {STATE} and {NEEDED_GIGABYTES} GB are needed: '
            'free some space or set SUITE_STATE to a folder on a larger disk.'
        )

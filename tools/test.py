"""./test: build what is needed, run lint, unit, Odoo and end-to-end tests, end with one line of counts."""

import argparse
import sys

from tools import checks, modules, odoo_tests, packages, prepare, pytest_tests
from tools.steps import Steps, Stop, run_command
from tools.tally import Tally

STAGES = ('lint', 'unit', 'odoo', 'e2e')


def main() -> int:
    arguments = _parser().parse_args()
    stages = [arguments.stage] if arguments.stage else STAGES
    _prepare(stages)
    total = Tally()
    for stage in stages:
        print(f'\n== {stage}', flush=True)
        tally = RUN[stage](arguments.rest)
        print(f'{stage}: {tally}', flush=True)
        total += tally
    print(f'\n{closing(total)}')
    return 1 if total.failed or not total.passed else 0


def closing(total: Tally) -> str:
    """The last lines: what failed, each in a line, and the counts."""
    return '\n'.join([*(f'Failed: {name}' for name in total.failures), str(total)])


def _prepare(stages) -> None:
    if set(stages) & {'odoo', 'e2e'}:
        prepare.everything(Steps(prepare.STEPS), packages.TEST)
    else:
        packages.ensure(packages.RUN, packages.TEST)


def _lint(_rest: list[str]) -> Tally:
    return checks.run()


def _unit(rest: list[str]) -> Tally:
    return pytest_tests.run(*(rest or ['tests/unit']))


def _odoo(rest: list[str]) -> Tally:
    arguments = _odoo_parser().parse_args(rest)
    names = arguments.modules.split(',') if arguments.modules else modules.installable() + modules.test_only()
    if not names:
        raise Stop('There is no add-on under addons/ to test.')
    return odoo_tests.run(names, arguments.tags)


def _e2e(rest: list[str]) -> Tally:
    return pytest_tests.run(*(rest or ['tests/e2e']))


RUN = {'lint': _lint, 'unit': _unit, 'odoo': _odoo, 'e2e': _e2e}


def _parser():
    parser = argparse.ArgumentParser(prog='./test', description=__doc__)
    parser.add_argument('stage', nargs='?', choices=STAGES, help='only this part')
    parser.add_argument(
        'rest',
        nargs=argparse.REMAINDER,
        help='odoo: MODULE[,MODULE] [--tags TAGS]; unit and e2e: what pytest takes',
    )
    return parser


def _odoo_parser():
    parser = argparse.ArgumentParser(prog='./test odoo')
    parser.add_argument('modules', nargs='?', default='', help='only these add-ons, comma-separated')
    parser.add_argument('--tags', default='', help='only the tests that these tags of Odoo name')
    return parser


if __name__ == '__main__':
    sys.exit(run_command(main))

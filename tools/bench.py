"""./bench NAME ...: run one measurement of benchmarks/ with everything it needs at hand."""

import os
import subprocess
import sys

from tools import odoo_process, packages, prepare
from tools.paths import PYTHON, ROOT
from tools.steps import Steps, Stop, run_command

FOLDER = ROOT / 'benchmarks'


def main() -> int:
    names = sorted(path.stem for path in FOLDER.glob('[a-z]*.py'))
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        raise Stop(f'Say what to measure: ./bench NAME, with one of these names: {", ".join(names) or "(none)"}.')
    prepare.everything(Steps(prepare.STEPS), packages.TEST)
    command = [PYTHON, '-m', f'benchmarks.{sys.argv[1]}', *sys.argv[2:]]
    return subprocess.run(command, cwd=ROOT, env=odoo_process.environment()).returncode


if __name__ == '__main__':
    os.chdir(ROOT)
    sys.exit(run_command(main))

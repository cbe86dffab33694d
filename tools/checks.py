"""The lint stage: ruff, well-formed XML, dependencies that look down, pure rules, listed tests, translations."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tools import modules, translations
from tools.paths import ADDONS, PYTHON, ROOT, TEST_ADDONS
from tools.tally import Tally

CODE = ('addons', 'tests', 'tools', 'benchmarks', 'docs')
# What stands above may lean on what stands below; modules on one level do not know each other.
LEVELS = {
    'service_contracts': 0,
    'dunning_sms': 0,
    'accounting_exchange': 0,
    'service_contracts_dashboard': 1,
    'installment_sales': 1,
    'installment_sales_stock': 2,
    'customer_portal_ext': 3,
}


def run() -> Tally:
    """Run every check, print what is wrong, count a check as one test."""
    total = Tally()
    for check in (ruff, xml, dependencies, pure_rules, listed_tests, translations.gaps):
        found = list(check())
        for line in found:
            print(f'{check.__name__}: {line}')
        total += Tally(failed=1, failures=(f'lint {check.__name__}',)) if found else Tally(passed=1)
    return total


def ruff() -> Iterator[str]:
    folders = [name for name in CODE if (ROOT / name).exists()]
    done = subprocess.run(
        [PYTHON, '-m', 'ruff', 'check', '--output-format', 'concise', *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        yield from (done.stdout + done.stderr).splitlines()


def xml() -> Iterator[str]:
    for path in _files('*.xml'):
        try:
            ElementTree.parse(path)
        except ElementTree.ParseError as error:
            yield f'{path.relative_to(ROOT)}: {error}'


def dependencies() -> Iterator[str]:
    """A module depends only on modules of a lower level."""
    for module in modules.installable():
        for needed in modules.depends(module):
            if module not in LEVELS:
                yield f'{module} has no level in tools/checks.py'
            elif modules.is_own(needed) and LEVELS.get(needed, 99) >= LEVELS[module]:
                yield f'{module} must not depend on {needed}'
        yield from _foreign_imports(module)


def _foreign_imports(module: str) -> Iterator[str]:
    known = set(modules.closure([module]))
    for path in (ADDONS / module).rglob('*.py'):
        for name in _imports(path):
            other = name.removeprefix('odoo.addons.').split('.')[0]
            if name.startswith('odoo.addons.') and modules.is_own(other) and other not in known:
                yield f'{path.relative_to(ROOT)} imports {other}, on which {module} does not stand'


def pure_rules() -> Iterator[str]:
    """rules/ imports Odoo nowhere; rules of another module are rules too."""
    for path in ADDONS.glob('*/rules/**/*.py'):
        for name in _imports(path):
            if name.split('.')[0] == 'odoo' and '.rules' not in name:
                yield f'{path.relative_to(ROOT)} imports {name}'


def listed_tests() -> Iterator[str]:
    """Odoo runs only the test files that their package imports, and says nothing of the others."""
    for path in _files('tests/test_*.py'):
        package = path.parent / '__init__.py'
        names = (
            alias.name for node in ast.walk(ast.parse(package.read_text() if package.exists() else ''))
            if isinstance(node, ast.ImportFrom) and node.level for alias in node.names
        )
        if path.stem not in names:
            yield f'{path.relative_to(ROOT)} is not imported by its package, so it never runs'


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f'{node.module}.{alias.name}' for alias in node.names)


def _files(pattern: str) -> list[Path]:
    return sorted(path for folder in (ADDONS, TEST_ADDONS) for path in folder.rglob(pattern))

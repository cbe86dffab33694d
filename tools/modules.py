"""The add-ons of this project: which there are, what they stand on, and the checksum of their files."""

import ast
import hashlib
from pathlib import Path

from tools.paths import ADDONS, TEST_ADDONS

IGNORED = ('__pycache__', 'tests', 'README.md')


def installable() -> list[str]:
    """Names of the modules that can be installed, test modules left out."""
    found = [path.parent.name for path in sorted(ADDONS.glob('*/__manifest__.py'))]
    return [name for name in found if not name.startswith('test_') and manifest(name).get('installable', True)]


def test_only() -> list[str]:
    """Names of the modules that exist for tests alone."""
    return [path.parent.name for path in sorted(TEST_ADDONS.glob('*/__manifest__.py'))]


def test_count(module: str) -> int:
    """How many tests the module has in its folder."""
    return sum(path.read_text().count('    def test_') for path in folder_of(module).glob('tests/test_*.py'))


def manifest(module: str) -> dict:
    return ast.literal_eval((folder_of(module) / '__manifest__.py').read_text())


def folder_of(module: str) -> Path:
    return next(folder / module for folder in (ADDONS, TEST_ADDONS) if is_own(module, folder))


def is_own(module: str, *folders: Path) -> bool:
    return any((folder / module / '__manifest__.py').exists() for folder in folders or (ADDONS, TEST_ADDONS))


def depends(module: str) -> list[str]:
    return manifest(module).get('depends', ['base'])


def closure(modules: list[str]) -> set[str]:
    """The modules and all they stand on, as far as the project's own modules tell."""
    found, waiting = set(), list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += depends(module) if is_own(module) else []
    return found


def outside_dependencies(modules: list[str]) -> list[str]:
    """The modules of Odoo that these modules stand on."""
    return sorted(module for module in closure(modules) if not is_own(module))


def checksum(module: str) -> str:
    """Changes when a file changes that an installed module is made of; its tests are not among them."""
    digest = hashlib.sha256()
    folder = folder_of(module)
    for path in sorted(folder.rglob('*')):
        relative = path.relative_to(folder)
        if path.is_file() and not set(relative.parts) & set(IGNORED):
            digest.update(f'{relative}\0'.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def checksums(modules: list[str]) -> dict[str, str]:
    return {module: checksum(module) for module in modules}

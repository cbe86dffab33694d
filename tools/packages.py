"""The Python packages: a virtual environment with the versions of the lock files."""

import hashlib
import importlib.util
import shutil
import site
import sys
from pathlib import Path

from tools import debian
from tools.commands import call
from tools.paths import CACHE, PYTHON, ROOT, VENV

UV = 'uv==0.13.9'
RUN = 'requirements.lock'
TEST = 'requirements-test.lock'
FAILURE = 'Python packages could not be installed: check the network and the package index settings of pip.'


def ensure(*locks: str) -> None:
    """Install the packages of the lock files unless they are there, and make them importable here."""
    if not _has_environment():
        _create_environment()
    for lock in locks:
        _install(lock)
    site.addsitedir(str(site_packages()))


def site_packages() -> Path:
    return next(VENV.glob('lib/python3*/site-packages'))


def install_into(folder: Path, lock: str) -> None:
    """Install the packages of a lock file, without what they depend on, into a folder of their own."""
    call([*_uv(), '--no-deps', '--target', folder, '-r', ROOT / lock], 'packages', FAILURE, env=_cache())


def _has_environment() -> bool:
    return _inside() or (PYTHON.exists() and _stamp('python').exists() and _stamp('python').read_text() == sys.version)


def _inside() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def _create_environment() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    call(
        [sys.executable, '-m', 'venv', '--without-pip', VENV],
        'packages',
        'The virtual environment could not be made: install the package python3 (3.11 or newer).',
    )
    call([PYTHON, '-m', 'pip', 'install', UV], 'packages', FAILURE, env={'PYTHONPATH': str(_pip())})
    _stamp('python').write_text(sys.version)


def _pip() -> Path:
    """The folder or wheel that holds pip: this Python's own, else Debian's package."""
    own = importlib.util.find_spec('pip')
    if own:
        return Path(own.origin).parent.parent
    folder = CACHE / 'pip'
    debian.unpack(debian.fetch('bookworm', ['python3-pip-whl']), folder)
    return next(folder.glob('usr/share/python-wheels/pip-*.whl'))


def _install(lock: str) -> None:
    content = (ROOT / lock).read_text()
    stamp = _stamp(lock)
    if stamp.exists() and stamp.read_text() == _digest(content):
        return
    call([*_uv(), '-r', ROOT / lock], 'packages', FAILURE, env=_cache())
    stamp.write_text(_digest(content))


def _uv() -> list:
    return [VENV / 'bin' / 'uv', 'pip', 'install', '--python', PYTHON]


def _cache() -> dict[str, str]:
    return {'UV_CACHE_DIR': str(CACHE / 'uv')}


def _stamp(name: str) -> Path:
    return VENV / f'.{name}.installed'


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

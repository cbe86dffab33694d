"""Folders below the root of the exchange: found, read, written and put away; nothing outside is ever touched."""

from __future__ import annotations

import fnmatch
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from odoo.tools import config

DONE, REFUSED = 'done', 'refused'
LARGEST_FILE = 64 * 1024 * 1024
"""About a million rows, which take some 15 times as much memory: what a worker of Odoo has by default."""
QUIET_SECONDS = 10
"""A file that changed a moment ago may still be on its way."""
UNFINISHED = ('.part', '.partial', '.filepart', '.crdownload', '.tmp', '.swp')
"""Endings by which programs of transfer name a file until all of it is there."""


class OutsideRoot(Exception):
    """The folder leads out of the root."""


def root(database: str) -> Path:
    """Return the folder below which all exchange takes place.

    It is the environment variable ``EXCHANGE_ROOT`` of the server, else a folder of the data directory; who may type
    in a folder cannot change it.
    """
    configured = os.environ.get('EXCHANGE_ROOT')
    return Path(configured or Path(config['data_dir']) / 'exchange').resolve() / database


def folder(database: str, relative: str) -> Path:
    """Return a folder below the root, made if need be.

    Raises OutsideRoot for an absolute path, ``..`` or a link that leads out.
    """
    base = root(database)
    path = (base / (relative or '')).resolve()
    if not path.is_relative_to(base):
        raise OutsideRoot
    path.mkdir(parents=True, exist_ok=True)
    return path


def waiting(database: str, relative: str, pattern: str) -> list[Path]:
    """Return the files that wait in a folder, by name; not those that a transfer names as unfinished."""
    path = folder(database, relative)
    return sorted(
        file for file in path.iterdir()
        if file.is_file() and not file.is_symlink() and fnmatch.fnmatch(file.name, pattern or '*')
        and not file.name.startswith('.') and not file.name.lower().endswith(UNFINISHED)
    )


def is_quiet(file: Path) -> bool:
    """Tell whether nobody wrote to a file for a while; a clock that is ahead keeps no file waiting."""
    return not 0 <= time.time() - file.stat().st_mtime < QUIET_SECONDS


def arrived(file: Path) -> datetime:
    """Return since when a file has been where it is, in UTC; sent with an old date, it still arrived now."""
    return datetime.fromtimestamp(file.stat().st_ctime, UTC).replace(tzinfo=None)


def read(file: Path) -> bytes:
    """Return a file's content, or nothing for one that is too large to be a table."""
    return file.read_bytes() if file.stat().st_size <= LARGEST_FILE else b''


def put_away(file: Path, where: str) -> None:
    """Move a file that was read into a folder beside it; an older one of the same name is replaced."""
    target = file.parent / where
    target.mkdir(exist_ok=True)
    os.replace(file, target / file.name)


def write(database: str, relative: str, name: str, content: bytes) -> Path:
    """Write a file at once: whoever looks sees the whole of it or nothing; written again it is the same."""
    path = folder(database, relative)
    handle, temporary = tempfile.mkstemp(dir=path, prefix='.')
    with os.fdopen(handle, 'wb') as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    os.replace(temporary, path / Path(name).name)
    return path / Path(name).name

"""Odoo 19.0: the checkout that ODOO_SOURCE names, else Debian's package unpacked in the state folder."""

import os
import re
import shutil
from pathlib import Path

from tools import debian, packages
from tools.paths import STATE
from tools.steps import Stop

VERSION = '19.0'
UNPACKED = STATE / 'odoo'
# The package links to files of these by relative paths; the later Font Awesome lacks the 4.x file names.
PACKAGES = {
    'sid': [
        'odoo-19',
        'libjs-jquery',
        'libjs-jquery-form',
        'libjs-underscore',
        'fonts-montserrat',
        'fonts-roboto-unhinted',
        'fonts-ocr-b',
    ],
    'bookworm': ['fonts-font-awesome', 'fonts-inconsolata'],
}
LEFT_OUT = 'odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js'


def ensure() -> Path:
    """Make `python -m odoo` work in the environment; returns the folder that holds the package odoo."""
    folder = _checkout() if os.environ.get('ODOO_SOURCE') else _package()
    if release(folder) != VERSION:
        found = release(folder) or 'no Odoo'
        raise Stop(f'{folder} holds {found}: name an Odoo {VERSION} checkout in ODOO_SOURCE.')
    _pth().write_text(f'{folder}\n')
    return folder


def _pth() -> Path:
    return packages.site_packages() / 'odoo-source.pth'


def installed() -> str:
    """Tells one Odoo from another: its series and its folder."""
    return f'{VERSION} {_pth().read_text().strip()}'


def release(folder: Path) -> str:
    """The series of the Odoo in a folder, such as 19.0, or nothing."""
    path = folder / 'odoo' / 'release.py'
    found = re.search(r'version_info = \((\d+), (\d+)', path.read_text()) if path.exists() else None
    return '.'.join(found.groups()) if found else ''


def _checkout() -> Path:
    return Path(os.environ['ODOO_SOURCE']).expanduser().resolve()


def _package() -> Path:
    if not UNPACKED.exists():
        _unpack_package()
    return _dist_packages(UNPACKED)


def _unpack_package() -> None:
    part = UNPACKED.with_suffix('.part')
    shutil.rmtree(part, ignore_errors=True)
    for suite, names in PACKAGES.items():
        debian.unpack(debian.fetch(suite, names), part)
    left_out = _dist_packages(part) / LEFT_OUT
    left_out.parent.mkdir(parents=True, exist_ok=True)
    left_out.touch()
    part.rename(UNPACKED)
    shutil.rmtree(debian.APT, ignore_errors=True)


def _dist_packages(folder: Path) -> Path:
    return folder / 'usr' / 'lib' / 'python3' / 'dist-packages'

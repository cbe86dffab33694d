"""Debian packages without root: fetched with a private apt state and unpacked into a folder."""

import shutil
import subprocess
from pathlib import Path

from tools.commands import call
from tools.paths import CACHE
from tools.steps import Stop

APT = CACHE / 'apt'
NOT_BASE = ('-security', '-updates', '-backports')
FAILURE = 'Debian packages could not be fetched: check the network and the mirror in the apt settings.'


def fetch(suite: str, packages: list[str]) -> list[Path]:
    """Download the packages of one Debian suite; returns the .deb files."""
    options = _private_state(suite)
    sources = APT / suite / 'sources.list'
    sources.write_text(f'deb {mirror()} {suite} main\n')
    options += ['-o', f'Dir::Etc::sourcelist={sources}', '-o', 'Dir::Etc::sourceparts=-']
    folder = APT / suite / 'packages'
    folder.mkdir(exist_ok=True)
    call(['apt-get', *options, 'update'], 'apt', FAILURE)
    call(['apt-get', *options, 'download', *packages], 'apt', FAILURE, cwd=folder)
    return [_newest(folder, package) for package in packages]


def fetch_missing(package: str) -> list[Path]:
    """Download a package and what it needs beyond this machine's packages, from the machine's own sources."""
    options = [*_private_state('machine'), '-o', 'Debug::NoLocking=1']
    call(['apt-get', *options, 'update'], 'apt', FAILURE)
    call(
        ['apt-get', *options, 'install', '--download-only', '--yes', '--no-install-recommends', package],
        'apt',
        FAILURE,
    )
    return sorted((APT / 'machine' / 'archives').glob('*.deb'))


def unpack(files: list[Path], folder: Path) -> None:
    """Unpack .deb files into one folder, as an ordinary user can."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        call(['dpkg', '-x', file, folder], 'apt', f'{file.name} could not be unpacked: is the disk full?')


def mirror() -> str:
    """The address of the Debian mirror that this machine's own apt settings name."""
    if not shutil.which('apt-get'):
        raise Stop('apt-get is missing: use a Debian machine, or name an Odoo 19.0 checkout in ODOO_SOURCE.')
    targets = subprocess.run(
        [
            'apt-get',
            'indextargets',
            '--no-release-info',
            '--format',
            '$(SITE) $(RELEASE)',
            'Identifier: Packages',
        ],
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for target in targets:
        site, _, suite = target.rpartition(' ')
        if 'debian' in site and not suite.endswith(NOT_BASE):
            return site
    raise Stop('The apt settings of this machine name no Debian mirror: add one to /etc/apt/sources.list.')


def _private_state(name: str) -> list[str]:
    """Options that keep lists and archives in a folder of ours; the machine's own stay as they are."""
    folder = APT / name
    for part in ('lists/partial', 'archives/partial'):
        (folder / part).mkdir(parents=True, exist_ok=True)
    settings = {
        'Dir::State::Lists': folder / 'lists',
        'Dir::Cache': folder,
        'APT::Sandbox::User': '',
        'Acquire::Languages': 'none',
        'Acquire::Retries': '3',
        # A mirror may be days behind; signatures are checked all the same.
        'Acquire::Check-Valid-Until': 'false',
    }
    return [part for key, value in settings.items() for part in ('-o', f'{key}={value}')]


def _newest(folder: Path, package: str) -> Path:
    return max(folder.glob(f'{package}_*.deb'), key=lambda file: file.stat().st_mtime)

"""wkhtmltopdf, which prints invoices: the machine's own, else Debian's package in the state folder."""

import os
import shutil

from tools import debian
from tools.paths import STATE

FOLDER = STATE / 'wkhtmltopdf'
WRAPPER = """#!/bin/sh
# Debian's wkhtmltopdf with the libraries and fonts that were unpacked beside it.
root="{root}"
LD_LIBRARY_PATH="$(echo "$root"/usr/lib/*-linux-gnu)"
QT_PLUGIN_PATH="$(echo "$root"/usr/lib/*-linux-gnu/qt5/plugins)"
FONTCONFIG_FILE="$root/fonts.conf"
export LD_LIBRARY_PATH QT_PLUGIN_PATH FONTCONFIG_FILE
exec "$root/usr/bin/{program}" "$@"
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir>{root}/fontconfig-cache</cachedir>
</fontconfig>
"""


def ensure() -> None:
    """Put a wkhtmltopdf on the PATH of this process and its children."""
    if shutil.which('wkhtmltopdf'):
        return
    if not FOLDER.exists():
        _unpack()
    os.environ['PATH'] = f'{FOLDER / "bin"}:{os.environ["PATH"]}'


def _unpack() -> None:
    part = FOLDER.with_suffix('.part')
    shutil.rmtree(part, ignore_errors=True)
    debian.unpack(debian.fetch_missing('wkhtmltopdf'), part)
    (part / 'fonts.conf').write_text(FONTS.format(root=FOLDER))
    (part / 'bin').mkdir()
    for program in ('wkhtmltopdf', 'wkhtmltoimage'):
        wrapper = part / 'bin' / program
        wrapper.write_text(WRAPPER.format(root=FOLDER, program=program))
        wrapper.chmod(0o755)
    part.rename(FOLDER)
    shutil.rmtree(debian.APT, ignore_errors=True)

"""axe-core (MPL-2.0) in a page of a real browser: what hinders people with a screen reader, a keyboard or weak sight.

Fetched from the package registry for the tests alone, by version and checksum; no part of the product.
"""

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

import pytest

from tools.browser import Browser
from tools.paths import CACHE

PACKAGE = 'axe-core@4.14.1'
SHA256 = '29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c'
SEVERE = ('serious', 'critical')
RUN = """
    axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations.flatMap(
        rule => rule.nodes.map(node => [rule.id, rule.impact, node.target.join(' '), node.html.slice(0, 300),
                                        node.failureSummary]))))"""


@dataclass(frozen=True)
class Finding:
    """One element that breaks one rule of axe."""

    rule: str
    impact: str
    element: str
    html: str
    remedy: str

    def __str__(self) -> str:
        return f'{self.impact} {self.rule}: {self.element}\n        {self.html}\n        {self.remedy}'


@cache
def source() -> str:
    """Return the script, fetched once; skipped where npm is out of reach."""
    folder = CACHE / 'axe'
    file = folder / 'node_modules' / 'axe-core' / 'axe.min.js'
    if not file.exists():
        if not shutil.which('npm'):
            pytest.skip('There is no npm on this machine.')
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, PACKAGE],
            capture_output=True, text=True, timeout=180,
        )
        if done.returncode:
            pytest.skip(f'npm could not fetch axe-core: {done.stderr[-200:]}')
    content = file.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f'{file} is not {PACKAGE} as it was checked: delete it.'
    return content.decode()


def severe_findings(page: Browser) -> list[Finding]:
    """Return what is serious or critical on the page that is open."""
    page.run(source() + '; true')
    found = [Finding(*values) for values in json.loads(page.run(RUN))]
    return [one for one in found if one.impact in SEVERE]

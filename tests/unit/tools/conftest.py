"""A folder of add-ons that a test fills."""

import pytest

from tools import checks, modules, translations


@pytest.fixture
def addons(tmp_path, monkeypatch):
    """An empty addons folder in place of the project's own."""
    folder = tmp_path / 'addons'
    folder.mkdir()
    for module in (checks, modules, translations):
        monkeypatch.setattr(module, 'ADDONS', folder)
    for module in (checks, modules):
        monkeypatch.setattr(module, 'TEST_ADDONS', tmp_path / 'none')
    monkeypatch.setattr(checks, 'ROOT', tmp_path)
    return folder


@pytest.fixture
def make_addon(addons):
    """Make an add-on with dependencies and files."""

    def make(name: str, depends=('base',), files=None, **manifest):
        content = {'name': name, 'depends': list(depends), **manifest}
        for path, text in {'__manifest__.py': repr(content), **(files or {})}.items():
            (addons / name / path).parent.mkdir(parents=True, exist_ok=True)
            (addons / name / path).write_text(text)

    return make

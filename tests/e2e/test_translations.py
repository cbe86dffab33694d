"""The translation templates hold every term that the installed add-ons show."""

import pytest

from tools import modules, translations
from tools.paths import ADDONS


@pytest.mark.parametrize('module', modules.installable())
def test_no_term_is_missing_in_the_template(module, database, tmp_path):
    template = ADDONS / module / 'i18n' / f'{module}.pot'
    assert template.exists(), 'Write it by: python3 -m tools.dev i18n'
    translations.export(database, module, tmp_path / 'now.pot')
    assert not translations.terms(tmp_path / 'now.pot') - translations.terms(template)

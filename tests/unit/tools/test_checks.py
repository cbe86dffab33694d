"""The lint stage finds what it is there to find."""

from tools import checks, translations

CATALOG = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "%(n)s periods"\nmsgstr "{}"\n'


def test_a_dependency_that_looks_up_is_found(make_addon):
    make_addon('service_contracts', depends=['installment_sales'])
    make_addon('installment_sales', depends=['service_contracts'])
    assert list(checks.dependencies()) == ['service_contracts must not depend on installment_sales']


def test_an_import_from_a_module_that_is_no_dependency_is_found(make_addon):
    make_addon('dunning_sms')
    make_addon(
        'service_contracts', files={'models/a.py': 'from odoo.addons.dunning_sms.models import dunning_policy\n'}
    )
    assert 'imports dunning_sms' in ''.join(checks.dependencies())


def test_rules_that_import_odoo_are_found(make_addon):
    make_addon('service_contracts', files={'rules/a.py': 'from odoo import fields\n'})
    assert 'imports odoo.fields' in ''.join(checks.pure_rules())


def test_rules_may_import_rules(make_addon):
    text = 'from odoo.addons.service_contracts.rules import money\nfrom .periods import Period\n'
    make_addon('installment_sales', files={'rules/a.py': text})
    assert not list(checks.pure_rules())


def test_a_test_file_that_never_runs_is_found(make_addon):
    files = {'tests/__init__.py': 'from . import test_a\n', 'tests/test_a.py': '', 'tests/test_b.py': ''}
    make_addon('service_contracts', files=files)
    assert [line.split(' ')[0] for line in checks.listed_tests()] == ['addons/service_contracts/tests/test_b.py']


def test_a_broken_view_file_is_found(make_addon):
    make_addon('service_contracts', files={'views/a.xml': '<odoo><record></odoo>'})
    assert 'mismatched tag' in ''.join(checks.xml())


def test_a_missing_translation_and_a_lost_placeholder_are_found(make_addon):
    files = {
        'i18n/service_contracts.pot': CATALOG.format(''),
        'i18n/es.po': CATALOG.format('periodos'),
        'i18n/de.po': CATALOG.format(''),
    }
    make_addon('service_contracts', files=files)
    assert list(translations.gaps()) == [
        "service_contracts es: other placeholders in '%(n)s periods'",
        "service_contracts de: no translation of '%(n)s periods'",
    ]

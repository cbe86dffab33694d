"""The tools find the add-ons, what they stand on, and whether they changed."""

from tools import modules


def test_modules_that_cannot_be_installed_or_serve_tests_are_left_out(make_addon):
    make_addon('service_contracts')
    make_addon('unfinished', installable=False)
    make_addon('test_suite_flows')
    assert modules.installable() == ['service_contracts']


def test_outside_dependencies_are_found_through_own_modules(make_addon):
    make_addon('service_contracts', depends=['sale'])
    make_addon('installment_sales', depends=['service_contracts', 'account'])
    assert modules.outside_dependencies(['installment_sales']) == ['account', 'sale']


def test_the_checksum_follows_code_and_not_tests(make_addon):
    make_addon('service_contracts', files={'models/a.py': '1', 'tests/test_a.py': '1'})
    before = modules.checksum('service_contracts')
    make_addon('service_contracts', files={'tests/test_a.py': '2', '__pycache__/a.pyc': 'x'})
    assert modules.checksum('service_contracts') == before
    make_addon('service_contracts', files={'models/a.py': '2'})
    assert modules.checksum('service_contracts') != before

"""Counting from Odoo's log lets no failure pass."""

import pytest

from tools import modules, odoo_tests, patience
from tools.tally import Tally

LINE = '2026-01-02 03:04:05,678 99 {level} some_database {logger}: {text}\n'


def line(text: str, level: str = 'INFO', logger: str = 'odoo.tests.result') -> str:
    return LINE.format(level=level, logger=logger, text=text)


def summary(failed: int, errors: int, total: int) -> str:
    return line(f"{failed} failed, {errors} error(s) of {total} tests when loading database 'some_database'")


@pytest.fixture(autouse=True)
def one_module(monkeypatch):
    monkeypatch.setattr(modules, 'installable', lambda: ['service_contracts'])
    monkeypatch.setattr(modules, 'test_only', lambda: [])


def test_passed_and_skipped_tests_are_counted():
    text = line('skipped TestPrint.test_pdf : no printer') + summary(0, 0, 5)
    assert odoo_tests.count(text, 0) == Tally(4, 0, 1)
    assert 'Skipped: TestPrint.test_pdf : no printer' in odoo_tests.report(text)


def test_failures_and_errors_both_count_as_failed():
    assert odoo_tests.count(summary(1, 2, 5), 1) == Tally(2, 3)


def test_an_odoo_that_dies_early_is_a_failure():
    assert odoo_tests.count(line('Loading modules'), 1).failed == 1
    assert 'Odoo ended too early' in odoo_tests.report('Killed\n')
    assert odoo_tests.count(line('Starting TestPlan.test_x ... '), 1).failures == (
        'Odoo ended too early, its last test was TestPlan.test_x.',
    )


def test_an_odoo_that_stands_still_after_its_tests_is_a_failure():
    text = summary(0, 0, 5) + f'{patience.STOOD_STILL}.\nThread 7\n'
    assert odoo_tests.count(text, 1).failed == 1
    assert 'Thread 7' in odoo_tests.report(text)


def test_a_run_without_any_test_is_a_failure():
    assert odoo_tests.count(summary(0, 0, 0), 0).failed == 1


def test_a_bad_exit_status_is_a_failure_though_all_tests_passed():
    assert odoo_tests.count(summary(0, 0, 5), 1).failed == 1


def test_a_warning_about_our_module_is_a_failure_and_others_are_not():
    own = line('no access rules for service_contracts', 'WARNING', 'odoo.registry')
    foreign = line('no access rules for sale', 'WARNING', 'odoo.registry')
    assert odoo_tests.count(own + summary(0, 0, 5), 0) == Tally(5, 1)
    assert odoo_tests.count(foreign + summary(0, 0, 5), 0) == Tally(5, 0)


def test_the_report_shows_the_traceback_of_a_failure():
    text = line('FAIL: TestPlan.test_x\nTraceback\nAssertionError: 1 != 2', 'ERROR') + summary(1, 0, 1)
    assert 'AssertionError: 1 != 2' in odoo_tests.report(text)
    assert odoo_tests.count(text, 1).failures == ('TestPlan.test_x: AssertionError: 1 != 2',)


def test_the_modules_are_shared_out_so_that_both_processes_have_about_as_many_tests(monkeypatch):
    monkeypatch.setattr(modules, 'test_count', {'big': 9, 'middle': 5, 'small': 3}.get)
    assert odoo_tests.shares(['small', 'big', 'middle']) == ['/big', '/middle,/small']
    assert odoo_tests.shares(['small']) == ['/small']


@pytest.mark.parametrize('logs, counted', [
    ([f'{patience.STOOD_STILL}.\nThread 7\n', summary(0, 0, 5)], Tally(5, 0)),
    ([f'{patience.STOOD_STILL}.\nThread 7\n', f'{patience.STOOD_STILL}.\n'], Tally(0, 1)),
    ([summary(1, 0, 5)], Tally(4, 1)),
])
def test_a_share_that_stood_still_is_begun_once_more_and_tells_where(logs, counted, monkeypatch, tmp_path, capsys):
    def start(_template, _names, tags):
        log = tmp_path / f'{len(logs)}.log'
        log.write_text(logs.pop(0))
        return odoo_tests.Started('some_database', tags, log, None)

    monkeypatch.setattr(odoo_tests, '_start', start)
    monkeypatch.setattr(odoo_tests, 'log_path', lambda name: tmp_path / f'{name}.log')
    monkeypatch.setattr(odoo_tests.templates, 'base', lambda _names: 'template')
    monkeypatch.setattr(odoo_tests.database, 'drop', lambda _name: None)
    monkeypatch.setattr(patience, 'wait', lambda *_: 0)
    told = 'Thread 7' in logs[0]
    assert odoo_tests.run(['service_contracts'], '/service_contracts') == counted
    assert not logs
    assert ('Thread 7' in capsys.readouterr().out) == told

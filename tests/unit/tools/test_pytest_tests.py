"""Counting from pytest's closing line lets no failure pass."""

from tools.pytest_tests import count
from tools.tally import Tally
from tools.test import closing


def test_each_kind_of_outcome_is_counted():
    assert count('1 failed, 3 passed, 2 skipped, 1 error in 0.5s', 1) == Tally(3, 2, 2)


def test_a_run_that_found_no_test_is_a_failure():
    assert count('', 5) == Tally(failed=1)


def test_a_run_that_was_killed_is_a_failure():
    assert count('3 passed in 0.1s', -9) == Tally(3, 1)


def test_the_closing_line_names_skips_only_when_there_are_any():
    assert str(Tally(3, 0)) == '3 passed, 0 failed'
    assert str(Tally(3, 1, 2)) == '3 passed, 1 failed, 2 skipped'


def test_the_end_names_what_failed_above_the_counts():
    total = Tally(3, 1, failures=('test_x.py::test_y - it broke',)) + Tally(1)
    assert closing(total) == 'Failed: test_x.py::test_y - it broke\n4 passed, 1 failed'

"""A process that stands still is ended and tells where it stood."""

import os
import subprocess
import sys

import pytest

from tools import database, odoo_tests, patience

STANDS_STILL = 'import time\nprint("begun", flush=True)\ntime.sleep(600)\n'
GOES_IN_CIRCLES = 'import time\nwhile True:\n    print("again", flush=True)\n    time.sleep(0.1)\n'
WORKS = 'import time\nfor step in range(8):\n    print(step, flush=True)\n    time.sleep(0.1)\n'


@pytest.fixture(autouse=True)
def one_waiting_connection(monkeypatch):
    monkeypatch.setattr(database, 'query', lambda *_: [(7, [8], 'active', 'Lock', 'tuple', 'UPDATE res_partner')])


def run(folder, program: str, **limits) -> tuple[int, str]:
    log = folder / 'odoo.log'
    with log.open('a') as output:
        process = subprocess.Popen(
            [sys.executable, '-c', program], stdout=output, stderr=output, env={**os.environ, **patience.ENVIRONMENT}
        )
    return patience.wait(process, log, 'some_database', minutes=0.01, **limits), log.read_text()


def test_a_process_that_stands_still_tells_its_stacks_and_the_waits_of_its_database(tmp_path):
    status, text = run(tmp_path, STANDS_STILL)
    assert status
    assert 'begun' in text and 'UPDATE res_partner' in text and 'File "<string>", line 3' in text
    report = odoo_tests.report(text)
    assert 'UPDATE res_partner' in report and 'line 3' in report
    assert odoo_tests.count(text, status).failed == 1


def test_a_process_that_goes_on_writing_is_waited_for(tmp_path):
    assert run(tmp_path, WORKS) == (0, '0\n1\n2\n3\n4\n5\n6\n7\n')


def test_a_process_that_goes_on_writing_for_ever_is_ended_too(tmp_path):
    status, text = run(tmp_path, GOES_IN_CIRCLES, in_all=0.03)
    assert status
    assert patience.STOOD_STILL in text and 'File "<string>", line 4' in text

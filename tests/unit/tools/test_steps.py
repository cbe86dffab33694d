"""Whatever goes wrong, the user reads one sentence."""

import errno

import pytest

from tools import steps


@pytest.fixture(autouse=True)
def log_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(steps, 'LOG', tmp_path)
    return tmp_path


def fail_with(error):
    def command():
        raise error

    return steps.run_command(command)


def test_a_foreseen_problem_is_its_sentence(capsys):
    assert fail_with(steps.Stop('Port 1 is in use: choose another.')) == 1
    assert capsys.readouterr().err.strip() == 'Port 1 is in use: choose another.'


def test_a_full_disk_is_named_with_its_remedy(capsys):
    assert fail_with(OSError(errno.ENOSPC, 'No space left on device')) == 1
    assert 'free some space' in capsys.readouterr().err


def test_an_unforeseen_problem_leaves_its_traceback_in_the_log(capsys, log_folder):
    assert fail_with(ValueError('odd')) == 1
    assert 'Traceback' not in capsys.readouterr().err
    assert 'Traceback' in (log_folder / 'error.log').read_text()


def test_each_step_shows_its_number_and_its_outcome(capsys):
    counted = steps.Steps(2)
    with counted.step('Odoo 19.0'):
        pass
    with pytest.raises(ValueError), counted.step('PostgreSQL'):
        raise ValueError
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith('[1/2] Odoo 19.0 ... ok (')
    assert second == '[2/2] PostgreSQL ... failed'

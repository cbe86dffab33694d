"""The examples in the docstrings of the rules give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

ADDONS = Path(__file__).resolve().parents[2] / 'addons'
RULES = sorted(path for path in ADDONS.glob('*/rules/*.py') if path.stem != '__init__')


@pytest.mark.parametrize('path', RULES, ids=lambda path: f'{path.parents[1].name}.{path.stem}')
def test_the_examples_hold(path):
    module = importlib.import_module(f'odoo.addons.{path.parents[1].name}.rules.{path.stem}')
    assert doctest.testmod(module).failed == 0

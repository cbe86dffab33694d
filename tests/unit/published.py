"""Reads the worked examples of tests/golden as parameters of a test."""

import json
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / 'golden'


def examples(name):
    """Return the examples of a file as (input, expected), each under its own id."""
    return [pytest.param(example['input'], example['expected'], id=example['id'])
            for example in json.loads((GOLDEN / f'{name}.json').read_text())]

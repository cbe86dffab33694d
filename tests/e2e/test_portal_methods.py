"""What programs may call: no model and no method of the suite serves those who have no right to it (G3, G4).

Models and methods are read from the running registry, so a new one is tried by itself.
"""

import json
from pathlib import Path

import pytest

from tests.e2e.portal_world import portal_world
from tests.e2e.processes import run_script
from tools import modules

SCRIPT = Path(__file__).with_name('portal_methods.py')
ALLOWED = {
    ('installment.plan', 'action_register_payment'): "Of the own plan; the window it opens is closed to customers.",
    ('installment.plan', 'quote_payoff'): "Of the own plan, whose page shows the same.",
    ('installment.plan', 'read_portfolio_at_risk'): "Figures over the plans that the caller may read: the own ones.",
}
"""Methods that customers or employees without a right may call, each with its reason."""
PUBLISHED = {'support.article'}
"""Models whose records are for everybody to read."""
READS = {'read', 'web_read', 'export_data', 'search_read', 'name_search', 'formatted_read_group', 'search_count',
         'read_group'}
SENTENCE = """{who} may call {model}.{method}: it came to {outcome}.
    Check the right in it first (self.check_access), or mark it @api.private, or name it in ALLOWED with the reason."""


@pytest.fixture(scope='module')
def tried(database) -> dict:
    portal_world('', database)  # one of everything, of the customer
    return json.loads(run_script(database, f'SUITE = {modules.installable()!r}\n{SCRIPT.read_text()}').splitlines()[-1])


def test_every_model_of_the_suite_is_tried(tried):
    assert {'service.contract', 'installment.plan', 'dunning.notice', 'transfer.report'} <= set(tried['models'])


def test_no_method_serves_those_without_a_right(tried):
    """All public methods that the suite adds, as a customer and as an employee without its roles (G4)."""
    open_calls = [
        SENTENCE.format(who=who, model=model, method=method, outcome=outcome)
        for who, model, method, outcome in tried['methods'] if (model, method) not in ALLOWED
    ]
    assert not open_calls, '\n'.join(open_calls)


def test_nobody_reads_or_changes_the_records_of_another(tried):
    """Read, write, create, unlink, copy, export, onchange, name_search, read_group, message_post (G3)."""
    found = [
        f'{who}: {model}.{method} gave {told}' for who, model, method, told in tried['remote']
        if not (model in PUBLISHED and method in READS)
    ]
    assert not found, '\n'.join(found)

"""The contract's gate: every pair of states, allowed or refused."""

from itertools import product

import pytest
from odoo.addons.service_contracts.rules.errors import RuleError, TransitionError
from odoo.addons.service_contracts.rules.states import STATES, allowed_sources, check_transition

ALLOWED = {
    ('draft', 'active'),
    ('active', 'suspended'), ('suspended', 'active'),
    ('active', 'ended'), ('suspended', 'ended'), ('ended', 'active'),
    ('draft', 'removed'), ('active', 'removed'), ('suspended', 'removed'), ('ended', 'removed'),
}


@pytest.mark.parametrize('source, target', list(product(STATES, STATES)))
def test_only_the_agreed_transitions_pass(source, target):
    assert (source in allowed_sources(target)) == ((source, target) in ALLOWED)
    if (source, target) in ALLOWED:
        check_transition(source, target)
        return
    with pytest.raises(TransitionError, match=f'from {source} to {target}'):
        check_transition(source, target)


@pytest.mark.parametrize('source, target', [('draft', 'sold'), ('sold', 'active')])
def test_an_unknown_state_is_refused_as_a_rule_error(source, target):
    with pytest.raises(RuleError):
        check_transition(source, target)

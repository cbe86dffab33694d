"""References of other systems: all records that a call names are looked up at once, a query for each kind."""

from __future__ import annotations

from collections import defaultdict

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..rules.sent import is_text, shown

FINDERS = {
    'partner': ('res.partner', 'ref'),
    'plan': ('service.plan', 'code'),
    'product': ('product.product', 'default_code'),
    'meter': ('service.meter', 'code'),
    'pricelist': ('product.pricelist', 'name'),
    'payment_term': ('account.payment.term', 'name'),
}
"""Key of an object: the model it names, and the field by which a text names it."""
SMALLEST, LARGEST = 1, 2**31 - 1


class References:
    """Finds records of one company by database id or reference."""

    def __init__(self, env: Environment):
        self.env = env
        self._found: dict[str, dict] = defaultdict(dict)

    def gather(self, objects: list[dict]) -> None:
        """Look up everything that objects name, so that `find` asks no more."""
        for key in FINDERS:
            named = {item[key] for item in objects if type(item.get(key)) in (int, str) and item[key]}
            self._look_up(key, named - self._found[key].keys())

    def find(self, key: str, value):
        """Return the one record that a database id or a reference names.

        :raises UserError: if there is none, or more than one.
        """
        env = self.env
        if type(value) not in (int, str) or not value:
            raise UserError(env._("“%(key)s” must be a database id or a text, not “%(value)s”.",
                                  key=key, value=shown(value)))
        if isinstance(value, int) and not SMALLEST <= value <= LARGEST:
            raise UserError(env._("“%(key)s” must be a whole number from %(low)s to %(high)s.",
                                  key=key, low=SMALLEST, high=LARGEST))
        if value not in self._found[key]:
            self._look_up(key, {value})
        found = self._found[key][value]
        if len(found) == 1:
            return found
        if found:
            raise UserError(env._(
                "More than one %(key)s has the reference “%(value)s”. Send its database id.",
                key=key, value=shown(value),
            ))
        raise UserError(env._(
            "There is no %(key)s “%(value)s” in %(company)s. Create it first.",
            key=key, value=shown(value), company=env.company.name,
        ))

    def _look_up(self, key: str, values: set) -> None:
        model, name = FINDERS[key]
        Model, found = self.env[model], self._found[key]
        found |= {value: Model.browse() for value in values}
        ids = [value for value in values if isinstance(value, int) and SMALLEST <= value <= LARGEST]
        texts = [value for value in values if is_text(value)]
        if not (ids or texts):
            return
        named = Domain('id', 'in', ids) | Domain(name, 'in', texts)
        for record in Model.search(named & Domain(Model._check_company_domain(self.env.company))):
            for value in {record.id, record[name]} & values:
                found[value] |= record

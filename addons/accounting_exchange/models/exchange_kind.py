"""A kind of records that is exchanged: its fields, how rows are taken in, and how records are handed out.

Every model with the attribute `_exchange_kind` is a kind, wherever it is defined: another module adds one by a model
of its own with the methods below and need not import anything from here.
"""

from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ..rules.values import Field, row_digest

QUIET = {
    'tracking_disable': True, 'mail_create_nolog': True, 'mail_notrack': True, 'mail_create_nosubscribe': True,
    'no_reset_password': True,
}


class ExchangeKind(models.AbstractModel):
    _name = 'exchange.kind'
    _description = "Kind of Exchanged Records"

    _exchange_kind = ''
    """Code of the kind; a model that sets it is found by every job."""
    _exchange_directions = ('in', 'out')
    _exchange_is_grouped = False
    """Rows of one key stand together and are taken as one record, such as the lines of an invoice."""

    @api.model
    def _exchange_label(self) -> str:
        """Return the name of the kind in the user's language."""
        raise NotImplementedError

    @api.model
    def _exchange_fields(self) -> list[Field]:
        """Return the fields; dicts with the names of `Field` will do as well."""
        raise NotImplementedError

    @api.model
    def _exchange_out_fields(self) -> list[Field]:
        """Return the fields of files that go out, if they are others."""
        return self._exchange_fields()

    @api.model
    def _exchange_take(self, items: list[dict]) -> list[dict]:
        """Create or update one record for each item, all or none.

        :return: for each item in order ``result`` (created, updated or unchanged) and ``id``.
        :raises UserError: with a sentence for people.
        """
        raise NotImplementedError

    @api.model
    def _exchange_figures(self, items: list[dict]) -> tuple[int, Decimal]:
        """Return how many of these items are here now, and the sum of their amounts as it stands here."""
        raise NotImplementedError

    @api.model
    def _exchange_give(self, since, after: int, limit: int) -> list[dict]:
        """Return records changed since a moment (None: all), by id from `after` on: their values and ``_id``."""
        raise NotImplementedError

    # === SHARED === #

    def _find_one(self, model: str, name: str, value, what: str):
        """Return the one record of the company with a value.

        :raises UserError: if there is none, or more than one.
        """
        Model = self.env[model]
        domain = [(name, '=', value), *Model._check_company_domain(self.env.company)]
        found = Model.search(domain, limit=2)
        if len(found) == 1:
            return found
        if found:
            raise UserError(self.env._("More than one %(what)s is called “%(value)s”.", what=what, value=value))
        raise UserError(self.env._("There is no %(what)s “%(value)s”. Send it first.", what=what, value=value))

    def _find_linked(self, model: str, name: str, refs) -> dict:
        """Return reference → record: linked before, else the one record that bears the reference itself."""
        refs = [ref for ref in set(refs) if ref]
        links = self.env['exchange.link']._find(model, refs)
        records = {ref: self.env[model].browse(link.res_id) for ref, link in links.items()}
        missing = [ref for ref in refs if ref not in records]
        if missing:
            company_domain = self.env[model]._check_company_domain(self.env.company)
            bearing = self.env[model].with_context(active_test=False).search([(name, 'in', missing), *company_domain])
            for ref, found in bearing.grouped(name).items():
                if len(found) > 1:
                    raise UserError(self.env._("More than one record bears the reference “%s”.", ref))
                records[ref] = found
        return records

    def _take_simple(self, model: str, items: list[dict], known: dict, key: str, prepare) -> list[dict]:
        """Create what is new in one go, write what differs, leave the rest; note the references."""
        results: list[dict | None] = [None] * len(items)
        new = []
        for place, item in enumerate(items):
            if record := known.get(item[key]):
                changes = self._differing(record, prepare(item, record))
                if changes:
                    record.with_context(**QUIET).write(changes)
                results[place] = {'result': 'updated' if changes else 'unchanged', 'id': record.id}
            else:
                new.append(place)
        created = self.env[model].with_context(**QUIET).create([prepare(items[place], None) for place in new])
        for place, record in zip(new, created, strict=True):
            results[place] = {'result': 'created', 'id': record.id}
        records = {item[key]: self.env[model].browse(result['id']) for item, result in zip(items, results, strict=True)}
        self.env['exchange.link']._bind(model, records)
        self.env.flush_all()
        return results

    def _differing(self, record, vals: dict) -> dict:
        """Return those of the values that the record has not."""
        changes = {}
        for name, value in vals.items():
            field, now = record._fields[name], record[name]
            if field.relational:
                now = now.ids if field.type.endswith('2many') else now.id
            if field.type in ('float', 'monetary'):
                is_same = abs((now or 0.0) - (value or 0.0)) < 1e-9
            elif field.type.endswith('2many'):
                is_same = False
            else:
                is_same = (now or False) == (value or False)
            if not is_same:
                changes[name] = value
        return changes

    def _digest(self, item: dict) -> str:
        return row_digest(item)


def total(amounts) -> Decimal:
    """Return the sum of floats or decimals as an exact amount."""
    return sum((Decimal(f'{amount or 0:.6f}') for amount in amounts), Decimal(0))

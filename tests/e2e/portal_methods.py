"""Runs inside Odoo (`env`, SUITE): every public method and remote call on the suite's models, by who has no right.

Prints what was not refused: [who, model, method, what came of it], and the records of others that could be read.
"""

import inspect
import json
import logging

from odoo.exceptions import AccessDenied, AccessError, MissingError
from odoo.fields import Command
from odoo.service.model import call_kw

logging.disable(logging.ERROR)
OURS = tuple(f'odoo.addons.{name}.' for name in SUITE)  # noqa: F821 set by the caller
ARGUMENTS = {int: 1, str: 'x', float: 1.0, list: [], dict: {}, bool: False}
company = env.ref('service_contracts.company_alba')  # noqa: F821 the shell's own
root = company.env


def users() -> dict:
    """A customer, another one, a visitor, and somebody of the office without any right of the suite."""
    Users = root['res.users'].with_context(no_reset_password=True)
    make = {'name': 'Basic', 'login': 'basic', 'company_id': company.id, 'company_ids': [Command.set(company.ids)]}
    basic = Users.create({**make, 'group_ids': [Command.set(root.ref('base.group_user').ids)]})
    other = Users.create({
        **make, 'name': 'Other', 'login': 'other', 'group_ids': [Command.set(root.ref('base.group_portal').ids)]})
    return {'customer': Users.search([('login', '=', 'customer')]), 'other customer': other,
            'visitor': root.ref('base.public_user'), 'employee': basic}


def models():
    """Yield every model that an add-on of the suite makes."""
    for name, cls in root.registry.items():
        module = cls._original_module
        if module in SUITE:  # noqa: F821 as above
            yield name, cls


def methods():
    """Yield (model, method) for each public method that an add-on of the suite adds, also to models of others."""
    for model, cls in root.registry.items():
        own = {name for base in cls.mro() if base.__module__.startswith(OURS) for name, value in vars(base).items()
               if inspect.isfunction(value) and not name.startswith('_')}
        for name in sorted(own):
            found = [vars(base)[name] for base in cls.mro() if name in vars(base)]
            if not any(getattr(one, '_api_private', False) for one in found) and name not in CORE:
                yield model, name, found[0]


MAGIC_COLUMNS = ('create_date', 'create_uid', 'write_date', 'write_uid')
CORE = {name for name in dir(root['base']) if not name.startswith('_')}
"""What every model has is tried by the calls of `REMOTE`."""


def called(user, model: str, method: str, arguments: list, named: dict | None = None):
    """Return (what came of it, what was returned) of a call as programs make it; nothing of it stays."""
    env = root(user=user, context={'allowed_company_ids': company.ids})
    root.flush_all()
    savepoint = root.cr.savepoint(flush=False)
    try:
        result = call_kw(env[model], method, arguments, named or {})
        env.flush_all()
        return 'done', result
    except (AccessError, AccessDenied, MissingError):
        return 'refused', None
    except Exception as error:
        return type(error).__name__, None
    finally:
        root.cr.execute(f'ROLLBACK TO SAVEPOINT "{savepoint.name}"')
        root.invalidate_all(flush=False)
        root.transaction.clear()


def filled(function) -> list:
    """Return something for each argument that must be given."""
    return [
        ARGUMENTS.get(parameter.annotation) for name, parameter in
        list(inspect.signature(function).parameters.items())[1:]
        if parameter.default is parameter.empty and parameter.kind in (0, 1)
    ]


def try_methods(who: dict) -> list:
    open_calls = []
    for model, name, function in methods():
        is_model = getattr(function, '_api_model', False)
        # A number that nobody has is refused before it is looked for.
        record_ids = [] if root[model]._abstract else root[model].search([], limit=1).ids or [1]
        arguments = filled(function) if is_model else [record_ids, *filled(function)]
        for title in ('customer', 'employee'):
            outcome, result = called(who[title], model, name, arguments)
            if outcome != 'refused' and not opens_window(result):
                open_calls.append([title, model, name, outcome])
    return open_calls


def opens_window(result) -> bool:
    """Whether a button only named the window or paper that comes next, which asks for rights by itself."""
    return isinstance(result, dict) and str(result.get('type')).startswith('ir.actions.')


def remote(model: str, record_id: int) -> list:
    """Return the calls that read, change or tell of a record: (method, arguments, named)."""
    domain = [('id', '=', record_id)]
    # A number alone is no secret, and core hands it back as it was sent.
    name = next(name for name, field in root[model]._fields.items()
                if field.store and field.column_type and name not in ('id', *MAGIC_COLUMNS))
    return [
        ('read', [[record_id], [name]], {}), ('web_read', [[record_id], {name: {}}], {}),
        ('export_data', [[record_id], ['id']], {}), ('copy', [[record_id]], {}), ('unlink', [[record_id]], {}),
        ('write', [[record_id], {'display_name': 'x'}], {}), ('create', [[{}]], {}),
        ('onchange', [[record_id], {}, [], {'display_name': {}}], {}),
        ('message_post', [[record_id]], {'body': 'x'}),
        ('search_read', [domain, ['id']], {}), ('name_search', [''], {'domain': domain}),
        ('formatted_read_group', [domain, [], ['__count']], {}), ('search_count', [domain], {}),
        ('read_group', [domain, ['id:count'], []], {}),
    ]


def try_remote(who: dict) -> list:
    """Try all calls on one record of each model, as those whom it does not belong to."""
    found = []
    for model, cls in models():
        if cls._abstract or cls._transient:
            continue
        record = root[model].search([], limit=1)
        if not record:
            continue
        for title in ('other customer', 'visitor'):
            for method, arguments, named in remote(model, record.id):
                if not hasattr(cls, method):
                    continue
                outcome, result = called(who[title], model, method, arguments, named)
                if outcome == 'done' and tells(result):
                    found.append([title, model, method, str(result)[:80]])
    return found


def tells(result) -> bool:
    """Whether an answer says that the record exists."""
    if isinstance(result, list) and result and isinstance(result[0], dict) and '__count' in result[0]:
        return bool(result[0]['__count'])
    return bool(result)


who = users()
print(json.dumps({'methods': try_methods(who), 'remote': try_remote(who), 'models': [name for name, _cls in models()]}))

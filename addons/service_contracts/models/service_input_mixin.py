"""Checks what comes from outside against the fields it is for, and refuses it in a sentence."""

from datetime import date

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..rules.sent import is_number, is_text, shown

INTEGER_LIMIT = 2**31
NUMBER_LIMIT = 10**12
TEXT_LIMIT = 100_000
HTML_LIMIT = 5_000_000
YEARS = range(1900, 3000)


class ServiceInputMixin(models.AbstractModel):
    _name = 'service.input.mixin'
    _description = "Checked Input"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_input(vals)
        return super(ServiceInputMixin, self._without_forged_defaults()).create(vals_list)

    def write(self, vals):
        self._check_input(vals)
        return super().write(vals)

    def _check_input(self, vals: dict) -> None:
        """Refuse values that their fields cannot hold, before the ORM would stumble over them.

        :raises ValidationError: naming the record, the field, the value and what is expected.
        """
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is None:
                raise ValidationError(self.env._(
                    "%(record)s has no field “%(name)s”. Check the spelling or leave it out.",
                    record=self._input_record_name(), name=name,
                ))
            if _is_worked_out(field):
                raise ValidationError(self.env._(
                    "%(record)s: “%(field)s” is worked out by the system and cannot be set. Leave it out.",
                    record=self._input_record_name(), field=field._description_string(self.env),
                ))
            if value is False or value is None or isinstance(value, models.BaseModel):
                continue
            low, high = self._input_ranges().get(name, (-NUMBER_LIMIT, NUMBER_LIMIT))
            if not _fits(field, value, self.env):
                self._refuse_input(field, value, self._input_expectation(field))
            elif field.type in ('integer', 'float', 'monetary') and not low <= value <= high:
                self._refuse_input(field, value, self.env._("a number from %(low)s to %(high)s", low=low, high=high))

    def _without_forged_defaults(self):
        """Return the model without context defaults for fields that are worked out, such as a line's company."""
        forged = {
            key for key in self.env.context
            if key.startswith('default_') and (field := self._fields.get(key[8:])) and _is_worked_out(field)
        }
        if not forged:
            return self
        return self.with_context({key: value for key, value in self.env.context.items() if key not in forged})

    def _input_ranges(self) -> dict[str, tuple[float, float]]:
        """Return the least and the greatest value of numbers by field."""
        return {}

    def _refuse_input(self, field, value, expected: str) -> None:
        raise ValidationError(self.env._(
            "%(record)s: “%(value)s” does not fit the field “%(field)s”. Send %(expected)s.",
            record=self._input_record_name(),
            value=shown(value),
            field=field._description_string(self.env),
            expected=expected,
        ))

    def _input_value(self, name: str):
        """Return the value of a field as it would be written: the id instead of a record."""
        value = self[name]
        return value.id if isinstance(value, models.BaseModel) else value

    def _input_record_name(self) -> str:
        """Name the one record that is written, else the kind of record."""
        if len(self) == 1 and self.id:
            return self.display_name
        return self.env['ir.model']._get(self._name).name

    def _input_expectation(self, field) -> str:
        env = self.env
        if field.type == 'selection':
            return env._("one of %(values)s", values=', '.join(field.get_values(env)))
        if field.type in ('integer', 'many2one'):
            return env._("a whole number from %(low)s to %(high)s",
                         low=-INTEGER_LIMIT if field.type == 'integer' else 1, high=INTEGER_LIMIT - 1)
        if field.type in ('float', 'monetary'):
            return env._("a finite number below one million million, such as 12.5")
        if field.type == 'boolean':
            return env._("true or false")
        if field.type in ('date', 'datetime'):
            return env._("a date of the years 1900 to 2999, written as 2025-12-31")
        if field.type in ('one2many', 'many2many'):
            return env._("a list of commands")
        if field.type == 'json':
            return env._("an object with numbers as values")
        limit = HTML_LIMIT if field.type == 'html' else TEXT_LIMIT
        return env._("a text of at most %(limit)s characters, in Unicode without control character 0", limit=limit)


def _is_worked_out(field) -> bool:
    return bool(field.store and field.compute and field.readonly)


def _fits(field, value, env) -> bool:
    if field.type == 'selection':
        return isinstance(value, str) and value in field.get_values(env)
    check = _CHECKS.get(field.type)
    return check is None or check(value)


def _is_integer(value) -> bool:
    return type(value) is int and -INTEGER_LIMIT <= value < INTEGER_LIMIT


def _is_id(value) -> bool:
    return isinstance(value, api.NewId) or (type(value) is int and 0 < value < INTEGER_LIMIT)


def _is_number(value) -> bool:
    return is_number(value, NUMBER_LIMIT)


def _is_date(value) -> bool:
    if not value or not isinstance(value, (str, date)):
        return False
    try:
        return fields.Date.to_date(value).year in YEARS
    except ValueError:
        return False


def _is_text(value, limit=TEXT_LIMIT) -> bool:
    return is_text(value, limit)


def _is_commands(value) -> bool:
    return isinstance(value, (list, tuple)) and all(_is_id(item) or _is_command(item) for item in value)


def _is_command(item) -> bool:
    if not isinstance(item, (list, tuple)) or not item or item[0] not in range(7):
        return False
    command, *rest = item
    if command in (Command.CREATE, Command.UPDATE):
        return len(rest) == 2 and isinstance(rest[1], dict) and (command == Command.CREATE or _is_id(rest[0]))
    if command == Command.SET:
        return len(rest) == 2 and isinstance(rest[1], (list, tuple)) and all(map(_is_id, rest[1]))
    return command == Command.CLEAR or bool(rest) and _is_id(rest[0])


def _is_json(value) -> bool:
    return isinstance(value, dict) and all(
        _is_number(share) or isinstance(share, list) for share in value.values()
    )


_CHECKS = {
    'integer': _is_integer,
    'many2one': _is_id,
    'float': _is_number,
    'monetary': _is_number,
    'boolean': lambda value: type(value) is bool,
    'date': _is_date,
    'datetime': _is_date,
    'char': _is_text,
    'text': _is_text,
    'html': lambda value: _is_text(value, HTML_LIMIT),
    'one2many': _is_commands,
    'many2many': _is_commands,
    'json': _is_json,
}

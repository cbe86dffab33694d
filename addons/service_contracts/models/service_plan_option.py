"""Options of a plan: services that a customer books on and off on top of what the plan includes."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules.errors import RuleError
from ..rules.options import Option, OptionGroup, Problem
from ..rules.periods import Interval
from .service_recurrence_mixin import UNIT_SELECTION


class ServiceOptionGroup(models.Model):
    _name = 'service.option.group'
    _description = "Group of Options"
    _inherit = ['service.input.mixin']
    _order = 'sequence, id'

    plan_id = fields.Many2one('service.plan', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='plan_id.company_id', store=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    minimum = fields.Integer("At least", help="So many options of the group are chosen when the contract starts.")
    maximum = fields.Integer("At most", help="0: any number.")
    option_ids = fields.One2many('service.plan.line', 'option_group_id', "Options")

    _numbers_can_be_met = models.Constraint(
        'CHECK (minimum BETWEEN 0 AND 1000 AND (maximum = 0 OR maximum BETWEEN GREATEST(minimum, 1) AND 1000))',
        "Of a group of options at least 0 and at most 1000 are chosen, and never more at least than at most.",
    )

    def _input_ranges(self):
        return {**super()._input_ranges(), 'minimum': (0, 1000), 'maximum': (0, 1000)}

    def _group(self) -> OptionGroup:
        self.ensure_one()
        return OptionGroup(self.id, self.minimum, self.maximum or None)


class ServicePlanLine(models.Model):
    _inherit = 'service.plan.line'

    is_optional = fields.Boolean("Optional", help="Not included: customers book it on when they want it.")
    option_group_id = fields.Many2one(
        'service.option.group', "Option group", ondelete='set null', index='btree_not_null', copy=False,
        domain="[('plan_id', '=', plan_id)]",
    )
    required_ids = fields.Many2many(
        'service.plan.line', 'service_plan_line_required_rel', 'line_id', 'required_id', "Needs", copy=False,
        domain="[('plan_id', '=', plan_id), ('is_optional', '=', True), ('id', '!=', id)]",
        help="Options that must be booked as well.",
    )
    excluded_ids = fields.Many2many(
        'service.plan.line', 'service_plan_line_excluded_rel', 'line_id', 'excluded_id', "Not together with",
        copy=False,
        domain="[('plan_id', '=', plan_id), ('is_optional', '=', True), ('id', '!=', id)]",
    )
    unbooking = fields.Selection(
        [('at_once', "At once"), ('period_end', "At the end of the period"), ('notice', "After its own notice")],
        "Booked off", default='period_end', required=True,
    )
    unbooking_count = fields.Integer("Notice of the option", default=1)
    unbooking_unit = fields.Selection(UNIT_SELECTION, "Unit of the option's notice", default='month')

    _unbooking_count_positive = models.Constraint(
        'CHECK (unbooking_count BETWEEN 1 AND 1000)',
        "The notice of an option counts from 1 to 1000.",
    )

    @api.constrains('is_optional', 'option_group_id', 'required_ids', 'excluded_ids')
    def _check_option(self):
        for line in self:
            others = line.required_ids | line.excluded_ids
            if others.plan_id - line.plan_id or line.option_group_id.plan_id - line.plan_id or line in others:
                raise ValidationError(self.env._(
                    "%(option)s can only name a group and other options of its own plan.", option=line._option_name(),
                ))
            if line.required_ids & line.excluded_ids:
                raise ValidationError(self.env._(
                    "%(option)s needs %(other)s and excludes it. Take one of the two away.",
                    option=line._option_name(), other=(line.required_ids & line.excluded_ids)[0]._option_name(),
                ))

    def _input_ranges(self):
        return {**super()._input_ranges(), 'unbooking_count': (1, 1000)}

    def _option_name(self) -> str:
        """Return the service in the words of the customer, without its reference."""
        self.ensure_one()
        return self.with_context(display_default_code=False).product_id.display_name or self.name

    def _option(self) -> Option:
        self.ensure_one()
        return Option(
            self.id, self.option_group_id.id or None,
            frozenset(self.required_ids.ids), frozenset(self.excluded_ids.ids),
        )

    def _unbooking_notice(self) -> Interval | None:
        """Return the notice an option has of its own."""
        self.ensure_one()
        if self.unbooking != 'notice':
            return None
        return Interval(self.unbooking_count, self.unbooking_unit or 'month')


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    option_group_ids = fields.One2many('service.option.group', 'plan_id', "Option groups", copy=False)
    option_ids = fields.One2many(
        'service.plan.line', 'plan_id', "Options", domain=[('is_optional', '=', True)], copy=False,
    )

    def copy(self, default=None):
        """Copy the options with what they need, exclude and belong to, within the copy."""
        copies = super().copy(default)
        if 'line_ids' not in (default or {}):
            for plan, copy in zip(self, copies, strict=True):
                plan._copy_parts(copy)
        return copies

    def _copy_parts(self, copy) -> None:
        """Give a copy what names services of its own; extend it for further parts."""
        self._copy_options(copy, dict(zip(self.line_ids, copy.line_ids, strict=True)))

    def _copy_options(self, copy, lines: dict) -> None:
        groups = {group: group.copy({'plan_id': copy.id}) for group in self.option_group_ids}
        for line, twin in lines.items():
            if line.is_optional:
                twin.write({
                    'option_group_id': groups[line.option_group_id].id if line.option_group_id else False,
                    'required_ids': [fields.Command.set([lines[other].id for other in line.required_ids])],
                    'excluded_ids': [fields.Command.set([lines[other].id for other in line.excluded_ids])],
                })

    def _included_lines(self):
        """Return the services that every customer of the plan has."""
        return self.line_ids.filtered(lambda line: not line.is_optional)

    def _optional_lines(self):
        return self.line_ids.filtered('is_optional')

    def _problem_text(self, problem: Problem) -> str:
        """Return what is wrong with a choice of options, and what to do."""
        env, line, group = self.env, self.env['service.plan.line'], self.env['service.option.group']
        if problem.kind == 'requires':
            return env._("%(option)s needs %(other)s. Book that too.", option=line.browse(problem.key)._option_name(),
                         other=line.browse(problem.other)._option_name())
        if problem.kind == 'excludes':
            return env._(
                "%(option)s and %(other)s exclude each other. Book one of them off.",
                option=line.browse(problem.key)._option_name(), other=line.browse(problem.other)._option_name(),
            )
        group = group.browse(problem.key)
        if problem.kind == 'too_few':
            return env._("%(group)s: choose at least %(count)s.", group=group.name, count=group.minimum)
        return env._("%(group)s: choose at most %(count)s.", group=group.name, count=group.maximum)

    def _known_options(self) -> tuple[list[Option], list[OptionGroup]]:
        """Return the options and groups of plans as the rules know them."""
        try:
            return ([line._option() for line in self._optional_lines()],
                    [group._group() for group in self.option_group_ids])
        except RuleError as error:
            raise ValidationError(str(error)) from error

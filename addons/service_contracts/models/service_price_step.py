"""Prices over time: phases of an offer, and dated price steps of a contracted service."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..rules.money import to_decimal
from ..rules.periods import Interval
from ..rules.price_schedule import PricePhase, phases_from, price_at
from .service_gate import SERVICE_GATE, has_passed_gate
from .service_recurrence_mixin import UNIT_SELECTION

LIMIT = 10**12
ONE_DAY = timedelta(days=1)
FOLLOW_BATCH = 500


class ServicePlanPhase(models.Model):
    _name = 'service.plan.phase'
    _description = "Price Phase of a Plan"
    _inherit = ['service.input.mixin']
    _order = 'plan_line_id, sequence, id'

    plan_line_id = fields.Many2one('service.plan.line', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='plan_line_id.company_id', store=True)
    sequence = fields.Integer(default=10)
    length_count = fields.Integer("For", default=1, required=True)
    length_unit = fields.Selection(UNIT_SELECTION, "Unit of time", default='month', required=True)
    price_unit = fields.Float("Unit price", min_display_digits='Product Price')

    _length_positive = models.Constraint(
        'CHECK (length_count BETWEEN 1 AND 1000)', "A phase lasts from 1 to 1000 days, weeks, months or years.",
    )
    _price_unit_in_range = models.Constraint(
        f'CHECK (price_unit >= 0 AND price_unit < {LIMIT})',
        "A price is a number from 0 up to one million million.",
    )

    @api.depends('length_count', 'length_unit', 'price_unit')
    def _compute_display_name(self):
        units = dict(self._fields['length_unit']._description_selection(self.env))
        for phase in self:
            phase.display_name = f'{phase.length_count} {units.get(phase.length_unit, "")}: {phase.price_unit:g}'

    def _input_ranges(self):
        return {**super()._input_ranges(), 'length_count': (1, 1000), 'price_unit': (0, LIMIT)}

    def _words(self, currency) -> str:
        """Return the phase as a customer reads it: “3 Months at 10.00 €”."""
        self.ensure_one()
        units = dict(self._fields['length_unit']._description_selection(self.env))
        return self.env._(
            "%(count)s %(unit)s at %(price)s", count=self.length_count, unit=units[self.length_unit],
            price=currency.format(self.price_unit),
        )

    def _phases(self, start: date, regular: float) -> tuple[PricePhase, ...]:
        """Return the prices of a service that begins on a day: the phases in order, then the regular price."""
        lengths = [
            (Interval(phase.length_count, phase.length_unit), to_decimal(phase.price_unit))
            for phase in self.sorted(lambda phase: (phase.sequence, phase.id or 0))
        ]
        return phases_from(start, [*lengths, (None, to_decimal(regular))])


class ServicePlanLine(models.Model):
    _inherit = 'service.plan.line'

    phase_ids = fields.One2many(
        'service.plan.phase', 'plan_line_id', "Price phases", copy=True,
        help="Prices of the first time, such as 3 months at 10; after them the regular price holds.",
    )


class ServicePriceStep(models.Model):
    _name = 'service.price.step'
    _description = "Price Step"
    _inherit = ['service.contract.part.mixin', 'service.input.mixin']
    _order = 'contract_line_id, date_start'

    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", required=True, ondelete='cascade', index=True,
    )
    contract_id = fields.Many2one(related='contract_line_id.contract_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='contract_line_id.company_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='contract_line_id.currency_id')
    date_start = fields.Date("From", required=True, help="The first day of this price.")
    price_unit = fields.Float("Unit price", min_display_digits='Product Price')
    reason = fields.Char(help="Why the price changes, for those who look at the contract later.")

    _one_a_day = models.UniqueIndex(
        "(contract_line_id, date_start)", "The service has a price from this day on already. Change that one.",
    )
    _price_unit_in_range = models.Constraint(
        f'CHECK (price_unit > -{LIMIT} AND price_unit < {LIMIT})',
        "A unit price is a finite number below one million million.",
    )

    @api.depends('date_start', 'price_unit')
    def _compute_display_name(self):
        for step in self:
            step.display_name = self.env._(
                "%(price)g from %(day)s", price=step.price_unit,
                day=format_date(self.env, step.date_start) if step.date_start else '',
            )

    # === COMPUTE === #

    @api.onchange('date_start')
    def _onchange_date_start(self):
        """Begin a price typed for billed days with the first day that is not, and tell how to have it earlier."""
        line = self.contract_line_id._origin
        billed_until = line._billed_until() if line else None
        if not self.date_start or not billed_until or self.date_start >= billed_until:
            return None
        self.date_start = billed_until
        return {'warning': {'title': self.env._("Billed already"), 'type': 'notification', 'message': self.env._(
            "%(service)s is billed until %(last)s, so the new price begins on %(day)s. To have it from today on, "
            "choose “Change” of the contract: the difference for the days that are billed is settled.",
            service=line.display_name, last=format_date(self.env, billed_until - ONE_DAY),
            day=format_date(self.env, billed_until),
        )}}

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        if not has_passed_gate(self.env):
            steps._check_unbilled()
            steps.contract_line_id.filtered(lambda line: line.contract_id.state != 'draft')._complete_prices()
        return steps

    def write(self, vals):
        if has_passed_gate(self.env):
            return super().write(vals)
        self._check_unbilled()
        result = super().write(vals)
        self._check_unbilled()
        self.contract_line_id._follow_price()
        return result

    def unlink(self):
        lines = self.contract_line_id
        if not has_passed_gate(self.env):
            self._check_unbilled()
        result = super().unlink()
        lines.exists()._follow_price()
        return result

    def _check_unbilled(self) -> None:
        """Refuse to change prices of days that are billed already."""
        for step in self:
            billed_until = step.contract_line_id._billed_until()
            if billed_until and step.date_start < billed_until:
                raise UserError(self.env._(
                    "%(service)s is billed until %(day)s, so its prices before stay. Choose a later day, or “Change” "
                    "of its contract: a new price from today on settles the difference for the days that are billed.",
                    service=step.contract_line_id.display_name, day=format_date(self.env, billed_until - ONE_DAY),
                ))
            if not step._is_possible():
                raise UserError(self.env._(
                    "%(service)s is not priced by quantity × price for each period, so its price has no steps. "
                    "Change its price model instead.",
                    service=step.contract_line_id.display_name,
                ))

    def _is_possible(self) -> bool:
        """Tell whether the service has one price for each period, which can step."""
        return self.contract_line_id.kind == 'recurring' and not self.contract_line_id._is_rated()


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _fix_lines_start(self) -> None:
        super()._fix_lines_start()
        self.line_ids._complete_prices()

    @api.model
    def _cron_follow_prices(self) -> None:
        """Let price steps and discounts whose day has come show in the prices of running services."""
        Line = self.env['service.contract.line']
        todo = Line._due_by_price()
        if not self.env['ir.cron']._commit_progress(remaining=len(todo)):
            return
        for start in range(0, len(todo), FOLLOW_BATCH):
            ids = todo[start:start + FOLLOW_BATCH]
            Line.browse(ids).exists()._follow_price()
            if not self.env['ir.cron']._commit_progress(len(ids)):
                return
            self.env.invalidate_all()


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    price_step_ids = fields.One2many('service.price.step', 'contract_line_id', "Prices over time")
    price_changes_on = fields.Date(
        "Price changes on", readonly=True, copy=False, index='btree_not_null',
        help="The next day on which a price step or a discount changes what the service costs.",
    )
    has_price_rules = fields.Boolean(
        compute='_compute_has_price_rules', store=True, precompute=True,
        help="Its charges follow price steps, discounts or bonus rules.",
    )

    @api.depends('price_step_ids')
    def _compute_has_price_rules(self):
        for line in self:
            line.has_price_rules = bool(line.price_step_ids)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.plan_line_id and line.contract_id.state != 'draft')._complete_prices()
        return lines

    def write(self, vals):
        if 'price_unit' in vals and not has_passed_gate(self.env):
            self._check_price_is_free(vals['price_unit'])
        return super().write(vals)

    def _check_price_is_free(self, price_unit) -> None:
        for line in self:
            if line.price_step_ids and line.contract_id.state != 'draft' and line.price_unit != price_unit:
                raise UserError(self.env._(
                    "%(service)s has prices over time. Add a price from a day on instead of changing it.",
                    service=line.display_name,
                ))

    def copy_data(self, default=None):
        """Leave the steps behind: a copy begins with the price that holds after the last of them."""
        vals_list = super().copy_data(default)
        for line, vals in zip(self, vals_list, strict=True):
            if line.price_step_ids:
                vals['price_unit'] = line.price_step_ids.sorted('date_start')[-1].price_unit
        return vals_list

    # === BUSINESS: prices over time === #

    def _price_phases(self) -> tuple[PricePhase, ...]:
        """Return the dated prices of a service, none where one price holds all the time."""
        self.ensure_one()
        start = self._billing_start()
        if self.price_step_ids:
            steps = [PricePhase(step.date_start, to_decimal(step.price_unit)) for step in self.price_step_ids]
            first = min(step.start for step in steps)
            return tuple(steps) if first <= start else (PricePhase(start, to_decimal(self.price_unit)), *steps)
        phases = self._plan_phases()
        return phases._phases(start, self.price_unit) if phases and start else ()

    def _plan_phases(self):
        """Return the phases of the offer that a draft will take over."""
        is_draft = self.contract_id.state == 'draft' and self.kind == 'recurring'
        return self.plan_line_id.phase_ids if is_draft and not self.plan_interval_id else self.env['service.plan.phase']

    def _complete_prices(self) -> None:
        """Write down the prices over time of services that start: the phases of their offer, the price before a step.

        Calling it twice changes nothing.
        """
        vals_list = []
        for line in self:
            known = set(line.price_step_ids.mapped('date_start'))
            start = line._billing_start()
            if known and min(known) > start:
                phases = (PricePhase(start, to_decimal(line.price_unit)),)
            elif not known and line.kind == 'recurring' and not line.plan_interval_id and line.plan_line_id.phase_ids:
                phases = line.plan_line_id.phase_ids._phases(start, line.price_unit)
            else:
                continue
            vals_list += [line._prepare_step_vals(phase) for phase in phases if phase.start not in known]
        self.env['service.price.step'].with_context(service_gate=SERVICE_GATE).create(vals_list)
        self._show_price()

    def _prepare_step_vals(self, phase: PricePhase) -> dict:
        return {
            'contract_line_id': self.id, 'date_start': phase.start, 'price_unit': float(phase.price),
            'reason': self.env._("As agreed"),
        }

    def _set_price(self, price_unit: float, day: date, reason: str) -> None:
        """Change the price of running services from a day on, with its history; billed days keep theirs.

        :raises UserError: for a day that is billed already.
        """
        for line in self:
            step = line.price_step_ids.filtered(lambda step: step.date_start == day)
            if step:
                step.write({'price_unit': price_unit, 'reason': reason})
                continue
            step.create({
                'contract_line_id': line.id, 'date_start': day, 'price_unit': price_unit, 'reason': reason,
            })

    def _billed_until(self) -> date | None:
        """Return the first day that is not billed, None where nothing is."""
        self.ensure_one()
        ends = [entry.period_end for entry in self.entry_ids if entry.state != 'void' and entry.kind == self.kind]
        return max(ends, default=None)

    # === BUSINESS: the price in force === #

    @api.model
    def _due_by_price(self) -> list[int]:
        """Return the ids of the services whose price changes today or has changed, company by company."""
        ids = []
        for company in self.env['res.company'].search([]):
            due = Domain('price_changes_on', '<=', company._service_today())
            ids += self.search(due & Domain('company_id', '=', company.id), order='id').ids
        return ids

    def _follow_price(self) -> None:
        """Let running services show the price in force today; a draft shows its regular price."""
        self.filtered(lambda line: line.contract_id.state != 'draft')._show_price()

    def _show_price(self) -> None:
        """Write down the price in force, and when it changes next; calling it twice changes nothing."""
        for line in self:
            today = max(line.company_id._service_today(), line._billing_start())
            vals = {'price_changes_on': line._next_price_change(today) or False}
            if line.price_step_ids:
                vals |= line._price_in_force_vals(today)
            changed = {name: value for name, value in vals.items() if name == 'tier_ids' or line[name] != value}
            if changed:
                line.with_context(service_gate=SERVICE_GATE).write(changed)

    def _price_in_force_vals(self, today: date) -> dict:
        """Return price and given price of a day; a special price stays one after a revision."""
        price = float(price_at(self._price_phases(), today))
        is_given = self.price_unit == self.given_price_unit
        return {'price_unit': price, **({'given_price_unit': price} if is_given else {})}

    def _next_price_change(self, today: date) -> date | None:
        """Return the next day on which the price changes; extend it for what else changes it."""
        return min((step.date_start for step in self.price_step_ids if step.date_start > today), default=None)

"""Options of a contract: booked on from a day and booked off again, each time within the rules of the plan."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..rules.errors import RuleError
from ..rules.options import choice_problems, new_problems
from ..rules.sent import shown
from ..rules.terms import ContractTerms, earliest_end
from .service_gate import SERVICE_GATE

ONE_DAY = timedelta(days=1)


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    option_ids = fields.Many2many(
        'service.plan.line', string="Options to book", compute='_compute_option_ids',
        help="What the plan offers on top and the contract does not have yet.",
    )

    @api.depends('plan_id.line_ids.is_optional', 'line_ids.plan_line_id', 'line_ids.plan_id', 'line_ids.date_end')
    def _compute_option_ids(self):
        for contract in self:
            options = contract._plans()._optional_lines()
            contract.option_ids = options - contract._booked_options().plan_line_id

    # === REMOTE === #

    def book_option(
        self, option: int | str, date_start: str | None = None, quantity: float | None = None,
    ) -> list[dict]:
        """Book an option of their plan on contracts, from a day on. What is booked already stays as it is.

        :param option: database id of the option (a service.plan.line), or internal reference of its product.
        :param date_start: first day, as 2025-12-31; None for today, in a draft for the start of the contract.
        :param quantity: how many; None for the quantity of the offer.
        :return: for each contract ``contract`` (id), ``line`` (id of the booked service), ``date_start``,
            ``date_end`` (texts, empty if none) and ``changed`` (true if this call booked it).
        :raises UserError: naming the contract, for an option its plan does not offer or that needs or excludes
            another, for a day before the contract, or a contract that has ended.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        self.check_access('write')
        self.env['service.contract.line']._check_input({'date_start': date_start, 'quantity': quantity})
        day = fields.Date.to_date(date_start) if date_start else None
        with self.env.cr.savepoint():
            return [contract._book(contract._find_option(option), day, quantity) for contract in self]

    def unbook_option(self, option: int | str, date_end: str | None = None, reason: str = '') -> list[dict]:
        """Book an option off. What is booked off already by that day stays as it is.

        :param option: database id of the option (a service.plan.line), or internal reference of its product.
        :param date_end: last day of the option, as 2025-12-31; None for the first day the option allows: today,
            the last day of its running period, or the end of its own notice.
        :param reason: a sentence for the history of the contract.
        :return: as `book_option`.
        :raises UserError: naming the contract, for an option it does not have or another option needs, or a day
            earlier than the option allows unless a contract manager gives a reason.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        self.check_access('write')
        self.env['service.contract.line']._check_input({'date_end': date_end, 'name': reason})
        day = fields.Date.to_date(date_end) if date_end else None
        with self.env.cr.savepoint():
            return [contract._unbook(contract._find_option(option), day, reason) for contract in self]

    # === ACTIONS === #

    def action_book_option(self) -> dict:
        """Open the form that books an option on or off."""
        return self._wizard_action('service_contracts.service_option_wizard_action')

    # === BOOK === #

    def _book(self, option, day: date | None, quantity: float | None) -> dict:
        """Book one option on one contract; a booking that was to end goes on instead."""
        self.ensure_one()
        day = self._booking_day(day)
        line = self._booked_options(day).filtered(lambda line: line.plan_line_id == option)[:1]
        if not line:
            self._check_choice(option, day, is_booked=True)
            line = self.env['service.contract.line'].create(self._prepare_option_vals(option, day, quantity))
            self._log_note(self.env._(
                "Option booked: %(option)s, from %(day)s", option=option._option_name(), day=format_date(self.env, day),
            ))
            return line._remote_booking(changed=True)
        if quantity is not None and quantity != line.quantity:
            raise UserError(self.env._(
                "%(contract)s has %(option)s with the quantity %(quantity)g. Change the quantity of that service, or "
                "book it off first.",
                contract=self.display_name, option=option._option_name(), quantity=line.quantity,
            ))
        if not line.date_end:
            return line._remote_booking(changed=False)
        line._take_back_end()
        return line._remote_booking(changed=True)

    def _booking_day(self, day: date | None) -> date:
        self._check_bookable()
        if self.state == 'draft':
            return day or self.date_start
        day = day or max(self.company_id._service_today(), self.date_start)
        if day < self.date_start or (self.date_end and day > self.date_end):
            raise UserError(self.env._(
                "%(contract)s does not run on %(day)s. Choose a day between its start and its end.",
                contract=self.display_name, day=format_date(self.env, day),
            ))
        return day

    def _check_bookable(self) -> None:
        if self.state not in ('draft', 'active', 'suspended'):
            raise UserError(self.env._(
                "%(contract)s is %(state)s; options are booked on running contracts and drafts only.",
                contract=self.display_name, state=self._state_label(self.state),
            ))

    def _prepare_option_vals(self, option, day: date, quantity: float | None) -> dict:
        """Return the values of the service that an option becomes; extend it to hand on further fields."""
        starts_later = self.state != 'draft' or day != self.date_start
        return {
            **option._prepare_contract_line_vals(),
            'contract_id': self.id,
            **({'quantity': quantity} if quantity is not None else {}),
            **({'date_start': day, **self._option_grid(option)} if starts_later else {}),
        }

    def _option_grid(self, option) -> dict:
        """Return the bill day that lets an option share the periods of its contract, where months allow it."""
        plan = option.plan_id
        is_ahead = option.kind == 'recurring' and self.plan_interval_id.plan_id == plan
        months = (self.plan_interval_id if is_ahead else plan)._interval().months
        if plan.anchor != 'start' or option.kind == 'one_time' or not months or 12 % months:
            return {}
        first = self._paid_from()
        return {'anchor': 'calendar', 'anchor_day': first.day, 'anchor_month': str(first.month)}

    # === BOOK OFF === #

    def _unbook(self, option, day: date | None, reason: str) -> dict:
        """Book one option off one contract, on the day given or the first that the option allows."""
        self.ensure_one()
        self._check_bookable()
        today = self.company_id._service_today()
        lines = self.line_ids.filtered(lambda line: line.plan_line_id == option)
        line = lines.filtered(lambda line: not line.date_end or line.date_end >= (day or today))[:1] or lines[:1]
        if not line:
            raise UserError(self.env._(
                "%(contract)s does not have the option %(option)s.",
                contract=self.display_name, option=option._option_name(),
            ))
        if line.date_end and line.date_end <= (day or line.date_end):
            return line._remote_booking(changed=False)
        self._check_choice(option, day or today, is_booked=False)
        if self.state == 'draft' or (line._service_start() > today and not line._billed()):
            self._log_note(self.env._("Option booked off: %s", option._option_name()))
            answer = line._remote_booking(changed=True)
            line.unlink()
            return {**answer, 'line': False}
        line._end_option(line._option_end(day, today, reason), reason)
        return line._remote_booking(changed=True)

    # === CHOICE === #

    def _plans(self):
        return self.plan_id | self.line_ids.plan_id

    def _find_option(self, option: int | str):
        """Return the option of the contract's plans that an id or a product reference names.

        :raises UserError: if there is none.
        """
        options = self._plans()._optional_lines()
        found = options.filtered(
            lambda line: option in (line.id, line.product_id.default_code) if option and type(option) in (int, str)
            else False,
        )[:1]
        if not found:
            raise UserError(self.env._(
                "%(contract)s: its plan offers no option “%(option)s”. It offers: %(options)s.",
                contract=self.display_name, option=shown(option),
                options=', '.join(options.mapped('display_name')) or self.env._("none"),
            ))
        return found

    def _booked_options(self, day: date | None = None):
        """Return the services that are booked options and run on a day or later."""
        self.ensure_one()
        day = day or self.company_id._service_today()
        return self.line_ids.filtered(
            lambda line: line.plan_line_id.is_optional and (not line.date_end or line.date_end >= day),
        )

    def _check_choice(self, option, day: date, is_booked: bool) -> None:
        """Refuse a change that the other options do not allow; what was wrong before is not its fault."""
        before = set(self._booked_options(day).plan_line_id.ids)
        after = before | {option.id} if is_booked else before - {option.id}
        options, groups = self._plans()._known_options()
        if problems := new_problems(before, after, options, groups):
            plan = option.plan_id
            raise UserError(self.env._(
                "%(contract)s: %(problems)s", contract=self.display_name,
                problems=' '.join(plan._problem_text(problem) for problem in problems),
            ))

    def _missing_for_activation(self) -> list[str]:
        missing = super()._missing_for_activation()
        options, groups = self._plans()._known_options()
        chosen = self._booked_options(self.date_start).plan_line_id.ids
        problems = sorted(choice_problems(chosen, options, groups)) if options else []
        return missing + [self.plan_id._problem_text(problem) for problem in problems]


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    is_option = fields.Boolean(related='plan_line_id.is_optional', string="Option")

    def action_unbook(self) -> dict:
        """Open the form that books this option off."""
        self.ensure_one()
        action = self.contract_id.action_book_option()
        return {**action, 'context': {
            **action['context'], 'default_direction': 'off', 'default_booked_line_id': self.id,
        }}

    def _option_end(self, day: date | None, today: date, reason: str) -> date:
        """Return the last day of an option that is booked off.

        :raises UserError: for a day before the first that the option allows, without a manager and a reason.
        """
        earliest = self._earliest_option_end(today)
        if day and day < earliest and not (reason and self.contract_id._may_waive_terms()):
            raise UserError(self.env._(
                "%(service)s can be booked off for %(earliest)s at the earliest. "
                "A contract manager can do it before that, with a reason.",
                service=self.display_name, earliest=format_date(self.env, earliest),
            ))
        return max(day or earliest, self._service_start())

    def _earliest_option_end(self, today: date) -> date:
        """Return the last day of the option if it is booked off today."""
        start = self._service_start()
        day = max(today, start)
        if self.plan_line_id.unbooking == 'at_once' or self.kind == 'one_time':
            return day
        if notice := self.plan_line_id._unbooking_notice():
            return earliest_end(ContractTerms(start, notice=notice), day)
        try:
            charged_from = self._billing_start()
            return self._recurrence(charged_from).full_period(max(day, charged_from)).last_day
        except RuleError:
            return day

    def _end_option(self, last_day: date, reason: str) -> None:
        """Write the last day of an option and log it; extend it to give back what was paid beyond."""
        self.ensure_one()
        self.with_context(service_gate=SERVICE_GATE).write({'date_end': last_day})
        self.contract_id._log_note(self.env._(
            "Option booked off: %(option)s, last day %(day)s. %(reason)s",
            option=self._service_name(), day=format_date(self.env, last_day), reason=reason or '',
        ))

    def _take_back_end(self) -> None:
        """Let an option go on that was to end; extend it to take back what followed from the end."""
        self.ensure_one()
        self.with_context(service_gate=SERVICE_GATE).write({'date_end': False})
        self.contract_id._log_note(self.env._("Option goes on: %s", self._service_name()))

    def _remote_booking(self, changed: bool) -> dict:
        return {
            'contract': self.contract_id.id,
            'line': self.id,
            'date_start': fields.Date.to_string(self._service_start()) or '',
            'date_end': fields.Date.to_string(self.date_end) or '',
            'changed': changed,
        }

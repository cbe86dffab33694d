"""What a wish to change costs, worked out without a trace, and the change that is made of it, once."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..rules.billing import due_charges, next_due
from ..rules.changes import ZERO, ChangeEffect, Standing, change_effect, matched
from ..rules.periods import Period
from .service_contract_line_change import effect_to_json
from .service_gate import SERVICE_GATE

ONE_DAY = timedelta(days=1)
CHANGE_KEYS = {'plan', 'when', 'services', 'reason'}
SERVICE_KEYS = {'line', 'product', 'quantity'}
KEY_LIMIT = 200
NO_PRICE = Standing(ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants: another plan, or other quantities of services (0 ends one); when None, the plan decides.

    `quantities` are pairs of a contract line, or a plan line not booked yet, and how many.
    """

    plan: Any
    quantities: tuple[tuple[Any, float], ...]
    when: str | None = None
    reason: str = ''


@dataclass(frozen=True, slots=True)
class Exchange:
    """One service that takes the place of another; either may be an empty recordset. `new` is not saved yet."""

    old: Any
    new: Any
    vals: dict | None
    full: Period | None = None
    effect: ChangeEffect | None = None

    @property
    def credit(self) -> Decimal:
        return self.effect.credit - self.effect.credit_back if self.effect else ZERO

    @property
    def charge(self) -> Decimal:
        return self.effect.charge - self.effect.charge_back if self.effect else ZERO


@dataclass(frozen=True, slots=True)
class Outcome:
    """A wish with its first day, what is exchanged, and what that comes to."""

    wish: Wish
    when: str
    day: date
    exchanges: tuple[Exchange, ...]
    figures: dict


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    # === REMOTE === #

    @api.model
    def preview_change(self, external_ref: str, change: dict) -> dict:
        """Return what a change would cost. Nothing is written.

        :param external_ref: reference of an active contract.
        :param change: an object with

            * ``plan``: id or reference of the plan wanted, one of those its plan allows; or
            * ``services``: objects with ``line`` (id of a contracted service) or ``product`` (id or internal reference
              of a service of the contract or its plan) and ``quantity`` (number; 0 ends the service)
            * ``when``: ``now`` or ``period_end``; what the plan asks for if left out
            * ``reason``: a sentence for the history

        :return: ``date_effective`` (first day), ``when``, ``credit`` (given back of the paid period), ``charge``
            (for the rest of it), ``net`` (to pay now), ``first_charge_date`` and ``first_charge_amount`` (next regular
            charge of the changed services), ``monthly_before``, ``monthly_after``, ``currency``, ``summary``;
            amounts in the prices of the contract, without tax unless its prices include it.
        :raises UserError: naming the contract, why it cannot change so, and what to do.
        :raises AccessError: without the right to write contracts.
        """
        contract = self._changing_contract(external_ref)
        return contract._outcome_answer(contract._outcome(contract._wish(change)))

    @api.model
    def request_change(self, external_ref: str, change: dict, key: str) -> dict:
        """Change a contract, now or when its period is over. Safe to call twice: a known key changes nothing more.

        :param external_ref: reference of an active contract.
        :param change: as in `preview_change`.
        :param key: the caller's own name of this request, at most 200 characters, unique in the company.
        :return: as `preview_change`, with ``id``, ``key``, ``state`` (scheduled, done or withdrawn), ``contract``
            (number) and ``created`` (true if this call made it).
        :raises UserError: as `preview_change`, or for a key that belongs to another contract.
        :raises AccessError: without the right to write contracts.
        """
        contract = self._changing_contract(external_ref)
        if not isinstance(key, str) or not 0 < len(key) <= KEY_LIMIT or '\x00' in key:
            raise UserError(self.env._("“key” must be a text of 1 to %s characters.", KEY_LIMIT))
        if known := contract._known_change(key):
            return known
        return contract._request_change(contract._wish(change), key)

    @api.model
    def withdraw_change(self, key: str) -> dict:
        """Take back a change that is scheduled. Withdrawn ones are left as they are.

        :param key: as given to `request_change`.
        :return: as `request_change`.
        :raises UserError: for an unknown key, or a change that holds already.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        change = self._change_by_key(key)
        if not change:
            raise UserError(self.env._("No change has the key “%s”.", str(key)[:60]))
        change.action_withdraw()
        return change._prepare_answer()

    def _changing_contract(self, external_ref: str):
        self._check_remote_access()
        return self._contracts_by_ref([external_ref] if isinstance(external_ref, str) else external_ref)

    def _change_by_key(self, key):
        if not isinstance(key, str):
            raise UserError(self.env._("“key” must be a text of 1 to %s characters.", KEY_LIMIT))
        company = self.company_id or self.env.company
        return self.env['service.contract.change'].search([('company_id', '=', company.id), ('key', '=', key)], limit=1)

    # === WISH === #

    def _wish(self, change: dict) -> Wish:
        """Return what an object asks for.

        :raises UserError: for what it cannot mean.
        """
        self._check_item(change, CHANGE_KEYS, self.env._("The change of %s", self.display_name))
        services = change.get('services', [])
        if ('plan' in change) == bool(services) or not isinstance(services, list):
            raise UserError(self.env._(
                "%s: a change names a “plan”, or a list of “services” with their quantities.", self.display_name,
            ))
        if change.get('when') not in (None, 'now', 'period_end'):
            raise UserError(self.env._("%s: “when” is now or period_end.", self.display_name))
        self._check_input({'external_ref': change.get('reason')})
        return Wish(
            self._target_plan(change['plan']) if 'plan' in change else self.env['service.plan'],
            tuple(self._wished_quantity(item, place) for place, item in enumerate(services, 1)),
            change.get('when'), change.get('reason') or '',
        )

    def _target_plan(self, value):
        found = self.plan_id.allowed_target_ids.filtered(
            lambda plan: type(value) in (int, str) and bool(value) and value in (plan.id, plan.code),
        )
        if not found:
            raise UserError(self.env._(
                "%(contract)s: its plan %(plan)s may not change to “%(target)s”, but to: %(allowed)s. "
                "The plan's page “Trial and changes” tells where it may go.",
                contract=self.display_name, plan=self.plan_id.name or self.env._("none"), target=str(value)[:60],
                allowed=', '.join(self.plan_id.allowed_target_ids.mapped('name')) or self.env._("none"),
            ))
        return found[0]

    def _wished_quantity(self, item, place: int) -> tuple:
        name = self.env._("Service %s", place)
        self._check_item(item, SERVICE_KEYS, name)
        if ('line' in item) == ('product' in item) or 'quantity' not in item:
            raise UserError(self.env._("%s: send “line” or “product”, and “quantity”.", name))
        self.env['service.contract.line']._check_input({'quantity': item['quantity']})
        wanted = item.get('line') or item.get('product')
        running = self._changeable_lines()
        offers = running if 'line' in item else [*running, *self._bookable_lines()]
        for service in offers:
            names = (service.id,) if 'line' in item else (service.product_id.id, service.product_id.default_code)
            if type(wanted) in (int, str) and wanted in names:
                return service, float(item['quantity'])
        raise UserError(self.env._(
            "%(contract)s has no running service “%(service)s”. It has: %(services)s.",
            contract=self.display_name, service=str(wanted)[:60],
            services=', '.join(line._service_name() for line in offers) or self.env._("none"),
        ))

    def _changeable_lines(self):
        """Return the services that run, or are to run, without an end of their own in the past."""
        today = self.company_id._service_today()
        return self.line_ids.filtered(
            lambda line: line.kind != 'one_time' and (not line.date_end or line.date_end >= today),
        )

    def _bookable_lines(self):
        """Return the services of the plan that the contract does not have."""
        offered = self.plan_id.line_ids.filtered(lambda line: line.kind != 'one_time')
        return offered - self._changeable_lines().plan_line_id

    # === DECIDE === #

    def _outcome(self, wish: Wish) -> Outcome:
        """Return what a wish comes to, without writing anything.

        :raises UserError: for a contract that cannot change, or not so.
        """
        self.ensure_one()
        self._check_changeable()
        wish.plan._check_offered_to(self.partner_id, self.pricelist_id)
        pairs = self._pairs_for_plan(wish.plan) if wish.plan else self._pairs_for_quantities(wish.quantities)
        outcome = self._outcome_on(wish, pairs, wish.when or 'now')
        if outcome.when == 'now' and self.plan_id.lower_at_period_end and self._is_smaller(wish, outcome):
            if wish.when:
                raise UserError(self.env._(
                    "%(contract)s: %(change)s is smaller than what is paid. It may begin when the period is over.",
                    contract=self.display_name, change=outcome.figures['summary'],
                ))
            outcome = self._outcome_on(wish, pairs, 'period_end')
        if self.date_end and outcome.day > self.date_end:
            raise UserError(self.env._(
                "%(contract)s ends on %(end)s, before the change on %(day)s. Take back the end first.",
                contract=self.display_name, end=format_date(self.env, self.date_end),
                day=format_date(self.env, outcome.day),
            ))
        return outcome

    def _check_changeable(self) -> None:
        self._check_state('active', self.env._("only an active contract can be changed"))
        if scheduled := self.sudo().scheduled_change_id:  # sudo: a customer may ask for a change, too
            raise UserError(self.env._(
                "%(contract)s: %(change)s is scheduled for %(day)s. Withdraw it first.",
                contract=self.display_name, change=scheduled.summary,
                day=format_date(self.env, scheduled.date_effective),
            ))

    def _is_smaller(self, wish: Wish, outcome: Outcome) -> bool:
        is_lower = wish.plan._is_lower_than(self.plan_id) if wish.plan else None
        monthly = outcome.figures['monthly_before'] - outcome.figures['monthly_after']
        return self.currency_id.compare_amounts(monthly, 0) > 0 if is_lower is None else is_lower

    def _pairs_for_plan(self, plan) -> list[tuple]:
        """Return each service of the present plan with the values of the one in the new plan that takes its place."""
        old = self._changeable_lines().filtered(lambda line: line.plan_id in (self.plan_id, line.browse().plan_id))
        products = old.product_id
        new = plan.line_ids.filtered(lambda line: line.kind != 'one_time' and (
            not line.is_optional or line.product_id in products
        ))
        pairs = matched([line.product_id.id for line in old], [line.product_id.id for line in new])
        return [
            (old[before] if before is not None else old.browse(),
             self._target_vals(new[after], old[before] if before is not None else old) if after is not None else None)
            for before, after in pairs
        ]

    def _target_vals(self, plan_line, old) -> dict:
        """Return a service of the new plan; a quantity that the customer chose is kept."""
        vals = plan_line._prepare_contract_line_vals()
        is_same = len(old) == 1 and old.product_id == plan_line.product_id
        if is_same and old.plan_line_id and old.quantity != old.plan_line_id.quantity:
            vals['quantity'] = old.quantity
        return vals

    def _pairs_for_quantities(self, quantities) -> list[tuple]:
        pairs = []
        for service, quantity in quantities:
            if service._name == 'service.plan.line':
                if quantity:
                    vals = {**service._prepare_contract_line_vals(), 'quantity': quantity}
                    pairs.append((self.env['service.contract.line'], vals))
            elif quantity != service.quantity:
                pairs.append((service, service._prepare_quantity_vals(quantity) if quantity else None))
        if not pairs:
            raise UserError(self.env._("%s: nothing would change. Send another quantity.", self.display_name))
        return pairs

    def _outcome_on(self, wish: Wish, pairs: list[tuple], when: str) -> Outcome:
        day = self._change_day(when, [old for old, _vals in pairs if old])
        exchanges = tuple(self._exchange(old, vals, day) for old, vals in pairs)
        return Outcome(wish, when, day, exchanges, self._change_figures(wish, exchanges))

    def _change_day(self, when: str, old: list) -> date:
        """Return the first day of what is new: today, or when all that is paid of the services is over."""
        today = max(self.company_id._service_today(), self.date_start)
        if when == 'now':
            return today
        ends = [self._paid_from()]
        for line in old or self._changeable_lines():
            terms = line._billing_terms()
            ends += [terms.recurrence.full_period(today).end, *(period.end for period in terms.billed)]
        return max([today, *ends])

    def _exchange(self, old, vals: dict | None, day: date) -> Exchange:
        """Return what it costs that one service takes the place of another on a day."""
        Line = self.env['service.contract.line']
        base = old or self._changeable_lines().filtered(lambda line: line._is_in_advance())[:1]
        full = base._paid_period(day) if base else None
        new = Line
        if vals is not None:
            vals = self._complete_vals(vals, base, day)
            new = Line.new(vals)
        goes_on = bool(new and full and new._is_in_advance() and new._is_on_grid_of(base))
        if not full or not (old or goes_on):
            return Exchange(old, new, vals)
        price = new._price_of_period(full) if goes_on else ZERO
        standing, last = old._standing(full) if old else (NO_PRICE, None)
        effect = change_effect(
            standing, price, day, full, self.plan_id._change_rules(), self.currency_id.decimal_places, last,
        )
        if goes_on:
            vals['charged_until'] = new.charged_until = full.end
        return Exchange(old, new, vals, full, effect)

    def _complete_vals(self, vals: dict, base, day: date) -> dict:
        """Return the values of a service that begins on a day, priced, on the bill days of the one before."""
        Line = self.env['service.contract.line']
        vals = {**vals, 'contract_id': self.id, 'date_start': day}
        if 'origin_date' in vals:
            vals |= base._prepare_price_vals_from(day)
        if 'price_unit' not in vals:
            price = Line.new({**vals, 'price_unit': 0.0, 'given_price_unit': 0.0})._given_price()
            vals |= {'price_unit': price, 'given_price_unit': price}
        if base:
            vals |= Line.new(vals)._prepare_grid_vals(base)
        return vals

    # === FIGURES === #

    def _change_figures(self, wish: Wish, exchanges: tuple[Exchange, ...]) -> dict:
        """Return what the customer is told before agreeing."""
        credit = float(sum((item.credit for item in exchanges), ZERO))
        charge = float(sum((item.charge for item in exchanges), ZERO))
        first_day, first_amount = self._first_charge([item.new for item in exchanges if item.new])
        before = self.recurring_monthly
        after = before + sum(item.new.recurring_monthly for item in exchanges if item.new)
        after -= sum(item.old.recurring_monthly for item in exchanges)
        return {
            'summary': self._change_summary(wish, exchanges),
            'credit': credit, 'charge': charge, 'net': self.currency_id.round(charge - credit),
            'first_charge_date': first_day, 'first_charge_amount': first_amount,
            'monthly_before': before, 'monthly_after': self.currency_id.round(after),
        }

    def _first_charge(self, lines: list) -> tuple[date | bool, float]:
        """Return when the new services are charged regularly for the first time, and how much."""
        amounts = {}
        for line in lines:
            terms = line._billing_terms()
            day = next_due(terms)[1]
            if not day or line.kind == 'usage':
                continue
            rated = self.env['service.usage.rater']._rate({line: due_charges(terms, day, 1)}, {line.id: terms})
            parts = self._with_reductions(rated, {line.id: terms})[line]
            digits = self.currency_id.decimal_places
            if amount := sum((part.amount(digits) for part in parts), ZERO):
                amounts[day] = amounts.get(day, ZERO) + amount
        first = min(amounts, default=False)
        return first, float(amounts.get(first, ZERO))

    def _change_summary(self, wish: Wish, exchanges: tuple[Exchange, ...]) -> str:
        if wish.plan:
            return f'{self.plan_id.name} → {wish.plan.name}'
        return ', '.join(
            f'{(item.new or item.old)._service_name()}: {item.old.quantity or 0:g} → {item.new.quantity or 0:g}'
            for item in exchanges
        )

    def _outcome_answer(self, outcome: Outcome) -> dict:
        figures = outcome.figures
        return {
            **figures, 'when': outcome.when, 'currency': self.currency_id.name,
            'date_effective': fields.Date.to_string(outcome.day),
            'first_charge_date': fields.Date.to_string(figures['first_charge_date']) or '',
        }

    # === DO === #

    def _request_change(self, wish: Wish, key: str | None = None) -> dict:
        """Make the change that a wish asks for, unless the key says that it was made already."""
        self.ensure_one()
        self.check_access('write')
        self._claim_for_edit()
        if key and (known := self._known_change(key)):
            return known
        change = self._make_change(self._outcome(wish), key)
        return {**change._prepare_answer(), 'when': change.when, 'created': True}

    def _known_change(self, key: str) -> dict | None:
        """Return the answer of the change that was made with a key.

        :raises UserError: if the key belongs to another contract.
        """
        known = self._change_by_key(key)
        if known and known.contract_id != self:
            raise UserError(self.env._(
                "The key “%(key)s” belongs to a change of %(contract)s. Choose another one.",
                key=key, contract=known.contract_id.display_name,
            ))
        return {**known._prepare_answer(), 'when': known.when, 'created': False} if known else None

    def _make_change(self, outcome: Outcome, key: str | None = None):
        """Write a change: its document, the services, and what it credits and charges."""
        # sudo: documents and pending charges are made by changes only, nobody writes them by hand
        change_sudo = self.env['service.contract.change'].sudo().create({
            'contract_id': self.id, 'key': key, 'user_id': self.env.uid, 'reason': outcome.wish.reason,
            'plan_from_id': self.plan_id.id, 'plan_id': outcome.wish.plan.id,
            'when': outcome.when, 'date_effective': outcome.day, **outcome.figures,
        })
        for exchange in outcome.exchanges:
            self._carry_out(change_sudo, exchange, outcome.day)
        if outcome.day <= max(self.company_id._service_today(), self.date_start):
            change_sudo._take_effect()
        else:
            self._log_event('change_requested', outcome.figures['summary'], outcome.day)
            self._log_note(self.env._(
                "Change from %(day)s: %(summary)s", day=format_date(self.env, outcome.day),
                summary=outcome.figures['summary'],
            ))
        return change_sudo.with_user(self.env.user).sudo(self.env.su)

    def _carry_out(self, change_sudo, exchange: Exchange, day: date) -> None:
        """End the old service on the day before, begin the new one, and propose what both cost."""
        old, effect = exchange.old, exchange.effect
        last_day = old.date_end
        new = old.create(exchange.vals) if exchange.vals is not None else old.browse()
        if last_day and new:
            new.date_end = last_day
        if old:
            old.with_context(service_gate=SERVICE_GATE).write({'date_end': max(day, old._service_start()) - ONE_DAY})
        step_sudo = change_sudo.env['service.contract.change.line'].create({
            'change_id': change_sudo.id, 'old_line_id': old.id, 'new_line_id': new.id, 'old_date_end': last_day,
            'credit': float(exchange.credit), 'charge': float(exchange.charge),
            'net': float(exchange.charge - exchange.credit),
            'effect': effect and effect_to_json(effect, exchange.full),
        })
        if effect:
            step_sudo._propose_charges(effect, exchange.full)


class ServiceContractChangeLine(models.Model):
    _inherit = 'service.contract.change.line'

    def _propose_charges(self, effect: ChangeEffect, full: Period) -> None:
        """Put credit and charge on the next invoice; what an earlier change of the same day did is taken back."""
        self.ensure_one()
        earlier = self.old_line_id.change_line_ids[:1] if effect.charge_back or effect.credit_back else self.browse()
        taken_back = earlier._take_back_charges(self, effect, full)
        first = self._first_line_of(effect.on)
        self.env['service.pending.charge']._propose([*taken_back, *filter(None, (
            self._prepare_pending('credit', first, -effect.credit, effect, full),
            self._prepare_pending('charge', self.new_line_id, effect.charge, effect, full),
        ))])

    def _first_line_of(self, day: date):
        """Return the service that ran when a day began, before all changes of that day."""
        line, step = self.old_line_id, self.old_line_id.change_line_ids[:1]
        while step.effect and step.effect['on'] == str(day) and step.old_line_id:
            line, step = step.old_line_id, step.old_line_id.change_line_ids[:1]
        return line

    def _take_back_charges(self, later, effect: ChangeEffect, full: Period) -> list[dict]:
        """Cancel what this change put on the next invoice; return what takes back the part billed already."""
        back = []
        for part, amount in (('charge', -effect.charge_back), ('credit', effect.credit_back)):
            pending = self.env['service.pending.charge'].search([('key', '=', self._pending_key(part))])
            if pending.state == 'open':
                pending._cancel(self.env._("Changed again on the same day"))
            elif amount:
                back.append(later._prepare_pending(f'{part}-back', pending.contract_line_id, amount, effect, full))
        return back

    def _pending_key(self, part: str) -> str:
        return f'change:{self.id}:{part}'

    def _prepare_pending(self, part: str, line, amount: Decimal, effect: ChangeEffect, full: Period) -> dict | None:
        if not amount:
            return None
        change, rest = self.change_id, Period(effect.on, full.end)
        env = self.with_context(lang=change.contract_id.partner_invoice_id.lang).env
        price = effect.before.price if amount < 0 else effect.after.price
        text = env._("Credit for what is left: %s", line._portal_name()) if amount < 0 else env._(
            "Rest of the period: %s", line._portal_name(),
        )
        money = change.currency_id.with_env(env).format
        return {
            'key': self._pending_key(part), 'contract_line_id': line.id, 'origin': 'change', 'name': text,
            'charge_date': effect.on, 'period_start': rest.start, 'period_end': rest.end, 'amount': float(amount),
            'explanation': {'rows': [
                {'label': env._("Change"), 'text': change.summary},
                {'label': env._("Price of a period"), 'text': money(float(price))},
                {'label': env._("Days left"), 'text': f'{rest.days}/{full.days}'},
            ]},
        }

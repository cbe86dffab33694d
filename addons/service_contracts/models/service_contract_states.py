"""The life of a contract: one gate for its states, and what starts, pauses and ends it."""

from datetime import date

from markupsafe import Markup
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..rules.errors import RuleError, TransitionError
from ..rules.states import check_transition
from ..rules.terms import earliest_end
from .service_gate import SERVICE_GATE


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    # === ACTIONS === #

    def action_activate(self) -> bool:
        """Start draft contracts. Active ones are left as they are.

        :raises UserError: naming the contract, all that is missing, and the remedy.
        """
        self.check_access('write')
        starting = self.filtered(lambda contract: contract.state != 'active')
        starting._check_state('draft', self.env._("only a draft is activated. Resume or reinstate it instead"))
        starting._check_complete()
        starting._fix_lines_start()
        starting._mark_customers()
        starting._set_state('active', self.env._("Activated"))
        starting._follow_term()
        for contract in starting:
            contract.pause_ids._start(contract.company_id._service_today())
        return True

    def action_suspend(self) -> bool:
        """Stop the service of active contracts from today until somebody resumes it.

        :raises UserError: if a contract is neither active nor suspended.
        """
        return self.action_pause()

    def action_pause(
        self, date_start: str | None = None, date_end: str | None = None, reason: str = '', cause: str = 'request',
    ) -> bool:
        """Pause contracts; paused days are not charged. Contracts suspended already are left as they are.

        :param date_start: first day without service, as 2025-12-31; None for today.
        :param date_end: first day with service again; None until somebody resumes it.
        :param reason: a sentence for the history of the contract.
        :param cause: request, nonpayment, breach or other.
        :raises UserError: if a contract is not running, or a date is none or in the wrong order.
        """
        return self._pause_from(date_start, date_end, reason, cause=cause)

    def _pause_from(self, date_start=None, date_end=None, reason: str = '', **vals) -> bool:
        """Pause active contracts; `vals` are further values of the pause."""
        self.check_access('write')
        pausing = self.filtered(lambda contract: contract.state != 'suspended')
        pausing._check_state('active', self.env._("only an active contract can be paused"))
        for contract in pausing:
            today = contract.company_id._service_today()
            pause = self.env['service.contract.pause'].create({
                'contract_id': contract.id, 'date_start': date_start or today, 'date_end': date_end,
                'reason': reason, **vals,
            })
            if pause.date_start > today:
                contract._log_event('suspension_planned', reason, pause.date_start, pause.cause)
            pause._start(today)
        return True

    def action_resume(self, date_end: str | None = None) -> bool:
        """Take up the service of suspended contracts. Active ones are left as they are.

        :param date_end: first day with service again, as 2025-12-31; None for today. Days of the pause
            before it are not charged; a later day is kept and reached by itself. What was suspended
            without a pause runs again at once.
        :raises UserError: if a contract is neither suspended nor active, or the day lies before the pause.
        """
        self.check_access('write')
        resuming = self.filtered(lambda contract: contract.state != 'active')
        resuming._check_state('suspended', self.env._("only a suspended contract can be resumed"))
        for contract in resuming:
            contract._resume(date_end)
        return True

    def action_end(self) -> dict:
        """Open the form that ends the contract and shows the earliest day."""
        return self._wizard_action('service_contracts.service_contract_end_action')

    def action_remove(self) -> dict:
        """Open the form that removes the contract for good."""
        return self._wizard_action('service_contracts.service_contract_remove_action')

    def action_reinstate(self) -> bool:
        """Take back the end of contracts: ended ones run again from today, running ones go on.

        Days without service in between become a pause, so that they are not charged.

        :raises UserError: if a contract was never active or is removed.
        """
        self.check_access('write')
        for contract in self:
            contract._reinstate()
        return True

    def _wizard_action(self, xmlid: str) -> dict:
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(xmlid)
        return {**action, 'context': {'default_contract_id': self.id}}

    # === GATE === #

    def _set_state(self, target: str, reason: str, on_date: date | None = None) -> None:
        """Bring contracts into a state, the only way there is; those already in it stay untouched.

        Extend it to let something follow a change of state.

        :param reason: why, in a few words, for the history of the contract.
        :param on_date: the day from which it holds, if it is not today.
        :raises UserError: naming the contract and both states, if the change is not allowed.
        """
        self.check_access('write')
        changing = self.filtered(lambda contract: contract.state != target)
        sources = {contract: contract.state for contract in changing}
        for contract, source in sources.items():
            contract._check_transition(source, target)
        changing.with_context(service_gate=SERVICE_GATE).write({'state': target})
        changing._log_states(sources, target, self._dated(reason, on_date))

    def _check_transition(self, source: str, target: str) -> None:
        try:
            check_transition(source, target)
        except TransitionError:
            raise UserError(self.env._(
                "%(contract)s is %(state)s and cannot become %(target)s.",
                contract=self.display_name, state=self._state_label(source), target=self._state_label(target),
            )) from None

    def _check_state(self, expected: str, rule: str) -> None:
        """Refuse contracts in another state than expected, with the rule they break."""
        for contract in self:
            if contract.state != expected:
                raise UserError(self.env._(
                    "%(contract)s is %(state)s; %(rule)s.",
                    contract=contract.display_name, state=self._state_label(contract.state), rule=rule,
                ))

    def _state_label(self, state: str) -> str:
        return dict(self._fields['state']._description_selection(self.env))[state]

    def _log_states(self, sources: dict, target: str, reason: str) -> None:
        """Write one line into the chatter of each contract, all with one statement."""
        if sources:
            self._message_log_batch({
                contract.id: Markup("<b>%s → %s</b><br/>%s") % (
                    self._state_label(source), self._state_label(target), reason,
                )
                for contract, source in sources.items()
            })

    def _dated(self, reason: str, on_date: date | None) -> str:
        if not on_date:
            return reason
        return self.env._("%(reason)s (from %(date)s)", reason=reason, date=format_date(self.env, on_date))

    # === START === #

    def _check_complete(self) -> None:
        """Refuse to start contracts that could not be billed, with all reasons at once."""
        for contract in self:
            if missing := contract._missing_for_activation():
                raise UserError(self.env._(
                    "%(contract)s cannot be activated yet:\n%(missing)s",
                    contract=contract.display_name, missing='\n'.join(f'• {text}' for text in missing),
                ))

    def _missing_for_activation(self) -> list[str]:
        """Return what keeps the contract from being active, each with its remedy."""
        self.ensure_one()
        env, missing = self.env, []
        if not self.line_ids:
            missing.append(env._("It has no services. Add one or load those of its plan."))
        for line in self.line_ids:
            missing += line._missing_for_activation()
        if not self.partner_id.active:
            missing.append(env._("The customer %s is archived. Restore it or choose another.", self.partner_id.name))
        if not self.currency_id.active:
            missing.append(env._("Its currency is missing or inactive. Activate it or choose another pricelist."))
        if not self.journal_id.active:
            missing.append(env._("It has no usable sales journal. Choose one on “Other info”."))
        return missing

    def _fix_lines_start(self) -> None:
        """Write down the start of lines that only followed their contract."""
        for contract in self:
            following = contract.line_ids.filtered(lambda line: not line.date_start)
            following.with_context(service_gate=SERVICE_GATE).write({'date_start': contract.date_start})

    def _mark_customers(self) -> None:
        """Rank first-time customers now: the first invoice would write the rank inside the billing run,
        where two runs of the same customer then fail on each other."""
        partners_sudo = (self.partner_id | self.partner_invoice_id).sudo()  # sudo: writes the rank, nothing else
        partners_sudo |= partners_sudo.commercial_partner_id
        partners_sudo.filtered(lambda partner: not partner.customer_rank).write({'customer_rank': 1})

    # === PAUSE === #

    def _resume(self, date_end=None) -> None:
        self.ensure_one()
        today = self.company_id._service_today()
        running = self.pause_ids.filtered(lambda pause: pause.state == 'running')
        if not running:
            self._set_state('active', self.env._("Resumed"))
            return
        running._check_input({'date_end': date_end})
        resume_on = fields.Date.to_date(date_end) or today
        running.with_context(service_gate=SERVICE_GATE).write({'date_end': resume_on})
        running._finish(today)
        if resume_on > today:
            self._log_note(self.env._("Resumes on %s", format_date(self.env, resume_on)))

    # === END === #

    def _may_waive_terms(self) -> bool:
        return self.env.su or self.env.user.has_group('service_contracts.group_contract_manager')

    def _earliest_end(self) -> date | bool:
        """Return the last day of service if notice were given today; False while the dates make no sense."""
        self.ensure_one()
        if not self.date_start:
            return False
        try:
            day = earliest_end(self._contract_terms(self._terms_start()), self.company_id._service_today())
        except (RuleError, OverflowError):
            return False
        return min(day, self.date_end) if self.renewal == 'none' and self.date_end else day

    def _terms_start(self) -> date:
        """Return the day from which minimum term and renewals count."""
        self.ensure_one()
        return self.date_start

    def _end(self, date_end: date, reason: str) -> None:
        """Set the last day of service of running contracts and end those whose last day is past.

        :raises UserError: if a contract is not running, or ends before its terms allow without a manager.
        """
        self.check_access('write')
        for contract in self:
            contract._check_end(date_end, reason)
        self._write_end(date_end)
        self._log_note(self.env._(
            "Ends on %(date)s. %(reason)s", date=format_date(self.env, date_end), reason=reason or '',
        ))
        self._log_event('end_planned', reason or '', date_end)
        self._end_expired()

    def _write_end(self, date_end: date | bool) -> None:
        self.with_context(service_gate=SERVICE_GATE).write({'date_end': date_end})

    def _check_end(self, date_end: date, reason: str) -> None:
        if self.state not in ('active', 'suspended'):
            raise UserError(self.env._(
                "%(contract)s is %(state)s; only a running contract can be ended.",
                contract=self.display_name, state=self._state_label(self.state),
            ))
        earliest = self._earliest_end_for(date_end)
        if earliest and date_end < earliest and not (reason and self._may_waive_terms()):
            raise UserError(self.env._(
                "%(contract)s may end on %(earliest)s at the earliest. "
                "A contract manager can end it before that, with a reason.",
                contract=self.display_name, earliest=format_date(self.env, earliest),
            ))

    def _earliest_end_for(self, date_end: date) -> date | bool:
        """Return the earliest last day for a wished one. Extend it for days with terms of their own."""
        return self._earliest_end()

    def _end_expired(self) -> None:
        """End the contracts whose last day is past."""
        for contract in self.filtered(lambda contract: contract.state in ('active', 'suspended')):
            if contract.date_end and contract.date_end < contract.company_id._service_today():
                last_day = format_date(self.env, contract.date_end)
                contract._set_state('ended', self.env._("Last day %s", last_day))

    def _remove(self, reason: str) -> None:
        """Remove contracts for good: nothing more is billed, what was billed stays.

        :raises UserError: without a reason, or before the terms allow it without a manager.
        """
        self.check_access('write')
        if not reason:
            raise UserError(self.env._("Say why the contract is removed."))
        for contract in self.filtered(lambda contract: contract.state in ('active', 'suspended')):
            today = contract.company_id._service_today()
            contract._check_end(today, reason)
            contract._write_end(max(contract.date_start, min(contract.date_end or today, today)))
        self._set_state('removed', reason)

    def _reinstate(self) -> None:
        self.ensure_one()
        if self.state not in ('active', 'suspended', 'ended'):
            raise UserError(self.env._(
                "%(contract)s is %(state)s and cannot run again. Open a new contract.",
                contract=self.display_name, state=self._state_label(self.state),
            ))
        last_day = self.date_end
        if not last_day:
            return
        if self.state == 'ended':
            self._bridge(last_day, self.company_id._service_today())
            self._write_end(False)
            self._set_state('active', self.env._("Reinstated"))
        else:
            self._write_end(False)
            self._log_note(self.env._("The end on %s is taken back.", format_date(self.env, last_day)))
            self._log_event('end_withdrawn', day=last_day)
        self._follow_term()

    def _bridge(self, last_day: date, today: date) -> None:
        """Make a pause of the days between the last day of service and today."""
        if running := self.pause_ids.filtered(lambda pause: pause.state == 'running'):
            running._set_state('over', date_end=today)
        elif (first := fields.Date.add(last_day, days=1)) < today:
            pause = self.env['service.contract.pause'].create({
                'contract_id': self.id, 'date_start': first, 'date_end': today,
                'reason': self.env._("Had ended"),
            })
            pause._set_state('over')

    # === EDITS DURING BILLING === #

    def _claim_for_edit(self) -> None:
        """Let an edit of a part of these contracts and a billing run on them exclude each other.

        A run writes the contracts it bills. Writing the same rows makes whoever comes second wait and then
        start over, instead of both going on from what they read before.
        """
        if self.ids:
            self.env.cr.execute('UPDATE service_contract SET write_date = write_date WHERE id = ANY(%s)', (self.ids,))

"""Changes of contracts as other systems ask for them: looked at, requested once by a key, withdrawn."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.sent import is_text, shown
from .service_change_outcome import Outcome

KEY_LIMIT = 200


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    @api.model
    def preview_change(self, external_ref: str, change: dict) -> dict:
        """Return what a change would cost. Nothing is written.

        :param external_ref: reference of an active contract.
        :param change: an object with

            * ``plan``: id or reference of the plan wanted, one of those its plan allows, and
            * ``interval``: an interval of that plan, or of the present one without ``plan``, as an object with
              ``count`` (1 if left out) and ``unit``; None or False: as often as the plan says; left out: the one that
              runs, if the plan offers it; or
            * ``services``: objects with ``line`` (id of a contracted service) or ``product`` (id or internal reference
              of a service of the contract or its plan), ``quantity`` (number; 0 ends the service) and ``price`` (unit
              price from then on, for one of the contract without a list of prices); one of both may be left out
            * ``when``: ``now`` or ``period_end``; what the plan asks for if left out
            * ``reason``: a sentence for the history

        :return: ``date_effective`` (first day), ``when``, ``interval`` (an object as asked for, or False), ``credit``
            (given back of the paid period), ``charge`` (for the rest of it), ``net`` (to pay now),
            ``first_charge_date`` and ``first_charge_amount`` (next regular charge of the changed services),
            ``monthly_before``, ``monthly_after``, ``currency``, ``summary``; only looked at: ``billed_now`` (what the
            change adds to an invoice of today, ``net`` with regular charges that begin today, after credit),
            ``credit_returned`` (to prepaid credit that paid for days given back), ``credit_used`` (taken from it);
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
        if not key or not is_text(key, KEY_LIMIT):
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
            raise UserError(self.env._("No change has the key “%s”.", shown(key)))
        change.action_withdraw()
        return change._prepare_answer()

    def _changing_contract(self, external_ref: str):
        self._check_remote_access()
        return self._contracts_by_ref([external_ref] if isinstance(external_ref, str) else external_ref)

    def _change_by_key(self, key):
        if not is_text(key, KEY_LIMIT):
            raise UserError(self.env._("“key” must be a text of 1 to %s characters.", KEY_LIMIT))
        company = self.company_id or self.env.company
        return self.env['service.contract.change'].search([('company_id', '=', company.id), ('key', '=', key)], limit=1)

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

    def _outcome_answer(self, outcome: Outcome) -> dict:
        figures = outcome.figures
        return {
            **figures, **self._credit_figures(outcome), 'when': outcome.when,
            'interval': (outcome.wish.interval or self.plan_interval_id.browse())._prepare_answer(),
            'currency': self.currency_id.name,
            'date_effective': fields.Date.to_string(outcome.day),
            'first_charge_date': fields.Date.to_string(figures['first_charge_date']) or '',
        }

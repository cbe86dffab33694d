"""What was agreed when charges were made: kept before it changes, so that each charge is checked by its own terms."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.agreed import Agreed, bonus_from_json, bonus_to_json
from ..rules.billing import Cut, LineTerms
from ..rules.errors import RuleError
from ..rules.periods import Period
from ..rules.price_schedule import PricePhase
from ..rules.reductions import Reduction
from .service_gate import SERVICE_GATE, has_passed_gate
from .service_price_mixin import PRICE_FIELDS
from .service_usage_rater import price_from_json, price_to_json

PRICE_IN_FORCE = {'price_unit', 'given_price_unit', 'given_price_list', 'tier_ids', 'event_price', 'minimum_charge',
                  'maximum_charge', 'price_changes_on'}
"""What a service with prices over time only shows; its steps tell what holds."""
LINE_TERMS = {'lead_days', 'quantity', 'price_unit', 'discount', 'proration', 'date_start', 'date_end', 'charged_until',
              'anchor_date', 'origin_date', 'runs_in_pause', 'tier_ids', 'reduction_ids', *PRICE_FIELDS}
CONTRACT_TERMS = {'date_start', 'date_end', 'date_trial_end', 'trial_charges_setup', 'pause_ids'}
NUMBERS = ('quantity', 'price_unit', 'discount')


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    terms_history = fields.Json(
        readonly=True, copy=False, prefetch=False, groups='base.group_system',
        help="Pairs of the newest charge made under some terms, and these terms, oldest first.",
    )

    def write(self, vals):
        if changed := LINE_TERMS & vals.keys():
            shown = changed <= PRICE_IN_FORCE
            self.filtered(lambda line: not (shown and line.price_step_ids))._keep_agreed()
        return super().write(vals)

    def _check_input(self, vals):
        # EXTENDS service_contracts: what was agreed is kept by the system alone
        if 'terms_history' in vals and not has_passed_gate(self.env):
            raise UserError(self.env._("The history of the terms is kept by the system. Leave it out."))
        super()._check_input({name: value for name, value in vals.items() if name != 'terms_history'})

    def _keep_agreed(self) -> None:
        """Write down what holds now for the charges made under it. Call it before that changes; twice keeps it once."""
        # sudo: whoever changes a contract keeps its history; nobody writes it by hand
        lines_sudo = self.sudo().filtered(lambda line: line.contract_state != 'draft')
        newest = dict(self.env['service.billing.entry'].sudo()._read_group(
            [('contract_line_id', 'in', lines_sudo.ids)], ['contract_line_id'], ['id:max'],
        ))
        for line in lines_sudo.filtered(newest.get):
            history = line.terms_history or []
            if history and history[-1][0] >= newest[line]:
                continue
            try:
                kept = _agreed_to_json(line._agreed())
            except RuleError:
                continue  # terms that make no sense billed nothing
            line.with_context(service_gate=SERVICE_GATE).terms_history = [*history, [newest[line], kept]]

    def _agreed(self) -> Agreed:
        """Return what is agreed now.

        :raises RuleError: when the fields of the service make no sense together.
        """
        self.ensure_one()
        return Agreed(self._standing_terms(), self._price_phases(), self._price_lists(),
                      self.reduction_ids._reductions(None))

    def _agreed_at(self, entry_id: int, now: Agreed) -> Agreed:
        """Return what was agreed when a charge was made.

        :param now: what is agreed now, which holds for charges made since the last change.
        """
        for newest, kept in self.sudo().terms_history or ():  # sudo: only read to be compared
            if entry_id <= newest:
                return self._agreed_from_json(kept, now)
        return now

    def _price_lists(self) -> tuple:
        if not self._is_rated():
            return ()
        dated = [(step.date_start, price_from_json(step.price_list)) for step in self._list_steps()]
        return ((date.min, self._price_model()), *dated)

    def _agreed_from_json(self, kept: dict, now: Agreed) -> Agreed:
        start = _date(kept['start'])
        terms = LineTerms(
            line_id=self.id, kind=self.kind, timing=now.terms.timing, start=start, end=_date(kept['end']),
            recurrence=self._recurrence(start) if self.kind != 'one_time' else None, proration=kept['proration'],
            pauses=tuple(Period(*map(date.fromisoformat, days)) for days in kept['pauses']),
            origin=_date(kept['origin']), began=_cut(kept['began']), ended=_cut(kept['ended']),
            lead=kept.get('lead', 0), lead_from=_date(kept.get('lead_from')),
            **{name: Decimal(kept[name]) for name in NUMBERS},
        )
        return Agreed(
            terms,
            tuple(PricePhase(date.fromisoformat(day), Decimal(price)) for day, price in kept['phases']),
            tuple((date.fromisoformat(day), price_from_json(model)) for day, model in kept['lists']),
            tuple(Reduction(bonus_from_json(bonus), since=_date(since), origin=_date(origin))
                  for bonus, since, origin in kept['reductions']),
        )


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def write(self, vals):
        if CONTRACT_TERMS & vals.keys():
            self.line_ids._keep_agreed()
        return super().write(vals)


class ServiceContractPause(models.Model):
    _inherit = 'service.contract.pause'

    @api.model_create_multi
    def create(self, vals_list):
        contracts = self.env['service.contract'].browse(
            {vals['contract_id'] for vals in vals_list if type(vals.get('contract_id')) is int},
        ).exists()
        contracts.line_ids._keep_agreed()
        return super().create(vals_list)

    def write(self, vals):
        if {'date_start', 'date_end', 'billing', 'contract_id'} & vals.keys():
            self.contract_id.line_ids._keep_agreed()
        return super().write(vals)

    def unlink(self):
        self.contract_id.line_ids._keep_agreed()
        return super().unlink()


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    def write(self, vals):
        if {'change_credit_rule', 'change_charge_rule'} & vals.keys():
            self._keep_agreed_of_changes()
        return super().write(vals)

    def _keep_agreed_of_changes(self) -> None:
        """Keep how changes cut periods whose short ones are charged in full, as these rules said."""
        # sudo: whoever may write the plan, whatever contracts follow from it
        steps_sudo = self.env['service.contract.change.line'].sudo().search([
            ('change_id.plan_from_id', 'in', self.ids), ('old_line_id.proration', '=', 'none'),
        ])
        (steps_sudo.old_line_id | steps_sudo.new_line_id)._keep_agreed()


class ServicePriceTier(models.Model):
    _inherit = 'service.price.tier'

    @api.model_create_multi
    def create(self, vals_list):
        _lines_of(self.env, vals_list)._keep_agreed()
        return super().create(vals_list)

    def write(self, vals):
        self.contract_line_id.filtered(lambda line: not line.price_step_ids)._keep_agreed()
        return super().write(vals)

    def unlink(self):
        self.contract_line_id._keep_agreed()
        return super().unlink()


class ServiceReduction(models.Model):
    _inherit = 'service.reduction'

    @api.model_create_multi
    def create(self, vals_list):
        _lines_of(self.env, vals_list)._keep_agreed()
        return super().create(vals_list)

    def write(self, vals):
        self.contract_line_id._keep_agreed()
        return super().write(vals)

    def unlink(self):
        self.contract_line_id._keep_agreed()
        return super().unlink()


def _lines_of(env, vals_list: list[dict]):
    """Return the services that new parts belong to."""
    return env['service.contract.line'].browse(
        {vals['contract_line_id'] for vals in vals_list if type(vals.get('contract_line_id')) is int},
    ).exists()


# === JSON === #


def _agreed_to_json(agreed: Agreed) -> dict:
    """Return what is agreed as plain texts that JSON keeps without loss."""
    terms = agreed.terms
    return {
        'start': str(terms.start), 'end': _text(terms.end), 'proration': terms.proration,
        'pauses': [[str(pause.start), str(pause.end)] for pause in terms.pauses], 'origin': _text(terms.origin),
        'lead': terms.lead, 'lead_from': _text(terms.lead_from),
        **{name: str(getattr(terms, name)) for name in NUMBERS},
        **{name: (cut := getattr(terms, name)) and [str(cut.on), str(cut.share)] for name in ('began', 'ended')},
        'phases': [[str(phase.start), str(phase.price)] for phase in agreed.phases],
        'lists': [[str(day), price_to_json(model)] for day, model in agreed.lists],
        'reductions': [
            [bonus_to_json(reduction.bonus), _text(reduction.since), _text(reduction.origin)]
            for reduction in agreed.reductions
        ],
    }


def _text(day: date | None) -> str | None:
    return day and str(day)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _cut(kept: list | None) -> Cut | None:
    return kept and Cut(date.fromisoformat(kept[0]), Fraction(kept[1]))

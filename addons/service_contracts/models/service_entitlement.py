"""Entitlements: what customers may use now under their contracts, how much of it is left, and why not."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..rules.entitlements import Entitlement, Feature, ServiceStanding, asked, combined, entitlement
from ..rules.periods import Period
from ..rules.sent import is_text, shown
from ..rules.usage import moments_of
from .service_contract_remote import ITEM_LIMIT
from .service_trial import ONE_DAY
from .service_usage_measure import Wanted

CHECK_KEYS = {'feature', 'external_ref', 'partner', 'quantity'}


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    entitlements_html = fields.Html("Features", compute='_compute_entitlements_html', sanitize=False)
    has_features = fields.Boolean(compute='_compute_entitlements_html')

    @api.depends('state', 'plan_id', 'date_start', 'date_end', 'date_trial_end', 'line_ids.quantity',
                 'line_ids.plan_line_id')
    def _compute_entitlements_html(self):
        granted = self._entitlements()
        for contract in self:
            rows = granted[contract]
            contract.has_features = bool(rows)
            contract.entitlements_html = rows and self.env['ir.qweb']._render(
                'service_contracts.entitlements', {'rows': rows},
            )

    # === REMOTE === #

    @api.model
    def get_entitlements(
        self, external_refs: list[str] | None = None, partners: list[str] | None = None,
    ) -> list[dict]:
        """Return what may be used today under contracts, and how much of it is left.

        :param external_refs: references of contracts.
        :param partners: internal references of customers; all their contracts that are no drafts are answered.
            Together at most 1,000.
        :return: for each contract ``external_ref``, ``contract`` (number), ``partner`` (internal reference),
            ``state``, ``trial_until`` (text, empty without trial) and ``features``: objects with ``code``, ``name``,
            ``unit``, ``kind`` (switch or quantity), ``allowed`` (true or false), ``reason`` (included, trial,
            overage, not_in_trial, limit_reached, not_started, ended, suspended), ``limited`` (true or false),
            ``limit``, ``used`` and ``left`` (numbers, 0 where nothing is limited).
        :raises UserError: for an unknown reference, or what is no list of texts.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        contracts = self._contracts_by_ref(external_refs) | self._contracts_of_partners(partners)
        granted = contracts._entitlements()
        return [
            {**contract._remote_standing(), 'features': [row.remote_row() for row in granted[contract]]}
            for contract in contracts
        ]

    @api.model
    def check_entitlement(self, checks: list[dict]) -> list[dict]:
        """Tell for each question whether so much more of a feature may be used now.

        :param checks: at most 1,000 objects with ``feature`` (code), ``external_ref`` of a contract or ``partner``
            (internal reference; the contract that gives most answers), and ``quantity`` (number, 1 if left out).
        :return: for each in order ``allowed`` (true or false), ``reason`` as in `get_entitlements`, or ``not_granted``
            where no contract grants the feature, ``limited``, ``left`` (number) and ``contract`` (number, or empty).
        :raises UserError: naming the check by its place, and what is wrong with it.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        self._check_checks(checks)
        named = self._contracts_by_ref(_refs(checks, 'external_ref'))
        owned = self._contracts_of_partners(_refs(checks, 'partner'))
        by_ref, by_partner = named.grouped('external_ref'), owned.grouped(lambda contract: contract._customer_ref())
        granted = (named | owned)._entitlements()
        return [
            _best([
                row.answer(contract, Decimal(repr(check.get('quantity', 1))))
                for contract in by_ref.get(check.get('external_ref')) or by_partner.get(check.get('partner')) or ()
                for row in granted[contract] if row.feature.code == check['feature']
            ]) for check in checks
        ]

    def _check_checks(self, checks) -> None:
        if not isinstance(checks, list) or len(checks) > ITEM_LIMIT:
            raise UserError(self.env._("“checks” must be a list of at most %s objects.", ITEM_LIMIT))
        for place, check in enumerate(checks, 1):
            name = self.env._("Check %s", place)
            self._check_item(check, CHECK_KEYS, name)
            quantity = check.get('quantity', 1)
            is_number = type(quantity) in (int, float) and 0 <= quantity < 10**12
            if not isinstance(check.get('feature'), str) or not is_number:
                raise UserError(self.env._(
                    "%s: “feature” must be a text, “quantity” a number from 0 below one million million.", name,
                ))
            if len({'external_ref', 'partner'} & check.keys()) != 1:
                raise UserError(self.env._("%s: send “external_ref” or “partner”, one of them.", name))

    def _contracts_of_partners(self, refs: list[str] | None):
        """Return the contracts of the company of customers with these internal references.

        :raises UserError: for what is no list of texts, or a reference that no customer has.
        """
        refs = refs or []
        if not isinstance(refs, list) or not all(map(_is_ref, refs)) or len(refs) > ITEM_LIMIT:
            raise UserError(self.env._("“partners” must be a list of at most %s texts.", ITEM_LIMIT))
        Partner = self.env['res.partner']
        partners = Partner.search(Domain('ref', 'in', refs) & Domain(Partner._check_company_domain(self.env.company)))
        if unknown := sorted(set(refs) - set(partners.mapped('ref'))):
            raise UserError(self.env._(
                "No customer of %(company)s has the internal reference “%(ref)s”.",
                company=self.env.company.name, ref=shown(unknown[0]),
            ))
        domain = self._remote_domain() & Domain('state', '!=', 'draft')
        return self.search(domain & Domain('partner_id', 'in', partners.ids), order='id', limit=ITEM_LIMIT)

    def _customer_ref(self) -> str:
        return self.partner_id.ref or ''

    def _remote_standing(self) -> dict:
        return {
            'external_ref': self.external_ref or '', 'contract': self.name, 'partner': self._customer_ref(),
            'state': self.state, 'trial_until': fields.Date.to_string(self.date_trial_end) or '',
        }

    # === BUSINESS === #

    def _entitlements(self) -> dict:
        """Return what each contract grants today, ``{contract: [Granted]}``."""
        # sudo: plans and usage of the own contracts, which a customer may not read by themselves
        contracts_sudo = self.sudo()
        used = contracts_sudo._feature_usage()
        return {
            contract: contract_sudo._entitlement_rows(used)
            for contract, contract_sudo in zip(self, contracts_sudo, strict=True)
        }

    def _entitlement_rows(self, used: dict) -> list:
        today, standing = self.company_id._service_today(), self._service_standing()
        rows = []
        for feature, grants in self._granted_features(today).items():
            terms, quantity = combined(grants), used[self, feature.meter_id]
            rows.append(Granted(feature, terms, entitlement(terms, standing, today, quantity), quantity))
        return rows

    def _service_standing(self) -> ServiceStanding:
        self.ensure_one()
        return ServiceStanding(
            self.state, self.date_start, self.date_end and self.date_end + ONE_DAY or None,
            self.date_trial_end and self.date_trial_end + ONE_DAY or None,
        )

    def _granted_features(self, today: date) -> dict:
        """Return the grants of plans and running services, ``{service.feature: [Feature]}``."""
        grants = defaultdict(list)
        day = max(today, self.date_start or today)
        day = min(day, self.date_end or day)  # of a contract that is over: what it granted on its last day
        running = self.line_ids.filtered(lambda line: line._runs_on(day))
        for grant in (self.plan_id | running.plan_id).grant_ids:
            grants[grant.feature_id].append(grant._feature())
        for line in running:
            for grant in line.plan_line_id.grant_ids:
                grants[grant.feature_id].append(grant._feature(line.quantity))
        return dict(sorted(grants.items(), key=lambda pair: (pair[0].sequence, pair[0].name, pair[0].id)))

    def _feature_usage(self) -> dict:
        """Return the usage of the running period by contract and meter, with one query per way of counting."""
        metered = self.line_ids.filtered(lambda line: line.kind == 'usage' and line.meter_id and line._origin)
        spans = {line: span for line in metered if (span := line._period_of_use(line.company_id._service_today()))}
        measured = self.env['service.usage.record']._measure([
            Wanted(line._origin.id, moments_of(span, line.company_id._service_zone()), line.meter_id.aggregation,
                   line.meter_id.keeps_level)
            for line, span in spans.items()
        ])
        used = defaultdict(Decimal)
        for line, quantity in zip(spans, measured, strict=True):
            used[line.contract_id, line.meter_id] += quantity.quantity
        return used


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _runs_on(self, day: date) -> bool:
        """Tell whether a day lies between the first and the last day of the service."""
        start = self._service_start()
        return bool(start) and start <= day and (not self.date_end or day <= self.date_end)

    def _period_of_use(self, day: date) -> Period | None:
        """Return the days whose usage counts against a limit on a day: the trial, or the period it lies in."""
        if not self._runs_on(day):
            return None
        start, paid = self._service_start(), self._billing_start()
        if day < paid:
            return Period(start, paid)
        full = self._recurrence(paid).full_period(day)
        return Period(max(full.start, paid), full.end)


@dataclass(frozen=True, slots=True)
class Granted:
    """A feature as a contract grants it today."""

    feature: Any
    terms: Feature
    standing: Entitlement
    used: Decimal

    def remote_row(self) -> dict:
        feature, standing = self.feature, self.standing
        return {
            'code': feature.code, 'name': feature.name, 'unit': feature.unit or '', 'kind': feature.kind,
            'allowed': standing.is_allowed, 'reason': standing.reason, 'limited': standing.limit is not None,
            'limit': float(standing.limit or 0), 'used': float(self.used), 'left': float(standing.left or 0),
        }

    def answer(self, contract, quantity: Decimal) -> dict:
        standing = asked(self.terms, self.standing, quantity)
        return {
            'allowed': standing.is_allowed, 'reason': standing.reason, 'limited': standing.limit is not None,
            'left': float(standing.left or 0), 'contract': contract.name,
        }


def _is_ref(value) -> bool:
    return bool(value) and is_text(value)


def _refs(checks: list[dict], name: str) -> list[str]:
    return list(dict.fromkeys(check[name] for check in checks if name in check))


def _best(answers: list[dict]) -> dict:
    """Return the answer of the contract that allows most."""
    nothing = {'allowed': False, 'reason': 'not_granted', 'limited': True, 'left': 0.0, 'contract': ''}
    return max(answers, key=lambda answer: (answer['allowed'], not answer['limited'], answer['left']), default=nothing)

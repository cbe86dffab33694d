"""What other systems may ask of contracts, by JSON-2 and XML-RPC: open them, preview them, read their status."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.fields import Command, Domain

from ..rules.sent import is_text, shown
from .remote_references import FINDERS, References
from .service_price_mixin import PRICE_FIELDS
from .service_recurrence_mixin import RECURRENCE_FIELDS

ITEM_LIMIT = 1000
OFFER_KEYS = {'interval', 'options', 'coupon'}
CONTRACT_KEYS = {
    'external_ref', 'partner', 'plan', 'date_start', 'date_end', 'pricelist', 'payment_term', 'lines', 'activate',
    *OFFER_KEYS,
}
LINE_KEYS = {
    'product', 'plan', 'name', 'quantity', 'price_unit', 'discount', 'kind', 'date_start', 'date_end', 'meter', 'tiers',
    *RECURRENCE_FIELDS, *PRICE_FIELDS,
} - {'meter_id'}
TIER_KEYS = {'up_to', 'price_unit', 'flat_fee'}


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    @api.model
    def open_contracts(self, contracts: list[dict]) -> list[dict]:
        """Create contracts, or bring drafts up to date, by their reference in the calling system.

        All or nothing, and safe to call twice: a contract that already is as sent stays as it is.

        :param contracts: at most 1,000 objects with ``external_ref`` (text, unique in the company) and

            * ``partner``: database id, or internal reference of the customer; needed for a new contract
            * ``plan``: id or reference of a plan; without ``lines`` its services are taken over
            * ``date_start``, ``date_end``: first and last day of service, ``YYYY-MM-DD``; start is today if left out
            * ``pricelist``, ``payment_term``: id or name
            * ``lines``: objects with ``product`` (id or internal reference), ``plan`` (id or reference),
              ``name``, ``quantity`` (number per period), ``price_unit`` (number, currency of the contract),
              ``discount`` (percent), ``kind`` (recurring, one_time or usage), ``date_start``, ``date_end``,
              ``interval_count``, ``interval_unit``, ``timing``, ``anchor``, ``anchor_day``,
              ``anchor_month``, ``anchor_weekday``, ``proration``, ``lead_days``; and of its price
              ``meter`` (id or code), ``price_model``, ``tiers`` (objects with ``up_to``, 0 for the last one,
              ``price_unit``, ``flat_fee``), ``block``, ``free_quantity``, ``event_price``, ``free_events``,
              ``minimum_charge``, ``maximum_charge``, ``flat_at_zero``, ``prorates_limits``, ``commitment_amount``,
              ``commitment_count``, ``commitment_unit``
            * ``interval``: how far ahead the customer pays, ``{"count": 1, "unit": "year"}``, as the plan offers it
            * ``options``: what is booked on top of the plan: references of products, ids of plan services, or objects
              with ``option`` and ``quantity``
            * ``coupon``: a code to redeem
            * ``activate``: true to start it at once

        :return: for each object in order ``external_ref``, ``id``, ``name``, ``state``, ``created`` (true if new)
            and ``next_charge_date`` (text, empty if none).
        :raises UserError: naming the object by its place and reference, what is wrong, and what to do.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        self._check_items(contracts)
        references = References(self.env)
        references.gather([*contracts, *(line for item in contracts for line in item.get('lines', []))])
        known = self.search(self._remote_domain() & Domain('external_ref', 'in', [
            item['external_ref'] for item in contracts
        ])).grouped('external_ref')
        with self.env.cr.savepoint():
            return [
                known.get(item['external_ref'], self.browse())._open_contract(item, place, references)
                for place, item in enumerate(contracts, 1)
            ]

    @api.model
    def preview_charges(self, date_to: str, external_refs: list[str] | None = None) -> list[dict]:
        """Return the charges that are not billed yet and fall due until a day, oldest first.

        :param date_to: last charge date, ``YYYY-MM-DD``, at most two years ahead.
        :param external_refs: references of at most 1,000 contracts; all running contracts of the company if left
            out, as long as there are no more than that.
        :return: objects with ``external_ref``, ``contract``, ``service``, ``kind``, ``charge_date``,
            ``period_start``, ``period_last_day`` (inclusive), ``quantity``, ``price_unit``, ``discount`` (percent),
            ``amount_untaxed``, ``amount_total``, ``credit_used`` (what paid credit pays of the total), ``currency``
            (code); dates as text.
        :raises UserError: for a text that is no date, or an unknown reference.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        day = self._remote_date(date_to)
        contracts = self._contracts_by_ref(external_refs)
        if external_refs is None:
            charged = Domain('state', 'in', ('active', 'ended')) | Domain([
                ('state', '=', 'suspended'), ('next_charge_date', '!=', False),
            ])
            contracts = self.search(self._remote_domain() & charged, limit=ITEM_LIMIT + 1)
        if len(contracts) > ITEM_LIMIT:
            raise UserError(self.env._("More than %s contracts: ask for some of them by external_refs.", ITEM_LIMIT))
        return [self._remote_row(row) for row in contracts._preview(day)]

    @api.model
    def read_status(self, external_refs: list[str]) -> list[dict]:
        """Return where contracts stand and what of their invoices is open.

        :param external_refs: references of at most 1,000 contracts.
        :return: for each in order ``external_ref``, ``id``, ``name``, ``state``, ``date_start``, ``date_end``,
            ``next_charge_date`` (text, empty if none), ``recurring_monthly`` and ``currency``,
            ``parked_reason`` (text, empty if none), and ``invoices``: objects with ``name``, ``date``,
            ``date_due``, ``amount_total``, ``amount_open``, ``payment_state``.
        :raises UserError: for an unknown reference.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        contracts = self._contracts_by_ref(external_refs)
        return [
            {**contract._remote_status(), 'invoices': contract._remote_invoices()} for contract in contracts
        ]

    # === ACCESS, INPUT === #

    def _check_remote_access(self) -> None:
        if not self.env.user.has_group('service_contracts.group_contract_user'):
            raise AccessError(self.env._("Contracts need the role Contracts: User or Contracts: Integrator."))
        self.browse().check_access('write')

    def _check_items(self, contracts) -> None:
        """Refuse what is no list of objects with known keys, before anything is read or written."""
        if not isinstance(contracts, list) or len(contracts) > ITEM_LIMIT:
            raise UserError(self.env._("“contracts” must be a list of at most %s objects.", ITEM_LIMIT))
        for place, item in enumerate(contracts, 1):
            self._check_item(item, CONTRACT_KEYS, self.env._("Contract %s", place))
            if not isinstance(item.get('external_ref'), str) or not item['external_ref'].strip():
                raise UserError(self.env._("Contract %s: “external_ref” must be a text that is not empty.", place))
            if not isinstance(item.get('lines', []), list) or not isinstance(item.get('activate', False), bool):
                raise UserError(self.env._(
                    "%s: “lines” must be a list of objects and “activate” true or false.", self._item_name(item, place),
                ))
            for number, line in enumerate(item.get('lines', []), 1):
                name = self.env._(
                    "%(item)s, line %(number)s", item=self._item_name(item, place), number=number,
                )
                self._check_item(line, LINE_KEYS, name)
                self._check_tiers(line.get('tiers', []), name)
        refs = [item['external_ref'] for item in contracts]
        if twice := {ref for ref in refs if refs.count(ref) > 1}:
            raise UserError(self.env._("“%s” is sent twice. Send each contract once.", min(twice)))

    def _check_item(self, item, keys: set[str], name: str) -> None:
        if not isinstance(item, dict):
            raise UserError(self.env._("%s must be an object with named values.", name))
        if unknown := item.keys() - keys:
            raise UserError(self.env._(
                "%(item)s: unknown key “%(key)s”. Known are %(keys)s.",
                item=name, key=shown(min(map(str, unknown))), keys=', '.join(sorted(keys)),
            ))

    def _check_tiers(self, tiers, name: str) -> None:
        if not isinstance(tiers, list):
            raise UserError(self.env._("%s: “tiers” must be a list of objects.", name))
        for number, tier in enumerate(tiers, 1):
            self._check_item(tier, TIER_KEYS, self.env._("%(line)s, tier %(number)s", line=name, number=number))

    def _item_name(self, item: dict, place: int) -> str:
        return self.env._("Contract %(place)s (%(ref)s)", place=place, ref=shown(item['external_ref']))

    def _remote_date(self, text) -> fields.Date:
        self._check_input({'date_end': text})
        if not text or not isinstance(text, str):
            raise UserError(self.env._("A date is missing. Send it as 2025-12-31."))
        day = fields.Date.to_date(text)
        if day > fields.Date.add(self.env.company._service_today(), years=2):
            raise UserError(self.env._("%s is more than two years ahead. Choose an earlier day.", text))
        return day

    def _remote_domain(self) -> Domain:
        return Domain('company_id', '=', self.env.company.id)

    def _contracts_by_ref(self, external_refs: list[str] | None):
        """Return the contracts of the company with these references, in their order; none for None.

        :raises UserError: for what is no list of texts, or a reference that no contract has.
        """
        refs = external_refs or []
        if not isinstance(refs, list) or not all(isinstance(ref, str) for ref in refs) or len(refs) > ITEM_LIMIT:
            raise UserError(self.env._("“external_refs” must be a list of at most %s texts.", ITEM_LIMIT))
        texts = [ref for ref in refs if is_text(ref)]
        found = self.search(self._remote_domain() & Domain('external_ref', 'in', texts)) if texts else self.browse()
        by_ref = {contract.external_ref: contract for contract in found}
        if unknown := [ref for ref in refs if ref not in by_ref]:
            raise UserError(self.env._(
                "No contract of %(company)s has the external reference “%(ref)s”. Open it first.",
                company=self.env.company.name, ref=shown(unknown[0]),
            ))
        return self.browse(by_ref[ref].id for ref in refs)

    # === OPEN === #

    def _open_contract(self, item: dict, place: int, references: References) -> dict:
        """Create or update one contract; what goes wrong is told with the name of its object."""
        contract, created = self, not self
        try:
            vals = contract._prepare_opening_vals(item, references)
            if created:
                contract = self.create(vals)
                if not contract.line_ids and contract.plan_id:
                    contract.action_load_plan()
            else:
                contract._update_from(vals)
            contract._open_offer(item)
            if item.get('activate') and contract.state == 'draft':
                contract.action_activate()
            self.env.flush_all()
        except (UserError, ValidationError, MissingError) as error:
            raise UserError(self.env._(
                "%(item)s: %(problem)s", item=self._item_name(item, place), problem=str(error),
            )) from error
        return {**contract._remote_summary(), 'created': created}

    def _update_from(self, vals: dict) -> None:
        """Bring a draft up to date; a running contract must already be as sent."""
        self.ensure_one()
        lines = vals.pop('line_ids', None)
        changed = {name: value for name, value in vals.items() if self._input_value(name) != value}
        is_new = lines is not None and not self._has_lines(lines)
        if self.state == 'draft':
            if changed:
                self.write(changed)
            if is_new:
                self.write({'line_ids': [Command.clear(), *lines]})
        elif changed or is_new:
            raise UserError(self.env._(
                "%(contract)s is %(state)s and differs from what was sent (%(fields)s). "
                "Change it in the office, or send it as it is.",
                contract=self.name, state=self._state_label(self.state),
                fields=', '.join(sorted(changed)) or 'lines',
            ))

    def _has_lines(self, commands: list) -> bool:
        """Tell whether the contract has just these lines, as far as the commands describe them."""
        sent = [values for _command, _id, values in commands]
        lines = self.line_ids.sorted(lambda line: (line.sequence, line.id))
        return len(sent) == len(lines) and all(
            line._has_tiers(value) if name == 'tier_ids' else line._input_value(name) == value
            for line, values in zip(lines, sent, strict=True) for name, value in values.items()
        )

    def _prepare_opening_vals(self, item: dict, references: References) -> dict:
        """Return the values of a contract from an object of `open_contracts`; extend it for further keys."""
        vals = {'external_ref': item['external_ref']}
        for key in ('partner', 'plan', 'pricelist', 'payment_term'):
            if key in item:
                vals[f'{key}_id'] = references.find(key, item[key]).id
        for key in ('date_start', 'date_end'):
            if key in item:
                self._check_input({key: item[key]})
                vals[key] = fields.Date.to_date(item[key]) or False
        if 'lines' in item:
            vals['line_ids'] = [
                Command.create({'sequence': number, **self._prepare_opening_line_vals(line, references)})
                for number, line in enumerate(item['lines'], 1)
            ]
        if not vals.get('partner_id') and not self:
            raise UserError(self.env._("“partner” is missing. Send the id or the internal reference of the customer."))
        return vals

    def _prepare_opening_line_vals(self, line: dict, references: References) -> dict:
        vals = {key: value for key, value in line.items() if key not in FINDERS and key != 'tiers'}
        vals |= {f'{key}_id': references.find(key, line[key]).id for key in FINDERS if key in line}
        self.env['service.contract.line']._check_input(vals)
        vals |= {key: fields.Date.to_date(vals[key]) or False for key in ('date_start', 'date_end') if key in vals}
        if 'tiers' in line:
            for tier in line['tiers']:
                self.env['service.price.tier']._check_input(tier)
            vals['tier_ids'] = [Command.create(tier) for tier in line['tiers']]
        return vals

    # === ANSWERS === #

    def _remote_summary(self) -> dict:
        return {
            'external_ref': self.external_ref,
            'id': self.id,
            'name': self.name,
            'state': self.state,
            'next_charge_date': _text(self.next_charge_date),
        }

    def _remote_status(self) -> dict:
        return {
            **self._remote_summary(),
            'date_start': _text(self.date_start),
            'date_end': _text(self.date_end),
            'recurring_monthly': self.recurring_monthly,
            'currency': self.currency_id.name,
            'parked_reason': self.parked_reason or '',
        }

    def _remote_invoices(self) -> list[dict]:
        # sudo: the caller reads numbers and amounts of the invoices of its contracts, nothing else of them
        entries_sudo = self.sudo().entry_ids.filtered(lambda entry: entry.state != 'void')
        return [_invoice_status(move) for move in entries_sudo.move_id.sorted('id')]

    def _remote_row(self, row: dict) -> dict:
        contract = self.browse(row['contract_id'])
        days = {name: _text(row[name]) for name in ('charge_date', 'period_start', 'period_last_day')}
        kept = ('service', 'kind', 'quantity', 'price_unit', 'discount', 'amount_untaxed', 'amount_total',
                'credit_used')
        return {
            'external_ref': contract.external_ref or '',
            'contract': contract.name,
            'currency': contract.currency_id.name,
            **days,
            **{name: row[name] for name in kept},
        }


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _has_tiers(self, commands: list) -> bool:
        """Tell whether the service has just these tiers."""
        sent = [_tier_values(values) for _command, _id, values in commands]
        kept = [_tier_values({name: tier[name] for name in TIER_KEYS}) for tier in self.tier_ids]
        return sorted(sent) == sorted(kept)


def _tier_values(values: dict) -> tuple:
    return tuple(values.get(name) or 0.0 for name in sorted(TIER_KEYS))


def _text(day) -> str:
    return fields.Date.to_string(day) or ''


def _invoice_status(move) -> dict:
    return {
        'name': move.name,
        'date': _text(move.invoice_date),
        'date_due': _text(move.invoice_date_due),
        'amount_total': move.amount_total,
        'amount_open': move.amount_residual,
        'payment_state': move.payment_state,
    }

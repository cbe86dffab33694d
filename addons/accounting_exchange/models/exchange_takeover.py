"""Coming from elsewhere: contracts of another system, compared with its last invoices, then opened here."""

import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.errors import ExchangeError
from ..rules.tables import read_table
from ..rules.takeover import (
    OldContract,
    chargebee_contracts,
    first_period_start,
    last_amounts_of,
    last_period_start,
    opening,
    woocommerce_contract,
)

BATCH = 200
PREFIXES = {'oca_contract': 'oca', 'oca_subscription': 'ocas', 'woocommerce': 'woo', 'chargebee': 'cb'}


class ExchangeTakeover(models.Model):
    _name = 'exchange.takeover'
    _description = "Takeover of Contracts"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'id desc'

    name = fields.Char(required=True, default=lambda self: self.env._("Takeover"))
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    source = fields.Selection(
        [('oca_contract', "OCA contract (this database)"), ('oca_subscription', "OCA subscription_oca (this database)"),
         ('woocommerce', "WooCommerce Subscriptions (CSV)"), ('chargebee', "Chargebee (CSV)")],
        required=True, default='woocommerce', tracking=True,
    )
    content = fields.Binary("Subscriptions", attachment=True, help="The CSV export as it came.")
    content_name = fields.Char()
    invoices = fields.Binary(
        "Last invoices", attachment=True, help="Chargebee: the CSV export of invoices, to compare with.",
    )
    invoices_name = fields.Char()
    activate = fields.Boolean("Start them", default=True, help="Otherwise they are opened as drafts.")
    state = fields.Selection(
        [('draft', "Draft"), ('read', "Read"), ('compared', "Compared"), ('done', "Taken over")],
        required=True, readonly=True, default='draft', copy=False, tracking=True,
    )
    line_ids = fields.One2many('exchange.takeover.line', 'takeover_id', "Contracts", readonly=True)
    line_count = fields.Integer("Contracts found", compute='_compute_counts')
    differing_count = fields.Integer("Differing", compute='_compute_counts')
    refused_count = fields.Integer("Refused", compute='_compute_counts')
    taken_count = fields.Integer("Taken", compute='_compute_counts')

    @api.depends('line_ids.state')
    def _compute_counts(self):
        groups = self.env['exchange.takeover.line']._read_group(
            [('takeover_id', 'in', self.ids)], ['takeover_id', 'state'], ['__count'],
        )
        counts = {(takeover.id, state): count for takeover, state, count in groups}
        for takeover in self:
            takeover.line_count = sum(count for (key, _state), count in counts.items() if key == takeover.id)
            takeover.differing_count = counts.get((takeover.id, 'differs'), 0)
            takeover.refused_count = counts.get((takeover.id, 'refused'), 0)
            takeover.taken_count = counts.get((takeover.id, 'taken'), 0)

    # === ACTIONS === #

    def action_read(self) -> bool:
        """Read the contracts of the other system; nothing is opened."""
        self.ensure_one()
        self._check_gate('draft', 'read', 'compared')
        contracts, wrong = self._read_contracts()
        self.line_ids.unlink()
        self.env['exchange.takeover.line'].create([
            *(self._prepare_line_vals(contract) for contract in contracts),
            *({'takeover_id': self.id, 'ref': ref or '?', 'state': 'refused', 'reason': self._sentence(error)}
              for ref, error in wrong),
        ])
        self.state = 'read'
        return True

    def action_compare(self) -> bool:
        """Charge the last period of each contract again, as this system would, and compare it with the last invoice.

        Everything that is opened for it is taken back.
        """
        self.ensure_one()
        self._check_gate('read', 'compared')
        lines = self.line_ids.filtered(lambda line: line.state != 'refused' or line.payload)
        for start in range(0, len(lines), BATCH):
            self._compare(lines[start:start + BATCH])
        self.state = 'compared'
        return True

    def action_take_over(self) -> bool:
        """Open the contracts whose amounts agree, or that somebody accepted; called again it changes nothing."""
        self.ensure_one()
        self._check_gate('compared', 'done')
        lines = self.line_ids.filtered(lambda line: line.state in ('agrees', 'accepted', 'taken'))
        for start in range(0, len(lines), BATCH):
            self._take_over(lines[start:start + BATCH])
        self.state = 'done'
        return True

    # === READ === #

    def _check_gate(self, *states: str) -> None:
        if self.state not in states:
            raise UserError(self.env._(
                "This cannot be done now. Read the contracts, compare them, then take them over.",
            ))
        if 'service.contract' not in self.env:
            raise UserError(self.env._("Install Service Contracts first: the contracts are opened there."))

    def _read_contracts(self) -> tuple[list[OldContract], list[tuple[str, ExchangeError]]]:
        if self.source in ('oca_contract', 'oca_subscription'):
            return self.env['exchange.takeover.oca'].with_company(self.company_id)._contracts(self.source)
        rows = [row.values for row in self._read_table(self.content).rows]
        if self.source == 'chargebee':
            invoices = self._read_table(self.invoices).rows if self.invoices else ()
            return chargebee_contracts(rows, last_amounts_of([row.values for row in invoices]))
        found, wrong = [], []
        for row in rows:
            try:
                if contract := woocommerce_contract({name: str(value or '') for name, value in row.items()}):
                    found.append(contract)
            except ExchangeError as error:
                wrong.append((str(row.get('subscription_id', '')), error))
        return found, wrong

    def _read_table(self, content):
        try:
            return read_table(base64.b64decode(content or b''), 'csv')
        except ExchangeError as error:
            raise UserError(self._sentence(error)) from error

    def _sentence(self, error: ExchangeError) -> str:
        sentences = {
            'interval': lambda: self.env._("The interval “%s” is unknown.", error.values.get('value')),
            'lines': lambda: self.env._("The contract has no services."),
            'table': lambda: self.env._("There is no table %s in this database.", error.values.get('name')),
            'missing': lambda: self.env._("“%s” is missing.", error.values.get('column')),
            'number': lambda: self.env._("“%s” is no number.", error.values.get('value')),
            'date': lambda: self.env._("“%s” is no date.", error.values.get('value')),
            'paused': lambda: self.env._("It is paused there. Resume it and read again, or open it here by hand."),
            'price': lambda: self.env._(
                "Its price comes from a price list and was never invoiced. Give it a price there and read again."),
        }
        return sentences.get(error.code, lambda: self.env['exchange.job']._sentence(error))()

    def _prepare_line_vals(self, contract: OldContract) -> dict:
        prefix = PREFIXES[self.source]
        currency = (contract.currency or self.currency_id.name).upper()
        pricelist = self._pricelist(currency)
        vals = {
            'takeover_id': self.id,
            'ref': contract.ref,
            'partner_name': str(contract.partner_values.get('name') or contract.partner),
            'next_date': contract.next_date,
            'old_amount': float(contract.last_amount or 0),
            'has_old_amount': contract.last_amount is not None,
            'payload': {
                'partner': {'ref': contract.partner, **contract.partner_values},
                'opening': opening(contract, first_period_start(contract), self.activate, prefix, pricelist),
                'trial': opening(contract, last_period_start(contract), True, f'{prefix}-trial', pricelist),
                'currency': currency,
                'charged_on': self._charged_on(contract),
            },
            'state': 'open',
        }
        if contract.ends_with_month:
            vals |= {'state': 'refused', 'reason': self.env._(
                "It is billed on the last day of the month. Open it by hand with a bill day of 31."), 'payload': False}
        return vals

    def _pricelist(self, currency: str) -> int:
        """Return a price list that bills in a currency other than the company's; 0 if none is needed or there is none.

        Where there is none, the comparison says so.
        """
        if currency == self.currency_id.name:
            return 0
        return self.env['product.pricelist'].sudo().search([  # a currency, whoever may see its prices
            ('currency_id.name', '=', currency), ('company_id', 'in', (self.company_id.id, False)),
        ], limit=1).id or 0

    def _charged_on(self, contract: OldContract) -> str:
        """Return the day on which this system charges the period of the last invoice."""
        day = first_period_start(contract) if contract.is_arrears else last_period_start(contract)
        return day.isoformat()

    # === COMPARE, TAKE === #

    def _compare(self, lines) -> None:
        """Open the contracts one period earlier, ask for the charges of that period, and roll all of it back."""
        found: dict[int, float | str] = {}
        with self.env.cr.savepoint() as savepoint:
            for line in lines:
                found[line.id] = self._trial_amount(line)
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        for line in lines:
            line._note_comparison(found[line.id])

    def _trial_amount(self, line) -> float | str:
        """Return what this system charges for the last period, or why it cannot."""
        contracts = self.env['service.contract'].with_company(self.company_id)
        payload = line.payload
        try:
            with self.env.cr.savepoint():
                self._ensure_records(payload)
                contracts.open_contracts([payload['trial']])
                charges = contracts.preview_charges(payload['charged_on'], [payload['trial']['external_ref']])
                other = {charge['currency'] for charge in charges} - {payload['currency']}
                if other:
                    return self.env._(
                        "It is billed in %(there)s, here it would be in %(here)s. Make a price list in %(there)s.",
                        there=payload['currency'], here=', '.join(other),
                    )
                return sum(charge['amount_untaxed'] for charge in charges)
        except (UserError, ValueError) as error:
            return str(error)

    def _ensure_records(self, payload: dict) -> None:
        """Create customer and services of another system that are not known here, by their references."""
        company = self.company_id
        partner = payload['partner']
        if isinstance(partner['ref'], str):
            values = {name: value for name, value in partner.items() if value}
            self._kind('exchange.kind.partners', company)._exchange_take([{'name': partner['ref'], **values}])
        products = self._kind('exchange.kind.products', company)
        wanted = {line['product']: line for line in payload['opening']['lines'] if isinstance(line['product'], str)}
        known = products._find_linked('product.product', 'default_code', wanted)
        products._exchange_take([
            {'default_code': ref, 'name': line['name'], 'list_price': line['price_unit']}
            for ref, line in wanted.items() if ref not in known
        ])

    def _kind(self, name: str, company):
        # sudo: customers and services come with the contract, which the user has the right to open
        return self.env[name].sudo().with_company(company)

    def _take_over(self, lines) -> None:
        for line in lines:
            try:
                with self.env.cr.savepoint():
                    self._ensure_records(line.payload)
                    contracts = self.env['service.contract'].with_company(self.company_id)
                    answer, = contracts.open_contracts([line.payload['opening']])
            except (UserError, ValueError) as error:
                line.write({'state': 'refused', 'reason': str(error)})
            else:
                line.write({'state': 'taken', 'contract_name': answer['name'], 'contract_key': answer['id']})


class ExchangeTakeoverLine(models.Model):
    _name = 'exchange.takeover.line'
    _description = "Contract to Take Over"
    _order = 'takeover_id, id'
    _rec_name = 'ref'

    takeover_id = fields.Many2one('exchange.takeover', required=True, readonly=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='takeover_id.company_id')
    currency_id = fields.Many2one(related='takeover_id.currency_id')
    ref = fields.Char("There", required=True, readonly=True)
    partner_name = fields.Char("Customer", readonly=True)
    next_date = fields.Date("Next charge", readonly=True)
    has_old_amount = fields.Boolean(readonly=True)
    old_amount = fields.Monetary("Last invoice there", readonly=True)
    new_amount = fields.Monetary("The same period here", readonly=True)
    difference = fields.Monetary(readonly=True)
    state = fields.Selection(
        [('open', "Not compared"), ('agrees', "Agrees"), ('differs', "Differs"), ('accepted', "Accepted"),
         ('taken', "Taken over"), ('refused', "Refused")], required=True, readonly=True, default='open',
    )
    reason = fields.Char(readonly=True)
    payload = fields.Json(readonly=True)
    contract_name = fields.Char("Contract", readonly=True)
    contract_key = fields.Integer(readonly=True)

    _once = models.UniqueIndex("(takeover_id, ref)", "The contract is listed already.")

    def _note_comparison(self, found: float | str) -> None:
        """Keep what the comparison gave: an amount, or a reason why there is none."""
        if self.state == 'taken':
            return
        if isinstance(found, str):
            self.write({'state': 'refused', 'reason': found})
            return
        difference = self.currency_id.round(found - self.old_amount)
        agrees = self.has_old_amount and not difference
        self.write({
            'new_amount': found, 'difference': difference if self.has_old_amount else 0.0,
            'state': 'agrees' if agrees else 'differs',
            'reason': False if self.has_old_amount else self.env._("The last invoice there is not known."),
        })

    def action_accept(self) -> bool:
        """Take the contract over although its amount differs."""
        self.check_access('write')
        self.filtered(lambda line: line.state == 'differs').state = 'accepted'
        return True

"""What other systems may ask of prepaid credit, by JSON-2 and XML-RPC: grant it, read it, refund it."""


from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..rules.sent import is_number, is_text, shown
from .remote_references import References

ITEM_LIMIT = 1000
KEY_LIMIT = 200
MAY_GRANT = 'service_contracts.group_contract_manager,service_contracts.group_contract_integrator'
KEYS = {
    'key', 'partner', 'amount', 'currency', 'kind', 'name', 'expiry_date', 'priority', 'contract', 'product', 'meter',
    'invoice',
}


class ServiceCreditGrant(models.Model):
    _inherit = 'service.credit.grant'

    @api.model
    def grant_credit(self, credits: list[dict]) -> list[dict]:
        """Grant or sell credit to customers. All or nothing, and safe to call twice: a known key grants nothing more.

        :param credits: at most 1,000 objects with ``key`` (text, unique in the company) and

            * ``partner``: database id, or internal reference of the customer
            * ``amount``: number above 0, in ``currency`` (code; the company's if left out)
            * ``kind``: ``free`` (a discount before tax; default) or ``paid`` (pays invoices, tax included)
            * ``invoice``: of paid credit, true (default) to sell it by an invoice, after whose payment it can be used;
              false if it was paid and booked elsewhere
            * ``name``: what the customer reads
            * ``expiry_date``: last day of use, ``YYYY-MM-DD``; for ever if left out
            * ``priority``: 1 (used first) to 100; 50 if left out
            * ``contract``: reference of the only contract, ``product``: id or internal reference of the only service,
              ``meter``: id or code of the only meter that it is for; for all if left out

        :return: for each in order ``key``, ``id``, ``state``, ``balance``, ``currency``, ``invoice`` (number, empty if
            none) and ``created`` (true if this call made it).
        :raises UserError: naming the object by its place, what is wrong, and what to do.
        :raises AccessError: without the right to bill.
        """
        self._check_grant_right()
        self._check_credits(credits)
        references = References(self.env)
        references.gather(credits)
        known = self._by_key([item['key'] for item in credits])
        contracts = self._named_contracts(credits)
        currencies = self._named_currencies(credits)
        new = [item for item in credits if item['key'] not in known]
        with self.env.cr.savepoint():
            # sudo: integrators grant by this call only
            made = self.sudo().create([
                self._prepare_credit_vals(item, references, contracts, currencies) for item in new
            ])
            made.browse([
                grant.id for grant, item in zip(made, new, strict=True)
                if grant.kind == 'paid' and item.get('invoice', True)
            ]).action_invoice()
        known |= {grant.external_key: grant for grant in made}
        new_keys = {item['key'] for item in new}
        return [{**known[item['key']]._remote_credit(), 'created': item['key'] in new_keys} for item in credits]

    @api.model
    def read_credit(self, partners: list) -> list[dict]:
        """Return what customers have left, and what of it they may use.

        :param partners: ids or internal references of at most 1,000 customers.
        :return: for each in order ``partner`` (as sent), ``balances`` by currency code, and ``credits``: objects with
            ``key``, ``id``, ``name``, ``kind``, ``state``, ``amount``, ``balance``, ``currency``, ``priority``,
            ``expiry_date`` (text, empty if none), ``contract``, ``product``, ``meter`` (texts, empty: for all),
            in the order in which they are used. Closed and used ones are left out.
        :raises UserError: for an unknown customer.
        :raises AccessError: without the role Contracts: User.
        """
        self._check_read_right()
        references = References(self.env)
        if not isinstance(partners, list) or len(partners) > ITEM_LIMIT:
            raise UserError(self.env._("“partners” must be a list of at most %s customers.", ITEM_LIMIT))
        references.gather([{'partner': partner} for partner in partners])
        found = [references.find('partner', partner) for partner in partners]
        owners = self.env['res.partner'].union(*found).commercial_partner_id
        grants = self.search([
            ('commercial_partner_id', 'in', owners.ids), ('state', 'in', ('active', 'waiting')),
            ('company_id', '=', self.env.company.id),
        ]).sorted(lambda grant: grant._to_rule().rank).grouped('commercial_partner_id')
        return [
            self._remote_balance(sent, grants.get(partner.commercial_partner_id, self.browse()))
            for sent, partner in zip(partners, found, strict=True)
        ]

    @api.model
    def read_credit_history(self, keys: list[str]) -> list[dict]:
        """Return what happened to credits, oldest first.

        :param keys: keys of at most 1,000 credits.
        :return: objects with ``key`` (of the credit), ``kind`` (draw, return, unused: came back with days not served,
            expiry, refund, cancel), ``date``, ``amount`` (below 0: it went out), ``balance_after``, ``currency``,
            ``invoice`` (number, empty if none), ``contract`` (number, empty if none).
        :raises UserError: for an unknown key.
        :raises AccessError: without the role Contracts: User.
        """
        self._check_read_right()
        grants = self._known_grants(keys)
        entries = self.env['service.credit.entry'].search([('grant_id', 'in', grants.ids)], order='id')
        return [
            {
                'key': entry.grant_id.external_key, 'kind': entry.kind, 'date': fields.Date.to_string(entry.date),
                'amount': entry.signed_amount, 'balance_after': entry.balance_after,
                'currency': entry.currency_id.name,
                # sudo: the number of the invoice, nothing else of it
                'invoice': entry.sudo().move_id.name or '', 'contract': entry.contract_id.name or '',
            }
            for entry in entries
        ]

    @api.model
    def close_credit(self, keys: list[str]) -> list[dict]:
        """Take back what is left: free credit is cancelled, paid credit refunded by a credit note. Safe to call twice.

        :param keys: keys of at most 1,000 credits.
        :return: for each in order the same as ``grant_credit``, without ``created``.
        :raises UserError: for an unknown key, or paid credit that waits for its payment.
        :raises AccessError: without the right to bill.
        """
        self._check_grant_right()
        grants_sudo = self._known_grants(keys).sudo()  # sudo: integrators close by this call only
        free = grants_sudo.filtered(lambda grant: grant.kind == 'free')
        free.action_cancel()
        (grants_sudo - free).action_refund()
        by_key = {grant.external_key: grant for grant in grants_sudo}
        return [by_key[key]._remote_credit() for key in keys]

    # === INPUT === #

    def _check_grant_right(self) -> None:
        if not self.env.user.has_groups(MAY_GRANT):
            raise AccessError(self.env._("Credit needs the role Contracts: Manager or Contracts: Integrator."))

    def _check_read_right(self) -> None:
        if not self.env.user.has_group('service_contracts.group_contract_user'):
            raise AccessError(self.env._("Credit needs the role Contracts: User or Contracts: Integrator."))

    def _check_credits(self, credits) -> None:
        if not isinstance(credits, list) or len(credits) > ITEM_LIMIT:
            raise UserError(self.env._("“credits” must be a list of at most %s objects.", ITEM_LIMIT))
        keys = set()
        for place, item in enumerate(credits, 1):
            if not isinstance(item, dict) or item.keys() - KEYS:
                raise UserError(self.env._(
                    "Credit %(place)s: send an object with these keys only: %(keys)s.",
                    place=place, keys=', '.join(sorted(KEYS)),
                ))
            key = item.get('key')
            if not key or not is_text(key, KEY_LIMIT) or key in keys:
                raise UserError(self.env._(
                    "Credit %(place)s: “key” must be a text of 1 to %(limit)s characters, sent once.",
                    place=place, limit=KEY_LIMIT,
                ))
            keys.add(key)
            if not {'partner', 'amount'} <= item.keys():
                raise UserError(self.env._("Credit %s: “partner” and “amount” are needed.", place))

    def _by_key(self, keys: list[str]) -> dict:
        keys = [key for key in keys if is_text(key)]
        grants = self.search([('company_id', '=', self.env.company.id), ('external_key', 'in', keys)])
        return {grant.external_key: grant for grant in grants}

    def _known_grants(self, keys):
        if not isinstance(keys, list) or len(keys) > ITEM_LIMIT or not all(isinstance(key, str) for key in keys):
            raise UserError(self.env._("“keys” must be a list of at most %s texts.", ITEM_LIMIT))
        known = self._by_key(keys)
        if unknown := [key for key in keys if key not in known]:
            raise UserError(self.env._("There is no credit with the key “%s”. Grant it first.", shown(unknown[0])))
        return self.union(*known.values())

    def _named_contracts(self, credits: list[dict]) -> dict:
        refs = [item['contract'] for item in credits if item.get('contract')]
        Contract = self.env['service.contract']
        return {contract.external_ref: contract for contract in Contract._contracts_by_ref(refs)} if refs else {}

    def _named_currencies(self, credits: list[dict]) -> dict:
        codes = {item['currency'] for item in credits if is_text(item.get('currency'))}
        found = self.env['res.currency'].search([('name', 'in', list(codes))])
        currencies = {currency.name: currency for currency in found}
        for item in credits:
            code = item.get('currency')
            if code and (not isinstance(code, str) or code not in currencies):
                raise UserError(self.env._(
                    "There is no currency “%s”. Send a code such as EUR.", shown(code),
                ))
        return currencies

    def _prepare_credit_vals(self, item: dict, references: References, contracts: dict, currencies: dict) -> dict:
        kind = item.get('kind', 'free')
        vals = {
            'external_key': item['key'], 'partner_id': references.find('partner', item['partner']).id,
            'company_id': self.env.company.id, 'amount': item['amount'], 'kind': kind,
        }
        if item.get('currency'):
            vals['currency_id'] = currencies[item['currency']].id
        self._check_decimals(item, vals, contracts)
        vals |= {name: item[name] for name in ('name', 'expiry_date', 'priority') if item.get(name) is not None}
        for name in ('product', 'meter'):
            if item.get(name):
                vals[f'{name}_id'] = references.find(name, item[name]).id
        if item.get('contract'):
            vals['contract_id'] = contracts[item['contract']].id
        return vals

    def _check_decimals(self, item: dict, vals: dict, contracts: dict) -> None:
        """Refuse an amount that its currency would round; what is no number is refused by the field."""
        contract = contracts.get(item.get('contract'), self.env['service.contract'])
        currency = self.env['res.currency'].browse(vals.get('currency_id')) or contract.currency_id
        currency = currency or self.env.company.currency_id
        amount = item['amount']
        if isinstance(amount, float) and is_number(amount, 10**12) and currency.round(amount) != amount:
            raise UserError(self.env._(
                "Credit “%(key)s”: %(amount)s has more decimals than %(currency)s. Round it first.",
                key=item['key'], amount=amount, currency=currency.name,
            ))

    # === ANSWERS === #

    def _remote_credit(self) -> dict:
        self.ensure_one()
        return {
            'key': self.external_key, 'id': self.id, 'state': self.state, 'balance': self.balance,
            'currency': self.currency_id.name, 'invoice': self.sudo().invoice_id.name or '',  # sudo: its number only
        }

    def _remote_balance(self, sent, grants) -> dict:
        balances: dict[str, float] = {}
        for grant in grants.filtered(lambda grant: grant.state == 'active'):
            code = grant.currency_id.name
            balances[code] = grant.currency_id.round(balances.get(code, 0.0) + grant.balance)
        return {'partner': sent, 'balances': balances, 'credits': [
            {
                **grant._remote_credit(), 'name': grant.name, 'kind': grant.kind, 'amount': grant.amount,
                'priority': grant.priority, 'expiry_date': fields.Date.to_string(grant.expiry_date) or '',
                'contract': grant.contract_id.name or '', 'product': grant.product_id.default_code or '',
                'meter': grant.meter_id.code or '',
            }
            for grant in grants
        ]}

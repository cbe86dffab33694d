"""Statements of account: one balance per customer and currency, also per contract or kind of service, as of any day."""

from dataclasses import dataclass
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..rules.statement import Item, make_statement, settled_items, split_items
from .account_statement_source import Gathered

PARTNER_LIMIT = 1000


@dataclass(slots=True)
class Frame:
    """What the statements of one call share."""

    gathered: Gathered
    as_of: date
    start: date | None
    weights: dict
    names: dict
    """Names of the sections by key; empty for statements that are not split."""
    bounds: tuple[int, ...]
    labels: list[str]
    kinds: dict[str, str]


class AccountStatement(models.AbstractModel):
    _inherit = 'account.statement'

    @api.model
    def get_statements(
        self, partners: list, as_of: str | None = None, date_from: str | None = None, group_by: str | None = None,
    ) -> list[dict]:
        """Return the statements of customers in the current company; changes nothing.

        :param partners: at most 1000 customers, each by its id or by its reference (a text); a contact stands for
            its company.
        :param as_of: last day, ISO date; today if left out. What was matched later is still open.
        :param date_from: first day of the movements, ISO date; what came before is the opening balance. Left out:
            all movements.
        :param group_by: 'service_type' or, with contracts installed, 'contract': adds ``sections``, whose amounts
            add up to the statement.
        :return: per customer, in the order given, ``{'partner_id', 'partner', 'as_of', 'date_from', 'balance'
            (company currency), 'currencies': [{'currency', 'opening', 'closing', 'overdue', 'buckets': [{'label',
            'amount'}], 'movements': [{'date', 'due_date', 'document', 'description', 'amount', 'balance',
            'settled': [{'document', 'amount'}]}], 'open_items': [{..., 'open', 'days_overdue', 'bucket'}],
            'sections': [...]}]}``. Opening + movements = closing = sum of what is open = sum of the buckets.
        :raises UserError: for an unknown customer or grouping, or too many customers.
        :raises AccessError: for users who may not read journal items.
        """
        self._check_role()
        records = self._find_partners(partners)
        last = fields.Date.to_date(as_of) or fields.Date.context_today(self)
        made = self._statements(records, last, fields.Date.to_date(date_from), group_by)
        return [_plain(made[partner.commercial_partner_id.id]) for partner in records]

    @api.model
    def _statements(self, partners, as_of: date, start: date | None = None, group_by: str | None = None) -> dict:
        """Return the statement of each customer, ``{partner_id: values}``, see `get_statements`."""
        self._check_role()
        partners.check_access('read')
        return self._unchecked_statements(partners, as_of, start, group_by)

    def _unchecked_statements(self, partners, as_of: date, start: date | None, group_by: str | None) -> dict:
        """As `_statements`, for a caller that has checked whose statements these are."""
        customers = partners.commercial_partner_id
        frame = self._frame(customers, as_of, start, group_by)
        currencies = {}
        for (partner_id, currency_id), items in frame.gathered.items.items():
            values = self._currency_values(frame, items, currency_id)
            if _is_told(values):
                currencies.setdefault(partner_id, []).append(values)
        return {
            partner.id: {
                'partner_id': partner.id, 'partner': partner.name or '', 'as_of': as_of, 'date_from': start,
                'balance': self.env.company.currency_id.round(frame.gathered.balances[partner.id]),
                'currencies': currencies.get(partner.id, []),
            }
            for partner in customers
        }

    def _frame(self, customers, as_of: date, start: date | None, group_by: str | None) -> 'Frame':
        """Gather what the statements of all these customers share."""
        if group_by and group_by not in self._groupings():
            raise UserError(self.env._(
                "Statements cannot be split by “%(grouping)s”. Choose one of: %(known)s.",
                grouping=group_by, known=', '.join(self._groupings()),
            ))
        gathered = self._gather(customers.ids, start, as_of)
        weights = self._weights(group_by, list(gathered.documents)) if group_by else {}
        keys = {key for row in weights.values() for key in row}
        names = self._key_names(group_by, keys) | {None: self._rest_name(group_by)} if group_by else {}
        return Frame(
            gathered, as_of, start, weights, names, self._bounds(), self._bucket_labels(), self._kind_names(),
        )

    # === VALUES === #

    def _currency_values(self, frame, items: list[Item], currency_id: int) -> dict:
        currency = self.env['res.currency'].browse(currency_id)
        found = {id(match): match for item in items for match in frame.gathered.matches[item.line]}
        matches = list(found.values())
        settled = settled_items(items, matches, frame.as_of)
        values = {'currency': currency.name, 'currency_id': currency_id, **self._values(frame, settled)}
        settlements = self._settlements(frame, matches)
        for row in values['movements']:
            row['settled'] = settlements.get(row['line'], []) if not row['is_transfer'] else []
        if frame.names:
            parts = split_items(settled, matches, frame.weights, frame.as_of, currency.decimal_places)
            values['sections'] = self._sections(frame, parts)
        return values

    def _sections(self, frame, parts: dict) -> list[dict]:
        sections = [
            {'key': key or False, 'name': frame.names[key], **self._values(frame, items)}
            for key, items in parts.items()
        ]
        return sorted(filter(_is_told, sections), key=lambda row: (not row['key'], row['name']))

    def _values(self, frame, items: list[Item]) -> dict:
        statement = make_statement(items, frame.start, frame.as_of, frame.bounds)
        return {
            'opening': float(statement.opening),
            'closing': float(statement.closing),
            'overdue': float(statement.overdue),
            'buckets': [
                {'label': label, 'amount': float(amount)}
                for label, amount in zip(frame.labels, statement.buckets, strict=True)
            ],
            'movements': [
                {**self._item_values(frame, row.item), 'balance': float(row.balance)} for row in statement.movements
            ],
            'open_items': [
                {**self._item_values(frame, row.item), 'open': float(row.item.open_amount),
                 'days_overdue': row.days_overdue if row.bucket else 0, 'bucket': frame.labels[row.bucket]}
                for row in statement.open_items
            ],
        }

    def _item_values(self, frame, item: Item) -> dict:
        document = frame.gathered.documents[item.line]
        return {
            'line': item.line, 'move_id': document.move_id, 'date': item.day, 'due_date': item.due,
            'document': document.name, 'ref': document.ref, 'is_transfer': item.is_transfer,
            'description': frame.kinds['transfer' if item.is_transfer else document.kind],
            'amount': float(item.amount),
        }

    def _settlements(self, frame, matches) -> dict[int, list[dict]]:
        """Return for each item what it settled, or was settled by: documents and amounts."""
        found = {}
        for match in sorted(matches, key=lambda match: (match.day, match.debit, match.credit)):
            for line, other, amount in (
                (match.debit, match.credit, match.debit_amount), (match.credit, match.debit, match.credit_amount),
            ):
                if amount:
                    row = {'document': frame.gathered.documents[other].name, 'amount': float(amount)}
                    found.setdefault(line, []).append(row)
        return found

    # === WORDS === #

    def _rest_name(self, group_by: str) -> str:
        if group_by == 'contract':
            return self.env._("Without contract")
        return self.env._("Without kind of service")

    def _bounds(self) -> tuple[int, ...]:
        company = self.env.company
        return (company.ageing_days_1, company.ageing_days_2, company.ageing_days_3)

    @api.model
    def _bucket_labels(self) -> list[str]:
        """Return the names of the ageing buckets of the current company, the one not due first."""
        first, second, third = self._bounds()
        return [
            self.env._("Not due"),
            self.env._("1–%(last)s days", last=first),
            self.env._("%(first)s–%(last)s days", first=first + 1, last=second),
            self.env._("%(first)s–%(last)s days", first=second + 1, last=third),
            self.env._("Over %(last)s days", last=third),
        ]

    def _kind_names(self) -> dict[str, str]:
        return {
            'out_invoice': self.env._("Invoice"), 'out_refund': self.env._("Credit note"),
            'out_receipt': self.env._("Sales receipt"), 'in_invoice': self.env._("Vendor bill"),
            'in_refund': self.env._("Vendor credit note"), 'in_receipt': self.env._("Purchase receipt"),
            'payment': self.env._("Payment"), 'entry': self.env._("Entry"),
            'transfer': self.env._("Settled elsewhere"),
        }

    # === CHECKS === #

    def _check_role(self) -> None:
        """Refuse those who may read neither what is owed nor journal items."""
        if self.env.su or self.env.user.has_group('dunning_sms.group_dunning_user'):
            return
        self.env['account.move.line'].check_access('read')
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Statements are for staff. See your own account in the portal."))

    def _find_partners(self, partners: list):
        if len(partners) > PARTNER_LIMIT:
            raise UserError(self.env._("Ask for at most %(limit)s customers at a time.", limit=PARTNER_LIMIT))
        given = [key for key in partners if not isinstance(key, bool) and isinstance(key, (int, str))]
        numbers = [key for key in given if isinstance(key, int) and abs(key) < 2**31]
        references = [key for key in given if isinstance(key, str)]
        found = self.env['res.partner'].search_fetch(
            Domain('id', 'in', numbers) | Domain('ref', 'in', references), ['ref', 'commercial_partner_id'], order='id')
        known = {partner.ref: partner for partner in found if partner.ref} | {partner.id: partner for partner in found}
        missing = [str(key) for key in partners if not isinstance(key, (int, str)) or key not in known]
        if missing:
            raise UserError(self.env._(
                "There is no customer with the number or reference %(missing)s.", missing=', '.join(missing[:20]),
            ))
        return self.env['res.partner'].union(*(known[key] for key in partners))


def _is_told(values: dict) -> bool:
    return bool(values['opening'] or values['movements'] or values['open_items'])


def _plain(value):
    """Return values as JSON and XML-RPC can carry them: days as text, false for nothing."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    return False if value is None else value

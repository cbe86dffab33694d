"""Gathers what the rules must know of a batch of customers, with the same number of queries for one or a thousand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from odoo import fields, models
from odoo.tools import SQL, email_normalize

from ..rules.calendar import Contact, planning_moment
from ..rules.decision import Customer, Item, Policy, Told, expected_dates
from ..rules.escalation import FourDates
from ..rules.netting import Cover, OpenLine, credits_used, net
from ..rules.phone import sms_number
from ..rules.zones import customer_zones
from .dunning_delivery import DAYS_OF_HISTORY, REACHED


@dataclass
class Facts:
    """A customer as the rules see it, what its messages need beside that, and the moment it is decided for."""

    customer: Customer
    moment: datetime
    partner: Any
    recipient: Any
    policy_record: Any
    policy: Policy | None
    rows: dict[int, dict] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)


class DunningGatherer(models.AbstractModel):
    _name = 'dunning.gatherer'
    _description = "Facts for Reminders"

    def _facts(self, company, partner_ids: list[int], now, ignoring: list[int] = ()) -> dict[int, Facts]:
        """Return the facts of customers (commercial partners) at a moment.

        :param ignoring: notices that count as not written, because they are being checked themselves.
        """
        self = self.sudo().with_company(company)  # the caller's rights decide who may ask; facts must be complete
        partners = self.env['res.partner'].browse(partner_ids)
        rows = self._open_lines(company, partner_ids)
        items_by_partner = self._items_by_partner(company, rows, ignoring)
        reach = self._reach(company, partners)
        history = self._history(partner_ids, now)
        policies = self.env['dunning.policy']._by_partner(company, partners)
        terms = self._terms(company, set(policies.values()))
        next_run, moments = company._dunning_next_run(now), {}
        result = {}
        for partner in partners:
            recipient, addresses, barred = reach[partner.id]
            policy = policies[partner.id]
            policy_terms, rule_record, rule = terms[policy.id]
            lines, items = rows.get(partner.id, []), items_by_partner.get(partner.id, [])
            zone = self._zone(company, partner, recipient, addresses['sms'])
            if (policy.id, zone) not in moments:
                moments[policy.id, zone] = planning_moment(rule, now, zone, next_run)
            result[partner.id] = Facts(
                Customer(
                    items, zone, rule, history[partner.id],
                    partner.dunning_block or recipient.dunning_block or None, self._with_consent(rule_record, barred),
                ),
                moments[policy.id, zone], partner, recipient, policy, policy_terms,
                {row['id']: row for row in lines}, addresses,
            )
        return result

    def _dates(self, company, partner_ids: list[int]) -> dict[int, FourDates]:
        """Return the four dates that hold today of the open lines of customers with a policy, by line."""
        self = self.sudo().with_company(company)  # as in _facts
        policies = self.env['dunning.policy']._by_partner(company, self.env['res.partner'].browse(partner_ids))
        terms = {policy: policy._date_terms(company) for policy in set(policies.values()) if policy}
        today = company._dunning_today()
        items_by_partner = self._items_by_partner(company, self._open_lines(company, partner_ids))
        dates = {
            item.net.line.id: expected_dates(item, terms.get(policies[partner_id]), today)
            for partner_id, items in items_by_partner.items() for item in items
        }
        return {line_id: four for line_id, four in dates.items() if four}

    def _terms(self, company, policies) -> dict:
        """Return by policy id its terms, its contact rule and that rule for the rules."""
        result = {}
        for policy in policies:
            rule = policy._contact_rule(company)
            result[policy.id] = (policy._terms(company) if policy else None, rule, rule._rule())
        return result

    # === MONEY === #

    def _open_lines(self, company, partner_ids: list[int]) -> dict[int, list[dict]]:
        """Return the open receivable lines of each customer, credits included."""
        rows = defaultdict(list)
        for row in self._fetch(SQL(
            """SELECT line.id, partner.commercial_partner_id, line.move_id, line.currency_id, line.amount_residual,
                      line.amount_residual_currency, COALESCE(line.date_maturity, line.date) AS due,
                      move.name AS document, line.balance, line.amount_currency, line.no_followup,
                      move.is_dunning_charge, line.date
                 FROM account_move_line line
                 JOIN res_partner partner ON partner.id = line.partner_id
                 JOIN account_move move ON move.id = line.move_id
                WHERE partner.commercial_partner_id = ANY(%s)
                  AND line.account_id = ANY(%s)
                  AND line.company_id = %s
                  AND line.parent_state = 'posted'
                  AND line.reconciled IS NOT TRUE
                  AND line.amount_residual_currency != 0
                ORDER BY due, line.id""",
            partner_ids, self._receivable_accounts(company), company.id,
        )):
            if not (row['no_followup'] and row['amount_residual_currency'] > 0):
                rows[row['commercial_partner_id']].append(row)
        return rows

    def _receivable_accounts(self, company) -> list[int]:
        return self.env['account.account'].with_context(active_test=False).search([
            ('account_type', '=', 'asset_receivable'), *self.env['account.account']._check_company_domain(company),
        ]).ids

    def _items_by_partner(self, company, rows: dict, ignoring: list[int] = ()) -> dict[int, list[Item]]:
        """Return the open lines (see `_open_lines`) of each customer, with what covers them and what was told."""
        covers, pauses = self._covers(company, list(rows), rows)
        sent, told = self._told([row['id'] for lines in rows.values() for row in lines], ignoring)
        return {partner_id: self._items(lines, covers[partner_id], sent, told, pauses)
                for partner_id, lines in rows.items()}

    def _credits_used(self, company, partner_ids: list[int]) -> list[tuple[int, date, Decimal]]:
        """Return which credits that wait to be matched pay which open lines: line id, day of the credit, amount."""
        rows = self._open_lines(company, partner_ids)
        items = self._items_by_partner(company, rows)
        days = {row['id']: row['date'] for lines in rows.values() for row in lines}
        return [
            (line_id, days[credit_id], amount)
            for partner_id, lines in rows.items()
            for line_id, used in credits_used(
                [_open_line(row) for row in lines], [item.net for item in items[partner_id]]).items()
            for credit_id, amount in used
        ]

    def _items(self, rows, covers, sent, told, pauses) -> list[Item]:
        lines = [_open_line(row) for row in rows]
        by_id = {row['id']: row for row in rows}
        return [
            Item(
                item, _rate(by_id[item.line.id]), sent.get(item.line.id, {}), told.get(item.line.id),
                tuple(pauses.get(item.line.id, ())),
            )
            for item in net(lines, covers)
        ]

    def _covers(self, company, partner_ids, rows) -> tuple[dict, dict]:
        """Return what covers each customer's lines today, and since when each line was wholly covered."""
        covers, pauses = defaultdict(list), defaultdict(list)
        lines = {row['id']: row for of_partner in rows.values() for row in of_partner}
        today = company._dunning_today()
        for row in self._holds(company, partner_ids):
            last = min(filter(None, (row['date_until'], row['released_on'] and row['released_on'] - timedelta(1))),
                       default=None)
            if row['date_from'] <= today and (last is None or today <= last):
                covers[row['partner_id']].append(Cover(row['kind'], _decimal(row['amount']), row['move_line_id']))
            held = [row['move_line_id']] if row['move_line_id'] else [line['id'] for line in rows[row['partner_id']]]
            for line_id in held:
                line = lines.get(line_id)
                if line and (not row['covered'] or row['covered'] >= line['amount_residual_currency']):
                    pauses[line_id].append((row['date_from'], last + timedelta(1) if last else date.max))
        moves = defaultdict(list)
        for row in [*self._transactions(company, lines), *self._payments(lines)]:
            moves[row['kind'], row['id'], row['partner_id'], row['amount']].append(row['move_id'])
        for (kind, _id, partner_id, amount), move_ids in moves.items():
            covers[partner_id].append(Cover(kind, _decimal(amount), moves=tuple(move_ids)))
        return covers, pauses

    def _holds(self, company, partner_ids) -> list[dict]:
        """Return holds and promises of these customers and their contacts; a promise holds the dates until settled.

        The parts of an arrangement cover a receivable together.
        """
        return self._fetch(SQL(
            """SELECT partner.commercial_partner_id AS partner_id, move_line_id, kind, amount, amount AS covered,
                      date_from, date_until, released_on
                 FROM dunning_hold hold JOIN res_partner partner ON partner.id = hold.partner_id
                WHERE hold.company_id = %(company)s AND partner.commercial_partner_id = ANY(%(partners)s)
            UNION ALL
               SELECT partner.commercial_partner_id, move_line_id, 'promise', amount,
                      SUM(amount) OVER (PARTITION BY move_line_id, promised_on), promised_on, promise.date,
                      CASE WHEN state = 'open' THEN NULL ELSE settled_on END
                 FROM payment_promise promise JOIN res_partner partner ON partner.id = promise.partner_id
                WHERE promise.company_id = %(company)s AND partner.commercial_partner_id = ANY(%(partners)s)
                  AND state != 'cancelled'""",
            company=company.id, partners=partner_ids,
        ))

    def _transactions(self, company, lines) -> list[dict]:
        """Return online payments under way, or done and not booked yet, of the invoices of these lines."""
        since = fields.Datetime.now() - timedelta(days=company.dunning_pending_days or 3650)
        return self._fetch(SQL(
            """SELECT 'pending' AS kind, tx.id, rel.invoice_id AS move_id, partner.commercial_partner_id AS partner_id,
                      CASE WHEN tx.currency_id = move.currency_id THEN tx.amount END AS amount
                 FROM payment_transaction tx
                 JOIN account_invoice_transaction_rel rel ON rel.transaction_id = tx.id
                 JOIN account_move move ON move.id = rel.invoice_id
                 JOIN res_partner partner ON partner.id = move.partner_id
                WHERE rel.invoice_id = ANY(%s)
                  AND (tx.state IN ('pending', 'authorized') OR (tx.state = 'done' AND tx.payment_id IS NULL))
                  AND tx.last_state_change > %s""",
            list({row['move_id'] for row in lines.values()}), since,
        ))

    def _payments(self, lines) -> list[dict]:
        """Return payments under way that have no journal entry yet, of the invoices of these lines."""
        return self._fetch(SQL(
            """SELECT 'pending' AS kind, -payment.id AS id, rel.invoice_id AS move_id,
                      partner.commercial_partner_id AS partner_id,
                      CASE WHEN payment.currency_id = move.currency_id THEN payment.amount END AS amount
                 FROM account_payment payment
                 JOIN account_move__account_payment rel ON rel.payment_id = payment.id
                 JOIN account_move move ON move.id = rel.invoice_id
                 JOIN res_partner partner ON partner.id = move.partner_id
                WHERE rel.invoice_id = ANY(%s) AND payment.move_id IS NULL
                  AND payment.state IN ('in_process', 'paid')""",
            list({row['move_id'] for row in lines.values()}),
        ))

    # === WHAT WAS TOLD === #

    def _told(self, line_ids, ignoring) -> tuple[dict, dict]:
        """Return by line which occurrences were sent when, and the newest dates told."""
        sent, told = defaultdict(lambda: defaultdict(dict)), {}
        for row in self._fetch(SQL(
            """SELECT move_line_id, step_id, occurrence, revision, date, due_date, last_safe_date, suspension_date,
                      removal_date, shift_days
                 FROM dunning_notice_line
                WHERE move_line_id = ANY(%s) AND state = 'live' AND step_id IS NOT NULL AND notice_id != ALL(%s)
                ORDER BY id""",
            line_ids, list(ignoring) or [0],
        )):
            sent[row['move_line_id']][row['step_id']][row['occurrence']] = row['date']
            dates = FourDates(row['due_date'], row['last_safe_date'], row['suspension_date'], row['removal_date'])
            told[row['move_line_id']] = Told(dates, row['shift_days'] or 0, row['revision'] or 0)
        return sent, told

    def _history(self, partner_ids, now) -> dict[int, list[Contact]]:
        """Return what reached each customer, or may have, in the last days, and what a sender is about to hand over."""
        history = defaultdict(list)
        for row in self._fetch(SQL(
            """SELECT partner_id, channel, called_at FROM dunning_delivery
                WHERE partner_id = ANY(%(partners)s) AND called_at > %(since)s AND state = ANY(%(reached)s)
            UNION ALL
               SELECT partner_id, channel, %(now)s FROM dunning_delivery
                WHERE partner_id = ANY(%(partners)s) AND called_at IS NULL AND state = 'sending'""",
            partners=partner_ids, since=now - timedelta(days=DAYS_OF_HISTORY), reached=list(REACHED), now=now,
        )):
            history[row['partner_id']].append(Contact(row['called_at'], row['channel']))
        return history

    # === WHO AND HOW === #

    def _reach(self, company, partners) -> dict[int, tuple]:
        """Return of each customer the contact for invoices, its addresses, and the channels that are barred."""
        contacts = {partner.id: partner for partner in partners}
        for contact in self.env['res.partner'].search(
            [('commercial_partner_id', 'in', partners.ids), ('type', '=', 'invoice'), ('id', 'not in', partners.ids)],
            order='id desc',
        ):
            contacts[contact.commercial_partner_id.id] = contact
        people = partners.union(*contacts.values())
        people.fetch(['email', 'phone', 'lang', 'tz', 'country_id', 'name', 'dunning_block', 'commercial_partner_id'])
        addresses = {
            partner.id: self._addresses(company, contacts[partner.id], partner) for partner in partners
        }
        refused, granted = self._consents(people)
        blocked = self._blacklisted(addresses)
        result = {}
        for partner in partners:
            contact, found = contacts[partner.id], addresses[partner.id]
            barred = {channel: 'no_address' for channel in ('email', 'sms', 'letter') if not found.get(channel)}
            for channel in ('email', 'sms'):
                keys = {(partner.id, channel), (contact.id, channel)}
                if keys & refused or found.get(channel) in blocked:
                    barred[channel] = 'opted_out'
                elif not keys & granted:
                    barred.setdefault(f'{channel}?', 'no_consent')
            result[partner.id] = (contact, found, barred)
        return result

    def _addresses(self, company, contact, partner) -> dict[str, str]:
        """Return the address of each channel, the contact's before the customer's own."""
        country = contact.country_id or partner.country_id or company.country_id
        numbers = (sms_number(person.phone or '', country.code or '')[0] for person in (contact, partner))
        emails = (email_normalize(person.email or '') for person in (contact, partner))
        return {
            'email': next(filter(None, emails), '') or '',
            'sms': next(filter(None, numbers), ''),
            'letter': contact.name or partner.name or '',
            'portal': contact.name or partner.name or str(partner.id),
            'activity': contact.name or partner.name or str(partner.id),
        }

    def _consents(self, people) -> tuple[set, set]:
        refused, granted = set(), set()
        for consent in self.env['message.consent'].search_fetch(
            [('partner_id', 'in', people.ids)], ['partner_id', 'channel', 'state'],
        ):
            answers = refused if consent.state == 'refused' else granted
            answers.add((consent.partner_id.id, consent.channel))
        return refused, granted

    def _blacklisted(self, addresses) -> set[str]:
        """Return the addresses and numbers that Odoo's own lists forbid."""
        emails = [found['email'] for found in addresses.values() if found['email']]
        numbers = [found['sms'] for found in addresses.values() if found['sms']]
        return {
            *self.env['mail.blacklist'].search([('email', 'in', emails)]).mapped('email'),
            *self.env['phone.blacklist'].search([('number', 'in', numbers)]).mapped('number'),
        }

    def _with_consent(self, rule, barred: dict[str, str]) -> dict[str, str]:
        """Return why channels are barred, once it is known whether the rule asks for consent."""
        result = {channel: reason for channel, reason in barred.items() if not channel.endswith('?')}
        for channel in ('email', 'sms'):
            if f'{channel}?' in barred and rule._needs_consent(channel):
                result.setdefault(channel, 'no_consent')
        return result

    def _zone(self, company, partner, recipient, number: str | None) -> str:
        """Return the customer's own time zone, or all it may be in, as well as it is known; see `rules.calendar`.

        A company without a zone lends its country's.
        """
        country = recipient.country_id or partner.country_id
        if not country and not company.partner_id.tz:
            country = company.country_id
            number = None
        return ' '.join(customer_zones(
            (recipient.tz, partner.tz), country.code or None, company._dunning_zone(), number or None))

    def _fetch(self, query: SQL) -> list[dict]:
        self.env.flush_all()
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()


def _open_line(row: dict) -> OpenLine:
    return OpenLine(
        row['id'], row['due'], Decimal(str(row['amount_residual_currency'])), str(row['currency_id']), row['move_id'],
    )


def _decimal(amount) -> Decimal | None:
    """Return an amount; 0 and nothing mean all of it."""
    return Decimal(str(amount)) if amount else None


def _rate(row: dict) -> Decimal:
    """Return what a unit of the line's currency is worth in the company's, as it was booked."""
    if row['amount_residual'] == row['amount_residual_currency'] or not row['amount_currency']:
        return Decimal(1)
    return Decimal(str(row['balance'])) / Decimal(str(row['amount_currency']))

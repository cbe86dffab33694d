"""Writes what was decided: notices, their receivables and their messages, ready to send, a statement a table."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from markupsafe import Markup
from odoo import models
from odoo.tools import format_amount, format_date

from ..rules import sms_text
from ..rules.calendar import local, next_opening
from .dunning_gatherer import Facts
from .dunning_rows import insert_rows, next_ids

ITEM = Markup(
    '<tr><td style="padding:2px 12px 2px 0">%s</td><td style="padding:2px 12px 2px 0">%s</td>'
    '<td style="padding:2px 0;text-align:right">%s</td></tr>'
)


class DunningWriter(models.AbstractModel):
    _name = 'dunning.writer'
    _description = "Reminder Writer"

    def _write_notices(self, company, wanted: list[tuple], now: datetime, run=None):
        """Insert the notices that were decided, and return them."""
        Notice = self.env['dunning.notice']
        if not wanted:
            return Notice
        ids = next_ids(self.env.cr, Notice._table, len(wanted))
        words = Words(self.env, company, now)
        rows = [
            self._prepare_notice_vals(notice_id, company, facts, decision, words, run)
            for notice_id, (facts, decision) in zip(ids, wanted, strict=True)
        ]
        notices = insert_rows(Notice, rows)
        lines, deliveries = [], []
        for row, (facts, decision) in zip(rows, wanted, strict=True):
            lines += self._prepare_line_rows(row, facts, decision)
            deliveries += self._prepare_delivery_rows(row, facts, decision, words)
        insert_rows(self.env['dunning.notice.line'], lines)
        insert_rows(self.env['dunning.delivery'], deliveries)
        return notices

    def _prepare_notice_vals(self, notice_id, company, facts: Facts, decision, words, run) -> dict:
        """Return the values of a notice; override to keep more of it."""
        totals: dict[int, Decimal] = {}
        for claim in decision.claims:
            currency = facts.rows[claim.line_id]['currency_id']
            totals[currency] = totals.get(currency, Decimal(0)) + claim.amount
        lang = words.lang(facts)
        return {
            'id': notice_id, 'company_id': company.id, 'partner_id': facts.partner.id,
            'recipient_id': facts.recipient.id, 'kind': 'reminder', 'policy_id': facts.policy_record.id,
            'step_id': decision.step_id, 'run_id': run.id if run else None,
            'date': words.today(facts), 'state': 'planned', 'lang': lang, 'zone': facts.customer.zone,
            'is_correction': all(claim.revision for claim in decision.claims if claim.occurrence),
            'is_charged': False, 'fingerprint': decision.fingerprint, 'amount_total': decision.total,
            'amount_words': ' + '.join(words.amount(amount, currency, lang) for currency, amount in totals.items()),
        }

    def _prepare_line_rows(self, notice: dict, facts: Facts, decision) -> list[dict]:
        rows = []
        for claim in decision.claims:
            row = facts.rows[claim.line_id]
            rows.append({
                'notice_id': notice['id'], 'company_id': notice['company_id'], 'partner_id': notice['partner_id'],
                'move_line_id': claim.line_id, 'move_id': row['move_id'], 'name': row['document'],
                'step_id': claim.occurrence.step_id if claim.occurrence else None,
                'occurrence': claim.occurrence.number if claim.occurrence else 0,
                'revision': claim.revision, 'date': notice['date'], 'currency_id': row['currency_id'],
                'amount': claim.amount,
                'amount_company': claim.amount if row['amount_residual'] == row['amount_residual_currency'] else
                claim.amount * Decimal(str(row['amount_residual'])) / Decimal(str(row['amount_residual_currency'])),
                'due_date': claim.dates.due, 'last_safe_date': claim.dates.last_safe,
                'suspension_date': claim.dates.suspension, 'removal_date': claim.dates.removal,
                'shift_days': claim.shift, 'state': 'live',
            })
        return rows

    def _prepare_delivery_rows(self, notice: dict, facts: Facts, decision, words) -> list[dict]:
        """Return the messages of a notice, and what kept its other channels from being used."""
        values = self._values(notice, facts, decision, words)
        taken = {route.key for route in decision.routes}
        rows = [
            self._prepare_delivery_vals(notice, facts, words.route(route.key, notice['lang']), values, words)
            for route in decision.routes
        ]
        for route in facts.policy.routes.get(decision.step_id, ()):
            reason = facts.customer.barred.get(route.channel)
            if reason and route.key not in taken:
                rows.append(self._prepare_barred_vals(notice, facts, route, reason))
        return rows

    def _prepare_delivery_vals(self, notice: dict, facts: Facts, route, values, words) -> dict:
        subject, body = route._texts(values)
        size = sms_text.measure(body) if route.channel == 'sms' else None
        request_uuid = uuid4().hex
        gateway = words.gateway if size else None
        return {
            **self._blank_delivery_vals(notice, route.id, route.channel),
            'recipient': facts.addresses.get(route.channel), 'subject': subject, 'body': body,
            'state': 'queued', 'next_try_at': words.opening(facts, route.channel), 'request_uuid': request_uuid,
            'message_id': f'<dunning-{request_uuid}@{words.host}>' if route.channel == 'email' else None,
            'gateway_id': gateway.id if gateway else None, 'parts': size.parts if size else 0,
            'cost': float(size.parts * gateway.part_price) if gateway else 0.0,
        }

    def _prepare_barred_vals(self, notice: dict, facts: Facts, route, reason: str) -> dict:
        """Return the record of a message that was not written because its channel is barred."""
        return {
            **self._blank_delivery_vals(notice, route.key, route.channel),
            'recipient': facts.addresses.get(route.channel) or None, 'state': 'cancelled', 'failure_reason': reason,
        }

    def _blank_delivery_vals(self, notice: dict, route_id: int, channel: str) -> dict:
        return {
            'notice_id': notice['id'], 'company_id': notice['company_id'], 'partner_id': notice['partner_id'],
            'route_id': route_id, 'channel': channel, 'recipient': None, 'lang': notice['lang'], 'subject': None,
            'body': None, 'state': 'queued', 'failure_reason': None, 'attempt': 0, 'ask_count': 0,
            'next_try_at': None, 'request_uuid': uuid4().hex, 'message_id': None, 'gateway_id': None,
            'parts': 0, 'cost': 0.0,
        }

    def _write_fallback(self, notice, route, facts: Facts, now: datetime) -> None:
        """Queue a message of a notice on another channel, with the words of that channel."""
        words = Words(self.env, notice.company_id, now)
        row = {
            'id': notice.id, 'company_id': notice.company_id.id, 'partner_id': notice.partner_id.id,
            'lang': notice.lang, 'date': notice.date, 'amount_words': notice.amount_words,
        }
        values = self._stored_values(notice, facts, words)
        route = words.route(route.id, notice.lang)
        insert_rows(self.env['dunning.delivery'], [self._prepare_delivery_vals(row, facts, route, values, words)])

    # === VALUES === #

    def _values(self, notice: dict, facts: Facts, decision, words) -> dict[str, str]:
        """Return the texts for the placeholders of a notice; the oldest line that is told gives its dates."""
        told = [claim for claim in decision.claims if claim.occurrence] or decision.claims
        leading = min(
            told, key=lambda claim: (claim.occurrence.step_id != decision.step_id, claim.dates.due, claim.line_id),
        )
        items = [
            (facts.rows[claim.line_id]['document'], claim.dates.due, claim.amount,
             facts.rows[claim.line_id]['currency_id'])
            for claim in sorted(decision.claims, key=lambda claim: (claim.dates.due, claim.line_id))
        ]
        return self._texts(notice, facts, leading.dates, items, words, decision.step_id, decision.total)

    def _stored_values(self, notice, facts: Facts, words) -> dict[str, str]:
        """Return the same texts from a notice that was written before."""
        lines = notice.line_ids
        leading = min(lines, key=lambda line: (line.step_id != notice.step_id, line.due_date, line.id))
        items = [(line.name, line.due_date, line.amount, line.currency_id.id) for line in lines]
        row = {'id': notice.id, 'lang': notice.lang, 'date': notice.date, 'amount_words': notice.amount_words}
        return self._texts(
            row, facts, leading._dates(), items, words, notice.step_id.id, Decimal(str(notice.amount_total)),
        )

    def _texts(self, notice: dict, facts: Facts, dates, items, words, step_id: int, total: Decimal) -> dict[str, str]:
        lang = notice['lang']
        link = self.env['dunning.notice']._link
        return {
            'customer': facts.recipient.name or facts.partner.name or '',
            'company': words.company.name,
            'phone': words.company.phone or '',
            'reference': facts.partner.ref or '',
            'today': words.date(notice['date'], lang),
            'amount': notice['amount_words'],
            'due_date': words.date(dates.due, lang),
            'days': str(abs((notice['date'] - dates.due).days)),
            'last_safe_date': words.date(dates.last_safe, lang),
            'suspension_date': words.date(dates.suspension, lang),
            'removal_date': words.date(dates.removal, lang),
            'documents': ', '.join(dict.fromkeys(document or '' for document, *_rest in items)),
            'items': Markup('<table style="border-collapse:collapse">%s</table>') % Markup('').join(
                ITEM % (document or '', words.date(due, lang), words.amount(amount, currency, lang))
                for document, due, amount, currency in items
            ),
            'fee': words.fee(step_id, total, lang),
            'pay_link': link(words.base_url, notice['id']),
            'opt_out_link': link(words.base_url, notice['id'], 'o'),
            'card': '', 'expiry': '',
        }


class Words:
    """Dates, amounts, languages and templates of one company, each looked up once for a batch."""

    def __init__(self, env, company, now: datetime):
        self.env, self.company, self.now = env, company, now
        self.base_url = company.get_base_url()
        self.host = self.base_url.split('//')[-1].split('/')[0].split(':')[0] or 'localhost'
        self.gateway = company.dunning_gateway_id
        self.languages = {code for code, _name in env['res.lang'].get_installed()}
        self.default_lang = company.partner_id.lang or 'en_US'
        self._dates: dict = {}
        self._routes: dict = {}
        self._openings: dict = {}

    def lang(self, facts: Facts) -> str:
        lang = facts.recipient.lang or facts.partner.lang
        return lang if lang in self.languages else self.default_lang

    def today(self, facts: Facts) -> date:
        return local(facts.moment, facts.customer.zone).date()

    def date(self, day: date | None, lang: str) -> str:
        if not day:
            return ''
        if (day, lang) not in self._dates:
            self._dates[day, lang] = format_date(self.env, day, lang_code=lang)
        return self._dates[day, lang]

    def amount(self, amount, currency_id: int, lang: str) -> str:
        return format_amount(self.env, float(amount), self.env['res.currency'].browse(currency_id), lang_code=lang)

    def fee(self, step_id: int, total: Decimal, lang: str) -> str:
        step = self.env['dunning.step'].browse(step_id)
        currency = self.company.currency_id
        amount = step._fee(total, currency.decimal_places)
        return self.amount(amount, currency.id, lang) if amount else ''

    def route(self, route_id: int, lang: str):
        if (route_id, lang) not in self._routes:
            self._routes[route_id, lang] = self.env['dunning.route'].with_context(lang=lang).with_company(
                self.company).browse(route_id)
        return self._routes[route_id, lang]

    def opening(self, facts: Facts, channel: str) -> datetime:
        """Return when the message may go out: now, or when the customer's hours begin."""
        rule, zone = facts.customer.rule, facts.customer.zone
        if channel not in rule.channels:
            return self.now
        key = (id(rule), zone)
        if key not in self._openings:
            self._openings[key] = next_opening(rule, self.now, zone) or self.now
        return self._openings[key]

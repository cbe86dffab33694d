"""Notices about cards that expire: written once for each card and date, sent by the same outbox."""

from datetime import datetime

from odoo import fields, models

from ..rules.decision import usable_routes
from .dunning_rows import insert_rows, next_ids
from .dunning_writer import Words


class DunningCardWriter(models.AbstractModel):
    _inherit = 'dunning.writer'

    def _write_card_notices(self, company, tokens):
        """Write the notices of tokens that have none for their date yet, and return them."""
        Notice, step = self.env['dunning.notice'], company.dunning_card_step_id
        keys = {token: f'card:{token.id}:{token.expires_on}' for token in tokens}
        known = set(Notice.search([('key', 'in', list(keys.values())), ('state', '!=', 'cancelled')]).mapped('key'))
        tokens = tokens.filtered(lambda token: keys[token] not in known)
        now = fields.Datetime.now()
        words = Words(self.env, company, now)
        wanted = self._card_holders_to_tell(company, tokens, now)
        ids = next_ids(self.env.cr, Notice._table, len(wanted)) if wanted else []
        rows = [
            self._prepare_card_notice_vals(notice_id, company, token, found, step, keys[token], words)
            for notice_id, (token, found, _routes) in zip(ids, wanted, strict=True)
        ]
        deliveries = []
        for row, (token, found, routes) in zip(rows, wanted, strict=True):
            values = self._card_values(row, token, found, words)
            deliveries += [
                self._prepare_delivery_vals(row, found, words.route(route.key, row['lang']), values, words)
                for route in routes
            ]
        notices = insert_rows(Notice, rows)
        insert_rows(self.env['dunning.delivery'], deliveries)
        return notices

    def _card_holders_to_tell(self, company, tokens, now: datetime) -> list[tuple]:
        """Return the tokens whose customers may be told, each with the facts of the customer and the routes."""
        routes_of_step = company.dunning_card_step_id._routes()
        facts = self.env['dunning.gatherer']._facts(company, tokens.partner_id.commercial_partner_id.ids, now)
        wanted = []
        for token in tokens:
            found = facts[token.partner_id.commercial_partner_id.id]
            routes, _reason = usable_routes(found.customer, routes_of_step, found.moment)
            if routes and not found.customer.blocked:
                wanted.append((token, found, routes))
        return wanted

    def _prepare_card_notice_vals(self, notice_id, company, token, facts, step, key: str, words) -> dict:
        return {
            'id': notice_id, 'company_id': company.id, 'partner_id': facts.partner.id,
            'recipient_id': facts.recipient.id, 'kind': 'card', 'policy_id': step.policy_id.id, 'step_id': step.id,
            'token_id': token.id, 'key': key, 'date': words.today(facts), 'state': 'planned',
            'lang': words.lang(facts), 'zone': facts.customer.zone, 'is_correction': False, 'is_charged': True,
            'amount_total': 0.0, 'amount_words': '',
        }

    def _card_values(self, notice: dict, token, facts, words) -> dict[str, str]:
        link = self.env['dunning.notice']._link
        return {
            'customer': facts.recipient.name or facts.partner.name or '', 'company': words.company.name,
            'phone': words.company.phone or '', 'reference': facts.partner.ref or '',
            'today': words.date(notice['date'], notice['lang']),
            'card': token.payment_details or token.display_name or '',
            'expiry': token.expires_on.strftime('%m/%Y'), 'due_date': words.date(token.expires_on, notice['lang']),
            'pay_link': f'{words.base_url}/my/payment_method',
            'opt_out_link': link(words.base_url, notice['id'], 'o'),
        }

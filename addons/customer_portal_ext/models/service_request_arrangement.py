"""Payment arrangements: what is due, paid in parts within the company's limits, kept or broken promise by promise."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..rules.arrangement import arrange, may_grant, part_days

BROKEN_DAYS = 365
"""For so long a broken promise lets staff decide about the next one."""


class ServiceRequest(models.Model):
    _inherit = 'service.request'

    part_count = fields.Integer("Payments", readonly=True, help="In so many parts, a month apart.")
    receivable_ids = fields.Many2many(
        'account.move.line', 'service_request_receivable_rel', 'request_id', 'line_id', "Receivables", readonly=True,
        help="What the arrangement pays.",
    )
    promise_ids = fields.One2many('payment.promise', 'request_id', "Promises", readonly=True)

    # === OFFER === #

    @api.model
    def _arrangeable(self, contract_id: int = 0):
        """Return the receivables of the user that may be arranged: due, not on their way, not promised yet.

        :param contract_id: only those of a contract; 0 for all.
        """
        Line = self.env['account.move.line']
        domain = Line._receivables_domain(self.env.user.partner_id) & Domain('amount_residual', '>', 0)
        if contract_id:
            domain &= Domain('service_contract_id', '=', contract_id)
        lines = Line._due_now(domain)
        # sudo: promises are the office's to read, that there is one is the customer's to know
        promised = self.env['payment.promise'].sudo().search(
            [('move_line_id', 'in', lines.ids), ('state', '=', 'open')]).move_line_id
        uncovered = lines._uncovered()
        return lines.filtered(lambda line: line.id in uncovered and line.id not in promised.ids)

    @api.model
    def _arrangement_vals(self, lines, typed: dict) -> dict:
        """Return the checked values of an arrangement over these receivables of one company and currency.

        :param typed: texts of parts, date_wanted (day of the first payment) and message.
        :raises UserError: telling what is missing or beyond the limits.
        """
        if not lines:
            raise UserError(self.env._("Nothing is due that could be arranged."))
        company = lines.company_id.sudo()  # sudo: the limits stand on the company
        limits, today = company._arrangement_limits(), company._service_today()
        parts, first = str(typed.get('parts') or ''), self._typed_day(typed.get('date_wanted'))
        if not parts.isdecimal() or not 1 <= int(parts[:3]) <= limits.parts:
            raise UserError(self.env._("Choose 1 to %s payments.", limits.parts))
        if not first or first < today:
            raise UserError(self.env._("Choose the day of the first payment, from today on."))
        latest = today + timedelta(days=limits.days)
        if first > latest or part_days(first, int(parts))[-1] > latest:
            raise UserError(self.env._(
                "The last payment must be on %s at the latest.", format_date(self.env, latest)))
        partner = self.env.user.partner_id
        return {
            'kind': 'arrangement', 'partner_id': partner.id, 'company_id': company.id, 'part_count': int(parts),
            'date_wanted': first, 'message': str(typed.get('message') or '').strip()[:2000],
            'contract_id': lines.sudo().service_contract_id.id if len(lines.sudo().service_contract_id) == 1 else False,
            'receivable_ids': [Command.set(lines.ids)],
        }

    @api.model
    def _arrangement_rows(self, lines, vals: dict) -> list[dict]:
        """Return the payments of an arrangement, in rows of a label and a text."""
        money, parts = lines.currency_id.format, self._parts_of(lines, vals['date_wanted'], vals['part_count'])
        return [
            {'label': self.env._("Payment %(number)s, %(day)s", number=number, day=format_date(self.env, part.day)),
             'text': money(float(part.amount))} for number, part in enumerate(parts, 1)
        ] + [{'label': self.env._("Together"), 'text': money(float(sum(part.amount for part in parts)))}]

    def _parts_of(self, lines, first, count: int) -> list:
        facts = lines._receivable_facts().values()
        return arrange(list(facts), first, count, lines.currency_id.decimal_places)

    # === SEND === #

    @api.model
    def _send(self, vals):
        # EXTENDS: two browsers that arrange the same at the same moment get one arrangement
        if vals['kind'] == 'arrangement':
            lines = self.env['account.move.line'].browse(vals['receivable_ids'][0][2])
            lines.lock_for_update()
            waiting = self.search([('receivable_ids', 'in', lines.ids), ('state', '=', 'sent')], limit=1)
            if waiting:
                return waiting
        return super()._send(vals)

    def _is_approved_by_rule(self):
        # EXTENDS: within the limits, for customers who keep what they promise
        if self.kind != 'arrangement':
            return super()._is_approved_by_rule()
        total = sum(map(to_decimal, self.receivable_ids._uncovered().values()))
        broken = self.env['payment.promise'].search_count([
            ('partner_id', '=', self.partner_id.commercial_partner_id.id), ('state', '=', 'broken'),
            ('settled_on', '>', fields.Date.today() - timedelta(days=BROKEN_DAYS)),
        ])
        return self.company_id.portal_auto_arrangement and may_grant(
            total, broken, self.company_id._arrangement_limits())

    def _carry_out(self):
        # EXTENDS: an arrangement becomes promises, one for each part and receivable
        if self.kind != 'arrangement':
            return super()._carry_out()
        # sudo: whoever may approve may not read the books; only what the customer asked for is taken
        lines = self.sudo().receivable_ids.filtered(lambda line: line.amount_residual_currency > 0)
        first = max(self.date_wanted, self.company_id._service_today())
        for number, part in enumerate(self._parts_of(lines, first, self.part_count), 1):
            self.env['payment.promise'].sudo().create([  # sudo: as above
                self._prepare_promise(key, float(amount), number, part.day) for key, amount in part.shares
            ])
        return None

    def _prepare_promise(self, line_id: int, amount: float, number: int, day) -> dict:
        return {
            'move_line_id': line_id, 'company_id': self.company_id.id, 'amount': amount, 'date': day, 'part': number,
            'source': 'portal', 'request_id': self.id, 'note': self.name,
        }

    def _arrangement_parts(self) -> list[dict]:
        """Return what became of an arrangement: ``day``, ``amount``, ``state`` and ``label`` of each payment."""
        self.ensure_one()
        labels = dict(self.env['payment.promise']._fields['state']._description_selection(self.env))
        found = []
        for _number, promises in sorted(self.promise_ids.grouped('part').items()):
            states = set(promises.mapped('state'))
            state = next(state for state in ('broken', 'open', 'kept', 'cancelled') if state in states)
            found.append({
                'day': promises[0].date, 'amount': sum(promises.mapped('amount')), 'currency': promises[0].currency_id,
                'state': state, 'label': labels[state],
            })
        return found

"""Free credit that paid for days which are given back: its part returns to the credit, only the rest is money.

What a pause, an end or a change gives back stays one pending charge at the full price. Where free credit paid for a
part of it, a charge above 0 beside it takes that part off what the customer gets, and the credit has it again, with
the expiry it had. It is a row of the ledger like the use itself.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from odoo import fields, models
from odoo.fields import Domain

from ..rules.billing import ADJUSTMENT, CREDIT, Charge
from ..rules.credits import Used, given_back
from ..rules.money import to_decimal
from ..rules.periods import Period
from ..rules.pricing import Rated
from ..rules.pricing.explanation import once

GIVEN_BACK = ('change', 'pause')
ZERO, ONE = Decimal(0), Decimal(1)


@dataclass
class Pool:
    """What was charged of a service for one stretch of days, what of it was given back, and the credit it used."""

    charged: Decimal = ZERO
    given: Decimal = ZERO
    uses: list[Used] = field(default_factory=list)


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _with_credit_back(self, charges_by_line: dict, book) -> dict:
        """Return the charges with what returns to free credit of days that are given back, as charges above 0."""
        backs = [(line, charge) for line, charges in charges_by_line.items() for charge in charges
                 if line._gives_back(charge)]
        lines = self.env['service.contract.line'].union(*(line for line, _charge in backs))
        # sudo: what was charged tells what comes back, whoever looks
        rows = lines.sudo()._charged_with_credit() if backs else {}
        result, pools = dict(charges_by_line), {}
        for line, charge in backs:
            if line.id not in rows:
                continue
            days = _days_given_back(rows[line.id], charge.period)
            pool = pools.setdefault((line.id, days), _pool(rows[line.id], days))
            result[line] = [*result[line], *line._credit_back_charges(charge, pool, book)]
        return result


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _gives_back(self, charge: Charge) -> bool:
        return (
            charge.kind == ADJUSTMENT and charge.evidence.get('origin') in GIVEN_BACK
            and charge.amount(self.currency_id.decimal_places) < 0
        )

    def _charged_with_credit(self) -> dict:
        """Return what was charged of these services and counts, of those that used free credit: rows by service."""
        Entry, counting = self.env['service.billing.entry'], Domain('state', '!=', 'void')
        using = Entry._read_group(
            counting & Domain('contract_line_id', 'in', self.ids) & Domain('kind', '=', CREDIT), ['contract_line_id'])
        entries = Entry.search(
            counting & Domain('contract_line_id', 'in', [line.id for line, in using])
            & Domain('kind', 'in', ('recurring', ADJUSTMENT, CREDIT)), order='id',
        )
        pendings = self.env['service.pending.charge'].browse(
            entries.filtered(lambda entry: entry.kind == ADJUSTMENT).mapped('correction')).exists()
        counters = {pending.key.split(':void:')[0] for pending in pendings if ':void:' in pending.key}
        void_ids = {pending.id for pending in pendings if pending.key.split(':void:')[0] in counters}
        return entries.filtered(
            lambda entry: entry.kind != ADJUSTMENT or entry.correction not in void_ids,
        ).grouped(lambda entry: entry.contract_line_id.id)

    def _credit_back_charges(self, charge: Charge, pool: Pool, book) -> list[Charge]:
        """Return what returns to credit with a charge that gives days back, and let the book have it again."""
        digits, charges = self.currency_id.decimal_places, []
        back = -charge.amount(digits)
        for place, amount in given_back(pool.charged, pool.given, back, pool.uses, digits):
            use = pool.uses[place]
            pool.uses[place] = use._replace(returned=use.returned + amount)
            entry_sudo = self.env['service.billing.entry'].sudo().browse(use.key)  # sudo: as above
            grant_sudo = self.env['service.credit.grant'].sudo().browse(entry_sudo.explanation['grant'])
            book.refill(grant_sudo, amount)
            charges.append(self._credit_back_charge(charge, grant_sudo, entry_sudo, amount))
        pool.given += back
        return charges

    def _credit_back_charge(self, charge: Charge, grant, entry, amount: Decimal) -> Charge:
        env = self.with_context(lang=self.contract_id.partner_invoice_id.lang).env
        money = self.currency_id.with_env(env).format(float(amount))
        return Charge(
            self.id, CREDIT, charge.period, charge.period, charge.charge_date, Fraction(1), ONE, amount, ZERO,
            Rated(ONE, ONE, amount, (once('adjustment', amount),)),
            evidence={
                'grant': grant.id, 'back_of': entry.id, 'pending': charge.evidence['correction'], 'origin': CREDIT,
                'name': env._("%(credit)s (paid for it and has it again)", credit=grant.name),
                'rows': [{'label': env._("Credit"), 'text': grant.name},
                         {'label': env._("Given back to the credit"), 'text': money}],
            },
        )


class ServiceCreditEntry(models.Model):
    _inherit = 'service.credit.entry'

    kind = fields.Selection(selection_add=[('unused', "Given back, not served")], ondelete={'unused': 'cascade'})
    pending_id = fields.Many2one(
        'service.pending.charge', "Given back with", readonly=True, index='btree_not_null', ondelete='set null',
    )

    def _still_given(self) -> dict[int, Decimal]:
        """Return what of these uses was given back with days not served and stands, by use."""
        given = {}
        for entry in self.search([
            ('kind', '=', 'unused'), ('origin_id', 'in', self.ids), ('billing_entry_id.state', '=', 'posted'),
        ]).grouped('billing_entry_id').values():
            use, amount = entry[0].origin_id.id, to_decimal(entry[0].currency_id.round(entry[0].amount))
            given[use] = given.get(use, ZERO) + amount
        return given


class ServiceBillingEntry(models.Model):
    _inherit = 'service.billing.entry'

    def _took_credit(self):
        """Return those of these uses of credit that took some; the others gave some back."""
        return self.filtered(lambda entry: entry._charged_amount() < 0)

    def _book_credit_back(self, kind: str, reason: str = '') -> None:
        """Give credit back once more with charges that count again, or take it back with those that are void.

        :param kind: ``unused`` or ``draw``.
        :raises UserError: if it was used for something else in the meantime.
        """
        rows = self.env['service.credit.entry'].search([('billing_entry_id', 'in', self.ids)], order='id')
        self.env['service.credit.entry']._book([
            {'grant_id': first.grant_id.id, 'kind': kind, 'key': f'unused:{entry.id}:{len(known)}',
             'amount': to_decimal(entry.currency_id.round(first.amount)), 'billing_entry_id': entry.id,
             'contract_line_id': entry.contract_line_id.id, 'move_id': entry.move_id.id or None, 'reason': reason,
             'origin_id': first.origin_id.id if kind == 'unused' else None, 'pending_id': first.pending_id.id or None}
            for entry, known in rows.grouped('billing_entry_id').items()
            if known[-1].kind != kind and (first := known[0])
        ])


class ServicePendingCharge(models.Model):
    _inherit = 'service.pending.charge'

    def _prepare_counter(self, suffix: str) -> dict:
        # EXTENDS the add-on: what returned to credit is no money to be charged again
        vals = super()._prepare_counter(suffix)
        entries = self.env['service.credit.entry'].sudo().search([  # sudo: what happened, whoever reverses
            ('pending_id', '=', self.id), ('kind', '=', 'unused'), ('billing_entry_id.state', '=', 'posted'),
        ])
        back = sum(rows[0].amount for rows in entries.grouped('billing_entry_id').values())
        return {**vals, 'amount': self.currency_id.round(vals['amount'] - back)}


def _days_given_back(entries, period: Period) -> Period | None:
    """Return the days charged together of which a period gives back some."""
    paid = [Period(entry.period_start, entry.period_end) for entry in _paid(entries)
            if entry.period_start <= period.start < entry.period_end]
    return Period(min(one.start for one in paid), max(one.end for one in paid)) if paid else None


def _pool(entries, days: Period | None) -> Pool:
    """Return what was charged and given back for days, and the uses of credit by their rows of the ledger."""
    if not days:
        return Pool()
    paid = _paid(entries).filtered(lambda entry: Period(entry.period_start, entry.period_end).intersect(days))
    given = [entry for entry in entries if entry.kind == ADJUSTMENT and _is_given(entry)
             and entry._charged_amount() < 0 and days.start <= entry.period_start < days.end]
    keys = {_use_key(entry, entry.kind, entry.correction) for entry in paid}
    credits = entries.filtered(lambda entry: entry.kind == CREDIT)
    returned = {}
    for entry in credits:
        if origin := entry.explanation.get('back_of'):
            returned[origin] = returned.get(origin, ZERO) + entry._charged_amount()
    return Pool(
        sum((entry._charged_amount() for entry in paid), ZERO),
        -sum((entry._charged_amount() for entry in given), ZERO),
        [Used(entry.id, -entry._charged_amount(), returned.get(entry.id, ZERO)) for entry in credits
         if 'back_of' not in entry.explanation
         and _use_key(entry, *entry.explanation.get('of', ('recurring', 0))) in keys],
    )


def _paid(entries):
    return entries.filtered(lambda entry: entry.kind == 'recurring' or (
        entry.kind == ADJUSTMENT and _is_given(entry) and entry._charged_amount() > 0))


def _is_given(entry) -> bool:
    return (entry.explanation or {}).get('origin') in GIVEN_BACK


def _use_key(entry, kind: str, correction: int) -> tuple:
    return entry.move_id, entry.period_start, entry.period_end, kind, correction or 0

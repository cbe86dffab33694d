"""Price revisions of services with tiers, packages or a meter: every price of the list, and what usage then costs."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.tools import SQL

from ..rules.metrics import monthly_amount
from ..rules.money import to_decimal
from ..rules.periods import Interval
from ..rules.price_list import RevisedPart, revised_list
from ..rules.price_schedule import Revision
from ..rules.pricing import price
from .service_usage_rater import price_from_json, price_to_json

BATCH = 1000
SMALL_DIGITS = 4
LIST_COLUMNS = ('price_list_old', 'price_list_new', 'prices', 'example_quantity')


class ServicePriceRevisionLine(models.Model):
    _inherit = 'service.price.revision.line'

    price_list_old = fields.Json(readonly=True)
    price_list_new = fields.Json(readonly=True)
    prices = fields.Json("Prices kept", readonly=True, help="Each price of the list before and after.")
    example_quantity = fields.Float(
        "At a quantity of", readonly=True, digits=(16, 6),
        help="Old and new price of a list are what this quantity costs: what was used in the last period.",
    )
    prices_text = fields.Text("Prices", compute='_compute_prices_text')

    @api.depends('prices')
    @api.depends_context('lang')
    def _compute_prices_text(self):
        for row in self:
            row.prices_text = '\n'.join(row._part_text(part) for part in row.prices or ()) or False

    def _is_list_changed(self) -> bool:
        """Tell whether the service has another list now than when the preview was made."""
        line, kept = self.contract_line_id, self.price_list_old
        return (line._price_model_at(self.date_effective) != price_from_json(kept)
                or Decimal(kept.get('commitment', 0)) not in (0, line._commitment_at(self.date_effective)))

    def _part_text(self, part: dict) -> str:
        """Return one price before and after: “Price per unit (above 100): 0.10 → 0.11”."""
        words, lang = self.env['service.price.words'], self.env.lang
        names = {
            'fee': self.env._("Fee"), 'event': self.env._("Price per event"),
            'package': self.env._("Price per package"), 'flat': self.env._("Flat price"),
            'minimum': self.env._("Minimum charge"), 'maximum': self.env._("Maximum charge"),
            'commitment': self.env._("Minimum commitment"),
        }
        above, upper = (part[name] and Decimal(part[name]) for name in ('above', 'upper'))
        bounds = words._bounds_text(above, upper, lang)
        name = names.get(part['part'], self.env._("Price per unit"))
        old, new = (words._money(Decimal(part[name]), self.currency_id, lang) for name in ('old', 'new'))
        return f'{name} ({bounds}): {old} → {new}' if bounds else f'{name}: {old} → {new}'


class ServicePriceRevision(models.Model):
    _inherit = 'service.price.revision'

    # === GATHER, DECIDE === #

    def _prepare_rows(self, lines, earliest):
        # EXTENDS service_contracts: what was used last is read for all services at once
        rated = lines.filtered(lambda line: line._is_rated())
        rows = [{**row, **dict.fromkeys(LIST_COLUMNS)} for row in super()._prepare_rows(lines - rated, earliest)]
        usage = rated.filtered(lambda line: line.kind == 'usage')._last_usage()
        return rows + [self._prepare_list_row(line, earliest, usage.get(line.id)) for line in rated]

    def _prepare_list_row(self, line, earliest: date, used: tuple[Decimal, int] | None) -> dict:
        """Return what the revision makes of a service with a price list.

        :param used: quantity and number of records of its last period; None for a contracted quantity.
        """
        day = line._revision_day(earliest, at_period_start=True)
        model = line._price_model_at(day)
        dearer, parts = revised_list(model, lambda old: self._revise_part(old, line.currency_id.decimal_places))
        committed = self._commitment_part(line, day)
        parts = (*parts, committed) if committed else parts
        quantity, records = used or (to_decimal(line.quantity) if line.kind != 'usage' else Decimal(0), 0)
        factor = 1 - to_decimal(line.discount) / 100
        old, new = (price(each, quantity, records).amount * factor for each in (model, dearer))
        percent = self._revise(100.0, 2).percent if parts else Fraction(0)
        total = Revision(_sum(parts, 'old'), _sum(parts, 'new'), percent)
        return {
            **self._prepare_common_row(line, day, total),
            **self._prepare_amounts(line, old, new),
            'price_list_old': {**price_to_json(model), **({'commitment': str(committed.old)} if committed else {})},
            'price_list_new': {**price_to_json(dearer), **({'commitment': str(committed.new)} if committed else {})},
            'prices': [_part_to_json(part) for part in parts], 'example_quantity': float(quantity),
        }

    def _prepare_amounts(self, line, old: Decimal, new: Decimal) -> dict:
        interval, currency = Interval(max(line.interval_count, 1), line.interval_unit), line.currency_id
        return {
            'price_old': currency.round(float(old)), 'price_new': currency.round(float(new)),
            'monthly_old': currency.round(float(monthly_amount(old, interval))),
            'monthly_new': currency.round(float(monthly_amount(new, interval))),
        }

    def _revise_part(self, old: Decimal, digits: int) -> Decimal:
        """Return one price after the revision; those below 1 keep four digits and are not rounded to a step."""
        is_small = abs(old) < 1
        return self._revise(old, max(digits, SMALL_DIGITS) if is_small else digits, rounds=not is_small).new

    # === WRITE === #

    def _leave_out_changed(self) -> None:
        """Leave out lists that changed since the preview, too: they are compared price by price."""
        super()._leave_out_changed()
        Row, last, changed = self.env['service.price.revision.line'], 0, []
        domain = [('revision_id', '=', self.id), ('state', '=', 'planned'), ('prices', '!=', False)]
        while rows := Row.search([*domain, ('id', '>', last)], order='id', limit=BATCH):
            last = rows[-1].id
            changed += [row.id for row in rows if row._is_list_changed()]
            self.env.invalidate_all()
        if changed:
            self.env.cr.execute(SQL(
                "UPDATE service_price_revision_line SET state = 'left_out', left_out = 'changed' WHERE id = ANY(%s)",
                changed,
            ))
            Row.invalidate_model(flush=False)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _quantity_words(self, quantity: float) -> str:
        """Return a quantity with its unit, for the mail about new prices."""
        lang = self.contract_id.partner_id.lang
        number = self.env['service.price.words']._number(to_decimal(quantity), lang)
        return f'{number} {self._unit(lang, quantity)}'.rstrip()

    def _last_usage(self) -> dict[int, tuple[Decimal, int]]:
        """Return quantity and number of records of the last period billed, by line id."""
        if not self:
            return {}
        self.env['service.billing.entry'].flush_model()
        # SQL because only the newest charge of each service matters
        rows = self.env.execute_query(SQL(
            """
            SELECT DISTINCT ON (contract_line_id) contract_line_id, quantity, (explanation ->> 'records')::int
              FROM service_billing_entry
             WHERE contract_line_id = ANY(%s) AND kind = 'usage' AND state != 'void'
             ORDER BY contract_line_id, period_start DESC
            """, self.ids,
        ))
        return {line_id: (to_decimal(quantity or 0), records or 0) for line_id, quantity, records in rows}


def _sum(parts: tuple[RevisedPart, ...], name: str) -> Decimal:
    return sum((getattr(part, name) for part in parts), Decimal(0))


def _part_to_json(part: RevisedPart) -> dict:
    return {name: value if value is None or name == 'part' else str(value) for name, value in part._asdict().items()}

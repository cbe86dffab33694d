"""What one beneficiary owes of a statement, and how it came about in words and numbers."""

from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError

from .service_gate import has_passed_gate


class ServiceAllocationLine(models.Model):
    _name = 'service.allocation.line'
    _description = "Share of Costs"
    _order = 'allocation_id desc, sequence, id'
    _rec_name = 'unit_name'

    allocation_id = fields.Many2one(
        'service.allocation', "Statement", required=True, readonly=True, ondelete='cascade', index=True,
    )
    company_id = fields.Many2one(related='allocation_id.company_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='allocation_id.currency_id')
    state = fields.Selection(related='allocation_id.state', store=True, precompute=True)
    sequence = fields.Integer(readonly=True)
    unit_id = fields.Many2one('service.allocation.unit', required=True, readonly=True, ondelete='restrict', index=True)
    unit_name = fields.Char("Unit name", required=True, readonly=True, help="As it was called in the period.")
    occupancy_id = fields.Many2one(
        'service.allocation.occupancy', "Occupant", readonly=True, ondelete='set null', index='btree_not_null',
        help="Empty: the unit was vacant, or is a common area.",
    )
    contract_line_id = fields.Many2one(
        'service.contract.line', "Charged to", required=True, readonly=True, ondelete='restrict', index=True,
    )
    contract_id = fields.Many2one(
        related='contract_line_id.contract_id', store=True, index=True, precompute=True,
    )
    partner_id = fields.Many2one(related='contract_line_id.partner_id', store=True, index=True, precompute=True)
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("To", required=True, readonly=True)
    cost = fields.Monetary("Share", readonly=True)
    cost_percent = fields.Float("Share of all (%)", readonly=True)
    advance = fields.Monetary("Paid in advance", readonly=True, help="What was billed as advances in the period.")
    booked = fields.Monetary("Charged before", readonly=True, help="What the adjusted statement has charged already.")
    amount = fields.Monetary("To charge", readonly=True, help="Below 0 the beneficiary gets money back.")
    is_estimated = fields.Boolean("Estimated", readonly=True, help="A reading is missing.")
    explanation = fields.Json(readonly=True)
    explanation_html = fields.Html("How it came about", compute='_compute_explanation_html', sanitize=False)
    charge_id = fields.Many2one(
        'service.pending.charge', "Charge", readonly=True, ondelete='set null', index='btree_not_null',
    )
    charge_state = fields.Selection(related='charge_id.state', string="Charge status")
    move_id = fields.Many2one(related='charge_id.move_id', string="Invoice")

    # === COMPUTE === #

    @api.depends('unit_name', 'allocation_id.name')
    def _compute_display_name(self):
        for line in self:
            # sudo: a beneficiary reads the name of the statement of the own share
            line.display_name = f'{line.sudo().allocation_id.name}, {line.unit_name}'

    def _compute_explanation_html(self):
        for line in self:
            line.explanation_html = self.env['ir.qweb']._render('service_contracts.explanation_table', {
                'rows': line._explanation_rows(),
            })

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        if vals_list and not has_passed_gate(self.env):
            raise UserError(self.env._("Shares are worked out. Change the costs, readings or occupants instead."))
        return super().create(vals_list)

    def write(self, vals):
        if not has_passed_gate(self.env):
            raise UserError(self.env._("Shares are worked out. Change the costs, readings or occupants instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not has_passed_gate(self.env):
            raise UserError(self.env._("Shares are worked out. Change the costs, readings or occupants instead."))

    # === BUSINESS === #

    def _get_report_base_filename(self) -> str:
        self.ensure_one()
        return self.display_name

    def _explanation_rows(self, lang: str | None = None) -> list[dict]:
        """Return how the share came about, a ``label`` and a ``text`` for each step."""
        self.ensure_one()
        words = self.env['service.allocation.words'].with_context(lang=lang or self.env.lang)
        return words._rows(self)

    def _recomputed_cost(self) -> Decimal:
        """Return the share from what was kept alone: the whole cents of each pool, checked against its weight.

        :raises UserError: if a kept amount is not within a cent of pool × weight / total weight.
        """
        self.ensure_one()
        parts = [part for item in (self.explanation or {}).get('items', ()) for part in item['parts']]
        cent = Fraction(1, 10 ** self.currency_id.decimal_places)
        for part in parts:
            exact = Fraction(part['pool']) * Fraction(part['weight']) / (Fraction(part['total']) or 1)
            if abs(exact - Fraction(part['amount'])) >= cent:
                raise UserError(self.env._("%s: what was kept does not give its amount.", self.display_name))
        return sum((Decimal(part['amount']) for part in parts), Decimal(0))

    def _share_bars(self) -> list[dict]:
        """Return the parts of the share by cost, each with its width in percent of the greatest."""
        self.ensure_one()
        items = (self.explanation or {}).get('items', ())
        amounts = [sum((Decimal(part['amount']) for part in item['parts']), Decimal(0)) for item in items]
        greatest = max(map(abs, amounts), default=0) or 1
        return [
            {'name': item['name'], 'amount': float(amount), 'width': int(100 * abs(amount) / greatest)}
            for item, amount in zip(items, amounts, strict=True)
        ]

"""One cost of a statement: its amount, entered or from vendor bills, and by what it is shared."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules.cost_statement import CostItem
from ..rules.money import to_decimal
from .service_allocation_group import SHARE_SELECTION

COPIED = ('sequence', 'name', 'share_basis', 'consumption_percent')


class ServiceAllocationItem(models.Model):
    _name = 'service.allocation.item'
    _description = "Cost to Share"
    _inherit = ['service.input.mixin']
    _order = 'allocation_id, sequence, id'
    _check_company_auto = True

    allocation_id = fields.Many2one('service.allocation', required=True, ondelete='cascade', index=True)
    group_id = fields.Many2one(related='allocation_id.group_id')
    company_id = fields.Many2one(related='allocation_id.company_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, help="As the statement names it, such as Heating.")
    move_line_ids = fields.Many2many(
        'account.move.line', string="Bill lines", check_company=True, copy=False,
        domain="[('move_type', 'in', ('in_invoice', 'in_refund')), ('parent_state', '=', 'posted'), "
               "('display_type', '=', 'product'), ('company_id', '=', company_id)]",
        help="Lines of vendor bills that make up the cost, without the tax that is reclaimed.",
    )
    amount = fields.Monetary(
        compute='_compute_amount', store=True, readonly=False, required=True, precompute=True,
        help="The whole cost of the period; from the bill lines if any are chosen.",
    )
    share_basis = fields.Selection(SHARE_SELECTION, "Shared by", default='area', required=True)
    consumption_percent = fields.Float(
        "By consumption (%)", help="This part is shared by consumption, the rest by shares. Heating: 50 to 70 percent "
                                   "(HeizkostenV section 7).",
    )
    meter_id = fields.Many2one(
        'service.meter', "Meter", ondelete='restrict', check_company=True, index='btree_not_null',
        help="What counts the consumption.",
    )
    unit_ids = fields.Many2many(
        'service.allocation.unit', string="Only these units", domain="[('group_id', '=', group_id)]",
        help="Empty: all units of the group share this cost.",
    )

    _percent_in_range = models.Constraint(
        'CHECK (consumption_percent BETWEEN 0 AND 100)', "The part by consumption lies between 0 and 100 percent.",
    )

    # === CONSTRAINTS === #

    @api.constrains('consumption_percent', 'meter_id')
    def _check_meter(self):
        for item in self:
            if item.consumption_percent and not item.meter_id:
                raise ValidationError(self.env._(
                    "“%(cost)s” is shared by consumption. Choose the meter that counts it, or set 0 percent.",
                    cost=item.name,
                ))

    @api.constrains('move_line_ids', 'allocation_id')
    def _check_move_lines(self):
        """Share each line of a bill once, and only what is posted."""
        for item in self:
            if wrong := item.move_line_ids.filtered(
                lambda line: line.parent_state != 'posted' or line.move_type not in ('in_invoice', 'in_refund'),
            )[:1]:
                raise ValidationError(self.env._(
                    "“%(line)s” is no line of a posted vendor bill. Post the bill first.", line=wrong.display_name,
                ))
        for other in self._sharing_the_same_lines():
            raise ValidationError(self.env._(
                "A bill line of “%(cost)s” is shared already by “%(other)s” in %(statement)s. Take it out of one.",
                cost=self[:1].name, other=other.name, statement=other.allocation_id.display_name,
            ))

    def _sharing_the_same_lines(self):
        """Return another cost with a line of these; an adjustment repeats what it adjusts."""
        lines = self.move_line_ids
        if not lines:
            return self.browse()
        roots = self.allocation_id._roots()
        return self.search([
            ('move_line_ids', 'in', lines.ids), ('id', 'not in', self.ids),
            ('allocation_id.state', '!=', 'cancelled'),
            ('allocation_id', 'not in', (roots | roots.adjustment_ids).ids),
        ], limit=1)

    # === COMPUTE === #

    @api.depends('move_line_ids')
    def _compute_amount(self):
        for item in self:
            item.amount = sum(item.move_line_ids.mapped('balance')) if item.move_line_ids else item.amount

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        items = super().create(vals_list)
        items.allocation_id._check_editable()
        return items

    def write(self, vals):
        self.allocation_id._check_editable()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shared(self):
        self.allocation_id._check_editable()

    # === BUSINESS === #

    def _input_ranges(self):
        return {**super()._input_ranges(), 'consumption_percent': (0, 100)}

    def _cost_item(self) -> CostItem:
        """Return the cost as the rules know it."""
        self.ensure_one()
        is_metered = self.meter_id and self.consumption_percent
        return CostItem(
            to_decimal(self.currency_id.round(self.amount)), self.share_basis, to_decimal(self.consumption_percent),
            str(self.meter_id.id) if is_metered else None,
            frozenset(self.unit_ids.mapped('name')) if self.unit_ids else None,
        )

    def _prepare_copy_vals(self, with_amount: bool = False) -> dict:
        """Return the cost for another statement; only an adjustment takes the amount and bills along."""
        vals = {name: self[name] for name in COPIED} | {
            'meter_id': self.meter_id.id, 'unit_ids': [(6, 0, self.unit_ids.ids)],
        }
        if with_amount:
            vals |= {'amount': self.amount, 'move_line_ids': [(6, 0, self.move_line_ids.ids)]}
        return vals

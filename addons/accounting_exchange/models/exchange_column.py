"""Which column of a file is which field of a kind."""

from odoo import api, fields, models

from ..rules.values import Column


class ExchangeColumn(models.Model):
    _name = 'exchange.column'
    _description = "Column of an Exchange Job"
    _order = 'sequence, id'
    _rec_name = 'label'

    job_id = fields.Many2one('exchange.job', required=True, ondelete='cascade', index=True)
    sequence = fields.Integer(default=10)
    field_name = fields.Char("Field", required=True, readonly=True)
    label = fields.Char("What it is", compute='_compute_field', compute_sudo=False)
    hint = fields.Char(compute='_compute_field', compute_sudo=False)
    is_required = fields.Boolean("Needed", compute='_compute_field', compute_sudo=False)
    is_key = fields.Boolean("Names the row", compute='_compute_field', compute_sudo=False)
    source = fields.Char("Heading in the file", help="As it stands in the first line. Left empty: not in the file.")
    default = fields.Char("If empty", help="The value of rows where the cell is empty or missing.")

    _once = models.UniqueIndex("(job_id, field_name)", "A field stands in one column only.")

    @api.depends('field_name', 'job_id.kind')
    @api.depends_context('lang')
    def _compute_field(self):
        for column in self:
            field = column.job_id._fields_by_name().get(column.field_name)
            column.label = field.label if field else column.field_name
            column.hint = field.help if field else ''
            column.is_required = bool(field and field.is_required)
            column.is_key = bool(field and field.is_key)

    def _columns(self) -> list[Column]:
        """Return the columns as the rules see them, without fields the kind no longer has."""
        fields_by_name = self.job_id._fields_by_name() if self else {}
        return [
            Column(fields_by_name[column.field_name], column.source or '', column.default or '')
            for column in self if column.field_name in fields_by_name
        ]

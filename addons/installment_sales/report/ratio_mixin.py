"""Ratios in pivots and graphs: those of a group come from its sums, for the mean of single ratios would be wrong."""

from odoo import models
from odoo.tools import SQL


class InstallmentRatioMixin(models.AbstractModel):
    _name = 'installment.ratio.mixin'
    _description = "Ratios of Groups"

    _ratios: dict[str, str] = {}
    """Field → SQL of the ratio of a group, its fields as %(name)s."""

    def _read_group_select(self, aggregate_spec, query):
        # EXTENDS base
        name, _colon, function = aggregate_spec.partition(':')
        if name not in self._ratios or function != 'avg':
            return super()._read_group_select(aggregate_spec, query)
        return SQL(self._ratios[name], **{
            field: self._field_to_sql(self._table, field, query)
            for field in self._fields if f'%({field})s' in self._ratios[name]
        })

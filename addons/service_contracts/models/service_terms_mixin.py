"""Minimum term, notice period and renewal, agreed in an offer and kept in a contract."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules.periods import Interval
from ..rules.terms import ContractTerms
from .service_recurrence_mixin import UNIT_SELECTION

TERM_FIELDS = (
    'minimum_count', 'minimum_unit', 'notice_count', 'notice_unit',
    'renewal', 'renewal_count', 'renewal_unit',
)
TERM_DEFAULTS = {
    'minimum_unit': 'month', 'notice_unit': 'month',
    'renewal': 'indefinite', 'renewal_count': 1, 'renewal_unit': 'year',
}


class ServiceTermsMixin(models.AbstractModel):
    _name = 'service.terms.mixin'
    _description = "Contract Terms"
    _inherit = ['service.input.mixin']

    minimum_count = fields.Integer("Minimum term", help="0: no minimum term.")
    minimum_unit = fields.Selection(UNIT_SELECTION, "Unit of the minimum term", default='month')
    notice_count = fields.Integer("Notice period", help="0: the contract may end on any day.")
    notice_unit = fields.Selection(UNIT_SELECTION, "Unit of the notice period", default='month')
    renewal = fields.Selection(
        [('indefinite', "Runs on until notice"), ('term', "Renews by terms"), ('none', "Ends by itself")],
        "After the minimum term", default='indefinite', required=True,
    )
    renewal_count = fields.Integer("Renewal term", default=1)
    renewal_unit = fields.Selection(UNIT_SELECTION, "Unit of the renewal term", default='year')

    _terms_in_range = models.Constraint(
        '''CHECK (
            minimum_count BETWEEN 0 AND 1000 AND notice_count BETWEEN 0 AND 1000
            AND renewal_count BETWEEN 0 AND 1000
        )''',
        "Minimum term, notice period and renewal term count from 0 to 1000.",
    )

    @api.constrains('renewal', 'renewal_count', 'minimum_count')
    def _check_terms(self):
        for record in self:
            if record.renewal == 'term' and not record.renewal_count:
                raise ValidationError(self.env._(
                    "%(record)s renews by terms: say how long a term is.", record=record.display_name,
                ))
            if record.renewal == 'none' and not record.minimum_count:
                raise ValidationError(self.env._(
                    "%(record)s ends by itself after the minimum term: say how long that is.",
                    record=record.display_name,
                ))

    def _input_ranges(self):
        counts = dict.fromkeys(('minimum_count', 'notice_count', 'renewal_count'), (0, 1000))
        return {**super()._input_ranges(), **counts}

    def _contract_terms(self, start) -> ContractTerms:
        """Return the plain terms of a contract that begins on `start` (date)."""
        self.ensure_one()
        return ContractTerms(
            start=start,
            minimum=_interval(self.minimum_count, self.minimum_unit),
            notice=_interval(self.notice_count, self.notice_unit),
            renewal=_interval(self.renewal_count, self.renewal_unit) if self.renewal == 'term' else None,
        )


def _interval(count, unit) -> Interval | None:
    return Interval(count, unit or 'month') if count else None

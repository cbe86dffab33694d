"""The ageing buckets of a company, and when its figures were worked out."""

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    ageing_days_1 = fields.Integer("First ageing bucket, last day", default=30, required=True)
    ageing_days_2 = fields.Integer("Second ageing bucket, last day", default=60, required=True)
    ageing_days_3 = fields.Integer("Third ageing bucket, last day", default=90, required=True)

    dunning_recovery_days = fields.Integer(
        "A reminder counts for", default=14, required=True,
        help="Money that comes within so many days after a notice is counted as recovered by it.",
    )
    collection_updated_on = fields.Date("Figures of collection of", readonly=True)

    _ageing_days_rise = models.Constraint(
        'CHECK (0 < ageing_days_1 AND ageing_days_1 < ageing_days_2 AND ageing_days_2 < ageing_days_3)',
        "The last days of the ageing buckets must rise, for example 30, 60, 90.",
    )

"""Kinds of cases: petition, complaint, claim, request, each with the working days the law gives for an answer."""

from odoo import fields, models


class SupportCaseType(models.Model):
    _name = 'support.case.type'
    _description = "Kind of Case"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Char(translate=True, help="What customers read where they choose.")
    working_days = fields.Integer("Working days to answer", required=True, default=15)
    disputes_amount = fields.Boolean(
        help="The customer may dispute an amount, which reminders then leave out until the case is closed.",
    )
    company_id = fields.Many2one('res.company', index=True, help="Empty: for every company.")

    _working_days_positive = models.Constraint(
        'CHECK (working_days BETWEEN 0 AND 365)', "An answer takes from 0 to 365 working days.",
    )

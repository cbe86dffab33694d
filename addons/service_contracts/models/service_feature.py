"""Features: what a customer may use under a contract, such as mailboxes, storage or support at night."""

from odoo import api, fields, models


class ServiceFeature(models.Model):
    _name = 'service.feature'
    _description = "Feature"
    _inherit = ['service.input.mixin']
    _order = 'sequence, name, id'
    _rec_names_search = ['name', 'code']
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="By this name other systems ask whether it may be used.")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one('res.company', index=True, help="Empty: every company may grant the feature.")
    kind = fields.Selection(
        [('quantity', "Quantity"), ('switch', "Yes or no")], default='quantity', required=True,
        help="Quantity: so many of it. Yes or no: a customer has it or has it not.",
    )
    unit = fields.Char(help="What is counted, as customers read it: mailboxes, GB, calls.", translate=True)
    meter_id = fields.Many2one(
        'service.meter', "Used as counted by", ondelete='restrict', check_company=True, index='btree_not_null',
        help="What is left is the limit less the usage of the running period. "
             "Empty: the calling system knows what is used.",
    )
    description = fields.Text(translate=True)
    grant_ids = fields.One2many('service.feature.grant', 'feature_id', "Granted by")

    _code_is_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "Another feature has this code. Codes of features are unique within a company.",
    )

    @api.depends('name', 'code')
    def _compute_display_name(self):
        for feature in self:
            feature.display_name = f'[{feature.code}] {feature.name}' if feature.code else feature.name

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for feature, vals in zip(self, vals_list, strict=True):
            vals.setdefault('code', self.env._("%s-COPY", feature.code))
        return vals_list

"""Answers to frequent questions, found by search; what they spare the staff is counted."""

from odoo import api, fields, models


class SupportArticle(models.Model):
    _name = 'support.article'
    _description = "Answer"
    _inherit = ['website.published.mixin', 'website.searchable.mixin']
    _order = 'sequence, id'

    name = fields.Char("Question", required=True, translate=True)
    sequence = fields.Integer(default=10)
    topic = fields.Selection(
        [('contract', "Contracts"), ('payment', "Payments"), ('installments', "Installments"),
         ('account', "My account"), ('other', "Other")],
        required=True, default='other',
    )
    answer = fields.Html(required=True, translate=True, sanitize_attributes=False)
    is_published = fields.Boolean(default=True)
    view_count = fields.Integer("Read", readonly=True)
    helped_count = fields.Integer("Helped", readonly=True)
    not_helped_count = fields.Integer("Did not help", readonly=True)
    helped_share = fields.Float("Share that helped", compute='_compute_helped_share')

    @api.depends('helped_count', 'not_helped_count')
    def _compute_helped_share(self):
        for article in self:
            votes = article.helped_count + article.not_helped_count
            article.helped_share = article.helped_count / votes if votes else 0.0

    def _compute_website_url(self):
        super()._compute_website_url()
        for article in self:
            article.website_url = f'/help/{self.env["ir.http"]._slug(article)}' if article.id else False

    @api.model
    def _search_get_detail(self, website, order, options):
        return {
            'model': 'support.article', 'base_domain': [[('is_published', '=', True)]],
            'search_fields': ['name', 'answer'], 'fetch_fields': ['id', 'name', 'website_url', 'answer'],
            'mapping': {
                'name': {'name': 'name', 'type': 'text', 'match': True},
                'website_url': {'name': 'website_url', 'type': 'text', 'truncate': False},
                'description': {'name': 'answer', 'type': 'text', 'html': True, 'match': True},
            },
            'icon': 'fa-question-circle-o', 'order': 'sequence, id',
        }

    def _count(self, field: str) -> None:
        """Add one to a counter without touching who changed the answer last."""
        self.ensure_one()
        self.env.cr.execute(  # SQL because two readers at the same moment must not wait for each other's record
            f'UPDATE support_article SET {COUNTERS[field]} = COALESCE({COUNTERS[field]}, 0) + 1 WHERE id = %s',
            (self.id,),
        )
        self.invalidate_recordset([COUNTERS[field]], flush=False)


COUNTERS = {'view': 'view_count', 'helped': 'helped_count', 'not_helped': 'not_helped_count'}

"""Answers to frequent questions, for everybody: search, read, say whether it helped."""

from odoo import http
from odoo.http import request

TEXT_LIMIT = 80


class Help(http.Controller):

    @http.route('/help', type='http', auth='public', website=True, methods=['GET'], sitemap=True)
    def answers(self, search='', **_others):
        """Show the published answers, or those that a search finds."""
        search = search[:TEXT_LIMIT]
        _count, results, fuzzy = request.website._search_with_fuzzy(
            'support_articles', search, limit=100, order='sequence, id', options={'allowFuzzy': True})
        return request.render('customer_portal_ext.help_list', {
            'articles': results[0].get('results', request.env['support.article']), 'search': search, 'fuzzy': fuzzy,
        })

    @http.route('/help/<model("support.article"):article>', type='http', auth='public', website=True, methods=['GET'],
                sitemap=True)
    def answer(self, article, **_others):
        """Show one answer and count that it was read."""
        if not article.is_published:
            return request.redirect('/help')
        article.sudo()._count('view')  # sudo: a visitor counts, and changes nothing else
        return request.render('customer_portal_ext.help_page', {'article': article})

    @http.route('/help/<model("support.article"):article>/vote', type='http', auth='public', website=True,
                methods=['POST'])
    def vote(self, article, helped='', **_others):
        """Take whether an answer helped, once a session."""
        voted = request.session.get('support_votes', [])
        if article.is_published and helped in ('yes', 'no') and article.id not in voted:
            article.sudo()._count('helped' if helped == 'yes' else 'not_helped')  # sudo: as above
            request.session['support_votes'] = [*voted, article.id]
        return request.redirect(f'{article.website_url}?thanks=1' if helped == 'yes' else '/my/cases/new')

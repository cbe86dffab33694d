"""The catalog of services for everybody: the list, a plan with its price calculator, and what a choice costs."""

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import format_amount, format_date

from .pay import _id, _ids


class Catalog(http.Controller):

    @http.route('/services', type='http', auth='public', website=True, methods=['GET'], sitemap=True)
    def services(self, family='', **_others):
        """Show the published plans."""
        Plan_sudo = request.env['service.plan'].sudo()  # sudo: published plans are for visitors to read
        company, partner = request.website.sudo().company_id, request.env.user.partner_id.sudo()  # sudo: the own tags
        plans_sudo = Plan_sudo._catalog(company, partner)
        families_sudo = plans_sudo.family_id
        chosen = families_sudo.filtered(lambda one: str(one.id) == family)
        shown_sudo = plans_sudo.filtered(lambda plan: plan.family_id == chosen) if chosen else plans_sudo
        return request.render('customer_portal_ext.services', {
            'plans': shown_sudo, 'families': families_sudo, 'chosen': chosen,
            'prices': shown_sudo._catalog_prices(partner, company),
            'money': lambda amount, currency: format_amount(request.env, amount, currency),
        })

    @http.route('/services/<string:slug>', type='http', auth='public', website=True, methods=['GET'],
                sitemap=True)
    def service(self, slug, embed='', interval='', **_others):
        """Show a plan with its calculator and what was chosen of it before.

        In the frame of another site the page comes without menu and footer, and goes on in `frame.py`, because
        browsers keep no session for a frame.
        """
        plan_sudo = self._published(slug)
        if not plan_sudo:
            return request.redirect('/services')
        options = _ids(','.join(request.httprequest.args.getlist('options')))
        chosen = {'options': options, 'interval': _id(interval)} if options or _id(interval) else {}
        typed = {**(request.cart._chosen_of(plan_sudo) if request.cart and not embed else {}), **chosen}
        response = self._service_page(plan_sudo, typed, embed=bool(embed))
        return _embeddable(response) if embed else response

    def _service_page(self, plan_sudo, typed: dict, problem: str = '', embed: bool = False, cart_sudo=None,
                      carried: str = ''):
        if cart_sudo is None:
            cart_sudo = request.env['sale.order'] if embed else request.cart
        return request.render('customer_portal_ext.service', {
            'plan': plan_sudo, 'typed': typed, 'problem': problem, 'embed': embed, 'carried': carried,
            'is_in_cart': not embed and plan_sudo in cart_sudo.order_line.service_plan_id,
            'kept': {answer.field_id: answer.value for answer in cart_sudo._answers(plan_sudo) if answer.file},
            **self._quote_values(plan_sudo, typed.get('options') or [], typed.get('interval') or 0),
        })

    @http.route('/services/<string:slug>/quote', type='jsonrpc', auth='public', website=True)
    def quote(self, slug, options='', interval=0, **_others):
        """Return what a choice costs, in words and numbers for the page."""
        plan_sudo = self._published(slug)
        if not plan_sudo:
            return {'problem': request.env._("This service is not offered at the moment.")}
        values = self._quote_values(plan_sudo, _ids(options), interval if type(interval) is int else 0)
        return {
            'problem': values['quote_problem'],
            'html': request.env['ir.qweb']._render('customer_portal_ext.service_quote', values),
        }

    def _published(self, slug: str):
        """Return the plan of an address with rights over everything if the visitor may contract it, else nothing."""
        plan_id = request.env['ir.http']._unslug(slug)[1]
        Plan_sudo = request.env['service.plan'].sudo()  # sudo: published plans are for visitors to read
        return Plan_sudo._catalog(request.website.sudo().company_id, request.env.user.partner_id.sudo()).filtered(
            lambda plan: plan.id == plan_id)

    def _quote_values(self, plan_sudo, option_ids: list[int], interval_id: int) -> dict:
        try:
            # sudo: visitors may see what a published plan costs them; nothing but the answer is shown
            quote, problem = plan_sudo._quote(
                request.env.user.partner_id.sudo(), request.website.sudo().company_id, option_ids, interval_id), ''
        except UserError as error:
            quote, problem = None, str(error)
        return {
            'quote': quote, 'quote_problem': problem, 'day': lambda value: format_date(request.env, value),
            'money': lambda amount: format_amount(request.env, amount, quote['currency']),
        }


def _embeddable(response):
    """Allow the sites named in the settings to show the page in a frame."""
    origins = request.website.sudo().company_id._embed_origins()
    response.headers['Content-Security-Policy'] = ' '.join(["frame-ancestors 'self'", *origins])
    response.headers.pop('X-Frame-Options', None)
    return response

"""The order of a visitor: services put in and taken out, who contracts, then signing on the order's own page."""

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .catalog import Catalog
from .pay import _ids

KEY = 'service_order_id'


class OrderForm(Catalog):

    @http.route('/services/<string:slug>/add', type='http', auth='public', website=True,
                methods=['POST'])
    def add(self, slug, interval='', **typed):
        """Put a plan into the order; what was typed stays when something is missing."""
        plan_sudo = self._published(slug)
        if not plan_sudo:
            return request.redirect('/services')
        options = _ids(','.join(request.httprequest.form.getlist('options')))
        interval_id = int(interval) if interval.isdecimal() and len(interval) < 10 else 0
        try:
            with request.env.cr.savepoint():
                self._order(create=True)._add_plan(
                    plan_sudo, options, interval_id, typed, request.httprequest.files)
        except UserError as error:
            return request.render('customer_portal_ext.service', {
                'plan': plan_sudo, 'typed': {**typed, 'options': options, 'interval': interval_id},
                'problem': str(error), 'embed': False, **self._quote_values(plan_sudo, options, interval_id),
            })
        return request.redirect('/services/order')

    @http.route('/services/order', type='http', auth='public', website=True, methods=['GET', 'POST'], sitemap=False)
    def order(self, **typed):
        """Show the order with what recurs and what is paid once, and take who contracts."""
        order_sudo, problem = self._order(), ''
        if request.httprequest.method == 'POST' and order_sudo:
            try:
                with request.env.cr.savepoint():
                    order_sudo._take_customer(typed, request.env.user)
                return request.redirect(order_sudo.get_portal_url())
            except UserError as error:
                problem = str(error)
        return request.render('customer_portal_ext.service_order', {
            'order': order_sudo, 'problem': problem, 'typed': typed, 'is_visitor': request.env.user._is_public(),
            **(order_sudo._online_summary() if order_sudo else {}),
        })

    @http.route('/services/order/remove', type='http', auth='public', website=True, methods=['POST'])
    def remove(self, plan='', **_others):
        """Take a plan out of the order."""
        order_sudo = self._order()
        if order_sudo and plan.isdecimal():
            order_sudo._remove_plan(int(plan))
        return request.redirect('/services/order')

    def _order(self, create: bool = False):
        """Return the order of this session that is not signed yet, with rights over everything; it is the visitor's."""
        Order_sudo = request.env['sale.order'].sudo()  # sudo: the session is the proof whose order it is
        order_sudo = Order_sudo.browse(request.session.get(KEY) or []).exists().filtered(
            lambda order: order.is_online_contract and order.state in ('draft', 'sent'))
        if not order_sudo and create:
            order_sudo = Order_sudo._start_online(request.env.user.partner_id.sudo(), request.website.sudo())
            request.session[KEY] = order_sudo.id
        return order_sudo

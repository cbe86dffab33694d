"""What customers open: the notice behind a link, their notices in the portal, and the page that ends messages."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

ID_LIMIT = 2**31
CHANNELS = ('email', 'sms')


class ReminderPages(CustomerPortal):
    @http.route('/my/r/<int:notice_id>/<string:token>', type='http', auth='public', website=True, methods=['GET'])
    def reminder_link(self, notice_id, token, **_others):
        """Show a notice by its secret link, without login; any other link leads home."""
        notice_sudo = self._by_token(notice_id, token)
        if not notice_sudo:
            return request.redirect('/my')
        notice_sudo._note_opened()
        return request.render('dunning_sms.portal_notice_page', self._notice_values(notice_sudo))

    @http.route('/my/o/<int:notice_id>/<string:token>', type='http', auth='public', website=True,
                methods=['GET', 'POST'], csrf=False)
    def opt_out(self, notice_id, token, channel='email', action='stop', **_others):
        """End messages on a channel without login (GET asks, POST does; RFC 8058 posts by itself), or take it back."""
        notice_sudo = self._by_token(notice_id, token)
        if not notice_sudo:
            return request.redirect('/my')
        channel = channel if channel in CHANNELS else 'email'
        is_done = request.httprequest.method == 'POST'
        if is_done:
            request.env['message.consent'].sudo()._note(  # the secret link proves whose it is
                notice_sudo.partner_id, channel, 'granted' if action == 'start' else 'refused', 'link')
        return request.render('dunning_sms.portal_opt_out_page', {
            'notice': notice_sudo, 'channel': channel, 'is_done': is_done, 'action': action, 'token': token,
        })

    @http.route('/my/reminders', type='http', auth='user', website=True, methods=['GET'])
    def my_reminders(self, **_others):
        """List one's own notices."""
        notices = request.env['dunning.notice'].search(self._notice_domain(), limit=100)
        return request.render('dunning_sms.portal_notice_list', {
            **self._prepare_portal_layout_values(), 'page_name': 'reminder', 'notices': notices,
        })

    @http.route('/my/reminders/<int:notice_id>', type='http', auth='user', website=True, methods=['GET'])
    def my_reminder(self, notice_id, **_others):
        """Show one of one's own notices; any other number leads home."""
        try:
            if abs(notice_id) >= ID_LIMIT:
                raise MissingError("")
            notice_sudo = self._document_check_access('dunning.notice', notice_id)
        except (AccessError, MissingError):
            return request.redirect('/my')
        notice_sudo._note_opened()
        return request.render('dunning_sms.portal_notice_page', {
            **self._prepare_portal_layout_values(), **self._notice_values(notice_sudo),
        })

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if 'reminder_count' in counters:
            Notice = request.env['dunning.notice']
            values['reminder_count'] = Notice.search_count(self._notice_domain()) if Notice.has_access('read') else 0
        return values

    def _notice_domain(self) -> list:
        """Return the notices of the reader; staff see their own here, too."""
        return [
            ('partner_id', '=', request.env.user.commercial_partner_id.id), ('state', '!=', 'cancelled'),
        ]

    def _notice_values(self, notice_sudo) -> dict:
        """Return what the page shows: the notice as it was told, and what is still open of it."""
        invoices_sudo = notice_sudo.line_ids.move_line_id.move_id.filtered(lambda move: move.amount_residual > 0)
        return {
            'page_name': 'reminder', 'notice': notice_sudo, 'open_amounts': notice_sudo._open_amounts(),
            'invoices': [(move, move.get_portal_url()) for move in invoices_sudo],
        }

    def _by_token(self, notice_id: int, token: str):
        """Return the notice of a secret link, else None; the answer is the same whether there is one or not."""
        if not 0 < notice_id < ID_LIMIT:
            return None
        notice_sudo = request.env['dunning.notice'].sudo().browse(notice_id)  # the token is checked next
        return notice_sudo if notice_sudo._is_token(token) and notice_sudo.exists() else None

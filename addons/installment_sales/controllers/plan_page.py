"""One plan as its customer sees it: schedule, next payment, what ends it on a day, documents."""

from datetime import date

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

ID_LIMIT = 2**31
"""No record has a number from here on, and PostgreSQL refuses to look for one."""
PAGE = '/my/installments/<int:plan_id>'


class PlanPage(CustomerPortal):

    @http.route(PAGE, type='http', auth='public', website=True, methods=['GET'])
    def my_plan(self, plan_id, access_token=None, day=None, asked=None, **_others):
        """Show a plan of one's own; any other number leads home, whether there is such a plan or not."""
        plan_sudo = self._find_plan(plan_id, access_token)
        if not plan_sudo:
            return request.redirect('/my')
        return request.render('installment_sales.portal_plan_page', {
            **self._prepare_portal_layout_values(),
            'page_name': 'installment_plan', 'plan': plan_sudo, 'object': plan_sudo, 'access_token': access_token,
            'is_asked': bool(asked), 'res_company': plan_sudo.company_id, **self._quote_values(plan_sudo, day),
        })

    @http.route(f'{PAGE}/payoff', type='http', auth='public', website=True, methods=['POST'])
    def my_plan_payoff(self, plan_id, access_token=None, day=None, **_others):
        """Pass on that the customer wants to end the plan on a day; nothing ends by itself."""
        plan_sudo = self._find_plan(plan_id, access_token)
        if not plan_sudo:
            return request.redirect('/my')
        if wanted := self._day(day):
            plan_sudo._ask_for_payoff(wanted)
        return request.redirect(plan_sudo.get_portal_url(query_string='&asked=1'))

    @http.route(f'{PAGE}/pdf', type='http', auth='public', website=True, methods=['GET'])
    def my_plan_pdf(self, plan_id, access_token=None, **_others):
        """Hand out the agreement as PDF: the one that was kept, else a fresh one."""
        plan_sudo = self._find_plan(plan_id, access_token)
        if not plan_sudo:
            return request.redirect('/my')
        if plan_sudo.agreement_id:
            return self._stream(plan_sudo.agreement_id)
        report = 'installment_sales.installment_plan_report_action'
        return self._show_report(plan_sudo, 'pdf', report, download=True)

    @http.route(f'{PAGE}/documents/<int:document_id>', type='http', auth='public', website=True, methods=['GET'])
    def my_plan_document(self, plan_id, document_id, access_token=None, **_others):
        """Hand out a document that is kept with the own plan."""
        plan_sudo = self._find_plan(plan_id, access_token)
        documents = plan_sudo.document_ids.filtered(lambda item: item.id == document_id) if plan_sudo else None
        return self._stream(documents) if documents else request.redirect('/my')

    def _find_plan(self, plan_id: int, access_token: str | None):
        """Return the plan with rights over everything if the visitor may read it, else None."""
        if abs(plan_id) >= ID_LIMIT:
            return None
        try:
            return self._document_check_access('installment.plan', plan_id, access_token)
        except (AccessError, MissingError):
            return None

    def _stream(self, attachment_sudo):
        stream = request.env['ir.binary'].sudo()._get_stream_from(attachment_sudo)  # sudo: the plan was checked
        return stream.get_response(as_attachment=True)

    def _quote_values(self, plan_sudo, day: str | None) -> dict:
        """Return what ends the plan on the day asked for, or why it cannot be told."""
        wanted = self._day(day)
        if not wanted or plan_sudo.state != 'active':
            return {'quote': None, 'quote_problem': '', 'quote_day': plan_sudo._day()}
        try:
            return {'quote': plan_sudo._payoff(wanted), 'quote_problem': '', 'quote_day': wanted}
        except UserError as error:
            return {'quote': None, 'quote_problem': str(error), 'quote_day': wanted}

    @staticmethod
    def _day(text: str | None) -> date | None:
        try:
            return date.fromisoformat(text) if text and len(text) == 10 else None
        except ValueError:
            return None

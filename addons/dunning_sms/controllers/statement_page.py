"""The customer's own statement of account under /my: as of any day, per contract or kind of service, to take away."""

from dateutil.relativedelta import relativedelta
from odoo import fields, http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from .statement_workbook import XLSX

PAGE = '/my/statement'
REPORT = 'dunning_sms.account_statement_report_action'
MONTHS_SHOWN = 3
FIRST_YEAR = 1900


class StatementPage(CustomerPortal):

    @http.route(PAGE, type='http', auth='user', website=True, methods=['GET'])
    def my_statement(self, as_of=None, date_from=None, group_by=None, **_others):
        """Show the own account; what is no day or no grouping is read as not asked for."""
        return self._statement_page(self._own_statement(as_of, date_from, group_by))

    @http.route(f'{PAGE}/email', type='http', auth='user', website=True, methods=['POST'])
    def my_statement_email(self, as_of=None, date_from=None, group_by=None, **_others):
        """Send the own account to the address of the user, and show it."""
        wizard_sudo = self._own_statement(as_of, date_from, group_by)
        try:
            wizard_sudo.env['account.statement.run']._send_to(request.env.user.partner_id, wizard_sudo._options())
        except UserError as error:
            return self._statement_page(wizard_sudo, problem=str(error))
        return self._statement_page(wizard_sudo, sent_to=request.env.user.partner_id.email)

    def _statement_page(self, wizard_sudo, **values):
        return request.render('dunning_sms.portal_statement_page', {
            **self._prepare_portal_layout_values(), 'page_name': 'account_statement', 'wizard': wizard_sudo,
            'groupings': wizard_sudo._selection_group_by(), 'content': wizard_sudo.statement_html, **values,
        })

    @http.route(f'{PAGE}/pdf', type='http', auth='user', website=True, methods=['GET'])
    def my_statement_pdf(self, as_of=None, date_from=None, group_by=None, **_others):
        """Hand out the own account as PDF."""
        wizard_sudo = self._own_statement(as_of, date_from, group_by)
        return self._show_report(wizard_sudo, 'pdf', REPORT, download=True)

    @http.route(f'{PAGE}/xlsx', type='http', auth='user', website=True, methods=['GET'])
    def my_statement_xlsx(self, as_of=None, date_from=None, group_by=None, **_others):
        """Hand out the own account as a workbook."""
        wizard_sudo = self._own_statement(as_of, date_from, group_by)
        content = wizard_sudo.env['account.statement']._workbook([wizard_sudo._shown_values()])
        return request.make_response(content, [
            ('Content-Type', XLSX), ('Content-Disposition', content_disposition(wizard_sudo._file_name('xlsx'))),
        ])

    def _own_statement(self, as_of, date_from, group_by):
        """Return the statement of the user's own company or household, never of another."""
        today = fields.Date.context_today(request.env.user)
        last = min(day_of(as_of) or today, today)
        start = day_of(date_from) if date_from is not None else last.replace(day=1) - relativedelta(months=MONTHS_SHOWN)
        # sudo: the own receivables only; the customer is that of the session, not of the address
        Wizard = request.env['account.statement.wizard'].sudo()
        return Wizard.create({
            'partner_id': request.env.user.partner_id.commercial_partner_id.id,
            'company_id': request.env.company.id, 'as_of': last, 'date_from': start,
            'group_by': group_by if group_by in dict(Wizard._selection_group_by()) else False,
        })


def day_of(text):
    """Return the day an address names, None if it names none that books could have."""
    try:
        day = fields.Date.to_date(str(text)[:10]) if text else None
    except ValueError:
        return None
    return day if day and day.year >= FIRST_YEAR else None

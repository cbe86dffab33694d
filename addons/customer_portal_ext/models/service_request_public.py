"""The buttons that the law asks for: cancel and withdraw without login, with a receipt at once.

Germany: section 312k BGB (cancellation); EU: Directive 2023/2673, section 356a BGB (withdrawal, from 19 June 2026).
"""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import email_normalize, escape_psql

LIMITS = {'name': 140, 'contract': 140, 'message': 2000}


class ServiceRequest(models.Model):
    _inherit = 'service.request'

    @api.model
    def _send_public(self, kind: str, company, typed: dict):
        """Take a cancellation or withdrawal of somebody who is not logged in, and send the receipt.

        The contract is found by its number and the e-mail of its customer together; the answer is the same whether
        it was found or not, so nobody learns of the contracts of others.

        :param kind: ``end`` or ``withdraw``.
        :param typed: texts of name, email, contract, date_wanted, message and cause (``1`` for an extraordinary end).
        :raises UserError: telling what is missing.
        """
        texts = {name: str(typed.get(name) or '').strip()[:limit] for name, limit in LIMITS.items()}
        email = email_normalize(str(typed.get('email') or '')[:200])
        if not texts['name'] or not texts['contract']:
            raise UserError(self.env._("Tell us your name and which contract you mean."))
        if not email:
            raise UserError(self.env._("Tell us an e-mail address to which we send the receipt."))
        if typed.get('cause') and not texts['message']:
            raise UserError(self.env._("Tell us the reason for ending without notice."))
        # sudo: whoever sends is not logged in; the values were checked and nothing of the contract is told
        Request_sudo = self.sudo().with_company(company)
        contract = Request_sudo._public_contract(texts['contract'], email, company)
        return Request_sudo._take_declaration({
            'kind': kind, 'company_id': company.id, 'sender_name': texts['name'], 'sender_email': email,
            'contract_ref': texts['contract'], 'message': texts['message'], 'contract_id': contract.id,
            'partner_id': contract.partner_id.id, 'date_wanted': self._typed_day(typed.get('date_wanted')),
            'is_extraordinary': bool(typed.get('cause')),
        })

    def _take_declaration(self, vals: dict):
        """Keep a declaration and send its receipt; word for word the same one that waits already is the same."""
        same = Domain.AND(Domain(name, '=', value or False) for name, value in vals.items())
        if known := self.search(same & Domain('state', '=', 'sent'), limit=1):
            return known
        request = self.create(vals)
        request._ask_staff()
        request._send_receipt()
        return request

    def _public_contract(self, number: str, email: str, company):
        contracts = self.env['service.contract'].search([
            ('company_id', '=', company.id), ('state', 'in', ('active', 'suspended')), '|',
            ('name', '=ilike', escape_psql(number)), ('external_ref', '=', number),
        ])
        return contracts.filtered(lambda contract: email in (
            contract.partner_id.email_normalized, contract.partner_id.commercial_partner_id.email_normalized,
            contract.partner_invoice_id.email_normalized))[:1]

    def _send_receipt(self) -> None:
        """Send the receipt with content, date and time of what arrived."""
        template = self.env.ref('customer_portal_ext.mail_template_request_receipt')
        for request in self:
            template.send_mail(request.id, email_values={'email_to': request.sender_email}, force_send=False)

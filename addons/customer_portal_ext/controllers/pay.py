"""Pay one, several or all receivables, or a part, in one go."""

from odoo import http
from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.service_contracts.controllers.contract_page import ID_LIMIT
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.http import request

LIMIT = 200
"""One payment settles at most so many receivables."""


class PayReceivables(PortalAccount):

    @http.route('/my/pay', type='http', auth='user', website=True, methods=['GET'])
    def pay_receivables(self, lines='', amount=None, **_others):
        """Show the payment form for the chosen receivables; without a choice for all that is due."""
        try:
            chosen = request.env['account.move.line']._choose_to_pay(_ids(lines))
            amount = chosen._amount_to_pay(amount)
        except UserError as error:
            return request.render('customer_portal_ext.portal_pay_nothing', {
                **self._prepare_portal_layout_values(), 'page_name': 'pay', 'problem': str(error),
            })
        return request.render('customer_portal_ext.portal_pay', self._pay_values(chosen, amount))

    def _pay_values(self, lines, amount: float) -> dict:
        invoices = lines.move_id
        return {
            **self._prepare_portal_layout_values(),
            **self._get_common_page_view_values({
                'partner': request.env.user.partner_id, 'company': lines.company_id, 'total_amount': amount,
                'currency': lines.currency_id, 'amount_residual': amount,
                'payment_reference': ', '.join(invoices.mapped('name')[:3]),
                'landing_route': '/my/receipts', 'transaction_route': f'/my/pay/{",".join(map(str, lines.ids))}',
            }),
            'page_name': 'pay', 'lines': lines, 'amount': amount, 'total': float(lines._left_to_pay()),
        }


class PayTransaction(PaymentPortal):

    @http.route('/my/pay/<string:lines>', type='jsonrpc', auth='user')
    def pay_transaction(self, lines, amount=None, payment_reference=None, **kwargs):
        """Create the transaction that pays the chosen receivables.

        Two browsers that pay the same at the same moment: the second waits for the first, and is then told that
        a payment is on its way.
        """
        self._validate_transaction_kwargs(kwargs)
        kwargs['is_validation'] = False  # else it would pay nothing
        Line = request.env['account.move.line']
        chosen = Line._choose_to_pay(_ids(lines), lock=True)
        if chosen.ids != _ids(lines):
            raise ValidationError(request.env._("Something of this is paid already. Reload the page and choose again."))
        return self._create_transaction(
            amount=chosen._amount_to_pay(amount), currency_id=chosen.currency_id.id,
            partner_id=request.env.user.partner_id.id, reference_prefix=None,
            custom_create_values={
                'invoice_ids': [Command.set(chosen.move_id.ids)], 'receivable_line_ids': [Command.set(chosen.ids)],
            }, **kwargs,
        )._get_processing_values()


def _ids(text: str) -> list[int]:
    """Return the ids in a list such as 3,5,8; anything else counts as no choice."""
    parts = [part for part in str(text or '').split(',') if part.isdecimal()]
    return sorted({int(part) for part in parts if int(part) < ID_LIMIT})[:LIMIT]


def _id(text: str) -> int:
    """Return the id that a form sent; 0 for anything else."""
    return next(iter(_ids(text)), 0)

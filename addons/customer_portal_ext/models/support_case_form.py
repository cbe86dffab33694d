"""The form by which a customer opens a case: what may be chosen, and every value checked."""

from odoo import api, models
from odoo.exceptions import UserError

LIMIT = {'subject': 140, 'description': 10_000}
CHOICES = 50


class SupportCase(models.Model):
    _name = 'support.case'
    _inherit = ['support.case', 'portal.form.mixin']

    @api.model
    def _form_choices(self, partner) -> dict:
        """Return the kinds of cases, and the own invoices, contracts and orders that a case may be about."""
        family = partner.commercial_partner_id.id
        invoices = self.env['account.move'].search([
            ('partner_id', 'child_of', family), ('state', '=', 'posted'), ('move_type', '=', 'out_invoice'),
        ], order='invoice_date desc, id desc', limit=CHOICES)
        contracts = self.env['service.contract'].search([
            ('partner_id', 'child_of', family), ('state', 'not in', ('draft', 'removed')),
        ], limit=CHOICES)
        orders = self.env['sale.order'].search([
            ('partner_id', 'child_of', family), ('state', '=', 'sale'),
        ], order='date_order desc, id desc', limit=CHOICES)
        return {'types': self.env['support.case.type'].sudo().search([]), 'invoices': invoices, 'contracts': contracts,
                'orders': orders}

    @api.model
    def _open_from_form(self, partner, typed: dict):
        """Open the case of a customer.

        :param typed: texts of type, subject, description, invoice, contract, order and amount_disputed.
        :raises UserError: telling what is missing or wrong.
        """
        choices = self._form_choices(partner)
        kind = self._chosen(choices['types'], typed.get('type'))
        if not kind:
            raise UserError(self.env._("Choose what it is about."))
        texts = {name: str(typed.get(name) or '').strip()[:limit] for name, limit in LIMIT.items()}
        if not all(texts.values()):
            raise UserError(self.env._("Write a subject and what happened."))
        invoice = self._chosen(choices['invoices'], typed.get('invoice'))
        contract = self._chosen(choices['contracts'], typed.get('contract'))
        order = self._chosen(choices['orders'], typed.get('order'))
        company = (invoice or contract or order).company_id or self.env.company
        # sudo: a customer has no right to create; the values were checked and the partner is the user's own
        return self.sudo().create({
            **texts, 'partner_id': partner.id, 'company_id': company.id, 'type_id': kind.id, 'channel': 'portal',
            'invoice_id': invoice.id, 'contract_id': contract.id, 'order_id': order.id,
            'amount_disputed': self._typed_number(typed.get('amount_disputed')) if kind.disputes_amount else 0.0,
        }).with_env(self.env)

"""What tests of the customer panel share: a customer with a login, a neighbour, and invoices."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged

TODAY = '2026-03-10'


@tagged('post_install', '-at_install')
class PanelCase(AccountTestInvoicingCommon):
    frozen = TODAY

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.frozen:
            cls.startClassPatcher(freeze_time(cls.frozen))
        cls.company = cls.company_data['company']
        cls.env['website'].get_current_website().company_id = cls.company
        cls.env.user.group_ids |= (
            cls.env.ref('customer_portal_ext.group_desk_manager')
            | cls.env.ref('service_contracts.group_contract_manager')
        )
        cls.customer, cls.neighbour = cls.env['res.partner'].create([
            {'name': "Ana", 'email': 'ana@example.com', 'company_id': False},
            {'name': "Bruno", 'email': 'bruno@example.com', 'company_id': False},
        ])
        cls.portal_user = cls._portal_user('ana', cls.customer)
        cls.other_user = cls._portal_user('bruno', cls.neighbour)
        cls.hosting = cls.env['product.product'].create({
            'name': "Hosting", 'type': 'service', 'list_price': 30.0, 'taxes_id': [Command.clear()],
        })

    @classmethod
    def _portal_user(cls, login, partner):
        return cls.env['res.users'].with_context(no_reset_password=True).create({
            'name': partner.name, 'login': login, 'password': login, 'partner_id': partner.id,
            'company_id': cls.company.id, 'company_ids': [Command.set(cls.company.ids)],
            'group_ids': [Command.set(cls.env.ref('base.group_portal').ids)],
        })

    @classmethod
    def _invoice(cls, amount, due, partner=None, **vals):
        """Return the receivable of a posted invoice of a customer."""
        invoice = cls.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': (partner or cls.customer).id, 'invoice_date': '2026-02-01',
            'invoice_date_due': due, 'invoice_payment_term_id': False,
            'invoice_line_ids': [Command.create({
                'product_id': cls.hosting.id, 'price_unit': amount, 'tax_ids': [Command.clear()],
            })], **vals,
        })
        invoice.action_post()
        return invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term')


@tagged('post_install', '-at_install')
class PanelPageCase(PanelCase, HttpCase):
    """The same with pages."""

    def _csrf(self) -> str:
        """Return the token that a form of the session needs."""
        return Request.csrf_token(self)

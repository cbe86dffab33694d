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

    @classmethod
    def _contract(cls, partner, plan):
        """Return a contract that runs since the beginning of the year."""
        contract = cls.env['service.contract'].create({
            'partner_id': partner.id, 'plan_id': plan.id, 'date_start': '2026-01-01', 'company_id': cls.company.id})
        contract.action_load_plan()
        contract.action_activate()
        return contract

    def _payment(self, lines, amount, state='done', **vals):
        """Return a payment of receivables by card in a state: draft, pending, error, paid (not booked yet) or done."""
        transaction = self.env['payment.transaction'].create({
            'provider_id': self.dummy_provider.id, 'payment_method_id': self.payment_method_id,
            'reference': f'CARD{amount}', 'amount': amount, 'currency_id': lines.currency_id.id,
            'partner_id': self.customer.id, 'operation': 'online_direct', 'invoice_ids': lines.move_id.ids,
            'receivable_line_ids': lines.ids, **vals,
        })
        if state != 'draft':
            transaction._set_pending()
        if state in ('paid', 'done'):
            transaction._set_done()
        if state == 'done':
            transaction._post_process()
        if state == 'error':
            transaction._set_error("declined")
        return transaction


@tagged('post_install', '-at_install')
class PanelPageCase(PanelCase, HttpCase):
    """The same with pages."""

    def _csrf(self) -> str:
        """Return the token that a form of the session needs."""
        return Request.csrf_token(self)

    def _post(self, address, **typed):
        """Send a form; return the page that follows."""
        return self.url_open(address, {'csrf_token': self._csrf(), **typed})

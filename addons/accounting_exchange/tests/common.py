"""What tests of the exchange share: a company with numbers at the adviser, a customer, a service."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

TODAY = '2026-03-10'


@tagged('post_install', '-at_install')
class ExchangeCase(AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TODAY))
        cls.env.user.group_ids |= cls.env.ref('accounting_exchange.group_exchange_manager')
        cls.company = cls.company_data['company']
        cls.company.write({'datev_consultant': 29098, 'datev_client': 55003, 'datev_account_length': 6})
        cls.tax = cls.company_data['default_tax_sale']
        cls.tax.datev_key = '3'
        cls.revenue = cls.company_data['default_account_revenue']
        cls.customer = cls.env['res.partner'].create({'name': "Łucja Müller", 'ref': 'C-1', 'is_company': True})
        cls.service = cls.env['product.product'].create({
            'name': "Care", 'default_code': 'CARE', 'type': 'service', 'list_price': 100.0,
            'taxes_id': [Command.set(cls.tax.ids)],
        })

    @classmethod
    def _user(cls, login, group, **vals):
        """Return a user with one group."""
        return cls.env['res.users'].create({
            'name': login, 'login': login, 'group_ids': [Command.set(cls.env.ref(group).ids)], **vals,
        })

    @classmethod
    def _invoice(cls, *prices, post=True, date='2026-02-10', **vals):
        """Return an invoice with one line for each price."""
        invoice = cls.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': cls.customer.id, 'invoice_date': date, 'date': date,
            **vals,
            'invoice_line_ids': [
                Command.create({
                    'product_id': cls.service.id, 'price_unit': price, 'tax_ids': [Command.set(cls.tax.ids)],
                })
                for price in prices or (100.0,)
            ],
        })
        if post:
            invoice.action_post()
        return invoice

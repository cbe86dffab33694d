"""What tests of reminders share: a company with a chart of accounts, a service, customers and their invoices."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

TODAY = '2026-03-10 10:00:00'
"""The moment at which these tests take place, a Tuesday in the morning."""


@tagged('post_install', '-at_install')
class DunningCase(AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TODAY))
        cls.env.user.group_ids |= cls.env.ref('dunning_sms.group_dunning_manager')
        cls.company = cls.company_data['company']
        cls.service = cls.env['product.product'].create({
            'name': "Monitoring", 'type': 'service', 'list_price': 100.0, 'taxes_id': [Command.clear()],
        })
        cls.customer, cls.neighbour = cls.env['res.partner'].create([
            {'name': "Ana", 'email': 'ana@example.com', 'phone': '+57 300 1112233', 'lang': 'en_US'},
            {'name': "Bruno", 'email': 'bruno@example.com', 'phone': '+57 301 4445566', 'lang': 'en_US'},
        ])
        cls.other_company = cls.env['res.company'].create({'name': "Other"})

    @classmethod
    def _user(cls, login, group, **vals):
        """Return a user with one group."""
        return cls.env['res.users'].create({
            'name': login, 'login': login, 'group_ids': [Command.set(cls.env.ref(group).ids)], **vals,
        })

    @classmethod
    def _invoice(cls, amount=100.0, due='2026-03-10', partner=None, move_type='out_invoice', post=True, **vals):
        """Return an invoice (or credit note) over one amount, without tax, due on a day."""
        move = cls.env['account.move'].create({
            'move_type': move_type,
            'partner_id': (partner or cls.customer).id,
            'invoice_date': min(due, TODAY[:10]),
            'invoice_date_due': due,
            'invoice_payment_term_id': False,
            'invoice_line_ids': [Command.create({
                'product_id': cls.service.id, 'price_unit': amount, 'tax_ids': [Command.clear()],
            })],
            **vals,
        })
        if post:
            move.action_post()
        return move

    @classmethod
    def _receivable(cls, *args, **kwargs):
        """Return the receivable line of a new invoice, see `_invoice`."""
        lines = cls._invoice(*args, **kwargs).line_ids
        return lines.filtered(lambda line: line.account_id.account_type == 'asset_receivable')

    @classmethod
    def _pay(cls, move, amount=None, day=TODAY[:10]):
        """Register a payment of an invoice, the whole or a part, and return it."""
        return cls.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=move.ids,
        ).create({
            'payment_date': day, **({'amount': amount} if amount else {}),
        })._create_payments()

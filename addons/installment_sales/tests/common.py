"""What tests of installment sales share: a company with a chart of accounts, terms, products and a customer."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

TODAY = '2026-01-15'
"""The day on which these tests take place."""


@tagged('post_install', '-at_install')
class InstallmentCase(AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TODAY))
        cls.env.user.group_ids |= cls.env.ref('installment_sales.group_installment_manager')
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.tax = cls.company_data['default_tax_sale']
        cls.fridge, cls.course = cls.env['product.product'].create([
            {'name': "Refrigerator", 'type': 'consu', 'invoice_policy': 'delivery', 'list_price': 1000.0,
             'taxes_id': [Command.clear()]},
            {'name': "Course", 'type': 'service', 'invoice_policy': 'order', 'list_price': 1200.0,
             'taxes_id': [Command.set(cls.tax.ids)]},
        ])
        cls.customer = cls.env['res.partner'].create({'name': "Ana", 'email': 'ana@example.com'})
        cls.free = cls._terms(name="3 without interest", method='none', count=3)
        cls.annuity = cls._terms(name="6 at 9 %", method='annuity', count=6, interest_rate=9.0)

    @classmethod
    def _terms(cls, **vals):
        return cls.env['installment.terms'].create({'currency_id': cls.company.currency_id.id, **vals})

    @classmethod
    def _user(cls, login, group, **vals):
        """Return a user with one group."""
        return cls.env['res.users'].create({
            'name': login, 'login': login, 'group_ids': [Command.set(cls.env.ref(group).ids)], **vals,
        })

    def _order(self, terms, product=None, price=1000.0, quantity=1, **vals):
        """Return a quotation of one product on some terms."""
        return self.env['sale.order'].create({
            'partner_id': self.customer.id,
            'installment_terms_id': terms.id,
            **vals,
            'order_line': [Command.create({
                'product_id': (product or self.fridge).id, 'product_uom_qty': quantity, 'price_unit': price,
            })],
        })

    def _sold(self, terms, **vals):
        """Return the plan of a confirmed order."""
        order = self._order(terms, **vals)
        order.action_confirm()
        return order.installment_plan_ids

    def _pay(self, plan, amount, day=None):
        """Register a payment as the wizard does; it goes to what falls due first."""
        wizard = self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=plan._invoices_to_pay().ids,
        ).create({'amount': amount, 'payment_date': day or TODAY, 'installments_mode': 'full', 'group_payment': True})
        return wizard._create_payments()

    def _balance(self, account_field, plans):
        """Return the balance of an account of the company over all entries of some plans."""
        items = plans.move_ids.line_ids.filtered(
            lambda item: item.account_id == self.company[account_field] and item.parent_state == 'posted')
        return round(sum(items.mapped('balance')), 2)

    def assertBalanced(self, plans):
        """C8: every entry of a plan balances, and the open installments are the open receivables."""
        for move in plans.move_ids.filtered(lambda move: move.state == 'posted'):
            self.assertAlmostEqual(sum(move.line_ids.mapped('balance')), 0.0)
        for plan in plans:
            receivables = plan._invoices().line_ids.filtered(lambda item: item.display_type == 'payment_term')
            waiting = plan.line_ids.filtered(lambda line: not (line.invoice_id or line.plan_id.closing))
            self.assertAlmostEqual(
                sum(receivables.mapped('amount_residual_currency')) + sum(waiting.mapped('amount')),
                plan.amount_residual)

"""A customer compares the ways to pay, signs, and pays the first installment with the demo provider, in a browser."""

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.payment.tests.common import PaymentCommon
from odoo.fields import Command
from odoo.tests import HttpCase, tagged


@tagged('post_install', '-at_install')
class TestCustomerJourney(PaymentCommon, AccountTestInvoicingCommon, HttpCase):
    """Without a frozen clock: the browser would take the session for expired."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data['company']
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        demo = cls.env.ref('payment.payment_provider_demo').sudo()
        cls.provider = demo.with_company(cls.company).copy({
            'company_id': cls.company.id, 'state': 'test', 'is_published': True,
            'journal_id': cls.company_data['default_journal_bank'].id, 'allow_tokenization': False,
            'payment_method_ids': [Command.set(cls.env.ref('payment_demo.payment_method_demo').ids)],
        })
        cls.env.ref('payment_demo.payment_method_demo').sudo().active = True
        currency = cls.company.currency_id.id
        terms = cls.env['installment.terms'].sudo()
        terms.search([]).active = False
        terms.create([
            {'name': "Three at no cost", 'method': 'none', 'count': 3, 'currency_id': currency},
            {'name': "A year at 7.9 %", 'method': 'annuity', 'count': 12, 'interest_rate': 7.9,
             'rate_kind': 'effective', 'currency_id': currency},
        ])
        cls.customer = cls.env['res.partner'].create({
            'name': "Ana Tour", 'email': 'ana@example.com', 'country_id': cls.env.ref('base.us').id})
        course = cls.env['product.product'].create({
            'name': "Course", 'type': 'service', 'invoice_policy': 'order', 'list_price': 1200.0,
            'taxes_id': [Command.clear()]})
        cls.order = cls.env['sale.order'].create({
            'partner_id': cls.customer.id, 'require_payment': False,
            'order_line': [Command.create({'product_id': course.id})],
        })
        cls.order.action_quotation_sent()

    def setUp(self):
        self.enable_post_process_patcher = False  # payments are booked as in real life
        super().setUp()

    def test_a_customer_compares_signs_and_pays(self):
        """A22, A33, C16, D2."""
        self.start_tour(self.order.get_portal_url(), 'customer_buys_in_installments', login=None)
        plan = self.order.installment_plan_ids
        self.assertRecordValues(plan, [{'accepted_by': "Ana Tour", 'state': 'active'}])
        transaction = plan.invoice_id.transaction_ids
        self.assertEqual((transaction.state, transaction.amount), ('done', plan.line_ids[0].amount))
        transaction._post_process()
        self.env.invalidate_all()
        self.assertEqual(plan.line_ids.sorted('number').mapped('state'), ['paid', *['pending'] * 11])

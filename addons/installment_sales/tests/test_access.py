"""Who may read plans, and that nobody edits what was agreed."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import InstallmentCase

MODELS = ('installment.plan', 'installment.line', 'installment.terms', 'installment.terms.row')


@tagged('post_install', '-at_install')
class TestAccess(InstallmentCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {'company_ids': [Command.set(cls.company.ids)], 'company_id': cls.company.id}
        cls.clerk = cls._user('clerk', 'installment_sales.group_installment_user', **company)
        cls.employee = cls._user('employee', 'base.group_user', **company)
        cls.portal = cls._user('ana', 'base.group_portal', partner_id=cls.customer.id, **company)
        cls.stranger = cls._user('mallory', 'base.group_portal', **company)

    def test_a_customer_reads_the_own_plan_and_nobody_elses(self):
        plan = self._sold(self.free)
        self.assertEqual(plan.with_user(self.portal).total, 1000.0)
        self.assertEqual(plan.line_ids.with_user(self.portal).mapped('state'), ['pending'] * 3)
        for records in (plan, plan.line_ids):
            with self.assertRaises(AccessError):
                records.with_user(self.stranger).read(['amount_residual'])
            self.assertFalse(records.with_user(self.stranger).search([]))

    def test_a_customer_changes_nothing(self):
        """G3: no write, create or unlink from the portal, nor any action."""
        plan = self._sold(self.free).with_user(self.portal)
        for change in (lambda: plan.write({'total': 1}), lambda: plan.line_ids.write({'amount': 1}), plan.copy,
                       lambda: plan.create({'partner_id': self.customer.id}), plan.unlink, plan.action_settle,
                       plan.action_cancel, plan.action_skip, plan.action_call_due):
            with self.assertRaises(AccessError):
                change()

    def test_a_portal_user_sees_no_terms(self):
        for model in ('installment.terms', 'installment.terms.row'):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.portal).search([])

    def test_nobody_edits_what_was_agreed(self):
        plan = self._sold(self.free)
        for user in (self.clerk, self.env.user):
            with self.assertRaises(AccessError):
                plan.with_user(user).write({'total': 1})
            with self.assertRaises(AccessError):
                plan.line_ids.with_user(user).write({'principal': 1})

    def test_an_employee_reads_terms_and_no_plans(self):
        self.assertTrue(self.free.with_user(self.employee).name)
        with self.assertRaises(AccessError):
            self._sold(self.free).with_user(self.employee).read(['total'])

    def test_a_salesperson_sells_in_installments(self):
        seller = self._user('seller', 'sales_team.group_sale_salesman', company_ids=[Command.set(self.company.ids)],
                            company_id=self.company.id)
        order = self._order(self.annuity, user_id=seller.id).with_user(seller)
        self.assertEqual(order.installment_cost, 26.41)
        order.action_confirm()
        self.assertEqual(order.installment_plan_count, 1)
        self.assertEqual(order.sudo().installment_plan_ids.invoice_id.state, 'posted')

    def test_another_company_sees_nothing(self):
        """G16: plans, installments and terms of one company are hidden from the other."""
        plan = self._sold(self.free)
        self.free.company_id = self.company
        other = self.env['res.company'].create({'name': "Other"})
        clerk = self._user('other', 'installment_sales.group_installment_user',
                           company_ids=[Command.set(other.ids)], company_id=other.id)
        self.assertFalse(self.env['installment.plan'].with_user(clerk).search([('id', '=', plan.id)]))
        self.assertFalse(self.env['installment.line'].with_user(clerk).search([('plan_id', '=', plan.id)]))
        self.assertFalse(self.env['installment.terms'].with_user(clerk).search([('id', '=', self.free.id)]))

"""The referral programme: who brought whom, commissions on money received and only on it, and how they are paid."""

from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelCase


@tagged('post_install', '-at_install')
class ReferralCase(PanelCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_salesman_all_leads')
        cls.programme = cls.env['referral.programme'].create({
            'name': "Friends", 'company_id': cls.company.id, 'months': 12,
            'level_ids': [Command.create({'percent': 10}), Command.create({'percent': 1, 'amount': 1})],
        })
        cls.code = cls.env['referral.code'].create({
            'programme_id': cls.programme.id, 'partner_id': cls.customer.id, 'code': 'ANA-2026'})
        cls.friend = cls.env['res.partner'].create({'name': "Carla Diaz", 'email': 'carla@example.com'})

    def _bring(self, partner=None, code=None, **vals):
        return self.env['referral.referral'].create({
            'code_id': (code or self.code).id, 'partner_id': (partner or self.friend).id,
            'date_joined': '2026-02-01', **vals})

    def _pay(self, line, amount, day='2026-03-05'):
        """Register a payment of a part of an invoice or credit note."""
        return self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=line.move_id.ids,
        ).create({'amount': amount, 'payment_date': day, 'payment_difference_handling': 'open'})._create_payments()

    def _follow(self):
        with self.enter_registry_test_mode():
            self.env.ref('customer_portal_ext.ir_cron_follow_payments').method_direct_trigger()
        return self.env['referral.commission'].search([('programme_id', '=', self.programme.id)], order='id')


@tagged('post_install', '-at_install')
class TestReferral(ReferralCase):

    # === WHO BROUGHT WHOM === #

    def test_the_first_referrer_counts_and_only_for_new_customers(self):
        Referral = self.env['referral.referral']
        self.assertTrue(Referral._attach(self.code, self.friend))
        self.assertFalse(Referral._attach(self.code, self.friend))
        old = self.env['res.partner'].create({'name': "Old"})
        self._invoice(10, '2026-03-01', partner=old)
        self.assertFalse(Referral._attach(self.code, old))

    def test_nobody_refers_oneself_also_by_another_record_with_the_same_address(self):
        twin = self.env['res.partner'].create({'name': "Ana II", 'email': 'Ana@Example.com'})
        contact = self.env['res.partner'].create({'name': "Desk", 'parent_id': self.customer.id})
        for partner in (self.customer, contact, twin):
            with self.subTest(partner.name):
                self.assertFalse(self.env['referral.referral']._attach(self.code, partner))
        with self.assertRaisesRegex(ValidationError, "refers oneself"):
            self._bring(self.customer)

    def test_referrals_do_not_go_in_a_circle(self):
        back = self.env['referral.code'].create({'programme_id': self.programme.id, 'partner_id': self.friend.id})
        self._bring()
        self.assertFalse(self.env['referral.referral']._attach(back, self.customer))
        with self.assertRaisesRegex(ValidationError, "circle"):
            self._bring(self.customer, back)

    def test_the_code_on_an_order_counts_when_the_order_is_confirmed(self):
        """A wrong code keeps nobody from contracting."""
        order = self.env['sale.order'].create({'partner_id': self.friend.id, 'company_id': self.company.id})
        order._take_referral_code('NOBODY-1')
        self.assertFalse(order.referral_code_id)
        order._take_referral_code(' ana-2026 ')
        order.action_confirm()
        self.assertRecordValues(self.env['referral.referral'].search([('partner_id', '=', self.friend.id)]), [
            {'referrer_id': self.customer.id, 'order_id': order.id, 'date_joined': date(2026, 3, 10)}])

    def test_a_code_that_was_registered_with_counts_with_the_first_order(self):
        self.friend._note_referral_code('ANA-2026', self.company)
        self.friend._note_referral_code('OTHER', self.company)
        self.env['sale.order'].create({'partner_id': self.friend.id, 'company_id': self.company.id}).action_confirm()
        self.assertTrue(self.env['referral.referral'].search([('partner_id', '=', self.friend.id)]))

    # === COMMISSIONS === #

    def test_an_invoice_earns_nothing_until_it_is_paid(self):
        self._bring()
        self._invoice(100, '2026-03-01', partner=self.friend)
        self.assertFalse(self._follow())

    def test_partial_payments_earn_what_one_payment_earns_and_a_second_run_nothing(self):
        """C1: 99.99 at 10 % in three parts is 10.00; running again changes nothing."""
        self._bring()
        line = self._invoice(99.99, '2026-03-01', partner=self.friend)
        for amount in (33.33, 33.33, 33.33):
            self._pay(line, amount)
        self._follow()
        commissions = self._follow()
        self.assertEqual(commissions.mapped('amount'), [3.33, 3.34, 3.33])
        self.assertEqual(set(commissions.mapped('state')), {'approved'})

    def test_the_referrer_of_the_referrer_earns_the_second_level(self):
        second = self.env['referral.code'].create({'programme_id': self.programme.id, 'partner_id': self.friend.id})
        newcomer = self.env['res.partner'].create({'name': "Dora"})
        self._bring()
        self._bring(newcomer, second)
        self._pay(self._invoice(100, '2026-03-01', partner=newcomer), 100)
        self.assertRecordValues(self._follow(), [
            {'partner_id': self.friend.id, 'level': 1, 'amount': 10},
            {'partner_id': self.customer.id, 'level': 2, 'amount': 2},
        ])

    def test_tax_earns_nothing(self):
        self._bring()
        line = self._invoice(100, '2026-03-01', partner=self.friend)
        taxed = line.move_id.copy({'invoice_date': '2026-02-01'})
        taxed.invoice_line_ids.tax_ids = self.company_data['default_tax_sale']
        taxed.action_post()
        due = taxed.line_ids.filtered(lambda one: one.display_type == 'payment_term')
        self._pay(due, taxed.amount_total)
        self.assertEqual(self._follow().mapped('amount'), [10])

    def test_a_returned_payment_takes_its_commission_back_once(self):
        self._bring()
        line = self._invoice(100, '2026-03-01', partner=self.friend)
        payment = self._pay(line, 40)
        self._pay(line, 60)
        self._follow()
        payment.action_draft()
        self._follow()
        commissions = self._follow()
        self.assertEqual(commissions.mapped('amount'), [4, 6, -4])
        self.assertEqual(commissions[2].reversed_id, commissions[0])
        payment.action_post()
        self.assertEqual(sum(self._follow().mapped('amount')), 10 if line.move_id.amount_residual == 0 else 6)

    def test_a_credit_note_earns_nothing_and_money_paid_back_takes_the_commission_along(self):
        self._bring()
        line = self._invoice(100, '2026-03-01', partner=self.friend)
        self._pay(line, 100)
        self._follow()
        refund = line.move_id._reverse_moves([{'invoice_date': '2026-03-06'}])
        refund.action_post()
        self.assertEqual(self._follow().mapped('amount'), [10])
        back = refund.line_ids.filtered(lambda one: one.display_type == 'payment_term')
        self._pay(back, 100, '2026-03-08')
        self.assertEqual(sum(self._follow().mapped('amount')), 0)
        credited = self._invoice(50, '2026-03-01', partner=self.friend)
        credited.move_id._reverse_moves([{'invoice_date': '2026-03-06'}], cancel=True)
        self.assertEqual(sum(self._follow().mapped('amount')), 0)

    def test_the_cap_the_duration_and_the_number_of_invoices_end_what_is_earned(self):
        self.programme.write({'cap': 15, 'invoices': 2})
        self._bring()
        for amount, day in ((100, '2026-03-01'), (100, '2026-03-02'), (100, '2026-04-02')):
            self._pay(self._invoice(amount, '2026-03-01', partner=self.friend), amount, day)
        self.assertRecordValues(self._follow(), [
            {'amount': 10, 'reason': False, 'state': 'approved'},
            {'amount': 5, 'reason': 'capped', 'state': 'approved'},
            {'amount': 0, 'reason': 'enough', 'state': 'none'},
        ])
        self.programme.write({'invoices': 0, 'months': 1})
        self._pay(self._invoice(10, '2026-03-01', partner=self.friend), 10, '2026-03-01')
        self.assertEqual(self._follow()[-1].reason, 'expired')

    def test_money_for_which_nobody_earns_is_looked_at_once(self):
        """A job that finds the same payment again and again never ends."""
        self._bring()
        self.programme.level_ids.unlink()
        self._pay(self._invoice(100, '2026-03-01', partner=self.friend), 100)
        Commission = self.env['referral.commission'].sudo()
        self.assertEqual([Commission._follow_payments(1) for _turn in range(2)], [1, 0])
        self.assertRecordValues(Commission.search([('programme_id', '=', self.programme.id)]), [
            {'partner_id': self.customer.id, 'amount': 0, 'state': 'none'}])

    def test_a_commission_is_approved_or_refused_and_never_edited(self):
        """G7: a context that is sent opens no gate."""
        self.programme.needs_approval = True
        self._bring()
        self._pay(self._invoice(100, '2026-03-01', partner=self.friend), 100)
        commission = self._follow()
        self.assertEqual(commission.state, 'waiting')
        with self.assertRaisesRegex(UserError, "not edited"):
            commission.with_context(commission_gate=True).amount = 99
        commission.action_refuse()
        commission.action_approve()
        commission.action_approve()
        self.assertEqual(commission.state, 'approved')
        with self.assertRaises(UserError):
            commission.unlink()

    # === PAYOUTS === #

    def _earned(self, amount=100):
        self._bring()
        line = self._invoice(amount, '2026-03-01', partner=self.friend)
        return line, self._pay(line, amount)

    def _payouts(self):
        self.programme.action_pay_out()
        return self.env['referral.payout'].search([('programme_id', '=', self.programme.id)])

    def test_a_referrer_with_a_contract_gets_a_credit_on_the_next_invoice_once(self):
        contract = self.env['service.contract'].create({
            'partner_id': self.customer.id, 'company_id': self.company.id,
            'line_ids': [Command.create({'product_id': self.hosting.id})]})
        contract.action_activate()
        self._earned()
        self._payouts()
        payout = self._payouts()
        self.assertRecordValues(payout, [{'kind': 'charge', 'amount': 10, 'partner_id': self.customer.id}])
        self.assertRecordValues(contract.line_ids.pending_ids, [{'amount': -10, 'state': 'open'}])
        self.assertEqual(payout.commission_ids.mapped('state'), ['paid'])

    def test_a_referrer_without_a_contract_gets_a_credit_note(self):
        self._earned()
        self.assertRecordValues(self._payouts().move_id, [
            {'move_type': 'out_refund', 'state': 'posted', 'partner_id': self.customer.id, 'amount_untaxed': 10}])

    def test_a_referrer_who_sends_bills_gets_a_draft_bill_from_the_threshold_on(self):
        self.code.payout = 'bill'
        self.programme.payout_min = 10.01
        self._earned()
        self.assertFalse(self._payouts())
        self.programme.payout_min = 10
        self.assertRecordValues(self._payouts().move_id, [
            {'move_type': 'in_invoice', 'state': 'draft', 'partner_id': self.customer.id, 'amount_untaxed': 10}])

    def test_what_is_taken_back_after_the_payout_is_deducted_from_the_next_and_never_asked_for(self):
        _line, payment = self._earned()
        self._payouts()
        payment.action_draft()
        self.assertEqual(len(self._payouts()), 1)
        self._pay(self._invoice(150, '2026-03-01', partner=self.friend), 150)
        self.assertEqual(sorted(self._payouts().mapped('amount')), [5, 10])

    def test_what_keeps_a_payout_from_being_made_becomes_a_task(self):
        self._earned()
        self.env['account.journal'].search([
            ('type', '=', 'sale'), ('company_id', '=', self.company.id)]).action_archive()
        self.assertFalse(self._payouts())
        self.assertEqual(len(self.programme.activity_ids), 1)
        self.assertEqual(self._follow().state, 'approved')

    # === WHO MAY WHAT === #

    def test_customers_reach_none_of_it_by_remote_call(self):
        """G3: what a friend pays is not the referrer's to know."""
        env = self.env(user=self.portal_user)
        for model in ('programme', 'level', 'code', 'referral', 'commission', 'payout'):
            for right in ('read', 'write', 'create', 'unlink'):
                with self.subTest(model, right=right):
                    self.assertFalse(env[f'referral.{model}'].has_access(right))

    def test_desk_users_look_and_managers_decide(self):
        desk = self.env['res.users'].create({
            'name': "Desk", 'login': 'desk-r', 'company_ids': [Command.set(self.company.ids)],
            'company_id': self.company.id,
            'group_ids': [Command.set(self.env.ref('customer_portal_ext.group_desk_user').ids)]})
        self._earned()
        commission = self._follow()
        self.assertEqual(commission.with_user(desk).amount, 10)
        with self.assertRaises(AccessError):
            commission.with_user(desk).action_refuse()
        with self.assertRaises(AccessError):
            self.programme.with_user(desk).action_pay_out()

    def test_a_programme_of_another_company_is_not_seen(self):
        """G16."""
        other = self.env['res.company'].create({'name': "Other"})
        theirs = self.programme.sudo().copy({'company_id': other.id, 'product_id': self.programme.product_id.id})
        user = self.env.user
        self.assertNotIn(theirs, self.env['referral.programme'].with_user(user).with_company(self.company).search([]))

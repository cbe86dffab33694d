"""Lists of special customers: who joins and leaves, what members get and lose, and what the panel shows."""

import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestSpecialCustomer(PanelPageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env['res.partner.category'].create({'name': "Gold"})
        cls.gold = cls.env['special.customer.list'].create({
            'name': "Gold customers", 'company_id': cls.company.id, 'tag_id': cls.tag.id, 'percent': 10,
            'contact_phone': '+49 761 5550'})

    def _join(self, partner=None, special=None):
        return self.env['special.customer.member'].create({
            'list_id': (special or self.gold).id, 'partner_id': (partner or self.customer).id})

    def _contract(self, partner=None):
        contract = self.env['service.contract'].create({
            'partner_id': (partner or self.customer).id, 'company_id': self.company.id, 'date_start': '2026-03-10',
            'line_ids': [Command.create({'product_id': self.hosting.id})]})
        contract.action_activate()
        return contract

    def test_a_member_gets_the_discount_on_every_service_once_and_keeps_begun_periods(self):
        before = self._contract()
        member = self._join()
        after = self._contract()
        with self.enter_registry_test_mode():
            self.env.ref('customer_portal_ext.ir_cron_follow_rules').method_direct_trigger()
        for contract in (before, after):
            self.assertEqual(contract.line_ids.reduction_ids.mapped('percent'), [10])
            self.assertEqual(contract.next_charge_date and contract._preview(contract.next_charge_date, 1)[0][
                'amount_total'], 27)
        member.action_end()
        self.assertEqual(str(after.line_ids.reduction_ids.date_until), '2026-03-10')

    def test_a_copy_for_another_customer_has_no_discount_and_another_quantity_keeps_one(self):
        self._join()
        contract = self._contract()
        self.assertFalse(contract.copy({'partner_id': self.neighbour.id}).line_ids.reduction_ids)
        self.assertEqual(len(contract.copy().line_ids.reduction_ids), 1)
        vals = contract.line_ids._prepare_quantity_vals(2)
        self.assertEqual([command[2]['special_list_id'] for command in vals['reduction_ids']], [self.gold.id])

    def test_a_new_discount_of_the_list_replaces_the_one_before(self):
        self._join()
        contract = self._contract()
        self.gold.percent = 20
        reductions = contract.line_ids.reduction_ids.sorted('id')
        self.assertEqual([(one.percent, bool(one.date_until)) for one in reductions], [(10, True), (20, False)])

    def test_a_member_has_the_tag_and_its_early_offers_until_the_end(self):
        plan = self.env['service.plan'].create({
            'name': "Early", 'is_published': True, 'company_id': self.company.id,
            'partner_tag_ids': [Command.link(self.tag.id)],
            'line_ids': [Command.create({'product_id': self.hosting.id})]})
        self.authenticate('ana', 'ana')
        self.assertNotIn("Early", self.url_open('/services').text)
        member = self._join()
        self.assertIn("Early", self.url_open('/services').text)
        self.assertEqual(self.gold.plan_ids, plan)
        member.action_end()
        self.assertFalse(self.customer.category_id)
        self.assertNotIn("Early", self.url_open('/services').text)

    def test_the_pricelist_comes_and_goes_with_the_membership(self):
        mine, gold = self.env['product.pricelist'].create([
            {'name': name, 'company_id': self.company.id} for name in ("Mine", "Gold")])
        customer = self.customer.with_company(self.company)
        customer.property_product_pricelist = mine
        self.gold.pricelist_id = gold
        member = self._join()
        self.assertEqual(customer.property_product_pricelist, gold)
        member.action_end()
        self.assertEqual(customer.property_product_pricelist, mine)

    def test_customers_join_and_leave_by_rule_and_whom_people_took_out_stays_out(self):
        self.gold.write({'is_by_rule': True, 'turnover_min': 100})
        self._invoice(100, '2026-03-01')
        self._invoice(99, '2026-03-01', partner=self.neighbour)
        self.gold.action_follow_rule()
        self.gold.action_follow_rule()
        self.assertRecordValues(self.gold.member_ids, [{'partner_id': self.customer.id, 'source': 'rule'}])
        self.gold.turnover_min = 101
        self.gold.action_follow_rule()
        self.assertEqual(self.gold.member_ids.state, 'ended')
        self.gold.turnover_min = 100
        self.gold.action_follow_rule()
        self.gold.member_ids.filtered(lambda member: member.state == 'active').action_end()
        self.gold.action_follow_rule()
        self.assertEqual(set(self.gold.member_ids.mapped('state')), {'ended'})

    def test_a_payment_score_is_asked_for_and_members_by_hand_stay(self):
        self._invoice(10, '2026-03-01')
        self.gold.write({'is_by_rule': True, 'score_min': 80})
        self.env['payment.profile'].sudo().create({
            'company_id': self.company.id, 'partner_id': self.customer.id, 'score': 79, 'segment': 'mostly',
            'item_count': 3})
        by_hand = self._join(self.neighbour)
        self.gold.action_follow_rule()
        self.assertEqual(self.gold.member_ids, by_hand)
        self.env['payment.profile'].sudo().search([('partner_id', '=', self.customer.id)]).score = 80
        self.gold.action_follow_rule()
        self.assertEqual(self.gold.member_ids.partner_id, self.customer | self.neighbour)

    def test_a_rule_without_a_condition_and_a_second_membership_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "every customer"):
            self.gold.is_by_rule = True
        member = self._join()
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            self._join()
        with self.assertRaisesRegex(UserError, "End it"):
            member.unlink()
        with self.assertRaisesRegex(UserError, "not edited"):
            member.state = 'ended'

    def test_the_panel_shows_members_their_benefits_and_nobody_elses(self):
        self.gold.contact_user_id = self.env.user
        self._join()
        self.authenticate('ana', 'ana')
        page = self.url_open('/my').text
        for text in ("Gold customers", "10</span> %", '+49 761 5550', self.env.user.name):
            self.assertIn(text, page)
        self.authenticate('bruno', 'bruno')
        self.assertNotIn("Gold customers", self.url_open('/my').text)

    def test_a_new_member_is_told_once_what_the_list_gives(self):
        """I10, I11: also who leaves and comes back; customers who want no offers are not written to."""
        self.gold.benefits = "<p>New services a week earlier</p>"
        self.neighbour.circular_opt_out = True
        self._join().action_end()
        back = self._join()
        silent = self._join(self.neighbour)
        mails = self.env['mail.mail'].search([('model', '=', 'special.customer.member')])
        self.assertEqual(mails.recipient_ids, self.customer)
        self.assertEqual(len(mails), 1)
        for text in ("Gold customers", "New services a week earlier", "10</span> %", '+49 761 5550', '/my"'):
            self.assertIn(text, mails.body_html)
        self.assertFalse(back.told_on or silent.told_on)

    def test_integrators_keep_a_list_as_documented(self):
        """docs/integrators.md: members made and ended, the rule followed, a second membership refused."""
        key = self.env['res.users.apikeys'].sudo()._generate(None, 'test', False)

        def call(model, method, **arguments):
            return self.url_open(f'/json/2/special.customer.{model}/{method}', data=json.dumps(arguments), headers={
                'Authorization': f'bearer {key}', 'Content-Type': 'application/json'})

        wanted = [{'list_id': self.gold.id, 'partner_id': self.customer.id}]
        (member,) = call('member', 'create', vals_list=wanted).json()
        self.assertEqual(self.customer.category_id, self.tag)
        with mute_logger('odoo.sql_db', 'odoo.http'):
            self.assertEqual(call('member', 'create', vals_list=wanted).status_code, 422)
        self.assertTrue(call('member', 'action_end', ids=[member]).json())
        self.assertFalse(self.customer.category_id)
        self.gold.write({'is_by_rule': True, 'turnover_min': 1})
        self._invoice(10, '2026-03-01', partner=self.neighbour)
        self.assertTrue(call('list', 'action_follow_rule', ids=[self.gold.id]).json())
        self.assertEqual(self.neighbour.category_id, self.tag)

    def test_customers_reach_no_list_and_desk_users_change_none(self):
        """G3."""
        desk = self.env['res.users'].create({
            'name': "Desk", 'login': 'desk-s', 'company_id': self.company.id,
            'company_ids': [Command.set(self.company.ids)],
            'group_ids': [Command.set(self.env.ref('customer_portal_ext.group_desk_user').ids)]})
        member = self._join()
        self.assertEqual(member.with_user(desk).list_id.name, "Gold customers")
        with self.assertRaises(AccessError):
            member.with_user(desk).action_end()
        for model in ('special.customer.list', 'special.customer.member'):
            self.assertFalse(self.env(user=self.portal_user)[model].has_access('read'))

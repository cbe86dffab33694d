"""Coupons: a code gives a discount with a duration, once for each contract and within its uses."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .test_reductions import ReductionCase


class TestCoupons(ReductionCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coupon = cls.env['service.coupon'].create({
            'code': 'SPRING', 'name': "Spring offer", 'percent': 50.0, 'periods': 2, 'uses_limit': 2,
        })

    def test_a_coupon_gives_its_discount_once(self):
        """N9: the next two periods at half the price; redeeming it again changes nothing."""
        line = self._reduced()
        self._run('2026-03-01', line.contract_id)
        answer = line.contract_id.redeem_coupon('spring ')
        self.assertEqual(answer, [{'contract': line.contract_id.id, 'coupon': 'SPRING', 'changed': True}])
        self.assertFalse(line.contract_id.redeem_coupon('SPRING')[0]['changed'])
        self.assertEqual((self.coupon.use_count, self.coupon.use_ids.contract_id), (1, line.contract_id))
        self._run('2026-06-01', line.contract_id)
        self.assertEqual(self._amounts(line)[3:], [15.0, 15.0, 30.0])
        self.assertIn("Spring offer", self._entries(line)[3].move_line_id.name)

    def test_a_coupon_is_used_up(self):
        contracts = self.env['service.contract'].union(*(self._reduced().contract_id for _ in range(3)))
        contracts[:2].redeem_coupon('SPRING')
        with self.assertRaisesRegex(UserError, "used up"):
            contracts[2].redeem_coupon('SPRING')
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.coupon.uses_limit = 1

    def test_a_coupon_is_valid_for_a_time(self):
        contract = self._reduced().contract_id
        self.coupon.write({'date_start': '2026-03-11', 'date_end': '2026-03-20'})
        for day in ('2026-03-10', '2026-03-21'):
            with freeze_time(day), self.assertRaisesRegex(UserError, "valid from 03/11/2026 to 03/20/2026"):
                contract.redeem_coupon('SPRING')
        with freeze_time('2026-03-20'):
            self.assertTrue(contract.redeem_coupon('SPRING')[0]['changed'])

    def test_an_amount_is_taken_off_the_dearest_service_only(self):
        self.coupon.write({'percent': 0.0, 'amount': 4.0})
        contract = self._contract([{}, {'product_id': self.setup.id}], payment_term_id=False)
        contract.redeem_coupon('SPRING')
        self.assertEqual(contract.line_ids.reduction_ids.contract_line_id.product_id, self.setup)

    def test_a_coupon_is_made_for_plans(self):
        self.coupon.plan_ids = self.plan
        with self.assertRaisesRegex(UserError, "no running service"):
            self._reduced().contract_id.redeem_coupon('SPRING')
        contract = self._planned()
        contract.redeem_coupon('SPRING')
        self.assertEqual(contract.line_ids.filtered('reduction_ids').product_id, self.hosting)

    def test_what_is_no_coupon_is_refused_in_a_sentence(self):
        """F1: unknown, empty, a pattern, no text."""
        contract = self._reduced().contract_id
        for code in ('NONE', '', '%', 'S_RING', 5, None, True, ['SPRING']):
            with self.subTest(code), self.assertRaisesRegex(UserError, "There is no coupon"):
                contract.redeem_coupon(code)

    def test_a_coupon_that_cannot_be_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "takes nothing off"):
            self.coupon.copy({'code': 'NIL', 'percent': 0.0})
        with self.assertRaisesRegex(ValidationError, "before it begins"):
            self.coupon.write({'date_start': '2026-03-11', 'date_end': '2026-03-10'})
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.coupon.copy({'code': 'spring'})

    def test_a_copy_of_a_contract_redeems_nothing(self):
        line = self._reduced({'name': "Sibling", 'percent': 5.0})
        line.contract_id.redeem_coupon('SPRING')
        self.assertEqual(line.contract_id.copy().line_ids.reduction_ids.mapped('name'), ["Sibling"])

    def test_a_coupon_goes_on_when_the_quantity_changes(self):
        line = self._reduced()
        self._run('2026-03-01', line.contract_id)
        contract = line.contract_id
        contract.external_ref = 'GROWS'
        contract.redeem_coupon('SPRING')
        contract.request_change('GROWS', {'services': [{'line': line.id, 'quantity': 2}], 'when': 'period_end'}, 'k-1')
        self._run('2026-06-01', contract)
        following = contract.line_ids - line
        self.assertEqual(self._amounts(following), [30.0, 30.0, 60.0])

    def test_a_clerk_redeems_and_does_not_change_coupons(self):
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        contract = self._reduced().contract_id
        self.assertTrue(contract.with_user(clerk).redeem_coupon('SPRING')[0]['changed'])
        with self.assertRaises(AccessError):
            self.coupon.with_user(clerk).percent = 100.0
        with self.assertRaises(AccessError):
            contract.with_user(self._user('employee', 'base.group_user')).redeem_coupon('SPRING')

    def test_a_quotation_hands_its_coupon_to_the_contract(self):
        order = self._order('spring')
        order.action_confirm()
        line = order.service_contract_ids.line_ids.filtered('reduction_ids')
        self.assertRecordValues(line.reduction_ids, [{'name': "Spring offer", 'coupon_id': self.coupon.id}])
        self.assertEqual(line.recurring_monthly, 15.0)
        with self.assertRaisesRegex(UserError, "There is no coupon"):
            self._order('NONE')

    def _order(self, code):
        order = self.env['sale.order'].create({'partner_id': self.customer.id, 'service_coupon_code': code})
        order.action_add_service_plan(self.plan.id)
        return order

    def test_a_coupon_used_up_meanwhile_does_not_stop_the_purchase(self):
        order = self._order('SPRING')
        self.coupon.write({'uses_limit': 1})
        self._reduced().contract_id.redeem_coupon('SPRING')
        order.action_confirm()
        contract = order.service_contract_ids
        self.assertEqual(contract.state, 'active')
        self.assertIn("used up", contract.activity_ids.note)

    def test_companies_have_codes_of_their_own(self):
        """G16."""
        self.coupon.company_id = self.other_company
        with self.assertRaisesRegex(UserError, "There is no coupon"):
            self._reduced().contract_id.redeem_coupon('SPRING')

    def test_a_draft_counts_from_its_first_period(self):
        contract = self._contract([{}], activate=False, date_start=date(2026, 3, 1), payment_term_id=False)
        contract.redeem_coupon('SPRING')
        contract.line_ids = [Command.update(contract.line_ids.id, {'quantity': 2})]
        contract.action_activate()
        self._run('2026-05-01', contract)
        self.assertEqual(self._amounts(contract.line_ids), [30.0, 30.0, 60.0])

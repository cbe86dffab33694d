"""Whom a message reaches and when: far time zones, contacts of a company, customers of several companies."""

from freezegun import freeze_time
from odoo.tests import tagged

from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningReach(DunningCase):

    def test_customers_on_the_other_side_of_the_world_are_reached(self):
        """A run at five in Los Angeles is at nine in the evening in Tokyo, every day."""
        self.company.write({'dunning_hour': 5})
        self.company.partner_id.tz = 'America/Los_Angeles'
        self.customer.country_id = self.env.ref('base.jp')
        self._receivable(due='2026-03-08')
        with freeze_time('2026-03-10 12:00:00'):  # 05:00 in Los Angeles, 21:00 in Tokyo
            notice = self._plan().sudo()
        self.assertEqual(notice.date, self._day('2026-03-11'), "for the customer's next day")
        self.assertEqual(notice.step_id, self.late, "which is the third after the due date")
        self.env.flush_all()
        with freeze_time('2026-03-10 12:05:00'):
            self._send()
            self.assertEqual(notice.delivery_ids.mapped('state'), ['queued'], "not at night")
        with freeze_time('2026-03-10 23:01:00'):
            self._send()
        self.assertEqual(notice.delivery_ids.mapped('state'), ['sent'])

    def test_the_zone_of_the_clerk_is_not_the_customers(self):
        """A contact takes the time zone of whoever typed it in."""
        self.customer.write({'country_id': self.env.ref('base.co').id, 'tz': 'Europe/Berlin'})
        self._receivable(due='2026-03-07')
        notice = self._plan()
        self.assertEqual(notice.zone, 'America/Bogota')
        self.assertEqual(str(notice.delivery_ids.filtered(lambda found: found.state == 'queued').next_try_at),
                         '2026-03-10 13:00:00', "eight in Bogota")

    def test_without_any_zone_the_country_of_the_company_counts(self):
        self.company.partner_id.write({'tz': False, 'country_id': self.env.ref('base.de').id})
        self._receivable(due='2026-03-07')
        self.assertEqual(self._plan().zone, 'Europe/Berlin')

    def test_a_country_with_several_zones_is_written_to_when_all_of_it_is_awake(self):
        """12 CFR 1006.6(b): only the United States are known, then the area of the number."""
        self.company.partner_id.tz = 'America/New_York'
        self.customer.write({'country_id': self.env.ref('base.us').id, 'phone': False})
        self.neighbour.write({'country_id': self.env.ref('base.us').id, 'phone': '+1 212 736 5000', 'email': False})
        self._receivable(due='2026-03-07')
        self._receivable(due='2026-03-07', partner=self.neighbour)
        with freeze_time('2026-03-10 13:00:00'):
            notices = self._plan().sudo()
        somewhere, new_york = (
            notices.filtered(lambda notice, partner=partner: notice.partner_id == partner).delivery_ids.filtered(
                lambda found: found.state == 'queued') for partner in (self.customer, self.neighbour))
        self.assertEqual(str(somewhere.next_try_at), '2026-03-10 18:00:00', "eight in Honolulu")
        self.assertEqual(str(new_york.next_try_at), '2026-03-10 13:00:00', "nine in New York")

    def test_a_hold_for_a_contact_holds_for_its_company(self):
        self.customer.is_company = True
        contact = self.env['res.partner'].create({'name': "Accounts", 'parent_id': self.customer.id})
        self._receivable(due='2026-03-07', partner=contact)
        self.assertEqual(self._reason(), None)
        self.env['dunning.hold'].create({'partner_id': contact.id})
        self.assertEqual(self._reason(), 'covered')

    def test_a_contact_for_invoices_who_died_gets_nothing(self):
        """G15."""
        contact = self.env['res.partner'].create({
            'name': "Accounts", 'parent_id': self.customer.id, 'type': 'invoice', 'email': 'accounts@example.com',
        })
        self._receivable(due='2026-03-07', partner=contact)
        contact.dunning_block = 'deceased'
        self.assertEqual(self._reason(), 'blocked')

    def test_the_caps_of_a_customer_hold_over_all_companies(self):
        """N16, G16: two companies write to the same customer in the same minute."""
        other = self.other_company
        self._use_other_company(other)
        self.customer.email = False
        self._receivable(due='2026-03-07')
        self._receivable_of(other)
        notices = self._plan() | self.env['dunning.planner'].with_company(other)._plan(other, self.customer.ids)[0]
        self.assertEqual(len(notices), 2)
        self.env.flush_all()
        self._send()
        states = notices.sudo().delivery_ids.filtered(lambda found: found.channel == 'sms').mapped('state')
        self.assertEqual(sorted(states), ['cancelled', 'delivered'], "one message a day")

    def test_what_another_sender_is_about_to_hand_over_counts(self):
        """B6, N16: claimed and not called yet."""
        self.customer.email = False
        self._receivable(due='2026-03-07')
        delivery = self._plan().sudo().delivery_ids.filtered(lambda found: found.state == 'queued')
        delivery._set_state('sending', lease_until='2026-03-10 10:10:00')
        self.env.flush_all()
        self._receivable(due='2026-03-10')
        self.assertEqual(self._reason(), 'day')

    def test_a_rejected_transfer_goes_on_at_the_step_where_it_stopped(self):
        line = self._receivable(due='2026-03-07')
        self.assertEqual(self._plan().step_id, self.late)
        hold = self.env['dunning.hold'].create({'move_line_id': line.id, 'kind': 'reported'})
        with freeze_time('2026-03-25 10:00:00'):
            self.assertFalse(self._plan())
            hold.action_release()
            notice = self._plan()
            self.assertEqual((notice.step_id, notice.is_correction), (self.late, True), "the corrected dates")
            self.assertEqual(notice.line_ids.suspension_date, self._day('2026-04-01'))
        with freeze_time('2026-04-04 10:00:00'):
            self.assertEqual(self._reason(), 'told')
        with freeze_time('2026-04-06 10:00:00'):
            self.assertEqual(self._plan().step_id, self.final, "14 days after the due date and 15 that were covered")

    def _use_other_company(self, company):
        self.env['account.chart.template'].try_loading('generic_coa', company=company, install_demo=False)
        company.write({
            'dunning_is_active': True, 'dunning_policy_id': self.policy.id, 'dunning_gateway_id': self.gateway.id,
            'dunning_contact_rule_id': self.company.dunning_contact_rule_id.id,
        })
        company.partner_id.tz = 'UTC'
        self.gateway.company_id = False
        self.env.user.company_ids |= company

    def _receivable_of(self, company):
        move = self.env['account.move'].with_company(company).create({
            'move_type': 'out_invoice', 'partner_id': self.customer.id, 'company_id': company.id,
            'invoice_date': '2026-03-07', 'invoice_date_due': '2026-03-07', 'invoice_payment_term_id': False,
            'invoice_line_ids': [(0, 0, {'name': "Service", 'price_unit': 50, 'tax_ids': False})],
        })
        move.action_post()
        return move

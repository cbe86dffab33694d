"""What people set: texts with their size and cost, gateways, policies, cards that expire, letters."""

from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import file_open, mute_logger
from psycopg2 import IntegrityError

from ..gateways.sms_api import SmsApiGateway
from ..models.dunning_gateway import DunningGateway
from ..rules.outbox import Outcome
from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningSettings(DunningCase):

    # === TEXTS === #

    def test_the_editor_shows_size_and_cost_with_the_longest_values(self):
        self.gateway.write({'part_price': 0.05, 'currency_id': self.env.ref('base.USD').id})
        route = self.late.route_ids.filtered(lambda found: found.channel == 'sms')
        route.sms_body = "Pague {amount} hasta el {last_safe_date}. " + 'x' * 100
        self.assertIn("1 parts", route.sms_size)
        self.assertIn("0.05", route.sms_size)
        route.sms_body += "í"
        self.assertIn("3 parts", route.sms_size)
        self.assertIn("UCS-2", route.sms_size)
        self.assertIn("í", route.sms_warning)
        self.company.dunning_sms_plain = True
        route.invalidate_recordset()
        self.assertIn("1 parts", route.sms_size)
        self.assertFalse(route.sms_warning)

    def test_without_accents_is_how_it_is_sent(self):
        self.company.dunning_sms_plain = True
        self.customer.write({'name': "María", 'email': False})
        self.late.route_ids.filtered(lambda found: found.channel == 'sms').sms_body = "Señora {customer}"
        self._invoice(100, due='2026-03-07')
        delivery = self._plan().delivery_ids.filtered(lambda found: found.state == 'queued')
        self.assertEqual((delivery.body, delivery.parts), ("Señora Maria", 1))

    def test_a_text_with_an_unknown_placeholder_is_refused(self):
        with self.assertRaises(ValidationError) as refused:
            self.late.route_ids[0].subject = "Pay {amuont}"
        self.assertIn("{amuont}", str(refused.exception))

    def test_a_message_needs_a_text(self):
        for vals in ({'channel': 'sms', 'sms_body': " "}, {'channel': 'email', 'subject': "x"}):
            with self.assertRaises(ValidationError):
                self.env['dunning.route'].create({'step_id': self.late.id, **vals})

    # === POLICIES === #

    def test_the_dates_of_a_policy_are_in_order(self):
        with self.assertRaises(ValidationError):
            self.policy.suspension_days = 4
        with self.assertRaises(ValidationError):
            self.policy.removal_days = 10

    def test_a_policy_is_installed_for_every_company(self):
        default = self.env.ref('dunning_sms.dunning_policy_default')
        company = self.env['res.company'].create({'name': "New"})
        self.assertEqual(company.dunning_policy_id, default)
        self.assertEqual(default.step_ids.mapped('distance'), [-5, 0, 3, 7, 14, 45])
        for route in default.step_ids.route_ids.filtered(lambda found: found.channel == 'sms'):
            self.assertFalse(route.sms_warning, route.sms_body)

    def test_packs_of_countries_are_installed(self):
        rules = self.env['dunning.contact.rule'].search([('country_id', '!=', False)])
        self.assertEqual(set(rules.country_id.mapped('code')), {'CO', 'US', 'DE'})
        colombia = self.env.ref('dunning_sms.dunning_contact_rule_co')._rule()
        self.assertTrue(colombia.is_holiday(self._day('2026-06-29')))
        self.assertFalse(colombia.hours(self._day('2026-03-15')))
        self.assertTrue(colombia.one_channel)

    # === GATEWAYS === #

    def test_ordinary_text_messages_use_the_gateway_too(self):
        self.assertIs(self.company._get_sms_api_class(), SmsApiGateway)
        self.assertIsNot(self.other_company._get_sms_api_class(), SmsApiGateway)
        messages = self.env['sms.sms'].create([
            {'number': number, 'body': "Hello"} for number in ('+573001112233', '+573014445566')
        ])
        answers = [Outcome('refused', 'no'), Outcome('accepted')]
        with patch.object(DunningGateway, '_send', lambda *_args: answers.pop(0)):
            messages.with_company(self.company).send(unlink_sent=False)
        self.assertEqual(messages.mapped('state'), ['error', 'pending'], "one failure does not touch the other")

    def test_the_sandbox_records_what_was_sent(self):
        self.gateway.sandbox_outcome = 'unclear'
        self.assertEqual(self.gateway._send('+573001112233', "Hola", 'r1').kind, 'unclear')
        self.assertEqual(self.gateway.sandbox_message_ids.mapped('body'), ["Hola"])
        self.assertEqual(self.gateway._ask('r1', '').kind, 'accepted')
        self.gateway.sandbox_outcome = 'lost'
        self.gateway._send('+573001112233', "Hola", 'r2')
        self.assertEqual(self.gateway._ask('r2', '').kind, 'later')

    def test_settings_of_a_gateway_are_checked(self):
        for vals in ({'kind': 'http', 'url': 'ftp://x'}, {'headers': '[1]'}, {'body': '{'}, {'status_words': '"x"'}):
            with self.assertRaises(ValidationError):
                self.env['dunning.gateway'].sudo().create({'name': "Broken", **vals})

    def test_a_copy_of_the_database_reaches_nobody(self):
        self.env.flush_all()
        with file_open('dunning_sms/data/neutralize.sql') as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.company.dunning_is_active)
        self.assertFalse(self.company.dunning_gateway_id)

    # === CARDS === #

    def test_customers_hear_of_an_expiring_card_once(self):
        """D5."""
        provider = self.env['payment.provider'].sudo().search([], limit=1)
        method = self.env['payment.method'].sudo().with_context(active_test=False).search([], limit=1)
        provider.company_id = self.company
        token = self.env['payment.token'].sudo().create({
            'provider_id': provider.id, 'payment_method_id': method.id, 'payment_details': '1234',
            'partner_id': self.customer.id, 'provider_ref': 'T1', 'expires_on': '2026-04-30',
        })
        for day, count in (('2026-03-20', 0), ('2026-04-02', 1), ('2026-04-03', 1)):
            with freeze_time(f'{day} 10:00:00'), self.enter_registry_test_mode(), self.registry.cursor() as cr:
                self.env.flush_all()
                self.env['payment.token'].with_env(self.env(cr=cr, su=True))._cron_tell_expiry()
            self.env.invalidate_all()
            notice = self.env['dunning.notice'].search([('kind', '=', 'card')])
            self.assertEqual(len(notice), count, day)
        self.assertIn('04/2026', notice.delivery_ids.filtered(lambda found: found.state == 'queued').subject)
        self.assertEqual(notice.token_id, token)

    # === LETTERS === #

    def test_a_letter_is_printed_and_counts_as_sent_then(self):
        """E9."""
        self.late.route_ids.unlink()
        self.env['dunning.route'].create({
            'step_id': self.late.id, 'channel': 'letter', 'subject': "Reminder", 'body': "<p>Dear {customer}</p>",
        })
        self._invoice(100, due='2026-03-07')
        notice = self._plan()
        html = self.env['ir.actions.report']._render_qweb_html('dunning_sms.report_dunning_notice', notice.ids)[0]
        self.assertIn('Dear Ana', html.decode())
        self.assertEqual(notice.state, 'planned')
        notice.action_print_letter()
        self.assertEqual((notice.state, notice.delivery_ids.state), ('sent', 'sent'))

    def test_one_open_promise_for_a_line(self):
        line = self._receivable(100, due='2026-03-07')
        vals = {'move_line_id': line.id, 'date': '2026-03-12'}
        self.env['payment.promise'].create(vals)
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.env['payment.promise'].create(vals)

    def test_a_promise_has_a_limit(self):
        line = self._receivable(100, due='2026-03-07')
        with self.assertRaises(ValidationError):
            self.env['payment.promise'].create({'move_line_id': line.id, 'date': '2026-06-12'})

    def test_the_statement_of_another_customer_is_not_printed_by_a_customer(self):
        """G20: the letter of a notice is for those who may read it."""
        self._invoice(100, due='2026-03-07', partner=self.neighbour)
        notice = self._plan()
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        with self.assertRaises(AccessError):
            notice.with_user(portal).action_print_letter()

"""Readings asked for by mail: once for each period and occupant, once more who did not answer, and who is missing."""

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .allocation import AllocationCase


@tagged('post_install', '-at_install')
class TestReadingRequest(AllocationCase):
    """B3."""

    def setUp(self):
        super().setUp()
        self.group.write({
            'reported_meter_ids': [Command.set(self.heat.ids)], 'readings_until': '2026-03-31',
            'readings_ask_days': 14, 'readings_remind_days': 3,
        })
        for number, tenant in enumerate(self.tenants[:2], 1):
            tenant.partner_id.email = f'tenant{number}@example.com'
        self.Request = self.env['service.reading.request']

    def _ask(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_ask_readings').method_direct_trigger()
        self.env.invalidate_all()
        return self.env['mail.mail'].search([('model', '=', 'service.reading.request')], order='id')

    def _missing(self):
        return self.Request.search([('is_missing', '=', True)]).unit_id

    def test_occupants_are_asked_once_before_the_period_ends(self):
        self.assertFalse(self._ask('2026-03-16'))
        for day in ('2026-03-17', '2026-03-17', '2026-03-18'):
            mails = self._ask(day)
        self.assertEqual(len(mails), 2)
        self.assertEqual(mails.recipient_ids, self.tenants[0].partner_id | self.tenants[1].partner_id)
        self.assertEqual(set(mails.mapped('state')), {'outgoing'})
        contract = self.tenants[0].contract_line_id.contract_id
        first = mails.filtered(lambda mail: mail.recipient_ids == self.tenants[0].partner_id)
        self.assertIn(f'/my/contracts/{contract.id}/readings', first.body_html)
        self.assertIn(self.flat_1.name, first.body_html)
        self.assertEqual(self._missing(), self.flat_1 | self.flat_2 | self.flat_3)

    def test_who_did_not_answer_is_reminded_once(self):
        self._ask('2026-03-17')
        contract = self.tenants[0].contract_line_id.contract_id.sudo()
        with freeze_time('2026-03-20'):
            contract._report_reading(f'{self.flat_1.id}:{self.heat.id}', '90', '2026-03-20', self.tenants[0].partner_id)
        self.assertEqual(self._missing(), self.flat_2 | self.flat_3)
        self.assertEqual(len(self._ask('2026-03-27')), 2)
        for day in ('2026-03-28', '2026-03-29', '2026-03-31'):
            mails = self._ask(day)
        self.assertEqual(mails[2:].recipient_ids, self.tenants[1].partner_id)
        self.assertEqual(len(mails), 3)
        self.assertIn("Reminder", mails[2].subject)
        self.assertEqual(len(self._ask('2026-04-01')), 3)

    def test_a_refused_reading_is_missing_again_and_a_read_one_is_not(self):
        self._ask('2026-03-17')
        contract = self.tenants[0].contract_line_id.contract_id.sudo()
        with freeze_time('2026-03-20'):
            report = contract._report_reading(
                f'{self.flat_1.id}:{self.heat.id}', '90', '2026-03-20', self.tenants[0].partner_id)
            report.reason = "The photo shows another meter"
            report.action_refuse()
            reading = self._read(self.flat_2, '2026-03-19', 50)
            self._read(self.flat_3, '2026-02-01', 50)  # before it was asked for
        self.assertEqual(self._missing(), self.flat_1 | self.flat_3)
        reading.action_strike_out()
        self.assertEqual(self._missing(), self.flat_1 | self.flat_2 | self.flat_3)
        self.assertEqual(self.group.missing_reading_count, 3)

    def test_an_address_that_comes_later_is_asked_then(self):
        self._ask('2026-03-17')
        self.tenants[2].partner_id.email = 'tenant3@example.com'
        self.assertEqual(len(self._ask('2026-03-18')), 3)
        request = self.Request.search([('unit_id', '=', self.flat_3.id)])
        self.assertRecordValues(request, [{'mailed_to': 'tenant3@example.com'}])

    def test_the_next_period_is_asked_for_anew(self):
        self._ask('2026-03-17')
        self.group.readings_until = '2027-03-31'
        self.assertEqual(len(self._ask('2026-04-01')), 2)
        self.assertEqual(len(self._ask('2027-03-20')), 4)

    def test_without_days_nobody_is_asked(self):
        self.group.readings_ask_days = 0
        self.assertFalse(self._ask('2026-03-20'))

    def test_an_occupant_who_moved_out_is_not_asked(self):
        self.tenants[0].date_end = '2026-03-15'
        self.assertEqual(self._ask('2026-03-20').recipient_ids, self.tenants[1].partner_id)

    def test_each_role_does_what_it_may(self):
        """G1, G3."""
        self._ask('2026-03-17')
        requests = self.Request.search([])
        own = {'company_id': self.company.id, 'company_ids': [Command.set(self.company.ids)]}
        other = {'company_id': self.other_company.id, 'company_ids': [Command.set(self.other_company.ids)]}
        for login, group, vals, may in (
            ('r_clerk', 'service_contracts.group_contract_user', own, True),
            ('r_books', 'account.group_account_invoice', own, True),
            ('r_stranger', 'service_contracts.group_contract_manager', other, False),
            ('r_portal', 'base.group_portal', {'partner_id': self.tenants[0].partner_id.id}, False),
        ):
            user = self._user(login, group, **vals)
            self.assertEqual(requests.with_user(user).has_access('read'), may, login)
            for right in ('write', 'create', 'unlink'):
                self.assertFalse(requests.with_user(user).has_access(right), login)
        with self.assertRaises(AccessError):
            requests.with_user(user).read(['unit_id'])

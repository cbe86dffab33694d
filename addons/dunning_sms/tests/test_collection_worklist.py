"""The worklist, what reminders bring in, and the dashboard over both."""

import io
import zipfile

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCase


@tagged('post_install', '-at_install')
class TestCollectionWorklist(DunningCase):

    def _told(self, day):
        """Return the notice of a day, sent."""
        with freeze_time(f'{day} 10:00:00'):
            notice = self._plan()
            notice.sudo()._set_state('sent')
        return notice

    # === WORKLIST === #

    def test_the_largest_overdue_customer_comes_first_with_all_that_matters(self):
        self._invoice(100, due='2026-02-20')
        small = self._invoice(70, due='2026-03-05', partner=self.neighbour)
        self._invoice(500, due='2026-03-30', partner=self.neighbour)
        self._told('2026-03-09')
        self.env['payment.promise'].create({
            'move_line_id': small.line_ids.filtered(lambda line: line.date_maturity).id, 'amount': 70,
            'date': '2026-03-15',
        })
        rows = self.env['collection.worklist'].search([('company_id', '=', self.company.id)])
        self.assertRecordValues(rows, [
            {'partner_id': self.customer.id, 'overdue': 100.0, 'balance': 100.0, 'days': 18, 'item_count': 1,
             'step_id': self.final.id, 'promise_date': False, 'next_step': False},
            {'partner_id': self.neighbour.id, 'overdue': 70.0, 'balance': 570.0, 'days': 5, 'item_count': 1,
             'step_id': self.late.id, 'promise_date': self._day('2026-03-15'), 'next_step': "+14 days: Final"},
        ])
        self.assertEqual(rows[0].action_view_statement()['res_model'], 'account.statement.wizard')

    def test_a_dispute_shows_and_can_be_left_out(self):
        self._invoice(100, due='2026-02-20')
        self.env['dunning.hold'].create({'partner_id': self.customer.id, 'kind': 'dispute'})
        Worklist = self.env['collection.worklist']
        self.assertTrue(Worklist.search([('partner_id', '=', self.customer.id)]).is_on_hold)
        self.assertFalse(Worklist.search([('partner_id', '=', self.customer.id), ('is_on_hold', '=', False)]))

    def test_who_owes_nothing_overdue_is_not_in_the_list(self):
        self._invoice(100, due='2026-03-20')
        self._pay(self._invoice(100, due='2026-02-20'))
        self.assertFalse(self.env['collection.worklist'].search([('partner_id', '=', self.customer.id)]))

    # === RECOVERED === #

    def test_money_counts_for_the_last_notice_before_it(self):
        """E14: two notices, a part paid after each, one payment too late to count."""
        invoice = self._invoice(100, due='2026-01-10')
        first, second = self._told('2026-01-13'), self._told('2026-01-24')
        self._pay(invoice, 30, '2026-01-15')
        self._pay(invoice, 20, '2026-01-25')
        self._pay(invoice, 10, '2026-02-20')
        rows = self.env['dunning.recovery'].search([('partner_id', '=', self.customer.id)], order='date')
        self.assertRecordValues(rows, [
            {'notice_id': first.id, 'step_id': self.late.id, 'told': 100.0, 'recovered': 30.0, 'days': 2.0},
            {'notice_id': second.id, 'step_id': self.final.id, 'told': 100.0, 'recovered': 20.0, 'days': 1.0},
        ])

    def test_a_notice_that_was_not_sent_recovers_nothing(self):
        self._invoice(100, due='2026-03-07')
        self._plan()
        self.assertFalse(self.env['dunning.recovery'].search([('partner_id', '=', self.customer.id)]))

    # === PROMISES IN THE SCORE === #

    def test_a_broken_promise_costs_points(self):
        for day in ('2026-01-05', '2026-01-06', '2026-01-07'):
            self._pay(self._invoice(100, due=day), day=day)
        line = self._receivable(10, due='2026-03-09')
        Profile = self.env['payment.profile'].sudo()
        Profile._update(self.company, self._day('2026-03-10'))
        before = self.customer.payment_score
        promise = self.env['payment.promise'].create({
            'move_line_id': line.id, 'amount': 10, 'promised_on': '2026-03-01', 'date': '2026-03-05',
        })
        promise._passed().write({'state': 'broken'})
        Profile._update(self.company, self._day('2026-03-10'))
        self.customer.invalidate_recordset()
        self.assertEqual(self.customer.payment_score, before - 5)

    # === DASHBOARD === #

    def test_the_dashboard_of_an_empty_company_is_empty(self):
        found = self.env['collection.dashboard'].get_dashboard()
        self.assertFalse(found['has_data'])

    def test_the_dashboard_agrees_with_the_reports(self):
        """E15."""
        self._invoice(100, due='2026-02-20')
        self._told('2026-03-09')
        self.env['collection.dashboard'].action_refresh()
        found = self.env['collection.dashboard'].get_dashboard()
        self.assertTrue(found['has_data'])
        self.assertEqual((found['tiles']['balance'], found['tiles']['overdue']), (100.0, 100.0))
        self.assertEqual([row['name'] for row in found['customers']], ["Ana"])
        self.assertEqual([row['told'] for row in found['steps']], [100.0])
        self.assertEqual([sum(row['buckets']) for row in found['months']], [100.0, 100.0])

    def test_the_dashboard_as_workbook_holds_no_formula(self):
        """F5."""
        self.customer.name = '=1+1'
        self._invoice(100, due='2026-02-20')
        content = self.env['collection.dashboard']._workbook()
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            self.assertFalse(any('<f>' in book.read(name).decode() for name in book.namelist() if 'sheet' in name))

    # === ACCESS === #

    def test_roles(self):
        """G3, G4, G16."""
        self._invoice(100, due='2026-02-20')
        self._told('2026-03-09')
        stranger = self._user('stranger', 'dunning_sms.group_dunning_manager', company_id=self.other_company.id,
                              company_ids=[Command.set(self.other_company.ids)])
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        employee = self._user('employee', 'base.group_user')
        clerk = self._user('clerk', 'dunning_sms.group_dunning_user')
        for model in ('collection.worklist', 'dunning.recovery'):
            with self.subTest(model):
                rows = self.env[model].with_user(clerk).search([])
                self.assertTrue(rows)
                rows.read()
                self.assertFalse(self.env[model].with_user(stranger).search([]))
                for user in (portal, employee):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).search([])
        Dashboard = self.env['collection.dashboard']
        self.assertTrue(Dashboard.with_user(clerk).get_dashboard()['has_data'])
        self.assertFalse(Dashboard.with_user(stranger).get_dashboard()['has_data'])
        for user in (portal, employee):
            with self.assertRaises(AccessError):
                Dashboard.with_user(user).get_dashboard()
        with self.assertRaises(AccessError):
            Dashboard.with_user(clerk).action_refresh()

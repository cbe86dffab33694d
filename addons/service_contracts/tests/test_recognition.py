"""Deferred income: each month has what it earned, whichever way the invoice was posted, and all ends at zero."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ContractCase


@tagged('post_install', '-at_install')
class TestRecognition(ContractCase):
    """N11."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.env['account.account'].create({
            'name': "Deferred", 'code': '2490', 'account_type': 'liability_current',
        })
        cls.company.write({
            'service_recognition': 'month', 'service_deferred_account_id': cls.account.id,
            'service_recognition_start': '2026-01-01', 'service_catch_up_limit': 0,
        })
        cls.Recognition = cls.env['service.recognition'].sudo()

    def _billed(self, day='2026-03-01', price=120.0, **vals):
        """Return a quarter from 16 February in advance, and what it was billed on."""
        contract = self._contract([{'price_unit': price, 'interval_unit': 'quarter', **vals}],
                                  date_start='2026-02-16', payment_term_id=False)
        self.env['service.billing.run'].create({'date': day}).action_start()
        self.assertFalse(contract.parked_reason)
        return contract

    def _follow(self, day='2026-03-10'):
        with freeze_time(day):
            self.Recognition._follow(self.company)

    def _rows(self):
        return [(str(row.month), row.kind, row.amount, row.state) for row in self.Recognition.search([
            ('company_id', '=', self.company.id)], order='month, id')]

    def _balance(self, day='2030-01-01'):
        """Return what the ledger has on the deferred account at the end of a day."""
        lines = self.env['account.move.line'].search([
            ('account_id', '=', self.account.id), ('parent_state', '=', 'posted'), ('date', '<=', day)])
        return round(-sum(lines.mapped('balance')), 2)

    def test_each_month_has_what_it_earned(self):
        self._billed()
        self._follow('2026-03-10')
        self.assertEqual(self._rows(), [
            ('2026-02-28', 'defer', -100.0, 'posted'), ('2026-03-31', 'earn', 40.0, 'open'),
            ('2026-04-30', 'earn', 40.0, 'open'), ('2026-05-31', 'earn', 20.0, 'open'),
        ])
        self.assertEqual(self._balance(), 100.0)
        for day, balance in (('2026-03-31', 60.0), ('2026-04-30', 20.0), ('2026-05-31', 0.0), ('2026-06-30', 0.0)):
            self._follow(day)
            self.assertEqual(self._balance(), balance)
        self.assertFalse(self.Recognition.search([('company_id', '=', self.company.id), ('state', '=', 'open')]))

    def test_a_month_has_one_entry_for_all_invoices(self):
        for number in range(5):
            customer = self.env['res.partner'].create({'name': f"Customer {number}"})
            self._contract([{'price_unit': 120.0 + number, 'interval_unit': 'quarter'}], partner_id=customer.id,
                           date_start='2026-02-16', payment_term_id=False)
        run = self.env['service.billing.run'].create({'date': '2026-03-01'})
        run.action_start()
        self.assertEqual(run.batch_ids.fast_count, 5, "invoices inserted as rows are deferred, too")
        self._follow('2026-03-31')
        moves = self.Recognition.search([('company_id', '=', self.company.id)]).move_id
        self.assertEqual(moves.mapped('date'), [date(2026, 2, 28), date(2026, 3, 31)])
        self.assertEqual({len(move.line_ids) for move in moves}, {2})
        self.assertEqual(self.company.service_fast_posting, True)

    def test_following_twice_records_nothing_twice(self):
        self._billed()
        for _time in range(3):
            self._follow('2026-04-30')
        self.assertEqual(self._balance(), 20.0)
        self.assertEqual(len(self._rows()), 4)

    def test_by_days(self):
        self.company.service_recognition = 'day'
        self._billed(price=89.0)
        self._follow('2026-05-31')
        self.assertEqual([row[2] for row in self._rows()], [-76.0, 31.0, 30.0, 15.0])

    def test_a_credit_note_takes_its_part_back(self):
        contract = self._billed()
        self._follow('2026-03-31')
        with freeze_time('2026-04-10'):
            self._reverse(contract.entry_ids.move_id)
        self._follow('2026-04-30')
        self.assertEqual(self._balance(), 0.0)
        self._follow('2026-06-30')
        self.assertEqual(self._balance(), 0.0)
        income = self.env['account.move.line'].search([
            ('account_id', '=', contract.entry_ids.move_line_id.account_id.id), ('parent_state', '=', 'posted'),
            ('company_id', '=', self.company.id)])
        self.assertEqual(round(sum(income.mapped('balance')), 2), 0.0)

    def test_an_invoice_taken_back_leaves_nothing_behind(self):
        invoice = self._billed().entry_ids.move_id
        self._follow('2026-03-31')
        invoice.button_draft()
        invoice.button_cancel()
        self._follow('2026-04-30')
        self.assertEqual(self._balance(), 0.0)
        self.assertEqual(round(sum(row[2] for row in self._rows()), 2), 0.0)

    def test_an_invoice_that_is_posted_again_is_deferred_again(self):
        invoice = self._billed().entry_ids.move_id
        self._follow('2026-03-31')
        invoice.button_draft()
        self._follow('2026-03-31')
        self.assertEqual(self._balance(), 0.0)
        invoice.action_post()
        self._follow('2026-03-31')
        self.assertEqual(self._balance(), 60.0)
        self._follow('2026-05-31')
        self.assertEqual(self._balance(), 0.0)

    def test_an_entry_that_was_deleted_is_made_again(self):
        self._billed()
        self._follow('2026-03-31')
        march = self.Recognition.search([('month', '=', '2026-03-31'), ('company_id', '=', self.company.id)]).move_id
        march.button_draft()
        march.with_context(force_delete=True).unlink()
        self.assertEqual(self._balance(), 100.0)
        self._follow('2026-03-31')
        self.assertEqual(self._balance(), 60.0)

    def test_a_locked_month_is_recorded_in_the_next_open_one(self):
        """D6."""
        self._billed()
        self.company.fiscalyear_lock_date = '2026-03-31'
        self._follow('2026-04-30')
        moves = self.Recognition.search([('company_id', '=', self.company.id)]).move_id
        self.assertEqual(set(moves.mapped('date')), {date(2026, 4, 30)})
        self.assertEqual(self._balance(), 20.0)

    def test_plan_and_product_differ_from_the_company(self):
        own = self.account.copy({'code': '2491'})
        self.setup.product_tmpl_id.write({'service_recognition': 'day', 'service_deferred_account_id': own.id})
        self.hosting.product_tmpl_id.service_recognition = 'none'
        self._contract([{'price_unit': 120.0, 'interval_unit': 'quarter'},
                        {'product_id': self.setup.id, 'price_unit': 89.0, 'interval_unit': 'quarter'}],
                       date_start='2026-02-16', payment_term_id=False)
        self.env['service.billing.run'].create({'date': '2026-03-01'}).action_start()
        self._follow()
        rows = self.Recognition.search([('company_id', '=', self.company.id)])
        self.assertEqual(rows.product_id, self.setup)
        self.assertEqual(rows.deferred_account_id, own)

    def test_nothing_is_deferred_by_default_or_before_the_start(self):
        self.company.service_recognition = 'none'
        self._billed()
        self._follow()
        self.company.write({'service_recognition': 'month', 'service_recognition_start': '2026-03-01'})
        self._follow()
        self.assertFalse(self._rows())

    def test_a_missing_account_is_named(self):
        self.company.service_deferred_account_id = False
        self._billed()
        with self.assertRaisesRegex(UserError, "Choose one in the settings"):
            self._follow()

    def test_analytic_accounts_follow(self):
        plan = self.env['account.analytic.plan'].create({'name': "Lines"})
        analytic = self.env['account.analytic.account'].create({'name': "Web", 'plan_id': plan.id})
        self._billed(analytic_distribution={str(analytic.id): 100})
        self._follow()
        move = self.Recognition.search([('company_id', '=', self.company.id), ('state', '=', 'posted')]).move_id
        self.assertEqual(move.line_ids.filtered('analytic_distribution').balance, 100.0)

    def test_roles(self):
        """G3, G16: accountants of the company read, nobody writes, and only they record."""
        self._billed()
        self._follow()
        accountant = self._user('accountant', 'account.group_account_invoice')
        stranger = self._user('stranger', 'account.group_account_invoice', company_id=self.other_company.id,
                              company_ids=[Command.set(self.other_company.ids)])
        own = [('company_id', '=', self.company.id)]
        self.assertTrue(self.env['service.recognition'].with_user(accountant).search(own))
        self.assertFalse(self.env['service.recognition'].with_user(stranger).search(own))
        for group in ('base.group_portal', 'base.group_user'):
            user = self._user(group, group)
            self.assertFalse(self.env['service.recognition'].with_user(user).has_access('read'))
        for right in ('write', 'create', 'unlink'):
            self.assertFalse(self.env['service.recognition'].with_user(accountant).has_access(right))

    def _reverse(self, invoice):
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=invoice.ids,
        ).create({'journal_id': invoice.journal_id.id, 'date': '2026-04-10'})
        self.env['account.move'].browse(wizard.reverse_moves()['res_id']).action_post()

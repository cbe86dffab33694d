"""A billing run charges everything due exactly once, and parks what it cannot charge."""

from datetime import date

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ..models.service_billing_worker import CLAIM_CLASS


@tagged('post_install', '-at_install')
class BillingCase(AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('service_contracts.group_contract_manager')
        cls.company = cls.company_data['company']
        cls.tax = cls.company_data['default_tax_sale']
        cls.hosting, cls.setup = cls.env['product.product'].create([
            {'name': "Hosting", 'type': 'service', 'list_price': 30.0, 'taxes_id': [Command.set(cls.tax.ids)]},
            {'name': "Setup", 'type': 'service', 'list_price': 99.0, 'taxes_id': [Command.set(cls.tax.ids)]},
        ])
        cls.customer, cls.neighbour = cls.env['res.partner'].create([{'name': "Ana"}, {'name': "Bruno"}])

    def _contract(self, partner=None, lines=({},), activate=True, **vals):
        contract = self.env['service.contract'].create({
            'partner_id': (partner or self.customer).id,
            'date_start': '2026-01-01',
            'payment_term_id': False,
            **vals,
            'line_ids': [Command.create({'product_id': self.hosting.id, **line}) for line in lines],
        })
        if activate:
            contract.action_activate()
        return contract

    def _run(self, as_of, contracts=None):
        run = self.env['service.billing.run'].create({
            'date': as_of, 'contract_ids': [Command.set(contracts.ids if contracts else [])],
        })
        run.action_start()
        return run

    def _entries(self, contract):
        return contract.entry_ids.filtered(lambda entry: entry.state == 'posted').sorted('period_start')

    def _invoices(self, contract):
        return self._entries(contract).move_id.sorted('invoice_date')


class TestBillingRun(BillingCase):

    def test_a_contract_bills_itself(self):
        contract = self._contract()
        run = self._run('2026-01-31')
        self.assertRecordValues(run, [{
            'state': 'done', 'contract_count': 1, 'charge_count': 1, 'invoice_count': 1, 'parked_count': 0,
            'amount_untaxed': 30.0, 'progress': 100.0,
        }])
        invoice = self._invoices(contract)
        self.assertRecordValues(invoice, [{
            'state': 'posted', 'partner_id': self.customer.id, 'invoice_date': date(2026, 1, 1),
            'invoice_date_due': date(2026, 1, 1), 'amount_untaxed': 30.0, 'invoice_origin': contract.name,
        }])
        self.assertRecordValues(invoice.invoice_line_ids, [{
            'service_contract_id': contract.id,
            'service_period_start': date(2026, 1, 1), 'service_period_last_day': date(2026, 1, 31),
        }])
        self.assertIn('01/31/2026', invoice.invoice_line_ids.name)
        self.assertEqual(contract.next_charge_date, date(2026, 2, 1))

    def test_running_twice_for_the_same_day_charges_nothing_again(self):
        """A7: a second run finds nothing."""
        contract = self._contract()
        self._run('2026-02-15')
        again = self._run('2026-02-15')
        self.assertEqual((again.state, again.charge_count), ('done', 0))
        self.assertEqual(len(self._entries(contract)), 2)

    def test_months_switched_off_become_one_invoice_each_in_order(self):
        """D7: three months off make three periods, dated and due when they should have been."""
        contract = self._contract()
        self._run('2026-03-31')
        self.assertEqual(self._invoices(contract).mapped('invoice_date'), [date(2026, m, 1) for m in (1, 2, 3)])
        self.assertEqual(self._invoices(contract).mapped('invoice_date_due'), [date(2026, m, 1) for m in (1, 2, 3)])
        numbers = self._invoices(contract).mapped('sequence_number')
        self.assertEqual(numbers, sorted(numbers))

    def test_more_missed_periods_than_the_limit_park_the_contract(self):
        """D7: the limit to catch up."""
        self.company.service_catch_up_limit = 2
        contract, other = self._contract(), self._contract(self.neighbour, date_start='2026-03-01')
        run = self._run('2026-03-31')
        self.assertEqual((run.parked_count, run.contract_count), (1, 1))
        self.assertIn(contract.name, contract.parked_reason)
        self.assertIn('2', contract.parked_reason)
        self.assertFalse(contract.entry_ids)
        self.assertTrue(self._entries(other))

    def test_month_ends_come_back_to_the_31st(self):
        """D1: 31 January, 28 February, 31 March."""
        contract = self._contract(date_start='2026-01-31')
        self._run('2026-04-30')
        self.assertEqual(self._entries(contract).mapped('period_start'),
                         [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)])

    def test_a_first_short_period_is_charged_by_the_days_of_the_whole_period(self):
        """R3: from 16 to 24 September are 9 of 31 days: 24.95 becomes 7.24."""
        contract = self._contract(date_start='2025-09-16', lines=[
            {'price_unit': 24.95, 'anchor': 'calendar', 'anchor_day': 25},
        ])
        self._run('2025-09-20')
        self.assertEqual(self._entries(contract).amount_untaxed, 7.24)
        self.assertIn('9/31', self._invoices(contract).invoice_line_ids.name)

    def test_one_time_and_recurring_services_share_the_first_invoice(self):
        contract = self._contract(lines=[{}, {'product_id': self.setup.id, 'kind': 'one_time'}])
        self._run('2026-02-28')
        self.assertEqual([len(invoice.invoice_line_ids) for invoice in self._invoices(contract)], [2, 1])

    def test_in_arrears_the_period_is_charged_on_the_day_after_it(self):
        contract = self._contract(lines=[{'timing': 'arrears'}])
        self._run('2026-01-31')
        self.assertFalse(contract.entry_ids)
        self._run('2026-02-01')
        self.assertRecordValues(self._entries(contract), [{
            'period_start': date(2026, 1, 1), 'period_last_day': date(2026, 1, 31), 'charge_date': date(2026, 2, 1),
        }])

    def test_every_interval_bills_its_own_periods(self):
        """B1: weeks, months, quarters, half-years, years and days."""
        expected = {'day': 59, 'week': 9, 'month': 2, 'quarter': 1, 'half_year': 1, 'year': 1}
        self.company.service_catch_up_limit = 0
        contract = self._contract(lines=[{'interval_unit': unit} for unit in expected])
        self._run('2026-02-28')
        self.assertEqual({
            line.interval_unit: len(line.entry_ids) for line in contract.line_ids
        }, expected)

    def test_nothing_is_charged_after_the_end(self):
        """R9, D9: the last period is short and the last."""
        contract = self._contract(date_end='2026-02-14')
        self._run('2026-06-30')
        self.assertEqual(self._entries(contract).mapped('period_last_day'), [date(2026, 1, 31), date(2026, 2, 14)])
        self.assertEqual(self._entries(contract)[-1].amount_untaxed, 15.0)
        self.assertFalse(contract.next_charge_date)

    def test_a_paused_time_is_not_charged(self):
        """D9: suspended and resumed."""
        with freeze_time('2026-02-01'):
            contract = self._contract()
            contract.action_pause()
        self._run('2026-02-20')
        self.assertFalse(contract.entry_ids)
        with freeze_time('2026-02-15'):
            contract.action_resume()
        self._run('2026-03-01')
        self.assertEqual([(entry.period_start, entry.amount_untaxed) for entry in self._entries(contract)], [
            (date(2026, 1, 1), 30.0), (date(2026, 2, 15), 15.0), (date(2026, 3, 1), 30.0),
        ])

    def test_contracts_of_one_customer_share_an_invoice_with_a_receivable_each(self):
        first, second = self._contract(), self._contract(lines=[{'quantity': 2}])
        self._run('2026-01-01')
        invoice = self._invoices(first)
        self.assertEqual(invoice, self._invoices(second))
        receivables = invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        self.assertEqual(
            {line.service_contract_id: line.balance for line in receivables},
            {first: 34.5, second: 69.0},
        )

    def test_a_different_payment_method_makes_an_invoice_of_its_own(self):
        method = self.company_data['default_journal_bank'].inbound_payment_method_line_ids[:1]
        first, second = self._contract(), self._contract(preferred_payment_method_line_id=method.id)
        self._run('2026-01-01')
        self.assertNotEqual(self._invoices(first), self._invoices(second))
        self.assertEqual(self._invoices(second).preferred_payment_method_line_id, method)

    def test_receivables_per_contract_stay_when_a_grouped_invoice_is_posted_again(self):
        first, second = self._contract(), self._contract(lines=[{'quantity': 2}])
        self._run('2026-01-01')
        invoice = self._invoices(first)
        invoice.button_draft()
        invoice.action_post()
        receivables = invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        self.assertEqual(receivables.service_contract_id, first | second)

    def test_a_customer_specific_price_in_a_foreign_currency(self):
        currency = self.setup_other_currency('KWD', rounding=0.001, rates=[('2025-01-01', 0.5)])
        pricelist = self.env['product.pricelist'].create({'name': "KWD", 'currency_id': currency.id})
        contract = self._contract(pricelist_id=pricelist.id, lines=[
            {'price_unit': 1.235, 'tax_ids': [Command.clear()]},
        ])
        self._run('2026-01-01')
        self.assertRecordValues(self._invoices(contract), [{
            'currency_id': currency.id, 'amount_total': 1.235, 'amount_total_signed': 2.47,
        }])

    def test_a_currency_without_cents(self):
        currency = self.setup_other_currency('JPY', rounding=1, rates=[('2025-01-01', 100.0)])
        pricelist = self.env['product.pricelist'].create({'name': "JPY", 'currency_id': currency.id})
        contract = self._contract(pricelist_id=pricelist.id, date_start='2026-01-17', lines=[
            {'price_unit': 1000, 'anchor': 'calendar', 'anchor_day': 1, 'tax_ids': [Command.clear()]},
        ])
        self._run('2026-01-20')
        self.assertEqual(self._entries(contract).amount_untaxed, 484.0)

    # === PARKING === #

    def test_a_poisoned_contract_parks_only_itself(self):
        """A5: an archived journal stops its contract, nobody else."""
        journal = self.company_data['default_journal_sale'].copy()
        good, poisoned = self._contract(), self._contract(self.neighbour, journal_id=journal.id)
        journal.active = False
        run = self._run('2026-01-31')
        self.assertRecordValues(run, [{'state': 'done', 'contract_count': 1, 'parked_count': 1}])
        self.assertTrue(self._entries(good))
        self.assertFalse(poisoned.entry_ids)
        self.assertIn(journal.name, poisoned.parked_reason)
        self.assertEqual(poisoned.parked_run_id, run)

    def test_a_parked_contract_is_not_billed_again_until_somebody_says_so(self):
        """A5: it leaves the domain, and comes back by the button."""
        journal = self.company_data['default_journal_sale'].copy()
        contract = self._contract(journal_id=journal.id)
        journal.active = False
        self._run('2026-01-31')
        self.assertEqual(self._run('2026-01-31').parked_count, 0)
        journal.active = True
        self.assertFalse(self._run('2026-01-31').charge_count)
        contract.action_unpark()
        self.assertEqual(self._run('2026-01-31').charge_count, 1)
        self.assertFalse(contract.parked_reason)

    def test_a_negative_invoice_parks_its_contract_with_the_reason(self):
        contract = self._contract(lines=[{'price_unit': -5.0}])
        self.assertEqual(self._run('2026-01-01').parked_count, 1)
        self.assertIn("negative", contract.parked_reason)

    def test_a_locked_period_moves_the_accounting_date_only(self):
        """D6: nothing is lost and nothing is charged twice."""
        contract = self._contract()
        self.company.fiscalyear_lock_date = '2026-01-31'
        self._run('2026-02-28')
        self._run('2026-02-28')
        self.assertEqual(self._invoices(contract).mapped('invoice_date'), [date(2026, 1, 1), date(2026, 2, 1)])
        self.assertGreater(self._invoices(contract)[0].date, date(2026, 1, 31))

    # === WHO, WHEN === #

    def test_a_day_that_has_not_come_is_refused(self):
        """R6: nobody bills a year ahead."""
        with freeze_time('2026-05-01'), self.assertRaisesRegex(UserError, "has not come yet"):
            self._run('2027-05-01')

    @freeze_time('2026-11-01 02:30:00')
    def test_the_scheduler_bills_by_the_local_date_of_the_company(self):
        """D4: at 02:30 UTC it is still October in Bogotá."""
        self.company.partner_id.tz = 'America/Bogota'
        contract = self._contract(date_start='2026-11-01')
        with self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_bill').method_direct_trigger()
        self.assertFalse(contract.entry_ids)
        self.company.partner_id.tz = 'Europe/Madrid'
        with self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_bill').method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._entries(contract).charge_date, date(2026, 11, 1))

    def test_the_preview_shows_the_charges_and_writes_nothing(self):
        contract = self._contract()
        run = self.env['service.billing.run'].create({'date': '2026-02-28'})
        action = run.action_preview()
        lines = self.env['service.billing.preview'].search(action['domain'])
        self.assertEqual(lines.mapped('amount_untaxed'), [30.0, 30.0])
        self.assertFalse(contract.entry_ids)
        self.assertEqual(run.state, 'draft')

    def test_a_run_for_chosen_contracts_leaves_the_others(self):
        first, second = self._contract(), self._contract(self.neighbour)
        self._run('2026-01-01', first)
        self.assertTrue(first.entry_ids)
        self.assertFalse(second.entry_ids)

    def test_a_cancelled_run_bills_nothing(self):
        contract = self._contract()
        run = self.env['service.billing.run'].create({'date': '2026-01-31'})
        run.action_cancel()
        run.action_start()
        self.assertEqual((run.state, len(contract.entry_ids)), ('cancelled', 0))

    def test_a_run_that_billed_cannot_be_deleted(self):
        self._contract()
        run = self._run('2026-01-31')
        with self.assertRaisesRegex(UserError, run.name):
            run.unlink()

    def test_a_worker_leaves_customers_that_another_worker_holds(self):
        """B1: it finds nothing at once instead of asking again and again."""
        contract = self._contract()
        run = self.env['service.billing.run'].create({'date': '2026-01-31'})
        run.sudo()._start()
        worker = self.env['service.billing.worker'].sudo()
        with self.registry.cursor() as other_cr:
            other_cr.execute('SELECT pg_advisory_xact_lock(%s, %s)', (CLAIM_CLASS, self.customer.id))
            self.assertEqual(worker._claim(run, 0), (contract.browse(), 0))
            self.assertEqual(worker._claim(run, self.customer.id - 1), (contract.browse(), 0))
        self.assertEqual(worker._claim(run, 0), (contract, self.customer.id))

    def test_nobody_writes_the_figures_of_a_run_or_the_ledger(self):
        """G5, G7: not even a manager, and not with a forged context."""
        contract = self._contract()
        run = self._run('2026-01-31')
        manager = run.with_context(service_gate=True, skip_readonly_check=True, tracking_disable=True)
        for vals in ({'state': 'draft'}, {'due_count': 7}, {'trigger': 'api'}, {'batch_ids': [Command.clear()]}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                manager.write(vals)
        with self.assertRaises(UserError):
            run.create({'state': 'done'})
        entry = contract.entry_ids
        with self.assertRaises(AccessError):
            entry.write({'state': 'void'})
        with self.assertRaises(AccessError):
            entry.copy()
        with self.assertRaises(AccessError):
            run.batch_ids.unlink()

    def test_a_run_of_one_company_leaves_the_contracts_of_another(self):
        """G16: companies stay apart."""
        contract = self._contract()
        other = self.setup_other_company()['company']
        run = self.env['service.billing.run'].with_company(other).create({'date': '2026-01-31', 'company_id': other.id})
        run.action_start()
        self.assertEqual((run.state, len(contract.entry_ids)), ('done', 0))

    # === INTERFACE === #

    def test_run_billing_answers_with_counts_and_is_safe_to_repeat(self):
        self._contract(external_ref='A-1')
        self._contract(self.neighbour, external_ref='A-2')
        answer = self.env['service.billing.run'].run_billing(as_of='2026-01-31', external_refs=['A-1'])
        self.assertEqual((answer['state'], answer['contracts'], answer['invoices']), ('done', 1, 1))
        again = self.env['service.billing.run'].run_billing(as_of='2026-01-31', external_refs=['A-1'])
        self.assertEqual((again['state'], again['charges']), ('done', 0))

    def test_run_billing_refuses_what_is_no_date_or_reference(self):
        """F1: a sentence, nothing written."""
        runs = self.env['service.billing.run']
        before = runs.search_count([])
        for wrong in ('31/01/2026', 'soon', 20260131, ['2026-01-31'], {}, True):
            with self.subTest(as_of=wrong), self.assertRaisesRegex(UserError, "is no date"):
                runs.run_billing(as_of=wrong)
        with self.assertRaisesRegex((UserError, ValidationError), 'nobody'):
            runs.run_billing(external_refs=['nobody'])
        self.assertEqual(runs.search_count([]), before)

    def test_run_billing_needs_the_role(self):
        clerk = self.env['res.users'].create({'name': "Clerk", 'login': 'clerk', 'group_ids': [
            Command.set(self.env.ref('service_contracts.group_contract_user').ids)]})
        with self.assertRaises(AccessError):
            self.env['service.billing.run'].with_user(clerk).run_billing(as_of='2026-01-31')

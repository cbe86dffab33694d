"""The draft window: charges wait as a draft run, can be corrected, and are billed by themselves."""

from datetime import date

from freezegun import freeze_time
from odoo.tests import tagged

from .test_billing_run import BillingCase


@tagged('post_install', '-at_install')
class TestBillingReview(BillingCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.service_review_days = 3

    def _night(self, day):
        with freeze_time(f'{day} 03:00:00'), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_bill').method_direct_trigger()
        self.env.invalidate_all()
        return self.env['service.billing.run'].search([('company_id', '=', self.company.id), ('trigger', '=', 'cron')])

    def test_what_is_due_waits_as_a_draft_and_is_billed_when_the_window_is_over(self):
        contract = self._contract()
        for day in ('2026-01-01', '2026-01-02', '2026-01-03'):
            run = self._night(day)
            self.assertEqual((len(run), run.state, run.starts_on), (1, 'draft', date(2026, 1, 4)))
            self.assertFalse(contract.entry_ids)
        run = self._night('2026-01-04')
        self.assertEqual((run.state, run.charge_count), ('done', 1))
        self.assertEqual(contract.entry_ids.move_id.invoice_date, date(2026, 1, 1))

    def test_a_correction_within_the_window_is_what_is_billed(self):
        contract = self._contract()
        self._night('2026-01-01')
        contract.line_ids.price_unit = 25.0
        self._night('2026-01-04')
        self.assertEqual(contract.entry_ids.amount_untaxed, 25.0)

    def test_what_falls_due_within_a_window_has_its_own(self):
        first, second = self._contract(), self._contract(self.neighbour, date_start='2026-01-03')
        self._night('2026-01-01')
        self.assertEqual(self._night('2026-01-03').mapped('starts_on'), [date(2026, 1, 6), date(2026, 1, 4)])
        self._night('2026-01-04')
        self.assertEqual([bool(first.entry_ids), bool(second.entry_ids)], [True, False])
        self._night('2026-01-06')
        self.assertEqual(len(second.entry_ids), 1)

    def test_a_cancelled_draft_bills_nothing_and_the_next_day_shows_it_again(self):
        contract = self._contract()
        self._night('2026-01-01').action_cancel()
        self.assertEqual(self._night('2026-01-01').mapped('state'), ['cancelled'])
        self.assertEqual(self._night('2026-01-02')[0].starts_on, date(2026, 1, 5))
        self.assertFalse(contract.entry_ids)

    def test_a_draft_can_be_billed_at_once(self):
        contract = self._contract()
        with freeze_time('2026-01-02'):
            self._night('2026-01-01').action_start()
        self.assertEqual(len(contract.entry_ids), 1)
        self.assertEqual(self._night('2026-01-04').mapped('state'), ['done'])

    def test_without_a_window_drafts_still_begin_on_their_day(self):
        contract = self._contract()
        self._night('2026-01-01')
        self.company.service_review_days = 0
        self._night('2026-01-04')
        self.assertEqual(len(contract.entry_ids), 1)

    def test_a_window_that_is_over_wakes_the_second_worker(self):
        self._contract()
        self._night('2026-01-01')
        second = self.env.ref('service_contracts.ir_cron_bill_second')
        woken = self.env['ir.cron.trigger'].search([('cron_id', '=', second.id)])
        with freeze_time('2026-01-04 03:00:00'):
            self.env['service.billing.run'].sudo()._open_scheduled_run(self.company)
        self.assertTrue(self.env['ir.cron.trigger'].search([('cron_id', '=', second.id)]) - woken)

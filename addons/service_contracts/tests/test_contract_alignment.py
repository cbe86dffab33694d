"""Contracts of one customer on one bill day: a later one takes the day of what runs, and one invoice charges both."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import ContractCase


@tagged('post_install', '-at_install')
class TestContractAlignment(ContractCase):
    """N2, N6."""

    def setUp(self):
        super().setUp()
        self.plan.aligns_bill_day = True
        self.running = self._contract(date_start='2026-01-15', payment_term_id=False)

    def _run(self, day):
        run = self.env['service.billing.run'].create({
            'date': day, 'contract_ids': [Command.set(self.env['service.contract'].search([]).ids)]})
        run.action_start()
        return run.entry_ids

    def _periods(self, contract):
        entries = contract.entry_ids.filtered(lambda entry: entry.kind == 'recurring').sorted('period_start')
        return [(str(entry.period_start), str(entry.period_end)) for entry in entries]

    def test_a_later_contract_takes_the_bill_day_and_shares_the_invoice(self):
        later = self._planned(date_start='2026-02-01', payment_term_id=False)
        self._run('2026-02-15')
        self.assertEqual(self._periods(later), [('2026-02-01', '2026-02-15'), ('2026-02-15', '2026-03-15')])
        shared = later.entry_ids.move_id & self.running.entry_ids.move_id
        self.assertEqual(shared.mapped('invoice_date'), [shared.invoice_date])
        self.assertEqual(str(shared.invoice_date), '2026-02-15')

    def test_the_last_day_of_the_month_stays_the_last(self):
        """D1."""
        self.running.line_ids.contract_id.partner_id = self.env['res.partner'].create({'name': "Other"})
        self._contract(date_start='2026-01-31', payment_term_id=False)
        later = self._planned(date_start='2026-02-10', payment_term_id=False)
        self._run('2026-03-10')
        self.assertEqual(self._periods(later), [('2026-02-10', '2026-02-28'), ('2026-02-28', '2026-03-31')])

    def test_a_first_contract_and_a_plan_of_its_own_keep_their_day(self):
        stranger = self._planned(
            date_start='2026-02-01', partner_id=self.env['res.partner'].create({'name': "New"}).id)
        self.plan.aligns_bill_day = False
        own = self._planned(date_start='2026-02-01')
        self.assertEqual((stranger | own).line_ids.mapped('anchor'), ['start'] * 4)

    def test_what_is_billed_by_week_keeps_its_day(self):
        self.plan.interval_unit = 'week'
        later = self._planned(date_start='2026-02-01')
        self.assertEqual(set(later.line_ids.mapped('anchor')), {'start'})

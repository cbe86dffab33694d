"""A reported transfer: the plan page and the receipts say the same of every installment."""

from odoo.addons.installment_sales.tests.common import InstallmentCase
from odoo.tests import tagged


@tagged('post_install', '-at_install')
class TestInstallmentsInProcess(InstallmentCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= (
            cls.env.ref('customer_portal_ext.group_desk_manager') | cls.env.ref('dunning_sms.group_dunning_manager'))

    def setUp(self):
        super().setUp()
        self.plan = self._sold(self.free)
        self.receivables = self.plan.line_ids.move_line_ids.sorted('date_maturity')

    def _states(self):
        self.env.invalidate_all()
        return self.plan.line_ids.sorted('number').mapped('state'), self.receivables.mapped('receivable_status')

    def _report(self, amount, **vals):
        return self.env['transfer.report'].create({
            'partner_id': self.customer.id, 'amount': amount, 'date_paid': '2026-01-14', 'reference': "R1",
            'company_id': self.company.id, 'currency_id': self.company.currency_id.id, **vals,
        })

    def test_a_reported_transfer_covers_an_installment_on_both_pages(self):
        before, _receipts = self._states()
        report = self._report(self.plan.line_ids[0].amount)
        states, receipts = self._states()
        self.assertEqual(states, ['in_process', *before[1:]])
        self.assertEqual(receipts, states)
        report.action_reject()
        self.assertEqual(self._states()[0], before)

    def test_a_part_leaves_the_installment_open_on_both_pages_and_stops_the_card(self):
        before, _receipts = self._states()
        self._report(10)
        states, receipts = self._states()
        self.assertEqual((states, receipts), (before, before))
        first = self.plan.line_ids.sorted('number')[0]
        self.assertEqual(first._lines_in_process(), first, "no card is charged for what a transfer pays in part")

    def test_the_oldest_is_covered_first_whichever_is_asked(self):
        self._report(self.plan.line_ids[0].amount)
        last = self.plan.line_ids.sorted('number')[-1]
        self.env.invalidate_all()
        self.assertFalse(last._lines_in_process())
        self.assertNotEqual(self.receivables[-1].receivable_status, 'in_process')

    def test_the_default_reminders_suspend_what_they_announce(self):
        """E7: and resume with the payment; a choice of the company stays."""
        step = self.env.ref('dunning_sms.dunning_step_last')
        self.assertRecordValues(step, [{
            'action_id': self.env.ref('service_contracts.action_server_suspend_service').id,
            'lift_action_id': self.env.ref('service_contracts.action_server_resume_service').id,
            'action_moment': 'suspension',
        }])
        chosen = self.env.ref('dunning_sms.action_server_have_staff_decide')
        step.action_id = chosen
        step._set_service_consequence()
        self.assertEqual(step.action_id, chosen)

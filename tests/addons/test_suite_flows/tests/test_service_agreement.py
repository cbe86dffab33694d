"""A service agreement: availability sent every month, a malus, a bonus, and a figure corrected late."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

from .checked_billing import CheckedBilling

FEE = 2400.0
AVAILABILITY = {1: 99.97, 2: 99.31, 3: 98.4, 4: 99.6, 5: 99.99, 6: 99.7}
EARNED = {1: 48.0, 2: -240.0, 3: -600.0, 4: 0.0, 5: 48.0, 6: 0.0}


@tagged('post_install', '-at_install')
class TestServiceAgreement(CheckedBilling, AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('service_contracts.group_contract_manager')
        cls.product = cls.env['product.product'].create({
            'name': "Managed network", 'type': 'service', 'list_price': FEE, 'taxes_id': [Command.clear()],
        })
        cls.plan = cls.env['service.plan'].create({
            'name': "Managed network", 'code': 'NET', 'anchor': 'calendar',
            'line_ids': [Command.create({'product_id': cls.product.id})],
        })
        cls.metric = cls.env['service.performance.metric'].create({
            'name': "Availability", 'code': 'NET-AVAIL', 'measure': "%", 'wait_days': 3, 'watch_days': 100,
            'cap_percent': 25, 'step_ids': [Command.create(step) for step in (
                {'is_lowest': True, 'percent': -40, 'name': "failed"}, {'at_least': 99, 'percent': -10},
                {'at_least': 99.5, 'name': "as agreed"}, {'at_least': 99.95, 'percent': 2},
            )],
        })

    @freeze_time('2026-01-01')
    def _agree(self):
        """Return the agreement of a hospital that pays in advance, by calendar month."""
        contract = self.env['service.contract'].create({
            'partner_id': self.env['res.partner'].create({'name': "Hospital San Rafael"}).id,
            'plan_id': self.plan.id, 'date_start': '2026-01-01', 'external_ref': 'NET-1', 'payment_term_id': False,
        })
        contract.action_load_plan()
        contract.action_activate()
        return self.env['service.performance.agreement'].create({
            'contract_line_id': contract.line_ids.id, 'metric_id': self.metric.id, 'date_start': '2026-01-01',
        })

    def _send(self, month, value, ref=''):
        answer = self.env['service.performance.value'].send_values([{
            'external_ref': f'2026-{month:02d}{ref}', 'metric': 'NET-AVAIL', 'contract': 'NET-1',
            'date': f'2026-{month:02d}-28', 'value': value,
        }])
        self.assertFalse(answer['refused'])

    def _bill(self, day):
        with freeze_time(day):
            self.env['service.billing.run'].create({'date': day}).action_start()

    def test_availability_earns_bonus_and_malus_and_a_late_figure_one_credit(self):
        """A14, D11: six months, then May is measured again: one credit of the difference, and no second one."""
        agreement = self._agree()
        self._bill('2026-01-01')
        for month in AVAILABILITY:
            with freeze_time(f'2026-{month + 1:02d}-05'):
                self._send(month, AVAILABILITY[month])
                agreement._follow()
            self._bill(f'2026-{month + 1:02d}-06')
        self.assertEqual(self._earned(agreement), EARNED)
        self._check_invoices(agreement)
        with freeze_time('2026-07-08'):
            self._send(2, 99.6, ref='-again')  # too late: no longer watched
            self._send(5, 99.4, ref='-again')
            agreement._follow()
            agreement._follow()
        self._bill('2026-07-09')
        self.assertEqual(self._earned(agreement), {**EARNED, 5: -240.0})
        correction = agreement.result_ids.filtered('correction')
        self.assertRecordValues(correction, [{'booked': 48.0, 'amount': -288.0, 'earned': -240.0}])
        self.assertRecordValues(correction.charge_id.move_id, [{'move_type': 'out_refund', 'amount_untaxed': 288.0}])
        self._check_ledger(agreement)

    def _earned(self, agreement):
        """Return what each month came to, corrections included."""
        months = {}
        for result in agreement.result_ids:
            months[result.period_start.month] = months.get(result.period_start.month, 0.0) + result.amount
        return dict(sorted(months.items()))

    def _check_invoices(self, agreement):
        """March was so bad that the cap held: 25 instead of 40 percent."""
        march = agreement.result_ids.filtered(lambda result: result.period_start.month == 3)
        self.assertEqual((march.base, march.amount, march.charge_state), (FEE, -600.0, 'billed'))
        rows = {row['label']: row['text'] for row in march.charge_id.entry_id._explanation_rows()}
        self.assertEqual((rows["Availability"], rows["At most"]), ("98.4 %", "25 % of the fee"))
        self.assertEqual(rows["Step"], "failed (lowest)")
        self.assertIn("Availability: 98.4 %", march.charge_id.move_id.invoice_line_ids.mapped('name')[0])

    def _check_ledger(self, agreement):
        """Fees and results are all that was billed, each once."""
        entries = agreement.contract_id.entry_ids.filtered(lambda entry: entry.state == 'posted')
        results = sum(agreement.result_ids.mapped('amount'))
        self.assertEqual(sum(entries.mapped('amount_untaxed')), 7 * FEE + results)
        for entry in entries:
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)

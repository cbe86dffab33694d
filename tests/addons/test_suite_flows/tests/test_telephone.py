"""A telephone contract: base fee, free minutes that roll over, tiers above them and a call that comes in late."""

from datetime import date

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

from .checked_billing import CheckedBilling


@tagged('post_install', '-at_install')
class TestTelephone(CheckedBilling, AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('service_contracts.group_contract_manager')
        cls.meter = cls.env['service.meter'].create({
            'name': "Minutes", 'code': 'TEL-MIN', 'unit': "min", 'rolls_over': True, 'roll_over_periods': 1,
        })
        fee, minutes, connection = cls.env['product.product'].create([
            {'name': name, 'type': 'service', 'list_price': price, 'taxes_id': [Command.clear()]}
            for name, price in (("Telephone", 9.95), ("Minutes", 0.0), ("Connection", 25.0))
        ])
        cls.plan = cls.env['service.plan'].create({
            'name': "Telephone", 'code': 'TEL', 'anchor': 'calendar', 'line_ids': [
                Command.create({'product_id': connection.id, 'kind': 'one_time'}),
                Command.create({'product_id': fee.id}),
                Command.create({
                    'product_id': minutes.id, 'kind': 'usage', 'meter_id': cls.meter.id, 'free_quantity': 100,
                    'price_model': 'graduated', 'tier_ids': [
                        Command.create({'up_to': 50, 'price_unit': 0.09}),
                        Command.create({'up_to': 0, 'price_unit': 0.06}),
                    ],
                }),
            ],
        })
        cls.customer = cls.env['res.partner'].create({'name': "Carla"})

    @freeze_time('2026-01-01')
    def _contract(self):
        contract = self.env['service.contract'].create({
            'partner_id': self.customer.id, 'plan_id': self.plan.id, 'date_start': '2026-01-01',
            'external_ref': 'TEL-CARLA', 'payment_term_id': False,
        })
        contract.action_load_plan()
        contract.action_activate()
        return contract

    def _call(self, ref, moment, minutes):
        answer = self.env['service.usage.record'].send_usage([{
            'external_ref': ref, 'meter': 'TEL-MIN', 'contract': 'TEL-CARLA', 'moment': moment, 'quantity': minutes,
        }])
        self.assertFalse(answer['refused'])
        return answer

    def _bill(self, day):
        with freeze_time(day):
            self.env['service.billing.run'].create({'date': day}).action_start()

    def _amounts(self, contract, day):
        invoice = contract.entry_ids.move_id.filtered(lambda move: move.invoice_date == date.fromisoformat(day))
        return sorted(invoice.invoice_line_ids.mapped('price_subtotal'))

    def test_a_telephone_contract_bills_calls_by_quota_and_tiers(self):
        contract = self._contract()
        self._bill('2026-01-01')
        self.assertEqual(self._amounts(contract, '2026-01-01'), [9.95, 25.0])

        with freeze_time('2026-01-20'):
            self._call('call-1', '2026-01-10 09:00:00', 60)
            self.assertEqual(self._call('call-1', '2026-01-10 09:00:00', 60)['known'], 1)
            so_far, = contract._usage_so_far()
            self.assertEqual((so_far['quantity'], so_far['amount']), ("60 min", 0.0))
        self._bill('2026-02-01')
        self.assertEqual(self._amounts(contract, '2026-02-01'), [0.0, 9.95])

        with freeze_time('2026-02-20'):
            self._call('call-2', '2026-02-10 09:00:00', 210)
        self._bill('2026-03-01')
        self.assertEqual(self._amounts(contract, '2026-03-01'), [5.7, 9.95], "40 + 100 free, 50 × 0.09 + 20 × 0.06")

        with freeze_time('2026-03-15'):
            self._call('call-3', '2026-02-11 09:00:00', 10)  # a roaming call that the partner network sends late
        self._bill('2026-04-01')
        self.assertEqual(self._amounts(contract, '2026-04-01'), [0.0, 0.6, 9.95])

        for entry in contract.entry_ids:
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)
        billed = contract.entry_ids.filtered(lambda entry: entry.kind == 'usage').sorted('period_start')[1]
        text = billed.move_line_id.name
        for part in ("210 min", "140 min free", "50 min × ", "20 min × "):
            self.assertIn(part, text)
        self.assertFalse(contract.parked_reason)

"""What tests of usage share: a meter, a service that it counts, and records."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import ContractCase

GRADUATED = ((100.0, 0.10, 0.0), (200.0, 0.08, 0.0), (0.0, 0.05, 0.0))


@tagged('post_install', '-at_install')
class UsageCase(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.meter = cls.env['service.meter'].create({'name': "Minutes", 'code': 'MIN', 'unit': "min"})
        cls.calls = cls.env['product.product'].create({
            'name': "Calls", 'default_code': 'CALLS', 'type': 'service', 'list_price': 0.1,
            'taxes_id': [Command.set(cls.tax.ids)],
        })
        cls.Record = cls.env['service.usage.record']

    def _metered(self, tiers=(), meter=None, contract=None, **line):
        """Return the contract line of a service that a meter counts, from 2026-01-01 by calendar month."""
        vals = {
            'product_id': self.calls.id, 'kind': 'usage', 'meter_id': (meter or self.meter).id,
            'price_unit': 0.1, 'tier_ids': self._tiers(tiers),
            **({'price_model': 'graduated'} if tiers else {}), **line,
        }
        return self._contract([vals], **{'payment_term_id': False, **(contract or {})}).line_ids

    def _tiers(self, tiers):
        return [Command.create({'up_to': up_to, 'price_unit': price, 'flat_fee': fee}) for up_to, price, fee in tiers]

    def _use(self, line, *quantities, moment='2026-01-15 12:00:00', ref='R', **item):
        """Send one record for each quantity and return the answer."""
        return self.Record.send_usage([
            {'external_ref': f'{ref}-{line.id}-{moment}-{number}', 'meter': line.meter_id.code, 'line': line.id,
             'moment': moment, 'quantity': quantity, **item}
            for number, quantity in enumerate(quantities)
        ])

    def _run(self, as_of='2026-02-01', contracts=None):
        run = self.env['service.billing.run'].create({
            'date': as_of, 'contract_ids': [Command.set(contracts.ids if contracts else [])],
        })
        run.action_start()
        return run

    def _entries(self, line):
        return line.entry_ids.filtered(lambda entry: entry.state == 'posted').sorted('id')

    def _assert_amounts(self, line, *amounts):
        """Check the live charges of a service, and that what was kept gives each of them again."""
        self.assertFalse(line.contract_id.parked_reason)
        entries = self._entries(line)
        self.assertEqual(entries.mapped('amount_untaxed'), list(amounts))
        for entry in entries:
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)
            self.assertEqual(abs(entry.move_line_id.price_unit), abs(entry.amount_untaxed))
        return entries

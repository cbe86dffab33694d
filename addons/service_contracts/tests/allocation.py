"""What tests of shared costs share: a house with three flats, a common area and a meter for heat."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import ContractCase


@tagged('post_install', '-at_install')
class AllocationCase(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.heat = cls.env['service.meter'].create({'name': "Heat", 'code': 'HEAT', 'unit': "kWh"})
        cls.costs = cls.env['product.product'].create({
            'name': "Running costs", 'type': 'service', 'list_price': 100.0, 'taxes_id': [Command.clear()],
        })
        cls.landlord = cls.env['res.partner'].create({'name': "Landlord"})
        cls.group = cls.env['service.allocation.group'].create({
            'name': "12 Garden Street", 'code': 'GARDEN', 'unit_ids': [
                Command.create({'name': "Flat 1", 'area': 60, 'persons': 2}),
                Command.create({'name': "Flat 2", 'area': 40, 'persons': 1}),
                Command.create({'name': "Flat 3", 'area': 100, 'persons': 3}),
                Command.create({'name': "Stairs", 'kind': 'common'}),
            ],
        })
        cls.flat_1, cls.flat_2, cls.flat_3, cls.stairs = cls.group.unit_ids
        cls.Reading = cls.env['service.allocation.reading']

    def setUp(self):
        super().setUp()
        self.group.payer_line_id = self._payer(self.landlord)
        self.tenants = [self._move_in(flat, f"Tenant {number}") for number, flat in enumerate(
            (self.flat_1, self.flat_2, self.flat_3), 1)]

    def _payer(self, partner, **line):
        """Return the service of a tenant's contract that advances and shares are charged by."""
        return self._contract([{
            'product_id': self.costs.id, 'tax_ids': [Command.clear()], 'price_unit': 100.0, **line,
        }], partner_id=partner.id, date_start='2025-01-01', payment_term_id=False).line_ids

    def _move_in(self, unit, name, start='2025-01-01', **vals):
        line = self._payer(self.env['res.partner'].create({'name': name}))
        return self.env['service.allocation.occupancy'].create({
            'unit_id': unit.id, 'contract_line_id': line.id, 'advance_line_id': line.id, 'date_start': start, **vals,
        })

    def _read(self, unit, day, value, **vals):
        return self.Reading.create({
            'unit_id': unit.id, 'meter_id': self.heat.id, 'date': day, 'value': value, **vals,
        })

    def _read_all(self, *ends):
        """Enter what the meters of the flats show at the ends of 2025."""
        for flat, end in zip((self.flat_1, self.flat_2, self.flat_3), ends, strict=True):
            self._read(flat, '2025-01-01', 100)
            if end is not None:
                self._read(flat, '2025-12-31', 100 + end)

    def _statement(self, *items, compute=True, **vals):
        statement = self.env['service.allocation'].create({
            'name': "Costs 2025", 'group_id': self.group.id, 'date_from': '2025-01-01', 'date_to': '2025-12-31',
            'item_ids': [Command.create(item) for item in items or (self._heating(),)], 'nets_advances': False, **vals,
        })
        if compute:
            statement.action_compute()
        return statement

    def _heating(self, amount=1000.0, **vals):
        return {'name': "Heating", 'amount': amount, 'share_basis': 'area', 'consumption_percent': 70,
                'meter_id': self.heat.id, **vals}

    def _run(self, day='2026-03-10'):
        run = self.env['service.billing.run'].create({'date': day})
        run.action_start()
        parked = self.env['service.contract'].search([('parked_reason', '!=', False)])
        self.assertFalse(parked.mapped('parked_reason'))

    def _assert_adds_up(self, statement):
        """Check that shares and their parts sum to the costs, and that what was kept gives each again."""
        self.assertAlmostEqual(sum(statement.line_ids.mapped('cost')), statement.amount_total, 6)
        for line in statement.line_ids:
            self.assertAlmostEqual(float(line._recomputed_cost()), line.cost, 6)

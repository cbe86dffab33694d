"""A condominium of 40 flats: a year of advances, meters, a move, an empty flat; a statement that adds up; payments."""

from datetime import date
from decimal import Decimal

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

from .checked_billing import CheckedBilling

FLATS = 40
ADVANCE = 180.0
EMPTY, UNREAD, MOVED = 39, 6, 11
"""Numbers of the flat that is vacant all year, the one whose meter nobody read, and the one that was sold."""


@tagged('post_install', '-at_install')
class TestCondominium(CheckedBilling, AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('service_contracts.group_contract_manager')
        cls.company = cls.company_data['company']
        cls.heat, cls.water = cls.env['service.meter'].create([
            {'name': "Heat", 'code': 'CONDO-HEAT', 'unit': "kWh"},
            {'name': "Water", 'code': 'CONDO-WATER', 'unit': "m³"},
        ])
        cls.costs = cls.env['product.product'].create({
            'name': "Running costs", 'type': 'service', 'list_price': ADVANCE, 'taxes_id': [Command.clear()],
        })
        cls.plan = cls.env['service.plan'].create({
            'name': "Running costs", 'code': 'CONDO', 'anchor': 'calendar',
            'line_ids': [Command.create({'product_id': cls.costs.id, 'name': "Advance on running costs"})],
        })

    # === THE HOUSE === #

    @freeze_time('2025-01-01')
    def _house(self):
        group = self.env['service.allocation.group'].create({
            'name': "Residencial Los Robles", 'code': 'ROBLES',
            'season_id': self.env.ref('service_contracts.season_heating').id,
            'unit_ids': [
                *(Command.create({'name': f"Flat {number:02d}", 'area': 50 + number, 'persons': 1 + number % 4})
                  for number in range(1, FLATS + 1)),
                Command.create({'name': "Hall and stairs", 'kind': 'common', 'area': 120}),
            ],
        })
        group.payer_line_id = self._contract("Owners' association").line_ids
        self.flats = group.unit_ids.filtered(lambda unit: unit.kind == 'private')
        for number, flat in enumerate(self.flats, 1):
            if number != EMPTY:
                self._move_in(flat, f"Owner {number:02d}", '2025-01-01')
        return group

    def _contract(self, name, day='2025-01-01', advances=False):
        """Return a running contract; the association pays no advances, it only gets its share."""
        contract = self.env['service.contract'].create({
            'partner_id': self.env['res.partner'].create({'name': name}).id, 'date_start': day,
            'plan_id': self.plan.id, 'payment_term_id': False,
        })
        contract.action_load_plan()
        if not advances:
            contract.line_ids.write({'kind': 'one_time', 'price_unit': 0})
        contract.action_activate()
        return contract

    def _move_in(self, flat, name, day):
        line = self._contract(name, day, advances=True).line_ids
        return self.env['service.allocation.occupancy'].create({
            'unit_id': flat.id, 'contract_line_id': line.id, 'advance_line_id': line.id, 'date_start': day,
        })

    def _sell(self, flat):
        """Let the flat change hands on 15 August, with a reading of heat but none of water."""
        occupancy = flat.occupancy_ids
        occupancy.date_end = '2025-08-14'
        occupancy.contract_line_id.contract_id._end(date(2025, 8, 14), "Sold")
        self._move_in(flat, "New owner", '2025-08-15')
        self._send([self._reading(flat, 'CONDO-HEAT', '2025-08-15', 1000 + 60 * 10)])

    def _send(self, readings):
        answer = self.env['service.allocation.reading'].send_readings(readings)
        self.assertFalse(answer['refused'])
        self.assertEqual(self.env['service.allocation.reading'].send_readings(readings)['known'], len(readings))

    def _reading(self, flat, meter, day, value, ref=''):
        return {'external_ref': f'{flat.name}/{meter}/{day}{ref}', 'group': 'ROBLES', 'unit': flat.name, 'meter': meter,
                'date': day, 'value': value}

    def _year_of_advances(self):
        for month in range(1, 13):
            day = f'2025-{month:02d}-20'
            if month == 8:
                with freeze_time(day):
                    self._sell(self.flats[MOVED - 1])
            self._bill(day)

    def _read_meters(self):
        """Send the levels of both meters at the ends of the year; one heat meter could not be read."""
        for number, flat in enumerate(self.flats, 1):
            used = 0 if number == EMPTY else 60 + number
            for meter, factor in (('CONDO-HEAT', 100), ('CONDO-WATER', 1)):
                self._send([self._reading(flat, meter, '2025-01-01', 1000)])
                if (number, meter) != (UNREAD, 'CONDO-HEAT'):
                    self._send([self._reading(flat, meter, '2025-12-31', 1000 + used * factor)])

    def _bills(self):
        """Return the vendor bills of the year."""
        with freeze_time('2025-12-31'):
            return [self.init_invoice('in_invoice', amounts=amounts, taxes=[], post=True, invoice_date='2025-12-31')
                    for amounts in ([41_237.77, 3_400.01], [9_876.54], [7_200.0])]

    def _statement(self, group):
        fuel, water, cleaning = self._bills()
        metered = {'share_basis': 'area', 'unit_ids': [Command.set(self.flats.ids)]}
        return self.env['service.allocation'].create({
            'name': "Running costs 2025", 'group_id': group.id, 'date_from': '2025-01-01', 'date_to': '2025-12-31',
            'charge_date': '2026-02-01', 'item_ids': [Command.create(vals) for vals in (
                {'name': "Heating", **metered, 'consumption_percent': 70, 'meter_id': self.heat.id,
                 'move_line_ids': [Command.set(fuel.invoice_line_ids.ids)]},
                {'name': "Water", **metered, 'consumption_percent': 100, 'meter_id': self.water.id,
                 'move_line_ids': [Command.set(water.invoice_line_ids.ids)]},
                {'name': "Cleaning", 'share_basis': 'persons', 'move_line_ids': [Command.set(cleaning.line_ids.filtered(
                    lambda line: line.display_type == 'product').ids)]},
                {'name': "Insurance", 'share_basis': 'area', 'amount': 5_000.03},
            )],
        })

    def _bill(self, day):
        with freeze_time(day):
            self.env['service.billing.run'].create({'date': day}).action_start()
        self.assertFalse(self.env['service.contract'].search([('parked_reason', '!=', False)]).mapped('parked_reason'))

    # === THE STORY === #

    def test_a_year_of_a_condominium_is_settled_to_the_cent(self):
        """B3, C4: advances, readings, an estimate, a move, a vacant flat; parts that add up; credits and payments."""
        group = self._house()
        self._year_of_advances()
        with freeze_time('2026-01-20'):
            self._read_meters()
            statement = self._statement(group)
            statement.action_compute()
            self._check_shares(statement)
            statement.action_confirm()
        self._bill('2026-02-01')
        self._check_settlement(statement)
        self._pay(statement)
        self._correct(statement)

    def _check_shares(self, statement):
        lines = statement.line_ids
        self.assertEqual(len(lines), FLATS + 2, "one flat twice, and the hall")
        self.assertEqual(self._sum(lines.mapped('cost')), Decimal('66714.35'))
        self.assertEqual(statement.amount_total, 66714.35)
        for line in lines:
            self.assertEqual(float(line._recomputed_cost()), line.cost)
        self.assertEqual(lines.filtered('is_estimated').mapped('unit_name'), [f"Flat {UNREAD:02d}"])
        empty = lines.filtered(lambda line: line.unit_name == f"Flat {EMPTY:02d}")
        self.assertEqual((empty.partner_id.name, empty.advance), ("Owners' association", 0.0))
        self.assertEqual(empty.explanation['items'][0]['used'], '0.0')
        hall = lines[-1]
        self.assertEqual((hall.unit_name, hall.partner_id), ("Hall and stairs", empty.partner_id))
        self._check_the_move(lines.filtered(lambda line: line.unit_name == f"Flat {MOVED:02d}"))

    def _check_the_move(self, lines):
        seller, buyer = lines
        self.assertEqual(buyer.partner_id.name, "New owner")
        heat = [line.explanation['items'][0]['used'] for line in lines]
        self.assertEqual(heat, ['600.0', '6500.0'], "as read on the day of the sale")
        water = [Decimal(line.explanation['items'][1]['used']) for line in lines]
        self.assertEqual(sum(water), 71)
        self.assertEqual([line.explanation['days'] for line in lines], [226, 139])
        self.assertEqual([seller.advance, buyer.advance], [7 * ADVANCE + 81.29, 4 * ADVANCE + 98.71])

    def _check_settlement(self, statement):
        """Costs less advances is what invoices and credit notes come to."""
        charges = statement.line_ids.charge_id
        self.assertEqual(set(charges.mapped('state')), {'billed'})
        balance = self._sum(statement.line_ids.mapped('cost')) - self._sum(statement.line_ids.mapped('advance'))
        billed = self.env['service.billing.entry'].search([('kind', '=', 'adjustment')])
        self.assertEqual(self._sum(billed.mapped('amount_untaxed')), balance)
        self.assertEqual(set(charges.move_id.mapped('move_type')), {'out_invoice', 'out_refund'})
        for entry in billed:
            self.assertIn("Insurance", [row['label'] for row in entry._explanation_rows()])

    def _pay(self, statement):
        invoices = statement.line_ids.charge_id.move_id.filtered(lambda move: move.move_type == 'out_invoice')
        open_ones = invoices.filtered('amount_residual')
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=open_ones.ids,
        ).create({'payment_date': '2026-02-20', 'group_payment': False}).action_create_payments()
        self.assertFalse(sum(invoices.mapped('amount_residual')))

    def _correct(self, statement):
        """D11: the unread meter is read after all; one adjustment charges the differences alone."""
        with freeze_time('2026-03-05'):
            flat = self.flats[UNREAD - 1]
            self._send([self._reading(flat, 'CONDO-HEAT', '2025-12-31', 1000 + 4000, ref='/late')])
            self.assertTrue(statement.has_late_change)
            adjustment = self.env['service.allocation'].browse(statement.action_adjust()['res_id'])
            self.assertFalse(adjustment.line_ids.filtered('is_estimated'))
            self.assertEqual(self._sum(adjustment.line_ids.mapped('amount')), 0)
            adjustment.action_confirm()
        self._bill('2026-03-05')
        billed = self.env['service.billing.entry'].search([('kind', '=', 'adjustment'), ('state', '=', 'posted')])
        advances = self._sum(statement.line_ids.mapped('advance'))
        self.assertEqual(self._sum(billed.mapped('amount_untaxed')) + advances, Decimal('66714.35'))

    def _sum(self, amounts):
        return sum((Decimal(f'{amount:.2f}') for amount in amounts), Decimal(0))

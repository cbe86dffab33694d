"""Shared costs: worked out, looked at, charged, taken back and adjusted, to the cent and once."""

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .allocation import AllocationCase


@tagged('post_install', '-at_install')
class TestAllocation(AllocationCase):

    # === WORK OUT === #

    def test_a_cost_is_shared_by_area_and_consumption(self):
        """C4: 30 % by area, 70 % by consumption, parts that add up, and told in words and numbers."""
        self._read_all(500, 300, 200)
        statement = self._statement()
        self.assertRecordValues(statement.line_ids, [
            {'unit_name': "Flat 1", 'cost': 440.0, 'amount': 440.0, 'is_estimated': False},
            {'unit_name': "Flat 2", 'cost': 270.0, 'amount': 270.0, 'is_estimated': False},
            {'unit_name': "Flat 3", 'cost': 290.0, 'amount': 290.0, 'is_estimated': False},
            {'unit_name': "Stairs", 'cost': 0.0, 'amount': 0.0, 'is_estimated': False},
        ])
        self._assert_adds_up(statement)
        texts = [row['text'].replace('\xa0', ' ') for row in statement.line_ids[0]._explanation_rows()]
        self.assertIn("30 % of $ 1,000.00 by area: $ 300.00 × 60 of 200 m² = $ 90.00", texts)
        self.assertIn("70 % of $ 1,000.00 by consumption: $ 700.00 × 500 of 1,000 kWh = $ 350.00", texts)
        self.assertEqual(statement.state, 'computed')

    def test_odd_cents_go_to_the_largest_remainder(self):
        """C4: 100.01 over equal parts."""
        statement = self._statement({'name': "Lift", 'amount': 100.01, 'share_basis': 'unit'})
        self.assertEqual(sorted(statement.line_ids.mapped('cost')), [25.0, 25.0, 25.0, 25.01])
        self._assert_adds_up(statement)

    def test_a_missing_reading_is_estimated_by_the_average_and_marked(self):
        self._read_all(500, 300, None)
        self.group.estimated_limit = 60
        statement = self._statement()
        third = statement.line_ids[2]
        self.assertTrue(third.is_estimated)
        self.assertEqual(third.explanation['items'][0]['used'], '800.000000', "8 kWh for each m²")
        self.assertIn("by consumption (estimated)", str(third.explanation_html))
        self.assertEqual(statement.estimate_count, 1)
        self._assert_adds_up(statement)

    def test_too_many_estimates_share_by_area_alone(self):
        """HeizkostenV section 9a paragraph 2."""
        self._read_all(500, 300, None)
        statement = self._statement()
        self.assertEqual(statement.line_ids.mapped('cost'), [300.0, 200.0, 500.0, 0.0])
        self.assertIn("for want of readings", str(statement.line_ids[0].explanation_html))

    def test_an_estimate_goes_by_what_the_unit_used_before(self):
        self._read_all(500, 300, 200)
        self._statement().action_confirm()
        self.group.estimated_limit = 60
        for flat, level in ((self.flat_1, 1100), (self.flat_2, 900)):
            self._read(flat, '2026-03-01', level)
        with freeze_time('2027-01-05'):
            for flat, level in ((self.flat_1, 1100), (self.flat_2, 900)):
                self._read(flat, '2027-01-01', level)
            later = self._statement(name="Costs 2026", date_from='2026-01-01', date_to='2026-12-31')
        self.assertEqual([line.explanation['items'][0]['used'] for line in later.line_ids[:3]],
                         ['500.0', '500.0', '200.000000'])

    def test_an_estimate_is_the_start_of_the_next_period(self):
        """What was estimated is not used again: the next real reading corrects it."""
        self._read_all(500, 300, None)
        self.group.estimated_limit = 60
        statement = self._statement()
        statement.action_confirm()
        estimate = self.Reading.search([('source', '=', 'estimate')])
        self.assertRecordValues(estimate, [{
            'unit_id': self.flat_3.id, 'value': 900.0, 'allocation_id': statement.id,
        }])
        self.assertFalse(statement.has_late_change)
        statement.action_cancel()
        self.assertFalse(estimate.exists())

    def test_a_change_of_owner_splits_by_reading_and_by_days(self):
        self.tenants[0].date_end = '2025-03-14'
        self._move_in(self.flat_1, "Ben", '2025-03-15')
        self._read(self.flat_1, '2025-03-15', 300)
        self._read_all(500, 300, 200)
        statement = self._statement()
        ana, ben = statement.line_ids[:2]
        self.assertEqual((ana.partner_id.name, ben.partner_id.name), ("Tenant 1", "Ben"))
        self.assertEqual([ana.cost, ben.cost], [158.0, 282.0], "300 × 60/200 × 73/365 + 200 of 1000 kWh of 700")
        self.assertIn("60 × 73/365 days of 200 m²", str(ana.explanation_html))
        self._assert_adds_up(statement)

    def test_without_a_reading_the_season_splits_consumption(self):
        self.group.season_id = self.env.ref('service_contracts.season_heating')
        self.tenants[0].date_end = '2025-06-30'
        self._move_in(self.flat_1, "Ben", '2025-07-01')
        self._read_all(1000, 0, 0)
        statement = self._statement(self._heating(consumption_percent=100))
        self.assertEqual(statement.line_ids[:2].mapped('cost'), [583.3, 416.7])

    def test_a_vacant_unit_and_the_stairs_are_paid_by_whom_the_group_names(self):
        self.tenants[1].date_end = '2025-06-30'
        statement = self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'})
        vacant, stairs = statement.line_ids.filtered(lambda line: not line.occupancy_id)
        self.assertEqual((vacant | stairs).partner_id, self.landlord)
        self.assertEqual((str(vacant.date_from), stairs.cost), ('2025-07-01', 100.0))
        self.group.payer_line_id = False
        statement.action_draft()
        with self.assertRaisesRegex(UserError, "Flat 2: Nobody pays from 2025-07-01"):
            statement.action_compute()

    def test_a_cost_may_belong_to_some_units_only(self):
        statement = self._statement({
            'name': "Lift", 'amount': 90, 'share_basis': 'persons',
            'unit_ids': [Command.set((self.flat_2 | self.flat_3).ids)],
        })
        self.assertEqual(statement.line_ids.mapped('cost'), [0.0, 22.5, 67.5, 0.0])

    def test_costs_come_from_vendor_bills_once(self):
        bill = self.init_invoice('in_invoice', amounts=[600.0, 400.0], post=True)
        statement = self._statement(
            {'name': "Gardener", 'share_basis': 'area', 'move_line_ids': [Command.set(bill.invoice_line_ids.ids)]},
        )
        self.assertEqual(statement.amount_total, 1000.0)
        with self.assertRaisesRegex(ValidationError, "is shared already by “Gardener” in Costs 2025"):
            self._statement({'name': "Again", 'move_line_ids': [Command.set(bill.invoice_line_ids[0].ids)]})
        draft = self.init_invoice('in_invoice', amounts=[1.0])
        with self.assertRaisesRegex(ValidationError, "Post the bill first"):
            self._statement({'name': "Draft", 'move_line_ids': [Command.set(draft.invoice_line_ids.ids)]})

    def test_a_statement_that_cannot_be_worked_out_says_why(self):
        with self.assertRaisesRegex(UserError, "Costs 2025, “Doors”: At least one weight must be above zero"):
            self._statement({'name': "Doors", 'amount': 10, 'share_basis': 'thousandths'})
        with self.assertRaisesRegex(ValidationError, "Choose the meter"):
            self._statement({'name': "Heating", 'amount': 10, 'consumption_percent': 50})
        self._read(self.flat_1, '2025-01-01', 900)
        self._read(self.flat_1, '2025-12-31', 800)
        with self.assertRaisesRegex(UserError, "The meter runs backwards: 900"):
            self._statement()

    def test_a_thousand_units_take_a_fixed_number_of_queries(self):
        """H1: occupants, readings, advances and shares of a large house are read at once."""
        few = self._queries(self._statement(
            compute=False, nets_advances=True, date_from='2026-01-01', date_to='2026-02-28'))
        units = self.env['service.allocation.unit'].create([
            {'group_id': self.group.id, 'name': f"Unit {number}", 'area': 10} for number in range(300)
        ])
        line = self.tenants[0].contract_line_id
        self.env['service.allocation.occupancy'].create([
            {'unit_id': unit.id, 'contract_line_id': line.id, 'advance_line_id': line.id, 'date_start': '2025-01-01'}
            for unit in units
        ])
        self.assertLess(self._queries(self._statement(compute=False, nets_advances=True)), few + 12)

    def _queries(self, statement):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        statement.action_compute()
        statement.action_confirm()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    # === CHARGE === #

    def test_the_settlement_charges_or_credits_what_advances_leave(self):
        """C4: shares less the advances billed in the period; too much paid comes back as a credit note."""
        self._read_all(500, 300, 200)
        self._run('2025-12-31')
        statement = self._statement(self._heating(3300.0), nets_advances=True)
        self.assertEqual(statement.line_ids.mapped('advance'), [1200.0, 1200.0, 1200.0, 0.0])
        self.assertEqual(statement.line_ids.mapped('amount'), [252.0, -309.0, -243.0, 0.0])
        self._run('2026-03-09')
        statement.action_confirm()
        charges = statement.line_ids.charge_id
        self.assertEqual(len(charges), 3, "nothing to settle for the stairs")
        preview = self.tenants[0].contract_line_id.contract_id._preview(charges[0].charge_date)
        self.assertEqual([(row['service'], row['amount_untaxed']) for row in preview], [("Costs 2025: Flat 1", 252.0)])
        self._run()
        self.assertEqual(set(charges.mapped('state')), {'billed'})
        self.assertEqual(charges.move_id.sorted('id').mapped('move_type'), ['out_invoice', 'out_refund', 'out_refund'])
        self.assertEqual(charges.move_id.mapped('amount_untaxed'), [252.0, 309.0, 243.0])
        self.assertIn("paid in advance", charges[0].move_id.invoice_line_ids.name)
        entry = charges[0].entry_id
        self.assertIn("Heating", [row['label'] for row in entry._explanation_rows()])

    def test_confirming_twice_charges_once(self):
        statement = self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'})
        statement.action_confirm()
        statement.action_confirm()
        statement._charge_shares()
        charges = self.env['service.pending.charge'].search([('origin', '=', 'allocation')])
        self.assertEqual(len(charges), 4)
        self.assertEqual(set(charges.mapped('key')), {line._charge_key() for line in statement.line_ids})

    def test_the_same_advances_are_settled_once(self):
        self._statement({'name': "Water", 'amount': 40, 'share_basis': 'unit'}, nets_advances=True).action_confirm()
        other = self._statement({'name': "Lift", 'amount': 40, 'share_basis': 'unit'}, nets_advances=True)
        with self.assertRaisesRegex(ValidationError, "settles the advances of these days already"):
            other.action_confirm()

    def test_a_tax_that_is_included_is_added_to_the_share(self):
        tax = self.tax.copy({'name': "included", 'price_include_override': 'tax_included', 'amount': 10})
        self.tenants[0].contract_line_id.tax_ids = tax
        statement = self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'})
        statement.action_confirm()
        self._run('2026-03-10')
        self.assertEqual(statement.line_ids[0].charge_id.entry_id.amount_untaxed, 100.0)

    # === TAKE BACK === #

    def test_a_cancelled_statement_charges_nothing_and_credits_what_was_billed(self):
        statement = self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'})
        statement.action_confirm()
        statement.action_cancel()
        self.assertEqual(set(statement.line_ids.charge_id.mapped('state')), {'cancelled'})
        again = self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'})
        again.action_confirm()
        self._run()
        again.action_cancel()
        again.action_cancel()
        self._run()
        charges = self.env['service.pending.charge'].search([('key', '=like', f'allocation:{again.id}:%')])
        self.assertEqual((len(charges), sum(charges.mapped('amount'))), (8, 0.0))
        self.assertEqual(set(charges.mapped('state')), {'billed'})

    def test_a_confirmed_statement_stays_as_it_is(self):
        statement = self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'})
        statement.action_confirm()
        for attack in (
            lambda: statement.write({'date_to': '2026-01-31'}), lambda: statement.write({'state': 'draft'}),
            lambda: statement.item_ids.write({'amount': 1}), lambda: statement.item_ids.unlink(),
            lambda: statement.line_ids.write({'amount': 1}), lambda: statement.line_ids.unlink(),
            lambda: statement.line_ids[0].copy({'amount': 1}),
            statement.action_draft, statement.unlink, statement.action_compute,
        ):
            with self.assertRaises(UserError):
                attack()

    # === ADJUST === #

    def test_a_reading_corrected_late_makes_one_adjustment(self):
        """D11: only the differences are charged, whatever was charged before; a second look makes none."""
        self._read_all(500, 300, 200)
        statement = self._statement()
        statement.action_confirm()
        self._run()
        self._read(self.flat_1, '2025-12-31', 350)
        self.assertTrue(statement.has_late_change)
        adjustment = self.env['service.allocation'].browse(statement.action_adjust()['res_id'])
        self.assertEqual(statement.action_adjust()['res_id'], adjustment.id, "one at a time")
        self.assertEqual(adjustment.line_ids.mapped('booked'), [440.0, 270.0, 290.0, 0.0])
        self.assertAlmostEqual(sum(adjustment.line_ids.mapped('amount')), 0, 6)
        self.assertLess(adjustment.line_ids[0].amount, 0)
        adjustment.action_confirm()
        self.assertFalse(statement.has_late_change)
        self._run()
        charged = self.env['service.pending.charge'].search([('origin', '=', 'allocation')])
        self.assertAlmostEqual(sum(charged.mapped('amount')), 1000.0, 6)
        self.assertEqual(statement.action_adjust()['tag'], 'display_notification')
        self.assertEqual(len(statement.adjustment_ids), 1)
        with self.assertRaisesRegex(UserError, "Cancel the adjustment first"):
            statement.action_cancel()
        adjustment.action_cancel()
        statement.action_cancel()
        self._run()
        charged = self.env['service.pending.charge'].search([('origin', '=', 'allocation')])
        self.assertAlmostEqual(sum(charged.mapped('amount')), 0, 6)

    def test_an_occupant_who_was_not_there_gets_everything_back(self):
        statement = self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'})
        statement.action_confirm()
        wrong = self.tenants[0].contract_line_id
        self.tenants[0].contract_line_id = self._payer(self.landlord)
        self.assertTrue(statement.has_late_change)
        adjustment = self.env['service.allocation'].browse(statement.action_adjust()['res_id'])
        owing = adjustment.line_ids.filtered('amount')
        self.assertEqual(sorted(owing.mapped('amount')), [-100.0, 100.0])
        self.assertEqual(owing.filtered(lambda line: line.amount < 0).contract_line_id, wrong)

    def test_a_preview_that_is_no_longer_true_is_not_confirmed(self):
        self._read_all(500, 300, 200)
        statement = self._statement()
        self._read(self.flat_1, '2025-12-31', 650)
        with self.assertRaisesRegex(UserError, "Work it out again"):
            statement.action_confirm()
        statement.action_compute()
        statement.action_confirm()

    # === OCCUPANTS, GROUPS === #

    def test_two_cannot_hold_a_unit_on_one_day(self):
        with self.assertRaisesRegex(ValidationError, "before Tenant 1 has left"):
            self._move_in(self.flat_1, "Ben", '2025-06-01')

    def test_a_new_statement_goes_on_after_the_last(self):
        self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'})
        new = self.env['service.allocation'].new({'group_id': self.group.id})
        new._onchange_group_id()
        self.assertEqual((str(new.date_from), str(new.date_to)), ('2026-01-01', '2026-12-31'))
        self.assertEqual([(item.name, item.share_basis, item.amount) for item in new.item_ids],
                         [("Insurance", 'unit', 0.0)])

    def test_only_managers_confirm(self):
        statement = self._statement({'name': "Insurance", 'amount': 400, 'share_basis': 'unit'}, compute=False)
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        statement.with_user(clerk).action_compute()
        for method in ('action_confirm', 'action_cancel'):
            with self.assertRaises(AccessError):
                getattr(statement.with_user(clerk), method)()

"""What was used becomes a charge: measured, rated, explained, and corrected when more comes in."""

from datetime import date, datetime
from decimal import Decimal
from itertools import product
from unittest.mock import patch

from freezegun import freeze_time
from odoo.fields import Command
from odoo.tests import tagged

from ..models.service_usage_measure import Wanted
from ..rules.billing import due_charges
from ..rules.usage import AGGREGATIONS, Moments, UsageRecord, aggregate
from .usage import GRADUATED, UsageCase

SHARED = 'odoo.addons.service_contracts.models.service_usage_measure.SHARED'
"""From how many services on a stretch of time is measured for all at once."""


@tagged('post_install', '-at_install')
class TestUsageBilling(UsageCase):

    # === MEASURE === #

    def test_every_aggregation_in_sql_gives_what_the_rule_gives(self):
        """N3: sum, count, max, latest, unique and time-weighted sum, with and without a level that goes on."""
        moments = Moments(datetime(2026, 1, 1), datetime(2026, 2, 1))
        sent = [
            ('2025-12-30 08:00:00', 7.0, 'a'), ('2026-01-01 00:00:00', 3.5, 'b'), ('2026-01-10 06:30:00', 2.25, 'a'),
            ('2026-01-10 06:30:00', 4.0, 'c'), ('2026-01-31 23:59:59', -1.5, 'b'), ('2026-02-01 00:00:00', 50.0, 'd'),
        ]
        line = self._metered(contract={'date_start': '2025-12-01'})
        for number, (moment, quantity, key) in enumerate(sent):
            self._use(line, quantity, moment=moment, key=key, ref=f'A{number}')
        records = [
            UsageRecord(Decimal(str(quantity)), datetime.fromisoformat(moment), key) for moment, quantity, key in sent
        ]
        for kind, keeps_level, shared in product(AGGREGATIONS, (False, True), (1, 100)):
            opening = Decimal(7) if keeps_level else None
            with self.subTest(kind, keeps_level=keeps_level, shared=shared), patch(SHARED, shared):
                measured, = self.Record._measure([Wanted(line.id, moments, kind, keeps_level)])
                self.assertEqual(measured.quantity, max(aggregate(kind, records, moments, opening), 0))
                self.assertEqual(measured.records, 4)

    def test_the_days_of_usage_begin_where_the_company_is(self):
        self.company.partner_id.tz = 'America/Bogota'
        line = self._metered()
        self._use(line, 10, moment='2026-02-01 04:59:59')
        self._use(line, 5, moment='2026-02-01 05:00:00')
        self._run()
        self._assert_amounts(line, 1.0)

    def test_a_hundred_services_are_measured_by_one_query(self):
        """H3: rating reads usage once for all services of a batch."""
        contracts = self.env['service.contract']
        for number in range(5):
            line = self._metered()
            self._use(line, number)
            contracts |= line.contract_id
        terms = contracts.line_ids._billing_terms_by_line()
        charges = {line: due_charges(terms[line.id], date(2026, 2, 1)) for line in contracts.line_ids}
        rater = self.env['service.usage.rater']
        rater._rate(charges, terms)
        self.env.flush_all()
        with self.assertQueryCount(2):
            rated = rater._rate(charges, terms)
        self.assertEqual([float(rated[line][0].amount(2)) for line in contracts.line_ids], [0, .1, .2, .3, .4])

    # === BILL === #

    def test_usage_is_billed_after_its_period_by_its_tiers(self):
        line = self._metered(GRADUATED, timing='advance')
        self._use(line, 90, 60)
        self._run('2026-01-31')
        self.assertFalse(line.entry_ids, "the period is not over")
        self._run()
        entry = self._assert_amounts(line, 14.0)
        self.assertRecordValues(entry, [{
            'kind': 'usage', 'quantity': 150.0, 'period_start': date(2026, 1, 1), 'charge_date': date(2026, 2, 1),
        }])
        self.assertIn("100 min × $\N{NO-BREAK SPACE}0.10 (above 0, up to 100)", entry.move_line_id.name)

    def test_a_period_without_use_has_a_charge_of_zero(self):
        """C5: quantity 0 gives 0."""
        line = self._metered(GRADUATED)
        self._run()
        self._assert_amounts(line, 0.0)

    def test_a_boundary_belongs_to_the_lower_tier(self):
        """C5: boundaries are exact, and the parts of a quantity add up."""
        line = self._metered(GRADUATED)
        self._use(line, 100, moment='2026-01-15 12:00:00')
        self._use(line, 100.5, moment='2026-02-15 12:00:00')
        self._run('2026-03-01')
        self._assert_amounts(line, 10.0, 10.04)

    def test_quota_minimum_maximum_and_discount(self):
        cases = [
            ({'free_quantity': 100}, 150, 5.0),
            ({'minimum_charge': 20}, 150, 20.0),
            ({'maximum_charge': 8}, 150, 8.0),
            ({'discount': 12.5}, 150, 13.13),
            ({'price_model': 'package', 'block': 100, 'price_unit': 4.0}, 150, 8.0),
            ({'price_model': 'flat', 'price_unit': 9.0}, 150, 9.0),
            ({'price_model': 'flat', 'price_unit': 9.0, 'flat_at_zero': False}, 0, 0.0),
            ({'price_model': 'percentage', 'price_unit': 1.5, 'event_price': 0.2, 'free_events': 0}, 150, 2.45),
        ]
        for vals, quantity, amount in cases:
            with self.subTest(vals):
                line = self._metered(**vals)
                self._use(line, quantity)
                self._run(contracts=line.contract_id)
                self._assert_amounts(line, amount)

    def test_a_short_period_shrinks_quota_only_by_setting(self):
        for shrinks, amount in ((False, 0.0), (True, 5.0)):
            with self.subTest(shrinks=shrinks):
                line = self._metered(free_quantity=100, prorates_limits=shrinks, anchor='calendar',
                                     contract={'date_start': '2026-02-15'})
                self._use(line, 100, moment='2026-02-20 00:00:00')
                self._run('2026-03-01', line.contract_id)
                self._assert_amounts(line, amount)

    def test_unused_quota_rolls_over_and_expires(self):
        meter = self.meter.copy({'code': 'ROLL', 'rolls_over': True, 'roll_over_periods': 1})
        line = self._metered(meter=meter, free_quantity=100, contract={'date_start': '2025-11-01'})
        for moment, quantity in (('2025-11-15', 40), ('2025-12-15', 150), ('2026-01-15', 170), ('2026-02-15', 100)):
            self._use(line, quantity, moment=f'{moment} 12:00:00')
        self._run('2026-03-01')
        entries = self._assert_amounts(line, 0.0, 0.0, 6.0, 0.0)
        self.assertEqual(entries[1].explanation['quota'], [
            ['2025-11-01', '2026-01-01', '60.000000'], ['2025-12-01', '2026-02-01', '100.0'],
        ])

    def test_a_commitment_is_topped_up_at_its_end(self):
        """N4: minimum commitment and true-up."""
        line = self._metered(commitment_amount=50, commitment_count=1, commitment_unit='quarter',
                             contract={'date_start': '2025-12-01'})
        for moment, quantity in (('2025-12-15', 100), ('2026-01-15', 150), ('2026-02-15', 50)):
            self._use(line, quantity, moment=f'{moment} 12:00:00')
        self._run('2026-01-01')
        self._run('2026-03-01')
        entries = self._assert_amounts(line, 10.0, 15.0, 25.0)
        self.assertIn("Missing to the minimum commitment", entries[2].move_line_id.name)

    def test_a_tiered_price_of_a_contracted_quantity(self):
        line = self._contract([{
            'product_id': self.calls.id, 'quantity': 150, 'price_model': 'graduated', 'anchor': 'calendar',
            'tier_ids': self._tiers(GRADUATED),
        }], date_start='2026-02-15', payment_term_id=False).line_ids
        self.assertEqual(line.price_subtotal, 14.0)
        self.assertEqual(line.recurring_monthly, 14.0)
        self._run('2026-03-01')
        self._assert_amounts(line, 7.0, 14.0)

    def test_usage_takes_the_fast_way_and_looks_as_core_makes_it(self):
        lines = self.env['service.contract.line']
        for number in range(4):
            customer = self.env['res.partner'].create({'name': f"Customer {number}"})
            line = self._metered(GRADUATED, contract={'partner_id': customer.id})
            self._use(line, 50 + number)
            lines |= line
        run = self._run('2026-02-28')
        self.assertEqual(run.batch_ids.fast_count, 4)
        self.assertTrue(self.company.service_fast_posting)
        self.assertEqual(lines.entry_ids.mapped('amount_untaxed'), [5.0, 5.1, 5.2, 5.3])

    def test_a_price_that_makes_no_sense_parks_the_contract_with_a_sentence(self):
        line = self._metered(GRADUATED)
        line.tier_ids.filtered(lambda tier: not tier.up_to).up_to = 300.0
        self._run()
        self.assertIn("last tier", line.contract_id.parked_reason)

    # === LATE === #

    def test_late_usage_goes_on_the_next_invoice(self):
        """D11: the period is priced again, the difference is one line of the next invoice."""
        line = self._metered(GRADUATED)
        self._use(line, 90)
        self._run()
        self._use(line, 60, ref='LATE')
        self.assertEqual(line.late_usage_on, date(2026, 3, 10))
        self.assertEqual(line.next_charge_date, date(2026, 3, 1))
        self._use(line, 10, moment='2026-02-15 12:00:00')
        self._run('2026-03-01')
        entries = self._assert_amounts(line, 9.0, 5.0, 1.0)
        self.assertEqual(entries.mapped('kind'), ['usage', 'late_usage', 'usage'])
        self.assertEqual(entries[1].move_id, entries[2].move_id)
        self.assertFalse(line.late_usage_on)
        self.assertEqual(self._run('2026-03-10').charge_count, 0)

    def test_taken_back_usage_is_credited_at_once_by_policy(self):
        meter = self.meter.copy({'code': 'CREDIT', 'late_policy': 'credit'})
        line = self._metered(meter=meter)
        self._use(line, 90)
        self._run('2026-02-01')
        self._use(line, -30, ref='BACK')
        self.assertEqual(line.next_charge_date, date(2026, 3, 1))
        self._run('2026-03-10')
        entries = self._assert_amounts(line, 9.0, 0.0, -3.0)
        credit_note = entries[2].move_id
        self.assertRecordValues(credit_note, [{'move_type': 'out_refund', 'amount_untaxed': 3.0, 'state': 'posted'}])

    def test_a_run_ends_while_usage_keeps_coming_and_the_next_one_corrects(self):
        """Billed once by a run, a contract waits for the next one, or a busy meter would keep the run for ever."""
        line = self._metered(meter=self.meter.copy({'code': 'CREDIT', 'late_policy': 'credit'}))
        self._use(line, 90)
        run = self.env['service.billing.run'].sudo().create({'date': '2026-03-10'})
        run._start()
        worker = self.env['service.billing.worker'].sudo()
        worker._bill_batch(run)
        self._use(line, 10, ref='LATE')
        worker._bill_batch(run)
        self.assertEqual(run.state, 'done')
        self._assert_amounts(line, 9.0, 0.0)
        self._run('2026-03-10')
        self._assert_amounts(line, 9.0, 0.0, 1.0)

    def test_an_ended_service_is_corrected_too(self):
        line = self._metered(contract={'date_end': '2026-01-31'})
        self._use(line, 90)
        self._run()
        self.assertFalse(line.next_charge_date)
        self._use(line, 10, ref='LATE')
        self.assertEqual(line.next_charge_date, date(2026, 3, 10))
        self._run('2026-03-10')
        self._assert_amounts(line, 9.0, 1.0)

    def test_a_correction_uses_the_price_of_its_time(self):
        line = self._metered()
        self._use(line, 90)
        self._run()
        line.price_unit = 5.0
        self._use(line, 10, ref='LATE')
        self._run('2026-03-01')
        self._assert_amounts(line, 9.0, 1.0, 0.0)

    def test_two_corrections_of_one_period_add_up(self):
        line = self._metered(GRADUATED)
        self._use(line, 90)
        self._run('2026-02-01')
        for number in range(2):
            self._use(line, 30, ref=f'LATE{number}')
            with freeze_time(f'2026-0{number + 3}-10'):
                self._run(f'2026-0{number + 3}-01')
        entries = self._entries(line).filtered(lambda entry: entry.period_start == date(2026, 1, 1))
        self.assertEqual(entries.mapped('amount_untaxed'), [9.0, 2.6, 2.4])
        self.assertEqual(entries.mapped('correction'), [0, 1, 2])

    def test_a_credited_correction_is_settled_anew(self):
        """A8: what the credit note gave back is due again, exactly once."""
        line = self._metered(contract={'date_end': '2026-01-31'})
        self._use(line, 90)
        self._run()
        self._use(line, 10, ref='LATE')
        self._run('2026-03-10')
        correction = self._entries(line)[1]
        self._reverse(correction.move_id)
        self.assertEqual(correction.state, 'void')
        self._run('2026-03-10')
        self._assert_amounts(line, 9.0, 1.0)

    def test_a_credited_period_is_billed_anew_without_its_corrections(self):
        line = self._metered(contract={'date_end': '2026-01-31'})
        self._use(line, 90)
        self._run()
        self._use(line, 10, ref='LATE')
        self._run('2026-03-10')
        self._reverse(self._entries(line)[0].move_id)
        self._run('2026-03-10')
        self.assertEqual(sum(self._entries(line).mapped('amount_untaxed')), 10.0)

    def _reverse(self, invoice):
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=invoice.ids,
        ).create({'journal_id': invoice.journal_id.id})
        self.env['account.move'].browse(wizard.reverse_moves()['res_id']).action_post()

    # === EXPLAIN === #

    def test_a_charge_tells_how_it_came_about(self):
        line = self._metered(GRADUATED, free_quantity=20)
        self._use(line, 90, 60)
        self._run()
        entry = self._entries(line)
        texts = [row['text'] for row in entry._explanation_rows()]
        self.assertIn("2 records of Minutes (Sum)", texts)
        self.assertIn("150 min", texts)
        self.assertTrue(any(text.startswith("20 min free") for text in texts))
        self.assertIn("100 min", entry.explanation_html)

    def test_an_ordinary_charge_can_be_calculated_again_too(self):
        line = self._contract([{'quantity': 3, 'discount': 7.5, 'price_unit': 24.95, 'anchor': 'calendar'}],
                              date_start='2026-01-16').line_ids
        self._run('2026-02-01')
        for entry in self._entries(line):
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)
            self.assertTrue(entry._explanation_rows())

    def test_the_invoice_has_an_annex_that_explains_usage(self):
        line = self._metered(GRADUATED)
        self._use(line, 150)
        self._run()
        self.assertIn("how these amounts came about", self._printed(self._entries(line).move_id))
        plain = self._contract(payment_term_id=False)
        self._run('2026-02-01', plain)
        self.assertNotIn("how these amounts came about", self._printed(plain.entry_ids.move_id[:1]))

    def _printed(self, invoice):
        return self.env['ir.actions.report']._render_qweb_html('account.report_invoice', invoice.ids)[0].decode()

    # === SO FAR === #

    def test_usage_so_far_is_shown_with_its_price(self):
        line = self._metered(GRADUATED)
        self._run('2026-03-01')
        self._use(line, 150, moment='2026-03-05 12:00:00')
        row, = line.contract_id._usage_so_far()
        self.assertEqual((row['quantity'], row['amount'], row['period'].start), ("150 min", 14.0, date(2026, 3, 1)))
        self.assertEqual(line.contract_id.usage_count, 1)

    def test_the_preview_has_what_the_run_will_charge(self):
        line = self._metered(GRADUATED)
        self._use(line, 150)
        rows = line.contract_id._preview(date(2026, 3, 1))
        self._run('2026-03-01')
        self.assertEqual([row['amount_untaxed'] for row in rows], self._entries(line).mapped('amount_untaxed'))

    # === OFFERS === #

    def test_a_plan_hands_its_price_model_to_the_contract(self):
        self.plan.line_ids = [Command.create({
            'product_id': self.calls.id, 'kind': 'usage', 'meter_id': self.meter.id, 'price_model': 'graduated',
            'free_quantity': 20, 'tier_ids': self._tiers(GRADUATED),
        })]
        line = self._planned().line_ids.filtered('meter_id')
        self.assertRecordValues(line, [{'kind': 'usage', 'price_model': 'graduated', 'free_quantity': 20.0}])
        self.assertEqual(line._sorted_tiers().mapped('up_to'), [100.0, 200.0, 0.0])
        self.assertEqual(line.copy()._price_model(), line._price_model())

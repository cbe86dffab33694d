"""The nightly double-check derives every billed period again: each day and each cent that differs is told once."""

from random import Random

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .usage import GRADUATED, UsageCase

SHAPES = (
    {}, {'timing': 'arrears'}, {'anchor': 'calendar', 'anchor_day': 15}, {'interval_unit': 'week', 'interval_count': 2},
    {'interval_unit': 'quarter', 'anchor': 'calendar', 'timing': 'arrears'}, {'proration': '30_360', 'quantity': 3},
    {'anchor': 'calendar', 'anchor_day': 31, 'proration': 'none'}, {'interval_count': 28, 'interval_unit': 'day'},
    {'interval_unit': 'year', 'discount': 12.5}, {'kind': 'one_time'}, {'price_model': 'package', 'block': 2.0},
)
MONTHS = 18


@tagged('post_install', '-at_install')
class TestBillingCheckPeriods(UsageCase):

    def setUp(self):
        super().setUp()
        self.contract = self._contract(
            [{'price_unit': 19.99}, {'price_unit': 7.0, 'timing': 'arrears'}], payment_term_id=False,
            date_start='2026-01-16',
        )
        self.advance, self.arrears = self.contract.line_ids
        self._bill_all('2026-03-09')
        self.company.service_checked_on = False

    def _bill_all(self, day):
        """Let a run bill all contracts on a day, after what the calendar brings."""
        with freeze_time(day):
            self.env['service.contract'].search([])._follow_calendar(self.company._service_today())
            self.env['service.billing.run'].create({'date': day}).action_start()

    def _sql(self, query, *values):
        self.env.flush_all()
        self.env.cr.execute(query, values)
        self.env.invalidate_all()

    def _check(self, day='2026-03-10'):
        """Return what a check of the whole ledger finds."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.company.write({'service_checked_on': False, 'service_check_after': 0})
        with freeze_time(day), self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr, su=True)['service.billing.check']._cron_check()
        self.env.invalidate_all()
        return self.env['service.billing.finding'].search([
            ('company_id', '=', self.company.id), ('state', '=', 'open'),
        ])

    def _assert_right(self, day='2026-03-10'):
        self.assertFalse(self._check(day).mapped('summary'))

    def _entry(self, line, start):
        return line.entry_ids.filtered(lambda entry: str(entry.period_start) == start and entry.state != 'void')

    # === WHAT IS WRONG === #

    def test_a_period_that_ends_a_day_early_is_told_once(self):
        self._sql("UPDATE service_billing_entry SET period_end = period_end - 1 WHERE id = %s",
                  self._entry(self.advance, '2026-01-16').id)
        self.assertEqual(self._check().mapped('summary'), [
            f"{self.advance.display_name}: 01/16/2026 to 02/14/2026 were charged as a period; by the contract it is "
            "01/16/2026 to 02/15/2026."])

    def test_a_period_that_begins_a_day_late_is_told_once(self):
        self._sql("UPDATE service_billing_entry SET period_start = period_start + 1 WHERE id = %s",
                  self._entry(self.arrears, '2026-01-16').id)
        found = self._check()
        self.assertRecordValues(found, [{'kind': 'period', 'contract_line_id': self.arrears.id}])
        self.assertEqual([str(found.expected_start), str(found.expected_end)], ['2026-01-16', '2026-02-16'])

    def test_the_last_period_moved_beyond_its_end_is_told(self):
        """The kept calculation was changed with it, so only the contract can tell."""
        entry = self._entry(self.advance, '2026-02-16')
        self._sql("""UPDATE service_billing_entry SET period_end = period_end + 1, explanation = jsonb_set(
            explanation, '{full_period}', '["2026-02-16", "2026-03-17"]') WHERE id = %s""", entry.id)
        self._sql("UPDATE account_move_line SET service_period_last_day = service_period_last_day + 1 WHERE id = %s",
                  entry.move_line_id.id)
        self.assertEqual(self._check().mapped('kind'), ['period'])

    def test_a_charge_that_vanished_is_told_as_what_is_owed(self):
        entry = self._entry(self.advance, '2026-02-16')
        self._sql("UPDATE account_move_line SET service_contract_line_id = NULL WHERE id = %s", entry.move_line_id.id)
        self._sql('DELETE FROM service_billing_entry WHERE id = %s', entry.id)
        summary, = self._check().mapped('summary')
        self.assertEqual(
            summary.replace('\xa0', ' '),
            f"{self.advance.display_name}: nothing was charged for 02/16/2026 to 03/15/2026; $ 19.99 are owed.")

    def test_the_last_period_in_arrears_is_missed_as_soon_as_the_service_has_ended(self):
        with freeze_time('2026-02-25'):
            self.arrears.date_end = '2026-02-20'
        self._bill_all('2026-03-09')
        self._sql("DELETE FROM service_billing_entry WHERE id = %s", self._entry(self.arrears, '2026-02-16').id)
        self.assertIn('gap', self._check().mapped('kind'))

    def test_a_cent_more_everywhere_is_told_by_the_terms(self):
        """Ledger, explanation, invoice and booking agree; only the contract knows the price."""
        entry = self._entry(self.advance, '2026-02-16')
        self._sql("""UPDATE service_billing_entry SET amount_untaxed = 20.00, price_unit = 20.00, explanation =
            explanation::jsonb || '{"price_unit": "20.00", "amount": "20.00"}' WHERE id = %s""", entry.id)
        self._sql("""UPDATE account_move_line SET price_unit = 20.00, price_subtotal = 20.00, balance = -20.00,
            amount_currency = -20.00 WHERE id = %s""", entry.move_line_id.id)
        summary, = self._check().mapped('summary')
        self.assertEqual(
            summary.replace('\xa0', ' '),
            f"{self.advance.display_name}: 02/16/2026 to 03/15/2026 were charged with $ 20.00; what was agreed gives "
            "$ 19.99.")

    def test_two_charges_of_the_same_days_are_told(self):
        self._sql('ALTER TABLE service_billing_entry DROP CONSTRAINT service_billing_entry_no_overlap')
        entry = self._entry(self.advance, '2026-01-16')
        self._sql("UPDATE service_billing_entry SET period_end = period_end + 5 WHERE id = %s", entry.id)
        found = self._check()
        self.assertEqual(found.filtered(lambda one: one.kind == 'period').entry_id, entry)
        self.assertIn('overlap', found.mapped('kind'))

    def test_a_charge_in_a_pause_or_beyond_the_end_is_told(self):
        with freeze_time('2026-03-10'):
            self.contract.action_pause('2026-03-12', '2026-05-20')
            self.contract._end(self.company._service_today().replace(month=6), "Notice")
        february = self._entry(self.advance, '2026-02-16')
        self._sql("""UPDATE service_contract_line SET terms_history = NULL""")
        self._sql("""UPDATE service_billing_entry SET period_start = '2026-03-16', period_end = '2026-04-16',
            charge_date = '2026-03-16' WHERE id = %s""", february.id)
        found = self._check().filtered(lambda one: one.kind == 'period')
        self.assertEqual(found.entry_id, february)
        self.assertIn("by the contract nothing is owed for them", found.summary)
        self._sql("""UPDATE service_billing_entry SET period_start = '2026-06-16', period_end = '2026-07-16',
            charge_date = '2026-06-16' WHERE id = %s""", february.id)
        self.assertEqual(self._check().filtered(lambda one: one.kind == 'period').entry_id, february)

    def test_another_day_on_the_invoice_is_told(self):
        line = self._entry(self.advance, '2026-02-16').move_line_id
        self._sql("UPDATE account_move_line SET service_period_last_day = '2026-03-16' WHERE id = %s", line.id)
        self.assertRecordValues(self._check(), [{'kind': 'invoice_period', 'move_id': line.move_id.id}])

    def test_another_day_of_the_charge_is_told(self):
        self._sql("UPDATE service_billing_entry SET charge_date = charge_date + 1 WHERE id = %s",
                  self._entry(self.arrears, '2026-01-16').id)
        self.assertEqual(self._check().mapped('kind'), ['charge_date'])

    def test_a_tier_that_was_not_agreed_is_told(self):
        metered = self._metered(GRADUATED)
        self._use(metered, 150)
        self._bill_all('2026-03-09')
        self._assert_right()
        self._sql("UPDATE service_price_tier SET price_unit = 0.09 WHERE contract_line_id = %s AND up_to = 200",
                  metered.id)
        found = self._check()
        self.assertRecordValues(found.filtered(lambda one: one.found == 14.0), [{'kind': 'terms', 'expected': 14.5}])

    def test_what_was_mended_is_solved(self):
        entry = self._entry(self.arrears, '2026-01-16')
        self._sql("UPDATE service_billing_entry SET charge_date = charge_date + 1 WHERE id = %s", entry.id)
        finding = self._check()
        self._sql("UPDATE service_billing_entry SET charge_date = charge_date - 1 WHERE id = %s", entry.id)
        self._assert_right()
        self.assertEqual(finding.state, 'solved')

    # === WHAT IS RIGHT === #

    def test_charges_keep_the_terms_they_were_made_under(self):
        """Quantity, price, discount, tiers and share are changed after billing; before and after are right."""
        self.advance.write({'quantity': 3, 'price_unit': 21.5})
        self.arrears.write({'discount': 10, 'proration': 'none'})
        self._assert_right()
        self._bill_all('2026-04-20')
        self.arrears.discount = 20
        self.env['service.reduction'].create({
            'contract_line_id': self.advance.id, 'name': "Sorry", 'kind': 'discount', 'percent': 50.0,
        })
        self._bill_all('2026-06-20')
        self._assert_right('2026-06-21')
        self.advance.reduction_ids.unlink()
        self._assert_right('2026-06-21')
        self.assertEqual(self._entry(self.advance, '2026-05-16').amount_untaxed, 32.25)

    def test_pauses_and_ends_after_billing_are_no_differences(self):
        """Paid in advance into a pause, in arrears around it, resumed early, ended and reinstated."""
        with freeze_time('2026-03-10'):
            self.contract.action_pause('2026-03-10', '2026-04-20')
        self._bill_all('2026-04-05')
        with freeze_time('2026-04-06'):
            self.contract.action_resume()
        self._bill_all('2026-05-16')
        self._assert_right('2026-05-17')
        with freeze_time('2026-05-20'):
            self.contract._end(self.company._service_today(), "Notice")
        self._bill_all('2026-06-20')
        with freeze_time('2026-07-01'):
            self.contract.action_reinstate()
        self._bill_all('2026-08-20')
        self._assert_right('2026-08-21')

    def test_credited_parked_and_late_contracts_are_no_differences(self):
        """A charge is credited and billed again after a pause was agreed; a parked contract catches up."""
        other = self._contract([{'price_unit': 5.0}], payment_term_id=False)
        self._bill_all('2026-03-09')
        other.sudo()._park("Somebody looks at it", self.env['service.billing.run'])
        self._bill_all('2026-07-09')
        self._assert_right('2026-07-10')
        other.action_unpark()
        invoice = self._entry(self.advance, '2026-05-16').move_id
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=invoice.ids,
        ).create({'journal_id': invoice.journal_id.id})
        with freeze_time('2026-07-09'):
            self.env['account.move'].browse(wizard.reverse_moves()['res_id']).action_post()
        self.env['service.contract.pause'].create(
            {'contract_id': self.contract.id, 'date_start': '2026-05-10', 'date_end': '2026-05-20'})
        self._bill_all('2026-07-09')
        self.assertEqual(str(self._entry(self.advance, '2026-05-20').period_end), '2026-06-16')
        self._assert_right('2026-07-10')

    def test_the_history_of_the_terms_is_kept_by_the_system_alone(self):
        self.advance.quantity = 2
        with self.assertRaisesRegex(UserError, "kept by the system"):
            self.advance.terms_history = []
        self.assertEqual(len(self.advance.terms_history), 1)
        self.advance.quantity = 4
        self.assertEqual(len(self.advance.terms_history), 1, "Nothing was charged in between.")
        self.assertFalse(self.advance.copy().terms_history)

    def test_contracts_of_many_shapes_that_change_at_random_have_no_differences(self):
        """D1, D7, D9: a year and a half of billing with pauses, steps, discounts, other quantities, credits, an end."""
        dice = Random(2026)
        contracts = self.env['service.contract'].union(*(
            self._contract([{'price_unit': dice.randrange(100, 9999) / 100, **shape} for shape in SHAPES],
                           date_start=f'2026-01-{dice.randrange(1, 32):02}', payment_term_id=False)
            for _number in range(3)
        ))
        for month in range(2, 2 + MONTHS):
            year, month_of_year = 2026 + (month - 1) // 12, (month - 1) % 12 + 1
            with freeze_time(f'{year}-{month_of_year:02}-{dice.randrange(1, 29):02}') as clock:
                today = self.company._service_today()
                contracts._follow_calendar(today)
                for contract in contracts.filtered(lambda contract: contract.state in ('active', 'suspended')):
                    self._happen(dice, contract, today)
                self.env['service.billing.run'].create({'date': today}).action_start()
                self.assertFalse(contracts.filtered('parked_reason').mapped('parked_reason'))
                clock.tick(86400)
                day = str(self.company._service_today())
        self._assert_right(day)
        self.assertGreater(len(contracts.entry_ids), 300)

    def _happen(self, dice, contract, today):
        """Let something happen to a contract, or nothing."""
        line = dice.choice(contract.line_ids)
        what = dice.choice(('pause', 'price', 'quantity', 'step', 'reduction', 'end', 'void', '', '', ''))
        if what == 'pause' and contract.state == 'active':
            contract.action_pause(str(today), dice.choice((None, str(today.replace(day=28)))))
        elif contract.state == 'suspended':
            contract.action_resume()
        elif what == 'price' and not line.price_step_ids:
            line.price_unit += 1
        elif what == 'quantity':
            line.quantity += 1
        elif what == 'step' and line.kind == 'recurring' and not line._is_rated():
            line._set_price(line.price_unit + 2, max(line._billed_until() or today, today), "More")
        elif what == 'reduction' and line.kind == 'recurring':
            line.reduction_ids = [Command.create({'name': "Less", 'percent': 10.0, 'periods': 2, 'date_start': today})]
        elif what == 'end' and dice.random() < 0.3:
            line.date_end = max(today, line.date_start)
        elif what == 'void':
            line.entry_ids.filtered(lambda entry: entry.state != 'void')[:1].move_id.filtered(
                lambda move: move.state == 'posted' and move.payment_state == 'not_paid')._reverse_moves(cancel=True)

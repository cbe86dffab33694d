"""Revisions of tiered and metered services: every price of the list, dated, told, and taken back."""

from datetime import date

from freezegun import freeze_time
from odoo.fields import Command

from .test_reductions import ReductionCase
from .usage import GRADUATED


class TestPriceListRevision(ReductionCase):

    def _revision(self, **vals):
        return self.env['service.price.revision'].create({
            'name': "Prices 2026", 'percent': 10.0, 'date_effective': '2026-03-15', **vals,
        })

    def _previewed(self, line, **vals):
        revision = self._revision(**vals)
        revision.action_preview()
        return revision.line_ids.filtered(lambda row: row.contract_line_id == line)

    def _used(self, tiers=GRADUATED, **line):
        """Return a metered service that used 150 in January, billed, and 150 in February and in March."""
        line = self._metered(tiers, **line)
        for month in (1, 2, 3):
            self._use(line, 150, moment=f'2026-{month:02}-05 12:00:00')
        self._run('2026-02-01', line.contract_id)
        return line

    def test_a_preview_shows_each_tier_and_an_amount_at_present_usage(self):
        """N18: 100 × 0.10 + 50 × 0.08 = 14.00 becomes 15.40."""
        line = self._used()
        row = self._previewed(line)
        self.assertRecordValues(row, [{
            'state': 'planned', 'date_effective': date(2026, 4, 1), 'example_quantity': 150.0, 'price_old': 14.0,
            'price_new': 15.4, 'monthly_old': 14.0, 'monthly_new': 15.4,
        }])
        self.assertEqual([(part['old'], part['new']) for part in row.prices], [
            ('0.1', '0.1100'), ('0.08', '0.0880'), ('0.05', '0.0550')])
        self.assertIn("above 100, up to 200", row.prices_text)
        self.assertEqual(line.tier_ids.mapped('price_unit'), [0.05, 0.1, 0.08])

    def test_applied_lists_price_the_periods_from_their_day(self):
        line = self._used()
        with freeze_time('2026-04-06'):
            self._use(line, 150, moment='2026-04-05 12:00:00')
        revision = self._previewed(line).revision_id
        revision.action_apply()
        self._run('2026-05-01', line.contract_id)
        self.assertEqual(self._amounts(line), [14.0, 14.0, 14.0, 15.4])

    def test_the_list_in_force_shows_from_its_day_and_earlier_periods_keep_theirs(self):
        """March is billed in April, when the new prices show already."""
        line = self._used()
        self._previewed(line).revision_id.action_apply()
        with freeze_time('2026-04-01'), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_prices').method_direct_trigger()
        self.assertEqual(sorted(line.tier_ids.mapped('price_unit')), [0.055, 0.088, 0.11])
        self._run('2026-04-01', line.contract_id)
        self.assertEqual(self._amounts(line), [14.0, 14.0, 14.0])
        second = self._previewed(line, name="Again", date_effective='2026-06-01')
        self.assertEqual((second.state, second.price_new), ('planned', 16.94))

    def test_a_list_goes_on_with_another_quantity(self):
        line = self._reduced(price_model='volume', quantity=7, tier_ids=self._tiers(((5, 4, 0), (0, 3, 0))))
        line.contract_id.external_ref = 'A'
        self._run('2026-03-01', line.contract_id)
        self._previewed(line).revision_id.action_apply()
        line.contract_id.request_change('A', {'services': [{'line': line.id, 'quantity': 8}]}, 'k')
        new = line.contract_id.line_ids - line
        self._run('2026-04-01', line.contract_id)
        entries = new.entry_ids.filtered(lambda entry: entry.kind == 'recurring')
        self.assertEqual(entries.mapped('amount_untaxed'), [26.4])  # 8 × 3.30

    def test_packages_minimum_and_fees_are_revised_and_rounded(self):
        line = self._used((), price_model='package', block=100, price_unit=7.0, minimum_charge=20.0)
        row = self._previewed(line, percent=3.0, rounding=0.5)
        self.assertEqual({part['part']: part['new'] for part in row.prices}, {'package': '7.0', 'minimum': '20.5'})
        self.assertEqual((row.price_old, row.price_new), (20.0, 20.5))
        stairs = self._reduced(price_model='stairstep', quantity=7, tier_ids=self._tiers(((5, 0, 10), (0, 0, 18.0))))
        row = self._previewed(stairs)
        self.assertEqual((row.price_old, row.price_new), (18.0, 19.8))
        self.assertEqual(row.date_effective, date(2026, 4, 1))

    def test_a_contracted_quantity_with_tiers_is_charged_at_the_new_list(self):
        line = self._reduced(price_model='volume', quantity=7, tier_ids=self._tiers(((5, 4, 0), (0, 3, 0))))
        self._run('2026-03-01', line.contract_id)
        self._previewed(line).revision_id.action_apply()
        self._run('2026-04-01', line.contract_id)
        self.assertEqual(self._amounts(line), [21.0, 21.0, 21.0, 23.1])

    def test_a_list_is_taken_back_before_it_holds(self):
        line = self._used()
        revision = self._previewed(line).revision_id
        revision.action_apply()
        self.assertEqual(len(line.price_step_ids), 2)
        revision.action_withdraw()
        self.assertFalse(line.price_step_ids)
        self.assertFalse(line.has_price_rules)
        self._run('2026-05-01', line.contract_id)
        self.assertEqual(self._amounts(line), [14.0, 14.0, 14.0, 0.0])

    def test_tiers_that_changed_since_the_preview_are_left_out(self):
        line = self._used()
        other = self._reduced()
        row = self._previewed(line)
        line.tier_ids[0].price_unit = 0.2
        row.revision_id.action_apply()
        self.assertEqual((row.state, row.left_out), ('left_out', 'changed'))
        self.assertTrue(other.price_step_ids)

    def test_lists_agreed_with_the_customer_and_rates_in_percent_stay(self):
        plan = self.env['service.plan'].create({'name': "Calls", 'line_ids': [Command.create({
            'product_id': self.calls.id, 'kind': 'usage', 'meter_id': self.meter.id, 'price_source': 'fixed',
            'price_model': 'graduated', 'tier_ids': self._tiers(GRADUATED)})]})
        given, agreed = (self._planned(plan, date_start='2026-01-01').line_ids for _number in range(2))
        agreed.tier_ids[0].price_unit = 0.04
        percent = self._used((), price_model='percentage', price_unit=2.5)
        revision = self._revision()
        revision.action_preview()
        reasons = {row.contract_line_id: row.left_out for row in revision.line_ids}
        self.assertEqual(reasons, {given: False, agreed: 'agreed', percent: 'unchanged'})
        plan.line_ids.tier_ids[0].price_unit = 0.01  # for new customers: the others have what they were given
        self.assertEqual(self._previewed(given).state, 'planned')

    def test_a_customer_reads_each_price_before_and_after(self):
        self.customer.email = 'ana@example.com'
        line = self._used()
        revision = self._previewed(line).revision_id
        revision.action_apply()
        revision.action_tell()
        with self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_tell_prices').method_direct_trigger()
        mail = self.env['mail.mail'].search([('model', '=', 'service.contract'), ('res_id', '=', line.contract_id.id)])
        for text in ("14.00", "15.40", "150", "0.088"):
            self.assertIn(text, mail.body_html)

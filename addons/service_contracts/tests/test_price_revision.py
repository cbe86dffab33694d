"""Price revisions: looked at, applied in bulk, told to customers, and taken back before they hold."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError

from .test_reductions import ReductionCase


class TestPriceRevision(ReductionCase):

    def _revision(self, **vals):
        return self.env['service.price.revision'].create({
            'name': "Prices 2026", 'percent': 10.0, 'date_effective': '2026-04-15', **vals,
        })

    def _rows(self, revision):
        revision.action_preview()
        return {
            row.contract_line_id: (row.left_out or row.price_new, row.date_effective) for row in revision.line_ids
        }

    def test_a_preview_changes_nothing_and_adds_up(self):
        """N18: each service with its old and new price, and the totals."""
        monthly, yearly = self._reduced(), self._reduced(interval_unit='year', price_unit=120.0, given_price_unit=120.0)
        revision = self._revision()
        self.assertEqual(self._rows(revision), {
            monthly: (33.0, date(2026, 5, 1)), yearly: (132.0, date(2027, 1, 1)),
        })
        self.assertRecordValues(revision, [{
            'line_count': 2, 'left_out_count': 0, 'monthly_old': 40.0, 'monthly_new': 44.0, 'monthly_difference': 4.0,
        }])
        self.assertEqual(monthly.price_unit, 30.0)
        self.assertFalse(monthly.price_step_ids)
        revision.action_preview()
        self.assertEqual(revision.line_count, 2)

    def test_applied_prices_hold_from_their_day(self):
        line = self._reduced()
        self._run('2026-04-01', line.contract_id)
        revision = self._revision()
        revision.action_preview()
        revision.action_apply()
        self.assertRecordValues(revision, [{'state': 'applied'}])
        self.assertEqual(line.price_step_ids.mapped('price_unit'), [30.0, 33.0])
        self.assertIn("Prices 2026", line.contract_id.message_ids[0].body)
        self.assertEqual(line.price_step_ids[1].create_uid, self.env.user)
        self._run('2026-05-01', line.contract_id)
        self.assertEqual(self._amounts(line), [30.0, 30.0, 30.0, 30.0, 33.0])
        with freeze_time('2026-05-01'), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_prices').method_direct_trigger()
            self.assertRecordValues(line, [{'price_unit': 33.0, 'given_price_unit': 33.0, 'recurring_monthly': 33.0}])

    def test_a_period_may_be_charged_in_two_parts(self):
        line = self._reduced()
        self._run('2026-03-01', line.contract_id)
        self._apply(self._revision(date_effective='2026-04-16', at_period_start=False))
        self._run('2026-04-01', line.contract_id)
        self.assertEqual(self._amounts(line)[3:], [15.0, 16.5])

    def _apply(self, revision):
        revision.action_preview()
        revision.action_apply()
        return revision

    def test_a_revision_by_index_keeps_weight_threshold_and_rounding(self):
        line = self._reduced(price_unit=100.0, given_price_unit=100.0)
        vals = {'method': 'index', 'index_old': 117.4, 'index_new': 120.2}
        self.assertEqual(self._rows(self._revision(**vals))[line][0], 102.39)
        self.assertEqual(self._rows(self._revision(**vals, index_weight=60.0))[line][0], 101.43)
        self.assertEqual(self._rows(self._revision(**vals, rounding=0.5))[line][0], 102.5)
        self.assertEqual(self._rows(self._revision(**vals, index_threshold=3.0))[line][0], 'unchanged')

    def test_services_are_left_out_with_their_reason(self):
        agreed, flat = self._reduced(price_unit=25.0), self._reduced(price_model='flat')
        ended, stepped = self._reduced(date_end='2026-04-20'), self._reduced()
        stepped._set_price(40.0, date(2026, 5, 1), "Agreed")
        one_time, usage = self._reduced(kind='one_time'), self._metered()
        draft = self._contract(activate=False).line_ids
        rows = self._rows(self._revision())
        self.assertEqual({line: row[0] for line, row in rows.items()}, {
            agreed: 'agreed', flat: 33.0, ended: 'over', stepped: 'step', usage: 0.0,
        })
        self.assertFalse({one_time, draft} & rows.keys())
        self.assertEqual(self._rows(self._revision(leaves_out_agreed=False))[agreed][0], 27.5)

    def test_contracts_are_chosen_by_plan_and_domain(self):
        planned, plain = self._planned(), self._reduced()
        hosting = planned.line_ids[1]
        self.assertEqual(set(self._rows(self._revision(plan_ids=self.plan.ids))), {hosting})
        chosen = self._revision(domain=f"[('id', '=', {plain.contract_id.id})]")
        self.assertEqual(set(self._rows(chosen)), {plain})
        for domain in ("[('no_such_field', '=', 1)]", "[(", "__import__('os')"):
            with self.subTest(domain), self.assertRaises(ValidationError):
                self._revision(domain=domain)

    def test_the_notice_moves_the_day(self):
        """Customers know it three months before: 10 June, so from July on."""
        line = self._reduced()
        self.assertEqual(self._rows(self._revision(notice_count=3))[line][1], date(2026, 7, 1))

    def test_billed_days_keep_their_price(self):
        """A year paid ahead is not charged again; the price holds from the next."""
        line = self._reduced(interval_unit='year')
        self._run('2026-03-01', line.contract_id)
        self.assertEqual(self._rows(self._revision(at_period_start=False))[line][1], date(2027, 1, 1))

    def test_what_changed_since_the_preview_is_left_out(self):
        line, other = self._reduced(), self._reduced()
        revision = self._revision()
        revision.action_preview()
        line.price_unit = 28.0
        revision.action_apply()
        self.assertFalse(line.price_step_ids)
        self.assertTrue(other.price_step_ids)
        self.assertEqual(revision.line_ids.filtered(lambda row: row.contract_line_id == line).left_out, 'changed')

    def test_an_applied_revision_is_applied_once_and_stays(self):
        line = self._reduced()
        revision = self._apply(self._revision())
        revision.action_apply()
        self.assertEqual(len(line.price_step_ids), 2)
        for attack in (lambda: revision.write({'percent': 99.0}), lambda: revision.write({'state': 'draft'}),
                       revision.unlink, revision.action_preview):
            with self.assertRaises(UserError):
                attack()

    def test_a_revision_without_effect_is_not_applied(self):
        self._reduced(price_unit=25.0)
        with self.assertRaisesRegex(UserError, "changes no price"):
            self._apply(self._revision())

    def test_a_revision_is_taken_back_before_it_holds(self):
        """A change undone costs nothing."""
        line = self._reduced()
        revision = self._apply(self._revision())
        revision.action_withdraw()
        revision.action_withdraw()
        self.assertEqual(revision.state, 'withdrawn')
        self.assertFalse(line.price_step_ids)
        self.assertRecordValues(line, [{'has_price_rules': False, 'price_changes_on': False}])
        self._run('2026-05-01', line.contract_id)
        self.assertEqual(self._amounts(line), [30.0] * 5)
        self.assertIn("withdrawn", line.contract_id.message_ids.filtered(lambda m: "Prices 2026" in m.body)[0].body)

    def test_a_revision_that_holds_is_not_taken_back(self):
        line = self._reduced()
        revision = self._apply(self._revision())
        with freeze_time('2026-05-01'), self.assertRaisesRegex(UserError, "holds or is billed already"):
            revision.action_withdraw()
        self.assertTrue(line.price_step_ids)

    def test_a_second_revision_begins_where_the_first_ends(self):
        line = self._reduced()
        self._apply(self._revision())
        second = self._revision(name="Prices 2027", date_effective='2027-01-01')
        self.assertEqual(self._rows(second)[line], (36.3, date(2027, 1, 1)))
        second.action_apply()
        second.action_withdraw()
        self.assertEqual(line.price_step_ids.mapped('price_unit'), [30.0, 33.0])

    def test_customers_are_told_once(self):
        self.customer.write({'email': 'ana@example.com'})
        line = self._reduced()
        revision = self._revision(reason="Wages have risen.")
        revision.action_preview()
        with self.assertRaisesRegex(UserError, "Apply Prices 2026 first"):
            revision.action_tell()
        revision.action_apply()
        manager = self._user('manager', 'service_contracts.group_contract_manager')
        revision.with_user(manager).action_tell()
        for _time in range(2):
            with self.enter_registry_test_mode():
                self.env.ref('service_contracts.ir_cron_tell_prices').method_direct_trigger()
        mail = self.env['mail.mail'].search([('model', '=', 'service.contract'), ('res_id', '=', line.contract_id.id)])
        self.assertEqual(len(mail), 1)
        for text in ("30.00", "33.00", "Wages have risen.", "05/01/2026", "Hosting"):
            self.assertIn(text, mail.body_html)
        self.assertEqual(revision.telling, 'done')
        self.assertEqual(mail.recipient_ids, self.customer)

    def test_only_managers_revise_prices(self):
        self._reduced()
        revision = self._revision()
        clerk = revision.with_user(self._user('clerk', 'service_contracts.group_contract_user'))
        for action in (clerk.action_preview, clerk.action_apply, clerk.action_withdraw, clerk.action_tell):
            with self.assertRaises(AccessError):
                action()

    def test_numbers_that_are_none_are_refused(self):
        """F2: an index of 0, a fall of more than everything, NaN."""
        for vals in ({'method': 'index'}, {'percent': -101.0}, {'percent': float('nan')}, {'index_weight': 101.0}):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self._revision(**vals)

    def test_many_services_take_few_statements(self):
        """N18: set-based; ten times the contracts do not take ten times the statements."""
        for _number in range(3):
            self._reduced()
        few = self._statements()
        for _number in range(30):
            self._reduced()
        self.assertLess(self._statements(), few + 30)

    def _statements(self):
        revision = self._revision()
        self.env.flush_all()
        before = self.cr.sql_log_count
        revision.action_preview()
        revision.action_apply()
        count = self.cr.sql_log_count - before
        revision.action_withdraw()
        return count

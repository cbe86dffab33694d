"""Changes of contracts: credit and charge of the running period, later ones in the same period, and at its end."""

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .changes import ChangeCase

KEY = 'shop-42'


@tagged('post_install', '-at_install')
class TestContractChange(ChangeCase):

    # === WITHIN A PERIOD === #

    def test_a_second_change_in_a_period_starts_from_the_price_now(self):
        """N1, B13: 6.77 then 5.16, not 22.31 (examples.json, changes)."""
        contract = self._hosted('2024-10-26')
        self._bill(contract, '2024-10-26')
        first = self._change(contract, '2024-11-05', plan='M')
        self.assertEqual((first['credit'], first['charge'], first['net']), (20.32, 27.09, 6.77))
        self._bill(contract, '2024-11-06')
        second = self._change(contract, '2024-11-10', plan='L')
        self.assertEqual(second['net'], 5.16)
        self._bill(contract, '2024-11-26')
        self.assertEqual([self._invoiced(contract, day) for day in ('2024-10-26', '2024-11-05', '2024-11-10')],
                         [30.0, 6.77, 5.16])
        self.assertEqual(self._invoiced(contract, '2024-11-26'), 50.0)
        self.assertEqual(contract.plan_id, self.large)
        self.assertEqual(contract.recurring_monthly, 50.0)

    def test_the_effect_is_known_before_and_leaves_no_trace(self):
        contract = self._hosted()
        self._bill(contract, '2026-02-26')
        before = contract.line_ids.read() + contract.read(['write_date', 'plan_id'])
        preview = contract.preview_change('A', {'plan': 'M'})
        self.env.invalidate_all()
        self.assertEqual(contract.line_ids.read() + contract.read(['write_date', 'plan_id']), before)
        self.assertEqual(preview, {
            'summary': "Small → Medium", 'when': 'now', 'interval': False, 'date_effective': '2026-03-10',
            'credit': 17.14, 'charge': 22.85, 'net': 5.71, 'currency': contract.currency_id.name,
            'first_charge_date': '2026-03-26', 'first_charge_amount': 40.0,
            'monthly_before': 30.0, 'monthly_after': 40.0,
            'billed_now': 5.71, 'credit_returned': 0.0, 'credit_used': 0.0,
        })
        made = self._change(contract, '2026-03-10', plan='M')
        self._assert_made_as_shown(made, preview)

    def test_periods_keep_their_bill_day_after_a_change(self):
        """D1: the 31st stays the 31st."""
        contract = self._hosted('2026-01-31')
        self._bill(contract, '2026-02-28')
        self._change(contract, '2026-03-10', plan='M')
        self._bill(contract, '2026-05-31')
        new = contract.line_ids.filtered(lambda line: not line.date_end)
        entries = new.entry_ids.filtered(lambda entry: entry.kind == 'recurring').sorted('period_start')
        self.assertEqual([str(entry.period_start) for entry in entries], ['2026-03-31', '2026-04-30', '2026-05-31'])

    def test_a_change_undone_on_the_same_day_costs_nothing(self):
        contract = self._hosted()
        self._bill(contract, '2026-02-26')
        self._change(contract, '2026-03-10', plan='L')
        back = self._change(contract, '2026-03-10', plan='S')
        self.assertEqual(self._pending(contract), [])
        self.assertEqual(back['net'], -contract.change_ids.sorted('id')[0].net)
        self._bill(contract, '2026-03-26')
        self.assertEqual(self._invoiced(contract, '2026-03-26'), 30.0)

    def test_a_change_undone_after_it_was_billed_comes_back_whole(self):
        contract = self._hosted()
        self._bill(contract, '2026-02-26')
        self._change(contract, '2026-03-10', plan='L')
        self._bill(contract, '2026-03-10')
        self.assertEqual(self._invoiced(contract, '2026-03-10'), 11.43)
        self._change(contract, '2026-03-10', plan='M')
        self._change(contract, '2026-03-10', plan='S')
        self._bill(contract, '2026-03-10')
        self.assertEqual(self._invoiced(contract, '2026-03-10'), 0.0)
        self._bill(contract, '2026-03-26')
        self.assertEqual(self._invoiced(contract, '2026-03-26'), 30.0)

    def test_nothing_billed_yet_is_billed_at_the_price_of_its_days(self):
        contract = self._hosted('2026-03-10')
        self.assertEqual(self._change(contract, '2026-03-10', plan='M')['net'], 0.0)
        self._bill(contract, '2026-03-10')
        self.assertEqual(self._invoiced(contract, '2026-03-10'), 40.0)
        self.assertEqual(contract.line_ids.entry_ids.contract_line_id.name, "Hosting Medium")

    def test_in_arrears_each_price_is_charged_for_its_days(self):
        for plan in (self.small, self.medium):
            plan.write({'timing': 'arrears', 'anchor': 'calendar'})
        contract = self._hosted('2026-03-01')
        self.assertEqual(self._change(contract, '2026-03-10', plan='M')['net'], 0.0)
        self._bill(contract, '2026-04-01')
        entries = contract.entry_ids.sorted('period_start')
        self.assertEqual(entries.mapped('amount_untaxed'), [8.71, 28.39])  # 9/31 × 30 + 22/31 × 40

    def test_short_periods_at_full_price_are_charged_by_the_rules_of_the_change(self):
        """N1: in arrears a change does not charge both prices in full."""
        plans = self.small | self.medium | self.large
        plans.write({'timing': 'arrears', 'proration': 'none'})
        contract = self._hosted('2026-03-01')
        self._change(contract, '2026-03-10', plan='M')
        self._change(contract, '2026-03-20', plan='L')
        self._bill(contract, '2026-05-01')
        entries = contract.entry_ids.sorted('period_start')
        self.assertEqual(entries.mapped('amount_untaxed'), [8.71, 12.9, 19.35, 50.0])  # 9, 10 and 12 of 31 days
        plans.write({'change_credit_rule': 'full', 'change_charge_rule': 'full'})
        other = self._planned(self.small, date_start='2026-03-01', external_ref='B', payment_term_id=False)
        self._change(other, '2026-03-10', 'full', plan='M')
        self._bill(other, '2026-04-01')
        self.assertEqual(other.entry_ids.mapped('amount_untaxed'), [40.0])
        check = self.env['service.billing.check']
        self.assertFalse(check._differing_periods(contract.entry_ids | other.entry_ids))

    def test_nothing_billed_at_full_price_is_charged_by_the_rules_too(self):
        (self.small | self.medium).proration = 'none'
        contract = self._hosted('2026-03-01')
        self._change(contract, '2026-03-10', plan='M')
        self._bill(contract, '2026-03-10')
        self.assertEqual(contract.entry_ids.sorted('period_start').mapped('amount_untaxed'), [8.71, 28.39])

    def test_the_plan_decides_what_is_credited_and_charged(self):
        """N1: rules for credit and charge apart."""
        contract = self._hosted('2026-03-01')
        self._bill(contract, '2026-03-01')
        for credit, charge, net in (('none', 'full', 40.0), ('full', 'full', 10.0), ('none', 'none', 0.0),
                                    ('30_360', '30_360', 7.0)):
            self.small.write({'change_credit_rule': credit, 'change_charge_rule': charge})
            self.assertEqual(contract.preview_change('A', {'plan': 'M'})['net'], net)

    def test_another_interval_begins_its_own_periods(self):
        yearly = self._plan("Yearly", 'Y', 400, interval_unit='year')
        self.small.allowed_target_ids |= yearly
        contract = self._hosted('2026-03-01')
        self._bill(contract, '2026-03-01')
        made = self._change(contract, '2026-03-10', plan='Y')
        self.assertEqual((made['credit'], made['charge'], made['first_charge_date']), (21.29, 0.0, '2026-03-10'))
        self._bill(contract, '2026-03-10')
        self.assertEqual(self._invoiced(contract, '2026-03-10'), 378.71)
        self.assertEqual(str(contract.next_charge_date), '2027-03-10')

    def test_a_contract_with_discount_is_credited_what_it_paid(self):
        contract = self._hosted('2026-03-01')
        contract.line_ids.discount = 50
        self._bill(contract, '2026-03-01')
        self.assertEqual(contract.preview_change('A', {'plan': 'M'})['credit'], 10.65)

    # === QUANTITIES === #

    def test_a_quantity_is_changed_and_a_service_ended_or_begun(self):
        """B14, line by line."""
        self.small.line_ids = [Command.create({'product_id': self.setup.id, 'name': "Backup", 'price_source': 'fixed',
                                               'price_unit': 10})]
        contract = self._hosted('2026-03-01')
        contract.line_ids.filtered(lambda line: line.product_id == self.setup).unlink()
        self._bill(contract, '2026-03-01')
        more = self._change(contract, '2026-03-11', services=[{'product': 'HOST', 'quantity': 3}])
        self.assertEqual((more['net'], more['summary']), (40.65, "Hosting: 1 → 3"))  # 21/31 × 60
        on = self._change(contract, '2026-03-21', services=[{'product': 'SETUP', 'quantity': 2}])
        self.assertEqual((on['net'], on['monthly_after']), (7.1, 110.0))  # 11/31 × 20
        off = self._change(contract, '2026-03-26', services=[{'product': 'HOST', 'quantity': 0}])
        self.assertEqual((off['net'], off['monthly_after']), (-17.42, 20.0))  # 6/31 × 90
        self._bill(contract, '2026-04-01')
        self.assertEqual(self._invoiced(contract, '2026-04-01'), 20.0)
        self.assertEqual(self._invoiced(contract, '2026-03-26'), -17.42)

    def test_a_discount_of_the_first_months_goes_on_with_another_quantity(self):
        """B10: three periods at half the price are three, whatever the quantity."""
        self.small.reduction_ids = [Command.create({'name': "Start", 'kind': 'discount', 'percent': 50, 'periods': 3})]
        contract = self._hosted('2026-02-01')
        self._bill(contract, '2026-03-01')
        made = self._change(contract, '2026-03-11', services=[{'product': 'HOST', 'quantity': 2}])
        self.assertEqual((made['credit'], made['charge']), (10.16, 20.32))  # 21/31 of 15 and of 30
        self._bill(contract, '2026-05-01')
        self.assertEqual([self._invoiced(contract, f'2026-0{month}-01') for month in (2, 3, 4, 5)],
                         [15.0, 15.0, 30.0, 60.0])

    def test_prices_over_time_go_on_with_another_quantity(self):
        self.small.line_ids.phase_ids = [
            Command.create({'length_count': 2, 'length_unit': 'month', 'price_unit': 20}),
        ]
        contract = self._hosted('2026-02-01')
        self._bill(contract, '2026-03-01')
        made = self._change(contract, '2026-03-11', services=[{'product': 'HOST', 'quantity': 2}])
        self.assertEqual(made['net'], 13.55)
        self._bill(contract, '2026-05-01')
        self.assertEqual([self._invoiced(contract, f'2026-0{month}-01') for month in (2, 3, 4, 5)],
                         [20.0, 20.0, 60.0, 60.0])

    # === AT THE END OF THE PERIOD === #

    def test_a_change_at_the_end_of_the_period_waits_and_credits_nothing(self):
        contract = self._hosted('2026-03-01', self.large)
        self._bill(contract, '2026-03-01')
        made = self._change(contract, '2026-03-10', plan='S', when='period_end')
        self.assertEqual((made['state'], made['date_effective'], made['net']), ('scheduled', '2026-04-01', 0.0))
        self.assertEqual((contract.plan_id, contract.recurring_monthly), (self.large, 50.0))
        with freeze_time('2026-04-01'):
            contract._follow_dates()
        self.assertEqual((contract.plan_id, contract.change_ids.state, contract.recurring_monthly),
                         (self.small, 'done', 30.0))
        self._bill(contract, '2026-04-01')
        self.assertEqual(self._invoiced(contract, '2026-04-01'), 30.0)

    def test_billing_before_the_calendar_charges_the_new_price_too(self):
        contract = self._hosted('2026-03-01', self.large)
        self._bill(contract, '2026-03-01')
        self._change(contract, '2026-03-10', plan='S', when='period_end')
        self._bill(contract, '2026-04-01')
        self.assertEqual(self._invoiced(contract, '2026-04-01'), 30.0)
        self.assertEqual((contract.change_ids.state, contract.plan_id), ('done', self.small))

    def test_a_scheduled_change_is_withdrawn_before_its_day(self):
        contract = self._hosted('2026-03-01', self.large)
        self._bill(contract, '2026-03-01')
        self._change(contract, '2026-03-10', KEY, plan='S', when='period_end')
        with self.assertRaisesRegex(UserError, "Withdraw it first"):
            self._change(contract, '2026-03-11', plan='M')
        for _time in range(2):
            self.assertEqual(contract.withdraw_change(KEY)['state'], 'withdrawn')
        self.assertFalse(contract.line_ids.date_end)
        self._bill(contract, '2026-04-01')
        self.assertEqual(self._invoiced(contract, '2026-04-01'), 50.0)

    def test_a_change_that_holds_is_not_withdrawn(self):
        contract = self._hosted()
        self._change(contract, '2026-03-10', KEY, plan='M')
        with self.assertRaisesRegex(UserError, "holds since"):
            contract.withdraw_change(KEY)

    def test_smaller_waits_where_the_plan_says_so(self):
        self.large.lower_at_period_end = True
        contract = self._hosted('2026-03-01', self.large)
        self._bill(contract, '2026-03-01')
        self.assertEqual(contract.preview_change('A', {'plan': 'S'})['when'], 'period_end')
        with self.assertRaisesRegex(UserError, "when the period is over"):
            contract.preview_change('A', {'plan': 'S', 'when': 'now'})

    # === WHO, WHAT, TWICE === #

    def test_the_same_request_changes_once(self):
        contract = self._hosted()
        self._bill(contract, '2026-02-26')
        first = contract.request_change('A', {'plan': 'M'}, KEY)
        again = contract.request_change('A', {'plan': 'M'}, KEY)
        self.assertEqual((first['created'], again['created'], again['id']), (True, False, first['id']))
        self.assertEqual(len(contract.line_ids), 2)
        other = self._planned(self.small, external_ref='B', date_start='2026-03-01')
        with self.assertRaisesRegex(UserError, "belongs to a change of"):
            other.request_change('B', {'plan': 'M'}, KEY)

    def test_only_targets_of_the_plan_are_allowed(self):
        self.small.allowed_target_ids = self.medium
        contract = self._hosted()
        with self.assertRaisesRegex(UserError, "may not change to “L”, but to: Medium"):
            contract.preview_change('A', {'plan': 'L'})

    def test_wishes_without_sense_are_refused_in_a_sentence(self):
        """F1, F2."""
        contract = self._hosted()
        for change in (None, {}, {'plan': True}, {'plan': 'M', 'services': [{}]}, {'services': 'x'}, {'x': 1},
                       {'services': [{}]}, {'services': [{'product': 'NO', 'quantity': 1}]}, {'plan': ['M']},
                       {'services': [{'product': 'HOST', 'quantity': -1}]},
                       {'services': [{'product': 'HOST', 'quantity': float('nan')}]},
                       {'services': [{'product': 'HOST', 'quantity': 1}]}, {'plan': 'M', 'when': 'tomorrow'}):
            with self.subTest(change), self.assertRaises(UserError) as refused:
                contract.preview_change('A', change)
            self.assertNotRegex(str(refused.exception), r'Traceback|<class')
        contract.action_suspend()
        with self.assertRaisesRegex(UserError, "only an active contract"):
            contract.preview_change('A', {'plan': 'M'})

    def test_every_change_is_in_the_history(self):
        """B19."""
        contract = self._hosted('2026-03-01', self.large)
        self._change(contract, '2026-03-10', plan='S', when='period_end', reason="Costs")
        with freeze_time('2026-04-01'):
            contract._follow_dates()
        kinds = contract.event_ids.sorted('id').mapped('kind')
        self.assertEqual(kinds[-2:], ['change_requested', 'changed'])
        self.assertEqual(contract.event_ids[0].user_id, self.env.user)

    def test_the_customer_sees_what_runs_and_what_comes(self):
        contract = self._hosted('2026-03-01')
        self._bill(contract, '2026-03-01')
        self._change(contract, '2026-03-10', plan='M')
        self.assertEqual(contract._portal_lines().mapped('name'), ["Hosting Medium"])
        self._change(contract, '2026-03-10', plan='L', when='period_end')
        self.assertEqual(contract._portal_lines().mapped('name'), ["Hosting Medium", "Hosting Large"])
        self.assertIn("Medium → Large, from 04/01/2026", contract.scheduled_change_id.display_name)

    def test_nobody_writes_a_change_by_hand(self):
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        contract = self._hosted().with_user(clerk)
        contract.request_change('A', {'plan': 'M'}, KEY)
        change = contract.change_ids
        self.assertEqual((change.state, change.user_id), ('done', clerk))
        for right in ('write', 'create', 'unlink'):
            self.assertFalse(change.has_access(right))
        with self.assertRaises(UserError):
            change.sudo().write({'net': 0})
        employee = self._user('employee', 'base.group_user')
        with self.assertRaises(AccessError):
            contract.with_user(employee).preview_change('A', {'plan': 'M'})

    def test_a_change_names_the_quantities_before_and_after(self):
        contract = self._hosted()
        self._change(contract, '2026-03-11', services=[{'product': 'HOST', 'quantity': 3}])
        self.assertRecordValues(contract.change_ids.line_ids, [{'old_quantity': 1.0, 'new_quantity': 3.0}])

    def test_staff_sees_the_effect_in_the_form_before_confirming(self):
        contract = self._hosted()
        self._bill(contract, '2026-02-26')
        form = Form(self.env['service.contract.change.wizard'].with_context(default_contract_id=contract.id))
        form.plan_id = self.medium
        self.assertIn("5.71", form.effect_html)
        form.kind = 'quantity'
        with form.line_ids.edit(0) as line:
            line.quantity = 2
        self.assertIn("17.14", form.effect_html)
        change = self.env['service.contract.change'].browse(form.save().action_confirm()['res_id'])
        self.assertEqual((change.summary, change.net), ("Hosting: 1 → 2", 17.14))
        self.assertEqual(contract.scheduled_change_id, self.env['service.contract.change'])

    def test_an_invoice_line_says_how_the_credit_came_about(self):
        contract = self._hosted()
        self._bill(contract, '2026-02-26')
        self._change(contract, '2026-03-10', plan='M')
        self._bill(contract, '2026-03-10')
        names = contract.entry_ids.move_id.sorted('id')[-1].invoice_line_ids.mapped('name')
        self.assertIn("Credit for what is left: Hosting Small\n03/10/2026 to 03/25/2026", names)
        entry = contract.entry_ids.filtered(lambda entry: entry.amount_untaxed == -17.14)
        self.assertIn({'label': "Days left", 'text': '16/28'}, entry._explanation_rows())

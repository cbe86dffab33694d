"""A contract lives through one gate: it starts, pauses, resumes, ends and is removed, and all is logged."""

from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .common import ContractCase

STATES = ('draft', 'active', 'suspended', 'ended', 'removed')


class TestContractStart(ContractCase):

    def test_a_contract_takes_its_values_from_customer_and_plan(self):
        self.plan.write({'minimum_count': 12, 'notice_count': 1, 'renewal': 'term',
                         'payment_term_id': self.pay_terms_a.id})
        contract = self._planned(activate=False)
        self.assertRecordValues(contract, [{
            'state': 'draft', 'currency_id': self.company.currency_id.id, 'minimum_count': 12,
            'renewal': 'term', 'payment_term_id': self.pay_terms_a.id, 'partner_invoice_id': self.customer.id,
            'journal_id': self.company_data['default_journal_sale'].id, 'recurring_monthly': 30.0,
        }])
        self.assertRegex(contract.name, r'^CT/\d{5}')
        self.assertRecordValues(contract.line_ids, [
            {'kind': 'one_time', 'price_unit': 50.0, 'price_subtotal': 50.0, 'plan_id': self.plan.id},
            {'kind': 'recurring', 'price_unit': 30.0, 'price_subtotal': 30.0, 'plan_id': self.plan.id},
        ])

    def test_loading_the_plan_twice_adds_nothing(self):
        contract = self._planned(activate=False)
        contract.action_load_plan()
        self.assertEqual(len(contract.line_ids), 2)

    def test_the_form_fills_in_the_services_of_the_plan(self):
        form = Form(self.env['service.contract'])
        form.partner_id = self.customer
        form.plan_id = self.plan
        self.assertEqual(len(form.line_ids), 2)
        form.plan_id = self.plan.copy({'line_ids': [Command.create({'product_id': self.hosting.id})]})
        contract = form.save()
        self.assertEqual(contract.line_ids.product_id, self.hosting)

    def test_activation_starts_the_services_with_their_contract(self):
        contract = self._planned(activate=False, date_start='2026-02-01')
        contract.date_start = '2026-01-15'
        contract.action_activate()
        self.assertEqual(set(contract.line_ids.mapped('date_start')), {date(2026, 1, 15)})
        self.assertEqual(contract.next_charge_date, date(2026, 1, 15))

    def test_activating_twice_changes_nothing(self):
        contract = self._contract()
        messages = contract.message_ids
        contract.action_activate()
        self.assertEqual(contract.message_ids, messages)

    def test_a_contract_may_have_nobody_in_charge(self):
        contract = self._contract(activate=False, user_id=False)
        self.assertFalse(contract.user_id | contract.team_id.user_id)
        self.assertFalse(contract.team_id)

    def test_what_is_missing_is_told_at_once(self):
        contract = self._contract((), activate=False)
        contract.journal_id = False
        with self.assertRaisesRegex(UserError, r"(?s)CT/.*no services.*no usable sales journal"):
            contract.action_activate()
        self.assertEqual(contract.state, 'draft')

    def test_an_archived_product_or_customer_is_named(self):
        contract = self._contract(activate=False)
        self.hosting.active = False
        with self.assertRaisesRegex(UserError, "Hosting is archived"):
            contract.action_activate()
        self.hosting.active = True
        self.customer.active = False
        with self.assertRaisesRegex(UserError, "customer Ana is archived"):
            contract.action_activate()

    def test_a_first_time_customer_is_ranked_on_activation(self):
        """2.4: the rank written by a first invoice is what two billing runs collide on."""
        contact = self.env['res.partner'].create({'name': "Billing", 'parent_id': self.customer.id, 'type': 'invoice'})
        self.assertFalse(self.customer.customer_rank)
        contract = self._contract()
        self.assertEqual(contract.partner_invoice_id, contact)
        self.assertEqual((self.customer.customer_rank, contact.customer_rank), (1, 1))

    def test_the_end_lies_after_the_start(self):
        with self.assertRaisesRegex(ValidationError, r"CT/\d+.*before it starts"):
            self._contract(activate=False, date_end='2025-12-31')

    def test_dates_outside_of_any_contract_are_refused(self):
        """F1: a date that is none, and one that would overflow."""
        for value in ('9999-12-31', '0001-01-01', '2026-02-30', 'tomorrow', 20260101):
            with self.subTest(value), self.assertRaisesRegex(ValidationError, "2025-12-31"):
                self._contract(activate=False, date_end=value)

    def test_the_currency_is_that_of_the_pricelist(self):
        pricelist = self.env['product.pricelist'].create({'name': "Euro", 'currency_id': self.euro.id})
        contract = self._contract(activate=False, pricelist_id=pricelist.id)
        self.assertEqual(contract.line_ids.currency_id, self.euro)
        with self.assertRaisesRegex(ValidationError, "Choose another pricelist or none"):
            contract.currency_id = self.company.currency_id

    def test_a_purchase_journal_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "not a sales journal"):
            self._contract(activate=False, journal_id=self.company_data['default_journal_purchase'].id)

    def test_a_customer_of_another_company_is_refused(self):
        """G16: the customer of another company."""
        stranger = self.env['res.partner'].create({'name': "Stranger", 'company_id': self.other_company.id})
        with self.assertRaisesRegex(UserError, "(?i)compan"):
            self._contract(activate=False, partner_id=stranger.id)

    def test_a_copy_is_a_fresh_draft(self):
        contract = self._planned(external_ref='X1', date_start='2026-01-01')
        copy = contract.copy()
        self.assertRecordValues(copy, [{
            'state': 'draft', 'external_ref': False, 'date_start': date(2026, 3, 10), 'date_end': False,
        }])
        self.assertNotEqual(copy.name, contract.name)
        self.assertEqual(copy.line_ids.mapped('date_start'), [False, False])

    def test_only_a_draft_is_deleted(self):
        self._contract(activate=False).unlink()
        with self.assertRaisesRegex(UserError, "Use “Remove” instead"):
            self._contract().unlink()


class TestContractGate(ContractCase):

    def test_every_pair_of_states_is_allowed_or_refused_by_the_gate(self):
        allowed = {
            ('draft', 'active'), ('draft', 'removed'), ('active', 'suspended'), ('active', 'ended'),
            ('active', 'removed'), ('suspended', 'active'), ('suspended', 'ended'), ('suspended', 'removed'),
            ('ended', 'active'), ('ended', 'removed'),
        }
        for source in STATES:
            for target in STATES:
                contract = self._in_state(source)
                messages = len(contract.message_ids)
                with self.subTest(source=source, target=target):
                    if source == target:
                        contract._set_state(target, "again")
                        self.assertEqual(len(contract.message_ids), messages)
                    elif (source, target) in allowed:
                        contract._set_state(target, "why not")
                        self.assertEqual(contract.state, target)
                        self.assertIn("why not", contract.message_ids[0].body)
                    else:
                        with self.assertRaisesRegex(UserError, r"CT/\d+ is .* and cannot become"):
                            contract._set_state(target, "no")

    def _in_state(self, state):
        contract = self._contract(activate=state != 'draft')
        if state in ('suspended', 'ended', 'removed'):
            contract._set_state(state, "test")
        return contract

    def test_forged_context_keys_do_not_open_the_gate(self):
        """G7: a context that anybody can send."""
        contract = self._contract(activate=False)
        for forged in (True, 1, 'SERVICE_GATE', object()):
            with self.assertRaisesRegex(UserError, "by its buttons only"):
                contract.with_context(service_gate=forged).write({'state': 'active'})
        created = contract.with_context(default_state='active').create({'partner_id': self.customer.id})
        self.assertEqual(created.state, 'draft')
        with self.assertRaisesRegex(UserError, "begins as a draft"):
            contract.create({'partner_id': self.customer.id, 'state': 'active'})

    def test_many_contracts_change_state_with_few_queries(self):
        contracts = self.env['service.contract'].union(*(self._contract(activate=False) for _ in range(10)))
        self.env.flush_all()
        with self.assertQueryCount(80):
            contracts.action_activate()
            self.env.flush_all()

    def test_a_reason_is_escaped_in_the_history(self):
        contract = self._contract()
        contract._set_state('suspended', "<img src=x onerror=alert(1)>")
        self.assertNotIn('<img', contract.message_ids[0].body)


class TestContractPause(ContractCase):

    def test_a_pause_from_today_suspends_and_nothing_is_due(self):
        contract = self._contract()
        contract.action_pause(reason="Holiday")
        self.assertRecordValues(contract, [{'state': 'suspended', 'next_charge_date': False}])
        self.assertRecordValues(contract.pause_ids, [{
            'state': 'running', 'date_start': date(2026, 3, 10), 'date_end': False, 'reason': "Holiday",
        }])
        contract.action_pause()
        self.assertEqual(len(contract.pause_ids), 1)

    def test_resuming_closes_the_pause_and_bills_what_is_left(self):
        """D9: suspended and resumed; the days between are not charged."""
        contract = self._contract(({'date_start': '2026-03-01'},), date_start='2026-03-01')
        self._bill(contract.line_ids, '2026-03-01', '2026-04-01')
        contract.action_pause('2026-03-10')
        with freeze_time('2026-04-11'):
            contract.action_resume()
            contract.action_resume()
        self.assertRecordValues(contract, [{'state': 'active', 'next_charge_date': date(2026, 4, 11)}])
        row, = contract._preview(date(2026, 4, 30))
        self.assertEqual((row['period_start'], row['amount_untaxed']), (date(2026, 4, 11), 20.0))

    def test_a_planned_pause_waits_for_its_day_and_resumes_by_itself(self):
        contract = self._contract()
        contract.action_pause('2026-03-20', '2026-03-25')
        self.assertEqual(contract.state, 'active')
        for day, state in [('2026-03-19', 'active'), ('2026-03-20', 'suspended'),
                           ('2026-03-24', 'suspended'), ('2026-03-25', 'active')]:
            with freeze_time(day):
                self._follow_dates()
                self.assertEqual(contract.state, state, day)
        self.assertEqual(contract.pause_ids.state, 'over')

    def _follow_dates(self):
        with self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_dates').method_direct_trigger()

    def test_a_suspension_without_pause_is_caught_up(self):
        contract = self._contract()
        contract._set_state('suspended', "Not paid")
        self._follow_dates()
        self.assertEqual(contract.state, 'suspended')
        contract.action_resume()
        self.assertEqual(contract.next_charge_date, date(2026, 1, 1))

    def test_pauses_do_not_overlap(self):
        contract = self._contract()
        contract.action_pause('2026-04-01', '2026-04-10')
        with self.assertRaisesRegex(ValidationError, "overlaps"):
            contract.action_pause('2026-04-09', '2026-04-12')
        with self.assertRaisesRegex(ValidationError, "cannot end before it starts"):
            contract.action_pause('2026-05-09', '2026-05-01')

    def test_a_pause_that_has_begun_is_history(self):
        contract = self._contract()
        contract.action_pause()
        for vals in ({'date_start': '2026-02-01'}, {'state': 'planned'}, {'date_end': '2026-03-11'}):
            with self.assertRaises(UserError):
                contract.pause_ids.with_context(service_gate=True).write(vals)
        with self.assertRaises(UserError):
            contract.pause_ids.unlink()

    def test_a_planned_pause_can_be_dropped(self):
        contract = self._contract()
        contract.action_pause('2026-04-01')
        contract.pause_ids.unlink()
        self.assertEqual(contract.state, 'active')

    def test_the_wizard_pauses_and_resumes(self):
        contract = self._contract()
        Wizard = self.env['service.contract.pause.wizard']
        Wizard.create({'contract_id': contract.id, 'date_end': '2026-03-20'}).action_confirm()
        self.assertEqual(contract.state, 'suspended')
        Wizard.create({'contract_id': contract.id}).action_confirm()
        self.assertEqual((contract.state, contract.pause_ids.date_end), ('active', date(2026, 3, 10)))

    def test_what_does_not_run_cannot_be_paused_or_resumed(self):
        contract = self._contract(activate=False)
        with self.assertRaisesRegex(UserError, "only an active contract can be paused"):
            contract.action_suspend()
        with self.assertRaisesRegex(UserError, "only a suspended contract can be resumed"):
            contract.action_resume()


class TestContractEnd(ContractCase):

    def _termed(self, **vals):
        return self._contract(minimum_count=12, notice_count=1, **vals)

    def test_the_earliest_end_follows_the_terms(self):
        """A15 of the capabilities: minimum term and notice period."""
        contract = self._termed(date_start='2026-01-01')
        self.assertEqual(contract.date_earliest_end, date(2026, 12, 31))
        with freeze_time('2027-02-15'):
            contract.invalidate_recordset()
            self.assertEqual(contract.date_earliest_end, date(2027, 3, 15))

    def test_a_user_may_not_end_it_earlier_and_a_manager_may_with_a_reason(self):
        contract = self._termed()
        user = self._user('clerk', 'service_contracts.group_contract_user')
        with self.assertRaisesRegex(UserError, r"CT/\d+ may end on .*2026 at the earliest"):
            contract.with_user(user)._end(date(2026, 6, 30), "Wants to")
        with self.assertRaisesRegex(UserError, "with a reason"):
            contract._end(date(2026, 6, 30), '')
        contract._end(date(2026, 6, 30), "Bought by another company")
        self.assertRecordValues(contract, [{'state': 'active', 'date_end': date(2026, 6, 30)}])
        self.assertIn("Bought by another company", contract.message_ids[0].body)

    def test_the_wizard_proposes_the_earliest_day(self):
        contract = self._termed()
        wizard = self.env['service.contract.end'].create({'contract_id': contract.id, 'reason': "Notice"})
        self.assertRecordValues(wizard, [{'date_end': date(2026, 12, 31), 'is_early': False}])
        wizard.action_confirm()
        self.assertEqual(contract.date_end, date(2026, 12, 31))

    def test_nothing_is_charged_after_the_end(self):
        """D9: a contract that ends in the middle of a period, prorated and then silent."""
        contract = self._contract()
        contract._end(date(2026, 3, 15), "Notice")
        rows = contract._preview(date(2026, 12, 31))
        self.assertEqual(
            [(row['period_start'], row['period_last_day'], row['amount_untaxed']) for row in rows],
            [(date(2026, 1, 1), date(2026, 1, 31), 30.0), (date(2026, 2, 1), date(2026, 2, 28), 30.0),
             (date(2026, 3, 1), date(2026, 3, 15), 14.52)],
        )

    def test_the_next_charges_of_several_contracts_are_taxed_as_far_as_they_are_shown(self):
        contracts = self._contract() | self._contract(date_start='2026-01-10') | self._contract()
        rows = contracts._preview(date(2026, 12, 31))
        with patch.object(type(contracts), '_preview_rows', autospec=True,
                          side_effect=type(contracts)._preview_rows) as taxed:
            self.assertEqual(contracts._preview(date(2026, 12, 31), 8, most=4), rows[:4])
        self.assertEqual(taxed.call_count, 4)

    def test_the_calendar_ends_it_on_the_day_after_its_last(self):
        contract = self._contract()
        contract._end(date(2026, 3, 15), "Notice")
        for day, state in [('2026-03-15', 'active'), ('2026-03-16', 'ended')]:
            with freeze_time(day), self.enter_registry_test_mode():
                self.env.ref('service_contracts.ir_cron_follow_dates').method_direct_trigger()
                self.assertEqual(contract.state, state)
        self.assertEqual(contract.recurring_monthly, 0.0)
        self.assertEqual(contract.next_charge_date, date(2026, 1, 1), "what is open is still billed")

    def test_a_company_ends_contracts_by_its_own_calendar(self):
        """D4: at 02:30 UTC it is still yesterday in Bogotá."""
        contract = self._contract()
        contract._end(date(2026, 3, 15), "Notice")
        self.company.partner_id.tz = 'America/Bogota'
        with freeze_time('2026-03-16 02:30:00'):
            self.assertEqual(contract._due_by_calendar(), [])
        with freeze_time('2026-03-16 05:30:00'):
            self.assertEqual(contract._due_by_calendar(), contract.ids)

    def test_the_last_day_cannot_be_written_past_the_wizard(self):
        contract = self._termed()
        with self.assertRaisesRegex(UserError, "use “End”"):
            contract.write({'date_end': '2026-03-31'})
        contract.write({'date_end': False})

    def test_a_user_does_not_change_the_terms_of_a_running_contract(self):
        user = self._user('clerk', 'service_contracts.group_contract_user')
        contract = self._termed()
        with self.assertRaisesRegex(AccessError, "only a contract manager"):
            contract.with_user(user).write({'minimum_count': 0})
        contract.write({'minimum_count': 6})
        self.assertEqual(contract.date_term_end, date(2026, 6, 30))
        self.assertNotIn("Renewed", contract.message_ids[0].body)

    def test_a_contract_renews_by_terms(self):
        contract = self._contract(minimum_count=3, notice_count=1, renewal='term', renewal_count=1, renewal_unit='year')
        self.assertEqual(contract.date_term_end, date(2026, 3, 31))
        with freeze_time('2026-04-01'), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_dates').method_direct_trigger()
        self.assertEqual(contract.date_term_end, date(2027, 3, 31))
        self.assertIn("Renewed until", contract.message_ids[0].body)

    def test_a_contract_that_ends_by_itself_gets_its_last_day(self):
        contract = self._contract(minimum_count=6, renewal='none')
        self.assertEqual(contract.date_end, date(2026, 6, 30))

    def test_an_end_can_be_taken_back(self):
        contract = self._contract()
        contract._end(date(2026, 6, 30), "Notice")
        contract.action_reinstate()
        self.assertRecordValues(contract, [{'state': 'active', 'date_end': False}])

    def test_a_reinstated_contract_is_not_charged_for_the_days_between(self):
        contract = self._contract()
        contract._end(date(2026, 2, 15), "Notice")
        self.assertEqual(contract.state, 'ended')
        contract.action_reinstate()
        contract.action_reinstate()
        self.assertRecordValues(contract.pause_ids, [{
            'date_start': date(2026, 2, 16), 'date_end': date(2026, 3, 10), 'state': 'over',
        }])
        periods = [(row['period_start'], row['period_last_day']) for row in contract._preview(date(2026, 4, 1))]
        self.assertIn((date(2026, 3, 10), date(2026, 3, 31)), periods)

    def test_removal_needs_a_reason_and_stops_billing(self):
        contract = self._contract()
        with self.assertRaisesRegex(UserError, "Say why"):
            contract._remove('')
        self.env['service.contract.remove'].create({'contract_id': contract.id, 'reason': "Moved"}).action_confirm()
        self.assertRecordValues(contract, [{
            'state': 'removed', 'next_charge_date': False, 'recurring_monthly': 0.0, 'date_end': date(2026, 3, 10),
        }])
        with self.assertRaisesRegex(UserError, "Open a new contract"):
            contract.action_reinstate()


class TestBilledHistory(ContractCase):

    def test_the_start_of_a_running_contract_moves_its_services_until_one_is_billed(self):
        contract = self._contract()
        contract.date_start = '2026-02-01'
        self.assertEqual(contract.line_ids.date_start, date(2026, 2, 1))
        self._bill(contract.line_ids, '2026-02-01', '2026-03-01')
        with self.assertRaisesRegex(UserError, "has billed charges"):
            contract.date_start = '2026-01-01'

    def test_a_billed_contract_is_not_deleted(self):
        contract = self._contract()
        self._bill(contract.line_ids, '2026-01-01', '2026-02-01')
        with self.assertRaises(UserError):
            contract.unlink()
        with self.assertRaisesRegex(UserError, "stays for the records"):
            contract.line_ids.unlink()

    def test_parking_is_told_and_taken_back(self):
        contract = self._contract()
        run = self.env['service.billing.run'].create({})
        contract._park("No journal", run)
        self.assertRecordValues(contract, [{'parked_reason': "No journal", 'parked_run_id': run.id}])
        self.assertIn("No journal", contract.message_ids[0].body)
        contract.action_unpark()
        self.assertRecordValues(contract, [{'parked_reason': False, 'parked_on': False, 'parked_run_id': False}])


class TestPreview(ContractCase):

    def test_the_preview_names_period_and_amounts(self):
        """B16 of the capabilities: every charge names its service period."""
        contract = self._planned(activate=False, date_start='2026-03-01')
        rows = contract._preview(date(2026, 4, 1))
        self.assertEqual(
            [(row['service'], row['charge_date'], row['period_last_day'], row['amount_untaxed'], row['amount_total'])
             for row in rows],
            [('Setup', date(2026, 3, 1), date(2026, 3, 1), 50.0, 57.5),
             ('Hosting', date(2026, 3, 1), date(2026, 3, 31), 30.0, 34.5),
             ('Hosting', date(2026, 4, 1), date(2026, 4, 30), 30.0, 34.5)],
        )

    def test_the_contract_shows_its_next_charges(self):
        contract = self._contract(activate=False, date_start='2026-03-10')
        self.assertIn("once it is activated", contract.next_charges_html)
        self.assertIn("34.50", contract.next_charges_html)
        empty = self._contract((), activate=False)
        self.assertIn("Add a service", empty.next_charges_html)

    def test_a_daily_service_shows_a_page_and_not_a_year(self):
        contract = self._contract(({'interval_unit': 'day'},), activate=False, date_start='2026-03-10')
        self.assertEqual(str(contract.next_charges_html).count('<tr>'), 1 + 24)
        self.assertIn("Later charges are not shown", contract.next_charges_html)

    def test_a_preview_writes_nothing(self):
        contract = self._contract()
        self.env.flush_all()
        contract._preview(date(2026, 12, 31))
        self.assertFalse(contract.entry_ids)
        self.assertEqual(contract.next_charge_date, date(2026, 1, 1))

"""Discounts with a duration and bonus rules: each a step of the charge, on the invoice line, calculated again."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .usage import GRADUATED, UsageCase


class ReductionCase(UsageCase):

    def _run(self, as_of='2026-03-10', contracts=None):
        with freeze_time(as_of):
            return super()._run(as_of, contracts)

    def _reduced(self, *reductions, contract=None, **line):
        """Return the service of a running contract from 1 January at 30 a month, with reductions."""
        vals = {'reduction_ids': [Command.create({'name': "Thanks", **item}) for item in reductions], **line}
        return self._contract([vals], payment_term_id=False, **(contract or {})).line_ids

    def _amounts(self, line):
        """Return the amounts charged, each of them calculated again from what the ledger kept."""
        entries = self._entries(line)
        for entry in entries:
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)
            self.assertEqual(entry.move_line_id.price_subtotal, entry.amount_untaxed)
        return entries.mapped('amount_untaxed')


class TestReductions(ReductionCase):

    def test_a_discount_lasts_as_many_periods_as_agreed(self):
        """N9: two periods at 10 % less, in the words of the customer."""
        line = self._reduced({'name': "Welcome", 'percent': 10.0, 'periods': 2})
        self._run('2026-03-01', line.contract_id)
        self.assertEqual(self._amounts(line), [27.0, 27.0, 30.0])
        text = self._entries(line)[0].move_line_id.name
        self.assertIn("Welcome", text)
        self.assertIn("3.00", text)
        self.assertNotIn("Welcome", self._entries(line)[2].move_line_id.name)
        self.assertIn("Welcome", self._entries(line)[0].explanation_html)

    def test_a_discount_ends_on_a_day_and_may_be_an_amount(self):
        line = self._reduced({'amount': 5.0, 'date_until': '2026-02-01'})
        self._run('2026-03-01', line.contract_id)
        self.assertEqual(self._amounts(line), [25.0, 25.0, 30.0])

    def test_every_third_period_is_free(self):
        """B10."""
        line = self._reduced({'name': "Third month free", 'kind': 'free_period', 'every': 3})
        self._run('2026-04-01', line.contract_id)
        self.assertEqual(self._amounts(line), [30.0, 30.0, 0.0, 30.0])
        self.assertIn("Third month free", self._entries(line)[2].move_line_id.name)

    def test_loyalty_begins_after_its_months(self):
        """B10."""
        line = self._reduced({'kind': 'loyalty', 'after_months': 2, 'percent': 5.0})
        self._run('2026-03-01', line.contract_id)
        self.assertEqual(self._amounts(line), [30.0, 30.0, 28.5])

    def test_who_pays_on_time_is_rewarded(self):
        """B10: the second charge after the first was paid by its day, the third not after the second was late."""
        line = self._reduced({'kind': 'paid_on_time', 'percent': 3.0})
        self._run('2026-01-01', line.contract_id)
        self._pay(line, '2026-01-01')
        self._run('2026-02-01', line.contract_id)
        self._pay(line, '2026-02-20')
        self._run('2026-03-01', line.contract_id)
        self.assertEqual(self._amounts(line), [30.0, 29.1, 30.0])

    def _pay(self, line, day):
        move = self._entries(line)[-1].move_id
        with freeze_time(day):
            self.env['account.payment.register'].with_context(
                active_model='account.move', active_ids=move.ids,
            ).create({'payment_date': day})._create_payments()

    def test_reductions_follow_each_other(self):
        """Each takes of what the one before left: 30 − 10 % − 2."""
        line = self._reduced({'percent': 10.0, 'sequence': 1}, {'amount': 2.0, 'sequence': 2})
        self._run('2026-01-01', line.contract_id)
        self.assertEqual(self._amounts(line), [25.0])

    def test_a_reduction_never_takes_more_than_the_price(self):
        line = self._reduced({'amount': 99.0})
        self._run('2026-01-01', line.contract_id)
        self.assertEqual(self._amounts(line), [0.0])

    def test_a_short_period_has_its_share_of_a_reduction(self):
        """10 % and 1.00 off 30 are 26; 16 of 31 days cost 13.42."""
        line = self._reduced({'percent': 10.0, 'sequence': 1}, {'amount': 1.0, 'sequence': 2},
                             anchor='calendar', anchor_day=1, contract={'date_start': '2026-01-16'})
        self._run('2026-01-16', line.contract_id)
        self.assertEqual(self._amounts(line), [13.42])

    def test_a_line_discount_comes_first(self):
        line = self._reduced({'percent': 10.0}, discount=50.0)
        self._run('2026-01-01', line.contract_id)
        self.assertEqual(self._amounts(line), [13.5])

    def test_a_price_step_within_a_discount(self):
        """15 days at 30 and 15 days at 33, a tenth off both."""
        line = self._reduced({'percent': 10.0})
        self._run('2026-03-01', line.contract_id)
        line.price_step_ids = [Command.create({'date_start': '2026-04-16', 'price_unit': 33.0})]
        self._run('2026-04-01', line.contract_id)
        self.assertEqual(self._amounts(line)[3:], [13.5, 14.85])

    def test_usage_is_reduced_and_corrected_with_the_same_reduction(self):
        """D11, late usage: 150 units are 14 less a tenth; 50 more are 4 less a tenth."""
        self.meter.late_policy = 'next_invoice'
        line = self._metered(GRADUATED, reduction_ids=[Command.create({'name': "Thanks", 'percent': 10.0})])
        self._use(line, 150)
        self._run('2026-02-01', line.contract_id)
        self._use(line, 50, ref='LATE')
        self._run('2026-03-01', line.contract_id)
        self.assertEqual(sorted(self._amounts(line)), [0.0, 3.6, 12.6])

    def test_a_plan_hands_its_rules_to_its_services(self):
        """B10: to all that recur, or to the one named."""
        self.plan.reduction_ids = [
            Command.create({'name': "Loyal", 'kind': 'loyalty', 'percent': 5.0}),
            Command.create({'name': "Start", 'percent': 50.0, 'plan_line_id': self.plan.line_ids[0].id}),
        ]
        setup, hosting = self._planned(payment_term_id=False).line_ids
        self.assertEqual((setup.reduction_ids.name, hosting.reduction_ids.name), ("Start", "Loyal"))
        self._run('2026-01-01', setup.contract_id)
        self.assertEqual((self._amounts(setup), self._amounts(hosting)), ([25.0], [30.0]))
        order = self.env['sale.order'].create({'partner_id': self.customer.id})
        order.action_add_service_plan(self.plan.id)
        order.action_confirm()
        self.assertEqual(order.service_contract_ids.line_ids.reduction_ids.mapped('name'), ["Start", "Loyal"])
        self.assertEqual(self.plan.copy().reduction_ids.mapped('name'), ["Loyal", "Start"])

    def test_the_monthly_figure_is_after_discounts_that_stand(self):
        """J9: MRR is after recurring discounts, and rises when they end."""
        line = self._reduced({'percent': 10.0, 'periods': 3}, {'name': "Third free", 'kind': 'free_period', 'every': 3})
        self.assertRecordValues(line, [{'recurring_monthly': 27.0, 'price_changes_on': date(2026, 4, 1)}])
        with freeze_time('2026-04-01'), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_prices').method_direct_trigger()
            self.assertRecordValues(line, [{'recurring_monthly': 30.0, 'price_changes_on': False}])

    def test_a_discount_given_later_counts_from_its_day(self):
        line = self._reduced()
        self._run('2026-01-01', line.contract_id)
        line.reduction_ids = [Command.create({
            'name': "Sorry", 'percent': 50.0, 'periods': 1, 'date_start': '2026-02-10',
        })]
        self._run('2026-04-01', line.contract_id)
        self.assertEqual(self._amounts(line), [30.0, 30.0, 15.0, 30.0])

    def test_a_preview_shows_what_the_run_charges(self):
        line = self._reduced({'percent': 10.0, 'periods': 2}, {'kind': 'free_period', 'every': 3})
        rows = [row['amount_untaxed'] for row in line.contract_id._preview(date(2026, 3, 1))]
        self._run('2026-03-01', line.contract_id)
        self.assertEqual(rows, self._amounts(line))

    def test_a_customer_sees_the_reduced_charges_to_come(self):
        """G3: without the right to read how prices were agreed."""
        line = self._reduced({'percent': 10.0}, {'name': "On time", 'kind': 'paid_on_time', 'percent': 3.0})
        line.price_step_ids = [Command.create({'date_start': '2026-05-01', 'price_unit': 40.0})]
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        rows = line.contract_id.with_user(portal).sudo()._preview(date(2026, 5, 1))
        self.assertEqual([row['amount_untaxed'] for row in rows], [27.0, 27.0, 27.0, 27.0, 36.0])
        with self.assertRaises(AccessError):
            line.with_user(portal).reduction_ids.read(['percent'])

    def test_the_form_takes_over_what_it_does_not_show(self):
        self.plan.line_ids = [Command.create({
            'product_id': self.calls.id, 'kind': 'usage', 'meter_id': self.meter.id, 'price_model': 'graduated',
            'tier_ids': self._tiers(GRADUATED), 'sequence': 9,
        })]
        form = Form(self.env['service.contract'])
        form.partner_id = self.customer
        self.plan.reduction_ids = [Command.create({'name': "Thanks", 'percent': 10.0})]
        form.plan_id = self.plan
        form.date_start = False
        form.date_start = date(2026, 3, 10)
        setup, hosting, calls = form.save().line_ids
        self.assertEqual((setup + hosting + calls).mapped('reduction_ids.name'), ["Thanks", "Thanks"])
        self.assertEqual((calls.meter_id, len(calls.tier_ids)), (self.meter, 3))

    def test_a_reduction_of_nothing_is_refused(self):
        for vals in ({}, {'kind': 'loyalty'}, {'kind': 'paid_on_time', 'amount': 5.0}):
            with self.subTest(vals), self.assertRaisesRegex(ValidationError, "takes nothing off"):
                self._reduced(vals)
        for vals in ({'percent': 101.0}, {'amount': -1.0}, {'kind': 'free_period', 'every': 1}, {'periods': -1}):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self._reduced(vals)

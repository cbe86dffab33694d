"""Performance-bound contracts: each period one result, its charge or credit once, late changes as one difference."""

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import ContractCase

STEPS = (
    {'is_lowest': True, 'percent': -25, 'name': "missed"}, {'at_least': 99, 'percent': -10, 'name': "below target"},
    {'at_least': 99.5, 'name': "target"}, {'at_least': 99.95, 'percent': 2, 'name': "excellent"},
)


@tagged('post_install', '-at_install')
class PerformanceCase(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metric = cls._metric()
        cls.Value = cls.env['service.performance.value']
        cls.Result = cls.env['service.performance.result']

    @classmethod
    def _metric(cls, steps=STEPS, **vals):
        return cls.env['service.performance.metric'].create({
            'name': "Availability", 'code': 'AVAIL', 'measure': "%",
            'step_ids': [Command.create(step) for step in steps], **vals,
        })

    def _agree(self, metric=None, contract=None, **vals):
        """Return an agreement for a hosting service of 1,200 a month from 1 January 2026."""
        contract = contract or self._contract([{'price_unit': 1200.0, 'anchor': 'calendar'}], external_ref='SLA',
                                              payment_term_id=False)
        return self.env['service.performance.agreement'].create({
            'contract_line_id': contract.line_ids.id, 'metric_id': (metric or self.metric).id,
            'date_start': '2026-01-01', **vals,
        })

    def _send(self, day, value, ref=None, **item):
        answer = self.Value.send_values([{
            'external_ref': ref or f'{day}', 'metric': 'AVAIL', 'contract': 'SLA', 'date': day, 'value': value, **item,
        }])
        self.assertFalse(answer['refused'])

    def _amounts(self, agreement):
        return agreement.result_ids.sorted(lambda one: (one.period_start, one.correction)).mapped('amount')


@tagged('post_install', '-at_install')
class TestPerformance(PerformanceCase):

    # === RESULTS === #

    def test_a_value_earns_its_step_of_the_fee_once(self):
        agreement = self._agree()
        self._send('2026-01-31', 99.2)
        self._send('2026-02-28', 99.97)
        self.assertEqual(str(agreement.due_date), '2026-02-04')
        for _again in range(2):
            agreement.action_evaluate()
        self.assertRecordValues(agreement.result_ids.sorted('period_start'), [
            {'value': 99.2, 'base': 1200.0, 'amount': -120.0, 'step_name': "below target (from 99)"},
            {'value': 99.97, 'base': 1200.0, 'amount': 24.0, 'step_name': "excellent (from 99.95)"},
        ])
        charges = agreement.result_ids.charge_id
        self.assertEqual(set(charges.mapped('key')), {
            f'performance:{agreement.id}:2026-01-01:0', f'performance:{agreement.id}:2026-02-01:0',
        })
        self.assertEqual(str(agreement.due_date), '2026-04-04')

    def test_bonus_and_malus_go_on_the_next_invoice_with_their_evidence(self):
        agreement = self._agree()
        contract = agreement.contract_id
        self._run(contract, '2026-03-01')
        self._send('2026-01-31', 99.2)
        self._send('2026-02-28', 99.97)
        agreement.action_evaluate()
        self._run(contract, '2026-03-10')
        move = agreement.result_ids.charge_id.move_id
        self.assertRecordValues(move, [{'move_type': 'out_refund', 'amount_untaxed': 96.0}])
        self.assertIn("Malus Availability: 99.2 %", move.invoice_line_ids.mapped('name')[0])
        entry = agreement.result_ids.sorted('period_start')[0].charge_id.entry_id
        rows = {row['label']: row['text'] for row in entry._explanation_rows()}
        self.assertEqual((rows["Availability"], rows["Counted"]), ("99.2 %", "1 values"))
        self.assertIn("-10 % of", rows["Of the fee"])

    def _run(self, contract, day):
        run = self.env['service.billing.run'].create({'date': day, 'contract_ids': [Command.set(contract.ids)]})
        run.action_start()
        self.assertFalse(contract.parked_reason)

    def test_a_late_correction_makes_one_difference(self):
        """D11: -120 is booked, the right value earns nothing: one charge of 120; looking again makes none."""
        agreement = self._agree()
        self._send('2026-01-31', 99.2)
        agreement.action_evaluate()
        self._send('2026-01-31', 99.7, ref='corrected')
        for _again in range(2):
            agreement.action_evaluate()
        self.assertEqual(self._amounts(agreement), [-120.0, 120.0])
        self._send('2026-01-31', 98.0, ref='corrected again')
        agreement.action_evaluate()
        self.assertEqual(self._amounts(agreement), [-120.0, 120.0, -300.0])

    def test_what_is_no_longer_watched_stays(self):
        agreement = self._agree()
        self.metric.watch_days = 20
        self._send('2026-01-31', 99.2)
        agreement.action_evaluate()
        self._send('2026-01-31', 99.7, ref='too late')
        agreement.action_evaluate()
        self.assertEqual(self._amounts(agreement), [-120.0])

    def test_a_waived_malus_stays_waived(self):
        agreement = self._agree()
        self._send('2026-01-31', 99.2)
        agreement.action_evaluate()
        agreement.result_ids.charge_id.action_cancel()
        agreement.action_evaluate()
        self.assertEqual(self._amounts(agreement), [-120.0])

    def test_without_a_value_the_period_waits(self):
        agreement = self._agree()
        agreement.action_evaluate()
        self.assertIn("Nothing was measured from 2026-01-01", agreement.problem)
        self._send('2026-01-31', 99.2)
        self._send('2026-02-28', 99.2)
        agreement.action_evaluate()
        self.assertFalse(agreement.problem)
        self.assertEqual(len(agreement.result_ids), 2)

    def test_the_cap_limits_both_ways(self):
        self.metric.cap_percent = 5
        agreement = self._agree()
        self._send('2026-01-31', 50)
        agreement.action_evaluate()
        self.assertEqual(self._amounts(agreement), [-60.0])

    def test_values_of_days_are_averaged_and_the_last_of_a_day_counts(self):
        self.metric.aggregation = 'avg'
        agreement = self._agree()
        self._send('2026-01-10', 100)
        self._send('2026-01-20', 0)
        self._send('2026-01-20', 99, ref='again')
        agreement.action_evaluate()
        self.assertEqual((agreement.result_ids.value, agreement.result_ids.record_count), (99.5, 2))

    def test_a_part_of_a_period_has_a_part_of_the_fee(self):
        agreement = self._agree(date_start='2026-01-17', date_end='2026-02-14')
        self._send('2026-01-31', 99.2)
        self._send('2026-02-14', 99.2)
        agreement.action_evaluate()
        results = agreement.result_ids.sorted('period_start')
        self.assertEqual(results.mapped('base'), [580.65, 600.0], "15/31 and 14/28 of 1200")
        self.assertFalse(agreement.due_date)

    def test_the_fee_is_the_same_before_and_after_it_is_billed(self):
        billed, unbilled = self._agree(), self._agree(contract=self._contract(
            [{'price_unit': 1200.0, 'timing': 'arrears', 'anchor': 'calendar'}], external_ref='SLA-2'))
        self._run(billed.contract_id, '2026-03-01')
        self._send('2026-01-31', 99.2)
        self._send('2026-01-31', 99.2, ref='other', contract='SLA-2')
        (billed | unbilled).action_evaluate()
        self.assertEqual((billed | unbilled).result_ids.mapped('base'), [1200.0, 1200.0])

    def test_the_fee_goes_on_across_a_change_of_the_service(self):
        """A14: twice as many from 15 February on: half a month at 1,200, half at 2,400."""
        agreement = self._agree()
        contract = agreement.contract_id
        with freeze_time('2026-02-15'):
            self._run(contract, '2026-02-15')
            contract.request_change('SLA', {'services': [{'product': 'HOST', 'quantity': 2}]}, 'more')
        self._run(contract, '2026-03-10')
        self._send('2026-01-31', 99.2)
        self._send('2026-02-28', 99.2)
        agreement.action_evaluate()
        self.assertEqual(agreement.result_ids.sorted('period_start').mapped('base'), [1200.0, 1800.0])
        self.assertEqual(str(agreement.due_date), '2026-04-04')

    def test_the_scheduler_looks_once_a_day(self):
        agreement = self._agree()
        self._send('2026-01-31', 99.2)
        Agreement = self.env['service.performance.agreement']
        self.assertIn(agreement.id, Agreement._due_ids())
        with self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_performance').method_direct_trigger()
        self.assertEqual(len(agreement.result_ids), 1)
        self.assertNotIn(agreement.id, Agreement._due_ids())
        with freeze_time('2026-03-11'):
            self.assertIn(agreement.id, Agreement._due_ids(), "watched for corrections")

    def test_the_running_period_is_shown_and_nothing_written(self):
        agreement = self._agree()
        self._send('2026-01-31', 99.2)
        self.assertIn("99.2 %", str(agreement.so_far_html))
        self.assertFalse(agreement.result_ids)

    # === OWN RECORDS === #

    def _of_orders(self, **vals):
        return self._metric(**{
            'code': 'ORDERS', 'name': "Orders", 'source': 'records', 'aggregation': 'sum', 'model_name': 'sale.order',
            'date_field': 'date_order', 'link_field': 'partner_id', 'value_field': 'amount_untaxed',
            'domain': "[('state', '=', 'sale')]", 'steps': ({'is_lowest': True}, {'at_least': 100, 'amount': 15}),
            **vals,
        })

    def _order(self, amount, day='2026-01-15', partner=None):
        order = self.env['sale.order'].create({
            'partner_id': (partner or self.customer).id,
            'order_line': [Command.create({'product_id': self.setup.id, 'price_unit': amount})],
        })
        order.action_confirm()
        order.date_order = f'{day} 12:00:00'
        return order

    def test_own_records_of_the_customer_are_counted_with_those_of_its_contacts(self):
        agreement = self._agree(self._of_orders())
        contact = self.env['res.partner'].create({'name': "Buyer", 'parent_id': self.customer.id})
        orders = self._order(60) | self._order(50, partner=contact)
        self._order(1000, day='2026-02-01')
        self._order(1000, partner=self.env['res.partner'].create({'name': "Bruno"}))
        agreement.action_evaluate()
        january = agreement.result_ids.sorted('period_start')[0]
        self.assertRecordValues(january, [{'value': 110.0, 'record_count': 2, 'amount': 15.0}])
        self.assertEqual(set(january.evidence['ids']), set(orders.ids))
        self.assertEqual(january.action_view_records()['domain'], [('id', 'in', january.evidence['ids'])])

    def test_a_late_record_corrects_the_result(self):
        """D11."""
        agreement = self._agree(self._of_orders())
        self._order(60)
        agreement.action_evaluate()
        self._order(60)
        agreement.action_evaluate()
        agreement.action_evaluate()
        january = agreement.result_ids.filtered(lambda one: str(one.period_start) == '2026-01-01')
        self.assertEqual(january.sorted('correction').mapped('amount'), [0.0, 15.0])

    def test_a_percentage_counts_the_good_ones(self):
        metric = self._of_orders(aggregation='percentage', good_domain="[('amount_untaxed', '>=', 50)]", steps=STEPS)
        agreement = self._agree(metric)
        for amount in (10, 50, 60, 70):
            self._order(amount)
        agreement.action_evaluate()
        january = agreement.result_ids.sorted('period_start')[0]
        self.assertEqual((january.value, january.amount), (75.0, -300.0))
        self.assertIn("3 of 4 records", str(january.explanation_html))

    def test_only_listed_records_and_plain_filters_are_taken(self):
        """G3: no way to read users, settings or pay by a metric."""
        with self.assertRaises(ValidationError):
            self._of_orders(model_name='res.users')
        for vals in ({'domain': "[('partner_id.nothing', '=', 1)]"}, {'domain': "__import__('os')"}, {'domain': "[1"},
                     {'date_field': 'name'}, {'link_field': 'user_id'}, {'value_field': 'name'},
                     {'date_field': 'partner_id.create_date'}, {'aggregation': 'latest'}):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self._of_orders(**vals)

    def test_a_metric_reads_no_more_than_who_set_it_up(self):
        """G3: an own order of somebody else stays unseen, and rights that end, end the metric."""
        manager = self._user('manager', 'service_contracts.group_contract_manager')
        manager.group_ids |= self.env.ref('sales_team.group_sale_salesman')
        self._order(500).user_id = self.env.user
        metric = self._of_orders()
        agreement = self._agree(metric)
        metric.with_user(manager).domain = "[('state', '=', 'sale'), ('id', '>', 0)]"
        self.assertEqual(metric.user_id, manager)
        agreement.action_evaluate()
        self.assertEqual(agreement.result_ids.sorted('period_start')[0].value, 0.0)
        with self.assertRaises(UserError):
            metric.with_user(manager).user_id = self.env.user
        manager.active = False
        agreement.action_evaluate()
        self.assertIn("reads with the rights of nobody", agreement.problem)
        metric.action_lend_rights()
        agreement.action_evaluate()
        self.assertFalse(agreement.problem)
        self.assertEqual(self._amounts(agreement)[:2], [0.0, 15.0])

    def test_a_hundred_agreements_are_measured_by_one_query(self):
        """H1: measured, rated and booked at once."""
        metric = self._of_orders()
        few = self._queries(metric, 2)
        self.assertLess(self._queries(metric, 40), few + 45)

    def _queries(self, metric, number):
        agreements = self.env['service.performance.agreement']
        for _number in range(number):
            agreements |= self._agree(metric, self._contract([{'price_unit': 1200.0, 'anchor': 'calendar'}]),
                                      date_end='2026-01-31')
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        agreements._follow()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    # === CHECKS === #

    def test_agreements_and_results_stay_for_the_records(self):
        agreement = self._agree()
        self._send('2026-01-31', 99.2)
        agreement.action_evaluate()
        for attack in (
            lambda: agreement.write({'date_start': '2026-02-01'}), lambda: agreement.write({'evaluated_until': False}),
            lambda: agreement.write({'due_date': '2026-01-01'}),
            agreement.unlink, lambda: agreement.result_ids.sudo().write({'amount': 1}),
            agreement.result_ids.sudo().unlink, lambda: self.Value.search([]).write({'value': 1}),
        ):
            with self.assertRaises(UserError):
                attack()
        with self.assertRaisesRegex(ValidationError, "on these days already"):
            self._agree(contract=agreement.contract_id)

    def test_steps_that_leave_a_value_out_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "Correct its steps"):
            self._metric(steps=({'at_least': 1},), code='X')
        with self.assertRaisesRegex(ValidationError, "no fee for each period"):
            self._agree(contract=self._contract([{'kind': 'one_time'}]))

    def test_what_cannot_be_taken_is_told_with_its_place(self):
        """F1, F2: the good ones go in, or none; a reference is taken once."""
        self._agree()
        good = {'external_ref': 'a', 'metric': 'AVAIL', 'contract': 'SLA', 'date': '2026-01-31', 'value': 99}
        for item, words in (
            ({'value': float('inf')}, "finite number"), ({'value': '99'}, "finite number"),
            ({'date': '2026-04-01'}, "has not come yet"), ({'date': 7}, "must be a day"),
            ({'metric': 'ELSE'}, "agreed for no service"), ({'contract': 'NONE'}, "agreed for no service"),
            ({'contract': None}, "agreed for no service"), ({'x': 1}, "no other keys"),
            ({'external_ref': 5}, "text of 1"),
            ({'line': 'x'}, "agreed for no service"), ({'line': 10**15}, "agreed for no service"),
        ):
            with self.subTest(item):
                refused, = self.Value.send_values([{**good, **item}])['refused']
                self.assertIn(words, refused['reason'])
        self.assertEqual(self.Value.send_values([good, 5], partial=False)['new'], 0)
        self.assertEqual(self.Value.send_values([good, good, 5])['new'], 1)
        self.assertEqual(self.Value.send_values([good])['known'], 1)
        with self.assertRaises(UserError):
            self.Value.send_values('x')


@tagged('post_install', '-at_install')
class TestPerformanceAccess(PerformanceCase, HttpCase):

    def setUp(self):
        super().setUp()
        self.agreement = self._agree()
        self._send('2026-01-31', 99.2)
        self.agreement.action_evaluate()
        self.portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id, password='ana')

    def test_the_portal_shows_the_customer_how_a_result_came_about(self):
        self.authenticate('ana', 'ana')
        page = self.url_open(f'/my/contracts/{self.agreement.contract_id.id}').text
        for text in ("Performance", "99.2 %", "below target", "1 values"):
            self.assertIn(text, page)

    def test_a_customer_reads_own_results_and_nothing_else(self):
        """G3."""
        other = self._agree(contract=self._contract(
            [{'price_unit': 10.0}], partner_id=self.env['res.partner'].create({'name': "Bruno"}).id, external_ref='B'))
        self._send('2026-01-31', 90, ref='b', contract='B')
        other.action_evaluate()
        Result = self.Result.with_user(self.portal)
        self.assertEqual(Result.search([]), self.agreement.result_ids)
        for model in ('metric', 'step', 'agreement', 'value'):
            self.assertFalse(self.env[f'service.performance.{model}'].with_user(self.portal).has_access('read'))
        self.assertFalse(any(Result.has_access(right) for right in ('write', 'create', 'unlink')))
        with self.assertRaises(AccessError):
            self.agreement.with_user(self.portal).action_evaluate()
        with self.assertRaises(AccessError):
            self.Value.with_user(self.portal).send_values([])

    def test_a_clerk_agrees_and_a_manager_sets_metrics_up(self):
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        self.agreement.with_user(clerk).action_evaluate()
        self.assertTrue(self.agreement.result_ids.with_user(clerk).explanation_html)
        self.assertFalse(self.metric.with_user(clerk).has_access('write'))
        self.assertFalse(self.Result.with_user(clerk).has_access('create'))

    def test_companies_do_not_see_each_other(self):
        """G16."""
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=self.other_company.id, company_ids=[Command.set(self.other_company.ids)])
        for record in (self.metric, self.metric.step_ids, self.agreement, self.agreement.result_ids,
                       self.Value.search([])):
            with self.subTest(record._name):
                self.assertFalse(record.with_user(stranger).search([('id', 'in', record.ids)]))

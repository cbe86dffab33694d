"""Entitlements: plans and services grant features; other systems ask what may be used now."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .usage import UsageCase


@tagged('post_install', '-at_install')
class TestEntitlement(UsageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boxes, cls.backup, cls.talk = cls.env['service.feature'].create([
            {'name': "Mailboxes", 'code': 'BOX', 'unit': "mailboxes", 'sequence': 1},
            {'name': "Backup", 'code': 'BACKUP', 'kind': 'switch', 'sequence': 2},
            {'name': "Talk", 'code': 'TALK', 'meter_id': cls.meter.id, 'unit': "min", 'sequence': 3},
        ])
        cls.plan.grant_ids = [
            Command.create({'feature_id': cls.boxes.id, 'limit': 5, 'trial': 'limit', 'trial_limit': 1}),
            Command.create({'feature_id': cls.backup.id, 'trial': 'none'}),
        ]
        cls.extra = cls.plan.line_ids.create({
            'plan_id': cls.plan.id, 'product_id': cls.calls.id, 'kind': 'usage', 'meter_id': cls.meter.id,
            'grant_ids': [Command.create({'feature_id': cls.talk.id, 'limit': 100, 'above': 'allow'})],
        })

    def _features(self, contract):
        answer, = contract.get_entitlements([contract.external_ref])
        return {row['code']: row for row in answer['features']}

    def _check(self, contract, code, quantity=1):
        answer, = contract.check_entitlement([
            {'feature': code, 'external_ref': contract.external_ref, 'quantity': quantity},
        ])
        return answer

    def test_a_contract_grants_what_its_plan_and_its_services_grant(self):
        """N8."""
        features = self._features(self._planned(external_ref='A'))
        self.assertEqual(list(features), ['BOX', 'BACKUP', 'TALK'])
        self.assertEqual(features['BOX'], {
            'code': 'BOX', 'name': "Mailboxes", 'unit': "mailboxes", 'kind': 'quantity', 'allowed': True,
            'reason': 'included', 'limited': True, 'limit': 5.0, 'used': 0.0, 'left': 5.0})
        self.assertEqual((features['BACKUP']['allowed'], features['BACKUP']['limited']), (True, False))

    def test_usage_of_the_running_period_leaves_the_rest(self):
        contract = self._planned(external_ref='A')
        line = contract.line_ids.filtered('meter_id')
        self._use(line, 30, moment='2026-03-05 12:00:00')
        self._use(line, 50, moment='2026-02-05 12:00:00')
        self.assertEqual((self._features(contract)['TALK']['used'], self._features(contract)['TALK']['left']), (30, 70))
        self._use(line, 90, moment='2026-03-06 12:00:00')
        self.assertEqual(self._features(contract)['TALK']['reason'], 'overage')

    def test_a_question_for_more_than_is_left_is_refused_or_charged(self):
        contract = self._planned(external_ref='A')
        self.assertEqual(self._check(contract, 'BOX', 5)['allowed'], True)
        self.assertEqual(self._check(contract, 'BOX', 6)['reason'], 'limit_reached')
        self.assertEqual(self._check(contract, 'TALK', 101)['reason'], 'overage')
        self.assertEqual(self._check(contract, 'NOTHING')['reason'], 'not_granted')

    def test_a_trial_grants_less(self):
        """A16, B18: the limits lift when the trial ends."""
        self.plan.trial_count = 30
        contract = self._planned(external_ref='A', date_start='2026-03-01')
        features = self._features(contract)
        self.assertEqual((features['BOX']['limit'], features['BOX']['reason']), (1.0, 'trial'))
        self.assertEqual((features['BACKUP']['allowed'], features['BACKUP']['reason']), (False, 'not_in_trial'))
        contract.action_end_trial()
        self.assertEqual(self._features(contract)['BOX']['limit'], 5.0)
        self.assertTrue(self._features(contract)['BACKUP']['allowed'])

    def test_suspended_and_ended_contracts_grant_nothing_now(self):
        contract = self._planned(external_ref='A')
        contract.action_suspend()
        self.assertEqual({row['reason'] for row in self._features(contract).values()}, {'suspended'})
        contract.action_resume()
        contract._end(contract._fields['date_end'].to_date('2026-03-09'), "Notice")
        self.assertEqual({row['reason'] for row in self._features(contract).values()}, {'ended'})

    def test_a_service_with_more_units_grants_more(self):
        self.plan.line_ids[1].grant_ids = [
            Command.create({'feature_id': self.boxes.id, 'limit': 10, 'per_unit': True}),
        ]
        contract = self._planned(external_ref='A')
        contract.line_ids.filtered(lambda line: line.product_id == self.hosting).quantity = 3
        self.assertEqual(self._features(contract)['BOX']['limit'], 35.0)

    def test_a_customer_is_asked_for_over_all_contracts(self):
        first, second = self._planned(external_ref='A'), self._planned(external_ref='B')
        first.action_suspend()
        self.assertEqual([row['contract'] for row in first.get_entitlements(partners=['ANA'])],
                         [first.name, second.name])
        answer, = first.check_entitlement([{'feature': 'BOX', 'partner': 'ANA'}])
        self.assertEqual((answer['allowed'], answer['contract']), (True, second.name))

    def test_wrong_questions_are_refused_in_a_sentence(self):
        """F1."""
        Contract = self.env['service.contract']
        for checks in ({}, [{}], ['x'], [{'feature': 'A'}], [{'feature': 1, 'partner': 'ANA'}],
                       [{'feature': 'A', 'partner': 'ANA', 'external_ref': 'A'}],
                       [{'feature': 'A', 'partner': 'NOBODY'}], [{'feature': 'A', 'partner': 'ANA', 'quantity': -1}],
                       [{'feature': 'A', 'partner': 'ANA', 'quantity': float('nan')}]):
            with self.subTest(checks), self.assertRaises(UserError):
                Contract.check_entitlement(checks)
        for refs in ('A', [1], ['NOBODY']):
            with self.subTest(refs), self.assertRaises(UserError):
                Contract.get_entitlements(partners=refs)

    def test_form_shows_them(self):
        contract = self._planned()
        for text in ("Mailboxes", "5 of 5 mailboxes", "Included"):
            self.assertIn(text, contract.entitlements_html)

    def test_staff_reads_features_and_managers_keep_them(self):
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=self.other_company.id, company_ids=[Command.set(self.other_company.ids)])
        self.boxes.company_id = self.company
        self.assertTrue(self.boxes.with_user(clerk).name)
        for attack in (
            lambda: self.boxes.with_user(clerk).write({'name': "x"}),
            lambda: self.plan.grant_ids[0].with_user(clerk).write({'limit': 100}),
            lambda: self.boxes.with_user(stranger).read(['name']),
        ):
            with self.assertRaises(AccessError):
                attack()

    def test_a_copied_plan_grants_the_same(self):
        copy = self.plan.copy()
        self.assertEqual(copy.grant_ids.mapped('limit'), self.plan.grant_ids.mapped('limit'))
        self.assertEqual(copy.line_ids.grant_ids.feature_id, self.talk)

    def test_questions_for_many_contracts_ask_the_database_as_often_as_for_one(self):
        contracts = self.env['service.contract'].concat(*(self._planned(external_ref=f'R{n}') for n in range(6)))

        def queries(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            records.get_entitlements(records.mapped('external_ref'))
            return self.cr.sql_log_count - before

        queries(contracts), queries(contracts[0])  # fills the caches of rights
        one = queries(contracts[0])
        self.assertLessEqual(queries(contracts), one)

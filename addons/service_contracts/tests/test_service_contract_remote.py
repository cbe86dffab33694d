"""What integrators call: upsert by reference, all or nothing, with a sentence for every mistake."""

import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError

from .common import ContractCase


class TestOpenContracts(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.integrator = cls._user('integrator', 'service_contracts.group_contract_integrator')
        cls.Contract = cls.env['service.contract'].with_user(cls.integrator)

    def _item(self, **values):
        return {'external_ref': 'CRM-1', 'partner': 'ANA', 'plan': 'HOST-M', 'date_start': '2026-03-01', **values}

    def test_a_contract_is_opened_from_references(self):
        answer = self.Contract.open_contracts([self._item(activate=True)])
        contract = self.env['service.contract'].search([('external_ref', '=', 'CRM-1')])
        self.assertEqual(answer, [{
            'external_ref': 'CRM-1', 'id': contract.id, 'name': contract.name, 'state': 'active',
            'next_charge_date': '2026-03-01', 'created': True,
        }])
        self.assertEqual(contract.line_ids.product_id, self.setup + self.hosting)
        self.assertEqual(contract.partner_id, self.customer)
        json.dumps(answer)

    def test_the_same_call_again_changes_nothing(self):
        items = [self._item(activate=True, lines=[{'product': 'HOST', 'quantity': 2, 'interval_unit': 'quarter'}])]
        first = self.Contract.open_contracts(items)
        messages = self.env['mail.message'].search_count([])
        again = self.Contract.open_contracts(items)
        self.assertEqual(again, [{**first[0], 'created': False}])
        self.assertEqual(self.env['mail.message'].search_count([]), messages)

    def test_a_draft_is_brought_up_to_date(self):
        self.Contract.open_contracts([self._item(lines=[{'product': 'HOST'}])])
        self.Contract.open_contracts([
            self._item(date_start='2026-04-01', lines=[{'product': 'SETUP', 'kind': 'one_time'}]),
        ])
        contract = self.env['service.contract'].search([('external_ref', '=', 'CRM-1')])
        self.assertEqual(str(contract.date_start), '2026-04-01')
        self.assertRecordValues(contract.line_ids, [{'product_id': self.setup.id, 'kind': 'one_time'}])

    def test_a_running_contract_that_differs_is_refused(self):
        self.Contract.open_contracts([self._item(activate=True, lines=[{'product': 'HOST'}])])
        for change in ({'date_start': '2026-02-01'}, {'lines': [{'product': 'SETUP'}]}, {'lines': []}):
            with self.subTest(change), self.assertRaisesRegex(UserError, r"Contract 1 \(CRM-1\).*differs from what"):
                self.Contract.open_contracts([self._item(**change)])

    def test_every_mistake_names_its_object(self):
        """F1: wrong types, unknown keys and records, through the public method."""
        good = self._item(external_ref='GOOD')
        mistakes = [
            ({'partner': 'NOBODY'}, "no partner “NOBODY”"),
            ({'partner': 2**31}, "whole number"),
            ({'partner': None}, "partner"),
            ({'partner': True}, "partner"),
            ({'plan': 'X'}, "no plan “X”"),
            ({'plan': {}}, "plan"),
            ({'date_start': '2026-02-30'}, "2025-12-31"),
            ({'date_start': 5}, "2025-12-31"),
            ({'date_end': '2020-01-01'}, "before it starts"),
            ({'colour': 1}, "unknown key “colour”"),
            ({'activate': 'yes'}, "true or false"),
            ({'lines': {}}, "list of objects"),
            ({'lines': [1]}, "line 1 must be an object"),
            *[({'lines': [{'product': 'HOST', **line}]}, text) for line, text in [
                ({'product': 'X'}, "no product “X”"),
                ({'contract_id': 1}, "unknown key"),
                ({'quantity': '2'}, "finite number"),
                ({'quantity': -1}, "a number from 0"),
                ({'price_unit': 1e308}, "finite"),
                ({'discount': [1.0]}, "finite"),
                ({'kind': 'x'}, "one of"),
                ({'interval_count': 2**31}, "whole number"),
                ({'interval_count': 0}, "from 1 to 1000"),
            ]],
        ]
        for values, text in mistakes:
            with self.subTest(values), self.assertRaises(UserError) as refused:
                self.Contract.open_contracts([good, self._item(**values)])
            message = str(refused.exception)
            self.assertIn(text, message)
            self.assertIn("Contract 2", message)
            self.assertNotRegex(message, r'Traceback|Error\(|<class')
            self.assertFalse(self.env['service.contract'].search([('external_ref', '=', 'GOOD')]), "nothing half saved")

    def test_a_service_billed_by_usage_is_opened_with_its_price(self):
        meter = self.env['service.meter'].create({'name': "Minutes", 'code': 'MIN'})
        tiers = [{'up_to': 100, 'price_unit': 0.2}, {'up_to': 0, 'price_unit': 0.1, 'flat_fee': 1}]
        line = {'product': 'HOST', 'kind': 'usage', 'meter': 'MIN', 'price_model': 'graduated', 'tiers': tiers,
                'free_quantity': 10, 'minimum_charge': 2.5}
        items = [self._item(activate=True, lines=[line])]
        self.Contract.open_contracts(items)
        contract = self.env['service.contract'].search([('external_ref', '=', 'CRM-1')])
        self.assertRecordValues(contract.line_ids, [{
            'kind': 'usage', 'meter_id': meter.id, 'price_model': 'graduated', 'free_quantity': 10.0,
            'minimum_charge': 2.5,
        }])
        self.assertEqual(len(contract.line_ids.tier_ids), 2)
        self.assertFalse(self.Contract.open_contracts(items)[0]['created'])
        with self.assertRaisesRegex(UserError, "differs from what"):
            self.Contract.open_contracts([self._item(lines=[{**line, 'tiers': tiers[1:]}])])

    def test_a_wrong_price_names_its_object(self):
        """F1: meter and tiers of wrong kinds."""
        for values, text in [
            ({'meter': 'X'}, "no meter “X”"), ({'meter': []}, "meter"), ({'tiers': 5}, "“tiers” must be a list"),
            ({'tiers': [5]}, "line 1, tier 1 must be an object"), ({'tiers': [{'price': 1}]}, "unknown key “price”"),
            ({'tiers': [{'up_to': -1}]}, "a number from 0"), ({'price_model': 'x'}, "one of"),
            ({'free_quantity': 'x'}, "finite number"), ({'meter_id': 1}, "unknown key “meter_id”"),
        ]:
            with self.subTest(values), self.assertRaises(UserError) as refused:
                self.Contract.open_contracts([self._item(lines=[{'product': 'HOST', **values}])])
            self.assertIn(text, str(refused.exception))
            self.assertIn("Contract 1", str(refused.exception))

    def test_references_of_a_hundred_contracts_are_looked_up_together(self):
        items = [self._item(external_ref=f'CRM-{number}') for number in range(100)]
        self.Contract.open_contracts(items)
        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(type(self.env['res.partner']), 'search', autospec=True,
                          side_effect=type(self.env['res.partner']).search) as searched:
            self.Contract.open_contracts(items)
        self.assertEqual(searched.call_count, 1)

    def test_what_is_no_list_of_objects_is_refused(self):
        for contracts in (None, {}, 'x', 1, [None], ['x'], [{}], [{'external_ref': 5}], [{'external_ref': ' '}]):
            with self.subTest(contracts), self.assertRaises(UserError):
                self.Contract.open_contracts(contracts)
        with self.assertRaisesRegex(UserError, "sent twice"):
            self.Contract.open_contracts([self._item(), self._item()])

    def test_an_ambiguous_reference_asks_for_the_id(self):
        self.customer.copy({'ref': 'ANA'})
        with self.assertRaisesRegex(UserError, "More than one partner.*Send its database id"):
            self.Contract.open_contracts([self._item()])
        self.Contract.open_contracts([self._item(partner=self.customer.id)])

    def test_references_belong_to_a_company(self):
        """G16: two companies, one reference."""
        self.Contract.open_contracts([self._item()])
        other = self.other_company
        self.integrator.company_ids |= other
        with self.assertRaisesRegex(UserError, "No contract of"):
            self.Contract.with_company(other).read_status(['CRM-1'])

    def test_the_preview_is_plain_and_complete(self):
        self.Contract.open_contracts([self._item(activate=True)])
        rows = self.Contract.preview_charges('2026-04-15', ['CRM-1'])
        self.assertEqual(rows, self.Contract.preview_charges('2026-04-15'))
        self.assertEqual(rows[1], {
            'external_ref': 'CRM-1', 'contract': rows[0]['contract'], 'currency': 'USD', 'charge_date': '2026-03-01',
            'period_start': '2026-03-01', 'period_last_day': '2026-03-31', 'service': 'Hosting', 'kind': 'recurring',
            'quantity': 1.0, 'price_unit': 30.0, 'discount': 0.0, 'amount_untaxed': 30.0, 'amount_total': 34.5,
            'credit_used': 0.0,
        })
        json.dumps(rows)
        for day in (None, '', 5, 'x', '2026-13-01', '2999-01-01', [], {}):
            with self.subTest(day), self.assertRaises(UserError):
                self.Contract.preview_charges(day)

    def test_the_status_tells_state_and_invoices(self):
        self.Contract.open_contracts([self._item(activate=True)])
        run = self.env['service.billing.run'].create({'date': '2026-03-10'})
        run.action_start()
        self.assertFalse(run.parked_contract_ids.mapped('parked_reason'))
        status, = self.Contract.read_status(['CRM-1'])
        self.assertEqual(status['state'], 'active')
        self.assertEqual(status['next_charge_date'], '2026-04-01')
        invoice, = status['invoices']
        self.assertEqual(
            (invoice['amount_total'], invoice['amount_open'], invoice['payment_state']), (92.0, 92.0, 'not_paid'),
        )
        json.dumps(status)
        for refs in ('CRM-1', [1], ['X'], {'a': 1}):
            with self.subTest(refs), self.assertRaises(UserError):
                self.Contract.read_status(refs)

    def test_others_may_not_call_it(self):
        portal = self._user('portal', 'base.group_portal', partner_id=self.customer.id)
        employee = self._user('employee', 'base.group_user')
        for user in (portal, employee):
            Contract = self.env['service.contract'].with_user(user)
            for method, argument in [
                ('open_contracts', [self._item()]), ('preview_charges', '2026-04-01'), ('read_status', []),
            ]:
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(Contract, method)(argument)

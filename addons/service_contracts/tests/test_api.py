"""The remote interface as others meet it: over HTTP, with bad input, forged contexts, and rights that are missing."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ContractCase
from .test_access import MODELS, PORTAL_READS, REMOTE_METHODS

ARGUMENTS = {
    'open_contracts': [[{'external_ref': 'X', 'partner': 'ANA', 'plan': 'HOST-M'}]],
    'preview_charges': ['2026-04-01'],
    'read_status': [[]],
    'run_billing': [],
    'send_usage': [[]], 'send_readings': [[]], 'send_values': [[]], 'check_entitlement': [[]],
    'action_add_service_plan': [1],
    'grant_credit': [[]], 'read_credit': [[]], 'read_credit_history': [[]], 'close_credit': [[]],
    'preview_plan': ['X', '2026-04-01', '2026-05-01', ['A']],
    'preview_change': ['A', {'plan': 'X'}], 'request_change': ['A', {'plan': 'X'}, 'k'], 'withdraw_change': ['k'],
}
WINDOWS = ('action_view_', 'action_end', 'action_remove', 'action_book_option', 'action_unbook')
RECORD_ARGUMENTS = {'book_option': ['X'], 'unbook_option': ['X'], 'redeem_coupon': ['X']}
"""Of methods that are called on records."""
"""Beginnings of methods that answer with a window; what it shows is read with the rights of whoever opens it."""
GENERIC_CALLS = {
    'read': [['display_name']],
    'export_data': [['id']],
    'web_read': [{'display_name': {}}],
    'write': [{'company_id': 1}],
    'copy': [],
    'unlink': [],
}
"""What Odoo lets anybody call on any record, with harmless arguments."""
SEARCHES = {
    'search': [[]],
    'search_count': [[]],
    'search_read': [[], ['display_name']],
    'name_search': ['CT/'],
    'formatted_read_group': [[], [], ['__count']],
}


@tagged('post_install', '-at_install')
class RemoteCase(ContractCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.integrator = cls._user('integrator', 'service_contracts.group_contract_integrator')
        cls.key = cls.env['res.users.apikeys'].with_user(cls.integrator).sudo()._generate(None, 'test', False)

    def _post(self, model, method, key=None, body=None, **arguments):
        """Call by JSON-2; `body` replaces the JSON of the arguments."""
        return self.url_open(
            f'/json/2/{model}/{method}',
            data=body or json.dumps(arguments),
            headers={'Authorization': f'bearer {key or self.key}', 'Content-Type': 'application/json'},
        )

    def _open(self, **values):
        item = {'external_ref': 'CRM-1', 'partner': 'ANA', 'plan': 'HOST-M', 'date_start': '2026-03-01', **values}
        return self._post('service.contract', 'open_contracts', contracts=[item])

    def _snapshot(self, *recordsets):
        """Return what is stored of records, to compare before and after."""
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            {name: str(value) for name, value in row.items() if name != 'write_uid'}
            for records in recordsets
            for row in records.read([name for name, field in records._fields.items() if field.store])
        ]

    def _assert_refused(self, answer, status=422):
        """Check that a call was refused with a sentence and left nothing behind."""
        message = answer.json()['message']
        self.assertEqual(answer.status_code, status, message)
        self.assertNotRegex(message, r'Traceback|psycopg2|<class|object at 0x|\\n  File')
        self.assertGreater(len(message), 10)
        self.assertFalse(self.env['service.contract'].search([('external_ref', '=', 'CRM-1')]))


class TestRemoteCalls(RemoteCase):
    def test_a_contract_goes_from_order_to_invoice(self):
        self.assertTrue(self._open(activate=True).json()[0]['created'])
        rows = self._post('service.contract', 'preview_charges', date_to='2026-04-30', external_refs=['CRM-1']).json()
        self.assertEqual([row['charge_date'] for row in rows], ['2026-03-01', '2026-03-01', '2026-04-01'])
        run = self._post('service.billing.run', 'run_billing', external_refs=['CRM-1']).json()
        self.assertEqual((run['state'], run['charges'], run['invoices'], run['parked']), ('done', 2, 1, 0))
        (status,) = self._post('service.contract', 'read_status', external_refs=['CRM-1']).json()
        self.assertEqual([invoice['payment_state'] for invoice in status['invoices']], ['not_paid'])

    def test_the_answers_have_the_documented_codes(self):
        """F1: docs/integrators.md names these."""
        cases = [
            (self._post('service.contract', 'read_status', key='wrong', external_refs=[]), 401),
            (self._post('service.contract', 'write', ids=[self._abroad().id], vals={'external_ref': 'x'}), 403),
            (self._post('service.contract', '_set_state', target='ended', reason='x'), 403),
            (self._post('service.contrat', 'read_status', external_refs=[]), 404),
            (self._post('service.contract', 'read_statuses', external_refs=[]), 404),
            (self._post('service.contract', 'read_status'), 422),
            (self._post('service.contract', 'read_status', refs=[]), 422),
            (self._post('service.contract', 'read_status', external_refs=['NOBODY']), 422),
        ]
        for answer, status in cases:
            with self.subTest(answer.url):
                self.assertEqual(answer.status_code, status, answer.text)

    def _abroad(self):
        self.plan.company_id = False
        return self._contract(company_id=self.other_company.id, activate=False)


class TestBadInput(RemoteCase):
    def test_wrong_types_are_refused_in_a_sentence(self):
        """F1: text for number, list for text, null, objects, unknown fields, numbers beyond 32 bits."""
        for values in (
            {'partner': None},
            {'partner': []},
            {'partner': {}},
            {'partner': True},
            {'partner': 2**31},
            {'partner': -1},
            {'plan': 1.5},
            {'date_start': 20260301},
            {'date_start': '03/01/2026'},
            {'date_end': '2026-02-30'},
            {'date_end': '2026-01-01'},
            {'lines': 'HOST'},
            {'lines': [None]},
            {'unknown': 1},
            {'state': 'ended'},
            {'company_id': 1},
            {'lines': [{'product': 'HOST', 'quantity': 'two'}]},
            {'lines': [{'product': 'HOST', 'interval_count': 2**31}]},
            {'lines': [{'product': 'HOST', 'timing': 'never'}]},
            {'lines': [{'product': 999999}]},
        ):
            with self.subTest(values):
                self._assert_refused(self._open(**values))

    def test_numbers_out_of_range_are_refused(self):
        """F2, F3: not finite, too large, negative, written with a comma."""
        for quantity in ('NaN', 'Infinity', '-Infinity', '1e18', '1e308', '-1', '"1e3"', '"1,5"', '[]', 'true'):
            body = json.dumps(
                {
                    'contracts': [
                        {
                            'external_ref': 'CRM-1',
                            'partner': 'ANA',
                            'lines': [{'product': 'HOST', 'quantity': 0}],
                        }
                    ]
                }
            ).replace('"quantity": 0', f'"quantity": {quantity}')
            with self.subTest(quantity=quantity):
                self._assert_refused(self._post('service.contract', 'open_contracts', body=body))
        for line in (
            {'discount': -1},
            {'discount': 100.01},
            {'discount': 10**6},
            {'price_unit': 1e13},
            {'price_unit': -1e13},
            {'interval_count': 0},
            {'interval_count': -1},
            {'interval_count': 10**6},
            {'anchor_day': 0},
            {'anchor_day': 32},
        ):
            with self.subTest(line):
                self._assert_refused(self._open(lines=[{'product': 'HOST', **line}]))

    @mute_logger('odoo.sql_db')
    def test_the_orm_itself_takes_no_more(self):
        """F1, F2: create and write by remote call, past the methods made for it."""
        contract = self._contract()
        before = self._snapshot(contract)
        for values in (
            {'partner_id': 'Ana'},
            {'partner_id': 2**40},
            {'date_start': 'soon'},
            {'date_start': [1]},
            {'renewal': 'x'},
            {'colour': 1},
            {'notice_count': '3'},
            {'notice_count': -1},
            {'notice_count': 2**31},
            {'line_ids': 'x'},
            {'line_ids': [[9, 0, 0]]},
            {'state': 'removed'},
            {'external_ref': 'a\x00b'},
            {'journal_id': 999999999},
        ):
            for answer in (
                self._post('service.contract', 'write', ids=contract.ids, vals=values),
                self._post(
                    'service.contract',
                    'create',
                    vals_list=[{'partner_id': self.customer.id, 'external_ref': 'CRM-1', **values}],
                ),
            ):
                with self.subTest(values, url=answer.url):
                    if values.get('state') and answer.url.endswith('create'):
                        self.assertIn(answer.status_code, (403, 422))
                        continue
                    self._assert_refused(answer, answer.status_code if answer.status_code in (403, 404) else 422)
        self.assertEqual(self._snapshot(contract), before)

    def test_strange_text_is_kept_or_refused_and_the_page_still_shows(self):
        """F4: right-to-left override, NUL, emoji, combining characters, a name of a megabyte."""
        texts = {
            '\u202egnp.exe': 200,
            'a\x00b': 422,
            '🌞' * 50: 200,
            'e\u0301' * 50: 200,
            'x' * 10**6: 422,
            '<script>alert(1)</script>': 200,
        }
        for number, (text, status) in enumerate(texts.items()):
            answer = self._open(external_ref=f'TXT-{number}', lines=[{'product': 'HOST', 'name': text}], activate=True)
            with self.subTest(text[:12]):
                self.assertEqual(answer.status_code, status, answer.text[:500])
                if status == 200:
                    contract = self.env['service.contract'].browse(answer.json()[0]['id'])
                    self.assertEqual(contract.line_ids.name, text)
                    self.assertNotIn('<script>alert', str(contract.next_charges_html))


class TestForgedContext(RemoteCase):
    def test_a_context_sent_along_opens_no_gate(self):
        """G7: keys of our own guards and of core's, as a remote caller can send them."""
        contract = self._contract()
        self._bill(contract.line_ids, '2026-01-01', '2026-02-01')
        before = self._snapshot(contract, contract.line_ids, contract.entry_ids)
        context = {
            'service_gate': True,
            'SERVICE_GATE': True,
            'force_delete': True,
            'skip_readonly_check': True,
            'dynamic_unlink': True,
            'check_move_validity': False,
            'tracking_disable': True,
            'install_mode': True,
            'active_test': False,
        }
        for gate in (True, 1, {}, 'object()'):
            context['service_gate'] = gate
            for method, ids, arguments in (
                ('write', contract.ids, {'vals': {'state': 'removed'}}),
                ('write', contract.ids, {'vals': {'date_end': '2026-01-31'}}),
                ('write', contract.ids, {'vals': {'date_start': '2025-01-01'}}),
                ('unlink', contract.ids, {}),
            ):
                with self.subTest(gate=gate, method=method, **arguments):
                    answer = self._post('service.contract', method, ids=ids, context=context, **arguments)
                    self.assertIn(answer.status_code, (403, 422), answer.text)
            answer = self._post(
                'service.contract.line',
                'write',
                ids=contract.line_ids.ids,
                context=context,
                vals={'date_start': '2026-02-01'},
            )
            self.assertIn(answer.status_code, (403, 422), answer.text)
            answer = self._post(
                'service.billing.entry', 'write', ids=contract.entry_ids.ids, context=context, vals={'state': 'void'}
            )
            self.assertEqual(answer.status_code, 403)
        self.assertEqual(self._snapshot(contract, contract.line_ids, contract.entry_ids), before)

    def test_a_default_in_the_context_starts_no_contract(self):
        """G7: default_ keys reach create."""
        answer = self._post(
            'service.contract',
            'create',
            context={'default_state': 'active', 'default_parked_on': '2026-01-01'},
            vals_list=[{'partner_id': self.customer.id}],
        )
        self.assertEqual(self.env['service.contract'].browse(answer.json()).state, 'draft')


class TestCompanies(RemoteCase):
    def setUp(self):
        super().setUp()
        self.plan.company_id = False
        self.abroad = self._contract(company_id=self.other_company.id, activate=False, external_ref='ABROAD')

    def test_an_integrator_reaches_only_the_own_company(self):
        """G16: by reference, by id, and with a company forged into the context."""
        forged = {'allowed_company_ids': self.other_company.ids}
        for method, arguments in (
            ('read_status', {'external_refs': ['ABROAD']}),
            ('preview_charges', {'date_to': '2026-04-01', 'external_refs': ['ABROAD']}),
        ):
            for context in ({}, forged):
                with self.subTest(method=method, context=context):
                    answer = self._post('service.contract', method, context=context, **arguments)
                    self.assertIn(answer.status_code, (403, 422), answer.text)
        for context in ({}, forged):
            answer = self._post('service.billing.run', 'run_billing', context=context, external_refs=['ABROAD'])
            self.assertIn(answer.status_code, (403, 422), answer.text)
            for method, arguments in (
                ('read', {'fields': ['name']}),
                ('write', {'vals': {'external_ref': 'x'}}),
                ('unlink', {}),
                ('action_activate', {}),
            ):
                answer = self._post('service.contract', method, ids=self.abroad.ids, context=context, **arguments)
                self.assertEqual(answer.status_code, 403, f'{method}: {answer.text}')
        self.assertFalse(self.env['service.billing.run'].sudo().search([('company_id', '=', self.other_company.id)]))

    def test_a_reference_of_another_company_is_free(self):
        """G16: the same reference in two companies names two contracts."""
        answer = self._open(external_ref='ABROAD')
        self.assertTrue(answer.json()[0]['created'])
        self.assertNotEqual(answer.json()[0]['id'], self.abroad.id)

    def test_a_run_bills_the_own_company_only(self):
        """G16: all that is due means all of one company."""
        self.abroad.sudo().line_ids.tax_ids = False
        here = self._contract()
        self._post('service.billing.run', 'run_billing')
        self.assertTrue(here.entry_ids)
        self.assertFalse(self.abroad.entry_ids)

    def test_a_shared_customer_sees_contracts_of_the_own_company_only(self):
        """G16: a portal user with one company, a partner with contracts in two."""
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        self.abroad.sudo()._fix_lines_start()
        here = self._contract()
        self.assertEqual(self.env['service.contract'].with_user(portal).search([]), here)


class TestRights(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        neighbour = cls.env['res.partner'].create({'name': "Bruno"})
        cls.portal = cls._user('ana', 'base.group_portal', partner_id=cls.customer.id)
        cls.employee = cls._user('employee', 'base.group_user')
        cls.neighbour = neighbour

    def setUp(self):
        super().setUp()
        self.foreign = self._planned(partner_id=self.neighbour.id)
        self.env['service.credit.grant'].create({'partner_id': self.neighbour.id, 'amount': 5})
        self.env['service.billing.run'].create({'date': '2026-03-01'}).action_start()
        self.foreign.action_pause()
        self._share_costs(self.foreign.line_ids[-1])
        self._measure(self.foreign.line_ids[-1])

    def _share_costs(self, line):
        """Let the service pay a share of common costs, which its customer may read."""
        group = self.env['service.allocation.group'].create({
            'name': "House", 'payer_line_id': line.id, 'unit_ids': [Command.create({'name': "Hall", 'area': 1})],
        })
        statement = self.env['service.allocation'].create({
            'name': "Costs", 'group_id': group.id, 'date_from': '2025-01-01', 'date_to': '2025-12-31',
            'item_ids': [Command.create({'name': "Insurance", 'amount': 10})],
        })
        statement.action_compute()
        statement.action_confirm()

    def _measure(self, line):
        """Let the service have a result of performance, which its customer may read."""
        metric = self.env['service.performance.metric'].create({
            'name': "Score", 'code': 'SCORE', 'step_ids': [Command.create({'is_lowest': True, 'amount': 1})],
        })
        self.env['service.performance.value'].create({
            'metric_id': metric.id, 'contract_line_id': line.id, 'date': '2026-01-31', 'value': 1,
        })
        self.env['service.performance.agreement'].create({
            'metric_id': metric.id, 'contract_line_id': line.id, 'date_start': '2026-01-01',
        }).action_evaluate()

    def _own_models(self):
        """Return the models that this add-on makes, read from the registry."""
        return {
            name
            for name, cls in self.env.registry.items()
            if cls._original_module == 'service_contracts' and not cls._abstract
        }

    def _record(self, model):
        """Return a record of somebody else, or a number that may be one where nobody without a role may look."""
        Model = self.env[model].sudo()
        if Model._transient and 'contract_id' in Model._fields and 'forecast_id' not in Model._fields:
            reason = {'reason': 'x'} if 'reason' in Model._fields else {}
            return Model.create({'contract_id': self.foreign.id, **reason})
        found = Model.search([('partner_id', '=', self.neighbour.id)] if 'partner_id' in Model._fields else [], limit=1)
        return found or Model.browse(1)

    def test_every_model_is_in_the_matrix(self):
        """G3: a new model without a test fails here."""
        self.assertEqual(self._own_models(), set(MODELS))
        for model in PORTAL_READS:
            self.assertEqual(self._record(model).sudo().partner_id, self.neighbour)

    def test_a_customer_gets_nothing_of_others_by_generic_calls(self):
        """G3: every model, every generic call, over the door that remote calls take."""
        for model in MODELS:
            record = self._record(model)
            for name, arguments in GENERIC_CALLS.items():
                with self.subTest(model=model, call=name), self.assertRaises(UserError), self.env.cr.savepoint():
                    call_kw(self.env[model].with_user(self.portal), name, [record.ids, *arguments], {})
            for name, arguments in SEARCHES.items():
                with self.subTest(model=model, call=name), self.env.cr.savepoint():
                    try:
                        found = call_kw(self.env[model].with_user(self.portal), name, arguments, {})
                    except AccessError:
                        continue
                    self.assertIn(found, ([], 0, [{'__count': 0}], [{'__extra_domain': [(1, '=', 1)], '__count': 0}]))

    def test_every_public_method_refuses_who_has_no_role(self):
        """G4: all of our models and of core's that we extend, as customer and as employee."""
        for model, names in REMOTE_METHODS.items():
            if model in ('sale.order', 'res.partner', 'account.move'):
                continue  # extended models keep the rights of core; their methods of ours open windows
            record = self._record(model)
            for name in sorted(name for name in names if not name.startswith(WINDOWS)):
                for user in (self.portal, self.employee):
                    arguments = ARGUMENTS.get(name) or RECORD_ARGUMENTS.get(name, [])
                    is_model_wide = getattr(getattr(type(record), name), '_api_model', False)
                    target = [] if is_model_wide else [record.ids]
                    with (
                        self.subTest(model=model, method=name, user=user.login),
                        self.assertRaises(AccessError),
                        self.env.cr.savepoint(),
                    ):
                        call_kw(self.env[model].with_user(user), name, [*target, *arguments], {})

    def test_windows_show_nothing_to_who_has_no_role(self):
        """G4: the actions behind the window methods are for staff; their models stay shut."""
        for user in (self.portal, self.employee):
            for name in (
                'action_view_invoices',
                'action_view_entries',
                'action_view_sale_orders',
                'action_end',
                'action_remove',
            ):
                with self.subTest(user=user.login, method=name), self.env.cr.savepoint():
                    try:
                        window = call_kw(self.env['service.contract'].with_user(user), name, [self.foreign.ids], {})
                    except AccessError:
                        continue
                    self.assertFalse({'name', 'amount_total'} & set(window.get('context', {})))

    def test_a_customer_adds_no_plan_to_an_order(self):
        """G4: the method we add to sale orders writes with the caller's rights."""
        order = self.env['sale.order'].create({'partner_id': self.customer.id})
        for user in (self.portal, self.employee):
            with self.subTest(user.login), self.assertRaises(AccessError), self.env.cr.savepoint():
                call_kw(
                    self.env['sale.order'].with_user(user), 'action_add_service_plan', [order.ids, self.plan.id], {}
                )

    def test_customers_do_not_edit_lines_through_their_order(self):
        """G5: neither price nor plan of an order, by remote call."""
        order = self.env['sale.order'].create(
            {
                'partner_id': self.customer.id,
                'order_line': [Command.create({'product_id': self.hosting.id})],
            }
        )
        with self.assertRaises(AccessError):
            call_kw(
                self.env['sale.order.line'].with_user(self.portal),
                'write',
                [order.order_line.ids, {'service_plan_id': self.plan.id}],
                {},
            )

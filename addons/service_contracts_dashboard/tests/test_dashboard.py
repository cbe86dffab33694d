"""The dashboard names models, fields and menus that are there, and staff of contracts see it."""

import json
import re

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

FIELD = re.compile(r'ODOO\.LIST(?:\.HEADER)?\((\d+),(?:\d+,)?"(\w+)"')


@tagged('post_install', '-at_install')
class TestDashboard(TransactionCase):
    """J10."""

    def setUp(self):
        super().setUp()
        self.dashboard = self.env.ref('service_contracts_dashboard.dashboard_contracts')
        self.sheet = json.loads(self.dashboard.spreadsheet_data)

    def test_charts_read_fields_that_are_there(self):
        charts = [
            figure['data'] for sheet in self.sheet['sheets'] for figure in sheet['figures']
            if figure['data']['type'].startswith('odoo_')
        ]
        self.assertEqual(len(charts), 4)
        for chart in charts:
            source = chart['metaData']
            names = [source['measure'], *(name.split(':')[0] for name in source['groupBy'])]
            for name in names:
                self.assertIn(name, self.env[source['resModel']]._fields)
            self.env[source['resModel']]._read_group([], source['groupBy'], [f"{source['measure']}:sum"])

    def test_lists_read_fields_that_are_there(self):
        for found in self.sheet['lists'].values():
            records = self.env[found['model']].search(found['domain'], limit=5)
            records.read(found['columns'])
        for sheet in self.sheet['sheets']:
            for formula in sheet['cells'].values():
                for place, name in FIELD.findall(formula):
                    self.assertIn(name, self.sheet['lists'][place]['columns'])

    def test_menus_are_there(self):
        for xmlid in self.sheet['chartOdooMenusReferences'].values():
            self.assertTrue(self.env.ref(xmlid).action)

    def test_staff_of_contracts_see_it_and_others_do_not(self):
        users = {
            group: self.env['res.users'].create({
                'name': group, 'login': group, 'group_ids': [Command.set(self.env.ref(group).ids)],
            }) for group in ('service_contracts.group_contract_user', 'base.group_user')
        }
        seen = {group: self.env['spreadsheet.dashboard'].with_user(user).search([('id', '=', self.dashboard.id)])
                for group, user in users.items()}
        self.assertTrue(seen['service_contracts.group_contract_user'])
        self.assertFalse(seen['base.group_user'])

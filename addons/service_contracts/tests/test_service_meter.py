"""Meters: named once in a company, and what they count stays once they have records."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation

from .usage import UsageCase


@tagged('post_install', '-at_install')
class TestServiceMeter(UsageCase):

    def test_a_code_is_unique_in_its_company(self):
        self.meter.copy({'code': 'MIN', 'company_id': self.other_company.id})
        with self.assertRaises(UniqueViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            self.meter.copy({'code': 'MIN'})

    def test_what_is_counted_stays_once_there_are_records(self):
        self.meter.aggregation = 'max'
        line = self._metered()
        self._use(line, 5)
        with self.assertRaisesRegex(UserError, "cannot change"):
            self.meter.aggregation = 'sum'
        self.meter.write({'aggregation': 'max', 'late_policy': 'credit', 'name': "Peak"})
        self.assertEqual(self.meter.record_count, 1)

    def test_a_meter_in_use_is_kept(self):
        self._metered()
        with self.assertRaises(Exception), mute_logger('odoo.sql_db'), self.env.cr.savepoint():  # noqa: B017
            self.meter.unlink()

    def test_usage_needs_a_meter_and_only_usage_has_one(self):
        for vals in ({'meter_id': False}, {'kind': 'recurring'}):
            with self.subTest(vals), self.assertRaisesRegex(ValidationError, "meter"):
                self._metered().write(vals)

    def test_the_meter_of_a_billed_service_stays(self):
        line = self._metered()
        self._run()
        with self.assertRaisesRegex(UserError, "Meter"):
            line.meter_id = self.meter.copy()

    def test_only_managers_keep_meters(self):
        for group, writes in (('service_contracts.group_contract_manager', True),
                              ('service_contracts.group_contract_user', False), ('base.group_user', False)):
            with self.subTest(group):
                self.assertEqual(self.meter.with_user(self._user(group, group)).has_access('write'), writes)

    def test_a_stranger_does_not_see_the_meters_of_a_company(self):
        """G16: a meter of a company is its own."""
        self.meter.company_id = self.company
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=self.other_company.id, company_ids=[(6, 0, self.other_company.ids)])
        self.assertFalse(self.env['service.meter'].with_user(stranger).search([('id', '=', self.meter.id)]))

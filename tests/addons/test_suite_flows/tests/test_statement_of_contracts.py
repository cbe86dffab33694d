"""A customer with two contracts on one invoice: a statement for each of them, and together the whole account."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

from .checked_billing import CheckedBilling


@tagged('post_install', '-at_install')
class TestStatementOfContracts(CheckedBilling, AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= (
            cls.env.ref('service_contracts.group_contract_manager') | cls.env.ref('dunning_sms.group_dunning_manager'))
        categories = cls.env['product.category'].create([{'name': "Alarm"}, {'name': "Internet"}])
        cls.alarm, cls.internet = cls.env['product.product'].create([
            {'name': category.name, 'type': 'service', 'list_price': price, 'categ_id': category.id,
             'taxes_id': [Command.clear()]}
            for category, price in zip(categories, (30.0, 50.0), strict=True)
        ])
        cls.customer = cls.env['res.partner'].create({'name': "Dora"})

    def _contract(self, product):
        contract = self.env['service.contract'].create({
            'partner_id': self.customer.id, 'date_start': '2026-01-01',
            'line_ids': [Command.create({'product_id': product.id})],
        })
        contract.action_activate()
        return contract

    def _statement(self, group_by):
        made = self.env['account.statement'].get_statements([self.customer.id], '2026-02-10', group_by=group_by)
        return made[0]['currencies'][0]

    @freeze_time('2026-02-05')
    def test_a_statement_for_each_contract_and_one_balance(self):
        """G1: January and February are billed, January of the alarm is paid."""
        alarm, internet = self._contract(self.alarm), self._contract(self.internet)
        run = self.env['service.billing.run'].create({'date': '2026-02-05'})
        run.action_start()
        due = self.env['account.move.line'].search([
            ('partner_id', '=', self.customer.id), ('account_id.account_type', '=', 'asset_receivable')])
        self.assertEqual(due.service_contract_id, alarm | internet)
        paid = due.filtered(lambda line: line.service_contract_id == alarm).sorted('date')[:1]
        self.env['account.payment.register'].with_context(
            active_model='account.move.line', active_ids=paid.ids,
        ).create({'payment_date': '2026-02-05', 'amount': 30.0})._create_payments()
        whole = self._statement('contract')
        closing = {section['name']: section['closing'] for section in whole['sections']}
        self.assertEqual(closing, {alarm.display_name: 30.0, internet.display_name: 100.0})
        self.assertEqual(whole['closing'], 130.0)
        by_type = {section['name']: section['closing'] for section in self._statement('service_type')['sections']}
        self.assertEqual(by_type, {"Alarm": 30.0, "Internet": 100.0})

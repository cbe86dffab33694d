"""Coming from elsewhere: contracts are read, compared to the cent, and opened once."""

import base64

from odoo.exceptions import UserError
from odoo.fields import Command

from .common import ExchangeCase

WOO = (
    "subscription_id,subscription_status,customer_id,billing_email,billing_first_name,billing_last_name,"
    "next_payment_date,start_date,billing_period,billing_interval,order_total,order_tax,order_items\n"
    "73,wc-active,12,ana@example.com,Ana,Perez,2026-03-20 08:00:00,2025-01-20,month,1,24.20,4.20,"
    "\"product_id:5|name:Hosting|quantity:2|total:20.00\"\n"
    "74,wc-active,13,eva@example.com,Eva,Gil,2026-03-15 08:00:00,2025-01-15,month,1,11.00,1.00,"
    "\"product_id:6|name:Mail|quantity:1|total:9.99\"\n"
    "75,wc-cancelled,14,x@example.com,X,Y,2026-03-15,2025-01-15,month,1,1,0,\"product_id:6|name:Mail|quantity:1|total:1\"\n"
    "76,wc-active,15,z@example.com,Z,W,2026-03-15,2025-01-15,fortnight,1,1,0,\"product_id:6|name:M|quantity:1|total:1\"\n"
)
OCA = """
CREATE TABLE contract_contract (id serial, name varchar, code varchar, partner_id integer, company_id integer,
    active boolean, contract_type varchar, pricelist_id integer, manual_currency_id integer);
CREATE TABLE contract_line (id serial, contract_id integer, product_id integer, name varchar, quantity float,
    specific_price float, automatic_price boolean, discount float, date_start date, date_end date,
    recurring_next_date date, recurring_rule_type varchar, recurring_interval integer,
    recurring_invoicing_type varchar, is_canceled boolean, display_type varchar);
ALTER TABLE account_move_line ADD COLUMN IF NOT EXISTS contract_line_id integer;
CREATE TABLE sale_subscription (id serial, name varchar, code varchar, partner_id integer, company_id integer,
    template_id integer, date_start date, date date, recurring_next_date date, active boolean, in_progress boolean,
    stage_id integer, currency_id integer, is_paused boolean);
CREATE TABLE sale_subscription_template (id serial, recurring_rule_type varchar, recurring_interval integer);
CREATE TABLE sale_subscription_stage (id serial, type varchar);
CREATE TABLE sale_subscription_line (id serial, sale_subscription_id integer, product_id integer, name varchar,
    product_uom_qty float, price_unit float, discount float);
ALTER TABLE account_move ADD COLUMN IF NOT EXISTS subscription_id integer;
"""
"""The tables of the two modules in 19.0, as far as they are read; tests/e2e reads those of the modules themselves."""


class TestTakeover(ExchangeCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.has_contracts = 'service.contract' in cls.env
        if cls.has_contracts:
            cls.env.user.group_ids |= cls.env.ref('service_contracts.group_contract_manager')

    def _takeover(self, source, **vals):
        return self.env['exchange.takeover'].create({'source': source, 'company_id': self.company.id, **vals})

    def _woo(self):
        return self._takeover('woocommerce', content=base64.b64encode(WOO.encode()))

    def _states(self, takeover):
        return {line.ref: line.state for line in takeover.line_ids}

    def test_without_contracts_it_says_what_to_install(self):
        if self.has_contracts:
            self.skipTest("Service Contracts is installed beside the exchange.")
        with self.assertRaises(UserError) as refused:
            self._woo().action_read()
        self.assertIn("Install Service Contracts", str(refused.exception))

    def test_a_wrong_row_tells_why(self):
        contracts, wrong = self._woo()._read_contracts()
        self.assertEqual([contract.ref for contract in contracts], ['73', '74'])
        self.assertEqual([(ref, error.code) for ref, error in wrong], [('76', 'interval')])

    def test_contracts_of_oca_are_read_from_their_tables(self):
        takeover = self._oca_contract()
        (contract,), wrong = takeover._read_contracts()
        self.assertFalse(wrong)
        self.assertEqual((contract.partner, str(contract.next_date), contract.unit, contract.count),
                         (self.customer.id, '2026-03-20', 'month', 3))
        self.assertEqual(float(contract.last_amount), 60.0)

    def test_subscriptions_of_oca_are_read_from_their_tables(self):
        self.env.cr.execute(OCA)
        invoice = self._invoice(25.0)
        self.env.flush_all()
        self.env.cr.execute("INSERT INTO sale_subscription_template (id, recurring_rule_type, recurring_interval) "
                            "VALUES (1, 'months', 1)")
        self.env.cr.execute(
            "INSERT INTO sale_subscription (id, name, partner_id, company_id, template_id, date_start, "
            "recurring_next_date, active, in_progress) VALUES "
            "(5, 'S', %s, %s, 1, '2025-01-01', '2026-03-01', TRUE, TRUE)",
            (self.customer.id, self.company.id),
        )
        self.env.cr.execute(
            "INSERT INTO sale_subscription_line (sale_subscription_id, product_id, name, product_uom_qty, price_unit, "
            "discount) VALUES (5, %s, 'Care', 1, 20, 0), (5, %s, 'More', 1, 5, 0)", (self.service.id, self.service.id),
        )
        self.env.cr.execute("UPDATE account_move SET subscription_id = 5 WHERE id = %s", (invoice.id,))
        (contract,), _wrong = self._takeover('oca_subscription')._read_contracts()
        self.assertEqual((len(contract.lines), float(contract.last_amount)), (2, 25.0))

    def test_contracts_with_suppliers_and_archived_ones_stay_where_they_are(self):
        takeover = self._oca_contract()
        for column, value in (('contract_type', 'purchase'), ('active', False)):
            with self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(f"UPDATE contract_contract SET {column} = %s", (value,))
                self.assertEqual(takeover._read_contracts(), ([], []))
                savepoint.rollback()

    def test_a_price_of_a_price_list_is_the_one_invoiced_last(self):
        takeover = self._oca_contract()
        self.env.cr.execute("UPDATE contract_line SET automatic_price = TRUE, specific_price = 0")
        (contract,), _wrong = takeover._read_contracts()
        self.assertEqual(float(contract.lines[0].price_unit), 60.0)
        self.env.cr.execute("UPDATE account_move_line SET contract_line_id = NULL")
        _none, ((_ref, error),) = takeover._read_contracts()
        self.assertEqual(error.code, 'price')

    def test_missing_tables_are_told(self):
        _contracts, wrong = self._takeover('oca_contract')._read_contracts()
        self.assertEqual(wrong[0][1].code, 'table')

    def _oca_contract(self):
        self.env.cr.execute(OCA)
        invoice = self._invoice(60.0)
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO contract_contract (id, name, partner_id, company_id, active, contract_type) "
            "VALUES (7, 'Old', %s, %s, TRUE, 'sale')",
            (self.customer.id, self.company.id),
        )
        self.env.cr.execute(
            "INSERT INTO contract_line (id, contract_id, product_id, name, quantity, specific_price, discount, "
            "date_start, recurring_next_date, recurring_rule_type, recurring_interval, recurring_invoicing_type) "
            "VALUES (9, 7, %s, 'Care', 2, 30, 0, '2025-03-20', '2026-03-20', 'quarterly', 1, 'pre-paid')",
            (self.service.id,),
        )
        self.env.cr.execute(
            "UPDATE account_move_line SET contract_line_id = 9 WHERE move_id = %s AND display_type = 'product'",
            (invoice.id,),
        )
        return self._takeover('oca_contract')

    # === WITH SERVICE CONTRACTS === #

    def _require_contracts(self):
        if not self.has_contracts:
            self.skipTest("Service Contracts is not installed beside the exchange; tests/e2e shows it.")

    def test_amounts_are_compared_and_only_what_agrees_is_opened(self):
        self._require_contracts()
        takeover = self._woo()
        takeover.action_read()
        takeover.action_compare()
        self.assertEqual(self._states(takeover), {'73': 'agrees', '74': 'differs', '76': 'refused'})
        line = takeover.line_ids.filtered(lambda line: line.ref == '74')
        self.assertEqual((line.old_amount, line.new_amount, line.difference), (10.0, 9.99, -0.01))
        self.assertFalse(self.env['service.contract'].search([('external_ref', '=like', 'woo%')]))
        takeover.action_take_over()
        contract = self.env['service.contract'].search([('external_ref', '=like', 'woo%')])
        self.assertEqual((contract.external_ref, str(contract.next_charge_date)), ('woo:73', '2026-03-20'))
        takeover.action_take_over()
        line.action_accept()
        takeover.action_take_over()
        self.assertEqual(self.env['service.contract'].search_count([('external_ref', '=like', 'woo%')]), 2)

    def test_a_contract_in_another_currency_needs_a_price_list_in_it(self):
        self._require_contracts()
        foreign = self.env.ref('base.KWD')
        foreign.active = True
        woo = WOO.splitlines()
        content = '\n'.join([f'{woo[0]},order_currency', f'{woo[1]},KWD'])
        takeover = self._takeover('woocommerce', content=base64.b64encode(content.encode()))
        takeover.action_read()
        takeover.action_compare()
        self.assertIn("KWD", takeover.line_ids.reason)
        self.env['product.pricelist'].create({'name': "Dinar", 'currency_id': foreign.id})
        takeover.action_read()
        takeover.action_compare()
        takeover.action_take_over()
        contract = self.env['service.contract'].search([('external_ref', '=', 'woo:73')])
        self.assertEqual(contract.currency_id, foreign)

    def test_a_contract_of_oca_goes_on_where_it_stood(self):
        self._require_contracts()
        self.service.taxes_id = [Command.clear()]
        takeover = self._oca_contract()
        takeover.action_read()
        takeover.action_compare()
        self.assertEqual(self._states(takeover), {'7': 'agrees'})
        takeover.action_take_over()
        contract = self.env['service.contract'].search([('external_ref', '=', 'oca:7')])
        self.assertEqual((contract.partner_id, str(contract.next_charge_date), contract.state),
                         (self.customer, '2026-03-20', 'active'))

"""The journeys of staff and customer, clicked through in a real browser."""

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import HttpCase, tagged


@tagged('post_install', '-at_install')
class TestTours(AccountTestInvoicingCommon, HttpCase):
    """Without a frozen clock: the browser would take the session for expired."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('service_contracts.group_contract_manager')
        product = cls.env['product.product'].create({'name': "Hosting tour", 'type': 'service', 'list_price': 30.0})
        setup = cls.env['product.product'].create({'name': "Setup tour", 'type': 'service', 'list_price': 50.0})
        cls.plan = cls.env['service.plan'].create(
            {
                'name': "Hosting tour",
                'line_ids': [
                    Command.create({'product_id': setup.id, 'kind': 'one_time'}),
                    Command.create({'product_id': product.id}),
                ],
            }
        )
        cls.customer = cls.env['res.partner'].create({'name': "Ana Tour", 'email': 'ana@example.com'})

    def _user(self, login, group, **vals):
        return self.env['res.users'].create(
            {
                'name': login,
                'login': login,
                'password': login,
                'group_ids': [Command.set(self.env.ref(group).ids)],
                **vals,
            }
        )

    def test_staff_bills_a_contract(self):
        self._user('nuria', 'service_contracts.group_contract_manager')
        self.start_tour('/odoo/contracts', 'service_contracts_staff_bills_a_contract', login='nuria')
        contract = self.env['service.contract'].search([('partner_id', '=', self.customer.id)])
        self.assertEqual(contract.state, 'active')
        self.assertEqual(contract.entry_ids.move_id.state, 'posted')

    def test_a_customer_opens_an_invoice(self):
        self._user('ana-tour', 'base.group_portal', partner_id=self.customer.id)
        contract = self.env['service.contract'].create({'partner_id': self.customer.id, 'plan_id': self.plan.id})
        contract.action_load_plan()
        contract.action_activate()
        self.env['service.billing.run'].create({}).action_start()
        self.start_tour('/my', 'service_contracts_customer_opens_an_invoice', login='ana-tour')

"""What tests of contracts share: a company with a chart of accounts, services, plans and a customer."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

TODAY = '2026-03-10'
"""The day on which these tests take place, a Tuesday."""


@tagged('post_install', '-at_install')
class ContractCase(AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TODAY))
        cls.env.user.group_ids |= (
            cls.env.ref('service_contracts.group_contract_manager')
            | cls.env.ref('sales_team.group_sale_salesman_all_leads')
        )
        cls.company = cls.company_data['company']
        cls.tax = cls.company_data['default_tax_sale']
        cls.hosting, cls.setup = cls.env['product.product'].create([
            {'name': "Hosting", 'default_code': 'HOST', 'type': 'service', 'list_price': 30.0,
             'taxes_id': [Command.set(cls.tax.ids)]},
            {'name': "Setup", 'default_code': 'SETUP', 'type': 'service', 'list_price': 50.0,
             'taxes_id': [Command.set(cls.tax.ids)]},
        ])
        cls.plan = cls.env['service.plan'].create({
            'name': "Hosting, monthly",
            'code': 'HOST-M',
            'line_ids': [
                Command.create({'product_id': cls.setup.id, 'kind': 'one_time', 'sequence': 1}),
                Command.create({'product_id': cls.hosting.id, 'sequence': 2}),
            ],
        })
        cls.customer = cls.env['res.partner'].create({'name': "Ana", 'ref': 'ANA'})
        cls.euro = cls.setup_other_currency('EUR')
        cls.other_company = cls.env['res.company'].create({'name': "Other"})

    @classmethod
    def _user(cls, login, group, **vals):
        """Return a user with one group."""
        return cls.env['res.users'].create({
            'name': login, 'login': login, 'group_ids': [Command.set(cls.env.ref(group).ids)], **vals,
        })

    def _contract(self, lines=({},), activate=True, **vals):
        """Return a contract of the customer with one hosting service for each dict of line values."""
        contract = self.env['service.contract'].create({
            'partner_id': self.customer.id,
            'date_start': '2026-01-01',
            **vals,
            'line_ids': [Command.create({'product_id': self.hosting.id, **line}) for line in lines],
        })
        if activate:
            contract.action_activate()
        return contract

    def _planned(self, plan=None, activate=True, **vals):
        """Return a contract with the services of a plan."""
        contract = self._contract((), activate=False, plan_id=(plan or self.plan).id, **vals)
        contract.action_load_plan()
        if activate:
            contract.action_activate()
        return contract

    def _bill_contract(self, contract, day):
        """Bill a contract on a day by a run of its own, which must not park it."""
        with freeze_time(day):
            self.env['service.billing.run'].create({
                'date': day, 'contract_ids': [Command.set(contract.ids)],
            }).action_start()
        self.assertFalse(contract.parked_reason)

    def _double_check(self, day):
        """Return what the double check finds on a day: findings, and keys of periods that differ from the contract."""
        self.env.flush_all()
        Check_sudo = self.env['service.billing.check'].sudo()
        with freeze_time(day):
            Check_sudo._check_by_query(self.company, False)
            Check_sudo._check_gaps(self.company)
            entries = self.env['service.billing.entry'].search([('company_id', '=', self.company.id)])
            differing = Check_sudo._differing_periods(entries)
        found = self.env['service.billing.finding'].search([('company_id', '=', self.company.id)])
        return [*found.mapped('summary'), *(vals['key'] for vals in differing)]

    def _bill(self, line, start, end, **vals):
        """Return a ledger row as a run would write it, without invoice; `end` is exclusive."""
        return self.env['service.billing.entry'].sudo().create({
            'contract_line_id': line.id,
            'contract_id': line.contract_id.id,
            'partner_id': line.partner_id.id,
            'company_id': line.company_id.id,
            'currency_id': line.currency_id.id,
            'kind': line.kind,
            'period_start': start,
            'period_end': end,
            'charge_date': start,
            **vals,
        })

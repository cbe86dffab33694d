"""What tests of reminders share: a company with a chart of accounts, a service, customers and their invoices."""

from freezegun import freeze_time
from odoo import fields
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

TODAY = '2026-03-10 10:00:00'
"""The moment at which these tests take place, a Tuesday in the morning."""


@tagged('post_install', '-at_install')
class DunningCase(AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TODAY))
        cls.env.user.group_ids |= cls.env.ref('dunning_sms.group_dunning_manager')
        cls.company = cls.company_data['company']
        cls.company.partner_id.tz = 'UTC'
        cls.service = cls.env['product.product'].create({
            'name': "Monitoring", 'type': 'service', 'list_price': 100.0, 'taxes_id': [Command.clear()],
        })
        cls.customer, cls.neighbour = cls.env['res.partner'].create([
            {'name': "Ana", 'email': 'ana@example.com', 'phone': '+57 300 1112233', 'lang': 'en_US'},
            {'name': "Bruno", 'email': 'bruno@example.com', 'phone': '+57 301 4445566', 'lang': 'en_US'},
        ])
        cls.other_company = cls.env['res.company'].create({'name': "Other"})
        cls.gateway = cls.env['dunning.gateway'].create({'name': "Sandbox", 'company_id': cls.company.id})
        cls.policy = cls._policy()
        cls.company.write({
            'dunning_is_active': True, 'dunning_policy_id': cls.policy.id, 'dunning_gateway_id': cls.gateway.id,
            'dunning_contact_rule_id': cls.env.ref('dunning_sms.dunning_contact_rule_basic').id, 'dunning_hour': 0,
            'email': 'company@example.com',
        })
        cls.before, cls.on_day, cls.late, cls.final = cls.policy.step_ids

    @classmethod
    def _policy(cls, **vals):
        """Return a policy with a step five days before, on, three and fourteen days after the due date."""
        def step(name, distance, *channels, **more):
            return Command.create({'name': name, 'distance': distance, **more, 'route_ids': [
                Command.create({
                    'channel': channel, 'sequence': number, 'is_fallback': bool(number),
                    'subject': f"{name}: {{amount}}", 'body': "<p>{customer}: {items}{suspension_date}</p>",
                    'sms_body': f"{name}: {{amount}}, {{suspension_date}}",
                })
                for number, channel in enumerate(channels)
            ]})

        return cls.env['dunning.policy'].create({
            'name': "Test", 'grace_days': 5, 'suspension_days': 10, 'removal_days': 30, 'warning_days': 3,
            'step_ids': [
                step("Before", -5, 'email'), step("Today", 0, 'email', 'sms'), step("Late", 3, 'email', 'sms'),
                step("Final", 14, 'email', 'sms', repeat_days=7, repeat_times=2),
            ], **vals,
        })

    def _plan(self, partners=None):
        """Write the notices of customers (all with something open) at this moment, and return them."""
        if partners is None:
            partners = self.env['res.partner'].browse(
                self.env['dunning.run']._customers(self.company, self.company._dunning_today()))
        return self.env['dunning.planner'].with_company(self.company)._plan(self.company, partners.ids)[0]

    def _reason(self, partner=None):
        """Return why a customer gets nothing now."""
        partner = partner or self.customer
        decided = self.env['dunning.planner'].with_company(self.company)._decide(self.company, partner.ids)
        return decided[partner.id][1].reason

    def _send(self):
        """Work off the outbox as the scheduler does."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env['dunning.sender'].with_env(self.env(cr=cr, su=True))._cron_send()
        self.env.invalidate_all()

    @staticmethod
    def _day(text):
        return fields.Date.to_date(text)

    @classmethod
    def _user(cls, login, group, **vals):
        """Return a user with one group."""
        return cls.env['res.users'].create({
            'name': login, 'login': login, 'group_ids': [Command.set(cls.env.ref(group).ids)], **vals,
        })

    @classmethod
    def _invoice(cls, amount=100.0, due='2026-03-10', partner=None, move_type='out_invoice', post=True, **vals):
        """Return an invoice (or credit note) over one amount, without tax, due on a day."""
        move = cls.env['account.move'].create({
            'move_type': move_type,
            'partner_id': (partner or cls.customer).id,
            'invoice_date': min(due, TODAY[:10]),
            'invoice_date_due': due,
            'invoice_payment_term_id': False,
            'invoice_line_ids': [Command.create({
                'product_id': cls.service.id, 'price_unit': amount, 'tax_ids': [Command.clear()],
            })],
            **vals,
        })
        if post:
            move.action_post()
        return move

    @classmethod
    def _receivable(cls, *args, **kwargs):
        """Return the receivable line of a new invoice, see `_invoice`."""
        lines = cls._invoice(*args, **kwargs).line_ids
        return lines.filtered(lambda line: line.account_id.account_type == 'asset_receivable')

    @classmethod
    def _pay(cls, move, amount=None, day=TODAY[:10]):
        """Register a payment of an invoice, the whole or a part, and return it."""
        return cls.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=move.ids,
        ).create({
            'payment_date': day, **({'amount': amount} if amount else {}),
        })._create_payments()

"""An alarm is not paid: the customer is told, the service suspended on the day named, and back with the money."""

from freezegun import freeze_time
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

from .checked_billing import CheckedBilling


@tagged('post_install', '-at_install')
class TestUnpaidAlarm(CheckedBilling, AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= (
            cls.env.ref('service_contracts.group_contract_manager') | cls.env.ref('dunning_sms.group_dunning_manager'))
        cls.company = cls.company_data['company']
        cls.company.partner_id.tz = 'UTC'
        cls.alarm = cls.env['product.product'].create({
            'name': "Alarm", 'type': 'service', 'list_price': 30.0, 'taxes_id': [Command.clear()],
        })
        cls.customer = cls.env['res.partner'].create({'name': "Dora", 'phone': '+57 300 1112233', 'country_id': False})
        policy = cls.env.ref('dunning_sms.dunning_policy_default').copy({'name': "Alarm", 'company_id': cls.company.id})
        policy.step_ids.filtered(lambda step: step.distance == 7).write({
            'action_id': cls.env.ref('service_contracts.action_server_suspend_service').id,
            'lift_action_id': cls.env.ref('service_contracts.action_server_resume_service').id,
        })
        gateway = cls.env['dunning.gateway'].create({'name': "Sandbox", 'company_id': cls.company.id})
        cls.company.write({
            'dunning_is_active': True, 'dunning_hour': 0, 'dunning_policy_id': policy.id,
            'dunning_gateway_id': gateway.id,
            'dunning_contact_rule_id': cls.env.ref('dunning_sms.dunning_contact_rule_basic').id,
        })

    def _day(self, day):
        """Let all jobs of a morning run."""
        with freeze_time(f'{day} 10:00:00'), self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = self.env(cr=cr, su=True)
            env['dunning.run']._cron_run()
            env['dunning.sender']._cron_send()
            env['dunning.consequence']._cron_act()
            env['dunning.consequence']._cron_lift()
        self.env.invalidate_all()

    def test_told_suspended_and_back_with_the_payment(self):
        """B17, E5 to E8."""
        with freeze_time('2026-02-02 09:00:00'):
            contract = self.env['service.contract'].create({
                'partner_id': self.customer.id, 'date_start': '2026-02-02',
                'line_ids': [Command.create({'product_id': self.alarm.id})],
            })
            contract.action_activate()
            self.env['service.billing.run'].create({'date': '2026-02-02'}).action_start()
        invoice = self.env['account.move'].search([('partner_id', '=', self.customer.id)])
        due = invoice.line_ids.filtered('date_maturity').date_maturity
        self.env.flush_all()
        days = [str(due.replace(day=due.day + offset)) for offset in (0, 3, 7, 9, 10, 11)]
        states = []
        for day in days:
            self._day(day)
            states.append(contract.state)
        self.assertEqual(states, ['active'] * 4 + ['suspended', 'suspended'])
        texts = self.company.dunning_gateway_id.sandbox_message_ids.sorted('id').mapped('body')
        self.assertEqual(len(texts), 3)
        self.assertIn('02/12/2026', texts[-1], "the suspension date was named")
        with freeze_time('2026-02-14 12:00:00'):
            self.env['account.payment.register'].with_context(
                active_model='account.move', active_ids=invoice.ids,
            ).create({'payment_date': '2026-02-14'})._create_payments()
        self.env.flush_all()
        self._day('2026-02-16')
        self.assertEqual(contract.state, 'active')
        self.assertEqual(self.env['dunning.consequence'].search([]).state, 'lifted')
        self.assertEqual(len(self.company.dunning_gateway_id.sandbox_message_ids), 3, "nothing more after the payment")

"""A card that pays a plan expires: with reminders beside installments, the customer hears of it once."""

from freezegun import freeze_time
from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.installment_sales.tests.common import InstallmentCase
from odoo.tests import tagged


@tagged('post_install', '-at_install')
class TestCardExpires(AccountPaymentCommon, InstallmentCase):

    def setUp(self):
        super().setUp()
        self.plan = self._sold(self.free)
        self.token = self._create_token(partner_id=self.customer.id)
        self.token.sudo().write({'expires_on': '2026-03-31', 'company_id': self.company.id})
        self.plan.set_payment_token(self.token.id)
        self.company.write({'dunning_hour': 0, 'dunning_contact_rule_id': False})

    def _told(self):
        """Let the jobs of both add-ons run; return how often the customer was told, by each."""
        with freeze_time('2026-03-10 10:00:00'), self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = self.env(cr=cr, su=True)
            env['payment.token']._cron_tell_expiry()
            env['installment.card.notice']._cron_warn()
        self.env.invalidate_all()
        mails = self.env['mail.mail'].search_count([('model', '=', 'installment.card.notice')])
        notices = self.env['dunning.notice'].search_count([
            ('kind', '=', 'card'), ('partner_id', '=', self.customer.id)])
        return notices, mails

    def test_reminders_tell_of_it_where_they_are_switched_on(self):
        """D5."""
        self.company.dunning_is_active = True
        self.assertEqual(self._told(), (1, 0))
        self.assertEqual(self._told(), (1, 0))
        self.assertEqual(len(self.plan.activity_ids), 1, "staff is told by the plan all the same")

    def test_the_plan_tells_of_it_where_nobody_reminds(self):
        """D5."""
        self.company.dunning_is_active = False
        self.assertEqual(self._told(), (0, 1))

"""Mails of cost statements: to each beneficiary once, with who got it."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .allocation import AllocationCase


@tagged('post_install', '-at_install')
class TestAllocationMail(AllocationCase):

    def setUp(self):
        super().setUp()
        self._read_all(500, 300, 200)
        for number in (1, 2):
            self.tenants[number - 1].partner_id.email = f'tenant{number}@example.com'
        self.statement = self._statement()

    def _send(self):
        with self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_mail_costs').method_direct_trigger()
        self.env.invalidate_all()
        return self.env['mail.mail'].search([('model', '=', 'service.allocation.line')])

    def test_each_beneficiary_gets_the_own_share_once(self):
        """B3: asked for twice, run twice, it is one mail with its statement; who has no address is on a list."""
        self.statement.action_confirm()
        for _time in range(2):
            self.statement.action_mail()
            mails = self._send()
        self.assertEqual(len(mails), 2)
        for mail, tenant in zip(mails.sorted('res_id'), self.tenants, strict=False):
            self.assertEqual(mail.recipient_ids, tenant.partner_id)
            self.assertEqual(mail.state, 'outgoing')
            self.assertEqual(len(mail.attachment_ids), 1)
        lines = self.statement.line_ids
        self.assertEqual(lines.mapped('mail_state'), ['sent', 'sent', 'no_address', 'no_address'])
        self.assertEqual(lines[:3].mapped('mailed_to'), ['tenant1@example.com', 'tenant2@example.com', False])
        self.assertEqual((self.statement.mailed_count, self.statement.unmailed_count), (2, 2))  # the landlord, too

    def test_an_address_that_comes_later_gets_the_mail_alone(self):
        self.statement.action_confirm()
        self.statement.action_mail()
        self._send()
        self.tenants[2].partner_id.email = 'tenant3@example.com'
        self.statement.action_mail()
        mails = self._send()
        self.assertEqual(len(mails), 3)
        self.assertEqual(mails.recipient_ids, self.env['res.partner'].union(*(one.partner_id for one in self.tenants)))

    def test_a_preview_is_not_mailed(self):
        with self.assertRaisesRegex(UserError, "not confirmed"):
            self.statement.action_mail()
        bookkeeper = self._user('bookkeeper', 'account.group_account_invoice')
        with self.assertRaises(AccessError):
            self.statement.with_user(bookkeeper).action_mail()

    def test_what_was_cancelled_before_its_turn_is_not_mailed(self):
        self.statement.action_confirm()
        self.statement.action_mail()
        self.statement.action_cancel()
        self.assertFalse(self._send())

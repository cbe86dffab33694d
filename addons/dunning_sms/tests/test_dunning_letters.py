"""Letters: one PDF for all that wait, each marked printed once, printed again at will, none for what was paid."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningLetters(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.late.route_ids = [Command.clear(), Command.create({
            'channel': 'letter', 'subject': "Please pay", 'body': "<p>{customer}</p>",
        })]
        cls.Batch = cls.env['dunning.letter.batch'].with_company(cls.company)

    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(100, due='2026-03-07')
        self._invoice(50, due='2026-03-07', partner=self.neighbour)
        self.notices = self._plan().sudo()
        self.env.flush_all()

    def test_all_letters_that_wait_are_one_pdf(self):
        action = self.Batch.action_print_due()
        batch = self.Batch.search([])
        self.assertEqual(action['context']['active_ids'], self.notices.sorted('partner_id').ids)
        self.assertRecordValues(batch, [{'count': 2, 'user_id': self.env.uid}])
        self.assertEqual(set(batch.delivery_ids.mapped('state')), {'sent'})
        self.assertEqual(set(self.notices.mapped('state')), {'sent'})

    def test_a_letter_is_marked_once_and_printed_again_at_will(self):
        self.Batch.action_print_due()
        with self.assertRaises(UserError):
            self.Batch.action_print_due()
        batch = self.Batch.search([])
        sent_at = batch.delivery_ids.mapped('sent_at')
        for _time in range(2):
            self.assertEqual(len(batch.action_print_again()['context']['active_ids']), 2)
        self.assertEqual(batch.delivery_ids.mapped('sent_at'), sent_at)

    def test_no_letter_is_printed_for_what_was_paid_a_minute_ago(self):
        """B5."""
        self._pay(self.invoice)
        self.env.flush_all()
        self.Batch.action_print_due()
        self.assertEqual(self.Batch.search([]).delivery_ids.partner_id, self.neighbour)
        self.assertIn('paid', self.notices.mapped('cancel_reason'))

    def test_the_pdf_holds_every_letter(self):
        self.Batch.action_print_due()
        html = self.env['ir.actions.report']._render_qweb_html(
            'dunning_sms.report_dunning_notice', self.notices.ids)[0].decode()
        for name in ("Ana", "Bruno"):
            self.assertIn(name, html)

    def test_only_those_who_work_on_collections_print(self):
        """G4."""
        self.Batch.action_print_due()
        batch = self.Batch.search([])
        clerk = self._user('clerk', 'dunning_sms.group_dunning_user')
        self.assertTrue(batch.with_user(clerk).action_print_again())
        for group in ('base.group_user', 'base.group_portal', 'account.group_account_readonly'):
            stranger = self._user(group, group)
            for attack in (batch.with_user(stranger).action_print_due, batch.with_user(stranger).action_print_again):
                with self.subTest(group), self.assertRaises(AccessError):
                    attack()
        with self.assertRaises(AccessError):
            batch.with_user(clerk).write({'printed_at': '2026-01-01'})

    def test_companies_do_not_see_each_others_letters(self):
        """G16."""
        self.Batch.action_print_due()
        stranger = self._user('stranger', 'dunning_sms.group_dunning_manager', company_id=self.other_company.id,
                              company_ids=[Command.set(self.other_company.ids)])
        self.assertFalse(self.env['dunning.letter.batch'].with_user(stranger).search([]))

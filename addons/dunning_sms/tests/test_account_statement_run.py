"""Statements in bulk: one mail for each customer of a run, resumed after any failure."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import DunningCase


@tagged('post_install', '-at_install')
class TestAccountStatementRun(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._invoice(100.0, '2026-02-10')
        cls._invoice(70.0, '2026-03-30', partner=cls.neighbour, invoice_date='2026-03-01')
        cls.silent = cls.env['res.partner'].create({'name': "No mail"})
        cls._invoice(5.0, '2026-02-10', partner=cls.silent)

    def _run(self, **vals):
        run = self.env['account.statement.run'].create({'attach_pdf': False, **vals})
        run.action_start()
        return run

    def _work(self):
        """Let the scheduled job run as the scheduler does."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref('dunning_sms.ir_cron_send_statements').method_direct_trigger()
        self.env.invalidate_all()

    def test_each_customer_gets_one_mail(self):
        """G3."""
        run = self._run()
        self._work()
        self._work()
        self.assertEqual((run.state, run.sent_count, run.skipped_count, run.progress), ('done', 2, 1, 100.0))
        mails = run.delivery_ids.sudo().mail_id
        self.assertEqual(mails.recipient_ids, self.customer | self.neighbour)
        mail = mails.filtered(lambda mail: self.customer in mail.recipient_ids)
        self.assertIn("100.00", mail.body_html)
        self.assertEqual((mail.model, mail.res_id), ('res.partner', self.customer.id))

    def test_only_overdue_customers_when_asked_for(self):
        run = self._run(audience='overdue')
        self.assertEqual(run.delivery_ids.partner_id, self.customer | self.silent)

    def test_an_invoice_contact_gets_the_statement_of_its_company(self):
        contact = self.env['res.partner'].create({
            'name': "Books", 'parent_id': self.customer.id, 'type': 'invoice', 'email': 'books@example.com',
        })
        run = self._run(audience='chosen', partner_ids=[Command.set(self.customer.ids)])
        self.assertEqual(run.delivery_ids.recipient_id, contact)

    def test_starting_twice_or_two_rows_for_one_customer_is_impossible(self):
        """Key (run, customer)."""
        run = self._run()
        run.action_start()
        run.sudo()._enqueue()
        self.assertEqual(len(run.delivery_ids), 3)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            run.delivery_ids[0].sudo().copy()

    def test_a_statement_that_fails_is_parked_alone(self):
        run = self._run()
        Delivery = self.env.registry['account.statement.delivery']
        prepare = Delivery._prepare_mail_vals

        def fail_for_ana(delivery, rendered):
            if delivery.partner_id == self.customer:
                raise UserError("No paper")
            return prepare(delivery, rendered)

        with patch.object(Delivery, '_prepare_mail_vals', fail_for_ana), \
                mute_logger('odoo.addons.dunning_sms.models.account_statement_run'):
            self._work()
        failed = run.delivery_ids.filtered(lambda row: row.state == 'failed')
        self.assertEqual((failed.partner_id, failed.reason, run.sent_count), (self.customer, "No paper", 1))
        failed.action_retry()
        self._work()
        self.assertEqual((run.state, run.sent_count), ('done', 2))

    def test_a_stopped_run_sends_nothing_more(self):
        run = self._run()
        run.action_cancel()
        self._work()
        self.assertEqual(set(run.delivery_ids.mapped('state')), {'cancelled', 'skipped'})
        self.assertEqual(run.state, 'cancelled')

    def test_the_status_is_not_written_by_hand(self):
        """G5."""
        run = self.env['account.statement.run'].create({})
        with self.assertRaises(UserError):
            run.write({'state': 'done'})
        with self.assertRaises(UserError):
            run.create({'state': 'running'})

    def test_roles(self):
        """G3, G16: customers and other companies see nothing, users read, managers send."""
        run = self._run()
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        clerk = self._user('clerk', 'dunning_sms.group_dunning_user')
        stranger = self._user('stranger', 'dunning_sms.group_dunning_manager', company_id=self.other_company.id,
                              company_ids=[Command.set(self.other_company.ids)])
        for record in (run, run.delivery_ids):
            self.assertTrue(record.with_user(clerk).has_access('read'))
            for user in (portal, stranger):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(['as_of'])
            for right in ('write', 'create', 'unlink'):
                self.assertFalse(record.with_user(clerk).has_access(right))
        with self.assertRaises(AccessError):
            run.with_user(clerk).action_start()
        with self.assertRaises(AccessError):
            run.delivery_ids.with_user(clerk).action_retry()

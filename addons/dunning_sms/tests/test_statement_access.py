"""The public methods of statements and figures are those of this list, and each refuses whom it should."""

from inspect import getmembers, isfunction

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DunningCase

PUBLIC = {
    'account.statement': {'get_statements'},
    'account.statement.options': set(),
    'account.statement.run': {'action_start', 'action_cancel', 'action_view_deliveries', 'create', 'write'},
    'account.statement.delivery': {'action_retry'},
    'account.statement.wizard': {'action_print', 'action_workbook', 'action_send'},
    'payment.profile': {'action_view_statement'},
    'collection.ageing': {'action_view_document', 'action_view_statement'},
    'collection.ageing.date': {'action_open'},
    'collection.figure': {'fields_get'},
    'collection.forecast': {'get_accuracy'},
    'collection.worklist': {'action_view_statement', 'action_view_partner'},
    'collection.dashboard': {'get_dashboard', 'action_refresh'},
    'dunning.recovery': set(),
}


@tagged('post_install', '-at_install')
class TestStatementAccess(DunningCase):

    def test_no_method_is_public_by_accident(self):
        """G4."""
        for model, expected in PUBLIC.items():
            found = {
                name
                for cls in type(self.env[model]).mro() if getattr(cls, '_module', None) == 'dunning_sms'
                for name, method in getmembers(cls, isfunction)
                if name in vars(cls) and not name.startswith('_') and not getattr(method, '_api_private', False)
            }
            with self.subTest(model):
                self.assertEqual(found - {'action_view_statement'}, expected - {'action_view_statement'})

    def test_public_methods_refuse_customers_and_employees(self):
        """G4: as a remote call would."""
        self._invoice(100, due='2026-02-20')
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        employee = self._user('employee', 'base.group_user')
        wizard = self.env['account.statement.wizard'].create({'partner_id': self.customer.id})
        run = self.env['account.statement.run'].create({})
        for user in (portal, employee):
            env = self.env(user=user)
            for attack in (
                lambda env=env: env['account.statement'].get_statements([self.customer.id]),
                lambda env=env: env['account.statement.wizard'].create({'partner_id': self.customer.id}),
                lambda user=user: wizard.with_user(user).read(['statement_html']),
                lambda user=user: run.with_user(user).action_start(),
                lambda user=user: run.with_user(user).action_cancel(),
                lambda env=env: env['collection.dashboard'].get_dashboard(),
                lambda env=env: env['collection.dashboard'].action_refresh(),
                lambda env=env: env['collection.forecast'].get_accuracy(),
                lambda env=env: env['payment.profile'].search([]),
            ):
                with self.assertRaises(AccessError):
                    attack()

    def test_a_message_with_the_statement_is_prepared(self):
        """G3: to the customer, in the customer's language, with the document."""
        self._invoice(100, due='2026-02-20')
        wizard = self.env['account.statement.wizard'].create({'partner_id': self.customer.id})
        context = wizard.with_context(force_report_rendering=True).action_send()['context']
        self.assertIn("100.00", context['default_body'])
        attachment = self.env['ir.attachment'].browse(context['default_attachment_ids'])
        self.assertEqual(attachment.mimetype, 'application/pdf')
        self.assertTrue(attachment.raw.startswith(b'%PDF'))

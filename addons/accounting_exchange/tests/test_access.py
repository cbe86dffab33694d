"""Who may read and do what: customers and employees nothing, companies their own, roles what they are for."""

import base64

from odoo.exceptions import AccessError
from odoo.fields import Command

from .common import ExchangeCase

MODELS = (
    'datev.export', 'datev.export.file', 'datev.booking', 'datev.handover', 'datev.problem', 'datev.person.account',
    'exchange.job', 'exchange.column', 'exchange.run', 'exchange.problem', 'exchange.row.state', 'exchange.link',
    'exchange.webhook.endpoint', 'exchange.event', 'exchange.delivery', 'exchange.takeover', 'exchange.takeover.line',
)
RIGHTS = ('read', 'write', 'create', 'unlink')
USER_WRITES = {'datev.export': {'write', 'create', 'unlink'}}
MANAGER_WRITES = {
    **dict.fromkeys(('datev.export', 'datev.person.account', 'exchange.job', 'exchange.column', 'exchange.takeover',
                     'exchange.takeover.line', 'exchange.webhook.endpoint'), {'write', 'create', 'unlink'}),
    'exchange.link': {'unlink'},
}


class TestAccess(ExchangeCase):

    def _rights(self, model, user):
        return {right for right in RIGHTS if self.env[model].with_user(user).has_access(right)}

    def test_customers_employees_and_integrators_have_no_right(self):
        """G3: every model of the add-on."""
        users = [
            self._user('portal', 'base.group_portal'), self._user('employee', 'base.group_user'),
            self._user('shop', 'accounting_exchange.group_exchange_integrator'),
        ]
        for user in users:
            for model in MODELS:
                with self.subTest(user=user.login, model=model):
                    self.assertFalse(self._rights(model, user))

    def test_users_read_and_hand_over_and_managers_set_up(self):
        user = self._user('clerk', 'accounting_exchange.group_exchange_user')
        manager = self._user('head', 'accounting_exchange.group_exchange_manager')
        for model in MODELS:
            reads = set() if model.startswith('exchange.takeover') else {'read'}
            with self.subTest(model):
                self.assertEqual(self._rights(model, user), reads | USER_WRITES.get(model, set()))
                self.assertEqual(self._rights(model, manager), {'read'} | MANAGER_WRITES.get(model, set()))

    def test_a_clerk_hands_over_and_starts_jobs(self):
        clerk = self._user('clerk', 'accounting_exchange.group_exchange_user',
                           company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        self._invoice()
        export = self.env['datev.export'].with_user(clerk).create({
            'date_from': '2026-02-01', 'date_to': '2026-02-28', 'company_id': self.company.id,
        })
        export.action_preview()
        export.action_export()
        self.assertEqual(export.state, 'done')
        job = self.env['exchange.job'].create({'name': "J"})
        job.with_user(clerk).action_run()
        self.assertTrue(job.next_on)
        with self.assertRaises(AccessError):
            job.with_user(clerk).write({'folder': 'elsewhere'})
        with self.assertRaises(AccessError):
            job.with_user(clerk).read(['token'])

    def test_companies_do_not_see_each_other(self):
        """G16: what was handed over, files, events and references of another company."""
        self._invoice()
        endpoint = self.env['exchange.webhook.endpoint'].create({'name': "E", 'url': 'https://example.com'})
        self.env.flush_all()
        self._invoice()
        export = self.env['datev.export'].create({'date_from': '2026-02-01', 'date_to': '2026-02-28'})
        export.action_export()
        job = self.env['exchange.job'].create({'name': "J", 'sample': base64.b64encode(b'x')})
        run = job.sudo().run_ids.create({'job_id': job.id, 'name': 'x'})
        self.env.flush_all()
        event = self.env['exchange.event'].sudo().search([], limit=1)
        records = [
            export, export.file_ids, export.booking_ids, job, job.column_ids, run, endpoint, event, event.delivery_ids,
            self.env['datev.person.account'].search([]), self.env['datev.handover'].search([]),
            self.env['exchange.takeover'].create({}),
        ]
        other = self.env['res.company'].create({'name': "Other"})
        stranger = self._user('stranger', 'accounting_exchange.group_exchange_manager',
                              company_id=other.id, company_ids=[Command.set(other.ids)])
        for record in records:
            with self.subTest(record._name):
                self.assertTrue(record)
                found = self.env[record._name].with_user(stranger).search([('id', 'in', record.ids)])
                self.assertFalse(found)

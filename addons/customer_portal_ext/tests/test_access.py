"""Who may read and do what in the panel: customers their own, companies their own."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PanelPageCase

PORTAL_READS = (
    'transfer.report', 'support.case', 'portal.circular.recipient', 'service.request', 'customer.transaction',
)


@tagged('post_install', '-at_install')
class TestAccess(PanelPageCase):

    def _report(self):
        return self.env['transfer.report'].create({
            'partner_id': self.neighbour.id, 'amount': 10, 'date_paid': '2026-03-09', 'reference': "X",
            'company_id': self.company.id, 'currency_id': self.company.currency_id.id,
        })

    def test_a_customer_reads_only_the_own_and_writes_nothing(self):
        report = self._report()
        env = self.env(user=self.portal_user)
        self.assertFalse(env['transfer.report'].search([]))
        with self.assertRaises(AccessError):
            env['transfer.report'].browse(report.id).read(['amount'])
        for model in PORTAL_READS:
            for right in ('write', 'create', 'unlink'):
                with self.subTest(model, right=right):
                    self.assertFalse(env[model].has_access(right))

    def test_a_foreign_transfer_is_not_taken_back(self):
        report = self._report()
        self.authenticate('ana', 'ana')
        self.url_open(f'/my/transfers/{report.id}/withdraw', {'csrf_token': self._csrf()})
        self.assertEqual(report.state, 'reported')

    def test_nobody_without_a_login_sees_a_page(self):
        for page in ('/my/receipts', '/my/pay', '/my/transfers', '/my/transfers/new', '/my/cases', '/my/cases/new',
                     '/my/circulars', '/my/requests', '/my/transactions', '/my/transactions/xlsx',
                     '/my/arrangement', '/my/referrals'):
            with self.subTest(page):
                self.assertIn('/web/login', self.url_open(page).url)

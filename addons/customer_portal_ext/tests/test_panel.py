"""The first page answers what is owed, by when and what comes next."""

from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestPanel(PanelPageCase):

    def test_the_overview_tells_what_is_due_and_what_comes_later(self):
        self._invoice(50, '2026-03-01'), self._invoice(30, '2026-04-01')
        overview, = self.customer.with_user(self.portal_user)._panel_overview(self.company._service_today())
        self.assertEqual((overview['due'], overview['owed'], str(overview['later'])), (50, 80, '2026-04-01'))
        self.assertEqual(len(overview['lines']), 2)

    def test_every_page_of_the_panel_opens_with_and_without_debts(self):
        self.authenticate('ana', 'ana')
        others = ('/my/cases', '/my/cases/new', '/my/circulars', '/my/requests', '/help',
                  '/cancel-contract', '/withdraw-from-contract')
        pages = ('/my', '/my/receipts', '/my/receipts?filterby=all', '/my/pay', '/my/transfers', '/my/transfers/new')
        for page in (*pages, *others):
            with self.subTest(page):
                self.assertEqual(self.url_open(page).status_code, 200)
        line = self._invoice(50, '2026-03-01')
        for page in pages:
            with self.subTest(page):
                self.assertIn(line.move_id.name if page != '/my/transfers' else "Reported transfers",
                              self.url_open(page).text)

    def test_a_transfer_is_reported_by_the_form_and_taken_back(self):
        line = self._invoice(50, '2026-03-01')
        self.authenticate('ana', 'ana')
        typed = {'csrf_token': self._csrf(), 'amount': '50', 'reference': 'REF', 'lines': line.id}
        answer = self.url_open('/my/transfers/new', {**typed, 'date_paid': ''})
        self.assertIn("Enter the day", answer.text)
        self.assertIn('value="REF"', answer.text)
        self.url_open('/my/transfers/new', {**typed, 'date_paid': '2026-03-09'})
        report = self.env['transfer.report'].search([('partner_id', '=', self.customer.id)])
        self.assertRecordValues(report, [{'amount': 50, 'state': 'reported', 'line_ids': line.ids}])
        self.url_open(f'/my/transfers/{report.id}/withdraw', {'csrf_token': self._csrf()})
        self.assertEqual(report.state, 'withdrawn')

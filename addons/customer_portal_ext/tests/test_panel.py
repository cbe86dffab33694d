"""The first page answers what is owed, by when and what comes next."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestPanel(PanelPageCase):

    def test_the_overview_tells_what_is_due_and_what_comes_later(self):
        self._invoice(50, '2026-03-01'), self._invoice(30, '2026-04-01')
        overview, = self.customer.with_user(self.portal_user)._panel_overview(self.company._service_today())
        self.assertEqual((overview['due'], overview['owed'], str(overview['later'])), (50, 80, '2026-04-01'))
        self.assertEqual(len(overview['lines']), 2)

    def test_all_that_is_owed_is_summed_however_much_it_is(self):
        terms = self.env['account.payment.term'].create({'name': "Daily", 'line_ids': [
            Command.create({'value': 'fixed', 'value_amount': 1, 'nb_days': day}) for day in range(210)
        ] + [Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 300})]})
        self._invoice(250, False, invoice_payment_term_id=terms.id)
        overview, = self.customer.with_user(self.portal_user)._panel_overview(self.company._service_today())
        self.assertEqual(overview['owed'], 250)
        self.assertEqual(len(overview['lines']), 200)

    def test_what_is_late_is_shown_with_its_four_dates(self):
        """E5 to E8, F4: due, last safe day, suspension and removal, as reminders tell them."""
        self.company.dunning_policy_id = self.env['dunning.policy'].sudo().create({
            'name': "Test", 'grace_days': 10, 'suspension_days': 20, 'removal_days': 40, 'warning_days': 0})
        line = self._invoice(50, '2026-03-01')
        overview, = self.customer.with_user(self.portal_user)._panel_overview(self.company._service_today())
        self.assertEqual(str(overview['dates'][line.id].removal), '2026-04-10')
        self.authenticate('ana', 'ana')
        page = self.url_open('/my').text
        for text in ("Last safe day", "03/11/2026", "Suspension", "03/21/2026", "Removal", "04/10/2026"):
            with self.subTest(text):
                self.assertIn(text, page)

    def _overview_queries(self) -> int:
        """Return how many queries the first page needs for what is owed, with nothing at hand."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self._shown_overview()
        return self.cr.sql_log_count - before

    def _shown_overview(self) -> list[dict]:
        """Return the overview with all that its rows show of the receivables."""
        found = self.customer.with_user(self.portal_user)._panel_overview(self.company._service_today())
        for line in [line for sums in found for line in sums['shown']]:
            line.receivable_status, line._receivable_period(), line.move_id.get_portal_url()
        return found

    def test_the_first_page_asks_no_more_for_many_receivables_than_for_few(self):
        self._invoice(50, '2026-03-01'), self._invoice(50, '2026-03-02')
        few = self._overview_queries()
        for day in range(3, 23):
            self._invoice(10, f'2026-03-{day:02}')
        self.assertLessEqual(self._overview_queries(), few)

    def test_another_currency_is_not_another_round_of_questions(self):
        """G3: what is owed in each currency, told apart and asked for at once."""
        line = self._invoice(50, '2026-03-01')
        alone = self._overview_queries()
        other = self.setup_other_currency('EUR')
        foreign = self._invoice(30, '2026-03-02', currency_id=other.id)
        overview = {sums['currency']: sums for sums in self._shown_overview()}
        self.assertEqual({currency: sums['due'] for currency, sums in overview.items()},
                         {line.currency_id: 50, other: 30})
        self.assertEqual(overview[other]['shown'], foreign)
        self.assertLessEqual(self._overview_queries(), alone + 1, "the currency itself and nothing else")

    def test_the_status_shown_is_the_one_that_the_receivable_has_by_itself(self):
        """G1, B8: part of it on its way, paid, due, to come."""
        for amount, due in ((50, '2026-03-01'), (40, '2026-03-10'), (30, '2026-04-01')):
            self._invoice(amount, due)
        self.env['transfer.report'].create({
            'partner_id': self.customer.id, 'company_id': self.company.id, 'amount': 60, 'date_paid': '2026-03-09',
            'reference': "REF", 'currency_id': self.company.currency_id.id,
        })
        overview, = self._shown_overview()
        shown = [(line.receivable_status, line.amount_in_process) for line in overview['shown']]
        self.assertEqual(shown, [('in_process', 50), ('due', 10), ('pending', 0)])
        self.assertEqual((overview['due'], overview['owed'], overview['in_process']), (30, 60, 60))
        self.env.invalidate_all()
        self.assertEqual([(line.receivable_status, line.amount_in_process) for line in overview['shown']], shown)

    def test_the_statement_hangs_on_the_first_page(self):
        """G1 to G4: global and per service, on screen, as PDF and XLSX, by e-mail."""
        self.authenticate('ana', 'ana')
        page = self.url_open('/my').text
        for address in ('/my/statement', '/my/statement?group_by=contract', '/my/statement?group_by=service_type',
                        '/my/statement/pdf', '/my/statement/xlsx', '/my/statement/email'):
            with self.subTest(address):
                self.assertIn(f'"{address}"', page)

    def test_every_page_of_the_panel_opens_with_and_without_debts(self):
        self.authenticate('ana', 'ana')
        others = ('/my/cases', '/my/cases/new', '/my/circulars', '/my/requests', '/help', '/my/transactions',
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

"""Transactions: payments, card charges, transfers, refunds and credits in one list, each with what it paid."""

import io
import zipfile

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestCustomerTransaction(PanelPageCase, AccountPaymentCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = cls._invoice(50, '2026-03-01')
        cls.later = cls._invoice(30, '2026-04-01')

    def _pay(self, line, amount, kind='inbound', day='2026-03-05'):
        return self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=line.move_id.ids,
        ).create({'amount': amount, 'payment_date': day})._create_payments()

    def _report(self, partner=None, **vals):
        return self.env['transfer.report'].create({
            'partner_id': (partner or self.customer).id, 'amount': 20, 'date_paid': '2026-03-07', 'reference': "BANK-7",
            'company_id': self.company.id, 'currency_id': self.company.currency_id.id,
            'line_ids': [Command.set(vals.pop('lines', self.line.browse()).ids)], **vals,
        })

    def _own(self, *domain):
        return self.env(user=self.portal_user)['customer.transaction'].search(list(domain), order='id')

    def _page(self, **params):
        return self.url_open('/my/transactions', params=params).text

    def test_each_kind_is_one_row_with_its_amount_and_status(self):
        """D9: payments, card charges, reported transfers and credits."""
        self._pay(self.line, 20)
        self._payment(self.line, 15)
        self._payment(self.later, 30, state='pending')
        self._report(lines=self.later)
        self._invoice(10, '2026-03-02', move_type='out_refund')
        rows = {(row.kind, row.amount, row.state) for row in self._own()}
        self.assertEqual(rows, {
            ('payment', 20, 'done'), ('card', 15, 'done'), ('card', 30, 'in_process'), ('transfer', 20, 'in_process'),
            ('credit', 10, 'done'),
        })

    def test_each_tells_what_it_paid_and_what_is_left_of_it(self):
        payment = self._pay(self.line, 60)
        row = self._own(('payment_id', '=', payment.id))
        self.assertRecordValues(row, [{
            'amount': 60, 'amount_unused': 10, 'invoice_ids': self.line.move_id.ids, 'kind': 'payment'}])
        self.assertEqual(row._paid()[row.id], [{'invoice_id': self.line.move_id.id, 'amount': 50}])
        charge = self._payment(self.later, 30, state='pending')
        self.assertEqual(self._own(('transaction_id', '=', charge.id)).invoice_ids, self.later.move_id)

    def test_money_that_went_back_is_a_refund_below_zero(self):
        refund = self._invoice(50, '2026-03-02', move_type='out_refund')
        self._pay(refund, 50)
        row = self._own(('kind', '=', 'refund'))
        self.assertRecordValues(row, [{'amount': -50, 'state': 'done', 'invoice_ids': refund.move_id.ids}])

    def test_a_confirmed_transfer_is_one_row_and_not_two(self):
        report = self._report(lines=self.line)
        report.action_confirm()
        self.assertRecordValues(self._own(), [{
            'kind': 'transfer', 'state': 'done', 'amount': 20, 'reference': "BANK-7", 'report_id': report.id,
            'invoice_ids': self.line.move_id.ids,
        }])

    def test_a_declined_card_and_a_transfer_not_found_have_failed(self):
        self._payment(self.line, 50, state='error')
        self._report(lines=self.line).action_reject()
        self.assertEqual(self._own().mapped('state'), ['failed', 'failed'])

    def test_staff_finds_transactions_by_the_invoice_they_pay(self):
        payment = self._pay(self.line, 20)
        self._report(lines=self.later)
        Transaction = self.env['customer.transaction']
        self.assertEqual(Transaction.search([('invoice_ids', 'in', self.line.move_id.ids)]).payment_id, payment)
        self.assertEqual(Transaction.search([('invoice_ids', 'ilike', self.later.move_id.name)]).kind, 'transfer')
        self.assertEqual(Transaction.search([('payment_id', '=', payment.id)]).action_open()['res_id'], payment.id)

    def test_the_page_is_searched_and_filtered_by_status_kind_and_days(self):
        payment = self._pay(self.line, 20)
        self._report(lines=self.later)
        self.authenticate('ana', 'ana')
        both = self._page()
        self.assertIn(payment.name, both)
        self.assertIn("BANK-7", both)
        self.assertIn(self.line.move_id.name, both)
        shown = {
            'filterby': ('done', 'in_process'), 'kind': ('payment', 'transfer'), 'date_end': ('2026-03-06', None),
            'date_begin': (None, '2026-03-06'),
        }
        for name, values in shown.items():
            for value, is_payment in zip(values, (True, False), strict=True):
                with self.subTest(name=name, value=value):
                    if value:
                        page = self._page(**{name: value})
                        self.assertEqual((payment.name in page, "BANK-7" in page), (is_payment, not is_payment))
        for text, search_in in ((payment.name, 'number'), (self.line.move_id.name, 'invoice')):
            page = self._page(search=text, search_in=search_in)
            with self.subTest(text):
                self.assertNotIn("BANK-7", page)
                self.assertIn('20.00', page)

    def test_what_makes_no_sense_in_the_address_is_read_as_not_asked_for(self):
        """G1."""
        self._report(lines=self.later)
        self.authenticate('ana', 'ana')
        for name in ('sortby', 'filterby', 'search_in', 'kind', 'date_begin', 'date_end', 'partner_id'):
            for value in ('-1', '9' * 20, 'None', '[]', 'ünïcödé', '2026-13-45', str(self.neighbour.id)):
                with self.subTest(name=name, value=value):
                    self.assertIn("BANK-7", self._page(**{name: value}))

    def test_the_workbook_holds_the_same_rows_as_text(self):
        """F5."""
        self._report(lines=self.later, reference='=HYPERLINK("http://evil")')
        self._report(partner=self.neighbour, reference="THEIRS")
        self.authenticate('ana', 'ana')
        content = self.url_open('/my/transactions/xlsx').content
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            text = ''.join(book.read(name).decode() for name in book.namelist() if name.endswith('.xml'))
        self.assertIn('HYPERLINK', text)
        self.assertNotIn('<f>', text)
        self.assertNotIn("THEIRS", text)

    def test_a_page_needs_no_more_queries_for_many_than_for_few(self):
        """H5."""
        self.env['transfer.report'].create([{
            'partner_id': self.customer.id, 'amount': number, 'date_paid': '2026-03-07', 'reference': f"R{number}",
            'company_id': self.company.id, 'currency_id': self.company.currency_id.id,
        } for number in range(1, 31)])
        rows = self._own()
        self.assertEqual(len(rows), 30)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            rows._paid()

    def test_the_rows_of_others_are_nobodys_to_read(self):
        """G1, G3."""
        self._report(partner=self.neighbour)
        foreign = self.env['customer.transaction'].search([('partner_id', '=', self.neighbour.id)])
        self.assertTrue(foreign)
        self.assertFalse(self._own())
        for right in ('write', 'create', 'unlink'):
            self.assertFalse(foreign.with_user(self.portal_user).has_access(right))

    def test_staff_reads_those_of_its_companies_and_other_employees_none(self):
        """G16."""
        self._report()
        other = self.env['res.company'].create({'name': "Other"})
        employee, desk, stranger = self.env['res.users'].create([{
            'name': login, 'login': login, 'company_id': company.id, 'company_ids': [Command.set(company.ids)],
            'group_ids': [Command.set(self.env.ref(group).ids)],
        } for login, company, group in (
            ('employee', self.company, 'base.group_user'),
            ('desk', self.company, 'customer_portal_ext.group_desk_user'),
            ('stranger', other, 'customer_portal_ext.group_desk_user'),
        )])
        Transaction = self.env['customer.transaction']
        own = [('partner_id', '=', self.customer.id)]
        self.assertFalse(Transaction.with_user(employee).has_access('read'))
        self.assertEqual(Transaction.with_user(desk).search(own).mapped('amount'), [20])
        self.assertNotIn('invoice_ids', Transaction.with_user(desk).fields_get())
        self.assertFalse(Transaction.with_user(stranger).search(own))

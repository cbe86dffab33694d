"""Statements of account: one balance per customer and currency, split without a remainder, as of any day."""

import io
import zipfile

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCase


@tagged('post_install', '-at_install')
class TestAccountStatement(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._invoice(100.0, '2026-01-10')
        cls.second = cls._invoice(250.0, '2026-02-20')
        cls.third = cls._invoice(80.0, '2026-03-30')
        cls.payment = cls._pay(cls.first, day='2026-02-01')
        cls._pay(cls.second, 50.0, day='2026-03-05')

    def _statement(self, **options):
        made = self.env['account.statement'].get_statements([self.customer.id], **options)[0]
        return made['currencies'][0]

    def _kinds(self):
        """Give the customer an invoice over two kinds of service, half of it paid."""
        categories = self.env['product.category'].create([{'name': "Alarm"}, {'name': "Care"}])
        products = self.env['product.product'].create([
            {'name': category.name, 'categ_id': category.id, 'taxes_id': [Command.clear()]} for category in categories
        ])
        invoice = self._invoice(0.0, '2026-03-01', partner=self.neighbour, post=False)
        invoice.invoice_line_ids = [Command.clear(), *(
            Command.create({'product_id': product.id, 'price_unit': price, 'tax_ids': [Command.clear()]})
            for product, price in zip(products, (66.67, 33.33), strict=True)
        )]
        invoice.action_post()
        self._pay(invoice, 50.0)
        return categories

    # === ONE BALANCE === #

    def test_the_balance_is_that_of_the_ledger(self):
        """G1: opening + movements = closing = what is open = the receivable account."""
        lines = self.env['account.move.line'].search([
            ('partner_id', '=', self.customer.id), ('account_id.account_type', '=', 'asset_receivable'),
            ('parent_state', '=', 'posted'),
        ])
        made = self._statement(date_from='2026-02-15')
        self.assertEqual(made['closing'], sum(lines.mapped('balance')))
        self.assertEqual(made['opening'] + sum(row['amount'] for row in made['movements']), made['closing'])
        self.assertEqual(sum(row['open'] for row in made['open_items']), made['closing'])
        self.assertEqual(sum(row['amount'] for row in made['buckets']), made['closing'])

    def test_as_of_an_earlier_day_later_payments_are_undone(self):
        self.assertEqual(self._statement(as_of='2026-01-31')['closing'], 100.0)
        self.assertEqual(self._statement(as_of='2026-02-28')['closing'], 250.0)
        made = self._statement(as_of='2026-03-04')
        self.assertEqual([(row['document'], row['open'], row['days_overdue']) for row in made['open_items']],
                         [(self.second.name, 250.0, 12)])

    def test_a_statement_goes_on_where_the_one_before_ended(self):
        before = self._statement(as_of='2026-02-28')
        self.assertEqual(self._statement(date_from='2026-03-01')['opening'], before['closing'])

    def test_a_payment_tells_what_it_settled(self):
        paid = next(row for row in self._statement()['movements'] if row['document'] == self.payment.move_id.name)
        self.assertEqual(paid['settled'], [{'document': self.first.name, 'amount': 100.0}])
        self.assertEqual(paid['description'], "Payment")

    def test_buckets_follow_the_settings_of_the_company(self):
        self.company.write({'ageing_days_1': 5, 'ageing_days_2': 10, 'ageing_days_3': 20})
        made = self._statement(as_of='2026-03-10')
        self.assertEqual([(row['label'], row['amount']) for row in made['buckets'] if row['amount']],
                         [("Not due", 80.0), ("11–20 days", 200.0)])

    # === SPLIT === #

    def test_kinds_of_service_add_up_to_the_whole(self):
        """G1, C4: by product category, a payment split like the invoice it pays."""
        alarm, care = self._kinds()
        made = self.env['account.statement'].get_statements([self.neighbour.id], group_by='service_type')[0]
        whole = made['currencies'][0]
        closing = {section['key']: section['closing'] for section in whole['sections']}
        self.assertEqual(closing, {alarm.id: 33.33, care.id: 16.67})
        self.assertEqual(whole['closing'], 50.0)

    def test_money_that_pays_nothing_yet_belongs_to_no_kind_of_service(self):
        self._kinds()
        self.env['account.payment'].create({
            'partner_id': self.neighbour.id, 'amount': 20.0, 'payment_type': 'inbound', 'date': '2026-03-08',
        }).action_post()
        made = self.env['account.statement'].get_statements([self.neighbour.id], group_by='service_type')[0]
        rest = made['currencies'][0]['sections'][-1]
        self.assertEqual((rest['name'], rest['key'], rest['closing']), ("Without kind of service", False, -20.0))

    def test_an_invoice_in_another_currency_has_a_part_of_its_own(self):
        euro = self.setup_other_currency('EUR', rates=[('2016-01-01', 2.0)])
        invoice = self._invoice(40.0, '2026-03-01', partner=self.neighbour, currency_id=euro.id)
        self.env['account.payment.register'].with_context(active_model='account.move', active_ids=invoice.ids).create({
            'payment_date': '2026-03-05', 'currency_id': self.company.currency_id.id, 'amount': 10.0,
        })._create_payments()
        made = self.env['account.statement'].get_statements([self.neighbour.id])[0]
        closing = {part['currency']: part['closing'] for part in made['currencies']}
        self.assertEqual(closing['EUR'], 20.0)
        self.assertEqual(made['balance'], 10.0)
        for part in made['currencies']:
            self.assertAlmostEqual(sum(row['open'] for row in part['open_items']), part['closing'])

    # === REMOTE === #

    def test_customers_are_named_by_id_or_reference_in_batches(self):
        self.neighbour.ref = 'BRUNO'
        made = self.env['account.statement'].get_statements(['BRUNO', self.customer.id])
        self.assertEqual([row['partner_id'] for row in made], [self.neighbour.id, self.customer.id])
        self.assertEqual(made[0]['currencies'], [])

    def test_what_cannot_be_asked_is_refused_with_a_sentence(self):
        """F1: unknown customers, groupings and dates."""
        Statement = self.env['account.statement']
        for arguments in (
            {'partners': [2**31]}, {'partners': ['nobody']}, {'partners': [True]}, {'partners': [None]},
            {'partners': [self.customer.id], 'group_by': 'colour'}, {'partners': list(range(1001))},
        ):
            with self.subTest(arguments=str(arguments)[:60]), self.assertRaises(UserError):
                Statement.get_statements(**arguments)

    def test_many_customers_cost_no_more_queries_than_two(self):
        partners = self.env['res.partner'].create([{'name': f"P{number}"} for number in range(30)])
        for partner in partners[:12]:
            self._pay(self._invoice(10.0, '2026-02-01', partner=partner), 4.0)
        counts = []
        for group in (partners[:2], partners[:2], partners):  # the first fills the caches of settings and groups
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['account.statement'].get_statements(group.ids, group_by='service_type')
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # === SCREEN, PAPER, WORKBOOK === #

    def _wizard(self, partner=None, **vals):
        return self.env['account.statement.wizard'].create({'partner_id': (partner or self.customer).id, **vals})

    def test_the_screen_shows_the_same_balance(self):
        """G2."""
        wizard = self._wizard(date_from='2026-02-01', group_by='service_type')
        self.assertIn("280.00", wizard.statement_html)
        self.assertIn(self.second.name, wizard.statement_html)
        self.assertNotIn("<script", wizard.statement_html)

    def test_the_letter_names_the_customer_and_the_balance(self):
        """G4, G8: names are escaped."""
        self.customer.name = "Ana <script>alert(1)</script>"
        html = self.env['ir.actions.report']._render_qweb_html(
            'dunning_sms.account_statement_report_action', self._wizard().ids)[0].decode()
        self.assertIn("280.00", html)
        self.assertIn("Statement of account", html)
        self.assertNotIn("<script>alert", html)

    def test_names_in_the_workbook_stay_text(self):
        """F5: no formula from a name."""
        for name in ('=HYPERLINK("http://evil")', '+1', '-1', '@SUM(1)', '\tx', '{=1}'):
            self.customer.name = name
            content = self.env['account.statement']._workbook([self._wizard()._shown_values()])
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                sheets = [book.read(path).decode() for path in book.namelist() if 'worksheets/sheet' in path]
            self.assertFalse(any('<f>' in sheet or '<hyperlink' in sheet for sheet in sheets), name)

    # === ACCESS === #

    def test_a_customer_gets_no_statement_by_remote_call(self):
        """G3, G4, G20."""
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        employee = self._user('employee', 'base.group_user')
        for user in (portal, employee):
            for partner in (self.customer, self.neighbour):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    self.env['account.statement'].with_user(user).get_statements([partner.id])

    def test_the_roles_that_may_read_statements(self):
        for group in ('dunning_sms.group_dunning_user', 'account.group_account_invoice',
                      'account.group_account_readonly'):
            user = self._user(group, group)
            made = self.env['account.statement'].with_user(user).get_statements([self.customer.id])
            self.assertEqual(made[0]['balance'], 280.0, group)

    def test_another_company_has_a_statement_of_its_own(self):
        """G16."""
        stranger = self._user('stranger', 'dunning_sms.group_dunning_manager', company_id=self.other_company.id,
                              company_ids=[Command.set(self.other_company.ids)])
        Statement = self.env['account.statement'].with_user(stranger)
        self.assertEqual(Statement.get_statements([self.customer.id])[0]['currencies'], [])
        with self.assertRaises(AccessError):
            Statement.with_context(allowed_company_ids=self.company.ids).get_statements([self.customer.id])

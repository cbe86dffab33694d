"""Paid credit in a currency of its own: a liability at the rate of its sale, and the difference when it is used."""

from datetime import date

from odoo.tests import tagged

from .test_credit import CreditCase


@tagged('post_install', '-at_install')
class TestCreditCurrency(CreditCase):
    """N9, K9. One dollar is 2 euros until January, 2.5 in February and 4 from March on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.currency.rate'].create([
            {'name': day, 'rate': rate, 'currency_id': cls.euro.id, 'company_id': cls.company.id}
            for day, rate in (('2026-02-01', 2.5), ('2026-03-01', 4.0))
        ])
        cls.pricelist = cls.env['product.pricelist'].create({'name': "Euro", 'currency_id': cls.euro.id})

    def _euro_contract(self):
        contract = self._contract(activate=False, pricelist_id=self.pricelist.id)
        contract.line_ids.write({'price_unit': 30.0, 'given_price_unit': 30.0})
        contract.action_activate()
        self.assertEqual((contract.currency_id, contract.line_ids.price_unit), (self.euro, 30.0))
        return contract

    def _paid(self, amount, **vals):
        return self._grant(amount, 'paid', currency_id=self.euro.id, date_granted='2026-01-01', **vals)

    def _liability(self):
        """Return what the liability is carried at, in euros and in the currency of the company."""
        lines = self.env['account.move.line'].search([
            ('account_id', '=', self.liability.id), ('parent_state', '=', 'posted'),
        ])
        return round(-sum(lines.mapped('amount_currency')), 2), round(-sum(lines.mapped('balance')), 2)

    def _assert_balanced(self, *moves):
        for move in moves:
            self.assertAlmostEqual(sum(move.line_ids.mapped('balance')), 0.0)
            self.assertAlmostEqual(sum(move.line_ids.mapped('amount_currency')), 0.0)

    def test_credit_used_at_another_rate_clears_its_liability_and_books_the_difference(self):
        contract, grant = self._euro_contract(), self._paid(50)
        first = self._run(contracts=contract)  # 34.50 euros at 2
        self.assertRecordValues(first, [{'amount_total': 34.5, 'amount_residual': 0.0, 'payment_state': 'paid'}])
        self._assert_balanced(grant.entry_ids.settlement_id)
        self.assertEqual(self._liability(), (-34.5, -17.25))
        second = self._run('2026-02-01', contract)  # 15.50 of 34.50 euros at 2.5; they were sold at 2
        self.assertRecordValues(second, [{'amount_residual': 19.0, 'payment_state': 'partial'}])
        settlement = grant.entry_ids.sorted('id')[-1].settlement_id
        self._assert_balanced(settlement)
        gain = self.company.income_currency_exchange_account_id
        self.assertEqual(
            sorted((line.account_id.id, line.amount_currency, round(line.balance, 2)) for line in settlement.line_ids),
            sorted([(self.liability.id, 15.5, 7.75), (gain.id, 0.0, -1.55),
                    (self.company_data['default_account_receivable'].id, -15.5, -6.2)]),
        )
        self.assertEqual(self._liability(), (-50.0, -25.0))
        self.assertEqual(grant.balance, 0.0)
        self._assert_laws(grant)

    def test_a_loss_is_booked_where_the_currency_rose(self):
        contract, grant = self._euro_contract(), self._paid(50, external_key='later')
        grant.sudo().date_granted = '2026-03-01'  # sold at 4
        self._run(contracts=contract)  # the invoice at 2
        settlement = grant.entry_ids.settlement_id
        self._assert_balanced(settlement)
        loss = settlement.line_ids.filtered(
            lambda line: line.account_id == self.company.expense_currency_exchange_account_id)
        self.assertRecordValues(loss, [{'balance': 8.62, 'amount_currency': 0.0}])  # 17.25 less 8.63

    def test_sold_credit_has_the_rate_of_its_invoice(self):
        grant = self._paid(100)
        grant.action_invoice()  # on 10 March, at 4
        self.assertEqual(grant.company_amount, 25.0)
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=grant.invoice_id.ids,
        ).create({})._create_payments()
        self.assertEqual((grant.state, self._liability()), ('active', (100.0, 25.0)))
        self._run(contracts=self._euro_contract())
        self.assertEqual(self._liability(), (65.5, 16.37))
        grant.action_refund()
        self._assert_balanced(grant.refund_id)
        self.assertEqual(self._liability(), (0.0, 0.0))

    def test_a_reversed_invoice_gives_back_amount_and_value(self):
        contract, grant = self._euro_contract(), self._paid(50)
        move = self._run(contracts=contract)
        credit_note = move._reverse_moves([{'invoice_date': '2026-03-05'}], cancel=True)
        self.assertEqual((grant.balance, self._liability()), (50.0, (0.0, 0.0)))
        self.assertEqual((move.amount_residual, credit_note.amount_residual), (0.0, 0.0))
        self.assertEqual(sum(grant.entry_ids.mapped('company_value')), 0.0)

    def test_expired_credit_becomes_income_at_the_value_of_its_liability(self):
        paid = self._paid(50, expiry_date='2026-03-09')
        same_day = self._grant(7, 'paid', date_granted='2026-01-01', expiry_date='2026-03-09')
        self.Grant._follow_company(self.company)
        entry = (paid | same_day).entry_ids.settlement_id
        self.assertEqual((len(entry), entry.date), (1, date(2026, 3, 9)))
        self._assert_balanced(entry)
        self.assertEqual(
            sorted((line.account_id.id, line.amount_currency, line.balance) for line in entry.line_ids),
            sorted([(self.liability.id, 50.0, 25.0), (self.breakage.id, -50.0, -25.0),
                    (self.liability.id, 7.0, 7.0), (self.breakage.id, -7.0, -7.0)]),
        )

    def test_the_double_check_finds_nothing(self):
        contract = self._euro_contract()
        self._paid(50)
        self._run('2026-02-01', contract)
        self._paid(3, expiry_date='2026-03-09')
        self.Grant._follow_company(self.company)
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr, su=True)['service.billing.check']._cron_check()
        self.env.invalidate_all()
        findings = self.env['service.billing.finding'].search([('company_id', '=', self.company.id)])
        self.assertFalse(findings.mapped('display_name'))

    def test_credit_of_another_currency_pays_nothing(self):
        grant = self._paid(50)
        self.assertEqual(self._run(contracts=self._contract()).amount_residual, 34.5)
        self.assertEqual(grant.balance, 50.0)

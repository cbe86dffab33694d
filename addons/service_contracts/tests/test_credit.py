"""Prepaid credit: used once, in order, never more than there is, and given back with the invoice that used it."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .common import ContractCase


@tagged('post_install', '-at_install')
class CreditCase(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Grant = cls.env['service.credit.grant']
        accounts = cls.env['account.account'].create([
            {'name': "Prepaid credit", 'code': 'CRED1', 'account_type': 'liability_current'},
            {'name': "Expired credit", 'code': 'CRED2', 'account_type': 'income_other'},
        ])
        cls.liability, cls.breakage = accounts
        cls.company.write({
            'service_credit_account_id': cls.liability.id, 'service_credit_breakage_account_id': cls.breakage.id,
        })

    def _grant(self, amount, kind='free', **vals):
        return self.Grant.create({
            'partner_id': self.customer.id, 'amount': amount, 'kind': kind, 'name': "Welcome", **vals,
        })

    def _run(self, as_of='2026-01-01', contracts=None):
        run = self.env['service.billing.run'].create({
            'date': as_of, 'contract_ids': [Command.set((contracts or self.env['service.contract']).ids)],
        })
        run.action_start()
        self.assertFalse((contracts or self.env['service.contract'].search([])).filtered('parked_reason').mapped(
            'parked_reason'))
        return run.entry_ids.move_id

    def _assert_laws(self, *grants):
        """Check that history and balance agree, and the liability with what is left of what was paid."""
        self.env.flush_all()
        for grant in grants or self.Grant.search([]):
            self.assertAlmostEqual(grant.amount + sum(grant.entry_ids.mapped('signed_amount')), grant.balance)
            self.assertGreaterEqual(grant.balance, 0)


@tagged('post_install', '-at_install')
class TestCredit(CreditCase):
    """N9."""

    def test_free_credit_is_a_discount_before_tax(self):
        contract, grant = self._contract(), self._grant(50, expiry_date='2026-12-31')
        move = self._run(contracts=contract)
        self.assertRecordValues(move, [{'amount_untaxed': 0.0, 'amount_total': 0.0, 'payment_state': 'paid'}])
        self.assertEqual(move.invoice_line_ids.mapped('price_unit'), [30.0, -30.0])
        self.assertIn("20.00 left until", move.invoice_line_ids[1].name.replace('\xa0', ' '))
        self.assertEqual(move.invoice_line_ids[1].tax_ids, self.tax)
        move = self._run('2026-02-01', contract)
        self.assertRecordValues(move, [{'amount_untaxed': 10.0, 'amount_total': 11.5}])
        self.assertRecordValues(grant, [{'balance': 0.0, 'state': 'used'}])
        self.assertEqual(self._run('2026-03-01', contract).amount_untaxed, 30.0)
        self._assert_laws(grant)
        for entry in contract.entry_ids:
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)

    def test_paid_credit_pays_what_is_due_tax_included(self):
        contract, grant = self._contract(), self._grant(50, 'paid')
        move = self._run(contracts=contract)
        self.assertRecordValues(move, [{'amount_total': 34.5, 'amount_residual': 0.0, 'payment_state': 'paid'}])
        settlement = grant.entry_ids.settlement_id
        self.assertEqual(
            sorted((line.account_id, line.balance) for line in settlement.line_ids),
            sorted([(self.liability, 34.5), (self.company_data['default_account_receivable'], -34.5)]),
        )
        self.assertEqual(settlement.date, date(2026, 1, 1))
        move = self._run('2026-02-01', contract)
        self.assertRecordValues(move, [{'amount_residual': 19.0, 'payment_state': 'partial'}])
        self.assertRecordValues(grant, [{'balance': 0.0, 'state': 'used'}])
        self._assert_laws(grant)

    def test_credit_is_used_by_priority_then_expiry_then_free_then_age(self):
        late = self._grant(5, expiry_date='2026-12-31')
        soon = self._grant(5, expiry_date='2026-06-30')
        first = self._grant(5, priority=1)
        never = self._grant(500)
        paid_soon = self._grant(5, 'paid', expiry_date='2026-06-30')
        self._run(contracts=self._contract())
        history = self.env['service.credit.entry'].search([], order='id')
        self.assertEqual(history.filtered(lambda entry: entry.grant_id.kind == 'free').grant_id,
                         first | soon | late | never)
        self.assertEqual(paid_soon.balance, 0.0)
        # 30 less 15 is 15; 5 paid are 4.35 of it without tax, the last credit takes what is left but for them
        self.assertRecordValues(history.move_id, [{'amount_residual': 0.0}])
        self.assertAlmostEqual(never.balance, 500 - 10.65, places=1)
        self._assert_laws()

    def test_credit_is_for_its_contract_service_or_meter_only(self):
        one, other = self._contract(), self._contract([{'product_id': self.setup.id, 'price_unit': 40.0}])
        self._grant(10, contract_id=one.id)
        self._grant(100, product_id=self.setup.id)
        move = self._run(contracts=one | other)
        self.assertEqual(
            sorted((line.service_contract_id.id, line.price_unit) for line in move.invoice_line_ids),
            sorted([(one.id, 30.0), (one.id, -10.0), (other.id, 40.0), (other.id, -40.0)]),
        )

    def test_credit_of_another_currency_is_left_alone_and_refused_where_it_can_pay_nothing(self):
        contract = self._contract()
        with self.assertRaisesRegex(ValidationError, "never converted"):
            self._grant(50, currency_id=self.euro.id, contract_id=contract.id)
        grant = self._grant(50, currency_id=self.euro.id)
        self.assertEqual(self._run(contracts=contract).amount_untaxed, 30.0)
        self.assertEqual(grant.balance, 50.0)

    def test_expired_credit_pays_no_later_charge(self):
        contract, grant = self._contract(), self._grant(50, date_granted='2026-01-01', expiry_date='2026-01-31')
        self.assertEqual(self._run('2026-02-01', contract).sorted('date').mapped('amount_untaxed'), [0.0, 30.0])
        self.assertEqual(grant.balance, 20.0)

    def test_expiry_is_booked_once_and_what_was_paid_becomes_income(self):
        paid = self._grant(50, 'paid', date_granted='2026-01-01', expiry_date='2026-03-09')
        free = self._grant(7, date_granted='2026-01-01', expiry_date='2026-03-09')
        lasting = self._grant(9, 'paid', expiry_date='2026-03-10')
        cron = self.env.ref('service_contracts.ir_cron_credit')
        for _time in range(2):
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertEqual((paid | free | lasting).mapped('state'), ['expired', 'expired', 'active'])
        self.assertEqual(paid.entry_ids.mapped('kind'), ['expiry'])
        entry = paid.entry_ids.settlement_id
        self.assertEqual(entry.date, date(2026, 3, 9))
        self.assertEqual({line.account_id: line.balance for line in entry.line_ids},
                         {self.liability: 50.0, self.breakage: -50.0})
        self.assertFalse(free.entry_ids.settlement_id)
        self._assert_laws()

    def test_sold_credit_is_a_liability_and_waits_for_its_payment(self):
        grant = self._grant(100, 'paid')
        grant.action_invoice()
        grant.action_invoice()
        self.assertEqual(grant.state, 'waiting')
        line = grant.invoice_id.invoice_line_ids
        self.assertRecordValues(line, [{'account_id': self.liability.id, 'price_subtotal': 100.0, 'tax_ids': []}])
        contract = self._contract()
        self.assertEqual(self._run(contracts=contract).amount_residual, 34.5)
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=grant.invoice_id.ids,
        ).create({})._create_payments()
        self.assertEqual(grant.state, 'active')
        self.assertEqual(self._run('2026-02-01', contract).amount_residual, 0.0)
        self.assertEqual(grant.balance, 65.5)
        contract.entry_ids.move_id.action_use_service_credit()
        self.assertEqual(grant.balance, 31.0)
        self._assert_laws()

    def test_a_refund_gives_back_what_is_left(self):
        contract, grant = self._contract(), self._grant(50, 'paid')
        self._run(contracts=contract)
        grant.action_refund()
        grant.action_refund()
        self.assertRecordValues(grant, [{'balance': 0.0, 'state': 'refunded'}])
        self.assertRecordValues(grant.refund_id, [{'move_type': 'out_refund', 'amount_total': 15.5}])
        balance = sum(self.env['account.move.line'].search([('account_id', '=', self.liability.id)]).mapped('balance'))
        self.assertEqual(balance, 50.0)  # all of it went out; the sale was booked elsewhere
        with self.assertRaisesRegex(UserError, "Refund it instead"):
            grant.action_cancel()

    def test_a_cancelled_free_credit_is_used_no_more(self):
        grant = self._grant(50)
        grant.action_cancel()
        self.assertEqual(self._run(contracts=self._contract()).amount_untaxed, 30.0)
        self.assertRecordValues(grant, [{'balance': 0.0, 'state': 'cancelled'}])

    def test_a_reversed_invoice_gives_its_credit_back_and_the_next_uses_it_again(self):
        contract = self._contract()
        free, paid = self._grant(10, priority=1), self._grant(10, 'paid')
        move = self._run(contracts=contract)
        self.assertEqual((free.balance, paid.balance, move.amount_residual), (0.0, 0.0, 13.0))
        credit_note = move._reverse_moves([{'invoice_date': '2026-01-05'}], cancel=True)
        self.assertEqual((free.balance, paid.balance), (10.0, 10.0))
        self.assertEqual((move.amount_residual, credit_note.amount_residual), (0.0, 0.0))
        self.assertEqual(set(contract.entry_ids.mapped('state')), {'void'})
        again = self._run(contracts=contract)
        self.assertEqual((free.balance, paid.balance, again.amount_residual), (0.0, 0.0, 13.0))
        self._assert_laws()

    def test_a_credit_note_made_by_hand_gives_it_back_too(self):
        contract, paid = self._contract(), self._grant(50, 'paid')
        move = self._run(contracts=contract)
        credit_note = move._reverse_moves([{'invoice_date': '2026-01-05'}])
        self.assertEqual(paid.balance, 15.5)
        credit_note.action_post()
        self.assertEqual(paid.balance, 50.0)
        self.assertEqual((move.amount_residual, credit_note.amount_residual), (0.0, 0.0))

    def test_a_cancelled_invoice_gives_its_credit_back(self):
        contract = self._contract()
        free, paid = self._grant(10, priority=1), self._grant(100, 'paid')
        move = self._run(contracts=contract)
        move.button_draft()
        move.button_cancel()
        self.assertEqual((free.balance, paid.balance), (10.0, 100.0))
        self.assertEqual(self._run(contracts=contract).amount_residual, 0.0)
        self._assert_laws()

    def test_equal_invoices_with_credit_take_the_fast_way(self):
        partners = self.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(5)])
        contracts = self.env['service.contract'].browse()
        for partner in partners:
            contracts |= self._contract(partner_id=partner.id, payment_term_id=False)
            self._grant(12.34, partner_id=partner.id)
            self._grant(5.0, 'paid', partner_id=partner.id)
        run = self.env['service.billing.run'].create({
            'date': '2026-01-01', 'contract_ids': [Command.set(contracts.ids)],
        })
        run.action_start()
        self.assertEqual((run.invoice_count, run.fast_count, run.parked_count), (5, 5, 0))
        moves = run.entry_ids.move_id
        self.assertEqual(set(moves.mapped('amount_untaxed')), {17.66})
        self.assertEqual({round(move.amount_residual, 2) for move in moves}, {15.31})
        self.assertEqual(set(moves.mapped('payment_state')), {'partial'})
        self._assert_laws()

    def test_the_preview_shows_what_credit_takes_off_and_leaves_no_trace(self):
        contract = self._contract()
        free, paid = self._grant(10, priority=1), self._grant(30, 'paid')
        rows = contract._preview(date(2026, 2, 1))
        self.assertEqual([(row['kind'], row['amount_untaxed'], row['credit_used']) for row in rows], [
            ('recurring', 30.0, 23.0), ('credit', -10.0, 0.0), ('recurring', 30.0, 7.0),
        ])
        self.assertEqual((free.balance, paid.balance), (10.0, 30.0))
        moves = self._run('2026-02-01', contract)
        self.assertEqual(sum(moves.mapped('amount_total')) - sum(moves.mapped('amount_residual')), 30.0)
        self.assertEqual(sum(moves.mapped('amount_untaxed')), 50.0)

    def test_the_months_forecast_are_the_months_billed(self):
        contract = self._contract([{'price_unit': 19.99}, {'product_id': self.setup.id, 'price_unit': 7.77}])
        self._grant(33.33, expiry_date='2026-03-31')
        self._grant(40, 'paid')
        rows = contract._forecast(date(2026, 4, 1))
        with freeze_time('2026-04-01'):
            self._run('2026-04-01', contract)
        said = sorted((row['kind'], row['charge_date'], row['contract_line_id'], row['amount']) for row in rows)
        entries = contract.entry_ids
        self.assertEqual(
            sorted((entry.kind, entry.charge_date, entry.contract_line_id.id, entry.amount_untaxed)
                   for entry in entries), said)
        draws = self.env['service.credit.entry'].search([('grant_id.kind', '=', 'paid')])
        self.assertAlmostEqual(sum(row['credit_used'] for row in rows), sum(draws.mapped('amount')))

    @mute_logger('odoo.sql_db')
    def test_a_balance_below_zero_is_refused_by_code_and_database(self):
        grant = self._grant(10)
        with self.assertRaisesRegex(UserError, "not enough left"):
            self.env['service.credit.entry']._book([
                {'grant_id': grant.id, 'kind': 'draw', 'key': 'test', 'amount': 11},
            ])
        self.env.flush_all()
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute('UPDATE service_credit_grant SET balance = -1 WHERE id = %s', (grant.id,))

    def test_history_and_balance_are_written_by_nobody(self):
        grant = self._grant(10)
        self._run(contracts=self._contract())
        manager = self._user('m', 'service_contracts.group_contract_manager', company_id=self.company.id,
                             company_ids=[Command.set(self.company.ids)])
        for attack in ({'balance': 99.0}, {'amount': 99.0}, {'closed_by': False}, {'state': 'active'}):
            with self.assertRaises(UserError):
                grant.with_user(manager).write(attack)
        with self.assertRaisesRegex(UserError, "never changed"):
            grant.entry_ids.write({'amount': 1})
        with self.assertRaisesRegex(UserError, "never deleted"):
            grant.entry_ids.sudo().unlink()
        with self.assertRaisesRegex(UserError, "stays for the records"):
            grant.with_user(manager).unlink()

    def test_a_level_tells_once_and_tops_up(self):
        self.env.user.tz = 'UTC'
        level = self.env['service.credit.level'].create({
            'partner_id': self.customer.id, 'threshold': 20, 'top_up_amount': 100, 'user_id': self.env.uid,
        })
        grant = self._grant(50, 'paid')
        self.Grant._follow_company(self.company)
        self.assertFalse(level.is_low)
        self._run(contracts=self._contract())
        for _time in range(2):
            self.Grant._follow_company(self.company)
        self.assertEqual((grant.balance, level.is_low, len(level.activity_ids)), (15.5, True, 1))
        self.assertRecordValues(level.grant_ids, [{'amount': 100.0, 'state': 'waiting', 'kind': 'paid'}])
        level.grant_ids.invoice_id.payment_state = 'paid'
        self.Grant._follow_company(self.company)
        self.assertFalse(level.is_low)

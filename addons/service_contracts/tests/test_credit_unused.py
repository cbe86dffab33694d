"""Free credit that paid for days given back returns to the credit; only what was paid in money comes back as money."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from .changes import ChangeCase


@tagged('post_install', '-at_install')
class TestCreditUnused(ChangeCase):
    """N7, N9."""

    def setUp(self):
        super().setUp()
        self.company.service_unused_rule = 'day'

    def _grant(self, amount, **vals):
        return self.env['service.credit.grant'].create({
            'partner_id': self.customer.id, 'amount': amount, 'name': "Welcome", 'date_granted': '2026-03-01', **vals,
        })

    def _paused(self, *spans, start='2026-03-01'):
        contract = self._contract(date_start=start, payment_term_id=False)
        self._bill(contract, start)
        for first, last in spans:
            self._pause(contract, first, last)
        return contract

    def _pause(self, contract, first, last):
        with freeze_time(first):
            contract.action_pause()
        with freeze_time(last):
            contract.action_resume()
        self._bill(contract, last)

    def _money(self, contract):
        moves = contract.entry_ids.move_id.filtered(lambda move: move.state == 'posted')
        return contract.currency_id.round(sum(-move.direction_sign * move.amount_untaxed for move in moves))

    def _findings(self):
        self.env.flush_all()
        self.env['service.billing.check'].sudo()._check_by_query(self.company, False)
        found = self.env['service.billing.finding'].search([('company_id', '=', self.company.id)])
        return found.filtered(lambda finding: finding.kind != 'gap').mapped('display_name')

    def test_a_pause_gives_back_credit_and_money_as_they_paid(self):
        grant = self._grant(12)
        contract = self._paused(('2026-03-11', '2026-03-21'))
        note = contract.entry_ids.move_id.filtered(lambda move: move.move_type == 'out_refund')
        self.assertEqual(note.invoice_line_ids.mapped('price_unit'), [9.68, -3.87])  # 12/30 of it
        self.assertEqual(note.amount_untaxed, 5.81)
        self.assertIn("has it again", note.invoice_line_ids[1].name)
        self.assertEqual((grant.balance, grant.state), (3.87, 'active'))
        self.assertEqual(grant.entry_ids.sorted('id').mapped('kind'), ['draw', 'unused'])
        self.assertFalse(self._findings())

    def test_parts_add_up_to_the_cent(self):
        grant = self._grant(10.01)
        contract = self._paused(*((f'2026-03-{day:02}', f'2026-03-{day + 4:02}') for day in range(2, 29, 5)))
        backs = contract.line_ids.pending_ids.mapped('amount')
        charged = contract.entry_ids.filtered(lambda entry: entry.kind == 'recurring')
        share = -sum(backs) / sum(charged.mapped('amount_untaxed'))
        self.assertAlmostEqual(grant.balance, round(10.01 * share, 2))
        self.assertAlmostEqual(self._money(contract), 30 + sum(backs) - (10.01 - grant.balance))
        self.assertFalse(self._findings())

    def test_days_never_served_give_back_all_of_the_credit_and_no_money_it_paid(self):
        grant = self._grant(50)
        contract = self._contract(date_start='2026-03-01', payment_term_id=False)
        self._bill(contract, '2026-03-01')
        self.assertEqual((grant.balance, self._money(contract)), (20.0, 0.0))
        with freeze_time('2026-03-01'):
            contract.action_pause()
        with freeze_time('2026-04-01'):
            contract.action_resume()
            self.assertEqual(contract.line_ids.pending_ids.mapped('amount'), [-30.0])
            rows = contract._preview(contract.company_id._service_today())
            self.assertEqual([(row['kind'], row['amount_untaxed']) for row in rows],
                             [('recurring', 30.0), ('adjustment', -30.0), ('credit', 30.0), ('credit', -30.0)])
        self._bill(contract, '2026-04-01')
        self.assertEqual((grant.balance, self._money(contract)), (20.0, 0.0))
        self.assertFalse(self._findings())

    def test_it_keeps_its_expiry(self):
        grant = self._grant(12, expiry_date='2026-03-15')
        self._paused(('2026-03-11', '2026-03-21'))
        self.assertEqual(grant.balance, 3.87)
        with freeze_time('2026-03-22'):
            grant._follow_company(self.company)
        self.assertEqual((grant.balance, grant.state), (0.0, 'expired'))

    def test_a_change_takes_the_credit_along(self):
        grant = self._grant(21)
        contract = self._hosted('2026-02-26')
        self._bill(contract, '2026-02-26')  # 30, of which 21 are credit
        self.assertEqual(self._money(contract), 9.0)
        made = self._change(contract, '2026-03-12', plan='M')
        self.assertEqual((made['credit'], made['charge']), (15.0, 20.0))
        self._bill(contract, '2026-03-12')
        self.assertEqual(self._money(contract), 14.0)  # half of the credit came back and paid again
        self.assertEqual((grant.balance, len(grant.entry_ids)), (0.0, 3))
        self._change(contract, '2026-03-19', plan='S', key='again')
        self._bill(contract, '2026-03-19')
        # 5.25 of 10.00 return, and pay what the smaller plan costs beyond the money that came back
        self.assertEqual((grant.balance, self._money(contract)), (2.51, 14.01))
        self.assertFalse(self._findings())

    def test_a_reversed_invoice_gives_back_the_rest_and_charges_nothing_twice(self):
        grant = self._grant(12)
        contract = self._paused(('2026-03-11', '2026-03-21'))
        invoice, _note = contract.entry_ids.move_id.sorted('id')
        back = invoice._reverse_moves([{'invoice_date': '2026-03-22'}], cancel=True)
        self.assertEqual(grant.balance, 12.0)
        self.assertEqual(back.amount_untaxed, 18.0)
        counter = contract.line_ids.pending_ids.filtered(lambda pending: ':void:' in pending.key)
        self.assertEqual(counter.amount, 5.81)  # what was given back in money
        self.assertFalse(self._findings())

    def test_a_cancelled_credit_note_takes_the_credit_again(self):
        grant = self._grant(12)
        contract = self._paused(('2026-03-11', '2026-03-21'))
        note = contract.entry_ids.move_id.filtered(lambda move: move.move_type == 'out_refund')
        note.button_draft()
        note.button_cancel()
        self.assertEqual(grant.balance, 0.0)
        self.assertEqual(contract.line_ids.pending_ids.state, 'open')
        self.assertFalse(self._findings())
        self._bill(contract, '2026-03-21')
        self.assertEqual(grant.balance, 3.87)
        self.assertFalse(self._findings())

    def test_credit_used_in_the_meantime_cannot_be_taken_again(self):
        self._grant(12)
        contract = self._paused(('2026-03-11', '2026-03-21'))
        self._bill(contract, '2026-04-01')  # 3.87 are gone
        note = contract.entry_ids.move_id.filtered(lambda move: move.move_type == 'out_refund')
        note.button_draft()
        with self.assertRaisesRegex(UserError, "not enough left"):
            note.button_cancel()

    def test_without_credit_all_comes_back_as_money(self):
        contract = self._paused(('2026-03-11', '2026-03-21'))
        self.assertEqual(self._money(contract), 20.32)

    def test_a_charge_entered_by_hand_gives_back_no_credit(self):
        grant = self._grant(12)
        contract = self._paused()
        self.env['service.pending.charge'].create({
            'contract_line_id': contract.line_ids.id, 'name': "Goodwill", 'amount': -5, 'charge_date': '2026-03-05',
        })
        self._bill(contract, '2026-03-05')
        self.assertEqual((grant.balance, self._money(contract)), (0.0, 13.0))

    def test_the_effect_shown_before_a_change_is_what_is_billed_with_credit(self):
        for amount in (12, 45, 500):
            with self.subTest(amount=amount):
                customer = self.customer.copy()
                grant = self._grant(amount, partner_id=customer.id)
                contract = self._planned(self.small, date_start='2026-03-01', external_ref=f'C{amount}',
                                         partner_id=customer.id)
                self._bill(contract, '2026-03-01')
                for day, plan in (('2026-03-11', 'L'), ('2026-03-11', 'M'), ('2026-03-21', 'S')):
                    known, left = contract.entry_ids, grant.balance
                    with freeze_time(day):
                        told = contract.preview_change(contract.external_ref, {'plan': plan})
                    self._change(contract, day, f'{amount}-{plan}', plan=plan)
                    self._bill(contract, day)
                    new = contract.entry_ids - known
                    credits = new.filtered(lambda entry: entry.kind == 'credit').mapped('amount_untaxed')
                    self.assertEqual(
                        [told['billed_now'], told['credit_returned'], told['credit_used']],
                        [contract.currency_id.round(part) for part in (
                            sum(new.mapped('amount_untaxed')), sum(one for one in credits if one > 0),
                            -sum(one for one in credits if one < 0))])
                    self.assertAlmostEqual(grant.balance - left, told['credit_returned'] - told['credit_used'])

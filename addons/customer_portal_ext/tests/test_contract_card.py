"""Cards kept for contracts: announced, charged once on the due date, and only with what nobody disputes or pays."""

from unittest.mock import patch

from freezegun import freeze_time
from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.installment_sales.tests.provider import SEND, ProviderAnswers
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestContractCard(ProviderAnswers, PanelPageCase, AccountPaymentCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls.env['service.plan'].create({
            'name': "Hosting", 'line_ids': [Command.create({'product_id': cls.hosting.id})]})
        cls.contract = cls._contract(cls.customer, plan)
        cls.token = cls._card('1234')
        cls.contract._agree_to_card(cls.token)
        cls.line = cls._invoice(50, '2026-03-10')
        cls.line.service_contract_id = cls.contract
        cls.sent = []

    def setUp(self):
        super().setUp()
        self.sent.clear()

    @classmethod
    def _card(cls, digits, partner=None):
        return cls.env['payment.token'].create({
            'provider_id': cls.dummy_provider.id, 'payment_method_id': cls.payment_method_id,
            'partner_id': (partner or cls.customer).id, 'provider_ref': f'ref {digits}', 'payment_details': digits})

    def _run(self, cron, day, answer):
        def send(transaction):
            self.sent.append((transaction.reference, transaction.amount, transaction.token_id.payment_details))
            answer(transaction)

        with freeze_time(day), self.enter_registry_test_mode(), patch(SEND, send), mute_logger(
                'odoo.addons.installment_sales.models.card_charge_mixin'):
            self.env.ref(f'customer_portal_ext.{cron}').method_direct_trigger()
        self.env.invalidate_all()

    def _announce(self, day='2026-03-07'):
        self._run('ir_cron_announce_charges', day, self._pays)

    def _charge(self, day='2026-03-10', answer=None):
        self._run('ir_cron_charge_cards', day, answer or self._pays)

    def _states(self):
        return self.line.card_charge_ids.sorted('id').mapped('state')

    def _mails(self, *words):
        mails = self.env['mail.mail'].sudo().search([('recipient_ids', 'in', self.customer.ids)])
        return mails.filtered(lambda mail: all(word in f'{mail.subject} {mail.body_html}' for word in words))

    # === ANNOUNCED === #

    def test_amount_day_and_card_are_announced_some_days_before_and_once(self):
        self._announce('2026-03-06')
        self.assertFalse(self.line.card_notice_ids, "four days are too early")
        self._announce('2026-03-07')
        self._announce('2026-03-08')
        self.assertRecordValues(self.line.card_notice_ids, [{
            'amount': 50, 'token_id': self.token.id, 'contract_id': self.contract.id}])
        self.assertEqual(str(self.line.card_notice_ids.date_charge), '2026-03-10')
        self.assertEqual(len(self._mails("50.00", "1234", "03/10/2026")), 1)

    def test_nothing_is_charged_that_was_not_announced_in_time(self):
        self._charge('2026-03-10')
        self._announce('2026-03-09')
        self._charge('2026-03-11')
        self.assertFalse(self.sent)
        self._charge('2026-03-12')
        self.assertEqual(len(self.sent), 1)

    def test_another_card_is_announced_anew(self):
        self._announce()
        self.contract._agree_to_card(self._card('9999'))
        self._charge('2026-03-10')
        self.assertFalse(self.sent)
        self._announce('2026-03-10')
        self.assertEqual(len(self._mails("9999")), 1)

    # === CHARGED === #

    def test_what_is_due_is_charged_booked_posted_and_mailed_once(self):
        self._announce()
        self._charge('2026-03-09')
        self.assertFalse(self.sent)
        for _twice in range(2):
            self._charge('2026-03-10')
        self.assertEqual(self.sent, [(f'{self.line.move_id.name}-{self.line.id}-1', 50, '1234')])
        self.assertEqual((self._states(), self.line.amount_residual), (['done'], 0))
        self.assertEqual(len(self._mails("paid by your card")), 1)
        self.assertIn("charged to the kept card", ''.join(self.contract.message_ids.mapped('body')))

    def test_an_older_debt_of_the_same_customer_is_left_alone(self):
        older = self._invoice(50, '2026-01-10')
        self._announce()
        self._charge()
        self.assertEqual((older.amount_residual, self.line.amount_residual), (50, 0))

    def test_a_decline_is_mailed_and_tried_again_by_its_class(self):
        """N12."""
        self._announce()
        self._charge('2026-03-10', self._declines)
        self.assertEqual(len(self._mails("could not be charged", "03/13/2026")), 1)
        self._charge('2026-03-12')
        self.assertEqual(self._states(), ['declined'])
        self._charge('2026-03-13')
        self.assertEqual((self._states(), self.line.amount_residual), (['declined', 'done'], 0))

    def test_a_stolen_card_is_given_up_until_the_customer_names_another(self):
        """N12."""
        self._announce()
        self._charge('2026-03-10', lambda transaction: transaction._set_error("Card was stolen"))
        self._charge('2026-04-10')
        self.assertRecordValues(self.line.card_charge_ids, [{'state': 'declined', 'is_final': True}])
        self.assertTrue(self.contract.activity_ids)
        self.contract._agree_to_card(self._card('9999'))
        self._announce('2026-04-10')
        self._charge('2026-04-13')
        self.assertEqual((self._states(), self.sent[-1][2]), (['declined', 'done'], '9999'))

    def test_a_missing_answer_blocks_every_further_charge_and_the_customer(self):
        """2.9: a timeout is never answered by a second charge, nor by a payment in the panel."""
        self._announce()
        self._charge('2026-03-10', self._is_silent)
        self._charge('2026-03-11')
        self.assertEqual((self._states(), len(self.sent)), (['unknown'], 1))
        with self.assertRaisesRegex(UserError, "on its way"):
            self.env(user=self.portal_user)['account.move.line']._choose_to_pay(self.line.ids, lock=True)
        self.line.card_charge_ids.transaction_id._set_done()
        self._charge('2026-03-11')
        self.assertEqual((self._states(), self.line.amount_residual), (['done'], 0))

    def test_a_manager_releases_what_the_provider_denies(self):
        self._announce()
        self._charge('2026-03-10', self._is_silent)
        with self.assertRaises(AccessError):
            self.line.card_charge_ids.with_user(self._employee('customer_portal_ext.group_desk_user')) \
                .action_not_charged()
        self.line.card_charge_ids.action_not_charged()
        self._charge('2026-03-13')
        self.assertEqual(self._states(), ['declined', 'done'])

    def test_what_a_killed_worker_left_is_unknown(self):
        """A9: nobody knows whether the provider was asked."""
        self._announce()
        charge = self.env['contract.card.charge'].sudo()._claim(self.line)
        self.env.flush_all()
        self.env.cr.execute("UPDATE contract_card_charge SET write_date = '2026-03-09' WHERE id = %s", [charge.id])
        self._charge()
        self.assertEqual((self._states(), self.sent), (['unknown'], []))

    def test_a_receivable_has_one_open_charge(self):
        """C8."""
        self._announce()
        charge = self.env['contract.card.charge'].sudo()._claim(self.line)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            charge.copy({'number': 2, 'line_id': self.line.id, 'amount': 1}).flush_recordset()

    # === LEFT OUT === #

    def _hold(self, **vals):
        return self.env['dunning.hold'].create({
            'company_id': self.company.id, 'move_line_id': self.line.id, 'date_from': '2026-03-01', **vals})

    def test_a_disputed_amount_and_only_that_is_not_charged(self):
        """I1: the rest is announced by itself once the dispute is over."""
        hold = self._hold(kind='dispute', amount=20)
        self._announce()
        self._charge()
        self.assertEqual((self.sent[0][1], self.line.amount_residual), (30, 20))
        hold.action_release()
        self._charge('2026-03-11')
        self.assertEqual(len(self.sent), 1, "what is left was not announced yet")
        self._announce('2026-03-11')
        self._charge('2026-03-14')
        self.assertEqual(self.line.amount_residual, 0)

    def test_what_is_held_reported_promised_or_paid_is_not_charged(self):
        self._announce()
        ways = {
            'held': lambda: self._hold(kind='manual'),
            'all of the customer held': lambda: self._hold(move_line_id=False, partner_id=self.customer.id),
            'reported': lambda: self.env['transfer.report'].create({
                'partner_id': self.customer.id, 'amount': 50, 'date_paid': '2026-03-09', 'reference': "B",
                'company_id': self.company.id, 'currency_id': self.line.currency_id.id,
                'line_ids': [Command.set(self.line.ids)]}),
            'promised': lambda: self.env['payment.promise'].create({
                'company_id': self.company.id, 'move_line_id': self.line.id, 'amount': 50, 'date': '2026-03-20',
                'promised_on': '2026-03-10'}),
            'paid a minute ago, not booked': lambda: self._payment(self.line, 50, state='paid'),
            'begun elsewhere': lambda: self._payment(self.line, 50, state='pending'),
        }
        for name, begin in ways.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                begin()
                self.assertFalse(self.env['contract.card.charge'].sudo()._find_due(self.line.date_maturity))
                self.assertFalse(self.env['contract.card.charge'].sudo()._claim(self.line))
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertEqual(self.env['contract.card.charge'].sudo()._find_due(self.line.date_maturity), self.line)

    # === CONSENT === #

    def test_without_consent_nothing_is_announced_or_charged(self):
        self._announce()
        self.contract.action_revoke_card()
        self.contract.action_revoke_card()
        self._charge()
        self.assertFalse(self.sent)
        self.contract.sudo().payment_token_id = self.token
        self._charge()
        self.assertFalse(self.sent, "a card alone is no agreement")

    def test_the_card_of_somebody_else_is_refused(self):
        with self.assertRaisesRegex(UserError, "does not belong"):
            self.contract._agree_to_card(self._card('1', partner=self.neighbour))

    def test_the_customer_reads_and_takes_back_the_agreement_and_agrees_anew(self):
        address = f'/my/contracts/{self.contract.id}'
        theirs = self._card('7777', partner=self.neighbour)
        self.authenticate('ana', 'ana')
        self.assertIn("is charged on each due date", self.url_open(address).text)
        self._post(f'{address}/card', token_id='')
        self.assertFalse(self.contract.payment_token_id)
        page = self.url_open(address).text
        self.assertIn("Pay by this card", page)
        self.assertNotIn("7777", page)
        for typed in ({'token_id': theirs.id, 'agreed': '1'}, {'token_id': 'x', 'agreed': '1'},
                      {'token_id': self.token.id}):
            self._post(f'{address}/card', **typed)
            self.assertFalse(self.contract.payment_token_id, typed)
        self._post(f'{address}/card', token_id=self.token.id, agreed='1')
        self.assertEqual(self.contract.payment_token_id, self.token)
        self.assertTrue(self.contract.card_agreed_on)

    def test_the_contract_of_somebody_else_is_not_changed(self):
        """G1, G4."""
        self.authenticate('bruno', 'bruno')
        answer = self._post(f'/my/contracts/{self.contract.id}/card', token_id='')
        self.assertTrue(self.contract.payment_token_id)
        self.assertTrue(answer.url.endswith('/my/contracts'))

    # === RIGHTS === #

    def _employee(self, group, company=None):
        company = company or self.company
        return self.env['res.users'].create({
            'name': group, 'login': f'{group} {company.id}', 'company_id': company.id,
            'company_ids': [Command.set(company.ids)], 'group_ids': [Command.set(self.env.ref(group).ids)]})

    def test_staff_reads_what_its_companies_charged_and_nobody_writes_it(self):
        """G16."""
        self._announce()
        self._charge()
        other = self.env['res.company'].create({'name': "Other"})
        desk = self._employee('customer_portal_ext.group_desk_user')
        stranger = self._employee('customer_portal_ext.group_desk_user', other)
        for model in ('contract.card.charge', 'contract.card.notice'):
            Model = self.env[model]
            own = [('partner_id', '=', self.customer.id)]
            with self.subTest(model):
                self.assertEqual(Model.with_user(desk).search(own).mapped('amount'), [50])
                self.assertFalse(Model.with_user(stranger).search(own))
                for user in (self.portal_user, self._employee('base.group_user')):
                    self.assertFalse(Model.with_user(user).has_access('read'))
                    user.login = f'{user.login} {model}'
                for right in ('write', 'create', 'unlink'):
                    self.assertFalse(Model.with_user(desk).has_access(right))

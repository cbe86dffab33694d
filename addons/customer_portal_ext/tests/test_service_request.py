"""Requests of customers: the effect shown first, done by rule or by staff, and the legal buttons without login."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestServiceRequest(PanelPageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backup = cls.env['product.product'].create({
            'name': "Backup", 'type': 'service', 'list_price': 5.0, 'taxes_id': [Command.clear()]})
        cls.large = cls.env['service.plan'].create({'name': "Large", 'line_ids': [
            Command.create({'product_id': cls.hosting.id, 'price_source': 'fixed', 'price_unit': 60.0})]})
        cls.plan = cls.env['service.plan'].create({
            'name': "Small", 'notice_count': 1, 'notice_unit': 'month',
            'allowed_target_ids': [Command.set(cls.large.ids)],
            'line_ids': [
                Command.create({'product_id': cls.hosting.id}),
                Command.create({'product_id': cls.backup.id, 'is_optional': True}),
            ],
        })
        cls.contract = cls._contract(cls.customer, cls.plan)
        cls.Request = cls.env['service.request']

    def _ask(self, kind, contract=None, **typed):
        contract = contract or self.contract
        vals = self.Request._wish_vals(contract, kind, typed)
        return self.Request._send({**vals, 'effect': self.Request._effect_rows(contract, vals)})

    def test_an_end_is_shown_with_its_earliest_day_and_done_by_rule(self):
        """F6: removal of a service at any time, by contract."""
        request = self._ask('end')
        self.assertEqual((request.state, str(self.contract.date_end)), ('done', '2026-04-10'))
        self.assertEqual(request.effect[0], {'label': "Last day of service", 'text': "04/10/2026"})
        with self.assertRaisesRegex(UserError, "ends already"):
            self._ask('end')

    def test_an_end_before_the_terms_allow_is_refused_with_the_earliest_day(self):
        with self.assertRaisesRegex(UserError, "04/10/2026 at the earliest"):
            self._ask('end', date_wanted='2026-03-31')
        self.assertFalse(self.contract.date_end)

    def test_what_staff_has_to_decide_waits_once(self):
        self.company.portal_auto_end = False
        request = self._ask('end')
        self.assertEqual(self._ask('end'), request)
        self.assertEqual((request.state, len(request.activity_ids)), ('sent', 1))
        request.action_approve()
        request.action_approve()
        self.assertEqual((request.state, str(self.contract.date_end)), ('done', '2026-04-10'))
        self.assertIn("is done", request.message_ids.mapped('body')[0])
        with self.assertRaisesRegex(UserError, "already"):
            request.action_refuse()

    def test_a_refusal_tells_the_reason_and_changes_nothing(self):
        self.company.portal_auto_pause = False
        request = self._ask('pause', date_wanted='2026-03-20', date_until='2026-03-25')
        request.action_refuse("Not in March.")
        self.assertIn("Not in March.", request.message_ids.mapped('body')[0])
        self.assertFalse(self.contract.pause_ids)

    def test_an_interval_of_the_plan_is_chosen_with_it_or_alone(self):
        """B11, F7: another plan, paid per year."""
        for plan in self.plan | self.large:
            plan.interval_ids = [Command.create({'interval_unit': 'year', 'discount': 10})]
        yearly = self.large.interval_ids
        choices = self.Request._offers(self.contract)['choices']
        self.assertEqual([choice['label'] for choice in choices], [
            "Large, per month", "Large, per year, 10 % less", "Small, per year, 10 % less"])
        request = self._ask('change', plan=f'{self.large.id}:{yearly.id}')
        self.assertIn({'label': "Change", 'text': "Small → Large, per year"}, request.effect)
        self.assertEqual(request.state, 'done')
        self.assertEqual(self.contract.plan_interval_id, yearly)
        other = self._contract(self.customer, self.plan)
        self._ask('change', other, plan=f'{self.plan.id}:{self.plan.interval_ids.id}')
        self.assertEqual((other.plan_id, other.plan_interval_id), (self.plan, self.plan.interval_ids))

    def test_another_plan_shows_its_effect_in_money_before_it_is_sent(self):
        """F7: expansion or decrease of the level."""
        vals = self.Request._wish_vals(self.contract, 'change', {'plan': str(self.large.id)})
        texts = {row['label']: row['text'] for row in self.Request._effect_rows(self.contract, vals)}
        self.assertIn("60.00", texts["Monthly from then on"])
        self.assertFalse(self.contract.line_ids.filtered(lambda line: line.price_unit == 60))
        self.Request._send(vals)
        self.assertEqual(self.contract.plan_id, self.large)

    def test_another_plan_shows_what_prepaid_credit_pays_of_it(self):
        """N9: three months of 30.00 become 111.29 by a change on March 10; of 100.00 credit 10.00 more are used."""
        self.assertNotIn("Paid by prepaid credit", self._texts('change', plan=str(self.large.id)))
        grant = self.env['service.credit.grant'].create({
            'partner_id': self.customer.id, 'amount': 100.0, 'kind': 'free', 'name': "Welcome"})
        texts = self._texts('change', plan=str(self.large.id))
        self.assertIn("10.00", texts["Paid by prepaid credit"])
        self.assertIn("11.29", texts["Added to an invoice of today"])
        self.assertEqual(grant.balance, 100.0)

    def test_a_plan_that_is_not_allowed_cannot_be_chosen(self):
        other = self.env['service.plan'].create({'name': "Other"})
        with self.assertRaisesRegex(UserError, "Choose the plan"):
            self._ask('change', plan=str(other.id))

    def test_an_option_is_booked_on_and_off(self):
        option = self.plan._optional_lines()
        self._ask('book', option=str(option.id))
        line = self.contract.line_ids.filtered(lambda line: line.product_id == self.backup)
        self.assertTrue(line)
        self._ask('unbook', option=str(option.id))
        self.assertTrue(line.date_end)

    def _bill(self):
        self.env['service.billing.run'].create(
            {'date': '2026-03-10', 'contract_ids': [Command.set(self.contract.ids)]}).action_start()

    def _texts(self, kind, **typed):
        vals = self.Request._wish_vals(self.contract, kind, typed)
        return {row['label']: row['text'] for row in self.Request._effect_rows(self.contract, vals)}

    def test_an_option_shows_its_days_and_its_price_before_it_is_sent(self):
        """B14, F7."""
        option = self.plan._optional_lines()
        texts = self._texts('book', option=str(option.id))
        self.assertIn("35.00", texts["Monthly from then on, without tax"])
        self.assertIn("03/10/2026", texts["First day"])
        self.assertIn("More to pay in twelve months", texts)
        self.assertEqual(len(self.contract.line_ids), 1)
        self._ask('book', option=str(option.id))
        texts = self._texts('unbook', option=str(option.id))
        self.assertIn("Last day", texts)
        self.assertFalse(self.contract.line_ids.filtered('date_end'))

    def test_an_end_and_a_pause_show_what_is_no_longer_charged(self):
        texts = self._texts('end')
        self.assertIn("Less to pay in twelve months", texts)
        self.assertIn("Still to pay until the last day", texts)
        self.assertFalse(self.contract.date_end)
        texts = self._texts('pause', date_wanted='2026-04-01', date_until='2026-06-01')
        self.assertIn("Less to pay in twelve months", texts)
        self.assertEqual((self.contract.state, len(self.contract.pause_ids)), ('active', 0))
        self.assertNotIn("Days paid already", texts)

    def test_a_pause_tells_what_becomes_of_days_that_are_paid(self):
        self._bill()
        dates = {'date_wanted': '2026-03-20', 'date_until': '2026-06-01'}
        self.assertEqual(self._texts('pause', **dates)["Days paid already"], "stay paid")
        self.plan.unused_rule = 'day'
        self.assertIn("are given back", self._texts('pause', **dates)["Days paid already"])

    def test_an_end_in_far_future_is_shown_without_adding_up_for_ever(self):
        """F1."""
        texts = self._texts('end', date_wanted='2999-12-31')
        self.assertNotIn("Still to pay until the last day", texts)
        self.assertIn("Last day of service", texts)

    def test_data_and_payment_method_are_asked_for_in_words(self):
        for kind in ('data', 'payment'):
            with self.assertRaisesRegex(UserError, "Tell us"):
                self._ask(kind)
            request = self._ask(kind, message="By transfer from now on.")
            self.assertEqual((request.state, len(request.activity_ids)), ('sent', 1))

    def test_a_pause_needs_its_two_days(self):
        for typed in ({}, {'date_wanted': '2026-03-01', 'date_until': '2026-03-05'}, {'date_wanted': '2026-03-20'}):
            with self.subTest(typed), self.assertRaises(UserError):
                self._ask('pause', **typed)
        self.company.portal_auto_pause = True
        self._ask('pause', date_wanted='2026-03-20', date_until='2026-03-25')
        self.assertEqual(len(self.contract.pause_ids), 1)

    def test_the_form_shows_the_effect_then_sends(self):
        self.authenticate('ana', 'ana')
        page = f'/my/contracts/{self.contract.id}/request/end'
        self.assertIn("The earliest last day", self.url_open(page).text)
        shown = self.url_open(page, {'csrf_token': self._csrf(), 'step': 'show', 'date_wanted': '2026-04-30'}).text
        self.assertIn("04/30/2026", shown)
        self.assertFalse(self.contract.date_end)
        answer = self.url_open(page, {'csrf_token': self._csrf(), 'step': 'send', 'date_wanted': '2026-04-30'})
        self.assertIn('/my/requests', answer.url)
        self.assertEqual(str(self.contract.date_end), '2026-04-30')

    def test_nobody_asks_for_the_contracts_of_others(self):
        theirs = self._contract(self.neighbour, self.plan)
        self.authenticate('ana', 'ana')
        for kind in ('end', 'change', 'book', 'pause', 'data'):
            with self.subTest(kind):
                answer = self.url_open(f'/my/contracts/{theirs.id}/request/{kind}',
                                       {'csrf_token': self._csrf(), 'step': 'send', 'message': "X"})
                self.assertTrue(answer.url.endswith('/my/contracts'))
        self.assertFalse(theirs.date_end)
        self.assertFalse(self.Request.search([('contract_id', '=', theirs.id)]))

    def test_only_the_own_request_is_taken_back(self):
        self.company.portal_auto_end = False
        theirs, mine = self._ask('end', self._contract(self.neighbour, self.plan)), self._ask('end')
        self.authenticate('ana', 'ana')
        for row in (theirs, mine):
            self.url_open(f'/my/requests/{row.id}/withdraw', {'csrf_token': self._csrf()})
        self.assertEqual((theirs.state, mine.state), ('sent', 'withdrawn'))
        with self.assertRaises(AccessError):
            theirs.with_user(self.portal_user).read(['kind'])

    # === WITHOUT LOGIN === #

    def _declare(self, page, **typed):
        self.url_open(page)
        return self.url_open(page, {
            'csrf_token': self._csrf(), 'name': "Ana", 'email': 'ana@example.com', 'contract': self.contract.name,
            **typed})

    def test_a_cancellation_without_login_gets_its_receipt_at_once(self):
        """Section 312k BGB: number, content, date and time on the page and by e-mail; staff decides the day."""
        self.authenticate(None, None)
        answer = self._declare('/cancel-contract')
        request = self.Request.search([('sender_email', '=', 'ana@example.com')])
        self.assertRecordValues(request, [{'kind': 'end', 'contract_id': self.contract.id, 'state': 'sent'}])
        self.assertIn(request.name, answer.text)
        mail = self.env['mail.mail'].search([('email_to', 'ilike', 'ana@example.com')], limit=1)
        self.assertIn(request.name, mail.body_html)
        self.assertEqual(len(request.activity_ids), 1)

    def test_the_answer_does_not_tell_whether_a_contract_exists(self):
        self.authenticate(None, None)
        known = self._declare('/cancel-contract').text
        unknown = self._declare('/cancel-contract', email='eve@example.com').text
        self.assertIn("We received your declaration", known)
        self.assertIn("We received your declaration", unknown)
        request = self.Request.search([('sender_email', '=', 'eve@example.com')])
        self.assertFalse(request.contract_id)
        with self.assertRaisesRegex(UserError, "Choose it first"):
            request.action_approve()

    def test_a_withdrawal_is_taken_and_an_incomplete_one_told(self):
        self.authenticate(None, None)
        self.assertIn("Tell us your name", self._declare('/withdraw-from-contract', contract=' ').text)
        self.assertIn("e-mail address", self._declare('/withdraw-from-contract', email='none').text)
        self._declare('/withdraw-from-contract')
        self.assertEqual(self.Request.search([('sender_email', '=', 'ana@example.com')]).kind, 'withdraw')

    def test_for_cause_needs_a_reason(self):
        self.authenticate(None, None)
        self.assertIn("Tell us the reason", self._declare('/cancel-contract', cause='1').text)

    def test_a_declaration_is_kept_with_its_receipt_whatever_waits_for_the_contract_already(self):
        """A wish of the panel, or another declaration, takes neither receipt nor content of this one; twice is once."""
        self.company.portal_auto_end = False
        self._ask('end')
        self.authenticate(None, None)
        self._declare('/cancel-contract', email='ANA@example.com', message="By the end of the year")
        self._declare('/cancel-contract', cause='1', message="The alarm fails")
        answer = self._declare('/cancel-contract', cause='1', message="The alarm fails").text
        declared = self.Request.search([('sender_email', '=', 'ana@example.com')], order='id')
        self.assertRecordValues(declared, [
            {'contract_id': self.contract.id, 'message': "By the end of the year", 'is_extraordinary': False},
            {'contract_id': self.contract.id, 'message': "The alarm fails", 'is_extraordinary': True}])
        mails = self.env['mail.mail'].search([
            ('email_to', '=', 'ana@example.com'), ('model', '=', 'service.request'), ('res_id', 'in', declared.ids)])
        self.assertEqual(len(mails), 2)
        for text in (declared[1].name, "The alarm fails", "Ana"):
            self.assertIn(text, answer)
        self.assertIn("By the end of the year", mails.sorted('id')[0].body_html)

    def test_a_declaration_finds_no_contract_by_a_pattern(self):
        """F4: % and _ are what was written, so the e-mail alone finds nothing."""
        self.authenticate(None, None)
        self._declare('/cancel-contract', contract='%')
        self.assertFalse(self.Request.search([('sender_email', '=', 'ana@example.com')]).contract_id)

    def test_both_buttons_stand_on_every_page(self):
        page = self.url_open('/').text
        self.assertIn('href="/cancel-contract"', page)
        self.assertIn('href="/withdraw-from-contract"', page)

"""Payment arrangements: at once within the limits, by staff beyond them, kept or broken payment by payment."""

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestArrangement(PanelPageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = cls._invoice(90, '2026-03-01')
        cls.typed = {'parts': '3', 'date_wanted': '2026-03-15'}

    def _offer(self):
        Request = self.env(user=self.portal_user)['service.request']
        return Request, Request._arrangeable()

    def _arrange(self, **typed):
        Request, lines = self._offer()
        vals = Request._arrangement_vals(lines, {**self.typed, **typed})
        return self.env['service.request'].browse(Request.sudo()._send(
            {**vals, 'effect': Request._arrangement_rows(lines, vals)}).id)

    def _promises(self):
        return self.env['payment.promise'].sudo().search([('move_line_id', '=', self.line.id)], order='part')

    def test_the_payments_are_shown_before_it_is_sent_and_promised_then(self):
        """N14."""
        self.authenticate('ana', 'ana')
        typed = {**self.typed, 'csrf_token': self._csrf()}
        page = self.url_open('/my/arrangement', {**typed, 'step': 'show'}).text
        for text in ("Payment 3, 05/15/2026", "30.00", "Together"):
            with self.subTest(text):
                self.assertIn(text, page)
        self.assertFalse(self._promises())
        page = self.url_open('/my/arrangement', {**typed, 'step': 'send'}).text
        self.assertIn("o_arrangement_parts", page)
        self.assertRecordValues(self._promises(), [
            {'amount': 30, 'date': fields.Date.to_date(day), 'part': part, 'state': 'open', 'source': 'portal'}
            for part, day in ((1, '2026-03-15'), (2, '2026-04-15'), (3, '2026-05-15'))])

    def test_what_is_arranged_is_not_arranged_again(self):
        """G1: a second browser with the same page."""
        self._arrange()
        Request, lines = self._offer()
        self.assertFalse(lines)
        with self.assertRaisesRegex(UserError, "Nothing is due"):
            Request._arrangement_vals(lines, self.typed)

    def test_beyond_the_limits_it_cannot_be_asked_for(self):
        wrong = {
            'parts': ('0', '4', '-1', 'x', '9' * 20, ''),
            'date_wanted': ('', '2026-03-09', '2026-06-30', '2026-05-01'),
        }
        for name, values in wrong.items():
            for value in values:
                with self.subTest(name=name, value=value), self.assertRaises(UserError):
                    self._arrange(**{name: value})

    def test_an_amount_above_the_limit_waits_for_staff(self):
        self.company.portal_arrangement_amount = 89
        request = self._arrange()
        self.assertEqual((request.state, len(request.activity_ids)), ('sent', 1))
        self.assertFalse(self._promises())
        self.assertEqual(self._arrange(), request)
        request.action_approve()
        self.assertEqual((request.state, len(self._promises())), ('done', 3))

    def test_who_broke_a_promise_waits_for_staff_and_an_arrangement_falls_as_a_whole(self):
        other = self._invoice(60, '2026-03-02')
        request = self._arrange(parts='2')
        self.assertEqual(request.promise_ids.move_line_id, self.line | other)
        with freeze_time('2026-03-16'):
            request.sudo().promise_ids._settle()
            self.assertEqual(set(request.promise_ids.mapped('state')), {'broken'})
            self.assertEqual([part['state'] for part in request._arrangement_parts()], ['broken', 'broken'])
            self.assertEqual(self._arrange(date_wanted='2026-03-20').state, 'sent')

    def test_while_it_is_kept_reminders_and_suspension_wait(self):
        self.company.sudo().dunning_policy_id = self.env['dunning.policy'].sudo().create({
            'name': "Test", 'grace_days': 10, 'suspension_days': 20, 'removal_days': 40, 'warning_days': 0})
        gatherer = self.env['dunning.gatherer'].sudo()
        self._arrange()
        facts = gatherer._facts(self.company.sudo(), self.customer.ids, self.env.cr.now())[self.customer.id]
        self.assertEqual([item.net.open for item in facts.customer.items], [0])

    def test_nobody_arranges_for_others(self):
        theirs = self._invoice(50, '2026-03-01', partner=self.neighbour)
        self.assertNotIn(theirs, self._offer()[1])
        self.assertFalse(self.env(user=self.portal_user)['payment.promise'].has_access('read'))
        self.authenticate('ana', 'ana')
        for contract in ('', '0', '-1', '9' * 20, 'x'):
            with self.subTest(contract):
                self.assertEqual(self.url_open(f'/my/arrangement?contract={contract}').status_code, 200)

"""Cases: the legal clock, what is disputed, who may see them, and the rating at the end."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestSupportCase(PanelPageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claim = cls.env.ref('customer_portal_ext.case_type_claim')
        cls.request_kind = cls.env.ref('customer_portal_ext.case_type_request')

    def _open(self, user=None, **typed):
        env = self.env(user=user or self.portal_user)
        case = env['support.case']._open_from_form(env.user.partner_id, {
            'type': str(self.claim.id), 'subject': "Too much", 'description': "Ten too much.", **typed,
        })
        return self.env['support.case'].browse(case.id)

    def test_the_clock_counts_working_days_and_leaves_out_holidays(self):
        self.assertEqual(str(self._open().date_deadline), '2026-03-31')
        self.env['resource.calendar.leaves'].create({
            'calendar_id': self.company.resource_calendar_id.id, 'company_id': self.company.id,
            'date_from': '2026-03-23 00:00:00', 'date_to': '2026-03-23 23:00:00',
        })
        self.assertEqual(str(self._open().date_deadline), '2026-04-01')

    def test_the_customer_is_told_the_day_of_the_answer(self):
        """An automatic receipt is no answer: the case is still new."""
        case = self._open()
        self.assertIn("03/31/2026", case.message_ids.filtered('body')[:1].body)
        self.assertEqual(case.state, 'new')

    def test_a_claim_takes_exactly_the_disputed_amount_out_of_reminders(self):
        """I1: reminders go on for the rest, and for all of it once the case is closed."""
        line = self._invoice(50, '2026-03-01')
        case = self._open(invoice=str(line.move_id.id), amount_disputed='10')
        self.assertRecordValues(case.hold_ids, [
            {'kind': 'dispute', 'amount': 10, 'move_line_id': line.id, 'state': 'active'}])
        case.amount_disputed = 20
        self.assertEqual(case.hold_ids.filtered(lambda hold: hold.state == 'active').mapped('amount'), [20])
        case.action_close()
        self.assertEqual(set(case.hold_ids.mapped('state')), {'over'})

    def test_a_case_names_an_order_of_ones_own_and_no_other(self):
        """I13: invoice, contract or order."""
        mine, theirs = self.env['sale.order'].sudo().create([
            {'partner_id': partner.id, 'company_id': self.company.id,
             'order_line': [Command.create({'product_id': self.hosting.id})]}
            for partner in (self.customer, self.neighbour)])
        (mine | theirs).action_confirm()
        case = self._open(order=str(mine.id))
        self.assertEqual(case.order_id, mine)
        self.assertFalse(self._open(order=str(theirs.id)).order_id)
        self.authenticate('ana', 'ana')
        form = self.url_open('/my/cases/new').text
        self.assertIn(mine.name, form)
        self.assertNotIn(theirs.name, form)
        self.assertIn(mine.name, self.url_open(case.access_url).text)

    def test_only_a_claim_on_the_own_invoice_disputes_an_amount_up_to_its_total(self):
        line = self._invoice(50, '2026-03-01')
        theirs = self._invoice(50, '2026-03-01', partner=self.neighbour)
        with self.assertRaisesRegex(ValidationError, "up to"):
            self._open(invoice=str(line.move_id.id), amount_disputed='50.01')
        with self.assertRaisesRegex(ValidationError, "only a claim on an invoice"):
            self._open(invoice=str(theirs.move_id.id), amount_disputed='10')
        self.assertFalse(self._open(type=str(self.request_kind.id), amount_disputed='10').amount_disputed)
        for typed in ({'type': ''}, {'subject': ' '}, {'amount_disputed': 'x'}):
            with self.subTest(typed), self.assertRaises(UserError):
                self._open(**typed)

    def test_a_case_is_answered_by_a_message_and_closed_with_a_question(self):
        case = self._open()
        case.action_take()
        with self.assertRaisesRegex(UserError, "Write the answer"):
            case.action_answer()
        case.message_post(body="We correct it.", subtype_xmlid='mail.mt_comment', message_type='comment')
        case.action_answer()
        self.assertEqual((case.state, str(case.date_answered)), ('answered', '2026-03-10'))
        case.action_close()
        case.action_close()
        asked = case.message_ids.filtered(lambda message: "how did we do?" in (message.subject or ""))
        self.assertEqual(len(asked), 1)
        with self.assertRaisesRegex(UserError, "cannot become"):
            case.action_answer()

    def test_somebody_is_warned_of_a_deadline_once(self):
        case = self._open(type=str(self.request_kind.id))
        case.date_received = '2026-02-25'
        self.assertEqual(case.days_left, 1)
        with self.enter_registry_test_mode():
            cron = self.env.ref('customer_portal_ext.ir_cron_warn_of_deadlines')
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.assertEqual(len(case.activity_ids), 1)

    def test_late_cases_are_found(self):
        case = self._open()
        case.date_received = '2026-01-01'
        self.assertIn(case, self.env['support.case'].search([('is_late', '=', True)]))
        self.assertNotIn(self._open(), self.env['support.case'].search([('is_late', '=', True)]))

    def test_a_customer_sees_only_the_own_cases(self):
        theirs = self._open(user=self.other_user)
        with self.assertRaises(AccessError):
            theirs.with_user(self.portal_user).read(['subject'])
        self.authenticate('ana', 'ana')
        self.assertTrue(self.url_open(f'/my/cases/{theirs.id}').url.endswith('/my/cases'))
        mine = self._open()
        self.assertIn("Ten too much.", self.url_open(mine.access_url).text)

    def test_a_case_is_opened_by_the_form_and_what_was_typed_stays(self):
        self.authenticate('ana', 'ana')
        typed = {'csrf_token': self._csrf(), 'type': self.claim.id, 'subject': "Too much", 'description': ""}
        answer = self.url_open('/my/cases/new', typed)
        self.assertIn("Write a subject", answer.text)
        self.assertIn('value="Too much"', answer.text)
        self.url_open('/my/cases/new', {**typed, 'description': "Ten."})
        self.assertEqual(self.env['support.case'].search([('partner_id', '=', self.customer.id)]).channel, 'portal')

    def test_answers_are_found_read_and_voted_on_once_a_session(self):
        """I2, I3, I8: what the answers spare is counted."""
        article = self.env['support.article'].create({'name': "Zebra question?", 'answer': "<p>Stripes.</p>"})
        hidden = self.env['support.article'].create(
            {'name': "Zebra hidden?", 'answer': "<p>No.</p>", 'is_published': False})
        page = self.url_open('/help?search=zebra').text
        self.assertIn("Zebra question?", page)
        self.assertNotIn("Zebra hidden?", page)
        self.assertNotIn("No.", self.url_open(hidden.website_url).text)
        self.authenticate('ana', 'ana')
        self.assertIn("Stripes.", self.url_open(article.website_url).text)
        for _click in range(2):
            self.url_open(f'{article.website_url}/vote', {'csrf_token': self._csrf(), 'helped': 'yes'})
        self.assertRecordValues(article, [{'view_count': article.view_count, 'helped_count': 1, 'helped_share': 1.0}])
        self.assertTrue(article.view_count)

    def test_a_disputed_invoice_of_a_contract_belongs_to_one_customer(self):
        line = self._invoice(50, '2026-03-01', partner=self.neighbour)
        with self.assertRaisesRegex(ValidationError, "another customer"):
            self.env['support.case'].create({
                'subject': "X", 'description': "X", 'type_id': self.claim.id, 'partner_id': self.customer.id,
                'invoice_id': line.move_id.id,
            })

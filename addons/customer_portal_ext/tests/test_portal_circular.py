"""Circulars: who gets them, once, and who read them."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestPortalCircular(PanelPageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env['res.partner.category'].create({'name': "Circular test"})
        (cls.customer | cls.neighbour).category_id = cls.tag

    def _circular(self, **vals):
        return self.env['portal.circular'].create({
            'name': "Closed on Monday", 'body': "<p>We are closed.</p>", 'audience': 'tags',
            'tag_ids': [Command.set(self.tag.ids)], 'company_id': self.company.id, **vals,
        })

    def _send(self, circular):
        circular.action_plan()
        with self.enter_registry_test_mode():
            self.env.ref('customer_portal_ext.ir_cron_send_circulars').method_direct_trigger()
        circular.invalidate_recordset()

    def test_it_reaches_its_audience_once_however_often_the_job_runs(self):
        circular = self._circular(by_email=True)
        self._send(circular)
        self._send(circular)
        self.assertEqual(circular.state, 'sent')
        self.assertEqual(circular.recipient_ids.partner_id, self.customer | self.neighbour)
        self.assertEqual(len(circular.recipient_ids.mail_id), 2)

    def test_nothing_goes_out_before_its_time(self):
        circular = self._circular(date_planned='2026-03-11 08:00:00')
        self._send(circular)
        self.assertEqual((circular.state, circular.recipient_count), ('planned', 0))
        circular.action_cancel()
        self.assertEqual(circular.state, 'cancelled')

    def test_reading_is_proven_by_the_first_time(self):
        circular = self._circular()
        self._send(circular)
        self.authenticate('ana', 'ana')
        self.assertIn("1 new on the board", self.url_open('/my').text.replace('<t>', ''))
        self.assertIn("Closed on Monday", self.url_open('/my/circulars').text)
        row = circular.recipient_ids.filtered(lambda row: row.partner_id == self.customer)
        self.assertIn("We are closed.", self.url_open(f'/my/circulars/{row.id}').text)
        self.assertTrue(row.read_on)
        self.assertEqual((circular.read_count, circular.read_share), (1, 0.5))
        self.assertNotIn("new on the board", self.url_open('/my').text)

    def test_whoever_opted_out_gets_no_offers_but_hears_what_matters(self):
        self.authenticate('ana', 'ana')
        self.url_open('/my/circulars/offers', {'csrf_token': self._csrf(), 'wanted': 'no'})
        offer, notice = self._circular(topic='offer'), self._circular(topic='notice')
        self._send(offer)
        self._send(notice)
        self.assertEqual(offer.recipient_ids.partner_id, self.neighbour)
        self.assertEqual(notice.recipient_ids.partner_id, self.customer | self.neighbour)

    def test_a_blocked_address_gets_no_mail_and_the_reason_is_kept(self):
        self.env['mail.blacklist']._add(self.customer.email)
        self.neighbour.email = False
        circular = self._circular(by_email=True)
        self._send(circular)
        self.assertFalse(circular.recipient_ids.mail_id)
        self.assertEqual(set(circular.recipient_ids.mapped('email_note')),
                         {"does not want e-mails", "no e-mail address"})

    def test_messages_go_to_those_with_a_number_who_did_not_refuse(self):
        self.customer.phone, self.neighbour.phone = '+34600000001', '+34600000002'
        self.env['message.consent'].sudo()._note(self.neighbour, 'sms', 'refused', 'staff')
        circular = self._circular(by_sms=True, sms_text="Closed on Monday")
        self._send(circular)
        self.assertEqual(circular.recipient_ids.sms_id.mapped('number'), ['+34600000001'])

    def test_an_expired_circular_leaves_the_board(self):
        circular = self._circular(date_until='2026-03-09')
        self._send(circular)
        self.authenticate('ana', 'ana')
        self.assertNotIn("Closed on Monday", self.url_open('/my/circulars').text)

    def test_without_channel_or_audience_nothing_is_planned(self):
        with self.assertRaisesRegex(UserError, "goes out nowhere"):
            self._circular(on_board=False).action_plan()
        with self.assertRaisesRegex(UserError, "no audience"):
            self._circular(tag_ids=[Command.set(self.env['res.partner.category'].create({'name': "Empty"}).ids)]
                           ).action_plan()

    def test_what_went_out_stays_as_it_was_read(self):
        circular = self._circular()
        self._send(circular)
        with self.assertRaisesRegex(UserError, "Make a copy"):
            circular.body = "<p>Something else.</p>"
        with self.assertRaisesRegex(UserError, "stays for the records"):
            circular.unlink()

    def test_a_customer_reads_only_the_own_copy(self):
        circular = self._circular()
        self._send(circular)
        theirs = circular.recipient_ids.filtered(lambda row: row.partner_id == self.neighbour)
        with self.assertRaises(AccessError):
            theirs.with_user(self.portal_user).read(['circular_id'])
        self.authenticate('ana', 'ana')
        self.assertTrue(self.url_open(f'/my/circulars/{theirs.id}').url.endswith('/my/circulars'))
        self.assertFalse(theirs.read_on)

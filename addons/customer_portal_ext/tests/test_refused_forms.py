"""A form that is refused leaves nothing behind: rules are checked after records are made."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from psycopg2.errors import UniqueViolation

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestRefusedForms(PanelPageCase):

    def test_a_transfer_of_a_day_to_come_covers_nothing(self):
        """D3: else reminders would wait for it, and the customer could not pay."""
        line = self._invoice(50, '2026-03-01')
        self.authenticate('ana', 'ana')
        page = self._post('/my/transfers/new', amount='50', date_paid='9999-12-31', reference="R", lines=str(line.id))
        self.assertIn("cannot be the day of the transfer", page.text)
        self.assertFalse(self.env['transfer.report'].search([('partner_id', '=', self.customer.id)]))
        self.assertIn(f'value="{line.id}"', self.url_open('/my/transfers/new').text, "It can still be paid.")

    def test_a_second_click_at_the_same_time_is_told_so(self):
        """G4: PostgreSQL refuses the second one, and the customer reads a sentence."""
        def refuse(records, *_values):
            raise UniqueViolation

        self.authenticate('ana', 'ana')
        with patch.object(type(self.env['transfer.report']), '_report_from_form', refuse):
            page = self._post('/my/transfers/new', amount='50', date_paid='2026-03-09', reference="R")
        self.assertEqual(page.status_code, 200)
        self.assertIn("We have received this already", page.text)

    def test_a_claim_on_too_much_opens_no_case(self):
        """I1: no clock runs, nobody is told, and reminders go on."""
        line = self._invoice(50, '2026-03-01')
        self.authenticate('ana', 'ana')
        claim = self.env.ref('customer_portal_ext.case_type_claim')
        page = self._post('/my/cases/new', type=str(claim.id), subject="S", description="D",
                          invoice=str(line.move_id.id), amount_disputed='50.01')
        self.assertIn("must be above 0 and up to", page.text)
        self.assertFalse(self.env['support.case'].search([('partner_id', '=', self.customer.id)]))

    def test_a_declaration_or_request_that_fails_is_not_kept(self):
        """F6: what is asked is taken as a whole, also the cancellation without login."""
        def fail(records, *_values):
            records.env['res.partner'].sudo().browse(self.customer.id).comment = "Left behind"
            raise UserError("It does not work today.")

        Request = type(self.env['service.request'])
        self._invoice(50, '2026-03-01')
        self.authenticate(None, None)
        with patch.object(Request, '_send_public', fail):
            self.assertIn("It does not work", self._post('/cancel-contract', name="A").text)
        self.authenticate('ana', 'ana')
        with patch.object(Request, '_send', fail):
            page = self._post('/my/arrangement', step='send', parts='2', date_wanted='2026-03-12')
            self.assertIn("It does not work", page.text)
        self.customer.invalidate_recordset()
        self.assertFalse(self.customer.comment)

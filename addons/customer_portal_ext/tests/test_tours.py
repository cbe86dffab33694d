"""The journeys of a customer, clicked in a real browser."""

from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestTours(PanelPageCase):
    frozen = None  # the browser would take the session for expired

    def test_a_customer_reports_a_transfer(self):
        self._invoice(50, '2026-03-01', invoice_date='2026-03-01')
        self.start_tour('/my', 'customer_portal_ext_report_transfer', login='ana')
        report = self.env['transfer.report'].search([('partner_id', '=', self.customer.id)])
        self.assertRecordValues(report, [{'amount': 50, 'reference': 'HOST-77', 'state': 'reported'}])

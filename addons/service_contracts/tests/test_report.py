"""Papers are printed by the real wkhtmltopdf and read back: contracts and invoices, with their letterhead."""

import io
import re
from unittest import skipUnless

from lxml import html
from odoo.tests import HttpCase, tagged
from odoo.tools.misc import find_in_path
from pypdf import PdfReader

from ..models.ir_actions_report import _for_plain_printer
from .common import ContractCase

CONTRACT = 'service_contracts.service_contract_report'
INVOICE = 'account.report_invoice_with_payments'


def _has_printer() -> bool:
    try:
        return bool(find_in_path('wkhtmltopdf'))
    except OSError:
        return False


@tagged('post_install', '-at_install')
@skipUnless(_has_printer(), "needs wkhtmltopdf")
class TestReport(ContractCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.env['ir.config_parameter'].sudo().set_param('report.url', self.base_url())
        self.company.write(
            {
                'name': "Alba Services",
                'company_details': "<p>Alba Services, Valencia</p>",
                'report_footer': "<p>hello@alba.example</p>",
            }
        )

    def _print(self, report, records):
        """Return the text of each printed page."""
        printer = self.env['ir.actions.report'].with_context(force_report_rendering=True)
        content, kind = printer._render_qweb_pdf(report, records.ids)
        self.assertEqual(kind, 'pdf')
        return [re.sub(r'\s+', ' ', page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]

    def test_a_contract_tells_parties_services_terms_and_charges(self):
        contract = self._planned(
            minimum_count=24,
            notice_count=3,
            renewal='term',
            renewal_count=1,
            renewal_unit='year',
            external_ref='REF-7',
        )
        (page,) = self._print(CONTRACT, contract)
        for text in (
            contract.name,
            "between Alba Services (provider) and Ana (customer)",
            'REF-7',
            'Setup',
            'once',
            'Hosting',
            'per month, in advance',
            '$ 30.00',
            "The minimum term is 24 months.",
            "renews by 1 year",
            "The notice period is 3 months.",
            '01/01/2026 – 01/31/2026',
            '$ 34.50',
        ):
            self.assertIn(text, page)

    def test_letterhead_and_footer_are_on_the_paper(self):
        for report, record in ((CONTRACT, self._planned()), (INVOICE, self._invoice())):
            pages = ' '.join(self._print(report, record))
            self.assertEqual(pages.count("Alba Services, Valencia"), 1)
            self.assertIn("hello@alba.example", pages)
            self.assertNotIn("Page /", pages)

    def test_no_line_of_a_paper_is_cut_in_two_at_the_end_of_a_page(self):
        page = '<html><body><div class="article"><p>Text</p></div><div class="footer"><p>Foot</p></div></body></html>'
        printed = html.fromstring(_for_plain_printer(page))
        (style,) = printed.xpath('//style/text()')
        rule = re.search(r'([^}]*)\{ page-break-inside: avoid; \}', style)
        self.assertIn('.o_service_body_footer', rule[1])
        self.assertTrue(printed.find_class('o_service_body_footer'))

    def test_a_draft_says_that_it_is_one(self):
        (page,) = self._print(CONTRACT, self._planned(activate=False))
        self.assertIn("Draft contract", page)

    def test_several_contracts_are_printed_in_one_call(self):
        contracts = self._planned() | self._planned()
        pages = self._print(CONTRACT, contracts)
        self.assertEqual(len(pages), 2)
        for contract, page in zip(contracts, pages, strict=True):
            self.assertIn(contract.name, page)

    def test_an_invoice_names_the_period_and_is_no_pro_forma(self):
        invoice = self._invoice()
        page = ' '.join(self._print(INVOICE, invoice))
        self.assertIn("01/01/2026 to 01/31/2026", page)
        self.assertNotIn("Proforma", self._customer_copy(invoice))
        self.assertIn(f"Invoice {invoice.name}", self._customer_copy(invoice))

    def test_strange_names_are_printed(self):
        """F4: emoji, combining characters, right-to-left override and markup in what people type."""
        self.customer.name = "Zoe\u0301 \u202egnp.exe\u202c 🌞 <script>alert(1)</script>"
        (page,) = self._print(CONTRACT, self._contract([{'name': "Höstîng & <b>more</b>"}]))
        self.assertIn("<b>more</b>", page)
        self.assertIn("<script>alert(1)</script>", page)

    def _invoice(self):
        contract = self._contract()
        self.env['service.billing.run'].create({'date': '2026-01-31'}).action_start()
        return contract.entry_ids.move_id

    def _customer_copy(self, invoice):
        """Return the text of the page the portal shows of an invoice that was never sent."""
        printer = self.env['ir.actions.report'].with_context(proforma_invoice=True)
        content, _kind = printer._render_qweb_html(INVOICE, invoice.ids)
        return re.sub(r'\s+', ' ', html.fromstring(content).text_content())

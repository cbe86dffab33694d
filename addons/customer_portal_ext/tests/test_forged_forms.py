"""What attackers send: fields that no form has, markup, numbers of files of others, addresses of other sites."""

import base64
import re
from urllib.parse import urlsplit

from lxml import html
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .checkout_common import PNG, CheckoutCase

MARK = 'alert(4711)'
EVIL = (
    f'<script>{MARK}</script>', f'</script><script>{MARK}</script>', f'"><img src="x" onerror="{MARK}"/>',
    f"' onmouseover='{MARK}", f'<svg onload="{MARK}"><circle/></svg>', f'<a href="javascript:{MARK}">x</a>',
    f'</textarea></title><iframe src="javascript:{MARK}"></iframe>', f'<style>@import "javascript:{MARK}"</style>',
)
MARKUP = ' '.join(EVIL)
ELSEWHERE = (
    '//evil.example/x', '/\\evil.example/x', '\\\\evil.example', '/\t/evil.example', 'https://evil.example/x',
    'https:evil.example', 'javascript:alert(1)', ' //evil.example',
)
REDIRECTS = ('redirect', 'next', 'url', 'r', 'callback', 'return_url', 'redirect_url', 'landing_route')
SUITE = ('customer_portal_ext', 'dunning_sms', 'installment_sales', 'service_contracts')
SECRET = b'%PDF-1.4 of Bruno alone'


def _harm_of(page: str) -> list[str]:
    """Return what of a page would run the code of an attacker."""
    found = []
    for element in html.fromstring(page or '<p/>').iter(html.etree.Element):
        code = element.tag in ('script', 'style') and (element.text or '').startswith((MARK, '@import'))
        found += [element.tag] if code else []
        found += [f'{element.tag} {name}' for name, value in element.attrib.items() if MARK in value and (
            name.startswith('on') or value.strip().lower().startswith('javascript:'))]
    return found


@tagged('post_install', '-at_install')
class TestForgedForms(CheckoutCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claim = cls.env.ref('customer_portal_ext.case_type_claim')
        cls.elsewhere = cls.env['res.company'].create({'name': "Another company"})
        cls.forged = {
            'state': 'closed', 'partner_id': cls.neighbour.id, 'company_id': cls.elsewhere.id, 'user_id': cls.env.uid,
            'price': '0.01', 'price_unit': '0.01', 'discount': '100', 'access_token': 'known', 'id': '1',
            'channel': 'phone', 'decided_by': cls.env.uid, 'amount_total': '0.01', 'prepayment_percent': '0',
            'require_signature': '', 'signed_by': "Bruno", 'product_uom_qty': '9', 'refuse_reason': "Forged",
        }

    def _post(self, page, **typed):
        """Send a form with every forged field that it does not have itself."""
        return self.url_open(page, {**self.forged, 'csrf_token': self._csrf(), **typed})

    def _login(self):
        self.authenticate('ana', 'ana')

    def _case(self, **typed):
        self.url_open('/my/cases/new', {'csrf_token': self._csrf(), 'type': self.claim.id, **typed})
        return self.env['support.case'].search([], order='id desc', limit=1)

    def _assert_harmless(self, *pages):
        for page in pages:
            answer = self.url_open(page)
            with self.subTest(page):
                self.assertEqual(answer.status_code, 200)
                self.assertIn('4711', answer.text, "what was typed is shown")
                self.assertFalse(_harm_of(answer.text))

    # === FIELDS THAT NO FORM HAS === #

    def test_a_case_takes_nothing_but_what_its_form_asks(self):
        """G5."""
        self._login()
        self._post('/my/cases/new', type=self.claim.id, subject="Forged", description="Forged",
                   date_deadline='2030-01-01')
        case = self.env['support.case'].search([('subject', '=', "Forged")])
        self.assertRecordValues(case, [{
            'partner_id': self.customer.id, 'company_id': self.company.id, 'state': 'new', 'channel': 'portal',
            'user_id': False}])
        self.assertNotEqual(case.access_token, 'known')

    def test_a_nul_in_a_form_breaks_no_page(self):
        """No text of PostgreSQL holds one: the form is taken without it, with and without login."""
        self.url_open('/cancel-contract', {
            'csrf_token': self._csrf(), 'name': "A\0na", 'email': 'nul@example.com', 'contract': "C\0T",
            'message': "\0"},
        ).raise_for_status()
        self.url_open('/help?search=%00').raise_for_status()
        self.authenticate('ana', 'ana')
        for path in ('/my/transactions?search=%00', '/my/transactions/xlsx?search=%00'):
            self.url_open(path).raise_for_status()
        kind = self.env.ref('customer_portal_ext.case_type_request')
        self._post('/my/cases/new', type=str(kind.id), subject="No\0 signal", description="None\0").raise_for_status()
        case = self.env['support.case'].search([('partner_id', '=', self.customer.id)])
        self.assertRecordValues(case, [{'subject': "No signal", 'description': "None"}])

    def test_a_reported_transfer_takes_nothing_but_what_its_form_asks(self):
        """G5."""
        theirs = self._invoice(50, '2026-03-01', partner=self.neighbour)
        self._login()
        self._post('/my/transfers/new', amount='50', date_paid='2026-03-09', reference="FORGED", lines=theirs.id,
                   state='confirmed', line_ids=theirs.id, payment_id='1', currency_id='1')
        self.assertRecordValues(self.env['transfer.report'].search([('reference', '=', "FORGED")]), [{
            'partner_id': self.customer.id, 'company_id': self.company.id, 'state': 'reported', 'payment_id': False,
            'line_ids': [], 'currency_id': self.company.currency_id.id, 'reject_reason': False}])

    def test_a_request_takes_nothing_but_what_its_form_asks(self):
        """G5: neither the request nor the contract takes prices, customers or a status from it."""
        contract, theirs = self._contract(self.customer, self.second), self._contract(self.neighbour, self.second)
        self._login()
        self._post(f'/my/contracts/{contract.id}/request/data', step='send', message="New street", state='done',
                   kind='end', contract_id=theirs.id, plan_id=self.plan.id, sender_email='eve@example.com')
        self.assertRecordValues(self.env['service.request'].search([('message', '=', "New street")]), [{
            'kind': 'data', 'partner_id': self.customer.id, 'company_id': self.company.id, 'state': 'sent',
            'contract_id': contract.id, 'plan_id': False, 'decided_by': False, 'sender_email': False,
            'refuse_reason': False}])
        self.assertRecordValues(contract, [{
            'state': 'active', 'partner_id': self.customer.id, 'plan_id': self.second.id, 'date_end': False}])
        self.assertRecordValues(contract.line_ids, [{'price_unit': 30, 'discount': 0}])

    def test_an_arrangement_takes_nothing_but_what_its_form_asks(self):
        """G5."""
        mine, theirs = self._invoice(90, '2026-03-01'), self._invoice(50, '2026-03-01', partner=self.neighbour)
        self.company.portal_arrangement_amount = 89
        self._login()
        self._post('/my/arrangement', step='send', parts='2', date_wanted='2026-03-15', state='done', part_count='99',
                   receivable_ids=theirs.id, lines=theirs.id)
        self.assertRecordValues(self.env['service.request'].search([('kind', '=', 'arrangement')]), [{
            'partner_id': self.customer.id, 'company_id': self.company.id, 'state': 'sent', 'part_count': 2,
            'receivable_ids': mine.ids, 'decided_by': False}])

    def test_the_order_takes_no_price_and_no_customer(self):
        """G5: neither from the form of a plan nor from that of who contracts."""
        self._post(f'/services/{self.plan.id}/add', **{f'field_{self.question.id}': "example.org"})
        self._post('/services/order', name="Eve", email='eve@example.com', partner_invoice_id=self.neighbour.id)
        cart = self._cart()
        self.assertRecordValues(cart, [{
            'company_id': self.company.id, 'state': 'draft', 'amount_total': 80, 'signed_by': False,
            'require_signature': True, 'prepayment_percent': 1}])
        self.assertEqual(set(cart.order_line.mapped('discount')), {0})
        self.assertEqual(set(cart.order_line.mapped('product_uom_qty')), {1})
        self.assertNotEqual(cart.access_token, 'known')
        partner = cart.partner_id | cart.partner_invoice_id
        self.assertRecordValues(partner, [{'name': "Eve", 'company_id': self.company.id, 'user_id': False}])

    def test_a_cancellation_without_login_takes_nothing_but_what_its_form_asks(self):
        """G5."""
        contract = self._contract(self.neighbour, self.second)
        self._post('/cancel-contract', name="Eve", email='eve@example.com', contract=contract.name, state='done',
                   kind='change', contract_id=contract.id)
        self.assertRecordValues(self.env['service.request'].search([('sender_email', '=', 'eve@example.com')]), [{
            'kind': 'end', 'partner_id': False, 'contract_id': False, 'company_id': self.company.id, 'state': 'sent',
            'decided_by': False}])
        self.assertFalse(contract.date_end)

    def test_an_address_takes_no_field_that_the_suite_adds(self):
        """G5: the form of one's own data is Odoo's, the fields beside it are ours."""
        names = [name for name, field in self.env['res.partner']._fields.items() if field._module in SUITE]
        self.assertFalse(set(names) & set(self.env['res.partner']._get_frontend_writable_fields()))

    @mute_logger('odoo.http', 'odoo.addons.customer_portal_ext.controllers.pay')
    def test_a_payment_takes_no_amount_customer_or_kind_from_the_browser(self):
        """G5: what is not meant to be sent is refused, and paying is no validation of a card for nothing."""
        line = self._invoice(50, '2026-03-01')
        self._login()
        wanted = {'provider_id': self.provider.id, 'flow': 'direct', 'payment_method_id': self.method.id,
                  'token_id': None, 'amount': 50, 'tokenization_requested': False, 'landing_route': '/my'}
        for name, value in (('partner_id', self.neighbour.id), ('state', 'done'), ('custom_create_values', {})):
            with self.subTest(name), self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request(f'/my/pay/{line.id}', {**wanted, name: value})
        begun = self.make_jsonrpc_request(f'/my/pay/{line.id}', {**wanted, 'is_validation': True})
        self.assertRecordValues(self.env['payment.transaction'].search([('reference', '=', begun['reference'])]), [{
            'amount': 50, 'operation': 'online_direct', 'partner_id': self.customer.id, 'state': 'draft'}])

    def test_the_page_that_pays_reads_nothing_else_from_its_address(self):
        """G5: names of values of the page are no parameters of it."""
        line = self._invoice(50, '2026-03-01')
        self._login()
        for name in ('currency_id', 'report', 'invoices_data', 'is_validation', 'landing_route', 'access_token'):
            with self.subTest(name):
                answer = self.url_open(f'/my/pay?lines={line.id}&{name}=4711')
                self.assertEqual(answer.status_code, 200)
                self.assertIn('data-landing-route="/my/receipts"', answer.text)
                self.assertNotIn('data-access-token="4711"', answer.text)

    # === MARKUP === #

    def test_a_case_shows_markup_as_text(self):
        """G8: in its page, the list, and the form that comes back."""
        self._login()
        for evil in EVIL:
            case = self._case(subject=evil, description=evil)
            self._assert_harmless(case.access_url)
            for message in case.message_ids:
                self.assertFalse(_harm_of(message.body))
        self._assert_harmless('/my/cases')
        page = self._post('/my/cases/new', subject=MARKUP, type=MARKUP, description=MARKUP, amount_disputed=MARKUP,
                          invoice=MARKUP, contract=MARKUP).text
        self.assertIn('4711', page)
        self.assertFalse(_harm_of(page))

    def test_a_circular_keeps_its_text_without_what_runs(self):
        """G8: whoever writes circulars runs no code at customers."""
        self.customer.customer_rank = 1
        style = f'color: red; background: url(javascript:{MARK})'
        body = f'<p style="{style}" onclick="{MARK}">We are closed 4711.</p>{MARKUP}'
        circular = self.env['portal.circular'].create({
            'name': MARKUP, 'body': body, 'audience': 'customers', 'company_id': self.company.id})
        circular.action_plan()
        with self.enter_registry_test_mode():
            self.env.ref('customer_portal_ext.ir_cron_send_circulars').method_direct_trigger()
        row = circular.recipient_ids.filtered(lambda row: row.partner_id == self.customer)
        self._login()
        self._assert_harmless('/my/circulars', f'/my/circulars/{row.id}')
        self.assertNotIn('javascript:', circular.body.lower())
        for tag in ('<script', '<iframe', '<style', 'onerror', 'onclick', 'onload'):
            self.assertNotIn(tag, circular.body.lower())

    def test_texts_of_staff_for_the_site_keep_nothing_that_runs(self):
        """G8: answers and plans, which visitors read."""
        article = self.env['support.article'].create({'name': f'4711 {MARKUP}', 'answer': f'<p>4711</p>{MARKUP}'})
        self.plan.write({'name': f'4711 {MARKUP}', 'website_description': f'<p>4711</p>{MARKUP}'})
        self.question.write({'name': MARKUP, 'hint': MARKUP})
        self._assert_harmless(article.website_url, '/help', '/services', f'/services/{self.plan.id}')

    def test_what_a_visitor_types_comes_back_as_text(self):
        """G8: reflected by searches and forms."""
        self._assert_harmless(*(f'/help?search={evil}' for evil in EVIL))
        self._add(**{f'field_{self.question.id}': MARKUP})
        for page, typed in (
            ('/services/order', {'name': MARKUP, 'email': MARKUP, 'phone': MARKUP}),
            ('/cancel-contract', {'name': MARKUP, 'email': MARKUP, 'contract': MARKUP, 'message': MARKUP}),
            ('/withdraw-from-contract', {'name': MARKUP, 'email': 'eve@example.com', 'contract': MARKUP}),
            (f'/services/{self.plan.id}/add', {
                f'field_{self.question.id}': MARKUP, f'field_{self.choice.id}': MARKUP, 'interval': MARKUP}),
        ):
            answer = self._post(page, **typed)
            with self.subTest(page):
                self.assertIn('4711', answer.text)
                self.assertFalse(_harm_of(answer.text))
        self._assert_harmless(f'/services/{self.plan.id}')
        mails = self.env['mail.mail'].search([('email_to', 'ilike', 'eve@example.com')])
        self.assertIn('4711', mails[:1].body_html)
        self.assertFalse(_harm_of(mails[:1].body_html))

    def test_a_name_of_a_customer_is_text_wherever_it_stands(self):
        """G8: in pages, in what is printed, and in messages."""
        self.customer.write({'name': MARKUP, 'street': MARKUP})
        contract, line = self._contract(self.customer, self.second), self._invoice(50, '2026-03-01', ref=MARKUP)
        self._login()
        self._post('/my/transfers/new', amount='20', date_paid='2026-03-09', reference=MARKUP, bank_name=MARKUP,
                   lines=line.id)
        self._post(f'/my/contracts/{contract.id}/request/data', step='send', message=MARKUP)
        self._assert_harmless('/my', '/my/transfers', '/my/statement')
        self._assert_harmless(f'/my/transactions?search={MARKUP}', f'/my/transfers/new?lines={MARKUP}&amount={MARKUP}')
        for page in (contract.access_url, '/my/requests', '/my/receipts', '/my/pay', '/my/contracts'):
            self.assertFalse(_harm_of(self.url_open(page).text), page)
        report, _kind = self.env['ir.actions.report']._render_qweb_html(
            'service_contracts.service_contract_report_action', contract.ids)
        self.assertIn(b'4711', report)
        self.assertFalse(_harm_of(report.decode()))

    def test_a_name_of_a_file_is_text_on_every_page(self):
        """G8: of a proof, and of an answer to a plan."""
        upload = self.env['service.plan.field'].create({'plan_id': self.plan.id, 'name': "Your logo", 'kind': 'file'})
        self._login()
        for evil in EVIL:
            page = self.url_open(
                f'/services/{self.plan.id}/add', {'csrf_token': self._csrf()},
                files={f'field_{upload.id}': (f'{evil}4711.png', base64.b64decode(PNG), 'image/png')}).text
            self.assertIn('4711', page)
            self.assertFalse(_harm_of(page))

    # === FILES OF OTHERS === #

    def _their_files(self):
        """Return files that only the neighbour may read, and the secrets that open their records."""
        contract = self._contract(self.neighbour, self.second)
        line = self._invoice(50, '2026-03-01', partner=self.neighbour)
        case = self.env['support.case'].create({
            'partner_id': self.neighbour.id, 'type_id': self.claim.id, 'subject': "Theirs", 'description': "Theirs",
            'company_id': self.company.id})
        transfer = self.env['transfer.report'].create({
            'partner_id': self.neighbour.id, 'amount': 50, 'date_paid': '2026-03-09', 'reference': "T",
            'company_id': self.company.id, 'proof': base64.b64encode(SECRET), 'proof_name': 'proof.pdf'})
        records = [contract, case, line.move_id, transfer]
        files = self.env['ir.attachment'].create([{
            'name': 'theirs.pdf', 'raw': SECRET, 'res_model': record._name, 'res_id': record.id} for record in records])
        files |= self.env['ir.attachment'].search([('res_model', '=', transfer._name), ('res_field', '=', 'proof')])
        return files, transfer, [record._portal_ensure_token() for record in (case, line.move_id)]

    @mute_logger('odoo.http')
    def test_a_file_of_another_customer_is_not_handed_out(self):
        """G10: by its number or its record, with no secret, a wrong one, that of a record, or that of an own file."""
        files, transfer, secrets = self._their_files()
        mine = self.env['ir.attachment'].create({
            'name': 'mine.pdf', 'raw': b'mine', 'res_model': 'res.partner', 'res_id': self.customer.id})
        secrets += [*mine.generate_access_token(), 'wrong']
        pages = [f'/web/{kind}/{file.id}' for kind in ('content', 'image') for file in files]
        pages += [f'/web/{kind}/transfer.report/{transfer.id}/proof' for kind in ('content', 'image')]
        for login in (None, 'ana'):
            self.authenticate(login, login)
            for page in pages:
                for query in ('', *(f'?access_token={secret}' for secret in secrets)):
                    answer = self.url_open(page + query)
                    with self.subTest(login=login, page=page, query=query):
                        self.assertNotIn(SECRET, answer.content)
                        if '/web/content' in page:
                            self.assertEqual(answer.status_code, 404)

    def test_a_proof_is_handed_out_to_its_customer(self):
        """G10: the same address opens for whom it is meant for."""
        _files, transfer, _secrets = self._their_files()
        self.authenticate('bruno', 'bruno')
        self.assertEqual(self.url_open(f'/web/content/transfer.report/{transfer.id}/proof').content, SECRET)

    # === ADDRESSES OF OTHER SITES === #

    def _routes(self, **values):
        """Return the addresses of the suite, and those of Odoo that it changes, with a method that each takes."""
        for rule in self.env['ir.http'].routing_map().iter_rules():
            owner = type(rule.endpoint.func.__self__)
            classes = [cls for cls in owner.mro() if rule.endpoint.func.__name__ in vars(cls)]
            if rule.endpoint.routing['type'] == 'http' and any(
                    cls.__module__.startswith(f'odoo.addons.{module}.') for cls in classes for module in SUITE):
                page = re.sub(r'<[^>]*?(\w+)>', lambda name: str(values.get(name[1], 1)), rule.rule)
                yield page, 'GET' if 'GET' in (rule.methods or ('GET',)) else 'POST'

    @mute_logger('odoo.http')
    def test_no_address_of_the_suite_leads_to_another_site(self):
        """G11: whatever the name of the parameter, of a page or of a form."""
        here = urlsplit(self.base_url()).netloc
        self._login()
        contract, case = self._contract(self.customer, self.second), self._case(subject="Mine", description="Mine")
        routes = sorted(set(self._routes(contract_id=contract.id, case_id=case.id, kind='arrangement')))
        self.assertGreater(len(routes), 40)
        for place, (page, method) in enumerate(routes):
            sent = {name: ELSEWHERE[(place + number) % len(ELSEWHERE)] for number, name in enumerate(REDIRECTS)}
            answer = self.opener.request(method, self.base_url() + page, params=sent, allow_redirects=False, timeout=20,
                                         data={**sent, 'csrf_token': self._csrf()} if method == 'POST' else None)
            location = answer.headers.get('Location') or '/'
            with self.subTest(page, method=method):
                self.assertIn(urlsplit(location).netloc, ('', here))
                self.assertIn(urlsplit(location).scheme, ('', 'http', 'https'))
                self.assertNotRegex(urlsplit(location).path, r'^[/\\]{2}|^/[\s\\]')

    def test_registering_and_logging_in_lead_to_this_site(self):
        """G11: pages of Odoo that the suite changes, for somebody who is logged in already and who does it now."""
        here = urlsplit(self.base_url()).netloc
        for evil in ELSEWHERE:
            with self.subTest(evil):
                self.authenticate(None, None)
                self.url_open('/web/login')
                answer = self.opener.post(f'{self.base_url()}/web/login', {
                    'login': 'ana', 'password': 'ana', 'redirect': evil, 'csrf_token': self._csrf()},
                    allow_redirects=False, timeout=20)
                self.assertIn(urlsplit(answer.headers['Location']).netloc, ('', here))

    def test_after_a_payment_the_customer_stays_on_this_site(self):
        """G11: the landing route of a payment comes from the browser, and is an address of this site or /my."""
        line = self._invoice(50, '2026-03-01')
        self._login()
        for evil in (*ELSEWHERE, 'evil.example', f'{self.base_url()}.evil.example', '/my/receipts'):
            with self.subTest(evil):
                begun = self.make_jsonrpc_request(f'/my/pay/{line.id}', {
                    'provider_id': self.provider.id, 'flow': 'direct', 'payment_method_id': self.method.id,
                    'token_id': None, 'amount': 50, 'tokenization_requested': False, 'landing_route': evil})
                transaction = self.env['payment.transaction'].search([('reference', '=', begun['reference'])])
                self.assertEqual(transaction.landing_route, evil if evil == '/my/receipts' else '/my')

    def test_an_order_is_paid_towards_its_own_last_page(self):
        """G11."""
        self._add()
        self._tell()
        self._sign()
        order = self._cart()
        begun = self._begin_payment(order, landing_route='//evil.example')
        transaction = self.env['payment.transaction'].search([('reference', '=', begun['reference'])])
        self.assertTrue(transaction.landing_route.startswith(f'/services/done/{order.id}'))

"""The customer's plan on the portal: schedule, payoff quote, documents; nobody else's."""

import base64

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import InstallmentCase
from .test_portal import SIGNATURE


@tagged('post_install', '-at_install')
class TestPlanPortal(InstallmentCase, HttpCase):

    def setUp(self):
        super().setUp()
        self.plan = self._sold(self.annuity)
        self.plan._portal_ensure_token()

    def _page(self, path='', plan=None, token=None, **query):
        plan = plan or self.plan
        query = {'access_token': self.plan.access_token if token is None else token, **query}
        return self.url_open(f'/my/installments/{plan.id}{path}?' + '&'.join(
            f'{key}={value}' for key, value in query.items()))

    def test_the_page_shows_schedule_and_next_payment(self):
        page = self._page().text
        if 'website' not in self.env:  # a website has a head of its own
            self.assertIn(f'/logo.png?company={self.company.id}', page)
        for text in (self.plan.name, '171.07', 'Pay the next installment', self.plan.invoice_id.name):
            self.assertIn(text, page)

    def test_the_page_quotes_a_payoff_for_any_day(self):
        self._pay(self.plan, 3 * 171.07)
        self.assertIn('505.60', self._page(day='2026-04-15').text)

    def test_nonsense_days_are_no_error(self):
        for day in ('', 'tomorrow', '2026-02-30', '1999-01-01', '9999-12-31', '20260415', '%00', '2026-4-15'):
            self.assertEqual(self._page(day=day).status_code, 200, day)

    def test_asking_for_a_payoff_tells_staff_once(self):
        page = self._page(day='2026-04-15').text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        for _time in range(2):
            self.url_open(f'/my/installments/{self.plan.id}/payoff', data={
                'csrf_token': token, 'access_token': self.plan.access_token, 'day': '2026-04-15'})
        self.assertEqual(len(self.plan.activity_ids), 1)
        self.assertEqual(self.plan.state, 'active')

    def test_documents_are_handed_out_to_the_own_customer(self):
        """J13."""
        paper = self.env['ir.attachment'].create({'name': "signed.txt", 'raw': b'by Ana, 4711'})
        self.env['installment.document'].create({'plan_id': self.plan.id, 'attachment_ids': paper.ids}).action_confirm()
        other = self.env['ir.attachment'].create({'name': "secret.txt", 'raw': b'by nobody, 4712'})
        self.assertIn('signed.txt', self._page().text)
        self.assertEqual(self._page(f'/documents/{paper.id}').content, b'by Ana, 4711')
        self.assertNotIn(b'by nobody, 4712', self._page(f'/documents/{other.id}').content)
        self.assertNotIn(b'by Ana, 4711', self._page(f'/documents/{paper.id}', token='x').content)

    def test_the_agreement_is_kept_as_it_was(self):
        """J13: made once, by the scheduled job."""
        report = type(self.env['ir.actions.report'])
        made = []
        self.patch(report, '_render_qweb_pdf', lambda *_args, **_kw: (made.append(1) or b'%PDF-1.4 agreement', 'pdf'))
        for _time in range(2):
            with self.enter_registry_test_mode():
                self.env.ref('installment_sales.installment_agreement_cron').method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(base64.b64decode(self.plan.agreement_id.datas), b'%PDF-1.4 agreement')
        self.assertEqual(self._page('/pdf').content, b'%PDF-1.4 agreement')

    def test_other_numbers_lead_home(self):
        """G1: another's plan, none, and impossible numbers answer alike."""
        other = self._sold(self.free, partner_id=self.customer.copy().id)
        for number in (other.id, other.id + 10**6, 10**20):
            for path in ('', '/pdf', '/documents/1'):
                answer = self.url_open(f'/my/installments/{number}{path}?access_token={self.plan.access_token}',
                                       allow_redirects=False)
                self.assertIn(answer.status_code, (303, 404), (number, path))
                self.assertNotIn(other.name, answer.text)

    def test_the_list_shows_the_own_plans(self):
        other = self._sold(self.free, partner_id=self.customer.copy().id)
        self._user('ana', 'base.group_portal', password='ana-secret', partner_id=self.customer.id)
        self.authenticate('ana', 'ana-secret')
        for query in ('', '?filterby=open', '?filterby=nonsense', '?page=99'):
            page = self.url_open(f'/my/installments{query}').text
            self.assertIn(self.plan.name, page, query)
            self.assertNotIn(other.name, page)
        self.assertIn('/my/installments', self.url_open('/my').text)

    # === CHOICE === #

    def _choice(self, order, terms_id, token=None):
        page = self.url_open(order.get_portal_url()).text
        found = page.split('name="csrf_token" value="')
        return self.url_open(f'/my/orders/{order.id}/installments', data={
            'csrf_token': found[1].split('"')[0] if len(found) > 1 else 'x',
            'access_token': order.access_token if token is None else token, 'terms_id': terms_id})

    def test_a_customer_compares_and_chooses(self):
        """A22, C16."""
        order = self._order(self.env['installment.terms'], require_payment=False)
        order.action_quotation_sent()
        page = self.url_open(order.get_portal_url()).text
        for text in ("3 without interest", "6 at 9 %", '333.33', '171.07', "As a whole"):
            self.assertIn(text, page)
        self._choice(order, self.annuity.id)
        self.assertEqual(order.installment_terms_id, self.annuity)
        self._choice(order, 0)
        self.assertFalse(order.installment_terms_id)

    def test_only_what_is_offered_can_be_chosen(self):
        order = self._order(self.env['installment.terms'], require_payment=False)
        order.action_quotation_sent()
        hidden = self._terms(name="Only for large ones", amount_min=10**6)
        for terms_id in (hidden.id, 10**9, 'x', ''):
            self._choice(order, terms_id)
            self.assertFalse(order.installment_terms_id)
        self._choice(order, self.free.id, token='x')
        self.assertFalse(order.installment_terms_id)

    def test_uneven_installments_are_not_told_as_equal_ones(self):
        order = self._order(self.env['installment.terms'], require_payment=False)
        self._terms(name="Falling", method='equal_principal', count=3, interest_rate=12)
        self._terms(name="Seven", method='none', count=7, deposit_type='fixed', deposit_value=1)
        even = {choice['terms'].name: choice['is_even'] for choice in order._installment_choices()}
        self.assertEqual(even, {"Falling": False, "Seven": True, "3 without interest": True, "6 at 9 %": True})

    def test_nothing_is_chosen_after_the_signature_or_against_the_setting(self):
        order = self._order(self.free, require_payment=False)
        order.action_quotation_sent()
        order.signed_by, order.signature = "Ana", SIGNATURE
        order._choose_installments(self.annuity.id)
        self.assertEqual(order.installment_terms_id, self.free)
        order.signature = False
        self.company.installment_portal_choice = False
        order._choose_installments(self.annuity.id)
        self.assertEqual(order.installment_terms_id, self.free)

    def test_only_a_manager_keeps_documents(self):
        clerk = self._user('clerk', 'installment_sales.group_installment_user', company_id=self.company.id,
                           company_ids=[Command.set(self.company.ids)])
        self.assertFalse(self.env['installment.document'].with_user(clerk).has_access('create'))

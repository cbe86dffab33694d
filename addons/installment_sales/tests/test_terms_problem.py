"""Why an offer cannot be made is said in the reader's language, with amounts and days as the reader writes them."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.installment_terms_problem import PROBLEMS
from ..rules.errors import OfferError
from .common import InstallmentCase

ADDON = Path(__file__).parents[1]


@tagged('post_install', '-at_install')
class TestTermsProblem(InstallmentCase):

    def test_every_error_of_an_offer_has_its_sentence(self):
        sources = [path.read_text() for folder in ('rules', 'models') for path in (ADDON / folder).glob('*.py')]
        raised = {kind for source in sources for kind in re.findall(r"OfferError\('(\w+)'", source)}
        self.assertEqual(raised, set(PROBLEMS))

    def test_a_price_too_small_for_its_installments(self):
        terms = self._terms(name="300", count=300)
        self.assertEqual(
            self._order(terms, price=0.58).installment_problem, "$\xa00.58 is too little for 300 installments.")

    def test_a_down_payment_of_everything(self):
        terms = self._terms(name="All", deposit_type='fixed', deposit_value=1000)
        self.assertIn("nothing to pay in installments", self._order(terms).installment_problem)

    def test_days_are_written_as_the_reader_does(self):
        plan = self._sold(self.free)
        with self.assertRaisesRegex(UserError, "starts on 01/15/2026 cannot be paid off on 01/01/2026"):
            plan._payoff(date(2026, 1, 1))
        error = OfferError('first_before_start', first=date(2026, 1, 1), start=date(2026, 1, 15))
        self.env['res.lang']._activate_lang('de_DE')
        german = self.free.with_context(lang='de_DE')
        self.assertEqual(
            german._why_not(error, self.free.currency_id),
            "Die erste Rate wird am 01.01.2026 fällig, bevor der Plan am 15.01.2026 beginnt.")

    def test_another_error_of_the_rules_is_told_as_it_is(self):
        self.assertEqual(self.free._why_not(RuleError('lunar'), self.free.currency_id), 'lunar')

    def test_figures_of_an_error_stand_in_its_text_for_the_log(self):
        self.assertEqual(str(OfferError('too_little', amount=Decimal('0.58'), count=300)),
                         'too little amount=0.58 count=300')

    def test_terms_without_a_yearly_rate_are_not_offered_and_break_no_page(self):
        """Fees at the beginning that eat what is lent: no rate solves them, so the terms are left out."""
        dear = self._terms(name="Dear", count=3, fee_fixed=1500, fee_timing='start')
        order = self._order(self.free)
        self.assertIn(dear, order.installment_fitting_ids)
        self.assertNotIn(dear, [choice['terms'] for choice in order._installment_choices()])
        comparison = self.env['installment.comparison']._for_order(order)
        self.assertNotIn(dear, comparison.line_ids.terms_id)
        self.assertIn("no yearly rate", self._order(dear).installment_problem)

    def test_a_plan_is_not_rescheduled_to_terms_without_a_yearly_rate(self):
        dear = self._terms(name="Dear", count=3, fee_fixed=1500, fee_timing='start')
        wizard = self.env['installment.reschedule'].create({'plan_id': self._sold(self.free).id, 'terms_id': dear.id})
        self.assertIn("no yearly rate", wizard.problem)
        with self.assertRaisesRegex(UserError, "no yearly rate"):
            wizard.action_confirm()

"""Figures of the book: what is at risk, and which cash is expected when."""

from freezegun import freeze_time
from odoo.tests import tagged

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestInstallmentFigures(InstallmentCase):

    def test_a_plan_with_one_late_installment_is_at_risk_as_a_whole(self):
        self._sold(self.free)
        paid = self._sold(self.free)
        self._pay(paid, 333.33)
        plans = self.env['installment.plan']
        self.assertEqual(plans.read_portfolio_at_risk()[0]['at_risk'], 0.0)
        with freeze_time('2026-03-18'):
            figures = plans.read_portfolio_at_risk()
        self.assertEqual((figures[0]['at_risk'], figures[0]['outstanding']), (1000.0, 1666.67))

    def test_expected_cash_is_what_is_open_by_week(self):
        plan = self._sold(self.free)
        self._pay(plan, 400)
        rows = self.env['installment.plan'].read_expected_cash()
        self.assertEqual([(row['week'], row['amount']) for row in rows],
                         [('2026-03-15', 266.66), ('2026-04-12', 333.34)])

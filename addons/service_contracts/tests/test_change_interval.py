"""Changes of the prepayment interval, alone and together with the plan."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .changes import ChangeCase

YEAR = {'count': 1, 'unit': 'year'}


@tagged('post_install', '-at_install')
class TestChangeInterval(ChangeCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for plan in cls.small | cls.medium:
            plan.interval_ids = [Command.create({'interval_unit': 'year', 'discount': 10})]

    def _yearly(self):
        contract = self._hosted('2026-03-01', plan_interval_id=self.small.interval_ids.id)
        self._bill(contract, '2026-03-01')
        self.assertEqual(self._invoiced(contract, '2026-03-01'), 324.0)  # 12 × 30 less 10 %
        return contract

    def test_another_plan_keeps_the_interval_that_it_offers_too(self):
        """B11, N1: 40 × 12 less 10 percent for what is left of the year, not a month of the new plan."""
        contract = self._yearly()
        made = self._change(contract, '2026-09-01', plan='M')
        self.assertEqual((made['credit'], made['charge'], made['net']), (160.67, 214.23, 53.56))  # 181/365
        self.assertEqual(contract.plan_interval_id, self.medium.interval_ids)
        self.assertEqual(contract.line_ids.sorted('id')[-1].plan_interval_id, self.medium.interval_ids)
        self._bill(contract, '2027-03-01')
        self.assertEqual(self._invoiced(contract, '2027-03-01'), 432.0)

    def test_a_plan_without_the_interval_bills_as_often_as_it_says(self):
        contract = self._yearly()
        made = self._change(contract, '2026-09-01', plan='L')
        self.assertEqual((made['credit'], made['first_charge_date']), (160.67, '2026-09-01'))
        self.assertFalse(contract.plan_interval_id)
        self.assertEqual(made['first_charge_amount'], 50.0)

    def test_an_interval_of_the_new_plan_is_chosen(self):
        contract = self._hosted('2026-03-01')
        self._bill(contract, '2026-03-01')
        preview = contract.preview_change('A', {'plan': 'M', 'interval': YEAR})
        made = self._change(contract, '2026-03-10', plan='M', interval=YEAR)
        self._assert_made_as_shown(made, preview)
        self.assertEqual((made['summary'], made['credit'], made['interval']), (
            "Small → Medium, per year", 21.29, YEAR))
        self.assertEqual((made['first_charge_date'], made['first_charge_amount']), ('2026-03-10', 432.0))
        self._bill(contract, '2026-03-10')
        self.assertEqual(self._invoiced(contract, '2026-03-10'), 410.71)

    def test_no_interval_means_as_the_plan_says(self):
        contract = self._yearly()
        made = self._change(contract, '2026-09-01', plan='M', interval=None)
        self.assertEqual((made['interval'], made['first_charge_amount']), (False, 40.0))
        self.assertFalse(contract.plan_interval_id)

    def test_the_interval_alone_changes_at_once_for_longer_and_at_the_end_for_shorter(self):
        (self.small | self.medium).lower_at_period_end = True
        contract = self._hosted('2026-03-01')
        self._bill(contract, '2026-03-01')
        longer = self._change(contract, '2026-03-10', interval=YEAR)
        self.assertEqual((longer['when'], longer['summary'], longer['first_charge_amount']), (
            'now', "Small: per month → per year", 324.0))
        self._bill(contract, '2026-03-10')
        shorter = self._change(contract, '2026-04-01', interval=None)
        self.assertEqual((shorter['when'], shorter['date_effective']), ('period_end', '2027-03-10'))
        self.assertEqual(contract.plan_interval_id, self.small.interval_ids)
        with freeze_time('2027-03-10'):
            contract._follow_dates()
        self.assertFalse(contract.plan_interval_id)
        self._bill(contract, '2027-03-10')
        self.assertEqual(self._invoiced(contract, '2027-03-10'), 30.0)

    def test_an_interval_that_is_not_offered_or_runs_already_is_refused(self):
        contract = self._yearly()
        for change in ({'plan': 'L', 'interval': YEAR}, {'interval': YEAR}, {'interval': 'year'},
                       {'interval': {'unit': 'week'}}, {'services': [{'product': 'HOST', 'quantity': 2}],
                                                        'interval': YEAR}):
            with self.subTest(change), self.assertRaisesRegex(UserError, "interval"):
                contract.preview_change('A', change)

    def test_another_quantity_keeps_the_interval(self):
        contract = self._yearly()
        self._change(contract, '2026-09-01', services=[{'product': 'HOST', 'quantity': 2}])
        self.assertEqual(contract.plan_interval_id, self.small.interval_ids)
        self._bill(contract, '2027-03-01')
        self.assertEqual(self._invoiced(contract, '2027-03-01'), 648.0)

    def test_staff_chooses_the_interval_in_the_form(self):
        contract = self._yearly()
        form = Form(self.env['service.contract.change.wizard'].with_context(default_contract_id=contract.id))
        form.plan_id = self.medium
        self.assertEqual(form.plan_interval_id, self.medium.interval_ids)
        form.plan_interval_id = self.env['service.plan.interval']
        change = self.env['service.contract.change'].browse(form.save().action_confirm()['res_id'])
        self.assertFalse(change.plan_interval_id)
        self.assertEqual(change.first_charge_amount, 40.0)

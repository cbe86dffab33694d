"""The screens of what could not be billed and of what was: a clerk reads the cause there and mends it there."""

from datetime import date

from odoo.tests import Form, tagged

from .test_billing_run import BillingCase


@tagged('post_install', '-at_install')
class TestParkedScreen(BillingCase):

    def test_the_start_of_a_contract_that_was_never_billed_is_corrected_in_its_form(self):
        """D7: what the reason of the parking asks for can be done where it is read."""
        self.company.service_catch_up_limit = 2
        contract = self._contract()
        self._run('2026-03-31')
        self.assertIn("Correct the start", contract.parked_reason)
        with Form(contract) as form:
            form.date_start = '2026-03-01'
        contract.action_unpark()
        self._run('2026-03-31')
        self.assertEqual(self._entries(contract).mapped('period_start'), [date(2026, 3, 1)])

    def test_the_start_of_a_billed_contract_stays_in_its_form(self):
        self.company.service_catch_up_limit = 2
        contract = self._contract()
        self._run('2026-01-31')
        self._run('2026-06-30')
        self.assertTrue(contract.parked_on)
        with Form(contract) as form, self.assertRaises(AssertionError):
            form.date_start = '2026-03-01'

    def test_the_list_of_parked_contracts_tells_why(self):
        action = self.env['ir.actions.actions']._for_xml_id('service_contracts.service_contract_parked_action')
        view = self.env['service.contract'].get_view(*next(view for view in action['views'] if view[1] == 'list'))
        self.assertIn('name="parked_reason"', view['arch'])

    def test_on_a_phone_the_parked_contracts_tell_why_too(self):
        action = self.env['ir.actions.actions']._for_xml_id('service_contracts.service_contract_parked_action')
        view = self.env['service.contract'].get_view(*next(view for view in action['views'] if view[1] == 'kanban'))
        self.assertIn('name="parked_reason"', view['arch'])

    def test_a_preview_of_nothing_says_so(self):
        run = self.env['service.billing.run'].create({'date': '2026-01-31'})
        self.assertIn("Nothing is due until 01/31/2026", run.action_preview()['help'])

    def test_a_charge_is_named_with_the_days_of_the_reader(self):
        contract = self._contract()
        self._run('2026-01-31')
        self.env['res.lang']._activate_lang('de_DE')
        entry = self._entries(contract)
        self.assertIn("01/01/2026 to 01/31/2026", entry.display_name)
        self.assertIn("01.01.2026", entry.with_context(lang='de_DE').display_name)
        self.assertNotIn(contract.name, entry.with_context(within_contract=True).display_name)

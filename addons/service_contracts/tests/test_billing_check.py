"""The nightly double-check finds every defect of one cent, keeps it until it is solved, and nothing else."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .usage import GRADUATED, UsageCase


@tagged('post_install', '-at_install')
class TestBillingCheck(UsageCase):
    """J9, B20: each defect is put into the database behind Odoo's back."""

    def setUp(self):
        super().setUp()
        self.contract = self._contract([{'price_unit': 19.99}, {'price_unit': 7.0, 'timing': 'arrears'}],
                                       payment_term_id=False)
        self.metered = self._metered(GRADUATED)
        self._use(self.metered, 150)
        self._run('2026-03-09')
        self.entries = self.contract.entry_ids.sorted('id')
        self.env.flush_all()

    def _check(self):
        self.env.flush_all()
        self.env.invalidate_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr, su=True)['service.billing.check']._cron_check()
        self.env.invalidate_all()
        return self.env['service.billing.finding'].search([('company_id', '=', self.company.id)])

    def _sql(self, query, *values):
        self.env.flush_all()
        self.env.cr.execute(query, values)
        self.env.invalidate_all()

    def test_right_books_have_no_findings(self):
        self.assertFalse(self._check().mapped('display_name'))
        self.assertEqual(str(self.company.service_checked_on), '2026-03-10')

    def test_a_cent_in_the_ledger_is_found(self):
        self._sql('UPDATE service_billing_entry SET amount_untaxed = amount_untaxed + 0.01 WHERE id = %s',
                  self.entries[0].id)
        found = self._check().filtered(lambda finding: finding.kind == 'ledger_invoice')
        self.assertRecordValues(found, [{
            'entry_id': self.entries[0].id, 'move_id': self.entries[0].move_id.id, 'expected': 20.0, 'found': 19.99,
            'state': 'open', 'contract_id': self.contract.id,
        }])

    def test_a_cent_on_the_invoice_is_found(self):
        line = self.entries[0].move_line_id
        self._sql('UPDATE account_move_line SET price_unit = price_unit + 0.01 WHERE id = %s', line.id)
        self.assertEqual(self._check().mapped('kind'), ['price'])

    def test_a_cent_in_the_booking_is_found(self):
        line = self.entries[0].move_line_id
        self._sql('UPDATE account_move_line SET balance = balance - 0.01 WHERE id = %s', line.id)
        self.assertEqual(self._check().mapped('kind'), ['booking'])

    def test_another_price_in_what_was_kept_is_found(self):
        self._sql("""UPDATE service_billing_entry SET explanation = jsonb_set(explanation::jsonb, '{price_unit}',
                     '"20.00"') WHERE id = %s""", self.entries[0].id)
        found = self._check()
        self.assertRecordValues(found, [{'kind': 'calculation', 'expected': 20.0, 'found': 19.99}])

    def test_other_tiers_than_were_billed_are_found(self):
        self._sql("""UPDATE service_billing_entry
                        SET explanation = jsonb_set(explanation::jsonb, '{steps,0,unit_price}', '"0.11"')
                      WHERE contract_line_id = %s""", self.metered.id)
        kinds = self._check().filtered(lambda finding: finding.contract_line_id == self.metered).mapped('kind')
        self.assertIn('rating', kinds)

    def test_an_explanation_that_cannot_be_read_is_found(self):
        self._sql("""UPDATE service_billing_entry SET explanation = jsonb_set(explanation::jsonb, '{steps,0}',
                     '{"kind": "x"}') WHERE contract_line_id = %s""", self.metered.id)
        self.assertIn('rating', self._check().mapped('kind'))

    def test_a_record_that_was_lost_after_billing_is_found(self):
        self._sql('DELETE FROM service_usage_record WHERE contract_line_id = %s', self.metered.id)
        self.assertRecordValues(self._check(), [{'kind': 'usage', 'expected': 0.0, 'found': 150.0}])

    def test_late_usage_is_no_finding(self):
        """D11: neither while it waits nor when it is settled."""
        self._use(self.metered, 30, ref='LATE')
        self.assertFalse(self._check())
        self._run('2026-03-10')
        self.assertFalse(self._check().mapped('display_name'))

    def test_a_period_that_nobody_billed_is_found(self):
        """A charge that vanished in the middle, and a pointer that went past a period."""
        service = self.contract.line_ids.filtered(lambda line: line.timing == 'advance')
        february = service.entry_ids.filtered(lambda entry: str(entry.period_start) == '2026-02-01')
        self._sql('DELETE FROM service_billing_entry WHERE id = %s', february.id)
        found = self._check().filtered(lambda finding: finding.kind == 'gap')
        self.assertEqual(found.contract_line_id, service)
        self.assertEqual(found.mapped('expected'), [19.99])
        self.assertEqual(str(found.period_start), '2026-02-01')
        self._sql("DELETE FROM service_billing_entry WHERE contract_line_id = %s", self.metered.id)
        self._sql("UPDATE service_contract_line SET next_period_start = '2026-03-01', next_charge_date = '2026-04-01' "
                  "WHERE id = %s", self.metered.id)
        gaps = self._check().filtered(lambda finding: finding.kind == 'gap')
        self.assertIn(self.metered, gaps.contract_line_id)

    def test_what_no_run_was_asked_to_bill_is_no_gap(self):
        contract = self._contract(date_start='2026-02-01')
        self.assertIn(contract.line_ids, self._check().contract_line_id)
        self.env['service.contract.pause'].create({'contract_id': contract.id, 'date_start': '2026-02-01'})
        later = self._contract(date_start='2026-03-10')
        self.assertFalse(self._check().filtered(
            lambda finding: finding.state == 'open' and finding.contract_id in contract | later))

    def test_two_charges_of_one_period_are_found(self):
        self._sql('ALTER TABLE service_billing_entry DROP CONSTRAINT service_billing_entry_no_overlap')
        self._sql("UPDATE service_billing_entry SET period_end = period_end + 5 WHERE id = %s", self.entries[0].id)
        self.assertIn('overlap', self._check().mapped('kind'))

    def test_a_charge_without_posted_invoice_is_found(self):
        self._sql('UPDATE service_billing_entry SET move_line_id = NULL, move_id = NULL WHERE id = %s',
                  self.entries[0].id)
        kinds = self._check().mapped('kind')
        self.assertEqual(sorted(kinds), ['no_entry', 'no_invoice'])

    def test_a_void_charge_that_is_still_invoiced_is_found(self):
        self._sql("UPDATE service_billing_entry SET state = 'void' WHERE id = %s", self.entries[0].id)
        self.assertEqual(sorted(self._check().mapped('kind')), ['gap', 'void_open'])

    def test_a_credited_invoice_is_no_finding(self):
        invoice = self.entries[0].move_id
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=invoice.ids,
        ).create({'journal_id': invoice.journal_id.id})
        self.env['account.move'].browse(wizard.reverse_moves()['res_id']).action_post()
        self._run('2026-03-10')
        self.assertFalse(self._check().mapped('display_name'))

    def test_what_is_mended_is_solved_and_what_comes_back_is_open_again(self):
        change = 'UPDATE service_billing_entry SET amount_untaxed = amount_untaxed + %s WHERE id = %s'
        self._sql(change, 0.01, self.entries[0].id)
        finding = self._check()
        self._sql(change, -0.01, self.entries[0].id)
        self.assertEqual(self._check(), finding)
        self.assertEqual(finding.state, 'solved')
        self._sql(change, 0.01, self.entries[0].id)
        self.assertEqual(self._check().mapped('state'), ['open'])

    def test_an_accepted_difference_stays_accepted_until_it_changes(self):
        change = 'UPDATE service_billing_entry SET amount_untaxed = amount_untaxed + 0.01 WHERE id = %s'
        self._sql(change, self.entries[0].id)
        finding = self._check()
        with self.assertRaisesRegex(UserError, "write down why"):
            finding.action_accept()
        finding.reason = "Agreed by telephone"
        finding.action_accept()
        self.assertEqual(self._check().state, 'accepted')
        self._sql(change, self.entries[0].id)
        self.assertEqual(self._check().state, 'open')

    def test_old_charges_are_looked_at_when_asked_for(self):
        self._check()
        old = self.entries[0]
        self._sql("UPDATE service_billing_entry SET amount_untaxed = 1, write_date = '2025-01-01', "
                  "charge_date = '2025-01-01' WHERE id = %s", old.id)
        self._sql("UPDATE account_move SET write_date = '2025-01-01' WHERE id = %s", old.move_id.id)
        self.assertFalse(self._check())
        self.env['service.billing.finding'].action_check_all()
        self.assertIn('ledger_invoice', self._check().mapped('kind'))

    def test_findings_belong_to_their_company_and_change_by_buttons_only(self):
        """G16: another company sees nothing; a clerk reads, an accountant decides."""
        self._sql('UPDATE service_billing_entry SET amount_untaxed = amount_untaxed + 0.01 WHERE id = %s',
                  self.entries[0].id)
        finding = self._check()
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=self.other_company.id, company_ids=[Command.set(self.other_company.ids)])
        self.assertFalse(finding.with_user(stranger).search([]))
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        self.assertTrue(finding.with_user(clerk).display_name)
        with self.assertRaises(AccessError):
            finding.with_user(clerk).action_accept()
        accountant = self._user('accountant', 'account.group_account_invoice')
        with self.assertRaisesRegex(UserError, "buttons only"):
            finding.with_user(accountant).write({'state': 'solved'})
        finding.with_user(accountant).reason = "A gift"
        finding.with_user(accountant).action_accept()
        self.assertEqual(finding.state, 'accepted')

    def test_the_accountant_is_asked_once(self):
        accountant = self._user('accountant', 'account.group_account_invoice')
        self.company.service_check_user_id = accountant
        self._sql('UPDATE service_billing_entry SET amount_untaxed = amount_untaxed + 0.01 WHERE id = ANY(%s)',
                  self.entries.ids)
        findings = self._check()
        self.assertEqual(len(findings.activity_ids), 1)
        self.assertEqual(findings.activity_ids.user_id, accountant)
        self.assertEqual(len(self._check().activity_ids), 1)

    def test_a_charge_beyond_its_period_is_found(self):
        entry = self.entries.filtered(lambda entry: entry.kind == 'recurring')[0]
        self._sql("""UPDATE service_billing_entry SET explanation = jsonb_set(
            explanation, '{full_period}', to_jsonb(ARRAY[period_start::text, (period_end - 1)::text])) WHERE id = %s
        """, entry.id)
        self.assertEqual(self._check().filtered(lambda finding: finding.kind == 'grid').entry_id, entry)

    def test_a_pending_charge_that_a_run_passed_by_is_found(self):
        line = self.contract.line_ids[0]
        pending = self.env['service.pending.charge']._propose([
            {'key': key, 'contract_line_id': line.id, 'name': "Extra", 'charge_date': day, 'amount': 5.0}
            for key, day in (('late', '2026-03-01'), ('new', '2026-03-10'))
        ])
        self.assertFalse(self._check().filtered(lambda finding: finding.kind == 'pending'))
        self._sql("UPDATE service_pending_charge SET write_date = '2026-03-01' WHERE id = ANY(%s)", pending.ids)
        found = self._check().filtered(lambda finding: finding.kind == 'pending')
        self.assertEqual(found.mapped('source_id'), pending.filtered(lambda one: one.key == 'late').ids)

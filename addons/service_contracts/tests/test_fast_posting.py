"""The fast way makes what core makes, to the last column, and steps aside where that is not sure."""

from datetime import date

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.fields import Command
from odoo.tests import tagged

from ..posting.copier import differences
from ..posting.fast import FastWriter
from ..posting.template import LINE_RELATIONS, _read_invoice
from ..rules.billing import due_charges

AS_OF = date(2026, 3, 31)


@tagged('post_install', '-at_install')
class TestFastPosting(AccountTestInvoicingCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('service_contracts.group_contract_manager')
        cls.company = cls.company_data['company']
        cls.writer = cls.env['service.invoice.writer']
        cls.product = cls.env['product.product'].create({
            'name': "Hosting", 'type': 'service', 'list_price': 24.95, 'taxes_id': [Command.clear()],
        })
        cls.partners = cls.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(4)])

    def _tax(self, **vals):
        return self.env['account.tax'].create({
            'name': f"Tax {vals}", 'amount_type': 'percent', 'type_tax_use': 'sale', 'amount': 19.0, **vals,
        })

    def _set(self, records):
        return [Command.set(records.ids)]

    def _contracts(self, lines, **vals):
        """Create one active contract per customer with the same lines, prices growing by a cent."""
        contracts = self.env['service.contract'].create([{
            'partner_id': partner.id,
            'date_start': '2026-03-01',
            'payment_term_id': False,
            **vals,
            'line_ids': [
                Command.create({
                    'product_id': self.product.id, **line, 'price_unit': line.get('price_unit', 24.95) + place / 100,
                })
                for line in lines
            ],
        } for place, partner in enumerate(self.partners)])
        contracts.action_activate()
        return contracts

    def _drafts(self, contracts):
        terms = contracts.line_ids._billing_terms_by_line()
        return self.writer._prepare_drafts({line: due_charges(terms[line.id], AS_OF) for line in contracts.line_ids})

    def _assert_equal_to_core(self, contracts, *, fast=True):
        """Write the same drafts both ways and compare every column of invoice, lines and relations."""
        drafts = self._drafts(contracts)
        written, found = FastWriter(self.company).write(drafts)
        self.assertFalse(found)
        self.assertEqual(len(written), len(drafts) if fast else 0)
        ordinary = self.writer._write_ordinary(drafts)
        self.env.flush_all()
        for place, invoice in written.items():
            made = _read_invoice(self.env, ordinary[place].move_id)
            copied = _read_invoice(self.env, invoice.move_id)
            self.assertEqual(differences(made, copied.move, copied.lines), [])
            self.assertEqual(self._relations(made), self._relations(copied))
            self.assertEqual(invoice.subtotals, ordinary[place].subtotals)
            self.assertAlmostEqual(invoice.amount_total, ordinary[place].amount_total)
        return self.env['account.move'].browse([invoice.move_id for invoice in ordinary])

    def _relations(self, rows):
        """Return the tax and tag of each line by its place on the invoice."""
        places = {line['id']: place for place, line in enumerate(rows.lines)}
        return {
            table: sorted((places[row.pop(column)], *row.values()) for row in map(dict, rows.relations[table]))
            for table, column in LINE_RELATIONS.items()
        }

    # === EQUAL === #

    def test_no_tax(self):
        self._assert_equal_to_core(self._contracts([{}]))

    def test_tax_excluded(self):
        self._assert_equal_to_core(self._contracts([{'tax_ids': self._set(self._tax())}]))

    def test_tax_included(self):
        tax = self._tax(price_include_override='tax_included')
        self._assert_equal_to_core(self._contracts([{'tax_ids': self._set(tax)}]))

    def test_several_rates_on_several_lines(self):
        low, high = self._tax(amount=7.0), self._tax(amount=19.0)
        self._assert_equal_to_core(self._contracts([
            {'tax_ids': self._set(low), 'quantity': 3},
            {'tax_ids': self._set(high), 'price_unit': 99.99},
            {'tax_ids': self._set(low | high), 'price_unit': 0.05},
        ]))

    def test_rounding_per_line_and_globally(self):
        tax = self._tax(amount=8.25)
        for method in ('round_per_line', 'round_globally'):
            self.company.tax_calculation_rounding_method = method
            self._assert_equal_to_core(self._contracts([
                {'tax_ids': self._set(tax), 'price_unit': 10.05, 'quantity': 3},
                {'tax_ids': self._set(tax), 'price_unit': 7.77},
            ]))

    def test_group_of_taxes(self):
        group = self._tax(amount_type='group', amount=0, children_tax_ids=[
            Command.set((self._tax(amount=5.0) | self._tax(amount=9.975, include_base_amount=True)).ids),
        ])
        self._assert_equal_to_core(self._contracts([{'tax_ids': self._set(group)}]))

    def test_fixed_tax_per_unit(self):
        tax = self._tax(amount_type='fixed', amount=0.35)
        self._assert_equal_to_core(self._contracts([{'tax_ids': self._set(tax), 'quantity': 4}]))

    def test_discount(self):
        tax = self._tax()
        self._assert_equal_to_core(self._contracts([{'tax_ids': self._set(tax), 'discount': 12.5, 'quantity': 2}]))

    def test_fiscal_position(self):
        home, abroad = self._tax(), self._tax(amount=0.0, name="Reverse charge")
        position = self.env['account.fiscal.position'].create({'name': "Abroad"})
        abroad.write({'original_tax_ids': self._set(home), 'fiscal_position_ids': self._set(position)})
        self.product.taxes_id = home
        contracts = self._contracts([{}], fiscal_position_id=position.id)
        self.assertEqual(contracts.line_ids.tax_ids, abroad)
        self._assert_equal_to_core(contracts)

    def test_payment_term_in_instalments(self):
        term = self.env['account.payment.term'].create({'name': "30/60", 'line_ids': [
            Command.create({'value': 'percent', 'value_amount': 30, 'nb_days': 30}),
            Command.create({'value': 'percent', 'value_amount': 70, 'nb_days': 60}),
        ]})
        tax = self._tax()
        invoices = self._assert_equal_to_core(self._contracts([{'tax_ids': self._set(tax)}], payment_term_id=term.id))
        due = invoices[0].line_ids.filtered('date_maturity').mapped('date_maturity')
        self.assertEqual(due, [date(2026, 3, 31), date(2026, 4, 30)])

    def test_part_of_a_period(self):
        contracts = self._contracts([{
            'tax_ids': self._set(self._tax()), 'anchor': 'calendar', 'anchor_day': 25, 'quantity': 3, 'discount': 10,
        }])
        self._assert_equal_to_core(contracts)

    def test_several_contracts_of_one_customer(self):
        first = self._contracts([{'tax_ids': self._set(self._tax())}] * 2)
        second = self._contracts([{'quantity': 2}])
        invoices = self._assert_equal_to_core(first | second)
        self.assertEqual(len(invoices), len(self.partners))
        receivables = invoices[0].line_ids.filtered(lambda line: line.display_type == 'payment_term')
        self.assertEqual(receivables.service_contract_id, first[0] | second[0])
        self.assertAlmostEqual(sum(receivables.mapped('balance')), invoices[0].amount_total)

    # === STEPS ASIDE === #

    def test_a_foreign_currency_goes_the_ordinary_way(self):
        currency = self.setup_other_currency('GBP', rates=[('2026-01-01', 2.0)])
        pricelist = self.env['product.pricelist'].create({'name': "GBP", 'currency_id': currency.id})
        self._assert_equal_to_core(self._contracts([{}], pricelist_id=pricelist.id), fast=False)

    def test_cash_rounding_goes_the_ordinary_way(self):
        rounding = self.env['account.cash.rounding'].create({
            'name': "0.05", 'rounding': 0.05, 'strategy': 'biggest_tax', 'rounding_method': 'HALF-UP',
        })
        self._assert_equal_to_core(self._contracts([{}], invoice_cash_rounding_id=rounding.id), fast=False)

    def test_an_early_payment_discount_goes_the_ordinary_way(self):
        term = self.env['account.payment.term'].create({
            'name': "2/10", 'early_discount': True, 'discount_days': 10, 'discount_percentage': 2,
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 30})],
        })
        self._assert_equal_to_core(self._contracts([{}], payment_term_id=term.id), fast=False)

    def test_an_analytic_distribution_goes_the_ordinary_way(self):
        plan = self.env['account.analytic.plan'].create({'name': "Plan"})
        account = self.env['account.analytic.account'].create({'name': "Account", 'plan_id': plan.id})
        contracts = self._contracts([{'analytic_distribution': {str(account.id): 100}}])
        invoices = self._assert_equal_to_core(contracts, fast=False)
        self.assertTrue(invoices.line_ids.analytic_line_ids)

    def test_taxes_due_on_payment_go_the_ordinary_way(self):
        self.company.tax_exigibility = True
        transition = self.safe_copy(self.company_data['default_account_tax_sale'])
        transition.reconcile = True
        tax = self._tax(tax_exigibility='on_payment', cash_basis_transition_account_id=transition.id)
        self._assert_equal_to_core(self._contracts([{'tax_ids': self._set(tax)}]), fast=False)

    def test_a_locked_period_goes_the_ordinary_way(self):
        """D6: the accounting date moves, the invoice keeps its own."""
        contracts = self._contracts([{}])
        self.company.fiscalyear_lock_date = '2026-03-31'
        invoices = self._assert_equal_to_core(contracts, fast=False)
        self.assertEqual(set(invoices.mapped('invoice_date')), {date(2026, 3, 1)})
        self.assertGreater(min(invoices.mapped('date')), date(2026, 3, 31))

    def test_a_hashed_journal_goes_the_ordinary_way(self):
        contracts = self._contracts([{}])
        contracts.journal_id.restrict_mode_hash_table = True
        self._assert_equal_to_core(contracts, fast=False)

    def test_a_company_can_switch_it_off(self):
        self.company.service_fast_posting = False
        self._assert_equal_to_core(self._contracts([{}]), fast=False)

    def test_a_difference_in_the_sample_sends_the_batch_the_ordinary_way_and_switches_off(self):
        drafts = self._drafts(self._contracts([{}]))
        with self.assertLogs('odoo.addons.service_contracts.models.service_invoice_writer', 'ERROR'):
            self.patch(FastWriter, 'write', lambda writer, drafts: ({}, ["amount_total: 1 instead of 2"]))
            invoices = self.writer._write_invoices(self.company, drafts)
        self.assertFalse(any(invoice.is_fast for invoice in invoices))
        self.assertEqual(len(invoices), len(drafts))
        self.assertFalse(self.company.service_fast_posting)

    # === NUMBERS === #

    def test_fast_and_ordinary_invoices_share_one_series_without_gap(self):
        drafts = self._drafts(self._contracts([{}]))
        fast, _found = FastWriter(self.company).write(drafts)
        ordinary = self.writer._write_ordinary(drafts)
        moves = self.env['account.move'].browse(
            [invoice.move_id for invoice in fast.values()] + [invoice.move_id for invoice in ordinary])
        numbers = sorted(moves.mapped('sequence_number'))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 8)))
        self.assertEqual(len(set(moves.mapped('name'))), 8)

    def test_a_fast_invoice_takes_a_payment(self):
        contracts = self._contracts([{'tax_ids': self._set(self._tax())}])
        fast, _found = FastWriter(self.company).write(self._drafts(contracts))
        invoice = self.env['account.move'].browse(fast[0].move_id)
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids,
        ).create({})._create_payments()
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))

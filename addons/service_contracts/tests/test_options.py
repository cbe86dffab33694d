"""Options of a plan are booked on and off within its rules; calling twice changes nothing."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .common import ContractCase


class OptionCase(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backup, cls.shield, cls.rescue = cls.env['product.product'].create([
            {'name': name, 'default_code': code, 'type': 'service', 'list_price': price,
             'taxes_id': [Command.set(cls.tax.ids)]}
            for name, code, price in [("Backup", 'BACKUP', 9.3), ("Shield", 'SHIELD', 5.0), ("Rescue", 'RESCUE', 7.0)]
        ])
        cls.plan.line_ids = [
            Command.create({'product_id': product.id, 'is_optional': True, 'sequence': 10 + place})
            for place, product in enumerate((cls.backup, cls.shield, cls.rescue))
        ]
        cls.backup_option, cls.shield_option, cls.rescue_option = cls.plan.line_ids.filtered('is_optional')


class TestOptions(OptionCase):

    def test_a_contract_begins_with_what_the_plan_includes(self):
        """A11: options are not included."""
        contract = self._planned()
        self.assertEqual(contract.line_ids.product_id, self.setup | self.hosting)
        self.assertEqual(contract.option_ids, self.plan.line_ids.filtered('is_optional'))

    def test_an_option_is_charged_from_its_day_in_the_periods_of_its_contract(self):
        """B14: 10 to 31 March are 22 of 31 days."""
        contract = self._planned()
        answer = contract.book_option('BACKUP')
        line = contract.line_ids.browse(answer[0]['line'])
        self.assertEqual(answer, [{'contract': contract.id, 'line': line.id, 'date_start': '2026-03-10',
                                   'date_end': '', 'changed': True}])
        self.assertRecordValues(line, [{
            'price_unit': 9.3, 'date_start': date(2026, 3, 10), 'next_charge_date': date(2026, 3, 10),
            'plan_line_id': self.backup_option.id, 'is_option': True,
        }])
        rows = [row for row in contract._preview(date(2026, 4, 1)) if row['contract_line_id'] == line.id]
        self.assertEqual([row['amount_untaxed'] for row in rows], [6.6, 9.3])
        self.assertIn("Option booked: Backup", contract.message_ids[0].body)
        self.assertNotIn(self.backup_option, contract.option_ids)

    def test_booking_twice_changes_nothing(self):
        contracts = self._planned() | self._planned()
        first = contracts.book_option(self.backup_option.id, '2026-03-15', 2)
        again = contracts.book_option(self.backup_option.id, '2026-03-15', 2)
        self.assertEqual([row['line'] for row in first], [row['line'] for row in again])
        self.assertEqual([row['changed'] for row in first + again], [True, True, False, False])
        with self.assertRaisesRegex(UserError, "quantity"):
            contracts.book_option(self.backup_option.id, '2026-03-15', 3)

    def test_an_option_ends_with_its_period(self):
        contract = self._planned()
        contract.book_option('BACKUP', '2026-02-01')
        answer = contract.unbook_option('BACKUP', reason="No longer needed")
        self.assertEqual(answer[0]['date_end'], '2026-03-31')
        self.assertEqual(contract.unbook_option('BACKUP')[0]['changed'], False)
        self.assertIn("No longer needed", contract.message_ids[0].body)

    def test_an_option_ends_at_once_or_after_its_own_notice(self):
        contract = self._planned()
        self.backup_option.unbooking = 'at_once'
        self.shield_option.write({'unbooking': 'notice', 'unbooking_count': 2, 'unbooking_unit': 'week'})
        contract.book_option('BACKUP', '2026-02-01')
        contract.book_option('SHIELD', '2026-02-01')
        self.assertEqual(contract.unbook_option('BACKUP')[0]['date_end'], '2026-03-10')
        self.assertEqual(contract.unbook_option('SHIELD')[0]['date_end'], '2026-03-24')

    def test_only_a_manager_ends_an_option_earlier_and_says_why(self):
        contract = self._planned()
        contract.book_option('BACKUP', '2026-02-01')
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        with self.assertRaisesRegex(UserError, "at the earliest"):
            contract.with_user(clerk).unbook_option('BACKUP', '2026-03-12', "Asked nicely")
        with self.assertRaisesRegex(UserError, "at the earliest"):
            contract.unbook_option('BACKUP', '2026-03-12')
        self.assertEqual(contract.unbook_option('BACKUP', '2026-03-12', "Goodwill")[0]['date_end'], '2026-03-12')

    def test_an_end_taken_back_costs_nothing(self):
        contract = self._planned()
        line = contract.book_option('BACKUP', '2026-02-01')[0]['line']
        contract.unbook_option('BACKUP')
        answer = contract.book_option('BACKUP', '2026-03-20')
        self.assertEqual((answer[0]['line'], answer[0]['date_end'], answer[0]['changed']), (line, '', True))
        self.assertEqual(len(contract.line_ids), 3)

    def test_an_option_that_ended_may_be_booked_again(self):
        contract = self._planned()
        first = contract.book_option('BACKUP', '2026-02-01')[0]['line']
        contract.unbook_option('BACKUP')
        with freeze_time('2026-05-02'):
            second = contract.book_option('BACKUP')[0]
        self.assertNotEqual(second['line'], first)
        self.assertEqual(second['date_start'], '2026-05-02')

    def test_a_booking_that_has_not_begun_is_taken_away(self):
        contract = self._planned()
        contract.book_option('BACKUP', '2026-06-01')
        self.assertEqual(contract.unbook_option('BACKUP')[0]['line'], False)
        self.assertEqual(len(contract.line_ids), 2)

    def test_options_need_and_exclude_each_other(self):
        contract = self._planned()
        self.rescue_option.required_ids = self.backup_option
        self.shield_option.excluded_ids = self.backup_option
        with self.assertRaisesRegex(UserError, "Rescue needs Backup"):
            contract.book_option('RESCUE')
        contract.book_option('BACKUP')
        contract.book_option('RESCUE')
        with self.assertRaisesRegex(UserError, "exclude each other"):
            contract.book_option('SHIELD')
        with self.assertRaisesRegex(UserError, "Rescue needs Backup"):
            contract.unbook_option('BACKUP')

    def test_a_group_says_how_many_go_together(self):
        self.plan.option_group_ids = [Command.create({'name': "Safety", 'minimum': 1, 'maximum': 1})]
        (self.backup_option | self.shield_option).option_group_id = self.plan.option_group_ids
        contract = self._planned(activate=False)
        with self.assertRaisesRegex(UserError, "Safety: choose at least 1"):
            contract.action_activate()
        contract.book_option('BACKUP')
        contract.action_activate()
        with self.assertRaisesRegex(UserError, "Safety: choose at most 1"):
            contract.book_option('SHIELD')
        with self.assertRaisesRegex(UserError, "Safety: choose at least 1"):
            contract.unbook_option('BACKUP')

    def test_what_no_plan_offers_is_refused_in_a_sentence(self):
        """F1: unknown reference, foreign id, True, nothing, a wrong day."""
        contract = self._planned()
        for option in ('NONE', self.plan.line_ids[0].id, 2**31, True, None, [1]):
            with self.subTest(option), self.assertRaisesRegex(UserError, "offers no option"):
                contract.book_option(option)
        for day in ('2025-12-31', 'soon', '2026-13-01'):
            with self.subTest(day), self.assertRaises(UserError):
                contract.book_option('BACKUP', day)
        with self.assertRaisesRegex(UserError, "does not have the option"):
            contract.unbook_option('BACKUP')
        contract._end(date(2026, 3, 9), "Over")
        with self.assertRaisesRegex(UserError, "running contracts and drafts only"):
            contract.book_option('BACKUP')

    def test_nobody_without_the_role_books(self):
        """G4: employees and customers."""
        contract = self._planned()
        for login, group in (('employee', 'base.group_user'), ('portal', 'base.group_portal')):
            with self.subTest(login), self.assertRaises(AccessError):
                contract.with_user(self._user(login, group)).book_option('BACKUP')

    def test_staff_books_on_the_form(self):
        contract = self._planned()
        form = Form(self.env['service.option.wizard'].with_context(default_contract_id=contract.id))
        form.option_id = self.backup_option
        self.assertEqual(form.day, date(2026, 3, 10))
        form.save().action_confirm()
        line = contract.line_ids.filtered('is_option')
        self.assertTrue(line)
        action = line.action_unbook()
        off = Form(self.env['service.option.wizard'].with_context(**action['context']))
        self.assertEqual(off.last_day, date(2026, 3, 31))
        off.save().action_confirm()
        self.assertEqual(line.date_end, date(2026, 3, 31))

    def test_a_quotation_offers_the_options_of_its_plan(self):
        """A11: the customer composes the scope."""
        order = self.env['sale.order'].create({'partner_id': self.customer.id})
        order.action_add_service_plan(self.plan.id)
        self.assertEqual(order.order_line.product_id, self.setup | self.hosting)
        self.assertEqual(order.service_option_ids, self.plan.line_ids.filtered('is_optional'))
        order.action_add_service_option(self.backup_option.id)
        order.action_add_service_option(self.backup_option.id)
        self.assertEqual(order.order_line.product_id, self.setup | self.hosting | self.backup)
        order.action_confirm()
        self.assertEqual(order.service_contract_ids.option_ids, self.shield_option | self.rescue_option)
        with self.assertRaisesRegex(UserError, "no plan with the option"):
            order.action_add_service_option(self.plan.line_ids[0].id)

    def test_a_remote_order_chooses_from_the_offer(self):
        """A11, B11 over the interface; sent again it changes nothing."""
        self.plan.interval_ids = [Command.create({'interval_unit': 'year', 'discount': 10.0})]
        self.env['service.coupon'].create({'code': 'HELLO', 'name': "Hello", 'percent': 5.0})
        item = {'external_ref': 'R-1', 'partner': 'ANA', 'plan': 'HOST-M', 'interval': {'count': 1, 'unit': 'year'},
                'options': ['BACKUP', {'option': 'SHIELD', 'quantity': 2}], 'coupon': 'hello'}
        for _time in range(2):
            answer, = self.env['service.contract'].open_contracts([item])
        contract = self.env['service.contract'].browse(answer['id'])
        self.assertEqual([(line.product_id, line.price_unit, line.quantity) for line in contract.line_ids], [
            (self.setup, 50.0, 1.0), (self.hosting, 324.0, 1.0), (self.backup, 100.44, 1.0), (self.shield, 54.0, 2.0),
        ])
        self.assertEqual(len(contract.line_ids.reduction_ids), 3)
        self.env['service.contract'].open_contracts([{**item, 'activate': True}])
        self.assertFalse(self.env['service.contract'].open_contracts([{**item, 'activate': True}])[0]['created'])
        for wrong, text in [
            ({'interval': {'count': 2, 'unit': 'year'}}, "does not offer the interval"),
            ({'interval': 'year'}, "does not offer the interval"), ({'options': 'BACKUP'}, "must be a list"),
            ({'options': [{'quantity': 1}]}, "An option is"),
            ({'options': ['NONE']}, "offers no option"), ({'coupon': 'NONE'}, "There is no coupon"),
        ]:
            with self.subTest(wrong), self.assertRaisesRegex(UserError, text):
                self.env['service.contract'].open_contracts([{**item, 'external_ref': 'R-2', **wrong}])

    def test_the_quotation_shows_what_may_be_added_and_what_changes(self):
        """A11: the customer reads the options with their price, and prices over time, before buying."""
        self.plan.line_ids[1].phase_ids = [Command.create({'length_count': 3, 'price_unit': 10.0})]
        self.plan.reduction_ids = [Command.create({'name': "Every twelfth month free", 'kind': 'free_period'})]
        order = self.env['sale.order'].create({'partner_id': self.customer.id})
        order.action_add_service_plan(self.plan.id)
        order.action_add_service_option(self.shield_option.id)
        html, _type = self.env['ir.actions.report']._render_qweb_html('sale.report_saleorder', order.ids)
        text = html.decode()
        for part in ("You may add", "Backup", "9.30", "per month", "3 Months at", "10.00", "Every twelfth month free"):
            self.assertIn(part, text)
        self.assertEqual([row['name'] for row in order._offered_options()], ["Backup", "Rescue"])
        order.action_confirm()
        self.assertFalse(order._offered_options())

    def test_a_copy_of_a_plan_keeps_its_options_together(self):
        self.plan.option_group_ids = [Command.create({'name': "Safety", 'maximum': 1})]
        self.backup_option.write({'option_group_id': self.plan.option_group_ids.id, 'excluded_ids': self.shield_option})
        self.plan.interval_ids = [Command.create({'price_ids': [
            Command.create({'plan_line_id': self.plan.line_ids[1].id, 'price_unit': 300.0}),
        ]})]
        copy = self.plan.copy()
        backup, shield, _rescue = copy.line_ids.filtered('is_optional')
        self.assertEqual(backup.option_group_id, copy.option_group_ids)
        self.assertEqual(backup.excluded_ids, shield)
        self.assertEqual(copy.interval_ids.price_ids.plan_line_id, copy.line_ids[1])

    def test_an_option_names_only_options_of_its_plan(self):
        other = self.plan.copy()
        with self.assertRaisesRegex(ValidationError, "its own plan"):
            self.backup_option.required_ids = other.line_ids.filtered('is_optional')[0]
        with self.assertRaisesRegex(ValidationError, "needs Shield and excludes it"):
            self.backup_option.write({'required_ids': self.shield_option, 'excluded_ids': self.shield_option})


class TestOptionCredits(OptionCase):

    def setUp(self):
        super().setUp()
        self.backup_option.unbooking = 'at_once'
        self.contract = self._planned(payment_term_id=False)
        self.line = self.contract.line_ids.browse(self.contract.book_option('BACKUP', '2026-03-01')[0]['line'])
        self._bill_all('2026-03-10')

    def _bill_all(self, day):
        with freeze_time(day):
            self.env['service.billing.run'].create({'date': day}).action_start()

    def _amounts(self):
        return self.line.entry_ids.filtered(lambda entry: entry.state == 'posted').sorted('id').mapped('amount_untaxed')

    def test_what_is_paid_beyond_the_end_comes_back(self):
        """B14: 9.30 for March, off after the 10th: 21 of 31 days are 6.30."""
        self.contract.unbook_option('BACKUP')
        pending = self.line.pending_ids
        self.assertRecordValues(pending, [{
            'amount': -6.3, 'period_start': date(2026, 3, 11), 'period_end': date(2026, 4, 1), 'state': 'open',
        }])
        self._bill_all('2026-04-01')
        self.assertEqual(self._amounts(), [9.3, -6.3])
        self.contract.unbook_option('BACKUP')
        self.assertEqual(len(self.line.pending_ids), 1)

    def test_an_end_taken_back_before_it_is_billed_costs_nothing(self):
        self.contract.unbook_option('BACKUP')
        self.contract.book_option('BACKUP')
        self.assertEqual(self.line.pending_ids.state, 'cancelled')
        self._bill_all('2026-04-01')
        self.assertEqual(self._amounts(), [9.3, 9.3])

    def test_an_end_taken_back_after_the_credit_is_charged_again(self):
        self.contract.unbook_option('BACKUP')
        self._bill_all('2026-03-10')
        self.assertEqual(self._amounts(), [9.3, -6.3])
        self.contract.book_option('BACKUP')
        self._bill_all('2026-04-01')
        self.assertEqual(self._amounts(), [9.3, -6.3, 6.3, 9.3])

    def test_nothing_comes_back_where_short_periods_cost_the_full_price(self):
        self.line.proration = 'none'
        self.contract.unbook_option('BACKUP')
        self.assertFalse(self.line.pending_ids)

"""What goes out: one notice per customer, each step once, nothing that is covered, the four dates told and kept."""

from freezegun import freeze_time
from odoo.fields import Command

from .common import DunningCase


class TestDunningPlan(DunningCase):

    def test_one_notice_over_all_that_is_due(self):
        old = self._receivable(100, due='2026-03-07')
        new = self._receivable(50, due='2026-03-10')
        notice = self._plan()
        self.assertRecordValues(notice, [{
            'partner_id': self.customer.id, 'amount_total': 150.0, 'state': 'planned', 'step_id': self.late.id,
        }])
        self.assertEqual(notice.line_ids.move_line_id, old | new)
        self.assertEqual(notice.line_ids.mapped('step_id'), self.late | self.on_day)

    def test_a_step_is_told_once(self):
        """E16, B5: planning twice on one day and again on the next writes nothing new."""
        self._receivable(due='2026-03-07')
        self.assertTrue(self._plan())
        self.assertFalse(self._plan())
        with freeze_time('2026-03-11 10:00:00'):
            self.assertFalse(self._plan())

    def test_months_without_a_run_give_one_notice(self):
        """D7."""
        self._receivable(due='2026-01-05')
        notice = self._plan()
        self.assertEqual(notice.line_ids.step_id, self.final)

    def test_before_on_and_after_the_due_date(self):
        self._receivable(due='2026-03-17')
        steps = []
        for day in ('2026-03-11', '2026-03-12', '2026-03-16', '2026-03-17', '2026-03-20', '2026-03-21'):
            with freeze_time(f'{day} 10:00:00'):
                steps.append(self._plan().step_id)
        none = self.env['dunning.step']
        self.assertEqual(steps, [none, self.before, none, self.on_day, self.late, none])

    def test_the_four_dates_are_stored_and_kept(self):
        self._receivable(due='2026-03-10')
        line = self._plan().line_ids
        self.assertRecordValues(line, [{
            'due_date': line._dates().due, 'last_safe_date': self._day('2026-03-15'),
            'suspension_date': self._day('2026-03-20'), 'removal_date': self._day('2026-04-09'),
        }])
        self.policy.suspension_days = 12
        with freeze_time('2026-03-13 10:00:00'):
            self.assertEqual(self._plan().line_ids.suspension_date, self._day('2026-03-20'))

    def test_credits_are_netted(self):
        invoice = self._invoice(100, due='2026-03-07')
        self._invoice(40, due='2026-03-01', move_type='out_refund')
        notice = self._plan()
        self.assertEqual(notice.line_ids.move_id, invoice)
        self.assertEqual(notice.amount_total, 60.0)

    def test_credits_over_everything_leave_nothing_to_say(self):
        self._invoice(100, due='2026-03-07')
        self._invoice(100, due='2026-03-01', move_type='out_refund')
        self.assertFalse(self._plan())
        self.assertEqual(self._reason(), 'covered')

    def test_partial_payments_are_netted(self):
        invoice = self._invoice(100, due='2026-03-07')
        self._pay(invoice, 30)
        self.assertEqual(self._plan().amount_total, 70.0)

    def test_a_hold_pauses_the_amount_it_covers(self):
        line = self._receivable(100, due='2026-03-07')
        hold = self.env['dunning.hold'].create({'move_line_id': line.id, 'kind': 'dispute', 'amount': 40})
        self.assertEqual(hold.partner_id, self.customer)
        self.assertEqual(self._plan().amount_total, 60.0)

    def test_a_promise_pauses_and_is_kept_or_broken(self):
        first, second = self._receivable(100, due='2026-03-07'), self._receivable(70, due='2026-03-07')
        promises = self.env['payment.promise'].create([
            {'move_line_id': line.id, 'date': '2026-03-12'} for line in (first, second)
        ])
        self.assertFalse(self._plan())
        self._pay(first.move_id)
        with freeze_time('2026-03-13 10:00:00'):
            promises._settle()
            self.assertEqual(promises.mapped('state'), ['kept', 'broken'])
            notice = self._plan()
        self.assertEqual(notice.amount_total, 70.0)
        self.assertEqual(notice.line_ids.suspension_date, self._day('2026-03-20'), "moved by the days it was paused")

    def test_a_pause_moves_the_dates_and_a_corrected_notice_tells_them(self):
        line = self._receivable(due='2026-03-07')
        self.assertEqual(self._plan().line_ids.suspension_date, self._day('2026-03-17'))
        hold = self.env['dunning.hold'].create({'move_line_id': line.id, 'date_until': '2026-03-12'})
        with freeze_time('2026-03-12 10:00:00'):
            self.assertFalse(self._plan())
        self.assertEqual(hold.state, 'active')
        with freeze_time('2026-03-13 10:00:00'):
            notice = self._plan()
        self.assertTrue(notice.is_correction)
        self.assertRecordValues(notice.line_ids, [{
            'suspension_date': self._day('2026-03-20'), 'revision': 1, 'shift_days': 3, 'step_id': self.late.id,
        }])

    def test_a_pending_online_payment_pauses_what_it_covers(self):
        invoice = self._invoice(100, due='2026-03-07')
        provider = self.env['payment.provider'].sudo().search([], limit=1)
        method = self.env['payment.method'].sudo().with_context(active_test=False).search([], limit=1)
        self.env['payment.transaction'].sudo().create({
            'provider_id': provider.id, 'payment_method_id': method.id, 'reference': 'TX', 'amount': 100,
            'currency_id': invoice.currency_id.id, 'partner_id': self.customer.id, 'state': 'pending',
            'invoice_ids': [Command.set(invoice.ids)], 'last_state_change': '2026-03-10 09:00:00',
        })
        self.assertFalse(self._plan())
        with freeze_time('2026-03-18 10:00:00'):
            self.assertTrue(self._plan(), "a payment that is pending for a week hides nothing any more")

    def test_a_small_total_is_not_worth_a_message(self):
        self.late.minimum_amount = 20
        self._receivable(19, due='2026-03-07')
        self.assertFalse(self._plan())
        self.assertEqual(self._reason(), 'below_minimum')

    def test_the_next_channel_is_used_when_one_is_barred(self):
        """G15, F8."""
        self.customer.email = False
        self._receivable(due='2026-03-07')
        notice = self._plan()
        self.assertEqual(
            notice.delivery_ids.sorted('channel').mapped(lambda found: (found.channel, found.state)),
            [('email', 'cancelled'), ('sms', 'queued')],
        )
        self.assertEqual(notice.delivery_ids.filtered(lambda found: found.state == 'queued').recipient, '+573001112233')

    def test_a_blocked_customer_gets_nothing(self):
        """G15: deceased, legal hold."""
        self.customer.dunning_block = 'deceased'
        self._receivable(due='2026-03-07')
        self.assertFalse(self._plan())
        self.assertEqual(self._reason(), 'blocked')

    def test_who_opted_out_is_left_alone(self):
        """G15."""
        self.env['message.consent']._note(self.customer, 'email', 'refused', 'link')
        self.env['phone.blacklist'].add('+573001112233')
        self._receivable(due='2026-03-07')
        self.assertFalse(self._plan())
        self.assertEqual(self._reason(), 'opted_out')

    def test_consent_is_needed_where_the_law_says_so(self):
        self.company.dunning_contact_rule_id = self.env.ref('dunning_sms.dunning_contact_rule_co')
        self._receivable(due='2026-03-07')
        self.assertEqual(self._reason(), 'no_consent')
        self.env['message.consent']._note(self.customer, 'email', 'granted', 'contract')
        self.assertEqual(self._plan().delivery_ids.filtered(lambda found: found.state == 'queued').channel, 'email')

    def test_nothing_goes_out_on_a_sunday_in_colombia(self):
        self.company.dunning_contact_rule_id = self.env.ref('dunning_sms.dunning_contact_rule_co')
        self.env['message.consent']._note(self.customer, 'email', 'granted', 'contract')
        self._receivable(due='2026-03-12')
        with freeze_time('2026-03-15 15:00:00'):
            self.assertEqual(self._reason(), 'closed')
        with freeze_time('2026-03-16 15:00:00'):
            self.assertEqual(self._plan().step_id, self.late, "it goes out on Monday")

    def test_the_message_waits_for_the_hours_of_the_customer(self):
        self.customer.tz = 'Asia/Tokyo'  # 19:00 there, but we plan at 05:00
        self._receivable(due='2026-03-07')
        with freeze_time('2026-03-10 20:00:00'):  # 05:00 on the 11th in Tokyo
            delivery = self._plan().delivery_ids.filtered(lambda found: found.state == 'queued')
        self.assertEqual(str(delivery.next_try_at), '2026-03-10 23:00:00')
        self.assertEqual(delivery.notice_id.date, self._day('2026-03-11'))

    def test_the_policy_of_partner_tag_and_company(self):
        tag = self.env['res.partner.category'].create({'name': "VIP"})
        gentle = self.policy.copy({'name': "Gentle", 'category_ids': [Command.set(tag.ids)]})
        Policy = self.env['dunning.policy']
        self.assertEqual(Policy._by_partner(self.company, self.customer)[self.customer.id], self.policy)
        self.customer.category_id = tag
        self.assertEqual(Policy._by_partner(self.company, self.customer)[self.customer.id], gentle)
        own = self.policy.copy({'name': "Own"})
        self.customer.with_company(self.company).dunning_policy_id = own
        self.assertEqual(Policy._by_partner(self.company, self.customer)[self.customer.id], own)

    def test_texts_are_in_the_language_of_the_customer(self):
        self.env['res.lang']._activate_lang('es_ES')
        self.late.route_ids.filtered(lambda route: route.channel == 'email').with_context(lang='es_ES').write({
            'subject': "Vencido: {amount}", 'body': "<p>Hola {customer}</p>",
        })
        self.customer.lang = 'es_ES'
        self._receivable(due='2026-03-07')
        delivery = self._plan().delivery_ids.filtered(lambda found: found.channel == 'email')
        self.assertTrue(delivery.subject.startswith("Vencido: "))
        self.assertEqual(delivery.body, "<p>Hola Ana</p>")

    def test_what_a_customer_is_called_cannot_change_the_message(self):
        """G8, F4: markup and line breaks in names."""
        self.customer.name = "Ana <script>alert(1)</script>\r\nBcc: {amount}"
        self.late.route_ids.write({'subject': "For {customer}"})
        self._receivable(due='2026-03-07')
        delivery = self._plan().delivery_ids.filtered(lambda found: found.channel == 'email')
        self.assertNotIn('<script>', delivery.body)
        self.assertNotIn('\n', delivery.subject)
        self.assertIn('{amount}', delivery.subject)

    def test_queries_do_not_grow_with_customers(self):
        partners = self.env['res.partner'].create([{'name': f"C{n}", 'email': f'c{n}@example.com'} for n in range(32)])
        for partner in partners:
            self._receivable(due='2026-03-07', partner=partner)
        counts = []
        for group in (partners[:2], partners[2:7], partners[7:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env['dunning.planner'].with_company(self.company)._plan(self.company, group.ids)
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1], counts)

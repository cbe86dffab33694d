"""The day's run: batches, several workers, problems passed over; and a season of days with everything together."""

import random
from collections import Counter
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.tests import tagged

from ..models import dunning_run
from ..models.dunning_gateway import DunningGateway
from ..rules.outbox import Outcome
from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningRun(DunningCase):

    def _cron(self, model, method):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            getattr(self.env[model].with_env(self.env(cr=cr, su=True)), method)()
        self.env.invalidate_all()

    def _customers(self, count, **vals):
        return self.env['res.partner'].create([
            {'name': f"C{number}", 'phone': f'+57 300 {1000000 + number}', **vals} for number in range(count)
        ])

    # === RUN === #

    def test_a_run_goes_through_all_customers_in_batches_once_a_day(self):
        for partner in self._customers(7):
            self._invoice(50, due='2026-03-07', partner=partner)
        self.env.flush_all()
        with patch.object(dunning_run, 'BATCH', 3):
            self._cron('dunning.run', '_cron_run')
            self._cron('dunning.run', '_cron_run')
        run = self.env['dunning.run'].search([])
        self.assertRecordValues(run, [{'state': 'done', 'customer_count': 7, 'notice_count': 7, 'number': 1}])
        self.assertEqual(run.batch_ids.mapped('customer_count'), [3, 3, 1])

    def test_a_first_run_tells_the_database_how_its_tables_grow(self):
        for partner in self._customers(4):
            self._invoice(50, due='2026-03-07', partner=partner)
        self.env.flush_all()
        with patch.object(dunning_run, 'BATCH', 3):
            self._cron('dunning.run', '_cron_run')
        self.env.cr.execute("SELECT reltuples FROM pg_class WHERE oid = 'dunning_notice'::regclass")
        self.assertGreaterEqual(self.env.cr.fetchone()[0], 3)

    def test_one_customer_with_a_problem_does_not_stop_the_others(self):
        for partner in self._customers(4):
            self._invoice(50, due='2026-03-07', partner=partner)
        self.env.flush_all()
        Writer = self.env.registry['dunning.writer']
        write = Writer._prepare_notice_vals

        def broken(writer, notice_id, company, facts, *more):
            if facts.partner.name == "C2":
                raise ValueError("no such thing")
            return write(writer, notice_id, company, facts, *more)

        with patch.object(Writer, '_prepare_notice_vals', broken), self.assertLogs('odoo.addons.dunning_sms', 'ERROR'):
            self._cron('dunning.run', '_cron_run')
        run = self.env['dunning.run'].search([])
        self.assertEqual((run.notice_count, run.problem_count, run.state), (3, 1, 'done'))
        self.assertIn("no such thing", run.batch_ids.problems)

    def test_nothing_is_planned_before_its_hour_or_when_switched_off(self):
        self._invoice(50, due='2026-03-07')
        self.company.dunning_hour = 11
        self.env.flush_all()
        self._cron('dunning.run', '_cron_run')
        self.assertFalse(self.env['dunning.run'].search([]))
        self.company.write({'dunning_hour': 0, 'dunning_is_active': False})
        self.env.flush_all()
        self._cron('dunning.run', '_cron_run')
        self.assertFalse(self.env['dunning.run'].search([]))

    def test_the_day_is_the_companys(self):
        """D4: 02:30 in UTC is the evening before in Bogotá."""
        self.company.partner_id.tz = 'America/Bogota'
        with freeze_time('2026-03-11 02:30:00'):
            self.assertEqual(self.company._dunning_today(), self._day('2026-03-10'))

    def test_run_now_tells_nobody_twice(self):
        self._invoice(50, due='2026-03-07')
        self.env.flush_all()
        self._cron('dunning.run', '_cron_run')
        self.env['dunning.run'].action_run_now()
        self.env.flush_all()
        self._cron('dunning.run', '_cron_help')
        self.assertEqual(self.env['dunning.run'].search([]).mapped('notice_count'), [0, 1])
        self.assertIn('Was told already', self.env['dunning.run'].search([], limit=1).reason_words)

    def test_what_nobody_sent_yesterday_is_told_today(self):
        self._invoice(50, due='2026-03-07')
        self.env.flush_all()
        self._cron('dunning.run', '_cron_run')
        with freeze_time('2026-03-11 05:00:00'):
            self._cron('dunning.run', '_cron_run')
        notices = self.env['dunning.notice'].search([], order='id')
        self.assertEqual(notices.mapped('state'), ['cancelled', 'planned'])
        self.assertEqual(notices[1].date, self._day('2026-03-11'))

    # === A SEASON === #

    def test_a_season_of_random_payments(self):
        """A small year of real records: no cap exceeded, nothing twice, nothing for what was paid, all announced."""
        chance = random.Random(7)
        action = self.env['ir.actions.server'].create({
            'name': "Suspend", 'model_id': self.env['ir.model']._get_id('account.move.line'), 'state': 'code',
            'code': "records.move_id.write({'ref': 'suspended'})",
        })
        self.late.action_id = action
        invoices = [
            self._invoice(chance.randrange(10, 90), due=f'2026-03-{chance.randrange(9, 18):02d}', partner=partner)
            for partner in self._customers(8) for _number in range(2)
        ]
        pay_on = {invoice: chance.choice([None, *range(1, 25)]) for invoice in invoices}
        sent = []

        def send(_gateway, number, text, reference):
            sent.append((datetime.now(), number, text, reference))
            return Outcome(chance.choice(['accepted'] * 8 + ['refused', 'later']))

        self.env.flush_all()
        start = datetime(2026, 3, 10)
        with patch.object(DunningGateway, '_send', send):
            for day in range(26):
                for hour in (6, 9, 15):
                    with freeze_time(start + timedelta(days=day, hours=hour)):
                        if hour == 9:
                            for invoice in [found for found, when in pay_on.items() if when == day]:
                                self._pay(invoice, day=str((start + timedelta(days=day)).date()))
                            self.env.flush_all()
                        self._cron('dunning.run', '_cron_run')
                        self._cron('dunning.sender', '_cron_send')
                        self._cron('dunning.consequence', '_cron_act')
        self._check_season(sent, pay_on, start)
        suspended = self.env['dunning.consequence'].search([])
        self.assertTrue(suspended)
        for consequence in suspended:
            told = consequence.notice_id.delivery_ids.filtered(lambda found: found.state in ('sent', 'delivered'))
            self.assertLess(min(told.mapped('sent_at')).date(), consequence.date)
            dates = {line.move_line_id: line.suspension_date for line in consequence.notice_id.line_ids}
            self.assertEqual(dates[consequence.move_line_id], consequence.date)

    def _check_season(self, sent, pay_on, start):
        references = Counter(reference for _moment, _number, _text, reference in sent)
        tries = {found.request_uuid: found.attempt for found in self.env['dunning.delivery'].search([])}
        self.assertTrue(all(count <= tries[reference] for reference, count in references.items()))
        reached = self.env['dunning.delivery'].search([('state', '=', 'sent')])
        self.assertGreater(len(reached), 20)
        days = Counter((found.partner_id, found.sent_at.date()) for found in reached)
        self.assertEqual(max(days.values()), 1, "one a day")
        self.assertTrue(all(8 <= found.sent_at.hour < 20 and found.sent_at.weekday() < 6 for found in reached))
        for found in reached:
            for line in found.notice_id.line_ids:
                when = pay_on[line.move_id]
                self.assertFalse(when is not None and found.sent_at > start + timedelta(days=when, hours=9),
                                 "nothing for what was paid")
        keys = Counter(
            (line.step_id, line.move_line_id, line.occurrence, line.revision)
            for line in self.env['dunning.notice.line'].search([('state', '=', 'live'), ('step_id', '!=', False)])
        )
        self.assertEqual(max(keys.values()), 1, "nothing twice")

"""Usage in bulk: how fast records come in, come again and are rated; `./bench usage` does the same with a million."""

from time import CLOCK_MONOTONIC, clock_gettime

from odoo.tests import tagged

from .usage import GRADUATED, UsageCase

BATCH, BATCHES = 1000, 4
LINES, RECORDS = 100, 100
TRIES = 5
"""The best of some tries counts, far from its limit: what else the machine does is not ours."""


@tagged('post_install', '-at_install')
class TestUsageScale(UsageCase):

    def _send(self, line, batch: int) -> tuple[float, int]:
        """Send a batch of records and return the seconds and queries that it took."""
        records = [
            {'external_ref': f'R{batch}-{number}', 'meter': 'MIN', 'line': line.id, 'quantity': 1.0,
             'moment': f'2026-01-{1 + number % 28:02} 12:00:00'} for number in range(BATCH)
        ]
        self.env.flush_all()
        started, queries = clock_gettime(CLOCK_MONOTONIC), self.env.cr.sql_log_count
        answer = self.Record.send_usage(records)
        self.env.flush_all()
        self.assertEqual(answer['refused'], [])
        return clock_gettime(CLOCK_MONOTONIC) - started, self.env.cr.sql_log_count - queries

    def test_two_thousand_records_a_second_come_in_and_come_again_without_an_extra_row(self):
        """H2: in batches of 1,000, which take as many queries as any; sent again they take no more and add nothing."""
        line = self._metered()
        self._use(line, 1.0, ref='FIRST')
        seconds, queries = zip(*(self._send(line, batch) for batch in range(BATCHES)), strict=True)
        again, queries_again = zip(*(self._send(line, batch) for batch in range(BATCHES)), strict=True)
        self.assertEqual(self.Record.search_count([('contract_line_id', '=', line.id)]), BATCH * BATCHES + 1)
        self.assertLessEqual(max(queries), 12, "However many records a batch has.")
        self.assertLessEqual(max(queries_again), max(queries))
        for taken in (min(seconds), min(again)):
            self.assertGreater(BATCH / taken, 2000)

    def test_a_batch_of_services_is_rated_in_a_moment(self):
        """H3: the records of 100 services take one query and less than 50 ms, so a million take less than 5 minutes."""
        lines = self._contract([{
            'product_id': self.calls.id, 'kind': 'usage', 'meter_id': self.meter.id, 'price_unit': 0.1,
            'price_model': 'graduated', 'tier_ids': self._tiers(GRADUATED),
        }] * LINES, payment_term_id=False).line_ids
        self._fill(lines)
        terms = lines._billing_terms_by_line()
        charged = {line: terms[line.id].recurrence.full_period(line.date_start) for line in lines}
        rater = self.env['service.usage.rater']
        wanted = [rater._wanted(line, period) for line, period in charged.items()]
        seconds = []
        for _try in range(TRIES):
            started = clock_gettime(CLOCK_MONOTONIC)
            with self.assertQueryCount(1):
                measured = self.Record._measure(wanted)
            seconds.append(clock_gettime(CLOCK_MONOTONIC) - started)
        self.assertEqual({(used.quantity, used.records) for used in measured}, {(RECORDS, RECORDS)})
        self.assertLess(min(seconds), 0.05)
        self._run('2026-02-01')
        self.assertEqual(set(lines.entry_ids.mapped('amount_untaxed')), {10.0})

    def _fill(self, lines) -> None:
        """Write records as many calls of `send_usage` would have, in one statement."""
        self.env.flush_all()
        self.env.cr.execute(
            """INSERT INTO service_usage_record (contract_line_id, meter_id, external_ref, moment, quantity,
                                                 received_on)
                SELECT line.id, %s, 'S' || line.id || '-' || number,
                       timestamp '2026-01-02' + number * interval '5 hours', 1, now()
                  FROM unnest(%s) AS line (id), generate_series(1, %s) AS number""",
            (self.meter.id, lines.ids, RECORDS),
        )
        self.env.cr.execute('ANALYZE service_usage_record')

"""The outbox with a long history: the messages that wait are found by their index (H4)."""

from odoo.tests import tagged

from .common import DunningCase

HISTORY = 30_000


@tagged('post_install', '-at_install')
class TestDunningOutboxPlan(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._invoice(100, due='2026-03-07')
        notice = cls._plan(cls, cls.customer).sudo()
        cls.env.flush_all()
        cls.env.cr.execute(
            """INSERT INTO dunning_delivery
                      (notice_id, company_id, partner_id, channel, state, next_try_at, request_uuid, called_at)
               SELECT notice_id, company_id, partner_id, 'activity', 'cancelled', next_try_at, 'h' || number,
                      next_try_at - number * interval '1 minute'
                 FROM dunning_delivery, generate_series(1, %s) AS number WHERE notice_id = %s AND channel = 'email'""",
            (HISTORY, notice.id),
        )
        cls.env.cr.execute('ANALYZE dunning_delivery')

    def _plan_of(self, domain, **options):
        query = self.env['dunning.delivery'].sudo()._search(domain, **options)
        self.env.cr.execute('EXPLAIN ' + self.env.cr.mogrify(query.select()).decode())
        return '\n'.join(row[0] for row in self.env.cr.fetchall())

    def test_the_claim_reads_what_waits_and_not_the_history(self):
        """H4."""
        domain = self.env['dunning.sender']._queue_domain()
        for more, options in (([], {}), ([('id', '>', 0)], {'order': 'id', 'limit': 50})):
            plan = self._plan_of([*domain, *more], **options)
            self.assertIn('dunning_delivery_queue_index', plan)
            self.assertNotIn('Seq Scan on dunning_delivery', plan)

    def test_what_dead_senders_left_is_found_by_its_index(self):
        """H4."""
        plan = self._plan_of([('state', '=', 'sending'), ('lease_until', '<', '2026-03-10')])
        self.assertIn('dunning_delivery_lease_index', plan)

"""Price revisions of minimum commitments: before and after, dated, owed by day, and taken back."""

from freezegun import freeze_time

from .test_reductions import ReductionCase


class TestCommitmentRevision(ReductionCase):
    """N4, N18."""

    def _committed(self, **line):
        return self._metered(commitment_amount=50, commitment_unit='quarter', **line)

    def _revision(self, preview=True, **vals):
        revision = self.env['service.price.revision'].create({
            'name': "Prices 2026", 'percent': 10.0, 'date_effective': '2026-04-01', **vals,
        })
        if preview:
            revision.action_preview()
        return revision

    def _row(self, revision, line):
        return revision.line_ids.filtered(lambda row: row.contract_line_id == line)

    def _committed_until(self, line, day):
        """Return what is charged without any use until a day: the commitment alone."""
        with freeze_time(day):
            self._run(day, line.contract_id)
        return [(str(entry.period_start), entry.amount_untaxed)
                for entry in line.entry_ids.sorted(lambda entry: (entry.period_start, entry.id))
                if entry.amount_untaxed]

    def test_the_preview_shows_the_commitment_before_and_after(self):
        line = self._committed()
        row = self._row(self._revision(), line)
        self.assertEqual([(part['part'], part['old'], part['new']) for part in row.prices][-1],
                         ('commitment', '50.0', '55.00'))
        self.assertIn("Minimum commitment: ", row.prices_text)
        self.assertEqual(line.commitment_amount, 50.0)

    def test_an_applied_revision_raises_it_from_its_day(self):
        line = self._committed()
        self._revision().action_apply()
        self.assertEqual(line.commitment_amount, 50.0)
        self.assertEqual(self._committed_until(line, '2026-07-01'), [('2026-03-01', 50.0), ('2026-06-01', 55.0)])
        with freeze_time('2026-04-01'):
            line._follow_price()
        self.assertEqual(line.commitment_amount, 55.0)

    def test_within_a_quarter_each_amount_is_owed_for_its_days(self):
        line = self._committed()
        self._revision(date_effective='2026-05-01').action_apply()
        charged = self._committed_until(line, '2026-07-01')
        # 30 of 91 days of 50.00, 61 of 55.00
        self.assertEqual(charged, [('2026-03-01', 50.0), ('2026-06-01', 53.35)])

    def test_a_second_revision_goes_on_from_the_first(self):
        line = self._committed()
        self._revision().action_apply()
        with freeze_time('2026-06-01'):
            line._follow_price()
            second = self._revision(date_effective='2026-07-01', percent=20.0)
            self.assertEqual(self._row(second, line).prices[-1]['new'], '66.00')
            second.action_apply()
        self.assertEqual(self._committed_until(line, '2026-10-01'),
                         [('2026-03-01', 50.0), ('2026-06-01', 55.0), ('2026-09-01', 66.0)])

    def test_without_the_option_it_stays(self):
        line = self._committed()
        revision = self._revision(revises_commitments=False)
        self.assertNotIn('commitment', [part['part'] for part in self._row(revision, line).prices])
        revision.action_apply()
        self.assertEqual(self._committed_until(line, '2026-07-01'), [('2026-03-01', 50.0), ('2026-06-01', 50.0)])

    def test_withdrawn_it_is_as_it_was(self):
        line = self._committed()
        revision = self._revision()
        revision.action_apply()
        revision.action_withdraw()
        self.assertFalse(line.price_step_ids)
        self.assertEqual(self._committed_until(line, '2026-07-01'), [('2026-03-01', 50.0), ('2026-06-01', 50.0)])

    def test_a_commitment_changed_since_the_preview_is_left_out(self):
        line = self._committed()
        revision = self._revision()
        line.commitment_amount = 60
        other = self._metered(meter=line.meter_id)
        revision.action_preview()
        line.commitment_amount = 70
        revision.action_apply()
        self.assertEqual(self._row(revision, line).left_out, 'changed')
        self.assertEqual(self._row(revision, other).state, 'planned')
        self.assertEqual(line.commitment_amount, 70.0)

    def test_credit_that_paid_for_usage_raises_no_commitment(self):
        """N9: 60.00 of usage fulfil a commitment of 50.00, whoever pays for them."""
        line = self._committed()
        self.env['service.credit.grant'].create({'partner_id': self.customer.id, 'amount': 20})
        self._use(line, 600, moment='2026-01-05 12:00:00')
        self.assertEqual(self._committed_until(line, '2026-04-01'), [('2026-01-01', 60.0), ('2026-01-01', -20.0)])

    def test_a_service_with_a_commitment_alone_is_revised(self):
        line = self._committed(price_unit=0.0)
        row = self._row(self._revision(), line)
        self.assertEqual((row.state, len(row.prices)), ('planned', 1))

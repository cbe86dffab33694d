"""What stories share that bill contracts: when a story is told, the double-check finds nothing in all it billed."""


class CheckedBilling:

    def tearDown(self):
        found = self._billing_differences()
        super().tearDown()
        self.assertEqual(found, [], "The double-check derives what the story billed again.")

    def _billing_differences(self) -> list[str]:
        """Return a sentence for each charge, invoice or booking that does not follow from its contract."""
        self.env.flush_all()
        self.env.invalidate_all()
        check = self.env['service.billing.check'].sudo()
        entries = self.env['service.billing.entry'].sudo().search([('company_id', '=', self.env.company.id)])
        found = [
            *check._differing_calculations(entries), *check._differing_usage(entries),
            *check._differing_periods(entries),
        ]
        findings = check.env['service.billing.finding']._report(self.env.company, (), found, complete=False)
        findings |= check._check_by_query(self.env.company, None)
        return findings.mapped('summary')

"""What a contract tells its customer, on the portal and on paper."""

from odoo import models

NEXT_ROWS = 6
INVOICE_ROWS = 24


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    _mail_post_access = 'read'  # customers write on the contracts they may see

    def _get_report_base_filename(self) -> str:
        self.ensure_one()
        return self.env._("Contract %s", self.name)

    def _portal_services(self) -> str:
        """Return the services in one line, without their descriptions."""
        self.ensure_one()
        return ', '.join(dict.fromkeys(line._portal_name() for line in self.line_ids))

    def _portal_lines(self):
        """Return the services that run or are to run; of a contract that is over, all it had at its end."""
        self.ensure_one()
        last = min(filter(None, (self.company_id._service_today(), self.date_end)))
        return self.line_ids.filtered(lambda line: not line.date_end or line.date_end >= last)

    def _portal_next_charges(self, limit: int = NEXT_ROWS) -> list[dict]:
        """Return the next few rows of `_preview` by date, in the customer's words; none while they cannot be known."""
        # Some more than are shown: the amounts of a day are rounded together.
        spare = max((len(contract.line_ids) for contract in self), default=0)
        return self.with_context(service_customer_words=True)._next_rows(limit + spare, limit)[:limit]

    def _portal_invoices(self):
        """Return the newest invoices and credit notes of the contract that the user may read."""
        self.ensure_one()
        Move = self.env['account.move']
        if not Move.has_access('read'):
            return Move
        return Move.search(
            [('invoice_line_ids.service_contract_id', '=', self.id), ('state', '=', 'posted')],
            order='invoice_date desc, id desc',
            limit=INVOICE_ROWS,
        )

    def _duration_text(self, count: int, unit: str) -> str:
        """Return a span of time as people say it: “1 month”, “24 months”."""
        env = self.env
        if count == 1:
            return {
                'day': env._("1 day"),
                'week': env._("1 week"),
                'month': env._("1 month"),
                'quarter': env._("1 quarter"),
                'half_year': env._("1 half-year"),
                'year': env._("1 year"),
            }[unit]
        return {
            'day': env._("%(count)s days", count=count),
            'week': env._("%(count)s weeks", count=count),
            'month': env._("%(count)s months", count=count),
            'quarter': env._("%(count)s quarters", count=count),
            'half_year': env._("%(count)s half-years", count=count),
            'year': env._("%(count)s years", count=count),
        }[unit]


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _portal_name(self) -> str:
        """Return the first line of the description; a customer may not read the product itself."""
        self.ensure_one()
        return self.name.split('\n', 1)[0]

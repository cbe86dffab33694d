"""What a statement is asked for: whose, from when, as of when, split by what; and the statement itself to look at."""

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import format_amount, format_date

DOCUMENT = 'dunning_sms.account_statement_content'
SUMMARY = 'dunning_sms.account_statement_mail_content'


class AccountStatementOptions(models.AbstractModel):
    _name = 'account.statement.options'
    _description = "Statement Options"

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    date_from = fields.Date("Movements from", help="What came before is the opening balance.")
    as_of = fields.Date(
        "As of", required=True, default=fields.Date.context_today,
        help="The statement tells what was open at the end of this day, whatever was paid later.",
    )
    group_by = fields.Selection(
        '_selection_group_by', "Split by", help="Adds one part for each contract or kind of service; they add up.",
    )

    @api.model
    def _selection_group_by(self) -> list[tuple[str, str]]:
        return list(self.env['account.statement']._groupings().items())

    def _options(self) -> dict:
        """Return what was asked for, as values of another record with the same options."""
        self.ensure_one()
        return {'company_id': self.company_id.id, 'as_of': self.as_of, 'date_from': self.date_from,
                'group_by': self.group_by}

    def _statements_by_id(self, partners=None) -> dict:
        """Return the statement of each record, ``{record_id: values}``, with one call for equal options."""
        found = {}
        for (company, start, as_of, group_by), records in self.grouped(
            lambda row: (row.company_id, row.date_from, row.as_of, row.group_by),
        ).items():
            Statement = self.env['account.statement'].with_company(company)
            made = Statement._statements(records.partner_id, as_of or fields.Date.today(), start, group_by)
            found.update({row.id: made.get(row.partner_id.commercial_partner_id.id) for row in records})
        return found

    def _render(self, template: str, values: dict | None) -> Markup:
        """Return a statement as HTML in the language of the user's environment."""
        return self.env['ir.qweb']._render(template, {
            'statement': values,
            'labels': self.env['account.statement'].with_company(self.company_id)._bucket_labels(),
            'money': self._money,
            'day': lambda value: format_date(self.env, value),
        }) if values else Markup()

    def _money(self, amount: float, currency_id: int) -> str:
        return format_amount(self.env, amount, self.env['res.currency'].browse(currency_id))

    def _content(self) -> Markup:
        """Return the whole statement as HTML, in the language of its customer."""
        self.ensure_one()
        told = self.with_context(lang=self.partner_id.lang or self.env.lang)
        return told._render(DOCUMENT, told._statements_by_id()[self.id])

    def _file_name(self, extension: str) -> str:
        self.ensure_one()
        name = self.env._("Statement %(customer)s %(date)s", customer=self.partner_id.name or '', date=self.as_of)
        return f"{name.replace('/', '-')}.{extension}"

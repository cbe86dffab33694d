"""The form in which a customer reports a transfer: every value checked, with a sentence that tells what is missing."""

import base64

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

TEXT_LIMIT = 140


class TransferReport(models.Model):
    _name = 'transfer.report'
    _inherit = ['transfer.report', 'portal.form.mixin']

    @api.model
    def _report_from_form(self, partner, typed: dict, proof, line_ids: list[int]):
        """Take what a customer typed.

        :param typed: texts of amount, date_paid, reference, bank_name.
        :param proof: the uploaded file with ``read`` and ``filename``, or None.
        :param line_ids: receivables that the transfer pays; those of others are left out.
        :raises UserError: telling what is missing or wrong.
        """
        Line = self.env['account.move.line']
        lines = Line.search(Line._receivables_domain(partner) & Domain('id', 'in', line_ids)) if line_ids else Line
        company = lines.company_id[:1] or self.env.company
        currency = lines.currency_id[:1] or company.currency_id
        vals = {
            'amount': self._typed_amount(typed.get('amount'), currency), 'currency_id': currency.id,
            'date_paid': self._typed_date(typed.get('date_paid')),
            'reference': self._typed_text(typed.get('reference')),
            'bank_name': (typed.get('bank_name') or '')[:TEXT_LIMIT].strip(),
            'line_ids': lines.ids, **self._checked_proof(proof),
        }
        # sudo: a customer has no right to create; the values were checked and the partner is the user's own
        return self.sudo()._report(partner, company, vals)

    def _typed_amount(self, text, currency) -> float:
        amount = currency.round(self._typed_number(text))
        if not amount:
            raise UserError(self.env._("Enter the amount of the transfer, above 0."))
        return amount

    def _typed_date(self, text):
        day = self._typed_day(text)
        if not day:
            raise UserError(self.env._("Enter the day on which you made the transfer."))
        return day

    def _typed_text(self, text) -> str:
        text = str(text or '').strip()[:TEXT_LIMIT]
        if not text:
            raise UserError(self.env._("Enter the reference of the transfer, as your bank shows it."))
        return text

    def _checked_proof(self, proof) -> dict:
        """Return the values of an uploaded proof."""
        name, content = self.env['portal.upload.mixin']._checked_upload(proof)
        return {'proof': base64.b64encode(content), 'proof_name': name} if content else {}

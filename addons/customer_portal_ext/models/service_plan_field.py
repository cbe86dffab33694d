"""What a plan asks for when it is contracted, and what a customer answered."""

import base64
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

TEXT_LIMIT = 500


class ServicePlanField(models.Model):
    _name = 'service.plan.field'
    _description = "Data Asked For"
    _order = 'sequence, id'

    plan_id = fields.Many2one('service.plan', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='plan_id.company_id', store=True)
    name = fields.Char("Question", required=True, translate=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [('text', "Text"), ('date', "Day"), ('choice', "Choice"), ('file', "File"), ('check', "Tick")],
        required=True, default='text',
    )
    is_required = fields.Boolean("Needed", default=True)
    choices = fields.Text(translate=True, help="Of a choice: one a line.")
    hint = fields.Char(translate=True)

    @api.constrains('kind', 'choices')
    def _check_choices(self):
        for field in self:
            if field.kind == 'choice' and not field._choice_list():
                raise ValidationError(self.env._("“%s” needs choices, one a line.", field.name))

    def _choice_list(self) -> list[str]:
        return [choice.strip() for choice in (self.choices or '').splitlines() if choice.strip()]

    def _answer(self, typed: dict, files: dict) -> dict:
        """Return the checked answer to a question as values of its record; empty if it was left out.

        :raises UserError: telling which question, and what is expected of an answer.
        """
        self.ensure_one()
        key = f'field_{self.id}'
        if self.kind == 'file':
            return self._answered_file(files.get(key))
        text = str(typed.get(key) or '').strip()[:TEXT_LIMIT]
        return {'value': self._checked(text)} if text else {}

    def _checked(self, text: str) -> str:
        if self.kind == 'date':
            try:
                return str(date.fromisoformat(text))
            except ValueError as error:
                raise UserError(self.env._("“%(question)s”: %(text)s is no day.", question=self.name, text=text)
                                ) from error
        if self.kind == 'choice' and text not in self._choice_list():
            raise UserError(self.env._("“%s”: choose one of the list.", self.name))
        return text

    def _answered_file(self, file) -> dict:
        try:
            name, content = self.env['portal.upload.mixin']._checked_upload(file)
        except UserError as error:
            raise UserError(f'{self.name}: {error}') from error
        return {'file': base64.b64encode(content), 'value': name} if content else {}


class ServiceContractFieldValue(models.Model):
    _name = 'service.contract.field.value'
    _description = "Answer When Contracting"
    _order = 'id'

    order_id = fields.Many2one('sale.order', index='btree_not_null', ondelete='cascade')
    contract_id = fields.Many2one('service.contract', index='btree_not_null', ondelete='cascade')
    company_id = fields.Many2one('res.company', compute='_compute_company_id', store=True)
    field_id = fields.Many2one('service.plan.field', "Question", required=True, ondelete='restrict')
    value = fields.Char("Answer")
    file = fields.Binary(attachment=True)

    _one_answer = models.UniqueIndex("(order_id, field_id) WHERE order_id IS NOT NULL", "This is answered already.")

    @api.depends('order_id.company_id', 'contract_id.company_id')
    def _compute_company_id(self):
        for answer in self:
            answer.company_id = answer.contract_id.company_id or answer.order_id.company_id

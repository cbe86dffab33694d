"""Books an option of a contract on or off, with its price and the first day the plan allows."""

from odoo import api, fields, models


class ServiceOptionWizard(models.TransientModel):
    _name = 'service.option.wizard'
    _description = "Book an Option"

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade')
    direction = fields.Selection([('on', "Book on"), ('off', "Book off")], default='on', required=True)
    option_ids = fields.Many2many(related='contract_id.option_ids')
    option_id = fields.Many2one('service.plan.line', "Option", domain="[('id', 'in', option_ids)]")
    booked_line_id = fields.Many2one(
        'service.contract.line', "Booked option",
        domain="[('contract_id', '=', contract_id), ('is_option', '=', True), ('date_end', '=', False)]",
    )
    quantity = fields.Float(
        digits='Product Unit', compute='_compute_quantity', store=True, readonly=False, precompute=True,
    )
    day = fields.Date("From", compute='_compute_day', store=True, readonly=False, precompute=True)
    last_day = fields.Date("Last day", compute='_compute_last_day', store=True, readonly=False, precompute=True)
    reason = fields.Char()

    @api.depends('option_id')
    def _compute_quantity(self):
        for wizard in self:
            wizard.quantity = wizard.option_id.quantity or 1.0

    @api.depends('contract_id')
    def _compute_day(self):
        for wizard in self:
            contract = wizard.contract_id
            today = contract.company_id._service_today() if contract else False
            wizard.day = contract and max(today, contract.date_start)

    @api.depends('booked_line_id')
    def _compute_last_day(self):
        for wizard in self:
            line = wizard.booked_line_id
            wizard.last_day = line and line._earliest_option_end(line.company_id._service_today())

    def action_confirm(self) -> bool:
        """Book the option on or off.

        :raises UserError: if the plan does not allow it.
        """
        self.ensure_one()
        if self.direction == 'on':
            self.contract_id.book_option(self.option_id.id, fields.Date.to_string(self.day) or None, self.quantity)
        else:
            option = self.booked_line_id.plan_line_id
            self.contract_id.unbook_option(
                option.id, fields.Date.to_string(self.last_day) or None, self.reason or '',
            )
        return True

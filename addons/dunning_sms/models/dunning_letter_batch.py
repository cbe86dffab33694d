"""Letters printed together: one PDF for all that wait, each marked printed once, and printed again at will."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningLetterBatch(models.Model):
    _name = 'dunning.letter.batch'
    _description = "Printed Letters"
    _inherit = ['dunning.gate.mixin']
    _order = 'id desc'
    _gated = ('company_id', 'user_id', 'printed_at', 'delivery_ids')

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    user_id = fields.Many2one('res.users', "Printed by", required=True, readonly=True, ondelete='restrict')
    printed_at = fields.Datetime("Printed", required=True, readonly=True, index=True)
    delivery_ids = fields.One2many('dunning.delivery', 'letter_batch_id', "Letters", readonly=True)
    count = fields.Integer("Number of letters", compute='_compute_count')

    @api.depends('delivery_ids')
    def _compute_count(self):
        counts = dict(self.env['dunning.delivery']._read_group(
            [('letter_batch_id', 'in', self.ids)], ['letter_batch_id'], ['__count']))
        for batch in self:
            batch.count = counts.get(batch, 0)

    @api.depends('printed_at')
    def _compute_display_name(self):
        for batch in self:
            moment = fields.Datetime.context_timestamp(batch, batch.printed_at) if batch.printed_at else None
            batch.display_name = self.env._("Letters of %s", f'{moment:%Y-%m-%d %H:%M}' if moment else '')

    # === ACTIONS === #

    @api.model
    def action_print_due(self) -> dict:
        """Print all letters of the current company that wait, and mark them as printed.

        Each is checked as other messages are before they leave: nothing is printed for what was paid meanwhile.
        Letters that somebody else prints at this moment are left to them.

        :raises UserError: if no letter waits.
        """
        self.env['dunning.delivery'].check_access('read')
        self._check_user()
        batch = self.sudo()._print_due()  # users read deliveries; letters leave the outbox by printing alone
        if not batch:
            raise UserError(self.env._("No letter waits to be printed."))
        return batch.with_env(self.env)._report()

    def action_print_again(self) -> dict:
        """Print the same letters again; nothing is marked or sent by that."""
        self.check_access('read')
        self._check_user()
        return self._report()

    def _check_user(self) -> None:
        self.env['dunning.hold'].check_access('create')  # whoever works on collections, and no mere reader

    # === BUSINESS === #

    def _print_due(self):
        """Take the letters that wait into a batch, and return it; nothing if none may be printed."""
        company = self.env.company
        domain = [('channel', '=', 'letter'), ('state', '=', 'queued'), ('company_id', '=', company.id)]
        locked = self.env['dunning.delivery'].search(domain, order='id').try_lock_for_update()
        letters = self.env['dunning.sender']._checked(locked.filtered_domain(domain), fields.Datetime.now())
        if not letters:
            return self.browse()
        batch = self._passed().create({
            'company_id': company.id, 'user_id': self.env.uid, 'printed_at': fields.Datetime.now(),
        })
        letters._passed().letter_batch_id = batch
        letters._mark_printed()
        return batch

    def _report(self) -> dict:
        """Return the PDF: the letters by customer, so that they can be put into envelopes in that order."""
        notices = self.delivery_ids.notice_id.sorted(lambda notice: (notice.partner_id.name or '', notice.id))
        return self.env.ref('dunning_sms.dunning_notice_report').report_action(
            notices.ids, config=False)  # the letter has a head of its own

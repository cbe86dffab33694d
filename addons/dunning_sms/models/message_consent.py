"""What a customer allows: one answer for each channel, where it came from, and when."""

from odoo import api, fields, models


class MessageConsent(models.Model):
    _name = 'message.consent'
    _description = "Consent to Messages"
    _inherit = ['mail.thread']
    _order = 'partner_id, channel'

    partner_id = fields.Many2one('res.partner', "Customer", required=True, index=True, ondelete='cascade')
    channel = fields.Selection([('email', "E-mail"), ('sms', "Text message")], required=True)
    state = fields.Selection([('granted', "Agreed"), ('refused', "Refused")], required=True, tracking=True)
    source = fields.Selection(
        [('staff', "Noted by staff"), ('link', "Link in a message"), ('answer', "Answer to a text message"),
         ('contract', "Contract"), ('portal', "Portal")],
        required=True, default='staff', tracking=True,
    )
    moment = fields.Datetime("When", required=True, default=fields.Datetime.now, tracking=True)
    evidence = fields.Char(help="What the customer said or signed.", tracking=True)

    _one = models.UniqueIndex(
        '(partner_id, channel)', "The customer's answer for this channel is known. Change that one.",
    )

    @api.depends('partner_id', 'channel')
    def _compute_display_name(self):
        channels = dict(self._fields['channel']._description_selection(self.env))
        for consent in self:
            consent.display_name = f'{consent.partner_id.display_name or ""}: {channels.get(consent.channel, "")}'

    @api.model
    def _note(self, partners, channel: str, state: str, source: str, evidence: str = '') -> None:
        """Keep what customers answered for a channel; the last answer counts, the others are in its log."""
        known = {consent.partner_id: consent for consent in self.search([
            ('partner_id', 'in', partners.ids), ('channel', '=', channel),
        ])}
        vals = {'state': state, 'source': source, 'moment': fields.Datetime.now(), 'evidence': evidence[:200]}
        for consent in known.values():
            consent.write(vals)
        self.create([
            {'partner_id': partner.id, 'channel': channel, **vals} for partner in partners if partner not in known
        ])

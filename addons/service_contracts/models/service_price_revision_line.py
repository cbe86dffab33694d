"""The rows of a price revision: one service, its old and its new price, and the mail that tells the customer."""

from odoo import api, fields, models
from odoo.fields import Domain

from .service_price_revision import LEFT_OUT

MAIL_BATCH = 50


class ServicePriceRevisionLine(models.Model):
    _name = 'service.price.revision.line'
    _description = "Revised Price"
    _order = 'revision_id, contract_id, id'
    _rec_name = 'contract_line_id'

    revision_id = fields.Many2one(
        'service.price.revision', required=True, readonly=True, index=True, ondelete='cascade',
    )
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", required=True, readonly=True, index=True, ondelete='cascade',
    )
    contract_id = fields.Many2one('service.contract', required=True, readonly=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True, ondelete='cascade')
    currency_id = fields.Many2one('res.currency', readonly=True)
    date_effective = fields.Date("From", readonly=True)
    price_seen = fields.Float(readonly=True, help="The price of the service when the preview was made.")
    price_old = fields.Float("Old price", min_display_digits='Product Price', readonly=True)
    price_new = fields.Float("New price", min_display_digits='Product Price', readonly=True)
    percent = fields.Float("Change (%)", digits=(16, 4), readonly=True, aggregator='avg')
    monthly_old = fields.Monetary("Monthly before", readonly=True)
    monthly_new = fields.Monetary("Monthly after", readonly=True)
    state = fields.Selection(
        [('planned', "New price"), ('left_out', "Left out")], required=True, readonly=True, index=True,
    )
    left_out = fields.Selection(LEFT_OUT, "Why left out", readonly=True)
    told_on = fields.Datetime("Told on", readonly=True)


class ServicePriceRevision(models.Model):
    _inherit = 'service.price.revision'

    @api.model
    def _cron_tell(self) -> None:
        """Send the mails of revisions that are being told, one for each contract, some at a time."""
        Line = self.env['service.price.revision.line']
        template = self.env.ref('service_contracts.mail_template_price_revision')
        for revision in self.search([('telling', '=', 'queued')]):
            domain = Domain('revision_id', '=', revision.id) & Domain('state', '=', 'planned')
            domain &= Domain('told_on', '=', False)
            while lines := Line.search(domain, order='contract_id, id', limit=MAIL_BATCH):
                contracts = lines.contract_id
                lines = Line.search(domain & Domain('contract_id', 'in', contracts.ids))
                template.with_context(service_revision_id=revision.id).send_mail_batch(contracts.ids)
                lines.told_on = fields.Datetime.now()
                if not self.env['ir.cron']._commit_progress(len(contracts)):
                    return
            revision._pass_gate(telling='done')


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _revised_lines(self, revision_id: int):
        """Return the revised prices of the contract, for the mail to its customer."""
        return self.env['service.price.revision.line'].search([
            ('revision_id', '=', revision_id), ('contract_id', '=', self.id), ('state', '=', 'planned'),
        ])

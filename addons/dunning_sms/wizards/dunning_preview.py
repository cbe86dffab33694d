"""The dry run: what would go out today, and why each other customer gets nothing."""

from odoo import api, fields, models
from odoo.tools import format_amount


class DunningPreview(models.TransientModel):
    _name = 'dunning.preview'
    _description = "What Goes Out Today"

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    moment = fields.Datetime("As of", required=True, default=fields.Datetime.now)
    partner_ids = fields.Many2many('res.partner', string="Only these customers")
    line_ids = fields.One2many('dunning.preview.line', 'preview_id', readonly=True)
    summary = fields.Text(compute='_compute_summary')

    @api.depends('company_id')
    def _compute_display_name(self):
        for preview in self:
            preview.display_name = self.env._("What Goes Out Today")

    @api.depends('line_ids.result')
    def _compute_summary(self):
        names = self.env['dunning.preview.line']._reason_names()
        for preview in self:
            counts = {}
            for line in preview.line_ids:
                counts[line.result] = counts.get(line.result, 0) + 1
            preview.summary = '\n'.join(
                f'{count} × {names.get(result, result)}'
                for result, count in sorted(counts.items(), key=lambda pair: (pair[0] != 'notice', -pair[1]))
            )

    def action_compute(self) -> dict:
        """Decide for every customer, without writing notices, and show the result."""
        self.check_access('write')
        self.env['dunning.notice'].check_access('read')
        self.ensure_one()
        company = self.company_id & self.env.companies
        self.line_ids.unlink()
        run = self.env['dunning.run'].sudo()  # a read of what is open; the result holds what the user may see
        wanted = set(self.partner_ids.commercial_partner_id.ids)
        partner_ids = [
            partner_id for partner_id in (run._customers(company, company._dunning_day(self.moment)) if company else [])
            if not wanted or partner_id in wanted
        ]
        for start in range(0, len(partner_ids), 500):
            self._add(company, partner_ids[start:start + 500])
        return {
            'type': 'ir.actions.act_window', 'res_model': 'dunning.preview', 'res_id': self.id, 'view_mode': 'form',
            'name': self.env._("What Goes Out Today"),
        }

    def _add(self, company, partner_ids: list[int]) -> None:
        decided = self.env['dunning.planner'].sudo()._decide(company, partner_ids, self.moment)  # see above
        self.env['dunning.preview.line'].create([
            self._prepare_line_vals(company, facts, decision) for facts, decision in decided.values()
        ])

    def _prepare_line_vals(self, company, facts, decision) -> dict:
        kinds = sorted({kind for item in facts.customer.items for kind in item.net.kinds})
        names = dict(self.env['dunning.preview.line']._cover_names())
        owed = sum((item.net.line.residual * item.rate for item in facts.customer.items), 0)
        return {
            'preview_id': self.id, 'partner_id': facts.partner.id, 'policy_id': facts.policy_record.id,
            'result': decision.reason or 'notice',
            'detail': ', '.join(names.get(kind, kind) for kind in kinds) or False,
            'step_id': decision.step_id or False, 'amount': float(decision.total), 'owed': float(owed),
            'channels': ', '.join(route.channel for route in decision.routes) or False,
            'amount_words': format_amount(self.env, float(decision.total), company.currency_id),
        }


class DunningPreviewLine(models.TransientModel):
    _name = 'dunning.preview.line'
    _description = "Customer in the Dry Run"
    _order = 'result, partner_id'

    preview_id = fields.Many2one('dunning.preview', required=True, ondelete='cascade', index=True)
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    policy_id = fields.Many2one('dunning.policy', readonly=True)
    step_id = fields.Many2one('dunning.step', "Step", readonly=True)
    result = fields.Selection(
        [('notice', "Gets a notice"), ('told', "Was told already"), ('too_early', "No step today"),
         ('covered', "Credits, holds, promises or payments under way cover it"), ('blocked', "Reminders are blocked"),
         ('below_minimum', "Below the minimum"), ('no_policy', "No policy"), ('nothing_open', "Nothing open"),
         ('closed', "No contact at this hour or day"), ('day', "Enough messages today"),
         ('week', "Enough messages this week"), ('channel', "Another channel was used this week"),
         ('no_channel', "The step has no channel"), ('no_address', "No address or number"),
         ('opted_out', "Has opted out"), ('no_consent', "Has not agreed"), ('paid', "Was paid"),
         ('changed', "Changed in the meantime"), ('stale', "Its day has passed"), ('staff', "Taken back")],
        readonly=True,
    )
    detail = fields.Char("Covered by", readonly=True)
    channels = fields.Char(readonly=True)
    amount = fields.Float("On the notice", readonly=True)
    amount_words = fields.Char(readonly=True)
    owed = fields.Float("Owed", readonly=True)

    @api.model
    def _reason_names(self) -> dict[str, str]:
        return dict(self._fields['result']._description_selection(self.env))

    @api.model
    def _cover_names(self) -> list[tuple[str, str]]:
        return [
            *self.env['dunning.hold']._fields['kind']._description_selection(self.env),
            ('promise', self.env._("Promise to pay")), ('pending', self.env._("Payment under way")),
        ]

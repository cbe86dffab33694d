"""Levels of prepaid credit: who is told when a customer has too little left, and what is sold then by itself."""

from odoo import api, fields, models
from odoo.tools import SQL


class ServiceCreditLevel(models.Model):
    _name = 'service.credit.level'
    _description = "Level of Prepaid Credit"
    _inherit = ['service.input.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'partner_id, id'
    _check_company_auto = True

    partner_id = fields.Many2one('res.partner', "Customer", required=True, index=True, check_company=True)
    commercial_partner_id = fields.Many2one(related='partner_id.commercial_partner_id', store=True, index=True)
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(
        'res.currency', required=True, default=lambda self: self.env.company.currency_id,
    )
    active = fields.Boolean(default=True)
    threshold = fields.Monetary("Tell below", required=True, help="When less than this is left of all credit.")
    top_up_amount = fields.Monetary(
        "Top up by", help="Sold by an invoice when the level is reached. 0: nothing.",
    )
    top_up_months = fields.Integer("Valid for months", default=12, help="Of what is topped up. 0: for ever.")
    user_id = fields.Many2one('res.users', "Tell", default=lambda self: self.env.user)
    balance = fields.Monetary(compute='_compute_balance')
    is_low = fields.Boolean("Too low", readonly=True, copy=False, help="It was told, and not filled up since.")
    low_since = fields.Date(readonly=True, copy=False)
    grant_ids = fields.One2many('service.credit.grant', 'level_id', "Topped up", readonly=True)

    _one_a_customer = models.UniqueIndex(
        "(company_id, commercial_partner_id, currency_id) WHERE active", "The customer has a level already.",
    )
    _amounts = models.Constraint(
        'CHECK (threshold > 0 AND top_up_amount >= 0 AND top_up_months BETWEEN 0 AND 120)',
        "The level is more than 0, and what is topped up is valid for 0 to 120 months.",
    )

    # === COMPUTE === #

    def _compute_balance(self):
        balances = self._balances()
        for level in self:
            level.balance = balances.get(level._origin.id, 0.0)

    @api.depends('partner_id', 'threshold')
    def _compute_display_name(self):
        for level in self:
            level.display_name = f'{level.partner_id.name or ""}: {level.currency_id.format(level.threshold)}'

    def _balances(self) -> dict[int, float]:
        """Return what the customers have left, by level."""
        self.env['service.credit.grant'].flush_model()
        self.flush_model()
        # SQL because customer, company and currency make the pair
        return dict(self.env.execute_query(SQL(
            """
            SELECT level.id, sum(credit.balance)::float
              FROM service_credit_level level
              JOIN service_credit_grant credit
                ON credit.company_id = level.company_id AND credit.currency_id = level.currency_id
               AND credit.commercial_partner_id = level.commercial_partner_id
             WHERE credit.state = 'active' AND level.id = ANY(%s)
             GROUP BY level.id
            """, self.ids,
        )))

    # === BUSINESS === #

    @api.model
    def _follow(self, company) -> None:
        """Tell of customers of a company whose credit fell below their level, once until it is filled up again."""
        levels = self.search([('company_id', '=', company.id)])
        balances = levels._balances()
        low = levels.filtered(
            lambda level: level.currency_id.compare_amounts(balances.get(level.id, 0.0), level.threshold) < 0)
        (levels - low).filtered('is_low').write({'is_low': False, 'low_since': False})
        fallen = low.filtered(lambda level: not level.is_low)
        fallen.write({'is_low': True, 'low_since': company._service_today()})
        for level in fallen:
            level._tell(balances.get(level.id, 0.0))
            level._top_up()

    def _tell(self, balance: float) -> None:
        """Tell staff whom it concerns; the history of the level keeps it. Customers get a `service.credit.notice`."""
        text = self.env._(
            "%(customer)s has %(balance)s of prepaid credit left, less than %(threshold)s.",
            customer=self.partner_id.name, balance=self.currency_id.format(balance),
            threshold=self.currency_id.format(self.threshold),
        )
        self._message_log(body=text)
        if self.user_id:
            self.activity_schedule('mail.mail_activity_data_todo', user_id=self.user_id.id, summary=text)

    def _top_up(self) -> None:
        """Sell the agreed amount by an invoice, as often as the level falls and not more often."""
        if not self.top_up_amount:
            return
        today = self.company_id._service_today()
        key = f'level:{self.id}:{today}'
        Grant = self.env['service.credit.grant']
        if Grant.search_count([('company_id', '=', self.company_id.id), ('external_key', '=', key)], limit=1):
            return
        Grant.create({
            'external_key': key, 'name': self.env._("Prepaid credit"), 'partner_id': self.partner_id.id,
            'company_id': self.company_id.id, 'currency_id': self.currency_id.id, 'kind': 'paid',
            'amount': self.top_up_amount, 'level_id': self.id, 'date_granted': today,
            'expiry_date': self.top_up_months and fields.Date.add(today, months=self.top_up_months),
        }).action_invoice()

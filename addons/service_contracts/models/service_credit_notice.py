"""Mails to customers about prepaid credit: little is left, none is left, or some expires soon; each once."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

RECENT = timedelta(days=3)
"""Credit used up longer ago is no news: nobody is told of it when this is installed."""


class ResCompany(models.Model):
    _inherit = 'res.company'

    service_credit_notice_days = fields.Integer(
        "Days before credit expires", default=14,
        help="So long before its last day customers are told by mail what is left of a credit. 0: they are not.",
    )

    _service_credit_notice_range = models.Constraint(
        'CHECK (service_credit_notice_days BETWEEN 0 AND 365)',
        "Customers are told of credit that expires 0 to 365 days before.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    service_credit_notice_days = fields.Integer(related='company_id.service_credit_notice_days', readonly=False)


class ServiceCreditNotice(models.Model):
    _name = 'service.credit.notice'
    _description = "Notice of Prepaid Credit"
    _order = 'id desc'
    _rec_name = 'key'

    key = fields.Char(required=True, readonly=True, help="What the customer is told of: once.")
    kind = fields.Selection(
        [('low', "Little is left"), ('used', "Used up"), ('expiring', "Expires soon")], required=True, readonly=True,
    )
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one('res.partner', "Customer", required=True, readonly=True, index=True)
    currency_id = fields.Many2one('res.currency', required=True, readonly=True)
    amount = fields.Monetary("Left", readonly=True, aggregator=None)
    grant_id = fields.Many2one('service.credit.grant', "Credit", readonly=True, ondelete='cascade')
    level_id = fields.Many2one('service.credit.level', "Level", readonly=True, ondelete='set null')
    expiry_date = fields.Date("Valid until", readonly=True)
    mail_state = fields.Selection(
        [('sent', "Told"), ('no_address', "No e-mail address")], "Mail", required=True, readonly=True,
    )
    mailed_to = fields.Char("Mailed to", readonly=True)

    _key_is_unique = models.UniqueIndex("(key)", "The customer was told of this already.")

    # === BUSINESS === #

    @api.model
    def _follow(self, company) -> None:
        """Tell customers of a company what there is to tell of their credit, each thing once."""
        self._tell([*self._low(company), *self._used_up(company), *self._expiring(company)])

    def _tell(self, vals_list: list[dict]) -> None:
        """Write down who is told what and put the mails into the queue; what was told before is left out."""
        known = set(self.search([('key', 'in', [vals['key'] for vals in vals_list])]).mapped('key'))
        Partner = self.env['res.partner']
        notices = self.create([
            {**vals, 'mailed_to': address, 'mail_state': 'sent' if address else 'no_address'}
            for vals in vals_list if vals['key'] not in known
            for address in [Partner.browse(vals['partner_id']).email_normalized]
        ])
        if told := notices.filtered('mailed_to'):
            self.env.ref('service_contracts.mail_template_credit_notice').send_mail_batch(told.ids)

    def _low(self, company) -> list[dict]:
        """Return the levels that were reached and not filled up since; without anything left it is another mail."""
        levels = self.env['service.credit.level'].search([('company_id', '=', company.id), ('is_low', '=', True)])
        balances = levels._balances()
        return [
            {'key': f'low:{level.id}:{level.low_since}', 'kind': 'low', 'company_id': company.id,
             'partner_id': level.partner_id.id, 'currency_id': level.currency_id.id, 'level_id': level.id,
             'amount': balances[level.id]}
            for level in levels if balances.get(level.id)
        ]

    def _used_up(self, company) -> list[dict]:
        """Return the customers whose last credit in a currency was used up lately."""
        self.env['service.credit.grant'].flush_model()
        self.env['service.credit.entry'].flush_model()
        # SQL because customer and currency make the pair
        rows = self.env.execute_query(SQL(
            """
            SELECT (array_agg(credit.partner_id ORDER BY use.id DESC))[1], credit.currency_id, max(use.id)
              FROM service_credit_entry use JOIN service_credit_grant credit ON credit.id = use.grant_id
             WHERE use.kind = 'draw' AND use.company_id = %(company_id)s AND use.create_date >= %(since)s
               AND NOT EXISTS (
                    SELECT FROM service_credit_grant other
                     WHERE other.company_id = credit.company_id AND other.currency_id = credit.currency_id
                       AND other.commercial_partner_id = credit.commercial_partner_id AND other.state = 'active')
             GROUP BY credit.commercial_partner_id, credit.currency_id
            """, company_id=company.id, since=fields.Datetime.now() - RECENT,
        ))
        return [
            {'key': f'used:{use_id}', 'kind': 'used', 'company_id': company.id, 'partner_id': partner_id,
             'currency_id': currency_id, 'amount': 0.0}
            for partner_id, currency_id, use_id in rows
        ]

    def _expiring(self, company) -> list[dict]:
        """Return the credits that expire within the days of the settings; another last day is told anew."""
        days, today = company.service_credit_notice_days, company._service_today()
        grants = self.env['service.credit.grant'].search([
            ('company_id', '=', company.id), ('state', '=', 'active'), ('expiry_date', '>=', today),
            ('expiry_date', '<=', fields.Date.add(today, days=days)),
        ]) if days else ()
        return [
            {'key': f'expiring:{grant.id}:{grant.expiry_date}', 'kind': 'expiring', 'company_id': company.id,
             'partner_id': grant.partner_id.id, 'currency_id': grant.currency_id.id, 'grant_id': grant.id,
             'amount': grant.balance, 'expiry_date': grant.expiry_date}
            for grant in grants
        ]

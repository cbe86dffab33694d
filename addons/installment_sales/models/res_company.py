"""Accounts and limits of a company that sells in installments."""

from odoo import fields, models

ACCOUNTS = {
    'installment_deferred_account_id': ('liability_current', '2450'),
    'installment_income_account_id': ('income_other', '4450'),
    'installment_transfer_account_id': ('asset_current', '1450'),
    'installment_provider_fee_account_id': ('expense', '6450'),
}
"""Type and first code of the accounts that are made when they are missing."""


class ResCompany(models.Model):
    _inherit = 'res.company'

    installment_deferred_account_id = fields.Many2one(
        'account.account', "Deferred finance income", check_company=True, ondelete='restrict',
        help="Interest and fees of a plan wait here until their period has passed.",
    )
    installment_income_account_id = fields.Many2one(
        'account.account', "Finance income", check_company=True, ondelete='restrict',
    )
    installment_transfer_account_id = fields.Many2one(
        'account.account', "Rescheduled balances", check_company=True, ondelete='restrict',
        help="What an old plan hands on to a new one; always back at zero.",
    )
    installment_provider_fee_account_id = fields.Many2one(
        'account.account', "Fees of financing providers", check_company=True, ondelete='restrict',
    )
    installment_limit = fields.Monetary(
        "Installment limit per customer", currency_field='currency_id',
        help="The most a customer may owe in open plans, unless the customer has a limit of its own. 0: no limit.",
    )

    installment_allocation = fields.Selection(
        [('fee_interest_principal', "Fees, interest, principal"),
         ('interest_fee_principal', "Interest, fees, principal"),
         ('principal_interest_fee', "Principal, interest, fees"),
         ('named', "What the customer named")],
        "Payments of installments pay", required=True, default='fee_interest_principal',
        help="In this order, the oldest first, whichever invoice of the plan was paid. What the customer named: a "
             "payment stays with the invoice it was made for. Laws differ.",
    )

    installment_portal_choice = fields.Boolean(
        "Customers choose how to pay", default=True,
        help="Customers compare the terms that fit on their quotation online, and choose before they sign.",
    )

    _installment_limit_positive = models.Constraint(
        'CHECK (installment_limit >= 0)', "A limit cannot be negative; 0 means no limit.",
    )

    def _installment_account(self, field: str):
        """Return an account for plans, made on first use so that nothing has to be set up."""
        self.ensure_one()
        if not self[field]:
            account_type, code = ACCOUNTS[field]
            # sudo: a salesperson confirms the first sale in installments, the account follows
            accounts_sudo = self.env['account.account'].sudo().with_company(self)
            self.sudo()[field] = accounts_sudo.create({
                'name': self._fields[field]._description_string(self.env),
                'code': accounts_sudo._search_new_account_code(code),
                'account_type': account_type,
                'company_ids': [fields.Command.set(self.ids)],
            })
        return self[field]

    def _installment_journal(self):
        """Return the journal in which earned income is recorded."""
        self.ensure_one()
        return self.env['account.journal'].sudo().search(
            [*self.env['account.journal']._check_company_domain(self), ('type', '=', 'general')], limit=1,
        )  # sudo: who triggers the entry need not read journals

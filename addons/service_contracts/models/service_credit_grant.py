"""Prepaid credit of customers: free or paid for, with an expiry, used by their invoices until nothing is left."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..rules.credits import Grant
from ..rules.money import to_decimal
from .service_input_mixin import NUMBER_LIMIT

SOON = timedelta(days=30)
PRIORITY = 50
FIXED = ('kind', 'amount', 'currency_id', 'partner_id', 'company_id', 'external_key', 'invoice_id')
KEPT = {'balance', 'closed_by', 'invoice_id', 'refund_id'}
"""What only the ledger and the papers of a credit write."""


class ServiceCreditGrant(models.Model):
    _name = 'service.credit.grant'
    _description = "Prepaid Credit"
    _inherit = ['service.input.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'priority, expiry_date, kind, id'
    _check_company_auto = True

    name = fields.Char(
        "Description", required=True, default=lambda self: self.env._("Prepaid credit"), translate=False,
        help="What the customer reads on invoices.",
    )
    external_key = fields.Char(
        readonly=True, copy=False, index='btree_not_null', help="Given by another system: the same key grants once.",
    )
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, index=True, ondelete='restrict', check_company=True, tracking=True,
    )
    commercial_partner_id = fields.Many2one(
        related='partner_id.commercial_partner_id', string="Company or household", store=True, index=True,
    )
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(
        'res.currency', required=True, compute='_compute_currency_id', store=True, readonly=False, precompute=True,
    )
    kind = fields.Selection(
        [('free', "Free"), ('paid', "Paid for")], required=True, default='free', tracking=True,
        help="Free credit is a discount before tax. Paid credit pays invoices, tax included.",
    )
    amount = fields.Monetary(required=True, tracking=True)
    balance = fields.Monetary(readonly=True, copy=False, help="What is left of it, by its history.")
    priority = fields.Integer(default=PRIORITY, required=True, help="1 to 100: the lowest number is used first.")
    date_granted = fields.Date(
        "Granted on", required=True, default=lambda self: self.env.company._service_today(),
    )
    expiry_date = fields.Date("Valid until", tracking=True, help="The last day on which a charge may use it.")
    contract_id = fields.Many2one(
        'service.contract', "Only for contract", check_company=True, ondelete='restrict', index='btree_not_null',
        domain="[('partner_id', 'child_of', commercial_partner_id)]",
    )
    product_id = fields.Many2one('product.product', "Only for service", check_company=True, ondelete='restrict')
    meter_id = fields.Many2one('service.meter', "Only for meter", check_company=True, ondelete='restrict')
    invoice_id = fields.Many2one('account.move', readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    refund_id = fields.Many2one('account.move', "Refund", readonly=True, copy=False, ondelete='set null')
    product_sold_id = fields.Many2one(
        'product.product', "Sold as", ondelete='restrict', check_company=True,
        help="The product on the invoice of a paid credit; its category may name an account of its own.",
    )
    level_id = fields.Many2one(
        'service.credit.level', "Topped up by", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
    )
    closed_by = fields.Selection(
        [('expiry', "Expired"), ('refund', "Refunded"), ('cancel', "Cancelled")], readonly=True, copy=False,
    )
    state = fields.Selection(
        [('waiting', "Waiting for payment"), ('active', "Available"), ('used', "Used up"), ('expired', "Expired"),
         ('refunded', "Refunded"), ('cancelled', "Cancelled")],
        "Status", compute='_compute_state', store=True, index=True,
    )
    entry_ids = fields.One2many('service.credit.entry', 'grant_id', "History", readonly=True)

    _key_is_unique = models.UniqueIndex(
        "(company_id, external_key) WHERE external_key IS NOT NULL", "Credit with this key has been granted already.",
    )
    _usable = models.Index("(commercial_partner_id) WHERE state = 'active'")
    _amount_positive = models.Constraint('CHECK (amount > 0)', "Credit must be more than 0.")
    _never_below_zero = models.Constraint(
        'CHECK (balance >= 0 AND balance <= amount)', "Credit can be used only as far as there is any.",
    )
    _priority_range = models.Constraint('CHECK (priority BETWEEN 1 AND 100)', "The priority is a number from 1 to 100.")

    # === COMPUTE === #

    @api.depends('company_id', 'contract_id')
    def _compute_currency_id(self):
        for grant in self:
            grant.currency_id = grant.currency_id or grant.contract_id.currency_id or grant.company_id.currency_id

    @api.depends('kind', 'balance', 'closed_by', 'invoice_id.state', 'invoice_id.payment_state')
    def _compute_state(self):
        closed = {'expiry': 'expired', 'refund': 'refunded', 'cancel': 'cancelled'}
        for grant in self:
            if grant.kind == 'paid' and grant.invoice_id and grant._is_unpaid():
                grant.state = 'cancelled' if grant._is_purchase_void() else 'waiting'
            elif grant.balance > 0:
                grant.state = 'active'
            else:
                grant.state = closed.get(grant.closed_by, 'used')

    def _is_unpaid(self) -> bool:
        # sudo: whether an invoice is paid, whoever asks
        return self.sudo().invoice_id.payment_state not in ('in_payment', 'paid')

    def _is_purchase_void(self) -> bool:
        invoice_sudo = self.sudo().invoice_id  # sudo: as above
        return invoice_sudo.state == 'cancel' or invoice_sudo.payment_state == 'reversed'

    @api.depends('name', 'balance', 'currency_id')
    def _compute_display_name(self):
        for grant in self:
            money = grant.currency_id.format(grant.balance) if grant.currency_id else ''
            grant.display_name = f'{grant.name} ({money})'

    # === CONSTRAINTS === #

    @api.constrains('currency_id', 'contract_id')
    def _check_currency(self):
        for grant in self:
            wanted = grant.contract_id.currency_id
            if wanted and grant.currency_id != wanted:
                raise ValidationError(self.env._(
                    "%(credit)s of %(customer)s is in %(currency)s, but must be in %(wanted)s: credit is never "
                    "converted, it pays charges of its own currency only.",
                    credit=grant.name, customer=grant.partner_id.name, currency=grant.currency_id.name,
                    wanted=wanted.name,
                ))

    @api.constrains('contract_id', 'partner_id')
    def _check_contract(self):
        for grant in self:
            owner = grant.contract_id.partner_id.commercial_partner_id
            if owner and owner != grant.partner_id.commercial_partner_id:
                raise ValidationError(self.env._(
                    "%(contract)s belongs to %(owner)s, not to %(customer)s. Choose one of the customer's contracts.",
                    contract=grant.contract_id.display_name, owner=owner.name, customer=grant.partner_id.name,
                ))

    @api.constrains('expiry_date', 'date_granted')
    def _check_dates(self):
        for grant in self:
            if grant.expiry_date and grant.expiry_date < grant.date_granted:
                raise ValidationError(self.env._(
                    "%(credit)s would be over before it begins. Let it be valid until %(day)s or later.",
                    credit=grant.name, day=format_date(self.env, grant.date_granted),
                ))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_untouched(vals)
        return super().create([{**vals, 'balance': vals.get('amount', 0.0)} for vals in vals_list])

    def write(self, vals):
        self._check_untouched(vals)
        if not self.env.su and (touched := vals.keys() & set(FIXED)):
            raise UserError(self.env._(
                "Credit stays as it was granted (%(fields)s). Cancel or refund it and grant another one.",
                fields=', '.join(sorted(touched)),
            ))
        return super().write(vals)

    def _input_ranges(self) -> dict[str, tuple]:
        return {**super()._input_ranges(), 'priority': (1, 100), 'amount': (0.001, NUMBER_LIMIT)}

    def _check_untouched(self, vals: dict) -> None:
        if not self.env.su and (touched := KEPT & vals.keys()):
            raise UserError(self.env._(
                "What is left of a credit follows from its history and cannot be written (%(fields)s).",
                fields=', '.join(sorted(touched)),
            ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if kept := self.filtered(lambda grant: grant.entry_ids or grant.invoice_id)[:1]:
            raise UserError(self.env._("%s stays for the records. Cancel or refund it instead.", kept.display_name))

    # === ACTIONS === #

    def action_cancel(self) -> bool:
        """Take back what is left of free credit; what was used stays used. Credit with nothing left stays as it is.

        :raises UserError: for credit that was paid for.
        """
        self.check_access('write')
        if paid := self.filtered(lambda grant: grant.kind == 'paid')[:1]:
            raise UserError(self.env._("%s was paid for. Refund it instead.", paid.display_name))
        # sudo: the ledger is written by what happens only, nobody has the right to
        self.sudo()._close('cancel')
        return True

    def action_view_entries(self) -> dict:
        """Open the history of these credits."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_credit_entry_action')
        return {**action, 'domain': [('grant_id', 'in', self.ids)], 'context': {}}

    def action_view_invoice(self) -> dict:
        """Open the invoice by which the credit was sold."""
        self.ensure_one()
        return {'type': 'ir.actions.act_window', 'res_model': 'account.move', 'res_id': self.invoice_id.id,
                'view_mode': 'form', 'views': [(False, 'form')]}

    # === BUSINESS === #

    @api.model
    def _usable_domain(self, partners) -> Domain:
        """Return the credits that invoices of customers may use."""
        return Domain([
            ('commercial_partner_id', 'in', partners.commercial_partner_id.ids), ('state', '=', 'active'),
        ])

    def _to_rule(self) -> Grant:
        """Return the credit as the rules know it."""
        self.ensure_one()
        return Grant(
            self.id, self.kind, to_decimal(self.currency_id.round(self.balance)), self.currency_id.id, self.priority,
            self.expiry_date or None, self.date_granted, self.contract_id.id or None, self.product_id.id or None,
            self.meter_id.id or None,
        )

    def _close(self, kind: str, **vals):
        """Book what is left of these credits out, for good, and return the rows of the ledger."""
        left = self.filtered(lambda grant: grant.balance > 0)
        return self.env['service.credit.entry']._book([
            {'grant_id': grant.id, 'kind': kind, 'key': grant._closing_key(kind),
             'amount': to_decimal(grant.currency_id.round(grant.balance)), **vals}
            for grant in left
        ])

    def _closing_key(self, kind: str) -> str:
        """Return the key of an expiry, refund or cancellation; what came back later closes once more."""
        return f'{kind}:{self.id}:{len(self.entry_ids.filtered(lambda entry: entry.kind == kind))}'


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    credit_balance = fields.Monetary(
        "Prepaid credit", compute='_compute_credit_balance', groups='service_contracts.group_contract_user',
        help="What invoices of the contract may use.",
    )

    def _compute_credit_balance(self):
        grants = self.env['service.credit.grant'].search(
            self.env['service.credit.grant']._usable_domain(self.partner_id),
        ).grouped('commercial_partner_id')
        for contract in self:
            contract.credit_balance = sum(
                grant.balance for grant in grants.get(contract.partner_id.commercial_partner_id, ())
                if grant.company_id == contract.company_id and grant.currency_id == contract.currency_id
                and grant.contract_id in (contract._origin, grant.browse())
            )

    def action_view_credits(self) -> dict:
        """Open the prepaid credit of the customers of the contracts."""
        return self.partner_id.commercial_partner_id.action_view_service_credits()


class ResPartner(models.Model):
    _inherit = 'res.partner'

    service_credit_count = fields.Integer(
        "Prepaid credits", compute='_compute_service_credit_count', groups='service_contracts.group_contract_user',
    )

    def _compute_service_credit_count(self):
        counts = dict(self.env['service.credit.grant']._read_group(
            [('commercial_partner_id', 'in', self.commercial_partner_id.ids), ('state', 'in', ('active', 'waiting'))],
            ['commercial_partner_id'], ['__count'],
        ))
        for partner in self:
            partner.service_credit_count = counts.get(partner.commercial_partner_id, 0)

    def action_view_service_credits(self) -> dict:
        """Open the prepaid credit of the customers."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_credit_grant_action')
        return {
            **action, 'domain': [('commercial_partner_id', 'in', self.commercial_partner_id.ids)],
            'context': {'default_partner_id': self[:1].id},
        }

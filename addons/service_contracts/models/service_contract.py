"""Contracts: what a customer has agreed to receive and pay, from the first day to the last."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from ..rules.periods import Period
from .service_gate import SERVICE_GATE, has_passed_gate
from .service_terms_mixin import TERM_DEFAULTS, TERM_FIELDS

EDITABLE = {'store': True, 'readonly': False, 'precompute': True}
"""Of a computed field that people may change."""
FROM_PLAN = {'compute': '_compute_terms', 'default': None, **EDITABLE}


class ServiceContract(models.Model):
    _name = 'service.contract'
    _description = "Contract"
    _inherit = ['service.terms.mixin', 'portal.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True
    _rec_names_search = ['name', 'external_ref', 'partner_id.name']

    name = fields.Char(
        "Number", required=True, readonly=True, copy=False, index='trigram',
        default=lambda self: self.env._("New"),
    )
    external_ref = fields.Char(
        "External reference", copy=False,
        help="The key of the contract in another system, unique in the company.",
    )
    state = fields.Selection(
        [
            ('draft', "Draft"),
            ('active', "Active"),
            ('suspended', "Suspended"),
            ('ended', "Ended"),
            ('removed', "Removed"),
        ],
        "Status", default='draft', required=True, readonly=True, copy=False, index=True,
    )
    company_id = fields.Many2one(
        'res.company', required=True, index=True, default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, index=True, ondelete='restrict', check_company=True,
        tracking=True,
    )
    partner_invoice_id = fields.Many2one(
        'res.partner', "Invoice address", required=True, compute='_compute_partner_invoice_id', ondelete='restrict',
        check_company=True, index='btree_not_null', **EDITABLE,
    )
    plan_id = fields.Many2one(
        'service.plan', "Plan", index='btree_not_null', ondelete='restrict', check_company=True,
    )
    pricelist_id = fields.Many2one(
        'product.pricelist', compute='_compute_pricelist_id', ondelete='restrict', check_company=True,
        tracking=True, **EDITABLE,
    )
    currency_id = fields.Many2one(
        'res.currency', compute='_compute_currency_id', ondelete='restrict', **EDITABLE,
    )
    fiscal_position_id = fields.Many2one(
        'account.fiscal.position', compute='_compute_fiscal_position_id', ondelete='restrict',
        check_company=True, **EDITABLE,
    )
    payment_term_id = fields.Many2one(
        'account.payment.term', "Payment terms", compute='_compute_payment_term_id', ondelete='restrict',
        check_company=True, **EDITABLE,
    )
    journal_id = fields.Many2one(
        'account.journal', compute='_compute_journal_id', ondelete='restrict', check_company=True,
        domain="[('type', '=', 'sale')]", **EDITABLE,
    )
    preferred_payment_method_line_id = fields.Many2one(
        'account.payment.method.line', "Payment method", compute='_compute_preferred_payment_method_line_id',
        check_company=True, domain="[('payment_type', '=', 'inbound'), ('company_id', 'parent_of', company_id)]",
        **EDITABLE,
    )
    invoice_cash_rounding_id = fields.Many2one('account.cash.rounding', "Cash rounding", ondelete='restrict')
    user_id = fields.Many2one(
        'res.users', "Responsible", default=lambda self: self.env.user, index=True, check_company=True,
        tracking=True,
    )
    team_id = fields.Many2one(
        'crm.team', "Sales team", compute='_compute_team_id', check_company=True, **EDITABLE,
    )
    note = fields.Html("Internal notes", groups='base.group_user')

    date_start = fields.Date(
        "Start", required=True, copy=False, tracking=True,
        default=lambda self: self.env.company._service_today(),
    )
    date_end = fields.Date("End", copy=False, tracking=True, help="The last day of service. Empty: open end.")
    date_term_end = fields.Date(
        "Term until", readonly=True, copy=False, help="The last day of the running term.",
    )
    date_earliest_end = fields.Date(
        "Earliest end", compute='_compute_date_earliest_end',
        help="The last day of service if the customer gives notice today.",
    )
    minimum_count = fields.Integer(**FROM_PLAN)
    minimum_unit = fields.Selection(**FROM_PLAN)
    notice_count = fields.Integer(**FROM_PLAN)
    notice_unit = fields.Selection(**FROM_PLAN)
    renewal = fields.Selection(**FROM_PLAN)
    renewal_count = fields.Integer(**FROM_PLAN)
    renewal_unit = fields.Selection(**FROM_PLAN)

    line_ids = fields.One2many('service.contract.line', 'contract_id', "Services", copy=True)
    pause_ids = fields.One2many('service.contract.pause', 'contract_id', "Pauses")
    entry_ids = fields.One2many('service.billing.entry', 'contract_id', "Charges billed")
    sale_order_ids = fields.Many2many(
        'sale.order', compute='_compute_sale_order_ids', compute_sudo=True,
        help="Known to whoever reads the contract; to open one needs the right to read orders.",
    )
    sale_order_count = fields.Integer(compute='_compute_sale_order_ids', compute_sudo=True)
    invoice_count = fields.Integer(compute='_compute_billed_counts')
    entry_count = fields.Integer(compute='_compute_billed_counts')

    next_charge_date = fields.Date(
        "Next charge", compute='_compute_next_charge_date', store=True, index=True,
    )
    recurring_monthly = fields.Monetary(
        "Monthly", compute='_compute_recurring_monthly', store=True,
        help="Recurring amounts without tax, brought to one month.",
    )
    parked_reason = fields.Text(readonly=True, copy=False, groups='base.group_user')
    parked_on = fields.Datetime(readonly=True, copy=False, index='btree_not_null')
    parked_run_id = fields.Many2one(
        'service.billing.run', "Parked by run", readonly=True, copy=False, ondelete='set null',
        groups='base.group_user',
    )
    billed_run_id = fields.Many2one(
        'service.billing.run', "Last billed by run", readonly=True, copy=False, ondelete='set null',
        groups='base.group_user', help="A run bills a contract once; what falls due meanwhile is left to the next run.",
    )

    _external_ref_is_unique = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL",
        "Another contract of the company has this external reference.",
    )

    # === CONSTRAINTS === #

    @api.constrains('date_start', 'date_end')
    def _check_dates(self):
        for contract in self:
            if contract.date_end and contract.date_end < contract.date_start:
                raise ValidationError(self.env._(
                    "%(contract)s cannot end on %(end)s, before it starts on %(start)s. "
                    "Correct one of the dates.",
                    contract=contract.display_name, start=contract.date_start, end=contract.date_end,
                ))

    @api.constrains('journal_id')
    def _check_journal(self):
        for contract in self:
            if contract.journal_id and contract.journal_id.type != 'sale':
                raise ValidationError(self.env._(
                    "%(contract)s: the journal %(journal)s is not a sales journal. "
                    "Choose one of type “Sales”.",
                    contract=contract.display_name, journal=contract.journal_id.display_name,
                ))

    @api.constrains('currency_id', 'pricelist_id')
    def _check_currency(self):
        for contract in self:
            pricelist = contract.pricelist_id
            if pricelist and contract.currency_id != pricelist.currency_id:
                raise ValidationError(self.env._(
                    "%(contract)s is in %(currency)s but its pricelist %(pricelist)s is in %(expected)s. "
                    "Choose another pricelist or none.",
                    contract=contract.display_name, currency=contract.currency_id.name,
                    pricelist=pricelist.name, expected=pricelist.currency_id.name,
                ))

    # === COMPUTE === #

    @api.depends('partner_id')
    def _compute_partner_invoice_id(self):
        for contract in self:
            addresses = contract.partner_id.address_get(['invoice']) if contract.partner_id else {}
            contract.partner_invoice_id = addresses.get('invoice')

    @api.depends('partner_id', 'company_id')
    def _compute_pricelist_id(self):
        for contract in self.filtered(lambda contract: contract.state == 'draft'):
            partner = contract.partner_id.with_company(contract.company_id)
            contract.pricelist_id = partner.property_product_pricelist

    @api.depends('pricelist_id', 'company_id')
    def _compute_currency_id(self):
        for contract in self:
            currency = contract.pricelist_id.currency_id or contract.company_id.currency_id
            contract.currency_id = currency if contract.state == 'draft' else contract.currency_id or currency

    @api.depends('partner_id', 'company_id')
    def _compute_fiscal_position_id(self):
        FiscalPosition = self.env['account.fiscal.position']
        groups = self.grouped(lambda contract: (contract.company_id, contract.partner_id))
        for (company, partner), contracts in groups.items():
            position = partner and FiscalPosition.with_company(company)._get_fiscal_position(partner)
            contracts.fiscal_position_id = position or False

    @api.depends('partner_id', 'plan_id', 'company_id')
    def _compute_payment_term_id(self):
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            contract.payment_term_id = contract.plan_id.payment_term_id or partner.property_payment_term_id

    @api.depends('partner_id', 'company_id')
    def _compute_preferred_payment_method_line_id(self):
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            contract.preferred_payment_method_line_id = partner.property_inbound_payment_method_line_id

    @api.depends('company_id')
    def _compute_journal_id(self):
        Journal = self.env['account.journal']
        for company, contracts in self.grouped('company_id').items():
            domain = [*Journal._check_company_domain(company), ('type', '=', 'sale')]
            contracts.journal_id = company and Journal.search(domain, limit=1)

    @api.depends('user_id', 'company_id')
    def _compute_team_id(self):
        Team = self.env['crm.team']
        groups = self.grouped(lambda contract: (contract.user_id, contract.company_id))
        for (user, company), contracts in groups.items():
            domain = Team._check_company_domain(company)
            contracts.team_id = Team._get_default_team_id(user_id=user.id, domain=domain) if user else False

    @api.depends('plan_id')
    def _compute_terms(self):
        for contract in self.filtered(lambda contract: contract.state == 'draft'):
            for name in TERM_FIELDS:
                own = contract[name] or TERM_DEFAULTS.get(name)
                contract[name] = contract.plan_id[name] if contract.plan_id else own

    @api.depends('date_start', 'date_end', 'state', *TERM_FIELDS)
    def _compute_date_earliest_end(self):
        for contract in self:
            contract.date_earliest_end = contract._earliest_end()

    @api.depends('line_ids.next_charge_date')
    def _compute_next_charge_date(self):
        for contract in self:
            dates = [line.next_charge_date for line in contract.line_ids if line.next_charge_date]
            contract.next_charge_date = min(dates, default=False)

    @api.depends('line_ids.recurring_monthly')
    def _compute_recurring_monthly(self):
        for contract in self:
            contract.recurring_monthly = sum(contract.line_ids.mapped('recurring_monthly'))

    @api.depends('line_ids.sale_line_id')
    def _compute_sale_order_ids(self):
        for contract in self:
            contract.sale_order_ids = contract.line_ids.sale_line_id.order_id
            contract.sale_order_count = len(contract.sale_order_ids)

    @api.depends('entry_ids.move_id', 'entry_ids.state')
    def _compute_billed_counts(self):
        counts = {contract: rest for contract, *rest in self.env['service.billing.entry']._read_group(
            [('contract_id', 'in', self.ids)], ['contract_id'], ['__count', 'move_id:count_distinct'],
        )}
        for contract in self:
            contract.entry_count, contract.invoice_count = counts.get(contract._origin, (0, 0))

    def _compute_access_url(self):
        super()._compute_access_url()
        for contract in self:
            contract.access_url = f'/my/contracts/{contract.id}'

    # === ONCHANGE === #

    @api.onchange('plan_id')
    def _onchange_plan_id(self):
        """Fill a draft from its plan; what a plan gave to a contract never saved is replaced."""
        if self.state != 'draft' or not self.plan_id:
            return
        if not self._origin:
            self.line_ids -= self.line_ids.filtered('plan_line_id')
        self.line_ids = [Command.create(vals) for vals in self._missing_plan_line_vals()]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_input(vals)
            if vals.get('state', 'draft') != 'draft':
                raise UserError(self.env._("A contract begins as a draft. Create it, then activate it."))
            vals['state'] = 'draft'  # also against a default in the context
            if not vals.get('name'):
                company = self.env['res.company'].browse(vals.get('company_id') or self.env.company.id)
                sequence = self.env['ir.sequence'].with_company(company)
                vals['name'] = sequence.next_by_code('service.contract') or self.env._("New")
        return super().create(vals_list)

    def write(self, vals):
        if has_passed_gate(self.env):
            return super().write(vals)
        self.check_access('write')
        self._check_write(vals)
        following = self._lines_following_start() if 'date_start' in vals else {}
        result = super().write(vals)
        for contract, lines in following.items():
            lines.with_context(service_gate=SERVICE_GATE).write({'date_start': contract.date_start})
        if {'date_start', *TERM_FIELDS} & vals.keys():
            self.filtered(lambda contract: contract.state in ('active', 'suspended'))._follow_term()
        return result

    def _check_write(self, vals: dict) -> None:
        """Refuse what only the buttons may change, and what would rewrite billed history."""
        self._check_input(vals)
        if 'state' in vals:
            raise UserError(self.env._(
                "The status of a contract changes by its buttons only, so that it is logged.",
            ))
        running = self.filtered(lambda contract: contract.state != 'draft')
        if 'date_end' in vals:
            running._check_end_unchanged(fields.Date.to_date(vals['date_end']) or False)
        if running and set(TERM_FIELDS) & vals.keys() and not self._may_waive_terms():
            raise AccessError(self.env._(
                "%(contract)s is running: only a contract manager changes its terms.",
                contract=running[0].display_name,
            ))
        if {'date_start', 'company_id'} & vals.keys() and (billed := running._billed()):
            raise UserError(self.env._(
                "%(contract)s has billed charges, so its start and its company stay. "
                "End it and open a new contract.",
                contract=billed[0].display_name,
            ))

    def _check_end_unchanged(self, date_end) -> None:
        for contract in self:
            if contract.date_end != date_end:
                raise UserError(self.env._(
                    "%(contract)s is running: use “End” to set its last day, so that the notice period is kept.",
                    contract=contract.display_name,
                ))

    def _lines_following_start(self) -> dict:
        """Return by running contract the lines that start with it, so that they move along."""
        return {
            contract: contract.line_ids.filtered(
                lambda line, start=contract.date_start: line.date_start == start,
            )
            for contract in self if contract.state != 'draft'
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        for contract in self:
            if contract.state != 'draft':
                raise UserError(self.env._(
                    "%(contract)s is not a draft and stays for the records. Use “Remove” instead.",
                    contract=contract.display_name,
                ))

    # === ACTIONS === #

    def action_load_plan(self) -> bool:
        """Add the services of the plan that draft contracts do not have yet. Calling it twice adds nothing.

        :raises UserError: if a contract is no draft or has no plan.
        """
        self.check_access('write')
        for contract in self:
            if contract.state != 'draft' or not contract.plan_id:
                raise UserError(self.env._(
                    "%(contract)s must be a draft with a plan to take over the plan's services.",
                    contract=contract.display_name,
                ))
            contract.line_ids = [Command.create(vals) for vals in contract._missing_plan_line_vals()]
        return True

    def action_unpark(self) -> bool:
        """Let the next billing run try parked contracts again."""
        self.check_access('write')
        self.filtered('parked_on').write({'parked_reason': False, 'parked_on': False, 'parked_run_id': False})
        return True

    def action_view_invoices(self) -> dict:
        """Open the invoices of the contracts."""
        action = self.env['ir.actions.act_window']._for_xml_id('account.action_move_out_invoice_type')
        moves = self.entry_ids.move_id
        if len(moves) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': moves.id}
        domain = [('service_entry_ids.contract_id', 'in', self.ids)]
        return {**action, 'domain': domain, 'context': {'create': False, 'default_move_type': 'out_invoice'}}

    def action_view_entries(self) -> dict:
        """Open the charges billed under the contracts."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_billing_entry_action')
        return {**action, 'domain': [('contract_id', 'in', self.ids)], 'context': {}}

    def action_view_sale_orders(self) -> dict:
        """Open the orders the contracts come from."""
        action = self.env['ir.actions.act_window']._for_xml_id('sale.action_orders')
        orders = self.sale_order_ids
        if len(orders) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': orders.id}
        return {**action, 'domain': [('id', 'in', orders.ids)], 'context': {'create': False}}

    # === BUSINESS === #

    def _missing_plan_line_vals(self) -> list[dict]:
        known = self.line_ids.plan_line_id._origin.ids
        return [vals for vals in self.plan_id._prepare_contract_line_vals() if vals['plan_line_id'] not in known]

    def _billed(self):
        """Return the contracts of these that have live charges."""
        billed = self.env['service.billing.entry']._read_group(
            [('contract_id', 'in', self.ids), ('state', '!=', 'void')], ['contract_id'],
        )
        return self.browse(contract.id for contract, in billed)

    def _pause_periods(self) -> tuple[Period, ...]:
        """Return the days without service, planned ones too."""
        return tuple(filter(None, (pause._period() for pause in self.pause_ids)))

    def _park(self, reason: str, run) -> None:
        """Take contracts that cannot be billed out of billing until somebody looks at them."""
        self.write({'parked_reason': reason, 'parked_on': fields.Datetime.now(), 'parked_run_id': run.id})
        self._log_note(self.env._("Not billed: %s", reason))

    def _log_note(self, text: str) -> None:
        self._message_log_batch({contract.id: text for contract in self})

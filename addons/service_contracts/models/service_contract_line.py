"""One service under a contract: how much, at what price, how often, and what of it is billed already."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..rules.billing import next_due
from ..rules.errors import RuleError
from ..rules.metrics import monthly_amount
from ..rules.money import to_decimal
from ..rules.periods import Interval
from .service_gate import has_passed_gate
from .service_price_mixin import AMOUNTS
from .service_recurrence_mixin import RECURRENCE_FIELDS

ONE_DAY = timedelta(days=1)
EDITABLE = {'store': True, 'readonly': False, 'precompute': True}
"""Of a computed field that people may change."""
FROM_PLAN = {'compute': '_compute_recurrence', 'default': None, **EDITABLE}
GRID_FIELDS = set(RECURRENCE_FIELDS) - {'proration', 'lead_days'}
BILLED_FIELDS = {'contract_id', 'kind', 'meter_id', 'plan_id', 'date_start'} | GRID_FIELDS
"""What makes the grid of periods: it stays as soon as one of them is billed."""


class ServiceContractLine(models.Model):
    _name = 'service.contract.line'
    _description = "Service of a Contract"
    _inherit = [
        'service.contract.part.mixin', 'service.item.mixin', 'service.recurrence.mixin', 'analytic.mixin',
    ]
    _order = 'contract_id, sequence, id'
    _check_company_auto = True

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='contract_id.currency_id', store=True, precompute=True)
    contract_state = fields.Selection(related='contract_id.state', string="Contract status")
    plan_id = fields.Many2one(
        'service.plan', "Plan", ondelete='restrict', index='btree_not_null', check_company=True,
    )
    plan_line_id = fields.Many2one(
        'service.plan.line', "Plan line", ondelete='set null', index='btree_not_null',
    )
    sale_line_id = fields.Many2one(
        'sale.order.line', "Order line", ondelete='set null', copy=False, readonly=True,
    )

    date_start = fields.Date(
        "From", compute='_compute_date_start', copy=False,
        help="The first day of this service. Empty in a draft: the start of the contract.", **EDITABLE,
    )
    agreed_on = fields.Date(
        "Agreed on", compute='_compute_agreed_on', store=True, precompute=True, copy=False,
        help="The day on which the contract began to run, or got this service. Nothing is billed ahead of it.",
    )
    date_end = fields.Date(
        "To", copy=False, help="The last day of this service. Empty: the end of the contract.",
    )
    interval_count = fields.Integer(**FROM_PLAN)
    interval_unit = fields.Selection(**FROM_PLAN)
    timing = fields.Selection(**FROM_PLAN)
    anchor = fields.Selection(**FROM_PLAN)
    anchor_day = fields.Integer(**FROM_PLAN)
    anchor_month = fields.Selection(**FROM_PLAN)
    anchor_weekday = fields.Selection(**FROM_PLAN)
    proration = fields.Selection(**FROM_PLAN)
    lead_days = fields.Integer(**FROM_PLAN)
    billing_label = fields.Char("How often", compute='_compute_billing_label')

    price_unit = fields.Float(compute='_compute_price_unit', **EDITABLE)
    given_price_unit = fields.Float(
        compute='_compute_price_unit', copy=False,
        help="What pricelist or plan gave. A unit price that differs was agreed with the customer and is kept.",
        **EDITABLE,
    )
    tax_ids = fields.Many2many(
        'account.tax', string="Taxes", ondelete='restrict', compute='_compute_tax_ids', check_company=True,
        context={'active_test': False}, domain="[('type_tax_use', '=', 'sale')]", **EDITABLE,
    )
    tier_ids = fields.One2many('service.price.tier', 'contract_line_id', "Tiers", copy=True)
    price_subtotal = fields.Monetary("Amount", compute='_compute_amounts', store=True, precompute=True)
    price_total = fields.Monetary("Amount with tax", compute='_compute_amounts', store=True, precompute=True)
    recurring_monthly = fields.Monetary("Monthly", compute='_compute_recurring_monthly', store=True)

    entry_ids = fields.One2many('service.billing.entry', 'contract_line_id', "Charges billed")
    next_period_start = fields.Date("Next period", compute='_compute_next_charge', store=True)
    next_charge_date = fields.Date("Next charge", compute='_compute_next_charge', store=True, index=True)
    late_usage_on = fields.Date(
        "Late usage since", readonly=True, copy=False,
        help="The day on which usage of a billed period came in that is not settled yet.",
    )
    usage_stamp = fields.Datetime(
        "Last usage of a period that is over", readonly=True, copy=False,
        help="Makes a billing run that reads at the same moment try again.",
    )

    _sale_line_is_unique = models.UniqueIndex(
        "(sale_line_id) WHERE sale_line_id IS NOT NULL",
        "This order line has its contract already.",
    )

    # === CONSTRAINTS === #

    @api.constrains('date_start', 'date_end', 'contract_id')
    def _check_dates(self):
        for line in self:
            start = line._service_start()
            if line.date_end and start and line.date_end < start:
                raise ValidationError(self.env._(
                    "%(line)s cannot end on %(end)s, before it starts on %(start)s. "
                    "Correct one of the dates.",
                    line=line.display_name, start=start, end=line.date_end,
                ))
            if line.date_start and line.date_start < line.contract_id.date_start:
                raise ValidationError(self.env._(
                    "%(line)s cannot start on %(start)s, before its contract on %(contract)s. "
                    "Correct one of the dates.",
                    line=line.display_name, start=line.date_start, contract=line.contract_id.date_start,
                ))

    # === COMPUTE === #

    @api.depends('contract_id.name', 'name', 'product_id')
    @api.depends_context('within_contract')
    def _compute_display_name(self):
        """Name contract and service; on the form of the contract the service alone."""
        for line in self:
            number = not self.env.context.get('within_contract') and line.contract_id.name
            line.display_name = f'{number}: {line._service_name()}' if number else line._service_name()

    @api.depends('kind', 'interval_count', 'interval_unit')
    @api.depends_context('lang')
    def _compute_billing_label(self):
        for line in self:
            line.billing_label = line._recurrence_text() if line.kind != 'one_time' else self.env._("once")

    @api.depends('contract_id')
    def _compute_date_start(self):
        for line in self:
            if not line.date_start and line.contract_id.state not in (False, 'draft'):
                line.date_start = max(line.company_id._service_today(), line.contract_id.date_start)

    @api.depends('contract_id', 'contract_id.state')
    def _compute_agreed_on(self):
        for line in self:
            if not line.agreed_on and line.contract_id.state not in (False, 'draft'):
                line.agreed_on = line.company_id._service_today()

    @api.depends('plan_id')
    def _compute_recurrence(self):
        defaults = self.env['service.plan'].default_get(RECURRENCE_FIELDS)
        running = self._origin.filtered(lambda line: line.contract_id.state not in (False, 'draft'))._billed()
        for line in self:
            if line._origin in running:  # its periods stay, whatever the contract changes to
                line.update({name: line[name] for name in RECURRENCE_FIELDS})
                continue
            for name in RECURRENCE_FIELDS:
                line[name] = line.plan_id[name] if line.plan_id else line[name] or defaults[name]

    @api.depends('product_id', 'product_uom_id', 'quantity', 'plan_line_id', 'contract_id.pricelist_id',
                 'contract_id.fiscal_position_id', 'currency_id')
    def _compute_price_unit(self):
        for line in self:
            if line._origin and line.contract_id.state not in (False, 'draft'):
                line.price_unit, line.given_price_unit = line.price_unit, line.given_price_unit
                continue
            given = line._given_price()
            if line.price_unit == line.given_price_unit:  # else it was agreed with the customer
                line.price_unit = given
            line.given_price_unit = given

    @api.depends('product_id', 'company_id', 'contract_id.fiscal_position_id')
    def _compute_tax_ids(self):
        mapped = {}
        for line in self:
            taxes = line.product_id.taxes_id._filter_taxes_by_company(line.company_id)
            key = line.contract_id.fiscal_position_id, taxes
            if key not in mapped:
                mapped[key] = key[0].map_tax(taxes)
            line.tax_ids = mapped[key]

    @api.depends('product_id', 'partner_id')
    def _compute_analytic_distribution(self):
        if self.env.context.get('service_without_analytics'):
            self.analytic_distribution = False  # of a contract that only tells prices and is taken back
            return
        Model = self.env['account.analytic.distribution.model']
        for line in self:
            line.analytic_distribution = Model._get_distribution({
                'product_id': line.product_id.id,
                'product_categ_id': line.product_id.categ_id.id,
                'partner_id': line.partner_id.id,
                'partner_category_id': line.partner_id.category_id.ids,
                'company_id': line.company_id.id,
            }) or line.analytic_distribution

    @api.depends('quantity', 'price_unit', 'discount', 'tax_ids', 'currency_id', 'kind', 'price_model', 'flat_at_zero',
                 'free_events', 'tier_ids.up_to', 'tier_ids.price_unit', 'tier_ids.flat_fee', *AMOUNTS)
    def _compute_amounts(self):
        """Work out a whole period; of a service billed by usage, what it costs without any use."""
        AccountTax = self.env['account.tax']
        for line in self:
            rated = line._is_rated() and {'quantity': 1.0, 'price_unit': float(line._fixed_amount()), 'discount': 0.0}
            base_line = line._prepare_base_line(**rated or {})
            AccountTax._add_tax_details_in_base_line(base_line, line.company_id)
            AccountTax._round_base_lines_tax_details([base_line], line.company_id)
            line.price_subtotal = base_line['tax_details']['total_excluded_currency']
            line.price_total = base_line['tax_details']['total_included_currency']

    @api.depends('price_subtotal', 'kind', 'interval_count', 'interval_unit', 'date_end', 'contract_state')
    def _compute_recurring_monthly(self):
        for line in self:
            over = line.date_end and line.date_end < line.company_id._service_today()
            if over or line.kind != 'recurring' or line.contract_state in ('ended', 'removed'):
                line.recurring_monthly = 0.0
                continue
            interval = Interval(max(line.interval_count, 1), line.interval_unit)
            line.recurring_monthly = float(monthly_amount(to_decimal(line.price_subtotal), interval))

    @api.depends(
        'kind', 'date_start', 'date_end', 'agreed_on', *RECURRENCE_FIELDS,
        'contract_id.state', 'contract_id.date_start', 'contract_id.date_end',
        'contract_id.pause_ids.date_start', 'contract_id.pause_ids.date_end',
        'entry_ids.state', 'entry_ids.kind', 'entry_ids.period_start', 'entry_ids.period_end',
        'late_usage_on', 'pending_on',
    )
    def _compute_next_charge(self):
        """Derive the pointers from the ledger; they only save time and are never the truth."""
        billable = self.filtered(lambda line: line._is_billable())
        (self - billable).update({'next_period_start': False, 'next_charge_date': False})
        terms_by_line = billable._billing_terms_by_line(pointer=False)
        for line in billable:
            start, charge_date = next_due(terms_by_line[line.id])
            if line.late_usage_on and (line.meter_id.late_policy == 'credit' or not charge_date):
                charge_date = min(filter(None, (charge_date, line.late_usage_on)))
            charge_date = min(filter(None, (charge_date, line.pending_on)), default=False)
            line.next_period_start, line.next_charge_date = start or False, charge_date

    # === CRUD === #

    def write(self, vals):
        if not has_passed_gate(self.env) and BILLED_FIELDS & vals.keys():
            self._check_input(vals)
            self._check_unbilled(vals)
        return super().write(vals)

    def _check_unbilled(self, vals: dict) -> None:
        """Refuse to change the periods of services that are billed already."""
        for line in self._billed():
            if changed := [name for name in BILLED_FIELDS & vals.keys() if line._changes(name, vals[name])]:
                raise UserError(self.env._(
                    "%(line)s has billed charges, so its %(fields)s cannot change. "
                    "End the service and add a new one.",
                    line=line.display_name,
                    fields=', '.join(self._fields[name]._description_string(self.env) for name in sorted(changed)),
                ))

    def _changes(self, name: str, value) -> bool:
        field = self._fields[name]
        return field.convert_to_record(field.convert_to_cache(value, self), self) != self[name]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        billed = self.env['service.billing.entry'].search_fetch(
            [('contract_line_id', 'in', self.ids)], ['contract_line_id'], limit=1,
        )
        if billed:
            raise UserError(self.env._(
                "%(line)s has billed charges and stays for the records. Set its last day instead.",
                line=billed.contract_line_id.display_name,
            ))

    def copy_data(self, default=None):
        """Leave out the recurrence of one's plan: the copy takes the plan as it is by then."""
        vals_list = super().copy_data(default)
        for vals in vals_list:
            if vals.get('plan_id'):
                for name in RECURRENCE_FIELDS:
                    vals.pop(name, None)
        return vals_list

    # === BUSINESS === #

    def _service_name(self) -> str:
        """Return the service in a few words, also while the line is being typed."""
        self.ensure_one()
        product = self.product_id.with_context(display_default_code=False)
        return product.display_name or (self.name or '').split('\n', 1)[0] or self.env._("Service")

    def _check_billable(self) -> None:
        """Refuse to bill with a tax that is no longer used. Extend it to refuse more.

        An archived product goes on being billed: it is sold to nobody new, but its customers have it.
        """
        for tax in self.tax_ids:
            if not tax.active:
                raise UserError(self.env._(
                    "%(line)s has the archived tax %(tax)s. Choose the tax that took its place.",
                    line=self.display_name, tax=tax.name,
                ))

    def _service_start(self) -> date | bool:
        self.ensure_one()
        return self.date_start or self.contract_id.date_start

    def _billing_start(self) -> date | bool:
        """Return the first day that is charged, from which the periods count. Extend it for days that are free."""
        return self._service_start()

    def _lead_from(self) -> date | bool:
        """Return the first day on which a period to come may be billed. Extend it for days that are free."""
        start = self._service_start()
        return min(start, self.agreed_on or start) if start else start

    def _is_billable(self) -> bool:
        """Tell whether the state of the contract lets this service be charged."""
        self.ensure_one()
        return self.contract_id.state in ('active', 'ended')

    def _product_description(self) -> str:
        return self.product_id.with_context(
            lang=self.contract_id.partner_id.lang,
        ).get_product_multiline_description_sale()

    def _billed(self):
        """Return the lines of these that have live charges."""
        billed = self.env['service.billing.entry']._read_group(
            [('contract_line_id', 'in', self.ids), ('state', '!=', 'void')], ['contract_line_id'],
        )
        return self.browse(line.id for line, in billed)

    def _missing_for_activation(self) -> list[str]:
        """Return what keeps the line from being billed, each with its remedy."""
        self.ensure_one()
        env = self.env
        if not self.product_id:
            return [env._("“%s” has no product. Choose one.", self.name)]
        if not self.product_id.active:
            return [env._("%s is archived. Restore it or choose another.", self.product_id.display_name)]
        try:
            self._terms_base(pointer=False)
            if self._is_rated():
                self._price_model()
        except RuleError as error:
            return [env._("%(service)s: %(problem)s", service=self.product_id.display_name, problem=str(error))]
        return []

    # === BUSINESS: price === #

    def _given_price(self) -> float:
        """Return the price of plan or pricelist for one unit, in the contract's currency and its taxes."""
        self.ensure_one()
        if self.plan_line_id.price_source == 'fixed':
            return self.plan_line_id.price_unit
        if not self.product_id:
            return 0.0
        line = self.with_company(self.company_id)
        price = line.contract_id.pricelist_id._get_product_price(
            line.product_id, line.quantity or 1.0, currency=line.currency_id, uom=line.product_uom_id,
            date=fields.Datetime.to_datetime(line._service_start() or None) or fields.Datetime.now(),
        )
        return line.product_id._get_tax_included_unit_price_from_price(
            price, line.product_id.taxes_id._filter_taxes_by_company(line.company_id),
            fiscal_position=line.contract_id.fiscal_position_id,
        )

    def _prepare_base_line(self, **values) -> dict:
        """Return the line for core's tax engine; `values` replace its own."""
        self.ensure_one()
        return self.env['account.tax']._prepare_base_line_for_taxes_computation(self, **{
            'partner_id': self.partner_id,
            'currency_id': self.currency_id or self.company_id.currency_id,
            'rate': 1.0,
            **values,
        })

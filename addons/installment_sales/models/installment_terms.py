"""Terms: the ways in which a company sells in installments."""

from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import round_money, to_decimal
from odoo.addons.service_contracts.rules.periods import Interval
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..rules.amortization import MOST_PAYMENTS, Financing, period_rate, split
from ..rules.apr import periods_a_year
from ..rules.offer import Offer, due_dates, offer, offer_eu_apr, offer_us_apr

WITHOUT_RATE = ('none', 'custom')


class InstallmentTerms(models.Model):
    _name = 'installment.terms'
    _description = "Installment Terms"
    _inherit = ['service.input.mixin', 'installment.deposit.mixin']
    _order = 'sequence, name, id'
    _check_company_auto = True
    _rec_names_search = ['name', 'code']

    name = fields.Char(required=True, translate=True)
    code = fields.Char("Reference", copy=False)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one('res.company', index=True, help="Empty: every company may offer the terms.")
    currency_id = fields.Many2one(
        'res.currency', required=True, default=lambda self: self.env.company.currency_id,
        help="The terms are offered for sales in this currency.",
    )

    # What is split, and how
    method = fields.Selection(
        [
            ('none', "No interest"),
            ('annuity', "Annuity: equal installments"),
            ('equal_principal', "Equal principal: falling installments"),
            ('flat', "Flat: interest on the whole price for the whole time"),
            ('balloon', "Annuity with balloon"),
            ('interest_only', "Interest only, price at the end"),
            ('fixed_payment', "Fixed installment, number follows"),
            ('custom', "Own dates and amounts"),
        ],
        required=True, default='none',
    )
    interest_rate = fields.Float("Yearly rate", digits=(16, 6), help="In percent a year, as the agreement states it.")
    rate_kind = fields.Selection(
        [('nominal', "Nominal"), ('effective', "Effective")], "Kind of rate", required=True, default='nominal',
        help="A nominal rate is divided by the periods of a year, an effective one taken apart by compound interest.",
    )
    count = fields.Integer("Installments", required=True, default=12)
    interval_count = fields.Integer("Every", required=True, default=1)
    interval_unit = fields.Selection(
        [('week', "Weeks"), ('month', "Months"), ('quarter', "Quarters"), ('half_year', "Half-years"),
         ('year', "Years")],
        "Unit", required=True, default='month',
    )
    first_due = fields.Selection(
        [('interval', "After one period"), ('days', "After some days"), ('day_of_month', "On a day of the month")],
        "First installment", required=True, default='interval',
    )
    first_due_days = fields.Integer("Days until the first", help="At least so many days after the sale; 0: with it.")
    due_day = fields.Integer("Day of the month", default=1, help="31: the last day of every month.")
    payment_amount = fields.Monetary("Installment", help="The fixed installment; the last one pays the rest.")
    balloon_percent = fields.Float("Balloon", help="The share of the financed amount that the last installment adds.")
    grace_count = fields.Integer("Interest only for", help="So many first installments pay interest only.")
    spread = fields.Selection(
        [('linear', "Evenly"), ('rule_of_78', "By the rule of 78")], "Interest falls", required=True, default='linear',
        help="The rule of 78 puts more interest into the first installments; not lawful everywhere.",
    )
    rounding = fields.Selection(
        [('half_up', "Half up"), ('down', "Down"), ('up', "Up")], required=True, default='half_up',
        help="How installments and interest are rounded. The last installment takes what is left.",
    )
    row_ids = fields.One2many('installment.terms.row', 'terms_id', "Own dates and amounts", copy=True)

    # How it is invoiced
    invoicing = fields.Selection(
        [('single', "One invoice with all due dates"), ('each', "An invoice for each installment")],
        "Invoices", required=True, default='single',
        help="One invoice has a receivable for every due date. Services that are rendered, or taxed, piece by piece "
             "can be invoiced with every installment instead.",
    )
    invoice_days = fields.Integer("Days before", help="Invoice so many days before the installment falls due.")

    # What it costs beside the interest
    fee_fixed = fields.Monetary("Fee")
    fee_percent = fields.Float("Fee in percent", help="Of the financed amount, on top of the fixed fee.")
    fee_timing = fields.Selection(
        [('start', "At once"), ('spread', "With the installments")], "Fee is paid", required=True, default='start',
    )
    row_fee = fields.Monetary("Fee per installment", help="Insurance or account keeping, with every installment.")
    earning = fields.Selection(
        [('linear', "With the time"), ('interest', "With the interest")], "Fees are earned", required=True,
        default='linear', help="What is not earned yet is given back when the customer pays off early.",
    )

    # Who grants the credit
    financing_provider_id = fields.Many2one(
        'installment.financing.provider', "Financed by", ondelete='restrict', index='btree_not_null',
        help="Empty: the company gives the credit. Else the provider pays the company, and the customer owes it.",
    )

    # Who may have it
    amount_min = fields.Monetary("From", help="The smallest financed amount.")
    amount_max = fields.Monetary("To", help="The largest financed amount; 0: no limit.")
    partner_category_ids = fields.Many2many(
        'res.partner.category', string="For customers tagged", help="Empty: for every customer.",
    )

    # What happens on the way
    day_count = fields.Selection(
        [('period', "Days of the period"), ('actual_365', "Actual/365"), ('actual_360', "Actual/360"),
         ('30_360', "30/360")],
        "Day count", required=True, default='period', help="How interest of a running period is counted at payoff.",
    )
    compensation_percent = fields.Float(
        "Compensation", help="Of what is repaid a year or more early, in percent. European law: at most 1 %.",
    )
    compensation_short_percent = fields.Float(
        "Compensation under a year", help="Of what is repaid less than a year early. European law: at most 0.5 %.",
    )
    late_fee = fields.Monetary(help="Stated in the agreement; once for each late installment.")
    late_interest = fields.Float("Late interest", help="In percent a year, stated in the agreement.")
    late_charging = fields.Selection(
        [('stated', "By a reminder or by hand"), ('automatic', "By itself")], "Late charges are made", required=True,
        default='stated', help="By itself: fee and interest are invoiced every day what has come up. Else the action "
        "Charge late fee and interest does it, such as a step of a reminder policy.",
    )
    late_grace_days = fields.Integer(
        "Days of grace", help="Who pays within so many days after the due date is not late.",
    )
    late_base = fields.Selection(
        [('principal', "The open principal"), ('all', "Everything that is open")], "Late interest on", required=True,
        default='principal', help="Many laws forbid interest on interest and fees.",
    )
    late_day_count = fields.Selection(
        [('actual_365', "Actual/365"), ('actual_actual', "Actual/actual"), ('actual_360', "Actual/360")],
        "Days of late interest", required=True, default='actual_365',
    )
    cancel_policy = fields.Selection(
        [('all', "Everything is paid back"), ('keep_deposit', "The down payment stays"),
         ('keep_percent', "A share of what was paid stays")],
        "On cancellation", required=True, default='all',
    )
    cancel_percent = fields.Float("Share that stays")
    auto_charge = fields.Boolean(
        "Charge the stored card",
        help="A card or account stored with the first payment pays every installment on its day.",
    )
    consequences = fields.Html("If the customer does not pay", translate=True)
    legal_text = fields.Html(translate=True)

    plan_ids = fields.One2many('installment.plan', 'terms_id', "Plans")
    plan_count = fields.Integer(compute='_compute_plan_count')

    _count_in_range = models.Constraint(
        f'CHECK (count BETWEEN 1 AND {MOST_PAYMENTS} AND interval_count BETWEEN 1 AND 100)',
        f"Terms have 1 to {MOST_PAYMENTS} installments, 1 to 100 units apart.",
    )
    _rates_in_range = models.Constraint(
        'CHECK (interest_rate BETWEEN 0 AND 1000 AND late_interest BETWEEN 0 AND 1000'
        ' AND fee_percent BETWEEN 0 AND 100 AND compensation_percent BETWEEN 0 AND 100'
        ' AND compensation_short_percent BETWEEN 0 AND 100 AND cancel_percent BETWEEN 0 AND 100'
        ' AND balloon_percent >= 0 AND balloon_percent < 100)',
        "Yearly rates lie between 0 and 1000 percent, shares between 0 and 100, a balloon below 100.",
    )
    _amounts_positive = models.Constraint(
        'CHECK (fee_fixed >= 0 AND row_fee >= 0 AND payment_amount >= 0 AND amount_min >= 0 AND amount_max >= 0'
        ' AND late_fee >= 0)',
        "Amounts of installment terms cannot be negative.",
    )
    _days_in_range = models.Constraint(
        'CHECK (due_day BETWEEN 1 AND 31 AND first_due_days BETWEEN 0 AND 3660 AND grace_count >= 0'
        ' AND invoice_days BETWEEN 0 AND 365 AND late_grace_days BETWEEN 0 AND 365)',
        "A day of the month lies between 1 and 31; the first installment falls due within ten years.",
    )
    _code_is_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0)) WHERE code IS NOT NULL",
        "Other terms have this reference. References are unique within a company.",
    )

    # === COMPUTE === #

    @api.depends('plan_ids')
    def _compute_plan_count(self):
        counts = dict(self.env['installment.plan']._read_group(
            [('terms_id', 'in', self.ids)], ['terms_id'], ['__count'],
        ))
        for terms in self:
            terms.plan_count = counts.get(terms._origin, 0)

    # === CHECKS === #

    @api.constrains('method', 'payment_amount', 'row_ids', 'grace_count', 'count')
    def _check_method_complete(self):
        for terms in self:
            if terms.method == 'fixed_payment' and not terms.payment_amount:
                raise ValidationError(self.env._("%s: enter the fixed installment.", terms.display_name))
            if terms.grace_count and terms.grace_count >= terms.count:
                raise ValidationError(self.env._(
                    "%s: at least one installment has to pay back the price.", terms.display_name,
                ))

    # === ACTIONS === #

    def action_view_plans(self) -> dict:
        """Open the plans agreed on these terms."""
        action = self.env['ir.actions.act_window']._for_xml_id('installment_sales.installment_plan_action')
        return {**action, 'domain': [('terms_id', 'in', self.ids)]}

    # === BUSINESS === #

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for terms, vals in zip(self, vals_list, strict=True):
            vals['name'] = self.env._("%s (copy)", terms.name)
        return vals_list

    @api.model
    def _fitting_domain(self, company, currency, partner) -> Domain:
        """Return which terms a customer may be offered, whatever the amount."""
        tags = partner.category_id | partner.commercial_partner_id.category_id
        return (
            Domain('company_id', 'in', [False, company.id])
            & Domain('currency_id', '=', currency.id)
            & (Domain('financing_provider_id', '=', False)
               | Domain('financing_provider_id.company_id', '=', company.id))
            & (Domain('partner_category_ids', '=', False) | Domain('partner_category_ids', 'in', tags.ids))
        )

    def _fits_amount(self, financed: Decimal) -> bool:
        self.ensure_one()
        limit = to_decimal(self.amount_max)
        return to_decimal(self.amount_min) <= financed and (not limit or financed <= limit)

    def _offer(self, price: Decimal, deposit: Decimal, start: date, rows=None) -> Offer:
        """Return the dated installments of a price on these terms.

        :param deposit: what is paid at once.
        :param rows: own dates and amounts of one sale, instead of those of the terms.
        :raises RuleError: if the price cannot be split this way.
        """
        self.ensure_one()
        digits = self.currency_id.decimal_places
        financed = price - deposit
        fee = round_money(to_decimal(self.fee_fixed) + financed * to_decimal(self.fee_percent) / 100, digits)
        financing = self._financing(financed, rows or self.row_ids)
        dates = self._due_dates(start, len(split(financing)), rows or self.row_ids)
        return offer(
            price, deposit, start, financing, dates,
            fee_at_start=fee if self.fee_timing == 'start' else Decimal(0),
            spread_fee=fee if self.fee_timing == 'spread' else Decimal(0),
            row_fee=to_decimal(self.row_fee), earning=self.earning, interval=self._interval(),
        )

    def _financing(self, financed: Decimal, rows) -> Financing:
        digits = self.currency_id.decimal_places
        rate = Decimal(0)
        if self.method not in WITHOUT_RATE:
            yearly = to_decimal(self.interest_rate) / 100
            rate = period_rate(yearly, self.rate_kind, periods_a_year(self._interval()))
        return Financing(
            financed, self.method, self.count, rate, digits, self.rounding, self.spread,
            payment=to_decimal(self.payment_amount),
            balloon=round_money(financed * to_decimal(self.balloon_percent) / 100, digits)
            if self.method == 'balloon' else Decimal(0),
            grace=self.grace_count if self.method in ('annuity', 'equal_principal', 'balloon') else 0,
            amounts=rows._amounts(financed, digits) if self.method == 'custom' else (),
        )

    def _due_dates(self, start: date, count: int, rows) -> list[date]:
        if self.method == 'custom':
            return rows._dates(start)
        return due_dates(start, self._interval(), count, self.first_due, self.first_due_days, self.due_day)

    def _interval(self) -> Interval:
        return Interval(self.interval_count, self.interval_unit)

    def _problem(self, offer_made: Offer) -> str:
        """Return why an offer may not be made on these terms, else nothing."""
        if not self._fits_amount(offer_made.financed):
            return self.env._(
                "%(terms)s is for financed amounts from %(low)s to %(high)s.", terms=self.name,
                low=self.currency_id.format(self.amount_min),
                high=self.currency_id.format(self.amount_max) if self.amount_max else "∞",
            )
        return ''

    def _try(self, make_offer) -> tuple[Offer | None, str]:
        """Return (offer, '') or (None, why not) of a function that makes an offer, whose yearly rates must be told."""
        try:
            given = make_offer()
            offer_eu_apr(given), offer_us_apr(given)
        except RuleError as error:
            return None, self._why_not(error, self.currency_id)
        return given, ''

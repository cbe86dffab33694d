"""Metrics of performance: what is measured in a period, on own records or by values sent in, and what it earns."""

from ast import literal_eval
from decimal import Decimal

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..rules.errors import RuleError
from ..rules.money import to_decimal
from ..rules.performance import PerformanceStep, rate_performance
from ..rules.periods import Interval, Recurrence

MODELS = (
    'service.usage.record', 'service.contract', 'service.contract.pause', 'service.billing.entry', 'sale.order',
    'sale.order.line', 'account.move', 'crm.lead', 'calendar.event', 'project.task', 'account.analytic.line',
    'stock.picking', 'maintenance.request', 'repair.order', 'helpdesk.ticket', 'service.request', 'support.case',
)
"""Models a metric may count: business documents. A setting adds more; nobody's rights are widened by it."""
MODELS_PARAMETER = 'service_contracts.metric_models'
LINKS = ('res.partner', 'service.contract', 'service.contract.line')
"""What a record is linked to, so that it counts for one customer, contract or service."""
READS = {'model_name', 'domain', 'good_domain', 'date_field', 'link_field', 'value_field'}
"""What decides which records are read; whoever changes it lends the metric the own rights."""
VALUED = ('avg', 'min', 'max', 'sum')
"""Ways to count that need a number of each record."""
LIMIT = 10**12


class ServicePerformanceMetric(models.Model):
    _name = 'service.performance.metric'
    _description = "Performance Metric"
    _inherit = ['service.input.mixin', 'mail.thread']
    _order = 'name, id'
    _rec_names_search = ['name', 'code']

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="By this name other systems send the values.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    measure = fields.Char("Measured in", translate=True, help="As customers read it, such as %, hours, calls.")
    source = fields.Selection(
        [('sent', "Values sent in"), ('records', "Own records")], default='sent', required=True, tracking=True,
    )
    aggregation = fields.Selection(
        [
            ('latest', "Latest value"), ('avg', "Average"), ('min', "Lowest value"), ('max', "Highest value"),
            ('sum', "Sum"), ('count', "Number"), ('percentage', "Percentage of good records"),
        ],
        "Counts as", default='latest', required=True, tracking=True,
    )
    model_name = fields.Selection('_model_selection', "Records of", tracking=True)
    domain = fields.Char("Which records", default='[]', tracking=True)
    good_domain = fields.Char("Good ones", default='[]', tracking=True)
    date_field = fields.Char("By day of", help="The field of a record that tells for which day it counts.")
    link_field = fields.Char(
        "For whom", help="The field that tells to which customer, contract or service a record belongs.",
    )
    value_field = fields.Char("Value", help="The number of a record that is added up or compared.")
    user_id = fields.Many2one(
        'res.users', "Read with the rights of", readonly=True, copy=False,
        help="Who said which records count. The metric reads nothing this person may not read.",
    )
    counts_nothing = fields.Boolean(
        "Counts without records", default=True,
        help="A period without records has the value 0, as a percentage 100. Otherwise it has no result.",
    )
    interval_unit = fields.Selection(
        [('month', "Month"), ('quarter', "Quarter"), ('half_year', "Half-year"), ('year', "Year")],
        "Every", default='month', required=True, tracking=True,
    )
    wait_days = fields.Integer(
        "Days to wait", default=3, required=True, help="So many days after a period its result is worked out.",
    )
    watch_days = fields.Integer(
        "Days to correct", default=90, required=True,
        help="For so many days after a period, records and values that come late change its result.",
    )
    cap_percent = fields.Float(
        "At most (% of the fee)", help="Neither bonus nor malus goes beyond. 0: no limit.", tracking=True,
    )
    step_ids = fields.One2many('service.performance.step', 'metric_id', "Steps", copy=True)
    agreement_ids = fields.One2many('service.performance.agreement', 'metric_id', "Agreed with")
    agreement_count = fields.Integer(compute='_compute_counts')
    result_count = fields.Integer(compute='_compute_counts')

    _code_is_unique = models.UniqueIndex("(code, company_id)", "Another metric of the company has this code.")
    _in_range = models.Constraint(
        'CHECK (wait_days BETWEEN 0 AND 365 AND watch_days BETWEEN 0 AND 1500 AND cap_percent BETWEEN 0 AND 1000)',
        "A metric waits at most 365 days, is corrected for at most 1500, and its cap lies between 0 and 1000 percent.",
    )

    # === CONSTRAINTS === #

    @api.constrains('source', 'aggregation', 'model_name', 'date_field', 'link_field', 'value_field')
    def _check_source(self):
        for metric in self:
            if problem := metric._source_problem():
                raise ValidationError(self.env._(
                    "%(metric)s: %(problem)s", metric=metric.display_name, problem=problem,
                ))

    def _source_problem(self) -> str:
        """Return what keeps the metric from being measured, with its remedy; empty if nothing does."""
        env = self.env
        if self.source == 'sent':
            return env._("a percentage is of own records. Choose them, or another way to count.") \
                if self.aggregation == 'percentage' else ''
        if self.aggregation == 'latest':
            return env._("own records have no latest value. Choose another way to count.")
        if self.model_name not in self._allowed_models():
            return env._("choose records that a metric may count.")
        if self._field_type('date_field') not in ('date', 'datetime'):
            return env._("choose the day a record counts for: a stored date of the record itself.")
        if self._field_type('link_field') != 'many2one' or self._link_model() not in LINKS:
            return env._("choose whom a record belongs to: its customer, contract or service.")
        if self.aggregation in VALUED and self._field_type('value_field') not in ('integer', 'float', 'monetary'):
            return env._("choose the value of a record: a stored number of the record itself.")
        return ''

    def _field_type(self, name: str) -> str:
        """Return the type of a chosen field of the records; empty if there is no such stored field."""
        field = self.env[self.model_name]._fields.get(self[name] or '')
        return field.type if field is not None and field.store else ''

    def _link_model(self) -> str:
        return self.env[self.model_name]._fields[self.link_field].comodel_name

    @api.constrains('domain', 'good_domain', 'model_name', 'source')
    def _check_domains(self):
        for metric in self.filtered(lambda metric: metric.source == 'records' and metric.model_name):
            for text in (metric.domain, metric.good_domain):
                try:
                    metric._records_model().search(metric._parsed(text), limit=1)
                except AccessError:
                    raise
                except Exception as error:
                    raise ValidationError(self.env._(
                        "%(metric)s: “%(domain)s” is no filter of these records. Only fields and plain values count.",
                        metric=metric.display_name, domain=(text or '')[:200],
                    )) from error

    @api.constrains('step_ids', 'cap_percent')
    def _check_steps(self):
        for metric in self:
            if metric.step_ids:
                metric._rate(Decimal(0), Decimal(100), 2)

    # === COMPUTE === #

    @api.model
    def _model_selection(self) -> list[tuple[str, str]]:
        names = self._allowed_models()
        # sudo: the names of a few models
        models_sudo = self.env['ir.model'].sudo().search([('model', 'in', names)])
        labels = {model.model: model.name for model in models_sudo}
        return [(name, labels.get(name, name)) for name in names]

    def _compute_counts(self):
        agreements = dict(self.env['service.performance.agreement']._read_group(
            [('metric_id', 'in', self.ids)], ['metric_id'], ['__count']))
        results = dict(self.env['service.performance.result']._read_group(
            [('metric_id', 'in', self.ids)], ['metric_id'], ['__count']))
        for metric in self:
            metric.agreement_count = agreements.get(metric._origin, 0)
            metric.result_count = results.get(metric._origin, 0)

    @api.depends('name', 'code')
    def _compute_display_name(self):
        for metric in self:
            metric.display_name = metric.name

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        metrics = super().create(vals_list)
        metrics._lend_rights()
        return metrics

    def write(self, vals):
        if 'user_id' in vals and not self._is_own_user(vals):
            raise UserError(self.env._("A metric reads with the rights of whoever says which records count."))
        result = super().write(vals)
        if READS & vals.keys():
            self._lend_rights()
        return result

    def _is_own_user(self, vals: dict) -> bool:
        return vals['user_id'] == self.env.uid

    def _lend_rights(self) -> None:
        """Let the metrics read with the rights of the one who changed them; the system itself lends none."""
        self.user_id = False if self._is_system() else self.env.uid

    def _is_system(self) -> bool:
        return self.env.uid == SUPERUSER_ID

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for metric, vals in zip(self, vals_list, strict=True):
            vals.setdefault('code', self.env._("%s-COPY", metric.code))
        return vals_list

    # === ACTIONS === #

    def action_lend_rights(self) -> bool:
        """Let the metrics read with one's own rights from now on."""
        self.check_access('write')
        self._lend_rights()
        return True

    def action_evaluate(self) -> bool:
        """Work out the results of all periods that are over, and correct the watched ones, now."""
        self.check_access('write')
        return self.agreement_ids.action_evaluate()

    def action_view_results(self) -> dict:
        """Open the results of these metrics."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_performance_result_action')
        return {**action, 'domain': [('metric_id', 'in', self.ids)], 'context': {}}

    # === BUSINESS === #

    def _input_ranges(self):
        return {**super()._input_ranges(), 'wait_days': (0, 365), 'watch_days': (0, 1500), 'cap_percent': (0, 1000)}

    @api.model
    def _allowed_models(self) -> list[str]:
        """Return the models a metric may count, of those installed. Extend it to allow more."""
        # sudo: a setting of the administrator
        more = self.env['ir.config_parameter'].sudo().get_param(MODELS_PARAMETER, '')
        names = (*MODELS, *(name.strip() for name in more.split(',')))
        return [name for name in names if name in self.env and not self.env[name]._abstract
                and not self.env[name]._transient]

    def _recurrence(self, start) -> Recurrence:
        self.ensure_one()
        return Recurrence.from_calendar(Interval(1, self.interval_unit), start)

    def _rate(self, value: Decimal, base: Decimal, digits: int):
        """Return what a value earns.

        :raises ValidationError: naming the metric, for steps that leave a value without one.
        """
        self.ensure_one()
        try:
            cap = to_decimal(self.cap_percent) if self.cap_percent else None
            return rate_performance([step._step() for step in self.step_ids], value, base, digits, cap)
        except RuleError as error:
            raise ValidationError(self.env._(
                "%(metric)s: %(problem)s. Correct its steps.", metric=self.display_name, problem=str(error),
            )) from error

    def _records_model(self):
        """Return the records' model with the rights of whoever set the metric up, in its company alone.

        :raises UserError: if that person is gone, or the model is not among the allowed ones.
        """
        self.ensure_one()
        # sudo: a manager may not read users, but has to be told who is gone
        user_sudo = self.sudo().user_id
        if not user_sudo and not self._is_system():
            user_sudo = self.env.user
        if not user_sudo or not user_sudo.active:
            raise UserError(self.env._(
                "%s reads with the rights of nobody. Open it and press “Read with my rights”.", self.display_name,
            ))
        if self.model_name not in self._allowed_models():
            raise UserError(self.env._(
                "%(metric)s: records of %(model)s are not among those a metric may count.",
                metric=self.display_name, model=self.model_name,
            ))
        Model = self.env[self.model_name].with_user(user_sudo)
        return Model.with_context(allowed_company_ids=self.company_id.ids, lang=None)

    def _parsed(self, text: str | None) -> Domain:
        """Return a stored filter; it holds plain values only, so nothing is evaluated."""
        return Domain(literal_eval(text or '[]'))


class ServicePerformanceStep(models.Model):
    _name = 'service.performance.step'
    _description = "Step of Bonus and Malus"
    _inherit = ['service.input.mixin']
    _order = 'metric_id, is_lowest desc, at_least, id'

    metric_id = fields.Many2one('service.performance.metric', required=True, ondelete='cascade', index=True)
    currency_id = fields.Many2one(related='metric_id.company_id.currency_id')
    is_lowest = fields.Boolean("From the lowest", help="The step of all values below the others.")
    at_least = fields.Float("From", digits=(18, 6), help="The step counts from this value on, itself included.")
    percent = fields.Float(
        "Percent of the fee", help="Above 0 a bonus that is charged, below 0 a malus that is credited.",
    )
    amount = fields.Monetary("Fixed amount", help="Above 0 a bonus that is charged, below 0 a malus that is credited.")
    name = fields.Char("Words", translate=True, help="As customers read it, such as “below target”.")

    _in_range = models.Constraint(
        f'CHECK (percent BETWEEN -100 AND 1000 AND at_least > -{LIMIT} AND at_least < {LIMIT} '
        f'AND amount > -{LIMIT} AND amount < {LIMIT})',
        "A malus takes at most 100 percent, a bonus gives at most 1000; numbers lie below one million million.",
    )

    @api.depends('is_lowest', 'at_least', 'name')
    def _compute_display_name(self):
        for step in self:
            bound = self.env._("lowest") if step.is_lowest else self.env._("from %g", step.at_least)
            step.display_name = f'{step.name} ({bound})' if step.name else bound

    def _input_ranges(self):
        return {**super()._input_ranges(), 'percent': (-100, 1000)}

    def _step(self) -> PerformanceStep:
        """Return the step as the rules know it."""
        self.ensure_one()
        at_least = None if self.is_lowest else to_decimal(self.at_least)
        return PerformanceStep(at_least, to_decimal(self.percent), to_decimal(self.amount))

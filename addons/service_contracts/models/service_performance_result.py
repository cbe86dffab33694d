"""Results of performance: value, step and fee of one period, its charge or credit, and the evidence for it."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ..rules.money import round_money, to_decimal
from ..rules.performance import Performance, performance_difference
from ..rules.periods import Period
from .service_gate import SERVICE_GATE, has_passed_gate

ONE_DAY = timedelta(days=1)


class ServicePerformanceResult(models.Model):
    _name = 'service.performance.result'
    _description = "Performance Result"
    _order = 'period_start desc, agreement_id, correction desc, id desc'

    agreement_id = fields.Many2one(
        'service.performance.agreement', required=True, readonly=True, ondelete='restrict', index=True,
    )
    metric_id = fields.Many2one(related='agreement_id.metric_id', store=True, index=True, precompute=True)
    contract_line_id = fields.Many2one(
        related='agreement_id.contract_line_id', store=True, index=True, precompute=True, string="Service",
    )
    contract_id = fields.Many2one(related='agreement_id.contract_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='agreement_id.partner_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='agreement_id.company_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='agreement_id.contract_line_id.currency_id')
    period_start = fields.Date("From", required=True, readonly=True)
    period_end = fields.Date("Until before", required=True, readonly=True)
    period_last_day = fields.Date("To", compute='_compute_period_last_day')
    correction = fields.Integer(
        readonly=True, help="Number of the correction by late records; 0 for the result itself.",
    )
    value = fields.Float(digits=(18, 6), readonly=True)
    record_count = fields.Integer("Records", readonly=True, help="How many records or values were counted.")
    step_name = fields.Char("Step", readonly=True)
    base = fields.Monetary("Fee", readonly=True, help="The fee of the period that percents are of.")
    earned = fields.Monetary("Bonus or malus", readonly=True, help="What the value comes to.")
    booked = fields.Monetary("Booked before", readonly=True, help="What results of this period have booked before.")
    amount = fields.Monetary(readonly=True, help="Above 0 a bonus that is charged, below 0 a malus that is credited.")
    evidence = fields.Json(readonly=True)
    explanation_html = fields.Html("How it came about", compute='_compute_explanation_html', sanitize=False)
    charge_id = fields.Many2one(
        'service.pending.charge', "Charge", readonly=True, ondelete='set null', index='btree_not_null',
    )
    charge_state = fields.Selection(related='charge_id.state', string="Charge status")
    move_id = fields.Many2one(related='charge_id.move_id', string="Invoice")

    _one_result = models.UniqueIndex(
        "(agreement_id, period_start, correction)", "This period has its result already.",
    )

    # === COMPUTE === #

    @api.depends('period_end')
    def _compute_period_last_day(self):
        for result in self:
            result.period_last_day = result.period_end - ONE_DAY

    @api.depends('period_start', 'period_end')
    def _compute_display_name(self):
        for result in self:
            # sudo: a customer reads the name of the metric of the own result
            result.display_name = f'{result.sudo().metric_id.name}, {result._span(result._period())}'

    def _compute_explanation_html(self):
        for result in self:
            result.explanation_html = self.env['ir.qweb']._render('service_contracts.explanation_table', {
                'rows': result._explanation_rows(self.env.lang),
            })

    # === CRUD === #

    def write(self, vals):
        if not has_passed_gate(self.env):
            raise UserError(self.env._("Results stay as they are. Late records and values make a correction."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Results stay for the records. Late records and values make a correction."))

    # === ACTIONS === #

    def action_view_records(self) -> dict:
        """Open the records that were counted, as far as one may read them."""
        self.ensure_one()
        evidence = self.evidence or {}
        if evidence.get('model') not in self.env:
            raise UserError(self.env._("%s counts records that are no longer installed.", self.display_name))
        return {
            'type': 'ir.actions.act_window', 'name': self.display_name, 'res_model': evidence['model'],
            'view_mode': 'list,form', 'domain': [('id', 'in', evidence['ids'])],
        }

    # === BUSINESS === #

    def _period(self) -> Period:
        self.ensure_one()
        return Period(self.period_start, self.period_end)

    @api.model
    def _prepare_amounts(self, metric, measured, fee: Decimal, digits: int) -> dict:
        """Return what a measured value comes to, with its evidence as plain values."""
        rated = metric._rate(measured.value, fee, digits)
        step = metric.step_ids.filtered(lambda one: one._step() == rated.step)[:1]
        return {
            'value': float(measured.value), 'record_count': measured.count, 'step_name': step.display_name,
            'base': float(fee), 'earned': float(rated.amount), 'booked': 0.0, 'amount': float(rated.amount),
            'evidence': {
                'model': measured.model, 'ids': list(measured.ids), 'count': measured.count, 'good': measured.good,
                'value': str(measured.value), 'percent': str(rated.step.percent), 'fixed': str(rated.step.amount),
                'base': str(fee), 'cap': str(to_decimal(metric.cap_percent)), 'earned': str(rated.amount),
                'aggregation': metric.aggregation,
            },
        }

    @api.model
    def _book(self, vals_list: list[dict], today) -> None:
        """Write results and propose the charge of each that is not 0; a key that is known changes nothing."""
        results = self.sudo().create(vals_list)  # sudo: nobody writes results by hand
        owing = results.filtered(lambda result: not result.currency_id.is_zero(result.amount))
        charges = self.env['service.pending.charge']._propose([result._prepare_charge_vals(today) for result in owing])
        by_key = {charge.key: charge for charge in charges}
        for result in owing.with_context(service_gate=SERVICE_GATE):
            result.charge_id = by_key[result._charge_key()]

    def _charge_key(self) -> str:
        self.ensure_one()
        return f'performance:{self.agreement_id.id}:{self.period_start}:{self.correction}'

    def _prepare_charge_vals(self, today) -> dict:
        """Return the pending charge of a bonus, or the credit of a malus."""
        self.ensure_one()
        lang = self.partner_id.lang
        return {
            'key': self._charge_key(), 'contract_line_id': self.contract_line_id.id, 'origin': 'performance',
            'name': self._charge_name(lang), 'charge_date': today,
            'amount': self.contract_line_id._with_included_tax(self.amount),
            'period_start': self.period_start, 'period_end': self.period_end,
            'explanation': {'rows': self._explanation_rows(lang), 'performance_result': self.id},
        }

    def _charge_name(self, lang: str | None) -> str:
        """Return what the invoice says: bonus, malus or correction, the metric and its value."""
        result = self.with_context(lang=lang)
        env, metric = result.env, result.metric_id
        kind = env._("Correction") if self.correction else env._("Bonus") if self.amount > 0 else env._("Malus")
        return env._("%(kind)s %(metric)s: %(value)s", kind=kind, metric=metric.name, value=result._value_text(metric))

    def _prepare_correction_vals(self, metric, measured) -> dict | None:
        """Return the next result of a period whose value changed, None if nothing is left to book.

        A charge that somebody cancelled counts as booked: what was waived stays waived.
        """
        self.ensure_one()
        digits = self.currency_id.decimal_places
        amounts = self._prepare_amounts(metric, measured, to_decimal(self.base), digits)
        results = self.search([('agreement_id', '=', self.agreement_id.id), ('period_start', '=', self.period_start)])
        booked = [round_money(to_decimal(result.amount), digits) for result in results]
        earned = Performance(measured.value, None, to_decimal(self.base), Decimal(amounts['evidence']['earned']))
        difference = performance_difference(earned, booked)
        if not difference:
            return None
        return {
            **amounts, 'agreement_id': self.agreement_id.id, 'period_start': self.period_start,
            'period_end': self.period_end, 'correction': max(results.mapped('correction')) + 1,
            'booked': float(sum(booked)), 'amount': float(difference),
        }

    # === WORDS === #

    def _explanation_rows(self, lang: str | None = None) -> list[dict]:
        """Return how the result came about, a ``label`` and a ``text`` for each step."""
        self.ensure_one()
        vals = {name: self[name] for name in ('value', 'record_count', 'step_name', 'base', 'earned', 'booked',
                                              'amount', 'evidence')}
        return self._rows(self.metric_id, self.agreement_id, self._period(), vals, lang)

    @api.model
    def _rows(self, metric, agreement, period: Period, vals: dict, lang: str | None) -> list[dict]:
        env = self.with_context(lang=lang).env
        metric, currency = metric.with_env(env), agreement.currency_id.with_env(env)
        evidence, words = vals['evidence'], env['service.price.words']
        value = f"{words._number(Decimal(evidence['value']), lang)} {metric.measure or ''}".rstrip()
        rows = [(env._("Period"), env['service.performance.result']._span(period)), (metric.name, value),
                (env._("Counted"), self._count_text(env, evidence)), (env._("Step"), vals['step_name'])]
        if Decimal(evidence['percent']):
            rows.append((env._("Of the fee"), env._(
                "%(percent)s %% of %(fee)s", percent=words._number(Decimal(evidence['percent']), lang),
                fee=currency.format(vals['base']),
            )))
        if Decimal(evidence['fixed']):
            rows.append((env._("Fixed amount"), currency.format(float(evidence['fixed']))))
        if Decimal(evidence['cap']):
            rows.append((env._("At most"), env._("%s %% of the fee", words._number(Decimal(evidence['cap']), lang))))
        rows.append((env._("Bonus") if vals['earned'] >= 0 else env._("Malus"), currency.format(vals['earned'])))
        if vals['booked']:
            rows += [(env._("Booked before"), currency.format(vals['booked'])),
                     (env._("Correction"), currency.format(vals['amount']))]
        return [{'label': label, 'text': text} for label, text in rows if text]

    def _count_text(self, env, evidence: dict) -> str:
        if evidence['model'] == 'service.performance.value':
            return env._("%(count)s values", count=evidence['count'])
        if evidence['good'] is not None:
            return env._("%(good)s of %(count)s records", good=evidence['good'], count=evidence['count'])
        return env._("%(count)s records", count=evidence['count'])

    def _value_text(self, metric) -> str:
        number = self.env['service.price.words']._number(Decimal(self.evidence['value']), self.env.lang)
        return f'{number} {metric.measure or ""}'.rstrip()

    def _span(self, period: Period) -> str:
        return self.env._("%(start)s to %(last_day)s", start=format_date(self.env, period.start),
                          last_day=format_date(self.env, period.last_day))


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    performance_count = fields.Integer("Performance results", compute='_compute_performance_count')

    def _compute_performance_count(self):
        counts = dict(self.env['service.performance.result']._read_group(
            [('contract_id', 'in', self.ids)], ['contract_id'], ['__count']))
        for contract in self:
            contract.performance_count = counts.get(contract._origin, 0)

    def action_view_performance(self) -> dict:
        """Open the performance results of the contracts."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_performance_result_action')
        return {**action, 'domain': [('contract_id', 'in', self.ids)], 'context': {}}

    def _portal_performance(self) -> list[dict]:
        """Return the newest results of the contract that the user may read, each with its rows."""
        self.ensure_one()
        Result = self.env['service.performance.result']
        if not Result.has_access('read'):
            return []
        results = Result.search([('contract_id', '=', self.id)], limit=24)
        # sudo: metric, step and fee of the own result
        return [{'result': result, 'rows': result.sudo()._explanation_rows(self.env.lang)} for result in results]

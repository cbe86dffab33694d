"""Plans in the online catalog: what visitors read, and what a choice costs."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.addons.service_contracts.models.service_terms_mixin import TERM_FIELDS
from odoo.fields import Command, Domain

from .taken_back import UNTOLD, taken_back

PREVIEW_MONTHS = 12
PREVIEW_ROWS = 12


class ServicePlan(models.Model):
    _name = 'service.plan'
    _inherit = ['service.plan', 'website.published.mixin', 'website.searchable.mixin']

    website_description = fields.Html("On the site", translate=True, sanitize_attributes=False)
    data_field_ids = fields.One2many('service.plan.field', 'plan_id', "Asked for when contracting", copy=True)

    def _compute_website_url(self):
        super()._compute_website_url()
        for plan in self:
            plan.website_url = f'/services/{self.env["ir.http"]._slug(plan)}' if plan.id else False

    @api.model
    def _catalog(self, company, partner, family_id: int = 0):
        """Return the published plans that a visitor may contract, family by family, lowest level first.

        :param family_id: only plans of this family; 0 for all.
        """
        domain = Domain('is_published', '=', True) & Domain('company_id', 'in', (False, company.id))
        if family_id:
            domain &= Domain('family_id', '=', family_id)
        plans = self.search(domain, order='family_id, level, sequence, name')
        return plans._offered_to(partner, partner.with_company(company).property_product_pricelist)

    @api.model
    def _search_get_detail(self, website, order, options):
        return {
            'model': 'service.plan', 'search_fields': ['name', 'website_description'],
            'base_domain': [[('is_published', '=', True), ('company_id', 'in', (False, website.company_id.id))]],
            'fetch_fields': ['id', 'name', 'website_url'],
            'mapping': {'name': {'name': 'name', 'type': 'text', 'match': True},
                        'website_url': {'name': 'website_url', 'type': 'text', 'truncate': False}},
            'icon': 'fa-file-text-o', 'order': 'sequence, name', 'requires_sudo': True,
        }

    def _catalog_prices(self, partner, company) -> dict:
        """Return what each plan costs with all it includes, tax included, on contracts that are never saved.

        :return: by plan rows of (amount, how often, currency), the regular ones first.
        """
        Contract = self.env['service.contract'].with_company(company)
        prices = {}
        for plan in self:
            contract = Contract.new({
                'partner_id': partner.id, 'company_id': company.id, 'plan_id': plan.id,
                'date_start': company._service_today(),
                'line_ids': [Command.create(vals) for vals in plan._prepare_contract_line_vals()],
            })
            totals = defaultdict(float)
            for line in contract.line_ids.sorted(lambda line: line.kind == 'one_time'):
                totals[line.billing_label] += line.price_total
            prices[plan] = [(amount, label, contract.currency_id) for label, amount in totals.items() if amount]
        return prices

    def _chosen_lines(self, option_ids: list[int]):
        """Return the included services and the chosen options; options of other plans are left out."""
        self.ensure_one()
        return self._included_lines() | self._optional_lines().filtered(lambda line: line.id in option_ids)

    def _quote(self, partner, company, option_ids: list[int], interval_id: int = 0) -> dict:
        """Return what a choice costs: recurring and one-off apart, and the next charges by date, tax included.

        A contract is made and taken back at once, so the answer is what would really be billed; nothing stays.

        :return: ``recurring`` and ``one_time`` (rows of ``service``, ``amount``, ``recurrence``), ``charges`` (rows of
            ``date`` and ``amount``), ``currency``.
        :raises UserError: if options exclude each other or are missing.
        """
        self.ensure_one()
        with taken_back(self.env):
            answer = self._quote_of(self._draft_contract(partner, company, option_ids, interval_id))
        return answer

    def _draft_contract(self, partner, company, option_ids: list[int], interval_id: int):
        interval = self.interval_ids.filtered(lambda interval: interval.id == interval_id)
        Contract = self.env['service.contract'].with_context(**UNTOLD).with_company(company)
        contract = Contract.create({
            'name': self.env._("Quote"), 'partner_id': partner.id, 'company_id': company.id, 'plan_id': self.id,
            'plan_interval_id': interval.id, 'date_start': company._service_today(), 'user_id': False,
        })
        contract.action_load_plan()
        chosen = self._chosen_lines(option_ids) - self._included_lines()
        contract.line_ids = [Command.create(line._prepare_contract_line_vals()) for line in chosen]
        return contract

    def _quote_of(self, contract) -> dict:
        until = fields.Date.add(contract.date_start, months=PREVIEW_MONTHS)
        rows = contract._preview(until, PREVIEW_ROWS)
        dates = {}
        for row in rows:
            dates[row['charge_date']] = dates.get(row['charge_date'], 0.0) + row['amount_total']
        lines = contract.line_ids
        return {
            'recurring': [{'service': _visitor_name(line), 'amount': line.price_total,
                           'recurrence': line.billing_label} for line in lines if line.kind != 'one_time'],
            'one_time': [{'service': _visitor_name(line), 'amount': line.price_total, 'recurrence': line.billing_label}
                         for line in lines if line.kind == 'one_time'],
            'charges': [{'date': day, 'amount': amount} for day, amount in sorted(dates.items())][:PREVIEW_ROWS],
            'currency': contract.currency_id,
        }

    # === CONTRACTS ONLINE === #

    def _contract_key(self) -> str:
        """Return what plans must have in common to go under one contract: terms, rules, no trial, no levels."""
        self.ensure_one()
        is_alone = self.trial_count or self.family_id or self.allowed_target_ids
        rules = [self.auto_activate, self.payment_term_id.id, self.suspension_billing, self.unused_rule]
        return repr([is_alone and self.id, *rules, *(self[name] for name in TERM_FIELDS)])

    def _had_trial(self, partner) -> bool:
        """Tell whether a customer had the trial of one of the plans, which is given once."""
        keys = [f'{partner.commercial_partner_id.id}:{plan.id}' for plan in self.filtered('trial_once')]
        # sudo: the trial may be under a contract of another person in charge or company
        return bool(self.env['service.contract'].sudo().search_count([('trial_key', 'in', keys)], limit=1))


class ServicePlanLine(models.Model):
    _inherit = 'service.plan.line'

    def _catalog_name(self) -> str:
        """Return the service in the words for visitors, without the reference of its product."""
        self.ensure_one()
        return (self.name or '').split('\n', 1)[0].removeprefix(f'[{self.product_id.default_code}] ')


def _visitor_name(line) -> str:
    """Return the service of a contract line, named as in the catalog."""
    return line.plan_line_id._catalog_name() if line.plan_line_id else line._portal_name()

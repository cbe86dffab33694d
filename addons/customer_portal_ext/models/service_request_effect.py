"""What a request comes to, shown in days and money before it is sent; and the wish that a customer typed."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

TEXT_LIMIT = 2000


class ServiceRequest(models.Model):
    _name = 'service.request'
    _inherit = ['service.request', 'portal.form.mixin']

    @api.model
    def _offers(self, contract) -> dict:
        """Return what a customer may ask of a contract: plans, options to book on and off, and the earliest end."""
        plans = contract.plan_id.allowed_target_ids if contract.state == 'active' else contract.plan_id.browse()
        options = contract._plans()._optional_lines()
        booked = contract._booked_options(contract.company_id._service_today()).plan_line_id
        return {
            'plans': plans, 'bookable': options - booked, 'booked': options & booked,
            'earliest': contract._earliest_end(), 'may_end': contract.state in ('active', 'suspended')
            and not contract.date_end, 'may_pause': contract.state == 'active',
        }

    @api.model
    def _wish_vals(self, contract, kind: str, typed: dict) -> dict:
        """Return the checked values of a request.

        :param typed: texts of date_wanted, date_until, plan, option and message.
        :raises UserError: telling what is missing or not possible.
        """
        offers = self._offers(contract)
        vals = {
            'kind': kind, 'contract_id': contract.id, 'partner_id': contract.partner_id.id,
            'company_id': contract.company_id.id, 'message': (typed.get('message') or '').strip()[:TEXT_LIMIT],
            'date_wanted': self._typed_day(typed.get('date_wanted')),
            'date_until': self._typed_day(typed.get('date_until')),
            'plan_id': self._chosen(offers['plans'], typed.get('plan')).id,
            'option_id': self._chosen(offers['bookable'] | offers['booked'], typed.get('option')).id,
        }
        self._check_wish(contract, vals, offers)
        return vals

    def _check_wish(self, contract, vals: dict, offers: dict) -> None:
        kind, day = vals['kind'], vals['date_wanted']
        if kind == 'end':
            if not offers['may_end']:
                raise UserError(self.env._("%s ends already, or does not run.", contract.name))
            vals['date_wanted'] = day or offers['earliest']
            if vals['date_wanted'] < offers['earliest']:
                raise UserError(self.env._(
                    "%(contract)s may end on %(day)s at the earliest.", contract=contract.name,
                    day=format_date(self.env, offers['earliest'])))
        if kind == 'change' and not vals['plan_id']:
            raise UserError(self.env._("Choose the plan you want."))
        if kind in ('book', 'unbook') and not vals['option_id']:
            raise UserError(self.env._("Choose the option."))
        if kind == 'pause':
            self._check_pause(contract, vals, offers)
        if kind in ('data', 'payment', 'arrangement') and not vals['message']:
            raise UserError(self.env._("Tell us what you want to change."))

    def _check_pause(self, contract, vals: dict, offers: dict) -> None:
        today = contract.company_id._service_today()
        if not offers['may_pause']:
            raise UserError(self.env._("%s does not run at the moment.", contract.name))
        if not vals['date_wanted'] or vals['date_wanted'] < today:
            raise UserError(self.env._("Choose the first day of the pause, from today on."))
        if not vals['date_until'] or vals['date_until'] <= vals['date_wanted']:
            raise UserError(self.env._("Choose the day on which the service goes on."))

    @api.model
    def _effect_rows(self, contract, vals: dict) -> list[dict]:
        """Return what the customer has to know before sending, in rows of a label and a text.

        :raises UserError: if the contract cannot change so.
        """
        env, money = self.env, contract.currency_id.format
        if vals['kind'] == 'end':
            return [{'label': env._("Last day of service"), 'text': format_date(env, vals['date_wanted'])},
                    {'label': env._("Monthly until now"), 'text': money(contract.recurring_monthly)}]
        if vals['kind'] == 'change':
            figures = contract._outcome_answer(contract._outcome(contract._wish(self._prepare_change(contract, vals))))
            return self._change_rows(figures, money)
        if vals['kind'] in ('book', 'unbook'):
            option = env['service.plan.line'].browse(vals['option_id'])
            return [{'label': env._("Option"), 'text': option._option_name()}]
        if vals['kind'] == 'pause':
            return [{'label': env._("No service from"), 'text': format_date(env, vals['date_wanted'])},
                    {'label': env._("Service again on"), 'text': format_date(env, vals['date_until'])},
                    *self._paid_days_rows(contract, vals)]
        return []

    def _paid_days_rows(self, contract, vals: dict) -> list[dict]:
        """Return what becomes of the days of a pause that are paid already; nothing where none is."""
        paid = contract.line_ids._paid_in_advance().filtered(
            lambda line: (line._billed_until() or line.date_start) > vals['date_wanted'])
        if not paid or contract.plan_id.suspension_billing == 'charge':
            return []
        gives_back = contract._unused_rule() != 'none'
        text = self.env._("are given back on the day the service goes on") if gives_back else self.env._("stay paid")
        return [{'label': self.env._("Days paid already"), 'text': text}]

    @api.model
    def _prepare_change(self, contract, vals: dict) -> dict:
        """Return the change that the values of a request ask for, as `preview_change` takes it."""
        return {'plan': vals['plan_id']}

    def _change_rows(self, figures: dict, money) -> list[dict]:
        env = self.env
        rows = [
            (env._("Change"), figures['summary']), (env._("From"), format_date(env, figures['date_effective'])),
            (env._("Given back"), money(figures['credit'])), (env._("Charged for the rest of the period"),
                                                             money(figures['charge'])),
            (env._("To pay now") if figures['net'] >= 0 else env._("Comes back now"), money(abs(figures['net']))),
            *self._change_credit_rows(figures, money),
            (env._("Monthly until now"), money(figures['monthly_before'])),
            (env._("Monthly from then on"), money(figures['monthly_after'])),
        ]
        if figures['first_charge_date']:
            rows.append((env._("Next regular charge"),
                         f"{format_date(env, figures['first_charge_date'])}: {money(figures['first_charge_amount'])}"))
        return [{'label': label, 'text': text} for label, text in rows]

    def _change_credit_rows(self, figures: dict, money) -> list[tuple[str, str]]:
        """Return what prepaid credit has to do with a change, and what is left for an invoice of today."""
        if not figures['credit_returned'] and not figures['credit_used']:
            return []
        return [
            (self.env._("Returns to prepaid credit"), money(figures['credit_returned'])),
            (self.env._("Paid by prepaid credit"), money(figures['credit_used'])),
            (self.env._("Added to an invoice of today"), money(figures['billed_now'])),
        ]

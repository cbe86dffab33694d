"""What a remote order chooses of an offer: a prepayment interval, options and a coupon."""

from odoo import models
from odoo.exceptions import UserError

from ..rules.sent import shown
from .service_contract_remote import OFFER_KEYS


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _prepare_opening_vals(self, item: dict, references) -> dict:
        vals = super()._prepare_opening_vals(item, references)
        if 'interval' in item:
            plan = self.env['service.plan'].browse(vals.get('plan_id')) or self.plan_id
            vals['plan_interval_id'] = plan._find_interval(item['interval']).id
        return vals

    def _open_offer(self, item: dict) -> None:
        """Book the options of a draft and redeem its coupon; what is there already stays as it is."""
        self.ensure_one()
        if not OFFER_KEYS & item.keys() or self.state != 'draft':
            return
        options = item.get('options', [])
        if not isinstance(options, list):
            raise UserError(self.env._("“options” must be a list of references or of objects with “option”."))
        for option in options:
            chosen = option if isinstance(option, dict) else {'option': option}
            if chosen.keys() - {'option', 'quantity'} or 'option' not in chosen:
                raise UserError(self.env._("An option is a reference, or an object with “option” and “quantity”."))
            self.book_option(chosen['option'], quantity=chosen.get('quantity'))
        if item.get('coupon'):
            self.redeem_coupon(item['coupon'])


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    def _find_interval(self, interval):
        """Return the prepayment interval that an object with ``count`` and ``unit`` names; none for None or False.

        :raises UserError: if the plan does not offer it.
        """
        if interval is None or interval is False:
            return self.env['service.plan.interval']
        wanted = interval if isinstance(interval, dict) else {}
        found = self.interval_ids.filtered(
            lambda offer: (offer.interval_count, offer.interval_unit) == (wanted.get('count', 1), wanted.get('unit')),
        )
        if not found:
            raise UserError(self.env._(
                "%(plan)s does not offer the interval “%(interval)s”. It offers: %(intervals)s.",
                plan=self.display_name or self.env._("A contract without plan"), interval=shown(interval),
                intervals=', '.join(f'{{"count": {offer.interval_count}, "unit": "{offer.interval_unit}"}}'
                                    for offer in self.interval_ids) or self.env._("none"),
            ))
        return found

"""Coupons: a code that gives a contract a discount with a duration, once for each contract and within its uses."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..rules.sent import is_text, shown

LIMIT = 10**12


class ServiceCoupon(models.Model):
    _name = 'service.coupon'
    _description = "Coupon"
    _inherit = ['service.input.mixin']
    _order = 'date_end desc, id desc'
    _rec_names_search = ['code', 'name']

    code = fields.Char(required=True, copy=False, help="What the customer enters, in capital or small letters.")
    name = fields.Char("Shown as", required=True, translate=True, help="What the customer reads on the invoice.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date_start = fields.Date("Valid from", help="The first day on which it is redeemed.")
    date_end = fields.Date("Valid to", help="The last day on which it is redeemed.")
    uses_limit = fields.Integer(
        "Uses", default=0, required=True, help="How many contracts may redeem it. 0: any number.",
    )
    use_count = fields.Integer("Used", readonly=True, copy=False, default=0, required=True)
    plan_ids = fields.Many2many('service.plan', string="Only for plans", help="Empty: for all.")
    percent = fields.Float("Percent", digits='Discount')
    amount = fields.Monetary(help="Off each period of the most expensive service, in the currency of the contract.")
    periods = fields.Integer("For periods", help="The first so many periods from redemption on. 0: as long as it runs.")
    use_ids = fields.One2many('service.coupon.use', 'coupon_id', "Redeemed")

    _code_is_unique = models.UniqueIndex(
        "(company_id, lower(code))", "Another coupon of the company has this code.",
    )
    _numbers_in_range = models.Constraint(
        f'''CHECK (percent BETWEEN 0 AND 100 AND amount >= 0 AND amount < {LIMIT} AND periods BETWEEN 0 AND 1000
               AND uses_limit >= 0)''',
        "A coupon takes off 0 to 100 percent or an amount from 0 up, for 0 to 1000 periods.",
    )
    _uses_within_limit = models.Constraint(
        'CHECK (uses_limit = 0 OR use_count <= uses_limit)', "The coupon is used up.",
    )

    @api.constrains('percent', 'amount', 'date_start', 'date_end')
    def _check_coupon(self):
        for coupon in self:
            if not (coupon.percent or coupon.amount):
                raise ValidationError(self.env._(
                    "The coupon %s takes nothing off. Enter a percentage or an amount.", coupon.code,
                ))
            if coupon.date_start and coupon.date_end and coupon.date_end < coupon.date_start:
                raise ValidationError(self.env._(
                    "The coupon %s cannot end before it begins. Correct one of the dates.", coupon.code,
                ))

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for coupon in self:
            coupon.display_name = f'{coupon.code} ({coupon.name})' if coupon.name else coupon.code

    def _input_ranges(self):
        return {**super()._input_ranges(), 'percent': (0, 100), 'amount': (0, LIMIT), 'periods': (0, 1000),
                'uses_limit': (0, 10**9)}

    # === BUSINESS === #

    @api.model
    def _find_valid(self, code: str, company):
        """Return the coupon that a code names today.

        :raises UserError: for an unknown, expired or used up code.
        """
        text = code.strip() if is_text(code) else ''
        pattern = text.replace('\\', r'\\').replace('%', r'\%').replace('_', r'\_')
        domain = Domain('company_id', '=', company.id) & Domain('code', '=ilike', pattern)
        coupon = self.search(domain, limit=1) if text else self.browse()
        today = company._service_today()
        if not coupon:
            raise UserError(self.env._("There is no coupon “%s”. Check the code.", shown(code)))
        if (coupon.date_start and today < coupon.date_start) or (coupon.date_end and today > coupon.date_end):
            raise UserError(self.env._(
                "The coupon %(code)s is valid from %(start)s to %(end)s only.", code=coupon.code,
                start=format_date(self.env, coupon.date_start) or '…',
                end=format_date(self.env, coupon.date_end) or '…',
            ))
        return coupon

    def _lines_for(self, contract):
        """Return the services of a contract that the coupon makes cheaper."""
        lines = contract.line_ids.filtered(lambda line: line.kind != 'one_time' and not line.date_end)
        if self.plan_ids:
            lines = lines.filtered(lambda line: (line.plan_id or contract.plan_id) in self.plan_ids)
        return lines

    def _take_use(self, contract) -> None:
        """Count one use; whoever counts at the same moment starts over.

        :raises UserError: when no use is left.
        """
        self.flush_recordset()
        self.env.cr.execute(
            """UPDATE service_coupon SET use_count = use_count + 1
                WHERE id = %s AND (uses_limit = 0 OR use_count < uses_limit)""", (self.id,),
        )
        if not self.env.cr.rowcount:
            raise UserError(self.env._(
                "%(contract)s: the coupon %(code)s is used up. Raise its number of uses or choose another.",
                contract=contract.display_name, code=self.code,
            ))
        self.invalidate_recordset(['use_count'])
        self.env['service.coupon.use'].create({'coupon_id': self.id, 'contract_id': contract.id})

    def _prepare_reduction_vals(self, line, share_amount: bool) -> dict:
        """Return the discount that a service of a contract gets."""
        contract = line.contract_id
        today = contract.company_id._service_today()
        return {
            'contract_line_id': line.id,
            'coupon_id': self.id,
            'name': self.name,
            'kind': 'discount',
            'percent': self.percent,
            'amount': self.amount if share_amount else 0.0,
            'periods': self.periods,
            'date_start': today if contract.state != 'draft' and today > line._service_start() else False,
            'sequence': 20,
        }


class ServiceCouponUse(models.Model):
    _name = 'service.coupon.use'
    _description = "Redeemed Coupon"
    _order = 'id desc'
    _rec_name = 'contract_id'

    coupon_id = fields.Many2one('service.coupon', required=True, readonly=True, index=True, ondelete='restrict')
    contract_id = fields.Many2one('service.contract', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='coupon_id.company_id', store=True, precompute=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, precompute=True)

    _once_a_contract = models.UniqueIndex(
        "(coupon_id, contract_id)", "The contract has redeemed this coupon already.",
    )


class ServiceReduction(models.Model):
    _inherit = 'service.reduction'

    coupon_id = fields.Many2one(
        'service.coupon', readonly=True, ondelete='restrict', index='btree_not_null', copy=False,
    )

    def _prepare_kept_vals(self):
        return {**super()._prepare_kept_vals(), 'coupon_id': self.coupon_id.id}


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    coupon_use_ids = fields.One2many('service.coupon.use', 'contract_id', "Coupons")

    def redeem_coupon(self, code: str) -> list[dict]:
        """Give contracts the discount of a coupon, each of them once. Redeeming it again changes nothing.

        :param code: the code of a coupon of the company.
        :return: for each contract ``contract`` (id), ``coupon`` (code), and ``changed`` (true if this call did it).
        :raises UserError: for a code that is unknown, expired, used up or made for other plans.
        :raises AccessError: without the right to write contracts.
        """
        self._check_remote_access()
        self.check_access('write')
        with self.env.cr.savepoint():
            return [contract._redeem(code) for contract in self]

    def _redeem(self, code: str) -> dict:
        self.ensure_one()
        # sudo: who keeps contracts redeems codes without the right to change coupons
        coupon_sudo = self.env['service.coupon'].sudo()._find_valid(code, self.company_id)
        answer = {'contract': self.id, 'coupon': coupon_sudo.code, 'changed': False}
        if coupon_sudo in self.sudo().coupon_use_ids.coupon_id:
            return answer
        lines_sudo = coupon_sudo._lines_for(self.sudo())
        if not lines_sudo or self.state not in ('draft', 'active', 'suspended'):
            raise UserError(self.env._(
                "%(contract)s has no running service for which the coupon %(code)s is made.",
                contract=self.display_name, code=coupon_sudo.code,
            ))
        coupon_sudo._take_use(self)
        dearest = lines_sudo.sorted(lambda line: (-line.price_subtotal, line.id))[0]
        chosen = lines_sudo if coupon_sudo.percent else dearest
        self.env['service.reduction'].sudo().create([
            coupon_sudo._prepare_reduction_vals(line, share_amount=line == dearest) for line in chosen
        ])
        self._log_note(self.env._("Coupon redeemed: %s", coupon_sudo.display_name))
        return {**answer, 'changed': True}

    def copy_data(self, default=None):
        """Leave out what coupons gave: a coupon is redeemed once."""
        vals_list = super().copy_data(default)
        for vals in vals_list:
            vals.pop('coupon_use_ids', None)
        return vals_list


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def copy_data(self, default=None):
        """Leave out what coupons gave: a coupon is redeemed once."""
        vals_list = super().copy_data(default)
        for line, vals in zip(self, vals_list, strict=True):
            own = line.reduction_ids.filtered(lambda reduction: not reduction.coupon_id)
            vals['reduction_ids'] = [Command.create(reduction._prepare_copy_vals()) for reduction in own]
        return vals_list

    def _prepare_quantity_vals(self, quantity: float) -> dict:
        """Take all reductions along when a service goes on with another quantity, with the day they count from."""
        return {**super()._prepare_quantity_vals(quantity), 'reduction_ids': [
            Command.create(reduction._prepare_kept_vals()) for reduction in self.reduction_ids
        ]}


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    service_coupon_code = fields.Char(
        "Coupon", copy=False, help="Code of a coupon for the contract that the quotation opens.",
    )

    @api.constrains('service_coupon_code')
    def _check_service_coupon(self):
        for order in self.filtered('service_coupon_code'):
            # sudo: who sells enters a code without the right to look at coupons
            self.env['service.coupon'].sudo()._find_valid(order.service_coupon_code, order.company_id)

    def _put_under_contract(self, lines) -> None:
        """Redeem the coupon; one that was used up in the meantime does not keep the customer from buying."""
        super()._put_under_contract(lines)
        contract = self.service_contract_ids.filtered(lambda contract: contract.state != 'removed')[:1]
        if not self.service_coupon_code or not contract:
            return
        try:
            with self.env.cr.savepoint():
                contract._redeem(self.service_coupon_code)
        except UserError as error:
            contract.activity_schedule(
                'mail.mail_activity_data_warning', summary=self.env._("The coupon could not be redeemed"),
                note=str(error), user_id=contract.user_id.id or self.env.uid,
            )

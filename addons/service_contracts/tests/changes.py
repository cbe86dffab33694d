"""What tests of changes share: three plans that may change to each other, billing by day, requests by key."""

from freezegun import freeze_time
from odoo.fields import Command

from .common import ContractCase


class ChangeCase(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small, cls.medium, cls.large = (cls._plan(*offer) for offer in (
            ("Small", 'S', 30), ("Medium", 'M', 40), ("Large", 'L', 50)))
        plans = cls.small | cls.medium | cls.large
        for plan in plans:
            plan.allowed_target_ids = plans - plan

    @classmethod
    def _plan(cls, name, code, price, **vals):
        return cls.env['service.plan'].create({
            'name': name, 'code': code, 'lower_at_period_end': False,
            'line_ids': [Command.create({
                'product_id': cls.hosting.id, 'name': f"Hosting {name}", 'price_source': 'fixed', 'price_unit': price,
            })],
            **vals,
        })

    def _hosted(self, start='2026-01-26', plan=None, **vals):
        return self._planned(plan or self.small, date_start=start, external_ref='A', payment_term_id=False, **vals)

    def _bill(self, contract, day):
        self._bill_contract(contract, day)

    def _assert_made_as_shown(self, made: dict, preview: dict) -> None:
        """What was shown before is what was made; what a preview alone tells is left out."""
        shared = made.keys() & preview.keys()
        self.assertEqual({name: made[name] for name in shared}, {name: preview[name] for name in shared})

    def _change(self, contract, day, key=None, **change):
        with freeze_time(day):
            return contract.request_change(contract.external_ref, change, key or f'{day}-{len(contract.change_ids)}')

    def _invoiced(self, contract, day):
        moves = contract.entry_ids.move_id.filtered(lambda move: str(move.invoice_date) == day)
        return sum(-move.direction_sign * move.amount_untaxed for move in moves)

    def _pending(self, contract):
        lines = contract.line_ids.pending_ids.filtered(lambda pending: pending.state != 'cancelled').sorted('id')
        return [(str(pending.charge_date), pending.amount) for pending in lines]

"""What keeps an offer from being made: named, so that a model can say it in the language of its reader."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from odoo.addons.service_contracts.rules.errors import RuleError


class OfferError(RuleError):
    """Values that make no plan together; `kind` names what is wrong, `values` are the figures of the sentence."""

    def __init__(self, kind: str, **values: Decimal | date | int | str):
        super().__init__(' '.join([kind.replace('_', ' '), *(f'{name}={value}' for name, value in values.items())]))
        self.kind, self.values = kind, values

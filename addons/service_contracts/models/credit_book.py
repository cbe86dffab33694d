"""The credits of customers while charges to come are worked out: a preview brings a book to see what was used."""

from collections import defaultdict
from decimal import Decimal

from ..rules.billing import Charge
from ..rules.credits import CreditBook, Draw


class UseOfCredit(CreditBook):
    """The credits of customers, and what charges to come take of those that were paid for."""

    def __init__(self):
        super().__init__()
        self.known: set[int] = set()
        self.by_owner: dict[tuple[int, int], set[int]] = defaultdict(set)
        self.paid: dict[tuple, float] = defaultdict(float)

    def take_up(self, grants) -> None:
        """Take up credits of customers."""
        for grant in grants:
            self.by_owner[grant.company_id.id, grant.commercial_partner_id.id].add(grant.id)
        self.add(grant._to_rule() for grant in grants)

    def refill(self, grant, amount: Decimal) -> None:
        """Give a credit what comes back to it with the charges to come."""
        self.take_up(grant)
        self.left[grant.id] += amount

    def note_paid(self, line, charge: Charge, draw: Draw) -> None:
        """Note what paid credit pays of a charge to come."""
        self.paid[_name_of(line, charge)] += float(draw.amount)

    def paid_for(self, line, charge: Charge) -> float:
        """Return what paid credit pays of a charge to come."""
        return round(self.paid.get(_name_of(line, charge), 0.0), line.currency_id.decimal_places)

    def grants_of(self, line) -> set[int]:
        """Return the credits of the customer of a service."""
        return self.by_owner.get((line.company_id.id, line.partner_id.commercial_partner_id.id), set())


def _name_of(line, charge: Charge) -> tuple:
    return line.id, charge.kind, charge.period.start, charge.charge_date, charge.evidence.get('correction')

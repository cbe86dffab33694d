"""A company of its own for a test, with as many contracts as it wants, seeded by one statement a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tests.e2e.billing_books import AT_ANY_MOMENT, UP_TO_A_DAY, WHEN_DONE
from tests.e2e.forks import Fork, Forks, forked_odoo
from tests.e2e.processes import cloned_database, psql

BATCH = """
from odoo.addons.service_contracts.models import service_billing_run, service_billing_worker
service_billing_run.BATCH = service_billing_worker.BATCH = {size}
"""
"""Smaller transactions than the product makes, so that more of them can be hit."""
RUN = "env['service.billing.run']._cron_bill()\n"

MOULDS = """
tax = env['account.tax'].search([('type_tax_use', '=', 'sale'), ('amount', '=', 15)], limit=1)
product = env['product.product'].create({
    'name': 'Line', 'type': 'service', 'list_price': 10.0, 'taxes_id': [(6, 0, tax.ids)],
})
analytic = env['account.analytic.account'].create({
    'name': 'Lines', 'plan_id': env['account.analytic.plan'].search([], limit=1).id,
})
monthly = {'product_id': product.id, 'price_unit': 19.99}
moulds = {
    'plain': [monthly],
    'setup': [monthly, {'product_id': product.id, 'price_unit': 50.0, 'kind': 'one_time'}],
    'arrears': [{**monthly, 'price_unit': 7.77, 'timing': 'arrears'}],
    'ordinary': [{**monthly, 'analytic_distribution': {str(analytic.id): 100}}],
}
for kind, lines in moulds.items():
    customer = env['res.partner'].create({'name': kind, 'ref': f'mould-{kind}'})
    contract = env['service.contract'].create({
        'partner_id': customer.id, 'external_ref': f'mould-{kind}', 'date_start': '2000-01-01',
        'line_ids': [(0, 0, line) for line in lines],
    })
    contract.action_activate()
    assert contract.line_ids.tax_ids == tax, contract.line_ids.tax_ids
env.flush_all()
env.cr.execute("UPDATE service_contract SET state = 'draft', next_charge_date = NULL")
env.cr.commit()
"""
"""One contract of each kind, made and activated by Odoo, then put aside as a draft to copy."""

ADD_CUSTOMERS = """
INSERT INTO res_partner
SELECT made.* FROM (
    SELECT mould, n, nextval('res_partner_id_seq') AS id
      FROM res_partner AS mould, generate_series(1, %s) AS n WHERE mould.ref = %s OFFSET 0
) AS source, LATERAL jsonb_populate_record(source.mould, jsonb_build_object(
    'id', id, 'commercial_partner_id', id, 'ref', %s || n, 'name', 'Customer ' || n,
    'complete_name', 'Customer ' || n, 'customer_rank', 0
)) AS made
"""
ADD_CONTRACTS = """
INSERT INTO service_contract
SELECT made.* FROM (
    SELECT mould, customer.id AS customer_id, n, nextval('service_contract_id_seq') AS id,
           %s::date - (customer_n * 5 %% %s) AS start
      FROM service_contract AS mould, generate_series(1, %s) AS n,
           LATERAL (SELECT (n - 1) / 2 + 1 AS customer_n) AS shared, res_partner AS customer
     WHERE mould.external_ref = %s AND customer.ref = %s || customer_n OFFSET 0
) AS source, LATERAL jsonb_populate_record(source.mould, jsonb_build_object(
    'id', id, 'name', %s || n, 'external_ref', %s || n, 'partner_id', customer_id,
    'partner_invoice_id', customer_id, 'state', 'active', 'date_start', start, 'next_charge_date', start
)) AS made
"""
ADD_LINES = """
INSERT INTO service_contract_line
SELECT made.* FROM (
    SELECT mould, contract.id AS contract_id, contract.partner_id, contract.date_start AS start,
           nextval('service_contract_line_id_seq') AS id,
           contract.date_start + make_interval(months => (mould.timing = 'arrears')::integer) AS due
      FROM service_contract_line AS mould
      JOIN service_contract AS owner ON owner.id = mould.contract_id AND owner.external_ref = %s
      JOIN service_contract AS contract ON contract.external_ref LIKE %s OFFSET 0
) AS source, LATERAL jsonb_populate_record(source.mould, jsonb_build_object(
    'id', id, 'contract_id', contract_id, 'partner_id', partner_id, 'date_start', start,
    'next_period_start', start, 'next_charge_date', due::date
)) AS made
"""
ADD_TAXES = """
INSERT INTO account_tax_service_contract_line_rel (service_contract_line_id, account_tax_id)
SELECT DISTINCT line.id, rel.account_tax_id
  FROM account_tax_service_contract_line_rel AS rel
  JOIN service_contract_line AS mould ON mould.id = rel.service_contract_line_id
  JOIN service_contract AS owner ON owner.id = mould.contract_id AND owner.external_ref = %s
  JOIN service_contract AS contract ON contract.external_ref LIKE %s
  JOIN service_contract_line AS line ON line.contract_id = contract.id
"""
SET_DUE = """
UPDATE service_contract SET next_charge_date = due FROM (
    SELECT contract_id, min(next_charge_date) AS due FROM service_contract_line GROUP BY contract_id
) AS line WHERE line.contract_id = id AND external_ref LIKE %s
"""
STILL_DUE = """
SELECT count(*) FROM service_contract
 WHERE state IN ('active', 'ended') AND parked_on IS NULL AND next_charge_date <= %s
"""


def today() -> date:
    """The company of these tests lives in UTC."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class BillingWorld:
    """A database of its own and a loaded Odoo on it."""

    database: str
    forks: Forks

    def add(self, kind: str, count: int, *, days: int = 75, ref: str = '') -> None:
        """Add active contracts `<ref>1` and on, two for each new customer, begun within the last `days`."""
        ref, mould = ref or f'{kind}-', f'mould-{kind}'
        self.sql(ADD_CUSTOMERS, (count + 1) // 2, mould, ref)
        self.sql(ADD_CONTRACTS, today(), days, count, mould, ref, ref, ref)
        self.sql(ADD_LINES, mould, f'{ref}%')
        self.sql(ADD_TAXES, mould, f'{ref}%')
        self.sql(SET_DUE, f'{ref}%')
        self.sql('ANALYZE service_contract, service_contract_line, res_partner')

    def sql(self, query: str, *values) -> list[tuple]:
        return psql(self.database, query, *values)

    def value(self, query: str, *values):
        """The one value that a query gives."""
        ((found,),) = self.sql(query, *values)
        return found

    def bill(self, batch: int = 100, before: str = '') -> Fork:
        """Start the scheduled job in a process of its own, with `before` run first in there."""
        return self.forks.start(BATCH.format(size=batch) + before + RUN)

    def bill_all(self, batch: int = 100) -> None:
        """Let one process bill whatever is due today."""
        child = self.bill(batch)
        assert child.wait() == 0, child.errors
        assert not self.due(), 'The job ended and left contracts that are due'

    def due(self, day: date | None = None) -> int:
        """How many contracts a run of that day, or today, still has to bill."""
        return self.value(STILL_DUE, day or today())

    def faults(self, day: date | None = None) -> list[str]:
        """What is wrong with the books; charges still to come may be missing."""
        return [*self._broken(AT_ANY_MOMENT), *self._broken(UP_TO_A_DAY, day or today())]

    def faults_when_done(self, day: date | None = None) -> list[str]:
        """What is wrong with the books when everything until that day, or today, should be billed."""
        return [*self.faults(day), *self._broken(WHEN_DONE, day or today())]

    def _broken(self, rules: dict[str, str], *values) -> Iterator[str]:
        for name, query in rules.items():
            if rows := self.sql(query, *values):
                yield f'{name}: {len(rows)}, such as {rows[0]}'


@contextmanager
def billing_world(template: str) -> Iterator[BillingWorld]:
    """A clone of the template with a contract of each kind to copy, dropped afterwards."""
    with cloned_database(template) as database, forked_odoo(database) as forks:
        forks.run(MOULDS)
        yield BillingWorld(database, forks)

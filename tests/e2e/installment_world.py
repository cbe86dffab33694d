"""A company that sells in installments, with stored cards and a bank that writes down what it is asked."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.forks import Fork, Forks, forked_odoo
from tests.e2e.processes import cloned_database, psql

MODULES = ['installment_sales', 'installment_sales_stock', 'payment_demo']
SETUP = """
env['product.product'].create({
    'name': 'Course', 'default_code': 'COURSE', 'type': 'service', 'invoice_policy': 'order', 'taxes_id': False,
})
fridge = env['product.product'].create({
    'name': 'Refrigerator', 'default_code': 'FRIDGE', 'type': 'consu', 'is_storable': True, 'taxes_id': False,
})
demo = env.ref('payment.payment_provider_demo')
bank = env['account.journal'].search([('type', '=', 'bank'), ('company_id', '=', env.company.id)], limit=1)
env['payment.method'].with_context(active_test=False).search([('code', '=', 'demo')]).active = True
demo.write({'company_id': env.company.id, 'state': 'test', 'journal_id': bank.id})
terms = {'method': 'annuity', 'count': 3, 'interest_rate': 9.0, 'first_due': 'days', 'first_due_days': 0}
env['installment.terms'].create([
    {'name': 'One invoice', 'code': 'ONE', **terms},
    {'name': 'An invoice each', 'code': 'EACH', 'invoicing': 'each', **terms},
    {'name': 'Deposit', 'code': 'DEPOSIT', 'method': 'none', 'count': 2, 'deposit_type': 'percent',
     'deposit_value': 20, 'delivery_after': 'deposit'},
    {'name': 'Only in stock', 'code': 'STOCK', 'method': 'none', 'count': 2, 'needs_stock': True},
])
env.cr.commit()
"""
"""Whatever is sold in installments in these tests; the first installment falls due on the day of the sale."""

SELL = """
terms = env['installment.terms'].search([('code', '=', {terms!r})])
product = env['product.product'].search([('default_code', '=', {product!r})])
demo = env.ref('payment.payment_provider_demo')
for number in range({count}):
    customer = env['res.partner'].create({{'name': f'Customer {{number}}', 'customer_rank': 1}})
    order = env['sale.order'].create({{
        'partner_id': customer.id, 'installment_terms_id': terms.id, 'client_order_ref': {ref!r} + str(number),
        'order_line': [(0, 0, {{'product_id': product.id, 'price_unit': 1000.0 + number}})],
    }})
    if {is_confirmed}:
        order.action_confirm()
        order.installment_plan_ids.payment_token_id = env['payment.token'].create({{
            'provider_id': demo.id, 'payment_method_id': demo.payment_method_ids[:1].id or
            env['payment.method'].search([('code', '=', 'demo')]).id,
            'partner_id': customer.id, 'provider_ref': f'card {{number}}', 'demo_simulated_state': 'done',
        }})
env.cr.commit()
"""
BANK = """
import os, random, signal, time
from odoo.exceptions import ValidationError
from odoo.addons.payment.models.payment_transaction import PaymentTransaction
book = os.open({book!r}, os.O_WRONLY | os.O_APPEND)
def ask(transaction):
    os.write(book, (transaction.reference + '\\n').encode())
    {answer}
PaymentTransaction._send_payment_request = ask
type(env['payment.transaction'])._send_payment_request = ask
"""
"""The bank of a process: it writes down every request before it answers, past all transactions."""
PAYS = "transaction._set_done()"
SLOWLY = "time.sleep(0.05); transaction._set_done()"
SILENT = "raise ValidationError('no answer')"
DIES = "os.kill(os.getpid(), signal.SIGKILL)"
CHARGE = "env['installment.charge']._cron_charge()\n"
BILL = "env['installment.line']._cron_bill()\n"

RULES = {
    'C1: installments of a plan sum to what was agreed': """
        SELECT plan.id FROM installment_plan AS plan JOIN installment_line AS line ON line.plan_id = plan.id
         GROUP BY plan.id HAVING SUM(line.amount) != plan.total""",
    'C2: principal sums to the price, interest to the cost, and the last balance is zero': """
        SELECT plan.id FROM installment_plan AS plan JOIN installment_line AS line ON line.plan_id = plan.id
         GROUP BY plan.id HAVING SUM(line.principal) != plan.price OR SUM(line.interest + line.fee) != plan.cost
             OR (array_agg(line.balance ORDER BY line.number DESC))[1] != 0""",
    'C8: every posted entry balances': """
        SELECT move_id FROM account_move_line WHERE parent_state = 'posted'
         GROUP BY move_id HAVING SUM(balance) != 0""",
    'C8: what is open of installments is what is open of their receivables': """
        SELECT line.id FROM installment_line AS line
          LEFT JOIN account_move_line AS item ON item.installment_line_id = line.id AND item.parent_state = 'posted'
         GROUP BY line.id
        HAVING line.amount_residual != COALESCE(SUM(item.amount_residual_currency), line.amount)""",
    'an installment has more than one receivable': """
        SELECT installment_line_id FROM account_move_line
         WHERE installment_line_id IS NOT NULL AND parent_state = 'posted'
         GROUP BY installment_line_id HAVING COUNT(*) > 1""",
    'a charge that went through is booked more than once': """
        SELECT payment_transaction_id FROM account_payment WHERE payment_transaction_id IS NOT NULL
         GROUP BY payment_transaction_id HAVING COUNT(*) > 1""",
    'more money was booked than the bank was asked for': """
        SELECT plan.id FROM installment_plan AS plan
         WHERE plan.total - plan.amount_residual > COALESCE((
             SELECT SUM(amount) FROM installment_charge AS charge WHERE charge.plan_id = plan.id AND state = 'done'
         ), 0)""",
}


@dataclass(frozen=True)
class InstallmentWorld:
    """A database of its own, a loaded Odoo on it, and the bank's book."""

    database: str
    forks: Forks
    book: Path

    def sell(self, count: int, terms: str = 'ONE', product: str = 'COURSE', ref: str = 'S', confirmed: bool = True):
        self.forks.run(SELL.format(count=count, terms=terms, product=product, ref=ref, is_confirmed=confirmed))

    def charge(self, answer: str = PAYS) -> Fork:
        """Start the charging job in a process of its own, whose bank answers so."""
        return self.forks.start(BANK.format(book=str(self.book), answer=answer) + CHARGE)

    def charge_all(self, answer: str = PAYS) -> None:
        child = self.charge(answer)
        assert child.wait() == 0, child.errors

    def asked(self) -> Counter:
        """How often the bank was asked to charge each installment, whatever the attempt."""
        references = self.book.read_text().split()
        return Counter(re.sub(r'-\d+$', '', reference) for reference in references)

    def sql(self, query: str, *values) -> list[tuple]:
        return psql(self.database, query, *values)

    def value(self, query: str, *values):
        ((found,),) = self.sql(query, *values)
        return found

    def states(self) -> dict[str, int]:
        return dict(self.sql('SELECT state, COUNT(*) FROM installment_charge GROUP BY state'))

    def let_lease_end(self) -> None:
        """Make every request older than the time a worker may take for it."""
        self.sql("UPDATE installment_charge SET write_date = write_date - interval '1 hour'")

    def faults(self) -> list[str]:
        """What is wrong with plans, entries and payments."""
        return [f'{name}: {len(rows)}, such as {rows[0]}' for name, query in RULES.items() if (rows := self.sql(query))]


@contextmanager
def installment_world(template: str, folder: Path) -> Iterator[InstallmentWorld]:
    """A clone of the template with products, terms and a provider, dropped afterwards."""
    book = folder / 'bank'
    book.touch()
    with cloned_database(template) as database, forked_odoo(database) as forks:
        forks.run(SETUP)
        yield InstallmentWorld(database, forks, book)

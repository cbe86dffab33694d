"""A company that sells in installments, with stored cards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.card_world import CardWorld
from tests.e2e.forks import forked_odoo
from tests.e2e.processes import cloned_database

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


class InstallmentWorld(CardWorld):
    """Customers who bought in installments."""

    model = 'installment.charge'
    rules = RULES

    def sell(self, count: int, terms: str = 'ONE', product: str = 'COURSE', ref: str = 'S', confirmed: bool = True):
        self.forks.run(SELL.format(count=count, terms=terms, product=product, ref=ref, is_confirmed=confirmed))


@contextmanager
def installment_world(template: str, folder: Path) -> Iterator[InstallmentWorld]:
    """A clone of the template with products, terms and a provider, dropped afterwards."""
    book = folder / 'bank'
    book.touch()
    with cloned_database(template) as database, forked_odoo(database) as forks:
        forks.run(SETUP)
        yield InstallmentWorld(database, forks, book)

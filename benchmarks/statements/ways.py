"""What is measured inside an Odoo process: statements of many customers, ours beside plain SQL, in turns."""

from datetime import date, timedelta

from odoo.fields import Command

from benchmarks.kit.child import measures, wait_for_go
from benchmarks.kit.meter import Meter
from benchmarks.kit.rows import copy_rows

BATCH = 500
DAY = date(2026, 3, 10)
MONTHS = 6
PLAIN = """
    SELECT partner.commercial_partner_id, line.currency_id, line.id, line.date, line.date_maturity, move.name,
           line.amount_currency::text,
           sum(line.amount_currency) OVER (PARTITION BY partner.commercial_partner_id, line.currency_id
                                           ORDER BY line.date, line.id)::text,
           (line.amount_residual_currency)::text
      FROM res_partner AS partner
      JOIN account_move_line AS line ON line.partner_id = partner.id
      JOIN account_account AS account ON account.id = line.account_id
      JOIN account_move AS move ON move.id = line.move_id
     WHERE partner.commercial_partner_id = ANY(%s) AND account.account_type = 'asset_receivable'
       AND line.parent_state = 'posted' AND line.company_id = %s AND line.date <= %s
     ORDER BY 1, line.date, line.id
"""


def seed(env, count: int) -> dict:
    """Make a customer with six invoices, four of them paid, and copy it."""
    partner = env['res.partner'].create({'name': "Customer", 'email': 'customer@example.com'})
    product = env['product.product'].create({'name': "Service", 'type': 'service', 'list_price': 100})
    invoices = env['account.move'].create([
        {'move_type': 'out_invoice', 'partner_id': partner.id, 'invoice_date': DAY - timedelta(days=30 * month),
         'invoice_line_ids': [Command.create({'product_id': product.id, 'price_unit': 100, 'tax_ids': False})]}
        for month in range(MONTHS, 0, -1)
    ])
    invoices.action_post()
    for invoice in invoices[:4]:
        env['account.payment.register'].with_context(active_model='account.move', active_ids=invoice.ids).create(
            {'payment_date': invoice.invoice_date + timedelta(days=20)})._create_payments()
    env.flush_all()
    first = _copy(env.cr, partner, count)
    env.cr.execute('ANALYZE')
    env.cr.commit()
    env.invalidate_all()
    return {'first': first, 'count': count}


def _copy(cr, partner, count: int) -> int:
    """Copy the customer with its invoices, payments and matches, and return the id before the first copy."""
    first = copy_rows(cr, 'res_partner', partner.id, count, commercial_partner_id='NULL')
    cr.execute('UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL')
    lines = partner.env['account.move.line'].search([('partner_id', '=', partner.id)])
    owner = {'partner_id': f'{first} + i', 'commercial_partner_id': f'{first} + i'}
    moves = {
        move.id: copy_rows(cr, 'account_move', move.id, count, name=f"'C{move.id}/' || i", sequence_number='i',
                           origin_payment_id='NULL', **owner)
        for move in lines.move_id
    }
    partials = lines.matched_debit_ids | lines.matched_credit_ids
    fulls = {full.id: copy_rows(cr, 'account_full_reconcile', full.id, count) for full in partials.full_reconcile_id}
    copied = {
        line.id: copy_rows(
            cr, 'account_move_line', line.id, count, partner_id=f'{first} + i', move_id=f'{moves[line.move_id.id]} + i',
            full_reconcile_id=f'{fulls[line.full_reconcile_id.id]} + i' if line.full_reconcile_id else 'NULL')
        for line in lines
    }
    for partial in partials:
        copy_rows(cr, 'account_partial_reconcile', partial.id, count,
                  debit_move_id=f'{copied[partial.debit_move_id.id]} + i',
                  credit_move_id=f'{copied[partial.credit_move_id.id]} + i',
                  full_reconcile_id=f'{fulls[partial.full_reconcile_id.id]} + i')
    return first


@measures
def make(env, first: int, count: int) -> dict:
    """Make the statements of all customers by our method and read the same rows by plain SQL, in turns."""
    wait_for_go()
    costs, closing = {'ours': [], 'plain': [], 'split': []}, {'ours': 0.0, 'plain': 0.0}
    for start in range(first + 1, first + count + 1, BATCH):
        ids = list(range(start, min(start + BATCH, first + count + 1)))
        costs['plain'].append(_measured(env, lambda ids=ids: _add(closing, 'plain', _plain(env, ids))))
        costs['ours'].append(_measured(env, lambda ids=ids: _add(closing, 'ours', _ours(env, ids))))
        costs['split'].append(_measured(env, lambda ids=ids: _ours(env, ids, 'service_type')))
    totals = {way: _total(parts) for way, parts in costs.items()}
    return {'costs': totals, 'closing': closing, 'batches': len(costs['ours'])}


@measures
def send(env, first: int, count: int) -> dict:
    """Hand the statements of all customers to the mail queue, without documents."""
    run = env['account.statement.run'].create({'attach_pdf': False, 'as_of': DAY})
    wait_for_go()
    cost = _measured(env, lambda: _send(env, run))
    return {'cost': cost, 'sent': run.sent_count, 'count': count, 'first': first}


@measures
def figures(env, first: int, count: int) -> dict:
    """Work out what the night works out, and open the ageing report and the worklist."""
    wait_for_go()
    company, Figure = env.company, env['collection.figure']
    ageing, worklist = env['collection.ageing'], env['collection.worklist']
    works = {
        'payment behaviour': lambda: env['payment.profile']._update(company, DAY),
        'figures by month': lambda: Figure._update(company, DAY),
        'forecast and back-tests': lambda: env['collection.forecast']._update(company, DAY),
        'ageing report, one page': lambda: ageing.search([], limit=80).read(['partner_id', 'residual']),
        'worklist, one page': lambda: worklist.search([], limit=80).read(['partner_id', 'next_step']),
    }
    return {'costs': {name: _measured(env, work) for name, work in works.items()}, 'count': count, 'first': first}


def _ours(env, ids: list[int], group_by: str | None = None) -> float:
    made = env['account.statement']._statements(env['res.partner'].browse(ids), DAY, None, group_by)
    total = sum(part['closing'] for statement in made.values() for part in statement['currencies'])
    env.cr.rollback()
    env.invalidate_all()
    return total


def _plain(env, ids: list[int]) -> float:
    env.cr.execute(PLAIN, (ids, env.company.id, DAY))
    return sum(float(row[-1]) for row in env.cr.fetchall())


def _add(closing: dict, way: str, amount: float) -> None:
    closing[way] += amount


def _send(env, run) -> None:
    run.action_start()
    env.cr.commit()
    Run = env['account.statement.run']
    while batch := Run._claim(run):
        run._send_or_split(batch)
        env.cr.commit()
        env.invalidate_all()


def _measured(env, work) -> dict:
    with Meter(env.cr) as meter:
        work()
    return meter.as_dict()


def _total(parts: list[dict]) -> dict:
    total = {name: sum(part[name] for part in parts) for name in ('python', 'postgres', 'wall', 'queries')}
    return {**total, 'memory': [round(part['memory_before']) for part in (parts[0], parts[-1])]}

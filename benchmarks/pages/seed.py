"""Runs inside an Odoo process: the customer of the portal's tests gets hundreds of everything, copied by SQL."""

from benchmarks.kit.rows import copy_rows

WEEKLY = "(current_date - (i % 5000) * {days})::text"
OPEN_EVERY = 5
"""One invoice in five is open, the others are paid."""


def grow(env, own: dict[str, int], line_id: int, invoices: int, others: int) -> None:
    """Copy the customer's invoice and other records.

    :param own: the numbers of the records by model, as `portal_seed.py` tells them.
    :param line_id: the receivable of the invoice.
    """
    _invoices(env, own, line_id, invoices)
    cr = env.cr
    number = "'X/' || i"
    copy_rows(cr, 'support_case', own['support.case'], others, name=number)
    copy_rows(cr, 'transfer_report', own['transfer.report'], others, name=number, reference=number,
              state="CASE WHEN i % 20 = 0 THEN 'reported' ELSE 'confirmed' END")
    contracts = _contracts(cr, own['service.contract'], others)
    copy_rows(cr, 'service_request', own['service.request'], others, name=number, contract_id=f'{contracts} + i')
    copy_rows(cr, 'dunning_notice', own['dunning.notice'], others, key='NULL',
              date='(current_date - i::int)::text')
    copy_rows(cr, 'installment_plan', own['installment.plan'], others, name=number, access_token='NULL')
    _circulars(cr, own['portal.circular.recipient'], others)
    cr.execute('ANALYZE')


def _invoices(env, own: dict[str, int], line_id: int, count: int) -> None:
    line = env['account.move.line'].browse(line_id)
    move, number, day = line.move_id, "'BENCH/' || i", WEEKLY.format(days=7 if count <= 500 else 1)
    # The invoices are those of the contract, whose page lists them.
    move.line_ids.write({'service_contract_id': own['service.contract']})
    env.flush_all()
    is_open = f'i % {OPEN_EVERY} = 0'
    first = copy_rows(
        env.cr, 'account_move', move.id, count, name=number, sequence_number='i', sequence_prefix="'BENCH/'",
        payment_reference=number, access_token='NULL', invoice_date=day, date=day, invoice_date_due=day,
        payment_state=f"CASE WHEN {is_open} THEN 'not_paid' ELSE 'paid' END",
        amount_residual=f'CASE WHEN {is_open} THEN {move.amount_total} ELSE 0 END',
        amount_residual_signed=f'CASE WHEN {is_open} THEN {move.amount_total} ELSE 0 END',
    )
    for item in move.line_ids:
        rest = {'amount_residual': f'CASE WHEN {is_open} THEN {item.amount_residual} ELSE 0 END',
                'amount_residual_currency': f'CASE WHEN {is_open} THEN {item.amount_residual} ELSE 0 END',
                'date_maturity': day} if item == line else {}
        copy_rows(env.cr, 'account_move_line', item.id, count, move_id=f'{first} + i', move_name=number, date=day,
                  **rest)


def _contracts(cr, contract_id: int, count: int) -> int:
    first = copy_rows(cr, 'service_contract', contract_id, count, name="'X/' || i", external_ref='NULL',
                      trial_key='NULL')
    cr.execute('SELECT id FROM service_contract_line WHERE contract_id = %s', [contract_id])
    for (line_id,) in cr.fetchall():
        copy_rows(cr, 'service_contract_line', line_id, count, contract_id=f'{first} + i', sale_line_id='NULL')
    return first


def _circulars(cr, row_id: int, count: int) -> None:
    cr.execute('SELECT circular_id FROM portal_circular_recipient WHERE id = %s', [row_id])
    first = copy_rows(cr, 'portal_circular', cr.fetchone()[0], count)
    copy_rows(cr, 'portal_circular_recipient', row_id, count, circular_id=f'{first} + i')

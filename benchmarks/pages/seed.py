"""Runs inside an Odoo process: the customer of the portal's tests gets hundreds of everything, copied by SQL."""

from benchmarks.kit.rows import copy_rows

OPEN = 100
"""So many invoices are open, all others are paid."""


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
    """Copy an open invoice and one that is paid, with its payment; the contract's page lists them all."""
    open_move = env['account.move.line'].browse(line_id).move_id
    open_move.line_ids.write({'service_contract_id': own['service.contract']})
    paid_move = open_move.copy({'invoice_date': open_move.invoice_date})
    paid_move.action_post()
    paid_move.line_ids.write({'service_contract_id': own['service.contract']})
    env['account.payment.register'].with_context(active_model='account.move', active_ids=paid_move.ids).create(
        {})._create_payments()
    env.flush_all()
    day = f"(current_date - (i * {max(3500 // count, 1)})::int)::text"
    _copy_moves(env.cr, open_move, OPEN, 'O', day)
    _copy_moves(env.cr, paid_move, count - OPEN, 'P', day)


def _copy_moves(cr, move, count: int, prefix: str, day: str) -> None:
    """Copy an invoice with what paid it."""
    receivables = move.line_ids.filtered(lambda line: line.display_type == 'payment_term')
    partials = receivables.matched_debit_ids | receivables.matched_credit_ids
    lines = (move | (partials.debit_move_id | partials.credit_move_id).move_id).line_ids
    moves = {
        one.id: copy_rows(
            cr, 'account_move', one.id, count, name=f"'{prefix}{one.id}/' || i", sequence_number='i',
            sequence_prefix=f"'{prefix}{one.id}/'", access_token='NULL', origin_payment_id='NULL',
            payment_reference=f"'{prefix}{one.id}/' || i", date=day, invoice_date=day, invoice_date_due=day)
        for one in lines.move_id
    }
    fulls = {full.id: copy_rows(cr, 'account_full_reconcile', full.id, count) for full in partials.full_reconcile_id}
    copied = {
        line.id: copy_rows(
            cr, 'account_move_line', line.id, count, move_id=f'{moves[line.move_id.id]} + i', date=day,
            move_name=f"'{prefix}{line.move_id.id}/' || i", payment_id='NULL',
            full_reconcile_id=f'{fulls[line.full_reconcile_id.id]} + i' if line.full_reconcile_id else 'NULL',
            **({'date_maturity': day} if line.date_maturity else {}))
        for line in lines
    }
    for partial in partials:
        copy_rows(
            cr, 'account_partial_reconcile', partial.id, count, max_date=day,
            debit_move_id=f'{copied[partial.debit_move_id.id]} + i',
            credit_move_id=f'{copied[partial.credit_move_id.id]} + i',
            full_reconcile_id=f'{fulls[partial.full_reconcile_id.id]} + i' if partial.full_reconcile_id else 'NULL')


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

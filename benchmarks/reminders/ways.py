"""What is measured inside an Odoo process: the same open invoices, reminded by us and by the peer."""

from datetime import date, timedelta

from odoo.fields import Command

from benchmarks.contracts.seed import customers
from benchmarks.kit.child import measures, wait_for_go
from benchmarks.kit.meter import Meter
from benchmarks.kit.profile import profiled
from benchmarks.kit.rows import copy_rows

PER_CUSTOMER = 5
"""Open invoices of each customer, each with one receivable line."""
OVERDUE = "12 + (i * 7 % 25)"
"""Days overdue, so that every line has a step in both policies."""


def seed(env, count: int) -> None:
    """Make posted invoices, all overdue: one by core, the others copied from it by SQL."""
    base = customers(env, -(-count // PER_CUSTOMER))
    env.cr.execute("UPDATE res_partner SET email = lower(ref) || '@example.com', email_normalized = "
                   "lower(ref) || '@example.com', lang = 'en_US' WHERE id > %s", (base,))
    product = env['product.product'].create({'name': "Service", 'type': 'service', 'taxes_id': [Command.clear()]})
    move = env['account.move'].create({
        'move_type': 'out_invoice', 'partner_id': base + 1, 'invoice_date': date.today() - timedelta(days=60),
        'invoice_date_due': date.today() - timedelta(days=12), 'invoice_payment_term_id': False,
        'invoice_line_ids': [Command.create({'product_id': product.id, 'price_unit': 100, 'tax_ids': False})],
    })
    move.action_post()
    env.flush_all()
    partner, due = f'{base} + 1 + (i - 1) / {PER_CUSTOMER}', f"(current_date - ({OVERDUE}))::text"
    number = "'BENCH/' || lpad(i::text, 6, '0')"
    first = copy_rows(
        env.cr, 'account_move', move.id, count, name=number, sequence_number='i', sequence_prefix="'BENCH/'",
        partner_id=partner, commercial_partner_id=partner, partner_shipping_id=partner, invoice_date_due=due,
        payment_reference=number, access_token='NULL',
    )
    for line in move.line_ids:
        dates = {'date_maturity': due} if line.display_type == 'payment_term' else {}
        copy_rows(env.cr, 'account_move_line', line.id, count, move_id=f'{first} + i', move_name=number,
                  partner_id=partner, **dates)
    move.button_draft()
    move.with_context(force_delete=True).unlink()
    env.flush_all()
    env.cr.execute('ANALYZE')


@measures
def ours(env, warm_up: int, profile: str | None = None) -> dict:
    """Plan the day: every customer decided, every notice and message written, ready to send."""
    company = env.company
    company.write({'dunning_is_active': True, 'dunning_contact_rule_id': False})
    Run = env['dunning.run']
    partner_ids = Run._customers(company, company._dunning_today())
    env['dunning.planner'].with_company(company)._plan(company, partner_ids[:warm_up])
    env.cr.commit()
    wait_for_go()
    with Meter(env.cr) as meter, profiled(profile):
        run = Run._open(company, company._dunning_today())
        env.cr.commit()
        Run._work_off()
    told = env['dunning.notice.line'].search_count([('step_id', '!=', False)])
    ready = env['dunning.delivery'].search_count([('state', '=', 'queued')])
    return {**meter.as_dict(), 'told': told, 'ready': ready, 'batches': len(run.batch_ids)}


@measures
def peer(env) -> dict:
    """Let the peer make its credit lines, communications and mails, queued; without the PDF it puts on each."""
    env.ref('account_credit_control.email_template_credit_control_base').report_template_ids = False
    policy = env.ref('account_credit_control.credit_control_3_time')
    policy.account_ids = env['account.account'].search([('account_type', '=', 'asset_receivable')])
    env.company.credit_policy_id = policy
    env.cr.commit()
    wait_for_go()
    with Meter(env.cr) as meter:
        run = env['credit.control.run'].create({'date': date.today(), 'policy_ids': [Command.set(policy.ids)]})
        run.generate_credit_lines()
        run.set_to_ready_lines()
        comms = env['credit.control.communication']._generate_comm_from_credit_lines(run.line_ids)
        comms.with_context(mail_notify_force_send=False)._generate_emails()
        env.flush_all()
        env.cr.commit()
    ready = env['mail.mail'].search_count([('state', '=', 'outgoing')])
    return {**meter.as_dict(), 'told': len(run.line_ids), 'ready': ready}

"""Runs inside Odoo (`env`, and SUITE, SHOWN set by the caller): where the office and the printer read the texts.

Prints one line of JSON: windows of the office, HTML of every report, HTML and subject of every mail.
"""

import json

from odoo.fields import Date, Domain

company = env.ref('service_contracts.company_alba')  # noqa: F821 the shell's own
env = company.env(context={'allowed_company_ids': company.ids})
partner = env['res.users'].search([('login', '=', 'customer')]).partner_id
buyers = env['res.partner'].search([('name', 'like', SHOWN)])  # noqa: F821


def remind() -> None:
    """Write a reminder to the customer, with the name as it is now."""
    env.cr.execute(
        "UPDATE account_move_line SET date_maturity = %s WHERE partner_id = %s AND amount_residual > 0 AND"
        " account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')",
        [Date.subtract(Date.today(), days=40), partner.id])
    env.invalidate_all()
    env['dunning.run']._cron_run()


def with_text(model):
    """Return the newest record of a model that has the text, or is of somebody who has it as a name."""
    fields = model._fields.items()
    texts = [name for name, field in fields if field.store and field.type in ('char', 'text', 'html')]
    owners = [name for name, field in fields if field.store and field.type == 'many2one'
              and field.comodel_name == 'res.partner' and name in ('partner_id', 'customer_id')]
    domain = Domain.OR([
        *(Domain(name, 'like', SHOWN) for name in texts if not model._fields[name].translate),  # noqa: F821
        *(Domain(name, 'in', buyers.ids) for name in owners)])
    return model.with_context(active_test=False).search(domain, order='id desc', limit=1)


def windows() -> list[dict]:
    """Every window of the suite and of what it builds on that has such a record: its list, kanban and form."""
    actions = env['ir.model.data'].search([
        ('model', '=', 'ir.actions.act_window'),
        '|', ('module', 'in', SUITE), ('name', 'in', CORE)])  # noqa: F821
    rows, seen = [], set()
    for action in env['ir.actions.act_window'].browse(actions.mapped('res_id')).exists():
        model = env.get(action.res_model)
        if model is None or not model._auto or model._transient or action.res_model in seen or action.target == 'new':
            continue
        if record := with_text(model):
            seen.add(action.res_model)
            kinds = [kind for kind in action.view_mode.split(',') if kind in ('list', 'kanban', 'form')]
            rows.append({'model': action.res_model, 'action': action.id, 'record': record.id, 'views': kinds})
    return rows


CORE = ('action_partner_form', 'action_orders', 'action_move_out_invoice_type', 'crm_lead_action_pipeline',
        'action_payment_transaction')


def reports() -> dict[str, str]:
    found = {}
    for data in env['ir.model.data'].search([('model', '=', 'ir.actions.report'), ('module', 'in', SUITE)]):  # noqa: F821
        report = env['ir.actions.report'].browse(data.res_id)
        model = env[report.model]
        record = model.search([('partner_id', '=', partner.id)], order='id desc', limit=1)
        if record:
            found[data.complete_name] = report._render_qweb_html(report.report_name, record.ids)[0].decode()
    for report in ('sale.action_report_saleorder', 'account.account_invoices'):
        action = env.ref(report)
        record = env[action.model].search([('partner_id', 'in', buyers.ids)], order='id desc', limit=1)
        found[report] = action._render_qweb_html(action.report_name, record.ids)[0].decode()
    return found


def mails() -> dict[str, tuple]:
    """What went out already, and what every template of the suite would say about such a record."""
    found = {
        f'mail {mail.id} {mail.model}': (mail.subject or '', mail.body_html)
        for mail in env['mail.mail'].search([])
    } | {
        f'reminder {one.id} {one.channel}': (one.subject or '', one.body_html)
        for one in env['dunning.delivery'].search([('partner_id', '=', partner.id)])
    }
    for data in env['ir.model.data'].search([('model', '=', 'mail.template'), ('module', 'in', SUITE)]):  # noqa: F821
        template = env['mail.template'].browse(data.res_id)
        if record := with_text(env[template.model]):
            made = template._generate_template(record.ids, ['subject', 'body_html'])[record.id]
            found[data.complete_name] = (made['subject'], made['body_html'])
    return found


remind()
answer = {'windows': windows(), 'reports': reports(), 'mails': mails()}
env.cr.commit()
print(json.dumps(answer, default=str))

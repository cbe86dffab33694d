"""Runs inside Odoo (`env`, and SUITE with the names of the add-ons): one of everything for a customer of the demo.

Prints numbers, addresses, tokens, tables and the routing map as one line of JSON.
"""

import inspect
import json

from odoo.fields import Command, Date

company = env.ref('service_contracts.company_alba')  # noqa: F821 the shell's own
env = company.env(context={'allowed_company_ids': company.ids, 'tracking_disable': True})
owner = env['res.users'].search([('login', '=', 'customer')])
partner = owner.partner_id.commercial_partner_id


def seed() -> dict[str, int]:
    stranger()
    share = env['service.allocation.line'].search([('state', '=', 'confirmed')], limit=1)
    contract = share.contract_id
    plan = env['installment.plan'].search([('state', '=', 'active')], limit=1)
    notice = env['dunning.notice'].search([], limit=1)
    order = env['sale.order'].search([('state', '=', 'sent')], limit=1)
    env.flush_all()
    hand_over(share, contract, contract.line_ids, plan, plan.line_ids, notice, notice.line_ids, order)
    env.cr.execute('UPDATE dunning_notice SET company_id = %s WHERE id = %s', [company.id, notice.id])
    contract.partner_invoice_id = partner
    invoice()
    article = env['support.article'].search([('is_published', '=', True)], limit=1)
    gateway = env['dunning.gateway'].search([], limit=1)
    gateway.report_secret = 'secret'
    document = env['ir.attachment'].create({
        'name': 'agreement.pdf', 'raw': b'%PDF-1.4', 'res_model': plan._name, 'res_id': plan.id})
    plan.document_ids = [Command.link(document.id)]
    own = (
        share, contract, plan, notice, order, document, article, gateway, case(), transfer(), circular(),
        wish(contract), env['installment.financing.provider'].search([], limit=1),
        env['account.statement.wizard'].create({'partner_id': partner.id, 'company_id': company.id}),
    )
    return {record._name: record.id for record in own}


def stranger() -> None:
    """A customer with a login and nothing else."""
    env['res.users'].with_context(no_reset_password=True).create({
        'name': 'A Stranger', 'login': 'stranger', 'password': 'stranger', 'company_id': company.id,
        'company_ids': [Command.set(company.ids)], 'group_ids': [Command.set(env.ref('base.group_portal').ids)],
    })


def hand_over(*records) -> None:
    """Make records the customer's own, past the rules that keep them with whom they belong to."""
    for record in records:
        env.cr.execute(f'UPDATE {record._table} SET partner_id = %s WHERE id = ANY(%s)', [partner.id, record.ids])
    env.invalidate_all()


def invoice():
    move = env['account.move'].create({
        'move_type': 'out_invoice', 'partner_id': partner.id, 'invoice_date': Date.today(),
        'invoice_line_ids': [Command.create({'name': 'Service', 'price_unit': 40, 'tax_ids': [Command.clear()]})],
    })
    move.action_post()
    return move


def case():
    return env['support.case'].create({
        'partner_id': partner.id, 'company_id': company.id, 'type_id': env['support.case.type'].search([], limit=1).id,
        'subject': 'No signal', 'description': 'The alarm has no signal.', 'channel': 'portal',
    })


def transfer():
    return env['transfer.report'].create({
        'partner_id': partner.id, 'company_id': company.id, 'amount': 12.0, 'date_paid': Date.today(),
        'reference': 'RF 12', 'currency_id': company.currency_id.id,
    })


def circular():
    sent = env['portal.circular'].search([], limit=1)
    recipient = env['portal.circular.recipient'].create({
        'circular_id': sent.id, 'partner_id': partner.id, 'is_published': True})
    env.cr.execute("UPDATE portal_circular SET state = 'sent' WHERE id = %s", sent.ids)
    return recipient


def wish(contract):
    return env['service.request']._send({
        'kind': 'data', 'contract_id': contract.id, 'partner_id': partner.id, 'company_id': company.id,
        'message': 'We have moved.',
    })


def addresses(own: dict[str, int]) -> dict[str, str]:
    """What stands in addresses beside numbers."""
    services = env['service.plan'].sudo()._catalog(company, partner)
    slug = env['ir.http']._slug
    lines = env['account.move.line'].search([
        ('partner_id', '=', partner.id), ('display_type', '=', 'payment_term'), ('parent_state', '=', 'posted'),
        ('amount_residual', '>', 0), ('company_id', '=', company.id)], limit=1)
    return {
        'service': slug(services[0]), 'article': slug(env['support.article'].browse(own['support.article'])),
        'lines': str(lines.id), 'notice_token': env['dunning.notice']._token(own['dunning.notice']),
    }


def tokens(own: dict[str, int]) -> dict[str, str]:
    return {
        model: env[model].browse(own[model])._portal_ensure_token() for model in ('installment.plan', 'sale.order')
    }


def tables(own: dict[str, int]) -> dict[str, dict]:
    """For each model its table, and whose and in which company a record is."""
    return {model: {
        'table': env[model]._table,
        'columns': [name for name in ('partner_id', 'company_id', 'state') if name in env[model]._fields
                    and env[model]._fields[name].store],
    } for model in own}


def routes() -> dict[str, dict]:
    """Every route that an add-on of the suite declares or changes."""
    found = {}
    for rule in env['ir.http'].routing_map().iter_rules():
        method = rule.endpoint.func
        classes = [cls for cls in type(method.__self__).mro() if method.__name__ in vars(cls)]
        modules = {cls.__module__.split('.')[2] for cls in classes if cls.__module__.startswith('odoo.addons.')}
        if modules & set(SUITE):  # noqa: F821 set by the caller
            routing = rule.endpoint.routing
            found[rule.rule] = {
                'modules': sorted(modules & set(SUITE)), 'file': inspect.getsourcefile(classes[0]),  # noqa: F821
                'methods': sorted(routing.get('methods') or []), 'type': routing['type'],
                'auth': routing['auth'], 'csrf': routing.get('csrf', True),
            }
    return found


own = seed()
print(json.dumps({
    'own': own, 'values': addresses(own), 'tokens': tokens(own), 'tables': tables(own), 'routes': routes(),
}))
env.cr.commit()

"""What is measured inside an Odoo process: the outbox of reminders worked off, and the same mails by Odoo's queue."""

from benchmarks.kit.child import measures, wait_for_go
from benchmarks.kit.meter import Meter

PHONES = 5
"""Every so many customers, one has a phone number instead of an address."""


def prepare(env, smtp_port: int, sms_url: str) -> int:
    """Plan the day, with a fake mail server and a fake SMS provider outside; return how many messages wait."""
    company = env.company
    gateway = env['dunning.gateway'].create({
        'name': "Fake", 'kind': 'http', 'url': f'{sms_url}/send', 'reference_path': 'id',
    })
    env['ir.mail_server'].create({
        'name': "Fake", 'smtp_host': '127.0.0.1', 'smtp_port': smtp_port, 'smtp_encryption': 'none',
    })
    env.cr.execute("""UPDATE res_partner SET phone = '+57 300 ' || (1000000 + id), email = NULL, email_normalized = NULL
                       WHERE ref LIKE 'C%%' AND id %% %s = 0""", (PHONES,))
    company.write({
        'dunning_is_active': True, 'dunning_contact_rule_id': False, 'dunning_gateway_id': gateway.id,
        'email': 'us@example.com', 'dunning_hour': 0,
    })
    env['ir.cron'].search([]).active = False
    env['dunning.run']._open(company, company._dunning_today())
    env.cr.commit()
    env['dunning.run']._work_off()
    env.cr.execute('ANALYZE')
    return _waiting(env)


@measures
def outbox(env, channel: str) -> dict:
    """Work off all messages of one channel as the scheduler does it, checks and records included."""
    env.cr.execute(
        "UPDATE dunning_delivery SET next_try_at = CASE WHEN channel = %s THEN now() AT TIME ZONE 'UTC' "
        "ELSE '2100-01-01' END WHERE state = 'queued'", (channel,))
    count = _waiting(env)
    env.cr.commit()
    wait_for_go()
    with Meter(env.cr) as meter:
        env['dunning.sender']._cron_send()
    sent = count - _waiting(env)
    return {**meter.as_dict(), 'sent': sent}


@measures
def queue(env) -> dict:
    """Make the same mails and let Odoo's own queue send them; it checks nothing again and knows no outbox."""
    from odoo.addons.dunning_sms.models.dunning_gate import DUNNING_GATE  # known once the add-ons path is

    deliveries = env['dunning.delivery'].search([('channel', '=', 'email'), ('state', '=', 'queued')], order='id')
    env.cr.commit()
    wait_for_go()
    with Meter(env.cr) as meter:
        for start in range(0, len(deliveries), 500):
            env['mail.mail'].with_context(dunning_gate=DUNNING_GATE).create([
                {**env['dunning.mailer']._prepare_mail_vals(delivery), 'dunning_delivery_id': False}
                for delivery in deliveries[start:start + 500]
            ])
            env.cr.commit()
        while env['mail.mail'].search_count([('state', '=', 'outgoing')]):
            env['mail.mail'].process_email_queue()
    return {**meter.as_dict(), 'sent': env['mail.mail'].search_count([('state', '=', 'sent')])}


def _waiting(env) -> int:
    env.invalidate_all()
    return env['dunning.delivery'].search_count(env['dunning.sender']._queue_domain())

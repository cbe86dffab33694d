"""Prepaid credit under several billing jobs and kills: used once, never below nothing, all of it accounted for."""

import random
import time

GRANT = """
company = env.company
accounts = env['account.account'].create([
    {'name': 'Credit', 'code': 'CRED1', 'account_type': 'liability_current'},
    {'name': 'Expired', 'code': 'CRED2', 'account_type': 'income_other'},
])
company.write({'service_credit_account_id': accounts[0].id, 'service_credit_breakage_account_id': accounts[1].id})
family = env['res.partner'].create({'name': 'Family', 'is_company': True})
env['res.partner'].search([('ref', '=like', 'plain-%')]).write({'parent_id': family.id, 'type': 'invoice'})
env['service.credit.grant'].create([
    {'partner_id': family.id, 'amount': amount, 'kind': kind, 'name': kind}
    for amount, kind in ((500.01, 'free'), (333.33, 'free'), (700.02, 'paid'), (444.44, 'paid'))
])
env.cr.commit()
"""
WRONG_BALANCES = """
SELECT count(*) FROM service_credit_grant credit
 WHERE balance < 0 OR balance != amount + COALESCE(
    (SELECT sum(signed_amount) FROM service_credit_entry WHERE grant_id = credit.id), 0)
"""
PAID_BY_CREDIT = """
SELECT COALESCE(sum(part.amount), 0) FROM account_partial_reconcile part
  JOIN account_move_line line ON line.id = part.credit_move_id
 WHERE line.move_id IN (SELECT settlement_id FROM service_credit_entry)
"""
USED = "SELECT COALESCE(sum(entry.amount), 0) FROM service_credit_entry entry JOIN service_credit_grant credit " \
       "ON credit.id = entry.grant_id WHERE credit.kind = %s"
ON_INVOICES = "SELECT -COALESCE(sum(amount_untaxed), 0) FROM service_billing_entry WHERE kind = 'credit'"


def test_jobs_share_the_credit_of_a_family_and_some_are_killed(world):
    """B1, C8: 120 contracts of 60 addresses draw on four credits; two jobs at once, some killed at any moment."""
    world.add('plain', 120, days=25)
    assert world.forks.start(GRANT).wait() == 0
    for _round in range(3):
        jobs = [world.bill(8), world.bill(8)]
        time.sleep(random.uniform(0.5, 2.5))
        jobs[0].kill()
        jobs[1].wait()
    world.bill_all(8)
    assert not world.faults_when_done()
    assert world.value(WRONG_BALANCES) == 0
    assert world.value("SELECT sum(balance) FROM service_credit_grant") == 0
    assert world.value(USED, 'free') == world.value(ON_INVOICES)
    assert world.value(USED, 'paid') == world.value(PAID_BY_CREDIT)

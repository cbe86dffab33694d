"""Statements in bulk on real commits: killed at any moment, worked on by two at once, each customer gets one mail."""

import random
import time

import pytest

from tests.e2e.forks import forked_odoo
from tests.e2e.processes import cloned_database, plain_database
from tools import database as databases
from tools import postgres

CUSTOMERS = 120
SEED = f"""
from odoo.fields import Command
env['account.chart.template'].try_loading('generic_coa', env.company)
env.company.email = 'company@example.com'
partners = env['res.partner'].create([
    {{'name': f'Customer {{n}}', 'email': f'customer{{n}}@example.com'}} for n in range({CUSTOMERS})])
env['account.move'].create([{{
    'move_type': 'out_invoice', 'partner_id': partner.id, 'invoice_date': '2026-01-05',
    'invoice_line_ids': [Command.create({{'name': 'Service', 'price_unit': 10, 'tax_ids': False}})],
}} for partner in partners]).action_post()
run = env['account.statement.run'].create({{'attach_pdf': False}})
run.action_start()
env.cr.commit()
"""
WORK = """
from odoo.addons.dunning_sms.models import account_statement_run
account_statement_run.BATCH = 7
Run = env['account.statement.run']
run = Run.search([], limit=1)
print('ready', flush=True)
while batch := Run._claim(run):
    run._send_or_split(batch)
    env.cr.commit()
    env.invalidate_all()
run._finish_if_empty()
env.cr.commit()
"""
MAILS = """
    SELECT recipient.res_partner_id, count(*) FROM mail_mail AS mail
      JOIN mail_mail_res_partner_rel AS recipient ON recipient.mail_mail_id = mail.id
     GROUP BY 1 ORDER BY 2 DESC
"""

WAITING = "SELECT count(*) FROM account_statement_delivery WHERE state != 'sent'"


@pytest.fixture
def statements():
    """A loaded Odoo on a database whose run has statements waiting."""
    postgres.ensure()
    with cloned_database(plain_database(['dunning_sms'])) as name, forked_odoo(name) as forks:
        forks.run(SEED)
        yield forks


def _check_each_once(name: str) -> None:
    mails = databases.query(MAILS, database=name)
    assert (len(mails), mails[0][1]) == (CUSTOMERS, 1)
    assert databases.query(WAITING, database=name) == [(0,)]


def test_kills_at_any_moment_send_nothing_twice_and_miss_nothing(statements):
    """A1, A9 for statements: mail and state are one transaction."""
    moments = random.Random(7)
    for _kill in range(12):
        child = statements.start(WORK)
        child.wait_for('ready')
        time.sleep(moments.uniform(0.01, 0.12))
        child.kill()
        child.wait()
    statements.run(WORK)
    _check_each_once(statements.database)


def test_two_workers_share_a_run(statements):
    """B6 for statements."""
    children = [statements.start(WORK) for _worker in range(2)]
    for child in children:
        child.wait()
    statements.run(WORK)
    _check_each_once(statements.database)

"""Usage that arrives while its period is being billed: nothing lost, nothing billed twice."""

from tests.e2e.billing_books import AT_ANY_MOMENT
from tests.e2e.billing_world import BATCH, RUN

CONTRACTS, ROUNDS, SHARE = 60, 4, 3
OPEN = f"""
from datetime import timedelta
start = env.company._service_today() - timedelta(days=40)
meter = env['service.meter'].create({{'name': 'Minutes', 'code': 'MIN', 'late_policy': 'credit'}})
product = env['product.product'].create({{'name': 'Minutes', 'type': 'service', 'list_price': 0.1}})
for number in range({CONTRACTS}):
    customer = env['res.partner'].create({{'name': f'Usage {{number}}'}})
    contract = env['service.contract'].create({{
        'partner_id': customer.id, 'external_ref': f'usage-{{number}}', 'date_start': start,
        'line_ids': [(0, 0, {{'product_id': product.id, 'kind': 'usage', 'meter_id': meter.id, 'price_unit': 0.1}})],
    }})
    contract.action_activate()
env.cr.commit()
"""
SEND = f"""
import time
from itertools import count
from pathlib import Path
from datetime import datetime, timedelta
from odoo.service.model import retrying
moment = str(datetime.now().replace(microsecond=0) - timedelta(days=30))
def send(turn):
    answer = env['service.usage.record'].send_usage([
        {{'external_ref': f'{{turn}}-{{number}}', 'meter': 'MIN', 'contract': f'usage-{{number}}', 'moment': moment,
          'quantity': turn % 7 + 1}}
        for number in (({SHARE} * turn + place) % {CONTRACTS} for place in range({SHARE}))
    ])
    assert not answer['refused'], answer
    time.sleep(0.03)
for turn in count():
    retrying(lambda: send(turn), env)
    print(f'sent {{turn}};', flush=True)
    if Path('ENOUGH').exists():
        break
"""
WRONG = """
SELECT contract.external_ref, charged.amount, used.quantity
  FROM service_contract contract
  JOIN (SELECT contract_id, sum(amount_untaxed) AS amount FROM service_billing_entry
         WHERE state != 'void' GROUP BY contract_id) charged ON charged.contract_id = contract.id
  JOIN (SELECT line.contract_id, sum(record.quantity) AS quantity FROM service_usage_record record
          JOIN service_contract_line line ON line.id = record.contract_line_id
         GROUP BY line.contract_id) used ON used.contract_id = contract.id
 WHERE charged.amount != round(used.quantity / 10, 2)
"""


def test_usage_arrives_while_its_period_is_billed(world, tmp_path):
    """D11, B4: a sender and two billing jobs at once; every record is on exactly one invoice or correction."""
    world.forks.run(OPEN)
    enough = tmp_path / 'enough'
    sender = world.forks.start(SEND.replace('ENOUGH', str(enough)))
    sender.wait_for('sent 20;')
    for _round in range(ROUNDS):
        pair = [world.forks.start(BATCH.format(size=7) + RUN) for _job in range(2)]
        assert [job.wait() for job in pair] == [0, 0], pair[0].errors
    assert sender.poll() is None, sender.errors
    enough.touch()
    assert sender.wait() == 0, sender.errors
    assert world.bill().wait() == 0  # ends a run that waited for the sender; what came after it is for the next
    world.bill_all()
    assert world.value('SELECT count(*) FROM service_usage_record') == sender.printed.count('sent') * SHARE
    assert world.value("SELECT count(DISTINCT contract_id) FROM service_billing_entry") == CONTRACTS
    assert not world.sql(WRONG)
    assert world.value("SELECT count(*) FROM service_billing_entry WHERE kind = 'late_usage'"), 'No record was late'
    assert not world.value("SELECT count(*) FROM service_usage_record WHERE late_state = 'open'")
    assert not world.sql(AT_ANY_MOMENT['charges have no posted invoice line of the same amount'])

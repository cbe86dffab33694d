"""A world in which stored cards are charged by a bank that writes down what it is asked; for every add-on that does."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.e2e.forks import Fork, Forks
from tests.e2e.processes import psql

BANK = """
import os, random, signal, time
from odoo.exceptions import ValidationError
from odoo.addons.payment.models.payment_transaction import PaymentTransaction
book = os.open({book!r}, os.O_WRONLY | os.O_APPEND)
def ask(transaction):
    os.write(book, (transaction.reference + '\\n').encode())
    {answer}
PaymentTransaction._send_payment_request = ask
type(env['payment.transaction'])._send_payment_request = ask
"""
"""The bank of a process: it writes down every request before it answers, past all transactions."""
PAYS = "transaction._set_done()"
SLOWLY = "time.sleep(0.05); transaction._set_done()"
SILENT = "raise ValidationError('no answer')"
HANGS = "time.sleep(300)"
DIES = "os.kill(os.getpid(), signal.SIGKILL)"
TIMES_OUT = """import requests
    def nothing(*args, **kwargs):
        raise requests.exceptions.Timeout
    requests.request = nothing
    try:
        transaction._send_api_request('POST', 'payment_intents')
    except ValidationError as error:
        transaction._set_error(str(error))"""
"""What most providers of Odoo do: they take a request without an answer for a decline."""


@dataclass(frozen=True)
class CardWorld:
    """A database, a loaded Odoo on it, and the bank's book; subclasses say which model charges and what must hold."""

    database: str
    forks: Forks
    book: Path

    model: ClassVar[str]
    rules: ClassVar[dict[str, str]]

    def charge(self, answer: str = PAYS, before: str = '') -> Fork:
        """Start the charging job in a process of its own, whose bank answers so, after other code."""
        bank = BANK.format(book=str(self.book), answer=answer)
        return self.forks.start(f"{bank}{before}\nenv['{self.model}']._cron_charge()\n")

    def charge_all(self, answer: str = PAYS) -> None:
        child = self.charge(answer)
        assert child.wait() == 0, child.errors

    def asked(self) -> Counter:
        """How often the bank was asked to charge each thing owed, whatever the attempt."""
        references = self.book.read_text().split()
        return Counter(re.sub(r'-\d+$', '', reference) for reference in references)

    def sql(self, query: str, *values) -> list[tuple]:
        return psql(self.database, query, *values)

    def value(self, query: str, *values):
        ((found,),) = self.sql(query, *values)
        return found

    def states(self) -> dict[str, int]:
        return dict(self.sql(f'SELECT state, COUNT(*) FROM {self._table} GROUP BY state'))

    def let_lease_end(self) -> None:
        """Make every request older than the time a worker may take for it."""
        self.sql(f"UPDATE {self._table} SET write_date = write_date - interval '1 hour'")

    def answer_late(self) -> None:
        """Let the bank say that what is unknown was paid."""
        self.forks.run(
            f"env['{self.model}'].search([('state', '=', 'unknown')]).transaction_id._set_done()\nenv.cr.commit()\n")

    def faults(self) -> list[str]:
        """What is wrong with charges, entries and payments."""
        return [
            f'{name}: {len(rows)}, such as {rows[0]}' for name, query in self.rules.items() if (rows := self.sql(query))
        ]

    @property
    def _table(self) -> str:
        return self.model.replace('.', '_')

"""What no database can hold, sent to every remote method: refused in a sentence, never an error of the server."""

import base64
import io
import zipfile

from odoo.exceptions import UserError
from odoo.tests import tagged

from .usage import UsageCase

TEXTS = ('\x00', 'a\x00b', '\ud800', '', 'x' * 100_001)
"""Control character 0, half of a surrogate pair: JSON carries both, PostgreSQL keeps neither."""
NUMBERS = (10**400, -10**400, float('nan'), 1e308)
GOOD = {'external_ref': 'r', 'meter': 'MIN', 'contract': 'TEL', 'moment': '2026-03-01 10:00:00', 'quantity': 1}


@tagged('post_install', '-at_install')
class TestStrangeInput(UsageCase):
    """F2, F4."""

    def setUp(self):
        super().setUp()
        self.contract = self._metered(contract={'external_ref': 'TEL'}).contract_id

    def test_usage_readings_and_values_refuse_the_record_and_go_on(self):
        sends = (
            (self.Record.send_usage, GOOD, ('external_ref', 'meter', 'contract', 'key'), ('quantity',)),
            (self.env['service.allocation.reading'].send_readings,
             {'external_ref': 'r', 'group': 'G', 'unit': 'U', 'meter': 'MIN', 'date': '2026-03-01', 'value': 1},
             ('external_ref', 'group', 'unit', 'meter'), ('value', 'goes_on_from')),
            (self.env['service.performance.value'].send_values,
             {'external_ref': 'r', 'metric': 'M', 'contract': 'TEL', 'date': '2026-03-01', 'value': 1},
             ('external_ref', 'metric', 'contract'), ('value',)),
        )
        for send, good, texts, numbers in sends:
            for name, value in [*_pairs(texts, TEXTS), *_pairs(numbers, NUMBERS)]:
                if (name, value) == ('key', ''):
                    continue
                with self.subTest(send.__name__, name=name, value=str(value)[:20]):
                    refused = send([{**good, name: value}])['refused']
                    self.assertEqual(len(refused), 1)
                    self.assertTrue(refused[0]['reason'].isprintable())

    def test_remote_methods_say_what_is_wrong(self):
        Contract, Credit = self.env['service.contract'], self.env['service.credit.grant']
        calls = (
            lambda text: Contract.read_status([text]),
            lambda text: Contract.preview_charges('2026-04-01', [text]),
            lambda text: Contract.open_contracts([{'external_ref': 'NEW', 'partner': text}]),
            lambda text: Contract.open_contracts([{'external_ref': 'NEW', 'partner': 'ANA', 'plan': text}]),
            lambda text: Contract.preview_change(text, {'plan': 'X'}),
            lambda text: Contract.request_change('TEL', {'plan': 'X'}, text),
            lambda text: Contract.withdraw_change(text),
            lambda text: Contract.preview_plan(text, '2026-04-01', '2026-05-01', ['TEL']),
            lambda text: Contract.get_entitlements(partners=[text]),
            lambda text: Contract.check_entitlement([{'feature': 'F', 'external_ref': text}]),
            lambda text: self.contract.redeem_coupon(text),
            lambda text: self.contract.book_option(text),
            lambda text: Credit.close_credit([text]),
            lambda text: Credit.grant_credit([{'key': text, 'partner': 'ANA', 'amount': 1}]),
            lambda text: Credit.grant_credit([{'key': 'k', 'partner': text, 'amount': 1}]),
            lambda text: self.env['service.billing.run'].run_billing(as_of=text),
        )
        for number, call in enumerate(calls):
            for text in TEXTS:
                with self.subTest(number, text=text[:9]), self.assertRaises(UserError) as caught:
                    call(text)
                self.assertLess(len(str(caught.exception)), 500)
        for number in NUMBERS:
            with self.subTest(str(number)[:9]), self.assertRaisesRegex(UserError, "finite number|does not fit"):
                self.contract.book_option('HOST', quantity=number)

    def test_a_broken_file_is_told_to_whoever_uploads_it(self):
        book = io.BytesIO()
        with zipfile.ZipFile(book, 'w') as parts:
            parts.writestr('[Content_Types].xml', '<Types')
            parts.writestr('xl/workbook.xml', '<workbook')
        for content in (book.getvalue(), book.getvalue()[:-30], b'external_ref,moment\n"' + b'x' * 200_000,
                        b'external_ref,moment\na\x00b,2026-01-01'):
            wizard = self.env['service.usage.import'].create({'file': base64.b64encode(content)})
            with self.subTest(content[:30]):
                try:
                    wizard.action_check()
                except UserError as error:
                    self.assertIn("cannot be read", str(error))


def _pairs(names, values):
    return [(name, value) for name in names for value in values]

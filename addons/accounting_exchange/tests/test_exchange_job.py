"""Files at dawn: good rows go in, others are told, the same file changes nothing, both sides agree."""

import base64
import io
import json
import tempfile
import zipfile
from pathlib import Path

import openpyxl
from odoo.exceptions import UserError, ValidationError
from odoo.tools import mute_logger

from ..gateways import places
from .common import ExchangeCase

CUSTOMERS = "ref;name;city;country\nC-100;Ana;Madrid;ES\nC-101;Bruno;Porto;PT\n"


class JobCase(ExchangeCase):

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.patch(places, 'root', lambda _database: self.root)
        self.env.cr.postcommit.clear()

    def _job(self, **vals):
        return self.env['exchange.job'].sudo().create({'name': "Job", 'kind': 'partners', **vals})

    def _take(self, job, content, name='file.csv'):
        """Let the job take a file, as the scheduler would, and return its run."""
        content = content.encode() if isinstance(content, str) else content
        run = self.env['exchange.run'].sudo()._open_in(job, name, content)
        table = run and run._prepared_table()
        while run.state == 'running':
            run._take_batch(table)
        return run or job.run_ids.search([('job_id', '=', job.id)], limit=1)

    def _partner(self, ref):
        return self.env['res.partner'].with_context(active_test=False).search([('ref', '=', ref)])


class TestIncoming(JobCase):

    def test_rows_become_records(self):
        run = self._take(self._job(), CUSTOMERS)
        self.assertRecordValues(run, [{
            'state': 'done', 'created_count': 2, 'refused_count': 0, 'record_count': 2, 'agrees': True,
        }])
        self.assertEqual(self._partner('C-100').country_id.code, 'ES')

    def test_the_same_file_again_changes_nothing(self):
        job = self._job()
        self._take(job, CUSTOMERS)
        self._partner('C-100').city = "Sevilla"
        self.assertFalse(job.run_ids._open_in(job, 'other-name.csv', CUSTOMERS.encode()))
        self.assertEqual(self._partner('C-100').city, "Sevilla")

    def test_only_what_changed_is_looked_at(self):
        job = self._job()
        self._take(job, CUSTOMERS)
        run = self._take(job, CUSTOMERS.replace("Porto", "Braga") + "C-102;Carla;Faro;PT\n")
        self.assertRecordValues(run, [{'created_count': 1, 'updated_count': 1, 'unchanged_count': 1, 'agrees': True}])
        self.assertEqual(self._partner('C-101').city, "Braga")

    def test_a_bad_row_tells_its_reason_and_the_good_ones_go_in(self):
        run = self._take(self._job(), CUSTOMERS + "C-103;;Faro;PT\nC-104;Dora;Faro;XX\n;Eva;;\nC-100;Twice;;\n")
        self.assertEqual((run.state, run.created_count, run.refused_count), ('done', 2, 4))
        self.assertEqual([(problem.row_number, problem.key) for problem in run.problem_ids], [
            (4, 'C-103'), (5, 'C-104'), (6, ''), (7, 'C-100'),
        ])
        reasons = ' '.join(run.problem_ids.mapped('reason'))
        for part in ("“name” is missing", "no country with the code “XX”", "“ref” is missing", "stands further up"):
            self.assertIn(part, reasons)
        self.assertTrue(run.agrees)

    def test_the_mended_rows_can_be_sent_again(self):
        run = self._take(self._job(), CUSTOMERS + "C-104;=Dora;Faro;XX\n")
        answer = run.action_download_refused()
        attachment = self.env['ir.attachment'].browse(int(answer['url'].split('/')[3].split('?')[0]))
        text = attachment.raw.decode('utf-8-sig')
        self.assertIn("C-104;'=Dora;Faro;XX;4;There is no country", text)

    def test_an_error_of_the_database_parks_its_row_alone(self):
        """A6: a constraint that only the database knows."""
        self.env.cr.execute("ALTER TABLE res_partner ADD CONSTRAINT no_porto CHECK (city != 'Porto')")
        with mute_logger('odoo.sql_db', 'odoo.addons.accounting_exchange.models.exchange_run'):
            run = self._take(self._job(), CUSTOMERS + "C-102;Carla;Faro;PT\n")
        self.assertEqual((run.created_count, run.problem_ids.mapped('key')), (2, ['C-101']))

    def test_a_stopped_run_goes_on_where_it_stood(self):
        job = self._job()
        lines = ''.join(f'K-{number};Name {number}\n' for number in range(1200))
        run = job.run_ids._open_in(job, 'many.csv', ('ref;name\n' + lines).encode())
        run._take_batch(run._prepared_table())
        self.assertEqual((run.state, run.position, run.created_count), ('running', 500, 500))
        self.env.invalidate_all()
        table = run._prepared_table()
        while run.state == 'running':
            run._take_batch(table)
        self.assertRecordValues(run, [{'position': 1200, 'created_count': 1200, 'record_count': 1200, 'agrees': True}])
        self.assertEqual(self.env['res.partner'].search_count([('ref', '=like', 'K-%')]), 1200)


class TestBrokenFiles(JobCase):
    """A truncated, mis-encoded or mis-dated file is refused, or taken row by row with reasons."""

    def _payments(self, content, **vals):
        return self._take(self._job(kind='payments', **vals), content)

    def test_a_file_in_another_encoding_is_refused(self):
        run = self._take(self._job(), CUSTOMERS.replace("Ana", "Zoë").encode('cp1252'))
        self.assertEqual(run.state, 'refused')
        self.assertIn("line 2", run.reason)
        self.assertFalse(self._partner('C-101'))

    def test_with_the_encoding_of_the_job_it_is_taken(self):
        self._take(self._job(encoding='cp1252'), CUSTOMERS.replace("Ana", "Zoë €").encode('cp1252'))
        self.assertEqual(self._partner('C-100').name, "Zoë €")

    def test_a_truncated_row_is_told(self):
        run = self._take(self._job(), CUSTOMERS + "C-105;Car")
        self.assertEqual(run.created_count, 2)
        self.assertIn("another number of cells", run.problem_ids.reason)

    def test_an_open_quotation_mark_is_told(self):
        run = self._take(self._job(), CUSTOMERS + 'C-105;"Carla')
        self.assertEqual(run.created_count, 2)
        self.assertIn("not closed", run.problem_ids.reason)

    def test_a_truncated_spreadsheet_is_refused(self):
        book = openpyxl.Workbook()
        book.active.append(['ref', 'name'])
        target = io.BytesIO()
        book.save(target)
        run = self._take(self._job(form='xlsx'), target.getvalue()[:-200])
        self.assertEqual(run.state, 'refused')

    def test_truncated_json_is_refused(self):
        run = self._take(self._job(form='json'), '[{"ref": "C-1", "name": "A')
        self.assertEqual((run.state, "cut off" in run.reason), ('refused', True))

    def test_dates_and_amounts_in_another_format_are_told_row_by_row(self):
        self.customer.ref = 'C-1'
        run = self._payments(
            "external_ref;partner;amount;date\n"
            "P-1;C-1;10.50;2026-02-30\nP-2;C-1;10.50;03/04/2026\nP-3;C-1;1.234,56;2026-03-01\nP-4;C-1;NaN;2026-03-01\n"
            "P-5;C-1;1e5;2026-03-01\nP-6;C-1;99.90;2026-03-01\n",
        )
        self.assertEqual((run.created_count, run.refused_count), (1, 5))
        self.assertIn("no date in the format", run.problem_ids[0].reason)
        self.assertTrue(run.agrees)
        self.assertEqual(run.file_sum, 99.9)

    def test_a_missing_column_refuses_the_file(self):
        run = self._take(self._job(), "reference;name\nC-1;Ana\n")
        self.assertEqual(run.state, 'refused')
        self.assertIn("“ref” is missing", run.reason)

    def test_an_empty_file_is_refused(self):
        self.assertEqual(self._take(self._job(), b'').state, 'refused')


class TestKinds(JobCase):

    def test_products_and_prices(self):
        self._take(self._job(kind='products', decimal_mark=','), "default_code;name;list_price\nX-1;Rack;1.234,50\n")
        product = self.env['product.product'].search([('default_code', '=', 'X-1')])
        self.assertEqual((product.list_price, product.type), (1234.5, 'service'))
        self.env['product.pricelist'].create({'name': "Partners"})
        run = self._take(self._job(kind='prices'), (
            "product;pricelist;min_quantity;price\nX-1;;;1200\nX-1;Partners;10;1100.25\nX-1;Partners;20;1000\n"
        ))
        self.assertRecordValues(run, [{'created_count': 2, 'updated_count': 1, 'agrees': True}])
        self.assertEqual((run.file_sum, run.record_sum), (3300.25, 3300.25))

    def test_invoices_of_several_rows(self):
        run = self._take(self._job(kind='invoices'), (
            "external_ref;partner;date;product;quantity;price_unit;post\n"
            "I-1;C-1;2026-03-01;CARE;2;50;true\nI-1;C-1;2026-03-01;CARE;1;20;true\nI-2;C-1;2026-03-02;NONE;1;9;true\n"
        ))
        invoice = self.env['account.move'].search([('exchange_ref', '=', 'I-1')])
        self.assertEqual((invoice.state, invoice.amount_untaxed, len(invoice.invoice_line_ids)), ('posted', 120.0, 2))
        self.assertEqual((run.created_count, run.refused_count, run.difference), (1, 1, 0.0))

    def test_half_an_invoice_is_none(self):
        run = self._take(self._job(kind='invoices'), (
            "external_ref;partner;date;product;price_unit\nI-1;C-1;2026-03-01;CARE;50\nI-1;C-1;2026-03-01;CARE;x\n"
        ))
        self.assertFalse(self.env['account.move'].search([('exchange_ref', '=', 'I-1')]))
        self.assertEqual(run.refused_count, 2)
        self.assertTrue(run.agrees)

    def test_payments_settle_what_they_name(self):
        invoice = self._invoice()
        run = self._take(self._job(kind='payments'), (
            f"external_ref;partner;amount;date;invoices\nP-1;C-1;115;2026-03-01;{invoice.name}\n"
        ))
        self.assertEqual((run.created_count, invoice.amount_residual), (1, 0.0))

    def test_another_module_adds_a_kind_without_an_import(self):
        """The registry is the models themselves: whoever has the attribute is a kind."""
        kinds = self.env['exchange.job']._kind_models()
        self.assertLessEqual({
            'partners', 'products', 'prices', 'invoices', 'payments', 'statements', 'receivables',
        }, set(kinds))
        self.assertEqual('contracts' in kinds, 'service.contract' in self.env)
        model = type(self.env['res.country'])
        self.addCleanup(delattr, model, '_exchange_kind')
        model._exchange_kind = 'countries'
        self.assertEqual(self.env['exchange.job']._kind_models()['countries'], 'res.country')

    def test_a_kind_that_only_goes_out_cannot_come_in(self):
        with self.assertRaises(ValidationError):
            self._job(kind='receivables', direction='in')


class TestOutgoing(JobCase):

    def _send(self, job):
        run = job._open_runs()
        for each in run:
            each._deliver()
        return run

    def test_only_what_changed_goes_out(self):
        invoice = self._invoice()
        job = self._job(kind='invoices', direction='out', form='json', folder='out')
        first = self._send(job)
        rows = json.loads((self.root / 'out' / first.name).read_text())
        self.assertEqual([row['number'] for row in rows], [invoice.name])
        self.assertEqual((first.state, first.difference), ('done', 0.0))
        self.assertFalse(self._send(job))
        other = self._invoice(50.0)
        rows = json.loads((self.root / 'out' / self._send(job).name).read_text())
        self.assertEqual([row['number'] for row in rows], [other.name])

    def test_formulas_in_names_stay_text(self):
        """F5: =, +, -, @, tab and carriage return at the beginning of a name."""
        attacks = ['=HYPERLINK("http://evil")', '+1+1', '-2+3', '@SUM(A1)', '\t=1', '{=1}']
        for number, name in enumerate(attacks):
            self.env['res.partner'].create({'name': name, 'ref': f'=F{number}'})
        text = (self.root / 'a' / self._send(self._job(direction='out', folder='a')).name).read_text('utf-8-sig')
        for line in text.splitlines()[1:]:
            for cell in line.split(';'):
                self.assertNotIn(cell.strip('"')[:1], ('=', '+', '-', '@', '\t', '\r'), line)
        run = self._send(self._job(direction='out', form='xlsx', folder='b'))
        with zipfile.ZipFile(self.root / 'b' / run.name) as book:
            sheet = book.read('xl/worksheets/sheet1.xml').decode()
        self.assertNotIn('<f>', sheet)
        cells = [cell.value for row in openpyxl.load_workbook(self.root / 'b' / run.name).active for cell in row]
        self.assertIn('=HYPERLINK("http://evil")', cells)

    def test_what_went_out_comes_back_the_same(self):
        self.env['res.partner'].create({'name': "=1+1", 'ref': 'R-1', 'is_company': True})
        job = self._job(direction='out', folder='a')
        content = (self.root / 'a' / self._send(job).name).read_bytes()
        run = self._take(self._job(), content)
        self.assertFalse(run.refused_count)
        self.assertFalse(run.created_count + run.updated_count, "A round trip changes nothing")

    def test_receivables_and_statements(self):
        invoice = self._invoice()
        rows = {}
        for kind in ('receivables', 'statements'):
            run = self._send(self._job(kind=kind, direction='out', form='json', folder=kind))
            rows[kind] = json.loads((self.root / kind / run.name).read_text())
        self.assertEqual([row['amount_open'] for row in rows['receivables'] if row['number'] == invoice.name], [115.0])
        self.assertEqual([row['debit'] for row in rows['statements'] if row['number'] == invoice.name], [115.0])

    def test_a_place_that_is_away_is_tried_again(self):
        self._invoice()
        job = self._job(kind='invoices', direction='out', folder='out')
        self.patch(places, 'write', lambda *arguments: (_ for _ in ()).throw(OSError("No space left")))
        run = self._send(job)
        self.assertEqual((run.state, run.attempt), ('ready', 1))
        self.assertIn("No space left", run.reason)


class TestPlaces(JobCase):

    def test_a_folder_lies_below_the_root(self):
        for folder in ('../etc', 'a/../../b', '~root', '..'):
            with self.subTest(folder), self.assertRaises(ValidationError):
                self._job(folder=folder)
        (self.root / 'link').symlink_to('/tmp')
        for folder in ('link', '/etc', '../x'):
            with self.subTest(folder), self.assertRaises(places.OutsideRoot):
                places.folder('db', folder)

    def test_files_are_taken_in_their_order_and_put_away(self):
        folder = self.root / 'shop'
        folder.mkdir()
        (folder / 'a-2.csv').write_text(CUSTOMERS.replace("Madrid", "Lugo"))
        (folder / 'a-1.csv').write_text(CUSTOMERS)
        (folder / 'other.txt').write_text("x")
        job = self._job(folder='shop', pattern='a-*.csv')
        runs = job._open_runs()
        self.assertEqual(runs.mapped('name'), ['a-1.csv', 'a-2.csv'])
        for run in runs:
            run._take_batch(run._prepared_table())
            run._put_away(run.name, places.DONE)
        self.env.cr.postcommit.run()
        self.assertEqual(self._partner('C-100').city, "Lugo")
        self.assertEqual(sorted(path.name for path in (folder / 'done').iterdir()), ['a-1.csv', 'a-2.csv'])

    def test_private_addresses_are_refused(self):
        for url in ('http://example.com/x', 'https://127.0.0.1/x', 'https://10.0.0.1', 'https://[::1]/',
                    'https://169.254.169.254/latest', 'https://user:pw@example.com', 'file:///etc/passwd', 'nonsense'):
            with self.subTest(url), self.assertRaises(ValidationError):
                self._job(place='https', url=url)

    def test_the_first_rows_are_shown_and_headings_found(self):
        job = self._job(sample=base64.b64encode(b"Reference;NAME;Plz\nC-9;Ana;28001\nC-10;;\n"))
        job.action_preview()
        sources = {column.field_name: column.source for column in job.column_ids}
        self.assertEqual((sources['ref'], sources['name']), ('Reference', 'NAME'))
        for part in ("Ana", "“NAME” is missing", "Plz"):
            self.assertIn(part, job.preview_html)

    def test_the_scheduler_runs_what_is_due(self):
        (self.root / 'shop').mkdir()
        (self.root / 'shop' / 'a.csv').write_text(CUSTOMERS)
        job = self._job(folder='shop', schedule='daily', hour=4.0)
        self.assertEqual(str(job.next_on), '2026-03-10 04:00:00')
        self.assertEqual(str(job._next_moment(job.next_on)), '2026-03-11 04:00:00')
        with self.enter_registry_test_mode():
            job.next_on = '2026-03-09 00:00:00'
            self.env.flush_all()
            self.env.ref('accounting_exchange.ir_cron_run_jobs').method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((job.run_ids.state, job.run_ids.created_count), ('done', 2))

    def test_a_failure_to_start_is_told_and_tried_later(self):
        job = self._job(place='https', url='https://example.com/file.csv')
        self.patch(type(job), '_call', lambda self, method, **values: (_ for _ in ()).throw(UserError("HTTP 503")))
        with self.enter_registry_test_mode():
            job.next_on = '2026-03-09 00:00:00'
            self.env.flush_all()
            self.env.ref('accounting_exchange.ir_cron_run_jobs').method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((job.failure, str(job.next_on)), ("HTTP 503", '2026-03-10 00:30:00'))

"""Files as they come and go in a folder: half written, sent again, sent back and forth."""

import os
import time

import requests
from odoo.tests import tagged

from ..gateways import places, safe_http
from .test_exchange_job import CUSTOMERS, JobCase


@tagged('post_install', '-at_install')
class TestFiles(JobCase):

    def _put(self, name, content, age=3600):
        """Put a file into the folder that was written some seconds ago."""
        path = self.root / name
        path.write_text(content)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def _open(self, job):
        runs = job._open_runs()
        self.env.flush_all()
        return runs

    def test_a_file_that_is_still_being_written_waits_and_so_do_those_after_it(self):
        job = self._job(schedule='daily', hour=4.0)
        self._put('b.csv', CUSTOMERS, age=1)
        self._put('c.csv', CUSTOMERS)
        self.assertFalse(self._open(job))
        self.assertTrue(job._is_file_on_its_way())
        self._put('b.csv', CUSTOMERS)
        self.assertEqual(self._open(job).name, 'b.csv')
        self.assertFalse(job._is_file_on_its_way())

    def test_what_a_transfer_names_as_unfinished_is_left_alone(self):
        for name in ('a.csv.part', 'a.csv.filepart', 'a.CSV.TMP', '.a.csv.x7'):
            self._put(name, CUSTOMERS)
        self.assertFalse(self._open(self._job()))

    def test_prices_that_go_back_to_what_they_were_are_taken(self):
        """The third file is the first one again, byte for byte, and yet news."""
        job = self._job()
        back = CUSTOMERS.replace("Porto", "Braga")
        for content, city in ((CUSTOMERS, "Porto"), (back, "Braga"), (CUSTOMERS, "Porto")):
            run = self._take(job, content)
            self.assertEqual((run.state, self._partner('C-101').city), ('done', city))
        self.assertEqual((run.updated_count, run.unchanged_count), (1, 1))

    def test_a_file_that_stayed_because_the_server_stopped_is_not_taken_after_its_successor(self):
        job = self._job()
        left = self._put('a.csv', CUSTOMERS)
        self._take(job, CUSTOMERS, 'a.csv').started_at = '2100-01-01'
        self._take(job, CUSTOMERS.replace("Porto", "Braga"), 'b.csv')
        self.assertFalse(self._open(job))
        self.assertEqual(self._partner('C-101').city, "Braga")
        self.assertTrue(left.exists())

    def test_a_file_that_goes_out_twice_with_the_same_content_is_delivered_twice(self):
        """An invoice is paid, and the payment bounces: its row is the same again."""
        job = self._job(direction='out')
        vals = {'job_id': job.id, 'state': 'ready', 'digest': 'x', 'content': 'eA=='}
        runs = self.env['exchange.run'].sudo().create([{**vals, 'name': 'one.csv'}, {**vals, 'name': 'two.csv'}])
        for run in runs:
            run._deliver()
        self.env.flush_all()
        self.assertEqual(runs.mapped('state'), ['done', 'done'])

    def test_what_an_address_answers_is_told_with_a_remedy(self):
        job = self._job(place='https', url='https://files.example.com/customers')
        for status, remedy in ((401, "valid one"), (302, "new address"), (404, "Check it"), (503, "tried again")):
            self.patch(safe_http, 'call', lambda *_args, status=status, **_values: (status, b''))
            with self.assertRaisesRegex(Exception, f"HTTP {status}.*{remedy}"):
                job._open_runs()

    def test_what_goes_wrong_on_the_way_is_told_in_a_sentence(self):
        """Half a file, no answer, a certificate nobody knows: never the name of a Python class."""
        job = self._job(place='https', url='https://files.example.com/customers')
        for error, told in (
            (requests.exceptions.ChunkedEncodingError(), "broke off"), (requests.ReadTimeout(), "in time"),
            (requests.ConnectionError(), "cannot be reached"), (requests.exceptions.SSLError(), "certificate"),
            (safe_http.TooLarge(), "64 MB"),
        ):
            self.assertIn(told, job._failure(error))

    def test_no_file_is_read_through_a_link_or_above_the_root(self):
        outside = self.root.parent / f'{self.root.name}-outside.csv'
        outside.write_text(CUSTOMERS)
        self.addCleanup(outside.unlink)
        (self.root / 'link.csv').symlink_to(outside)
        self.assertFalse(self._open(self._job()))
        for folder in ('..', '/etc', 'a/../../b'):
            with self.assertRaises(places.OutsideRoot):
                places.folder(self.env.cr.dbname, folder)

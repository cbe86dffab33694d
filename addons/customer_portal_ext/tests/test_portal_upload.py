"""Files that customers send (G9), and how often they may send a form (G13)."""

import base64
from io import BytesIO

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from PIL import Image
from werkzeug.datastructures import FileStorage

from ..models.ir_http import LIMITED
from ..models.portal_limit import LIMIT
from .common import PanelCase, PanelPageCase

BAD = {
    'virus.exe': b'MZ\x90\x00' + b'\x00' * 200, 'code.js': b'alert(1)', 'page.html': b'<html><script>alert(1)</script>',
    'picture.svg': b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'a.pdf': b'<html>not a pdf</html>',
    'bomb.zip': b'PK\x03\x04' + b'\x00' * 200, 'broken.png': b'\x89PNG\r\n\x1a\n' + b'\x00' * 50,
}


@tagged('post_install', '-at_install')
class TestPortalUpload(PanelCase):

    def _upload(self, name, content):
        return self.env['portal.upload.mixin']._checked_upload(FileStorage(BytesIO(content), name))

    def test_only_pictures_and_pdf_are_taken(self):
        for name, content in BAD.items():
            with self.subTest(name), self.assertRaises(UserError):
                self._upload(name, content)
        self.assertEqual(self._upload('receipt.PDF', b'%PDF-1.4 x'), ('receipt.pdf', b'%PDF-1.4 x'))

    def test_a_file_of_more_than_5_mb_is_refused_and_an_empty_one_is_none(self):
        with self.assertRaises(UserError):
            self._upload('a.pdf', b'%PDF-1.4' + b'0' * 5 * 1024 * 1024)
        self.assertEqual(self._upload('a.pdf', b''), ('', b''))

    def test_a_picture_does_not_tell_where_it_was_taken(self):
        exif = Image.Exif()
        exif[0x010F] = 'Camera'
        exif.get_ifd(0x8825)[1] = 'N'
        taken = BytesIO()
        Image.new('RGB', (8, 8)).save(taken, format='JPEG', exif=exif)
        _name, content = self._upload('x.jpg', taken.getvalue())
        self.assertNotIn(b'Camera', content)
        self.assertFalse(Image.open(BytesIO(content)).getexif())

    def test_names_lead_nowhere(self):
        names = {'../../etc/passwd.pdf': 'passwd.pdf', '..\\x.pdf': 'x.pdf',
                 '<img onerror=1>.pdf': '_img onerror_1_.pdf',
                 'a\u202efdp.exe': 'a_fdp.pdf', '...': 'file.pdf'}
        for name, clean in names.items():
            with self.subTest(name):
                self.assertEqual(self._upload(name, b'%PDF-1.4')[0], clean)


@tagged('post_install', '-at_install')
class TestAnswerOfKindFile(PanelCase):

    def test_a_file_asked_for_when_contracting_is_checked_by_its_content(self):
        """G9: what is no picture or PDF, whatever it is called, is refused; a file that is two things is cut."""
        plan = self.env['service.plan'].create({
            'name': "Plan", 'data_field_ids': [Command.create({'name': "Proof", 'kind': 'file'})]})
        field = plan.data_field_ids

        def answer(name, content):
            return field._answer({}, {f'field_{field.id}': FileStorage(BytesIO(content), name)})

        for name, content in {**BAD, 'large.pdf': b'%PDF-1.4' + b'0' * 5 * 1024 * 1024}.items():
            with self.subTest(name), self.assertRaisesRegex(UserError, "Proof"):
                answer(name, content)
        self.assertEqual(answer('a.pdf', b''), {}, "an empty one is none")
        self.assertEqual(field._answer({f'field_{field.id}': "text"}, {}), {}, "text is no file")
        picture = BytesIO()
        Image.new('RGB', (8, 8)).save(picture, format='PNG')
        kept = answer('a.png', picture.getvalue() + b'<script>alert(1)</script>')
        self.assertNotIn(b'<script>', base64.b64decode(kept['file']))


@tagged('post_install', '-at_install')
class TestPortalLimit(PanelPageCase):

    @mute_logger('odoo.http')
    def test_too_many_forms_are_refused_until_later(self):
        """G13: from one address, whoever is logged in."""
        self.authenticate(None, None)
        form = {'csrf_token': self._csrf(), 'name': 'Ana'}
        for _number in range(LIMIT):
            self.assertEqual(self.url_open('/cancel-contract', form).status_code, 200)
        self.assertEqual(self.url_open('/cancel-contract', form).status_code, 429)
        self.assertEqual(self.url_open('/withdraw-from-contract', form).status_code, 200, "another form")
        self.assertEqual(self.url_open('/cancel-contract').status_code, 200, "reading is not counted")

    @mute_logger('odoo.http')
    def test_what_a_visitor_does_with_a_cart_is_limited_too(self):
        """G13: each route by its own number, the calculator more often than payments."""
        self.authenticate(None, None)
        count = self.env['portal.limit.hit']._count
        for form, limit in LIMITED.items():
            with self.subTest(form):
                for _number in range(limit):
                    self.assertTrue(count(form, ['address 10.9.9.9'], limit))
                self.assertFalse(count(form, ['address 10.9.9.9'], limit))
        form = {'csrf_token': self._csrf()}
        for _number in range(LIMIT):
            self.assertEqual(self.url_open('/services/order/remove', form).status_code, 200)
        self.assertEqual(self.url_open('/services/order/remove', form).status_code, 429)

    def test_every_route_that_is_limited_exists(self):
        """G13: a name that changed would be a limit that is lost."""
        rules = {rule.rule for rule in self.env['ir.http'].routing_map().iter_rules()}
        self.assertLessEqual(set(LIMITED), rules)

    def test_one_user_is_counted_from_all_addresses(self):
        """G13."""
        count = self.env['portal.limit.hit']._count
        for number in range(LIMIT):
            self.assertTrue(count('/my/cases/new', [f'address 10.0.0.{number}', 'user 7']))
        self.assertFalse(count('/my/cases/new', ['address 10.0.1.1', 'user 7']))
        self.assertTrue(count('/my/cases/new', ['address 10.0.1.1', 'user 8']))

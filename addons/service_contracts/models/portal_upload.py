"""Files that customers send: pictures and PDF, told by their content, without where they were taken (G9)."""

import re
from io import BytesIO

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.mimetypes import guess_mimetype
from PIL import Image, ImageOps

UPLOAD_BYTES = 5 * 1024 * 1024
BODY_BYTES = UPLOAD_BYTES + 1024 * 1024
"""A request larger than this is not read at all: 413."""
PIXELS = 50_000_000
"""A picture that unpacks to more is refused."""
ENDINGS = {'application/pdf': '.pdf', 'image/png': '.png', 'image/jpeg': '.jpg', 'image/webp': '.webp'}
NOT_IN_NAMES = re.compile(r'[^\w .()-]')


class PortalUploadMixin(models.AbstractModel):
    _name = 'portal.upload.mixin'
    _description = "Files of Customers"

    @api.model
    def _checked_upload(self, file) -> tuple[str, bytes]:
        """Return a clean name and the content of an uploaded file, both empty if there is none.

        :param file: with ``read`` and ``filename``; anything else, such as text instead of a file, counts as none.
        :raises UserError: for a file that is too large, or neither a picture nor a PDF.
        """
        content = file.read(UPLOAD_BYTES + 1) if hasattr(file, 'read') else b''
        if not content:
            return '', b''
        if len(content) > UPLOAD_BYTES:
            raise UserError(self.env._("The file is larger than 5 MB. Send a smaller one."))
        kind = guess_mimetype(content)
        if kind not in ENDINGS:
            raise UserError(self.env._("The file must be a picture (PNG, JPEG, WebP) or a PDF."))
        return _clean_name(file.filename, ENDINGS[kind]), content if kind == 'application/pdf' else self._bare(content)

    @api.model
    def _checked_picture(self, file) -> bytes:
        """Return the content of an uploaded picture, empty if there is none; a PDF is refused too."""
        _name, content = self._checked_upload(file)
        if content.startswith(b'%PDF'):
            raise UserError(self.env._("Send a picture (PNG, JPEG, WebP)."))
        return content

    def _bare(self, content: bytes) -> bytes:
        """Return a picture as it is seen, without what the camera noted beside it (place, device, time)."""
        try:
            with Image.open(BytesIO(content)) as picture:
                if picture.width * picture.height > PIXELS:
                    raise ValueError(picture.size)
                seen, bare = ImageOps.exif_transpose(picture), BytesIO()
                seen.info.clear()
                seen.save(bare, format=picture.format)
        except Exception as error:  # Pillow raises many kinds for files that are not what they seem
            raise UserError(self.env._("The picture cannot be read. Send another one.")) from error
        return bare.getvalue()


def _clean_name(name: str | None, ending: str) -> str:
    """Return the last part of a file name in plain characters, with the ending of what it holds."""
    last = re.split(r'[\\/]', name or '')[-1]
    stem = NOT_IN_NAMES.sub('_', last.rpartition('.')[0] or last).strip(' .')[:100]
    return (stem or 'file') + ending

"""What opens a record in the portal: a secret is text of plain characters, everything else is a wrong one."""

from odoo.addons.portal.controllers.portal import CustomerPortal


class DocumentAccess(CustomerPortal):

    def _document_check_access(self, model_name, document_id, access_token=None):
        # EXTENDS portal: other characters, or a list, end in an error only where there is such a record
        is_text = isinstance(access_token, str) and access_token.isascii()
        return super()._document_check_access(model_name, document_id, access_token if is_text else None)

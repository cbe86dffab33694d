"""What pages of a customer share: the own records and no others, forms that leave nothing when they are refused, and
the frame they are shown in.
"""

from contextlib import contextmanager

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.service_contracts.controllers.contract_page import ID_LIMIT
from odoo.exceptions import UserError
from odoo.http import request
from psycopg2.errors import UniqueViolation


class OwnRows(CustomerPortal):

    def _own_domain(self) -> list:
        """Return what belongs to the user's own company or household."""
        return [('partner_id', 'child_of', request.env.user.partner_id.commercial_partner_id.id)]

    def _own_row(self, model: str, row_id: int, *more):
        """Return the own record of a number, none for any other number."""
        return request.env[model].search([*self._own_domain(), ('id', '=', min(row_id, ID_LIMIT - 1)), *more])

    def _show(self, template: str, page_name: str, **values):
        """Return a page of the panel."""
        return request.render(f'customer_portal_ext.{template}', {
            **self._prepare_portal_layout_values(), 'page_name': page_name, **values,
        })


@contextmanager
def taken_whole():
    """Take a form as a whole or not at all: rules are checked after records are made, so an error shown on the page
    would else leave them behind.

    :raises UserError: also where the same was taken by a second click at the same time.
    """
    try:
        with request.env.cr.savepoint():
            yield
    except UniqueViolation as error:
        raise UserError(request.env._("We have received this already.")) from error

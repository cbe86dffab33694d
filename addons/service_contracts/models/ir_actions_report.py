"""Prints documents right with a wkhtmltopdf that can draw neither header nor footer, as Debian's.

Such a build also refuses several documents in one call. The letterhead then goes into the body, and each
document is printed by a call of its own. With the patched build nothing changes.
"""

import lxml.html
from odoo import models
from odoo.addons.base.models.ir_actions_report import _wkhtml

TOP_MARGIN = '8'
"""Millimetres; the paper formats of Odoo leave room for a header there."""


class IrActionsReport(models.Model):
    _inherit = 'ir.actions.report'

    def _prepare_html(self, html, report_model=False):
        if not _wkhtml().is_patched_qt:
            html = _with_letterhead_in_body(html)
        return super()._prepare_html(html, report_model)

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        if _wkhtml().is_patched_qt or not res_ids or len(res_ids) == 1:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        streams = {}
        for res_id in dict.fromkeys(res_ids):
            streams |= super()._render_qweb_pdf_prepare_streams(report_ref, dict(data or {}), [res_id])
        return streams


def _with_letterhead_in_body(html) -> str:
    """Return the page with each document's header as its first element and its footer as its last."""
    root = lxml.html.fromstring(html, parser=lxml.html.HTMLParser(encoding='utf-8'))
    for article in root.find_class('article'):
        for axis, name in (('preceding', 'header'), ('following', 'footer')):
            for node in article.xpath(f'{axis}-sibling::div[contains(concat(" ", @class, " "), " {name} ")][1]'):
                root.set('data-report-margin-top', TOP_MARGIN)
                _move_into(article, node, name)
    return lxml.html.tostring(root, encoding='unicode')


def _move_into(article, node, name: str) -> None:
    node.classes.discard(name)
    node.classes.add(f'o_service_body_{name}')
    for number in node.find_class('page') + node.find_class('topage'):
        if (parent := number.getparent()) is not None and parent.getparent() is not None:
            parent.drop_tree()
    article.insert(0 if name == 'header' else len(article), node)

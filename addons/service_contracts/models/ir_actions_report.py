"""Prints documents right, whatever wkhtmltopdf there is, and calls an invoice of a contract an invoice.

Debian's wkhtmltopdf draws neither header nor footer, refuses several documents in one call, and paints web fonts
as pictures of letters that nobody can search or copy. There the letterhead goes into the body, each document is
printed by a call of its own, in a font of the machine. With the patched build nothing changes.
"""

import lxml.html
from odoo import models
from odoo.addons.base.models.ir_actions_report import _wkhtml

MARGIN = '8'
"""Millimetres; the paper formats of Odoo leave room for header and footer there."""
MACHINE_FONT = 'body, body *:not(.fa) { font-family: sans-serif !important; } body { font-size: 90%; }'
WHOLE_LINES = 'p, li, tr, h4, .o_service_body_footer { page-break-inside: avoid; }'
"""No page ends in the middle of a line, which would be cut in two there."""


class IrActionsReport(models.Model):
    _inherit = 'ir.actions.report'

    def _prepare_html(self, html, report_model=False):
        if not _wkhtml().is_patched_qt:
            html = _for_plain_printer(html)
        return super()._prepare_html(html, report_model)

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        if _wkhtml().is_patched_qt or not res_ids or len(res_ids) == 1:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        streams = {}
        for res_id in dict.fromkeys(res_ids):
            streams |= super()._render_qweb_pdf_prepare_streams(report_ref, dict(data or {}), [res_id])
        return streams

    def _get_rendering_context(self, report, docids, data):
        # EXTENDS account: until an invoice has been sent, its customer would find it called a pro forma
        context = super()._get_rendering_context(report, docids, data)
        if context.get('proforma') and report.model == 'account.move':
            moves = self.env['account.move'].browse(docids)
            context['proforma'] = not all(move.state == 'posted' and move.service_contract_count for move in moves)
        return context


def _for_plain_printer(html) -> str:
    """Return the page with each document's header as its first element, its footer as its last, and plain fonts."""
    root = lxml.html.fromstring(html, parser=lxml.html.HTMLParser(encoding='utf-8'))
    for article in root.find_class('article'):
        for axis, name, edge in (('preceding', 'header', 'top'), ('following', 'footer', 'bottom')):
            for node in article.xpath(f'{axis}-sibling::div[contains(concat(" ", @class, " "), " {name} ")][1]'):
                root.set(f'data-report-margin-{edge}', MARGIN)
                _move_into(article, node, name)
        article.insert(0, lxml.html.fragment_fromstring(f'<style>{MACHINE_FONT} {WHOLE_LINES}</style>'))
    return lxml.html.tostring(root, encoding='unicode')


def _move_into(article, node, name: str) -> None:
    node.classes.discard(name)
    node.classes.add(f'o_service_body_{name}')
    for number in node.find_class('page') + node.find_class('topage'):
        if (parent := number.getparent()) is not None and parent.getparent() is not None:
            parent.drop_tree()
    article.insert(0 if name == 'header' else len(article), node)

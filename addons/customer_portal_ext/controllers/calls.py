"""Ask to be called back: choose a time inside the company's hours, shown by the customer's own clock."""

from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import format_date, format_time

from .own_rows import OwnRows, taken_whole

PAGE = '/my/call-back'


class Calls(OwnRows):

    @http.route(PAGE, type='http', auth='user', website=True, methods=['GET', 'POST'])
    def call_back(self, **typed):
        """Show when we can call, or take a call; what was typed stays when something is wrong."""
        Case, partner = request.env['support.case'], request.env.user.partner_id
        zone, problem = Case._call_zone(request.cookies.get('tz'), partner.tz), ''
        if request.httprequest.method == 'POST':
            try:
                with taken_whole():
                    case = Case._ask_for_call(partner, typed, zone)
                return request.redirect(case.access_url)
            except UserError as error:
                problem = str(error)
        waiting = Case._waiting_call(partner)
        return self._show(
            'portal_call', 'cases', problem=problem, zone=zone, waiting=waiting,
            typed={'phone': waiting.call_phone or partner.phone or '', **typed},
            days=_by_day(Case._call_slots(), ZoneInfo(zone)),
        )


def _by_day(slots: list[datetime], zone: ZoneInfo) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return for each day its name and its times, as (value sent, text shown)."""
    local = [slot.astimezone(zone) for slot in slots]
    return [
        (format_date(request.env, day, date_format='EEEE, d MMMM'), [
            (slots[number].isoformat(), format_time(request.env, local[number].time(), time_format='short'))
            for number in numbers])
        for day, numbers in groupby(range(len(slots)), key=lambda number: local[number].date())
    ]

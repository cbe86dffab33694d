"""A line that was handed over, kept as it went: what the adviser has, whatever happens to the entry."""

from decimal import Decimal

from odoo import api, fields, models

from ..rules.datev_bookings import Booking


class DatevBooking(models.Model):
    _name = 'datev.booking'
    _description = "DATEV Booking"
    _order = 'file_id desc, position'
    _rec_name = 'document'
    _log_access = False  # ten thousands of lines that never change

    file_id = fields.Many2one('datev.export.file', required=True, readonly=True, ondelete='cascade', index=True)
    export_id = fields.Many2one(related='file_id.export_id', store=True, index=True)
    company_id = fields.Many2one(related='file_id.company_id', store=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    position = fields.Integer("Line", readonly=True)
    move_id = fields.Many2one('account.move', "Entry", readonly=True, ondelete='set null', index='btree_not_null')
    move_key = fields.Integer("Number of the entry", readonly=True, index=True, help="Stays when the entry is deleted.")
    date = fields.Date(readonly=True)
    amount = fields.Monetary(readonly=True)
    side = fields.Selection([('S', "Debit"), ('H', "Credit")], readonly=True)
    account = fields.Char(readonly=True)
    contra_account = fields.Char(readonly=True)
    tax_key = fields.Char("Key", readonly=True)
    tax = fields.Monetary("Tax in it", readonly=True)
    rate = fields.Float("Tax rate", readonly=True)
    document = fields.Char(readonly=True)
    document_2 = fields.Char(readonly=True)
    text = fields.Char(readonly=True)
    due = fields.Date(readonly=True)
    service_date = fields.Date(readonly=True)
    cost_centre = fields.Char(readonly=True)
    vat = fields.Char("VAT number", readonly=True)
    circumstance = fields.Integer(readonly=True)
    is_held = fields.Boolean("Locked item", readonly=True)
    notes = fields.Json(readonly=True)
    is_reversal = fields.Boolean("Reversal", readonly=True)
    is_live = fields.Boolean("Valid", readonly=True, help="Not reversed by a later line.")

    @api.model
    def _write_lines(self, file, bookings: list[Booking], first: int) -> None:
        """Keep lines of a file, the first of them at place `first`."""
        existing = set(self.env['account.move'].browse({booking.entry for booking in bookings}).exists().ids)
        self.create([
            {
                'file_id': file.id,
                'position': place,
                'move_id': booking.entry if booking.entry in existing else False,
                'is_live': not booking.is_reversal,
                **_vals(booking),
            }
            for place, booking in enumerate(bookings, first)
        ])

    def _booking(self) -> Booking:
        """Return the line as the rules see it."""
        self.ensure_one()
        return Booking(
            entry=self.move_key, date=self.date, amount=_decimal(self.amount), side=self.side, account=self.account,
            contra_account=self.contra_account, tax_key=self.tax_key or '', tax=_decimal(self.tax),
            rate=Decimal(repr(self.rate)).normalize(), document=self.document or '', document_2=self.document_2 or '',
            text=self.text or '', due=self.due or None, service_date=self.service_date or None,
            cost_centre=self.cost_centre or '', vat=self.vat or '', circumstance=self.circumstance,
            is_held=self.is_held,
            notes=tuple(tuple(note) for note in self.notes or ()), is_reversal=self.is_reversal,
        )


def _vals(booking: Booking) -> dict:
    return {
        'move_key': booking.entry, 'date': booking.date, 'amount': float(booking.amount), 'side': booking.side,
        'account': booking.account, 'contra_account': booking.contra_account, 'tax_key': booking.tax_key,
        'tax': float(booking.tax), 'rate': float(booking.rate), 'document': booking.document,
        'document_2': booking.document_2, 'text': booking.text, 'due': booking.due,
        'service_date': booking.service_date, 'cost_centre': booking.cost_centre, 'vat': booking.vat,
        'circumstance': booking.circumstance, 'notes': [list(note) for note in booking.notes] or False,
        'is_held': booking.is_held, 'is_reversal': booking.is_reversal,
    }


def _decimal(amount: float) -> Decimal:
    return Decimal(f'{amount:.2f}')

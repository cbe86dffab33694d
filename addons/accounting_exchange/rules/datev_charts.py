"""What the German charts SKR 03 and SKR 04 say: automatic accounts with their rate, and keys of taxes.

The ranges are those of DATEV's own charts, which print an AM (tax on sales) or AV (input tax) beside them. Odoo's
charts give a default tax to more accounts than these, so its defaults are no measure.
"""

from __future__ import annotations

from decimal import Decimal

AUTOMATIC: dict[str, tuple[tuple[int, int, str], ...]] = {
    '03': (
        (3106, 3106, '19'), (3108, 3108, '7'), (3110, 3110, '7'), (3113, 3113, '7'), (3115, 3115, '7'),
        (3120, 3120, '19'), (3123, 3123, '19'), (3125, 3125, '19'), (3300, 3309, '7'), (3400, 3409, '19'),
        (3420, 3424, '7'), (3425, 3429, '19'), (8100, 8100, '0'), (8110, 8110, '0'), (8120, 8120, '0'),
        (8125, 8125, '0'), (8130, 8130, '0'), (8135, 8135, '0'), (8140, 8140, '0'), (8150, 8150, '0'),
        (8196, 8196, '19'),
        (8300, 8309, '7'), (8310, 8314, '7'), (8315, 8319, '19'), (8336, 8339, '0'), (8400, 8410, '19'),
        (8595, 8595, '19'), (8611, 8611, '19'), (8630, 8630, '7'), (8640, 8640, '19'), (8710, 8711, '7'),
        (8720, 8721, '19'), (8731, 8731, '7'), (8736, 8736, '19'), (8801, 8802, '19'), (8820, 8820, '19'),
    ),
    '04': (
        (4100, 4100, '0'), (4110, 4110, '0'), (4120, 4120, '0'), (4125, 4125, '0'), (4130, 4130, '0'),
        (4135, 4135, '0'), (4140, 4140, '0'), (4150, 4150, '0'), (4186, 4186, '19'), (4300, 4309, '7'),
        (4310, 4314, '7'), (4315, 4319, '19'), (4336, 4339, '0'), (4400, 4410, '19'), (4630, 4630, '7'),
        (4640, 4640, '19'), (4710, 4711, '7'), (4720, 4721, '19'), (4731, 4731, '7'), (4736, 4736, '19'),
        (4836, 4836, '19'), (4845, 4845, '19'), (4947, 4947, '19'), (5300, 5309, '7'), (5400, 5409, '19'),
        (5420, 5424, '7'), (5425, 5429, '19'), (5910, 5910, '7'), (5915, 5915, '7'), (5920, 5920, '19'),
        (5923, 5923, '19'), (5925, 5925, '19'),
    ),
}
"""Chart → ranges of automatic accounts of four digits, with the rate they work out."""

KEYS: tuple[tuple[str, str], ...] = (
    ('tax_ust_19_eu_', '13'),
    ('tax_ust_eu_', '12'),
    ('tax_ust_vst_19_', '94'),
    ('tax_ust_vst_7_', '91'),
    ('tax_vst_ust_19_', '94'),
    ('tax_vst_ust_7_', '91'),
    ('tax_ust_19_skr', '3'),
    ('tax_ust_7_skr', '2'),
    ('tax_vst_19_skr', '9'),
    ('tax_vst_7_skr', '8'),
    ('tax_eu_19_purchase_skr', '19'),
    ('tax_eu_7_purchase_skr', '18'),
    ('tax_eu_19_purchase_goods_', '94'),
    ('tax_eu_7_purchase_goods_', '91'),
    ('tax_eu_sale_', '11'),
    ('tax_export_', '1'),
    ('tax_free_skr03_mit_vst', '1'),
    ('tax_free_skr04_mit_vst', '1'),
)
"""Beginning of the name that Odoo's German chart gives a tax → DATEV key; the first that fits counts."""


def chart_code(template: str) -> str:
    """Return DATEV's number of a chart of Odoo, empty for charts that are not German.

    >>> chart_code('de_skr04'), chart_code('generic_coa')
    ('04', '')
    """
    return template.removeprefix('de_skr') if template in ('de_skr03', 'de_skr04') else ''


def automatic_rate(chart: str, account: str) -> Decimal | None:
    """Return the rate that an automatic account of the chart works out, None for an ordinary account.

    >>> automatic_rate('03', '840000'), automatic_rate('03', '8200')
    (Decimal('19'), None)
    """
    number = account[:4]
    if not number.isdigit() or len(number) < 4 or account[4:].strip('0'):
        return None
    for first, last, rate in AUTOMATIC.get(chart, ()):
        if first <= int(number) <= last:
            return Decimal(rate)
    return None


def tax_key(xml_name: str) -> str:
    """Return the DATEV key of a tax of Odoo's German charts by its name there, empty if it has none.

    >>> tax_key('1_tax_ust_19_skr03'), tax_key('tax_not_taxable_skr03')
    ('3', '')
    """
    name = xml_name.split('_', 1)[1] if xml_name[:1].isdigit() else xml_name
    return next((key for prefix, key in KEYS if name.startswith(prefix)), '')


def account_number(code: str, length: int) -> str:
    """Return an account code at the length of the adviser's books: zeros are added or taken away behind.

    Returns an empty text if that cannot be done without loss, or the code has other characters than digits.

    >>> account_number('8400', 6), account_number('840000', 4), account_number('840010', 4)
    ('840000', '8400', '')
    """
    if not code.isdigit():
        return ''
    if len(code) < length:
        return code.ljust(length, '0') if len(code) >= 4 else ''
    return '' if code[length:].strip('0') else code[:length]


def person_range(kind: str, length: int) -> tuple[int, int]:
    """Return first and last person account: debtors begin with 1 to 6, creditors with 7 to 9, one digit more.

    >>> person_range('debtor', 4), person_range('creditor', 5)
    ((10000, 69999), (700000, 999999))
    """
    unit = 10 ** length
    return (unit, 7 * unit - 1) if kind == 'debtor' else (7 * unit, 10 * unit - 1)

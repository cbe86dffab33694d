"""Make docs/pictures anew from a running demo: `.local/venv/bin/python -m tools.pictures --url http://127.0.0.1:8069`.

Needs chromium and pdftoppm, and a fresh demo (`./run --fresh`), in which the staff bills what is due on the way.
"""

import argparse
import io
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tools.browser import Browser, browser
from tools.paths import ROOT

FOLDER = ROOT / 'docs' / 'pictures'
DESKTOP, PHONE = (1400, 900), (390, 844)
COLOURS = 128
FORM, LIST = '.o_form_view', '.o_list_view .o_data_row'
ALARM_CONTRACT = """[...document.querySelectorAll('.o_portal_my_doc_table tbody tr')].find(
    row => row.innerText.includes('Alarm')).querySelector('a').href"""
PANEL = {
    'panel_home': '/my', 'panel_receipts': '/my/receipts', 'panel_transactions': '/my/transactions',
    'panel_statement': '/my/statement', 'panel_requests': '/my/requests', 'panel_case': '/my/cases/new',
    'panel_board': '/my/circulars',
}
"""Pages of the panel by the name of their picture; each is taken on a phone, too."""
STATE = '.o_statusbar_status .o_arrow_button_current'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--url', default='http://127.0.0.1:8069')
    url = parser.parse_args().url
    FOLDER.mkdir(parents=True, exist_ok=True)
    with browser(DESKTOP) as page:
        page.log_in(url, 'staff', 'staff')
        staff(page, url)
    with browser(DESKTOP) as page:
        page.log_in(url, 'customer', 'customer')
        customer(page, url)
    with browser(DESKTOP) as page:
        visitor(page, url)
    return 0


def staff(page: Browser, url: str) -> None:
    """Contracts, an activated one, a plan, and the run that bills it."""
    page.open(f'{url}/odoo/contracts', LIST)
    save(page, 'contract_list')
    open_row(page, 'Draft')
    click(page, '[name=next_charges]')
    save(page, 'contract_draft')
    click(page, 'button[name=action_activate]')
    page.wait(f'document.querySelector("{STATE}").innerText.includes("Active")')
    page.open(f'{url}/odoo/contracts', LIST)
    open_row(page, 'Puerto Lucero')
    save(page, 'contract_form')
    page.open(f'{url}/odoo/service-plans', LIST)
    open_row(page, 'Alarm')
    save(page, 'plan_form')
    page.open(f'{url}/odoo/billing-runs', LIST)
    click(page, '.o_list_button_add')
    page.wait('Boolean(document.querySelector("button[name=action_start]"))')
    click(page, 'button[name=action_start]')
    page.wait(f'document.querySelector("{STATE}").innerText.includes("Done")')
    save(page, 'billing_run')
    page.open(f'{url}/odoo/parked-contracts', LIST)
    open_row(page, 'Chicamocha')
    save(page, 'parked_contract')


def customer(page: Browser, url: str) -> None:
    """The own contracts and the newest invoice, on desk and phone."""
    for size, suffix in ((DESKTOP, ''), (PHONE, '_phone')):
        page.resize(size)
        page.open(f'{url}/my/contracts', '.o_portal_my_doc_table')
        save(page, f'portal_contract_list{suffix}')
        page.open(page.run(ALARM_CONTRACT), '.o_service_contract_page')
        save(page, f'portal_contract{suffix}')
    invoice = page.run("document.querySelector('.o_service_portal_invoices a[href*=report_type]').href")
    save_pdf(page.download(invoice), 'invoice_pdf')
    save_pdf(page.download(page.run("document.querySelector('.o_service_contract_pdf').href")), 'contract_pdf')
    page.resize(DESKTOP)
    journeys(page, url)
    for size, suffix in ((DESKTOP, ''), (PHONE, '_phone')):
        page.resize(size)
        for name, path in PANEL.items():
            page.open(f'{url}{path}', 'main')
            save(page, f'{name}{suffix}')


def journeys(page: Browser, url: str) -> None:
    """Pay two receipts, arrange payments and ask for another plan: each up to what is shown before it is sent."""
    page.open(f'{url}/my/receipts', '.o_receipts_form')
    submit(page, '.o_receipts_bar button[type=submit]', '.o_pay_amount')
    save(page, 'panel_pay')
    page.open(f'{url}/my/arrangement', '.o_arrangement_form')
    submit(page, 'button[value=show]', '.o_request_effect')
    save(page, 'panel_arrangement')
    page.open(f'{url}/my/contracts', '.o_portal_my_doc_table')
    page.open(f'{page.run(ALARM_CONTRACT)}/request/end', '.o_request_form')
    submit(page, 'button[value=show]', '.o_request_effect')
    save(page, 'panel_request')


def visitor(page: Browser, url: str) -> None:
    """The catalog, two services put into one order, and that order on desk and phone."""
    page.open(f'{url}/services', 'main')
    save(page, 'services')
    for service in ('music', 'host'):
        page.open(f'{url}/services', 'main')
        page.open(page.run(f"document.querySelector('main a[href*=\"/services/{service}-\"]').href"), 'form')
        save(page, f'service_{service}')
        submit(page, 'main form button[type=submit]', '.o_order_customer')
    for size, suffix in ((DESKTOP, ''), (PHONE, '_phone')):
        page.resize(size)
        page.open(f'{url}/services/order', '.o_order_customer')
        save(page, f'service_order{suffix}')


def submit(page: Browser, button: str, selector: str) -> None:
    click(page, button)
    page.wait(f'Boolean(document.querySelector("{selector}"))')


def open_row(page: Browser, text: str) -> None:
    page.run(
        f"[...document.querySelectorAll('.o_data_row')].find(row => row.innerText.includes('{text}'))"
        ".querySelector('.o_data_cell').click()"
    )
    page.wait(f'Boolean(document.querySelector("{FORM}"))')


def click(page: Browser, selector: str) -> None:
    page.run(f'document.querySelector("{selector}").click()')


def save(page: Browser, name: str) -> None:
    page.settle()
    shrink(page.picture(), name)


def save_pdf(content: bytes, name: str) -> None:
    """Save the first page of a PDF."""
    done = subprocess.run(
        ['pdftoppm', '-r', '80', '-f', '1', '-l', '1', '-png', '-'], input=content, capture_output=True, check=True
    )
    shrink(done.stdout, name)


def shrink(png: bytes, name: str) -> None:
    path = Path(FOLDER, f'{name}.png')
    Image.open(io.BytesIO(png)).convert('RGB').quantize(COLOURS).save(path, optimize=True)
    print(f'{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB')


if __name__ == '__main__':
    sys.exit(main())

"""A headless Chromium, spoken to by its DevTools: log in, open a page, take its picture."""

import base64
import json
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import requests
import websocket

START_SECONDS = 30
PAGE_SECONDS = 60
SETTLE_SECONDS = 1.5
DOWNLOAD = """fetch('{url}').then(answer => answer.arrayBuffer()).then(
    buffer => btoa(Array.from(new Uint8Array(buffer), byte => String.fromCharCode(byte)).join('')))"""
READY = """document.readyState == 'complete' && !document.querySelector('.o_loading_indicator, .spinner-border')
    && Boolean(document.querySelector('{selector}'))"""


class Browser:
    """One page of a browser; `size` is (width, height) in CSS pixels."""

    def __init__(self, address: str, size: tuple[int, int]):
        self._socket = websocket.create_connection(address, timeout=PAGE_SECONDS, suppress_origin=True)
        self._numbers = count(1)
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        width, height = size
        self._call(
            'Emulation.setDeviceMetricsOverride',
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def log_in(self, url: str, login: str, password: str) -> None:
        """Take over the session of a user who logged in by the form."""
        session = requests.Session()
        form = session.get(f'{url}/web/login', timeout=PAGE_SECONDS).text
        token = form.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        answer = session.post(
            f'{url}/web/login', {'login': login, 'password': password, 'csrf_token': token}, timeout=PAGE_SECONDS
        )
        assert '/web/login' not in answer.url, f'{login} cannot log in'
        self._call('Network.setCookie', url=url, name='session_id', value=session.cookies['session_id'])

    def open(self, url: str, selector: str = 'body') -> None:
        """Go to a page and wait until the selector is there and nothing loads any more."""
        self._call('Page.navigate', url=url)
        self.wait(READY.replace('{selector}', selector))
        self.settle()

    def settle(self) -> None:
        """Wait for what moves and loads without telling."""
        time.sleep(SETTLE_SECONDS)

    def download(self, url: str) -> bytes:
        """Return what an address of the site answers to the session of the page."""
        return base64.b64decode(self.run(DOWNLOAD.replace('{url}', url)))

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + PAGE_SECONDS
        while not self.run(condition):
            assert time.monotonic() < end, f'never true: {condition}'
            time.sleep(0.2)

    def run(self, script: str):
        """Run JavaScript in the page and return its value."""
        answer = self._call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True)
        return answer['result'].get('value')

    def picture(self) -> bytes:
        """Return what is to be seen as PNG."""
        return base64.b64decode(self._call('Page.captureScreenshot', format='png')['data'])

    def _call(self, method: str, **parameters) -> dict:
        number = next(self._numbers)
        self._socket.send(json.dumps({'id': number, 'method': method, 'params': parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get('id') == number:
                assert 'error' not in answer, f'{method}: {answer["error"]}'
                return answer['result']


@contextmanager
def browser(size: tuple[int, int]):
    """A Chromium of its own, gone afterwards with its profile."""
    program = shutil.which('chromium') or shutil.which('google-chrome')
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                program,
                '--headless',
                '--no-sandbox',
                '--disable-gpu',
                '--hide-scrollbars',
                '--lang=en',
                '--remote-debugging-port=0',
                f'--user-data-dir={profile}',
                'about:blank',
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Browser(_page_address(Path(profile) / 'DevToolsActivePort'), size)
        finally:
            process.terminate()
            process.wait()


def _page_address(port_file: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while not port_file.exists() or '\n' not in port_file.read_text():
        assert time.monotonic() < end, 'Chromium does not start'
        time.sleep(0.1)
    port = port_file.read_text().split('\n', 1)[0]
    pages = requests.get(f'http://127.0.0.1:{port}/json', timeout=START_SECONDS).json()
    return next(page['webSocketDebuggerUrl'] for page in pages if page['type'] == 'page')

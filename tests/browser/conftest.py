"""A headless Chromium that notices failed requests and outside hosts."""

import functools
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium():
    named = os.environ.get("PROGTX_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser():
    path = chromium()
    if path is None:
        reason = (
            "no Chromium found; install it (Debian: apt-get install chromium) "
            "or name it in PROGTX_CHROMIUM"
        )
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser):
    """A page; at the end of the test, nothing may have failed or left this machine."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    failed, outside = [], []

    def watch(request):
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in (
            "127.0.0.1",
            "localhost",
        ):
            outside.append(request.url)

    opened.on("request", watch)
    opened.on("requestfailed", lambda r: failed.append(f"{r.url}: {r.failure}"))
    opened.on(
        "response",
        lambda r: failed.append(f"{r.url}: {r.status}") if r.status >= 400 else None,
    )
    yield opened
    seen = [*failed], [*outside]  # closing the page breaks off what is under way
    opened.close()
    assert seen == ([], [])


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def address(html):
    """Where the built book is served."""
    handler = functools.partial(Quiet, directory=str(html))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()

"""Pages in a real browser: signed in as somebody, and held to a clean console."""

import os
import shutil
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import expect

from tests.visiting import Visitor

# The browser's driver runs an event loop in the thread of the test, which Django would take for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# A busy machine answers late; what is waited for must still come.
expect.set_options(timeout=20_000)

WIDTHS = (390, 768, 1366)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The Chromium that `script/test` found or installed; `chromium` of this machine otherwise."""
    quiet = ["background-networking", "component-update", "sync", "dev-shm-usage", "gpu", "quic"]
    return {
        **browser_type_launch_args,
        "executable_path": os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome"),
        "args": ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)],
    }


class Browsing:
    """Opens pages of the live server and collects what the browser complains about."""

    def __init__(self, browser: Any, address: str) -> None:
        self._browser = browser
        self._address = address
        self._visitor = Visitor()
        self._contexts: list[Any] = []
        self.complaints: list[str] = []

    def __call__(
        self,
        path: str,
        *,
        as_: Any = None,
        width: int = 1366,
        height: int = 768,
        dark: bool = False,
        scripts: bool = True,
    ) -> Any:
        """A new browser window at `path`, as `as_` (None: nobody). `dark` is what the device prefers."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            base_url=self._address,
        )
        self._contexts.append(context)
        page = context.new_page()
        if as_ is not None:
            self.sign_in(page, as_)
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self._complain("error", str(error)))
        page.on("requestfailed", self._failed)
        page.goto(path)
        return page

    def sign_in(self, page: Any, user: Any) -> None:
        """From the next request on the window belongs to `user`."""
        session = self._visitor.client(user).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self._address}])

    def _failed(self, request: Any) -> None:
        # A page that is left while it loads gives up what is under way.
        if "ERR_ABORTED" not in request.failure:
            self._complain("error", f"{request.url}: {request.failure}")

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def forgive(self, text: str) -> None:
        """Drop the complaint with this text: browsers report every answer of 4xx, wanted or not. It must come."""
        for _time in range(50):
            if any(text in complaint for complaint in self.complaints):
                break
            self._contexts[-1].pages[0].wait_for_timeout(100)
        kept = [complaint for complaint in self.complaints if text not in complaint]
        assert len(kept) < len(self.complaints), f"nobody complained of: {text}"
        self.complaints = kept

    def close(self) -> None:
        """Close every window."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def browse(browser, live_server):
    """See `Browsing`. The test fails if the browser complained: errors, warnings, breaches of the CSP."""
    browsing = Browsing(browser, live_server.url)
    yield browsing
    browsing.close()
    assert browsing.complaints == []


def assert_accessible(page: Any) -> None:
    """Axe finds nothing against WCAG 2.2 AA or its best practices on the page as it is now."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    listed = [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]
    assert listed == [], page.url


def assert_fits(page: Any) -> None:
    """The page does not scroll sideways and clips no text."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} px too wide"
    clipped = page.evaluate(
        """() => [...document.querySelectorAll("button, a, th, td, dt, dd, label, h1, h2, h3, .v-badge")]
            .filter((e) => e.checkVisibility() && getComputedStyle(e).overflowX === "hidden")
            .filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => e.textContent.trim().slice(0, 60))"""
    )
    assert clipped == [], page.url

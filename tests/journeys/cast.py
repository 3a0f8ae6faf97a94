"""The people of the journeys: each signs in through the page and does their own work in their own window."""

import json
import re
import urllib.error
import urllib.request
import uuid
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, expect

from tests import make

HOUR = 3600


class Desk:
    """A person at their browser."""

    def __init__(self, browse: Any, user: Any) -> None:
        self.user = user
        self._browse = browse
        self.page: Page = browse("/account/login/")
        self.sign_in()

    def sign_in(self) -> None:
        """Sign in through the page."""
        self.open("/account/login/?next=/today/")
        self.page.get_by_label(re.compile("e-?mail", re.IGNORECASE)).fill(self.user.email)
        self.page.locator("input[name=password]").fill(make.PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/today/")

    def open(self, path: str) -> Page:
        """Go to an address."""
        self.page.goto(path)
        return self.page

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button by its words."""
        self.page.get_by_role("button", name=name).click()

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow a link by its words; the first where several say the same."""
        self.page.get_by_role("link", name=name).first.click()

    def unfold(self, name: str) -> None:
        """Open what is folded behind these words."""
        self.page.locator("summary", has_text=re.compile(f"^{name}")).click()

    def choose(self, name: str, value: str) -> None:
        """Choose in the field `name`, whether the list is the browser's or ours that can be searched."""
        self.page.locator(f"select[name={name}]").select_option(value, force=True)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """The page comes to show these words."""
        expect(self.page.locator("main")).to_contain_text(text)

    def is_told(self, text: str | re.Pattern[str]) -> None:
        """A toast says what just happened."""
        expect(self.page.locator("#toasts")).to_contain_text(text)

    def is_refused(self, status: int, text: str | re.Pattern[str]) -> None:
        """The page says why not, with its status."""
        self.sees(text)
        self._browse.forgive(f"status of {status}")

    def file_request(self, organization: Any, *, quantity: int, region: str, needed_by: str, use: str) -> str:
        """File a request in its five fields; the address of its page."""
        self.open(f"/requests/new/?organization={organization.public_id}")
        self.choose("resource", "vcpu")
        self.page.get_by_label("Quantity", exact=True).fill(str(quantity))
        self.choose("region", region)
        self.page.get_by_label("Needed by").fill(needed_by)
        self.choose("workload", use)
        self.press("File request")
        self.sees("Where it stands")
        return self.page.url.removesuffix("standing/")

    def made_long_ago(self) -> None:
        """Let an hour pass since this person signed in, so that a second signature asks again."""
        cookies = self.page.context.cookies()
        key = next(cookie["value"] for cookie in cookies if cookie["name"] == settings.SESSION_COOKIE_NAME)
        session = SessionStore(key)
        for step in session["account_authentication_methods"]:
            step["at"] -= HOUR
        session.save()

    def proves_it_is_them(self) -> None:
        """Take the fresh sign-in step that a second signature asks for."""
        self.page.wait_for_url("**/account/confirm/**")
        self.page.locator("input[name=password]").fill(make.PASSWORD)
        self.press("Confirm")

    def make_token(self, purpose: str) -> str:
        """A token that may act, made in the settings."""
        self.open("/account/")
        self.page.get_by_label("What it is for").fill(purpose)
        self.choose("scope", "write")
        self.press("Make a token")
        self.sees("Copy it now")
        return self.page.locator("code[data-copy]").inner_text()


class Program:
    """A program that acts for a person through the API; without a token it is nobody's."""

    def __init__(self, address: str, token: str = "") -> None:
        self._address = address
        self._token = token

    def __call__(self, method: str, path: str, body: Any = None, *, expects: int) -> Any:
        """The answer to a call below /api/v1/, which must have this status."""
        headers = {
            "Content-Type": "application/json",
            "Accept-Language": "en",
            "Idempotency-Key": str(uuid.uuid4()),
            **({"Authorization": f"Token {self._token}"} if self._token else {}),
        }
        data = None if body is None else json.dumps(body, default=str).encode()
        call = urllib.request.Request(f"{self._address}/api/v1/{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(call) as response:
                status, answer = response.status, json.load(response)
        except urllib.error.HTTPError as error:
            status, answer = error.code, json.load(error)
        assert status == expects, answer
        return answer

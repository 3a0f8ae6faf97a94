"""Every page there is, in a real browser: no complaint in the console, nothing wider than the window, readable by all.

In German on a dark phone and in English on a light desk, so that long words meet narrow columns.
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from capacity.requests.actions.rerank_requests import rerank_all
from kit.clock import now
from tests import make, world
from tests.architecture.test_access import MAY_READ
from tests.browsing import assert_accessible, assert_fits
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)

# Whom to open a page as, where several may: those who find most on it come first.
READERS = (
    Role.CAPACITY_REVIEWER, Role.REGION_OPERATOR, Role.ACCOUNT_MANAGER, Role.VERIFIER, Role.NOTICE_EDITOR,
    Role.EXECUTIVE, Role.ADMINISTRATOR, Role.DUTY_MANAGER, Role.AUDITOR,
)  # fmt: skip
# The pages that people spend their days on; the others are held to it by the tests of their slices.
MAIN = {
    "desk:today", "customers:organizations", "customers:organization", "customers:case", "review:queue", "review:case",
    "requests:request", "intake:new", "priorities:policy", "regions:tiles", "pools:pool", "staffing:board",
    "reports:executive", "journal:entries",
}  # fmt: skip
PUBLIC = ("", "policy/", "notices/", "contacts/")


@pytest.fixture
def pages():
    """The address of every page with the role that opens it."""
    at = now()
    arguments = world.build(at=at)
    make.shift_reported(make.pool("westeurope").region.datacenters.first(), at=at - timedelta(minutes=1))
    rerank_all(actor=SYSTEM, at=at)
    found = []
    for name, readers in MAY_READ.items():
        reader = next((role for role in READERS if role in readers), None)
        if reader is None:
            continue  # A draft that its drafter alone may change; the tests of its slice open it.
        found.append((name, reverse(name, args=arguments.get(name, [])), reader))
    return found


@pytest.mark.parametrize(("language", "width", "dark"), [("de", 390, True), ("en", 1920, False)])
def test_every_page_is_whole(browse, pages, language, width, dark):
    theme = "dark" if dark else "light"
    people = {role: make.person(role, language=language, theme=theme) for role in READERS}
    windows = {role: browse("/today/", as_=user, width=width, height=844, dark=dark) for role, user in people.items()}
    wrong = []
    for name, path, role in pages:
        page = windows[role]
        answer = page.goto(path)
        try:
            assert answer.status == 200, answer.status
            assert page.locator("html").get_attribute("lang") == language
            assert page.locator("h1").count() == 1
            assert_fits(page)
            if name in MAIN:
                page.wait_for_load_state("networkidle")
                assert_accessible(page)
        except AssertionError as error:
            wrong.append(f"{name}: {error}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("language", "width", "dark"), [("de", 390, True), ("en", 1920, False)])
def test_every_public_page_is_whole(browse, pages, language, width, dark):
    page = browse(f"/trust/{language}/", width=width, dark=dark)
    for path in PUBLIC:
        page.goto(f"/trust/{language}/{path}")
        assert page.locator("html").get_attribute("lang") == language
        assert_fits(page)
        assert_accessible(page)

"""The pages about people and of signing in, in a real browser: whole, accessible, and the fresh step resumed."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from playwright.sync_api import expect

from kit.clock import now
from tests import make
from tests.browsing import WIDTHS, assert_accessible, assert_fits
from tests.journal.test_chain import write
from tests.visiting import Visitor
from users.actions.create_token import create_token
from users.actions.invite_person import invite_person
from users.actions.plan_duty import plan_duty
from users.models import ApiToken
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chief():
    cache.clear()
    return make.person(Role.ADMINISTRATOR, name="Ada Administrator", email="ada@vorrang.example")


@pytest.fixture
def pages(chief):
    """An office with people, a rota, an invitation and some history; the pages of a signed-in person, and of nobody."""
    at = now()
    actor = make.actor(chief, fresh_at=at)
    holder, deputy = (make.person(Role.DUTY_MANAGER, name=f"Duty Manager {number}") for number in range(2))
    person = make.person(Role.ACCOUNT_MANAGER, Role.VERIFIER, name="Amelie Account", portfolios=[make.portfolio()])
    window = {"starts_at": at - timedelta(hours=1), "ends_at": at + timedelta(hours=7)}
    plan_duty(actor=actor, holder_id=holder.public_id, deputy_id=deputy.public_id, **window, at=at)
    offer = {"name": "Nina", "roles": [Role.AUDITOR], "regions": (), "portfolios": ()}
    invited = invite_person(actor=actor, email="new@vorrang.example", **offer, at=at)
    create_token(actor=actor, name="Nightly export", scope="read", days=30, at=at)
    entry = write(3)[0]
    return [
        "/people/",
        "/people/invite/",
        "/people/duty/",
        "/people/portfolios/",
        f"/people/{person.public_id}/",
        f"/people/{person.public_id}/leaving/",
        "/account/",
        "/account/password/",
        "/account/codes/",
        "/journal/",
        f"/journal/{entry.public_id}/",
    ], ["/account/login/", "/account/password/forgotten/", "/account/password/sent/", f"/invitation/{invited.token}/"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_is_accessible_and_fits_every_width(browse, chief, pages, dark):
    for reader, addresses in zip((chief, None), pages, strict=True):
        page = browse("/account/login/", as_=reader, dark=dark)
        for address in addresses:
            page.goto(address)
            assert_accessible(page)
            ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
            assert len(set(ids)) == len(ids), f"{address}: labels and links need ids that stand once"
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                assert_fits(page)


def sign_in(page, email="ada@vorrang.example"):
    page.get_by_label(re.compile("e-?mail", re.IGNORECASE)).fill(email)
    page.locator("input[name=password]").fill(make.PASSWORD)
    page.locator("input[name=password]").press("Enter")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_signs_in_sets_up_the_second_step_and_is_asked_for_it(browse, chief, scripts):
    page = browse("/account/login/?next=/account/codes/", scripts=scripts)
    sign_in(page)
    page.wait_for_url("**/account/codes/")
    page.get_by_role("link", name="Set up").click()
    page.locator("input[name=password]").fill(make.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/account/codes/totp/activate/")
    secret = page.locator("code[data-copy]").inner_text()
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    page.locator("input[name=code]").fill(code)
    page.get_by_role("button", name="Switch on").click()
    codes = page.locator(".v-codes li")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()

    again = browse("/account/login/?next=/account/", scripts=scripts)
    sign_in(again)
    again.locator("input[name=code]").fill(recovery)
    again.locator("input[name=code]").press("Enter")
    again.wait_for_url("**/account/")
    expect(again.locator("#signing-in")).to_contain_text("On")


@pytest.mark.parametrize("scripts", [True, False])
def test_after_the_fresh_step_what_was_sent_is_done(browse, chief, scripts):
    page = browse("/account/login/", scripts=scripts)
    page.context.add_cookies(
        [{"name": "sessionid", "value": stale_session(chief), "url": page.url.split("/account")[0]}]
    )
    page.goto("/account/")
    page.get_by_label("What it is for").fill("Nightly export")
    page.get_by_role("button", name="Make a token").click()
    page.wait_for_url("**/account/confirm/**")
    assert not ApiToken.objects.exists()
    page.locator("input[name=password]").fill(make.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Token for Nightly export")).to_be_visible()
    assert ApiToken.objects.count() == 1


def stale_session(person) -> str:
    """A session whose sign-in is an hour old."""
    return Visitor().client(person, fresh=False).cookies["sessionid"].value

"""Deciding by keyboard alone: by single keys, and by tabbing for whoever has switched those off (WCAG 2.1.4)."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from capacity.requests.actions.rerank_requests import rerank_all
from capacity.requests.models import CapacityRequest, RequestState
from kit.clock import now
from tests import make
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)

MOST_TABS = 120


@pytest.fixture
def waiting():
    """A hospital's request, not confirmed yet, and a shop's that is far too large."""
    at = now()
    make.region(condition="constrained", name="West Europe")
    make.pool(powered_on=1000)
    hospital = make.hospital("Klinikum Musterstadt")
    make.verified_claim(of=hospital, at=at)
    made = {
        "hospital": make.request(hospital, workload="health_records", quantity=40, at=at - timedelta(hours=3)),
        "shop": make.request(make.organization("Beispiel Handel"), quantity=5000, at=at - timedelta(hours=2)),
    }
    rerank_all(actor=SYSTEM, at=at)
    return made


def state(request: CapacityRequest) -> str:
    return CapacityRequest.objects.get(pk=request.pk).state


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, which must be seen there; Shift is never needed."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("(element) => element === document.activeElement"):
            ring = target.evaluate("(e) => { const s = getComputedStyle(e); return s.outlineStyle + s.boxShadow }")
            assert ring != "nonenone", "the focus is not seen"
            return
    raise AssertionError(f"not reached with {MOST_TABS} tabs: {target}")


def test_a_reviewer_decides_by_single_keys(browse, waiting):
    page = browse("/today/", as_=make.person(Role.CAPACITY_REVIEWER))
    page.keyboard.type("gq")
    page.wait_for_url("**/queue/")
    page.keyboard.press("j")
    expect(page.locator("[data-row-link]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Klinikum Musterstadt", level=1)).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("The use is confirmed.")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text("granted in West Europe")).to_be_visible()
    assert state(waiting["hospital"]) == RequestState.APPROVED
    page.keyboard.press("z")
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert state(waiting["hospital"]) == RequestState.IN_REVIEW
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Beispiel Handel", level=1)).to_be_visible()
    page.keyboard.press("d")
    reason = page.locator("#decline_reason")
    tab_to(page, reason)
    page.keyboard.press("End")
    page.keyboard.type(" A dazzling wad of keys.")  # letters are letters while somebody writes
    tab_to(page, page.locator("form[action$='/decline/']").get_by_role("button", name="Decline"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("is declined.")).to_be_visible()
    assert state(waiting["shop"]) == RequestState.DECLINED
    assert state(waiting["hospital"]) == RequestState.APPROVED


def test_and_by_tabbing_with_single_keys_switched_off(browse, waiting):
    page = browse("/today/", as_=make.person(Role.CAPACITY_REVIEWER, shortcuts_enabled=False))
    page.keyboard.type("gq")
    page.keyboard.press("j")
    assert page.url.endswith("/today/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    tab_to(page, page.get_by_role("navigation").get_by_role("link", name="Review queue"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/")
    tab_to(page, page.locator("[data-row-link]").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Klinikum Musterstadt", level=1)).to_be_visible()
    for key in "cadz":
        page.keyboard.press(key)
    tab_to(page, page.get_by_role("button", name="Confirm use"))
    assert state(waiting["hospital"]) == RequestState.QUEUED
    page.keyboard.press("Enter")
    expect(page.get_by_text("The use is confirmed.")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Approve in West Europe"))
    page.keyboard.press("Space")
    expect(page.get_by_text("granted in West Europe")).to_be_visible()
    assert state(waiting["hospital"]) == RequestState.APPROVED
    tab_to(page, page.get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert state(waiting["hospital"]) == RequestState.IN_REVIEW

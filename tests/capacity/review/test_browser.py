"""The review in a real browser: the last units wait for the hospital, one key approves, another takes it back."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from capacity.requests.actions.rerank_requests import rerank_all
from capacity.requests.actions.submit_request import AskedLine
from capacity.requests.models import CapacityRequest, RequestState
from capacity.review.actions.decline_request import decline_request
from kit.clock import now
from priorities.actions.end_override import expire_overrides
from tests import make
from tests.browsing import WIDTHS, assert_accessible, assert_fits
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)
REGION = "westeurope"


@pytest.fixture
def scene():
    """A constrained region, a hospital that waits for much of it, and two others."""
    at = now()
    make.region(condition="constrained", name="West Europe")
    make.pool(powered_on=1000)
    make.pool(resource="memory", powered_on=100_000)
    make.pool("northeurope", powered_on=2000)
    hospital = make.hospital("Klinikum Musterstadt")
    make.verified_claim(of=hospital, at=at)
    first = make.request(
        hospital,
        workload="health_records",
        lines=[AskedLine("vcpu", 40, 20), AskedLine("memory", 1600, 800)],
        regions=["westeurope", "northeurope"],
        justification="Two wards more since Monday; the records must stay within reach of every bed.",
        at=at - timedelta(hours=3),
    )
    second = make.request(make.organization("Stadtwerke Beispielburg"), quantity=30, at=at - timedelta(hours=9))
    third = make.request(
        make.organization("Beispiel Handel AG", customer_since=None, offer_type="pay_as_you_go"),
        quantity=1200,
        minimum=1100,
        at=at - timedelta(days=2),
    )
    rerank_all(actor=SYSTEM, at=at)
    return {"hospital": first, "works": second, "shop": third}


@pytest.fixture
def reviewer():
    return make.person(Role.CAPACITY_REVIEWER, name="Ada Example")


def look(page, name):
    """Keep a picture for somebody who wants to look; `SCREENSHOTS` names the folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_case_is_confirmed_approved_by_one_key_and_taken_back_by_another(browse, scene, reviewer):
    page = browse("/queue/", as_=reviewer)
    expect(page.get_by_text("By tier.")).to_be_visible()
    look(page, "queue")
    page.get_by_role("link", name="Klinikum Musterstadt").first.click()
    expect(page.get_by_role("heading", name="Klinikum Musterstadt")).to_be_visible()
    look(page, "case-unconfirmed")
    page.keyboard.press("c")
    expect(page.get_by_text("The use is confirmed.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve in West Europe")).to_be_visible()
    look(page, "case-confirmed")
    page.keyboard.press("a")
    expect(page.get_by_text("granted in West Europe")).to_be_visible()
    # The next case of the queue is open already.
    expect(page.get_by_role("heading", name="Stadtwerke Beispielburg")).to_be_visible()
    assert CapacityRequest.objects.get(pk=scene["hospital"].pk).state == RequestState.APPROVED
    look(page, "next-case")
    page.keyboard.press("z")
    expect(page.get_by_text("Taken back. The request is in review again.")).to_be_visible()
    expect(page.get_by_role("heading", name="Klinikum Musterstadt")).to_be_visible()
    assert CapacityRequest.objects.get(pk=scene["hospital"].pk).state == RequestState.IN_REVIEW


def test_a_denial_is_prefilled_and_its_letter_can_be_read(browse, scene, reviewer):
    page = browse(reverse("review:case", args=[scene["shop"].public_id]), as_=reviewer)
    page.keyboard.press("d")
    reason = page.locator("#decline_reason")
    expect(reason).to_be_visible()
    assert "Only 900" in reason.input_value()
    look(page, "case-decline")
    page.locator("form[action$='/decline/'] button[type=submit], form[action$='/decline/'] button").last.click()
    expect(page.get_by_text("is declined.")).to_be_visible()
    page.goto(reverse("requests:request", args=[scene["shop"].public_id]) + "?letter=en")
    expect(page.get_by_text("What stands in the way: Capacity.")).to_be_visible()
    look(page, "request-declined")


def test_everything_works_without_scripts(browse, scene, reviewer):
    page = browse(reverse("review:case", args=[scene["works"].public_id]), as_=reviewer, scripts=False)
    page.locator("summary", has_text="Waitlist").click()
    page.locator("#wait_reason").fill("The hospital comes first.")
    page.locator("#wait_block").select_option("quota")
    page.locator("form[action$='/wait/'] button").click()
    expect(page.get_by_text("is on the waiting list.")).to_be_visible()


def test_filing_shows_the_outlook_beside_the_form(browse, scene):
    organization = scene["works"].organization
    page = browse(f"/requests/new/?organization={organization.public_id}", as_=scene["works"].filed_by)
    page.get_by_label("Quantity", exact=True).fill("40")
    page.locator("#id_region").select_option("westeurope", force=True)
    page.get_by_label("Needed by").fill((now() + timedelta(days=9)).date().isoformat())
    page.get_by_label("Use", exact=True).select_option("general")
    expect(page.locator("#standing")).to_contain_text("All of it could be granted now.")
    look(page, "new-request")
    page.get_by_role("button", name="File request").click()
    expect(page.get_by_text("Filed. This is where it stands.")).to_be_visible()
    look(page, "standing")


def test_an_override_shows_whom_it_overtakes_and_break_glass_lapses_by_itself(browse, scene, reviewer):
    works, at = scene["works"], now()
    page = browse(reverse("override_request", args=[works.public_id]), as_=reviewer)
    page.get_by_label("What it does").select_option("pin")
    page.get_by_label("Why", exact=True).fill("The pumps of the town stand still without it.")
    page.get_by_role("button", name="Show whom it overtakes").click()
    effect = page.locator("#effect")
    expect(effect).to_contain_text("From place 2 to 1 of 3.")
    expect(effect).to_contain_text("Klinikum Musterstadt")
    look(page, "override-preview")
    page.get_by_role("button", name="Act alone now").click()
    expect(page.locator("h1")).to_contain_text("In force, unsigned")
    expect(page.locator("#overtakes")).to_contain_text("West Europe")
    expect(page.locator("#sign")).to_contain_text("Waits for any duty manager")
    look(page, "override-unsigned")
    page.goto(f"/queue/?region={REGION}")
    expect(page.locator("tbody tr").first).to_contain_text("Stadtwerke Beispielburg")

    # Another one, a day older: its time to be signed is over, and no worker has run since.
    lapsed = make.broken_glass(scene["shop"], kind="pin", at=at - timedelta(hours=24))
    page.goto(reverse("priorities:override", args=[lapsed.public_id]))
    expect(page.locator("h1")).to_contain_text("Ended unsigned")
    assert expire_overrides(at=now()) == 1
    page.reload()
    expect(page.locator("#post-review")).to_contain_text("Due by")
    page.get_by_label("Verdict").select_option("wrong")
    page.get_by_label("Lesson").fill("Nobody was called; call the deputy first.")
    look(page, "override-lapsed")
    page.get_by_role("button", name="Close the review").click()
    expect(page.locator("#review")).to_contain_text("It should not have been")
    page.goto("/overrides/?now=in_force")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    look(page, "override-register")


@pytest.mark.parametrize("dark", [False, True])
def test_every_page_is_accessible_and_fits(browse, scene, reviewer, dark):
    declined = make.request(make.organization("Beispiel Medien"), quantity=1200, minimum=1100, at=now())
    decline_request(actor=make.actor(reviewer), request_id=declined.public_id, reason="Too little is left.", at=now())
    manager = scene["works"].filed_by
    alone = make.broken_glass(scene["works"], at=now())
    pages = [
        (reverse("override_request", args=[scene["works"].public_id]), reviewer),
        (reverse("override_use", args=[scene["works"].organization.public_id]), reviewer),
        ("/overrides/", reviewer),
        (reverse("priorities:override", args=[alone.public_id]), reviewer),
        ("/queue/", reviewer),
        (reverse("review:case", args=[scene["hospital"].public_id]), reviewer),
        (reverse("review:case", args=[scene["works"].public_id]), reviewer),
        ("/requests/", reviewer),
        (reverse("requests:request", args=[declined.public_id]), reviewer),
        (reverse("intake:standing", args=[scene["works"].public_id]), manager),
        ("/requests/new/", manager),
        (f"/requests/new/?organization={scene['works'].organization.public_id}", manager),
    ]
    windows = {user: browse("/today/", as_=user, dark=dark) for user in (reviewer, manager)}
    for path, user in pages:
        page = windows[user]
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 768})
            assert_fits(page)
            if width in (WIDTHS[0], WIDTHS[-1]):
                assert_accessible(page)
                look(page, f"{path.strip('/').replace('/', '-')[:24]}-{width}-{'dark' if dark else 'light'}")

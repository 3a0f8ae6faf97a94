"""The criteria change: drafted and proposed by one person, put in force by another, read by everybody."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from kit.clock import now
from priorities.policies import active_version
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_policy_is_drafted_simulated_proposed_and_put_in_force(browse):
    call_command("seed_reference", verbosity=0)
    hospital = make.hospital()
    make.verified_claim(of=hospital, at=now())
    make.pool(powered_on=100)
    for quantity in (40, 80):
        make.request(hospital, quantity=quantity, workload="health_records", confirmed=True, at=now())
    reviewer = browse("/policy/", as_=make.person(Role.CAPACITY_REVIEWER))
    reviewer.locator("summary", has_text="Draft a version from this one").click()
    reviewer.get_by_label("Title").fill("More for hospitals")
    reviewer.get_by_role("button", name="Draft", exact=True).click()
    reviewer.wait_for_url("**/policy/versions/2/")

    # A clause that never decides is said to be wrong, in words, until it is gone.
    reviewer.get_by_role("link", name="Add a clause").click()
    reviewer.get_by_label("Number").fill("2.9")
    reviewer.locator("select[name=tier]").select_option("2", force=True)
    reviewer.get_by_label("HE-ACUTE").check()
    reviewer.get_by_label("Alerting", exact=True).check()
    reviewer.get_by_role("button", name="Keep the draft").click()
    expect(reviewer.locator("#problems")).to_contain_text("Clause 2.9 never decides")
    reviewer.get_by_role("button", name="Remove clause 2.9").click()
    expect(reviewer.locator("main")).to_contain_text("Nothing is wrong with it")

    reviewer.get_by_role("link", name="Change everything else").click()
    reviewer.get_by_label("Reserve for tier 1").fill("150")
    reviewer.get_by_role("button", name="Keep the draft").click()
    expect(reviewer.locator("#changes del")).to_contain_text("10% of the capacity is reserved for tier 1.")
    expect(reviewer.locator("#changes ins")).to_contain_text("15% of the capacity is reserved for tier 1.")
    reviewer.get_by_role("link", name="Simulate it").click()
    expect(reviewer.get_by_role("heading", level=1)).to_contain_text(re.compile("simulat", re.IGNORECASE))
    reviewer.get_by_role("button", name="Simulate").click()
    # Who moves, who would be served where, how evenly, and what tier 1 holds of the pool: 40 of 100 either way.
    expect(reviewer.locator(".v-figure-sentence")).to_be_visible()
    expect(reviewer.locator("#moves")).to_contain_text("T1")
    expect(reviewer.locator("#fairness")).to_contain_text("1.000")
    expect(reviewer.locator("#riding")).to_contain_text("Their requests: 2.")
    with reviewer.expect_download() as download:
        reviewer.get_by_role("link", name="Requests as CSV").click()
    assert len(Path(download.value.path()).read_text().splitlines()) == 3
    reviewer.goto("/policy/versions/2/")
    reviewer.get_by_label("Reason").first.fill("Hospitals were short in March")
    reviewer.get_by_role("button", name="Propose").click()
    expect(reviewer.locator("main")).to_contain_text("Waits for a second signature")
    expect(reviewer.locator("#activate")).to_contain_text("Waits for any duty manager")

    manager = browse("/today/", as_=make.person(Role.DUTY_MANAGER))
    manager.get_by_role("link", name=re.compile("More for hospitals")).click()
    expect(manager.locator("#changes ins")).to_contain_text("15% of the capacity is reserved for tier 1.")
    manager.get_by_label("Reason").first.fill("Agreed with the medical office")
    manager.get_by_role("button", name="Put in force").click()
    expect(manager.locator("h1")).to_contain_text("In force")
    assert active_version(now()).number == 2

    public = browse("/trust/de/policy/")
    expect(public.locator("main")).to_contain_text(re.compile(r"15\s%"))
    public.locator("#history + ul a").nth(1).click()
    expect(public.locator("main del")).to_contain_text(re.compile(r"10\s%"))

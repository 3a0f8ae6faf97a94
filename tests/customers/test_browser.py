"""Customers in a real browser: from the register's entry to the verified claim, and every page for everybody."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from customers.actions.request_information import request_information
from customers.actions.run_imports import run_next_import
from customers.actions.take_up_claim import take_up_claim
from customers.assurance.actions.complain import complain
from customers.models import Claim, ClaimState, Organization
from kit.clock import now
from tests import make
from tests.browsing import assert_accessible, assert_fits
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home():
    return make.portfolio("North")


@pytest.fixture
def manager(home):
    return make.account_manager(portfolios=[home])


@pytest.fixture
def verifier():
    return make.person(Role.VERIFIER, name="Vera Verifier")


# What the DNS of this journey holds.
RECORDS: list[str] = []


def look_up(name):
    assert name == "_vorrang-challenge.klinikum.example"
    return RECORDS


@pytest.mark.parametrize("scripts", [True, False])
def test_a_hospital_is_registered_claimed_and_verified(browse, home, manager, verifier, scripts, settings):
    settings.DOMAIN_RESOLVER = f"{__name__}.look_up"
    RECORDS.clear()
    make.category()
    make.register_row("Charité Musterstadt", domain="charite.example")
    page = browse("/organizations/new/", as_=manager, scripts=scripts)
    page.get_by_label("Legal name").fill("Klinikum Musterstadt")
    page.locator("select[name=country]").select_option("DE", force=True)
    page.get_by_label("Domains").fill("klinikum.example")
    page.get_by_role("button", name="Register organization").click()
    expect(page.get_by_role("heading", name="Klinikum Musterstadt")).to_be_visible()

    page.get_by_role("link", name="Propose category").first.click()
    page.get_by_role("searchbox", name="Name or domain in a register").fill("charite")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("radio", name=re.compile("Charité Musterstadt")).check()
    page.get_by_role("checkbox", name="klinikum.example").check()
    page.locator("select[name=category]").select_option("HE-ACUTE", force=True)
    page.get_by_role("button", name="Submit for verification").click()
    expect(page.get_by_text("A verifier takes it up.")).to_be_visible()

    claim = Claim.objects.get()
    page = browse(reverse("customers:case", args=[claim.public_id]), as_=verifier, scripts=scripts)
    page.locator("summary", has_text="Take up").click()
    page.get_by_role("button", name="Take up").click()
    # The entry beside the organization: what differs is said in a word, not by color alone.
    row = page.get_by_role("row", name=re.compile("^Name"))
    expect(row.locator("mark")).to_have_text("Charité Musterstadt")
    expect(row.get_by_text("differs")).to_be_visible()
    page.get_by_role("button", name="Check the DNS").click()
    expect(page.get_by_text("does not hold this record yet")).to_be_visible()
    RECORDS.append(page.locator(".v-ways code").nth(1).inner_text())
    page.get_by_role("button", name="Check the DNS").click()
    expect(page.locator(".v-badge", has_text=re.compile("^Shown$"))).to_be_visible()
    for checked in (1, 2):
        page.locator("button[value=yes]:visible").first.click()
        expect(page.locator(".v-evidence .v-badge", has_text=re.compile("^Holds$"))).to_have_count(checked)
    page.locator("summary", has_text=re.compile("^Verify$")).click()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", name="Klinikum Musterstadt Verified")).to_be_visible()
    claim.refresh_from_db()
    assert claim.state == ClaimState.VERIFIED


def test_a_file_is_tried_then_taken_in_while_its_sender_watches(browse, home, manager):
    rows = "".join(f"{name},{home.code}\n" for name in ("Amt Eins,DE,enterprise", "Bad,ZZ,enterprise"))
    file = {
        "name": "customers.csv",
        "mimeType": "text/csv",
        "buffer": f"legal_name,country,offer_type,portfolio\n{rows}".encode(),
    }
    page = browse("/organizations/imports/new/", as_=manager)
    for is_dry_run in (True, False):
        page.locator("select[name=kind]").select_option("organizations", force=True)
        page.get_by_label("CSV file").set_input_files(file)
        page.get_by_label("Dry run").set_checked(is_dry_run)
        page.get_by_role("button", name="Send the file").click()
        expect(page.get_by_text("Waiting for its turn")).to_be_visible()
        assert run_next_import(at=now()) is not None  # what the background does
        # The page follows by itself.
        expect(page.get_by_text("2 of 2 rows")).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("Bad.*Refused.*ZZ"))).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("Amt Eins.*Created"))).to_be_visible()
        assert Organization.objects.exists() is not is_dry_run
        page.goto("/organizations/imports/new/")


def test_a_second_verifier_looks_again_and_suspends(browse, verifier):
    claim = make.verified_claim(verifier=verifier, at=now())
    complain(actor=make.acting(Role.AUDITOR), claim_id=claim.public_id, complaint="It closed last year.", at=now())
    page = browse("/verification/reviews/", as_=verifier)
    page.get_by_role("link", name=claim.organization.legal_name).click()
    expect(page.get_by_text("You had a part in this verification")).to_be_visible()
    other = make.person(Role.VERIFIER)
    page = browse("/verification/reviews/", as_=other)
    page.get_by_role("link", name=claim.organization.legal_name).click()
    expect(page.get_by_text("It closed last year.")).to_be_visible()
    page.get_by_label("Doubted: suspended").check()
    page.locator("textarea[name=finding]").fill("Its doors are shut.")
    page.get_by_role("button", name="Keep the result").click()
    expect(page.get_by_text("Its doors are shut.")).to_be_visible()
    claim.refresh_from_db()
    assert claim.state == ClaimState.SUSPENDED


def test_a_refused_act_stays_open_with_its_words(browse, verifier):
    claim = make.claim()
    take_up_claim(actor=make.actor(verifier), claim=claim, at=now())
    page = browse(reverse("customers:case", args=[claim.public_id]), as_=verifier)
    page.locator("summary", has_text="Reject").click()
    page.locator("#reject_reason").fill("The entry names another town.")
    page.get_by_role("button", name="Reject").click()
    browse.forgive("400 (Bad Request)")
    expect(page.get_by_role("alert")).to_contain_text("Why")
    expect(page.locator("#reject_reason")).to_have_value("The entry names another town.")


@pytest.mark.parametrize(("width", "dark", "language"), [(1366, False, "en"), (390, True, "de")])
def test_every_page_is_accessible_and_fits(browse, home, width, dark, language):
    manager = make.account_manager(portfolios=[home], language=language)
    verifier = make.person(Role.VERIFIER, language=language)
    hospital = make.hospital("Klinikum Musterstadt", portfolio=home, manager=manager, aliases=["KMS"])
    claim = make.claim(
        of=hospital, evidence=[*make.strong_evidence(hospital), make.letter(note="It takes part in emergency care.")]
    )
    asked = make.claim("CI-WATER", of=make.hospital("Wasserwerk Musterstadt", portfolio=home, manager=manager))
    make.verified_claim("CI-ENERGY", of=hospital, at=now())
    actor = make.actor(verifier)
    for one in (claim, asked):
        take_up_claim(actor=actor, claim=one, at=now())
    request_information(actor=actor, claim=asked, question="Which of the two sites?", at=now())
    for person, paths in {
        manager: [
            "/organizations/",
            "/organizations/new/",
            "/organizations/portfolio/",
            reverse("customers:organization", args=[hospital.public_id]),
            reverse("customers:change", args=[hospital.public_id]),
            reverse("customers:propose", args=[hospital.public_id]),
            reverse("customers:claim", args=[asked.public_id]),
            reverse("customers:evidence", args=[asked.public_id]),
        ],
        verifier: ["/verification/", reverse("customers:case", args=[claim.public_id])],
    }.items():
        for path in paths:
            page = browse(path, as_=person, width=width, dark=dark)
            page.wait_for_load_state("networkidle")
            for summary in page.locator("main .v-act > summary").all():
                summary.click()
            assert_accessible(page)
            assert_fits(page)
            page.context.close()

"""The demonstration keeps every rule, has something of every kind, and can be opened page by page."""

import json
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from capacity.alarms.models import Alarm
from capacity.deliveries.models import Delivery
from capacity.deliveries.queries import landings_of, planned_among
from capacity.desk.invariants import check_invariants
from capacity.levers.campaign_models import CampaignCap, OfferCampaign
from capacity.levers.models import Lever, LeverKind, LeverMeasurement, LiftProposal
from capacity.notices.models import Notice, ResourceContact
from capacity.pools.models import Pool
from capacity.regions.models import ConditionDeclaration, Datacenter, Region
from capacity.requests.models import CapacityRequest, Decision, Outcome, RequestRegion, RequestState, Stage
from capacity.review.letter import has_letter, letter
from capacity.staffing.models import DatacenterStatus
from capacity.usage.models import UsageForecast
from config.demo.build import Size, build_demo
from config.demo.cast import LOGINS, PASSWORD
from customers.models import (
    Claim,
    ClaimReview,
    ClaimState,
    Evidence,
    EvidenceKind,
    EvidenceReview,
    LiaisonItem,
    OfferType,
    Organization,
    RegisterMatch,
    SectorCategory,
)
from journal.sealing import verify_chain
from kit import clock
from priorities.models import Override, OverrideKind, OverrideScope, OverrideState
from tests import make
from users.models import SignatureCall, User
from users.roles import Role

# Registered, not yet offered by any act: a claim is submitted as it is proposed.
NO_ACT_LEADS_THERE = {ClaimState.DRAFT}


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """One demonstration for all tests of this file, rolled back after them."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        folder = tmp_path_factory.mktemp("data")
        patch.setattr("django.conf.settings.DATA_DIR", folder)
        build_demo(Size(organizations=300, requests=800), now=clock.now(), tell=lambda name, seconds: None)
        yield folder
        transaction.set_rollback(True)


@pytest.fixture
def story(demo, db):
    """The demonstration, with whatever a test does to it taken back."""
    return demo


def person(key: str) -> User:
    return User.objects.get(email=f"{key}@vorrang.example")


def test_every_rule_holds(story):
    assert [finding for finding in check_invariants() if not finding.holds] == []


def test_the_journal_verifies_and_nothing_waits_for_its_seal(story):
    report = verify_chain()
    assert (report.fault, report.unsealed) == (None, 0)
    assert report.verified > 5_000


def test_there_is_something_of_every_kind(story):
    states = set(CapacityRequest.objects.values_list("state", flat=True))
    assert states == set(RequestState.values)
    assert set(Claim.objects.values_list("state", flat=True)) == set(ClaimState.values) - NO_ACT_LEADS_THERE
    assert set(Override.objects.values_list("state", flat=True)) == set(OverrideState.values)
    assert set(Override.objects.values_list("kind", flat=True)) == set(OverrideKind.values)
    assert set(Override.objects.values_list("scope", flat=True)) == set(OverrideScope.values)
    assert {one.is_flagged for one in Override.objects.filter(is_break_glass=True)} == {True, False}
    assert Override.objects.filter(renewal=1).exists()
    assert RequestRegion.objects.filter(order_band__isnull=False).exists(), "an override that counts in one region"
    assert set(SignatureCall.objects.values_list("subject_type", flat=True)) >= {"override", "request"}
    assert set(Claim.objects.values_list("category__code", flat=True)) == set(
        SectorCategory.objects.values_list("code", flat=True)
    )
    assert set(Organization.objects.values_list("offer_type", flat=True)) == set(OfferType.values)
    assert set(Evidence.objects.values_list("kind", flat=True)) == set(EvidenceKind.values)
    assert set(Decision.objects.values_list("outcome", flat=True)) == set(Outcome.values)
    assert set(Decision.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert {"draft", "published", "superseded"} == set(Notice.objects.values_list("state", flat=True))
    assert {"open", "limited", "paused", "restored"} == set(Lever.objects.values_list("state", flat=True))
    assert set(Lever.objects.values_list("kind", flat=True)) == set(LeverKind.values)
    assert LeverMeasurement.objects.exclude(corrects=None).exists()
    assert Pool.objects.filter(lever_release__gt=0).exists()
    assert {"planned", "live", "closed"} == set(OfferCampaign.objects.values_list("state", flat=True))
    assert CampaignCap.objects.filter(used__gt=0).exists()
    assert {"planned", "landed"} == set(Delivery.objects.values_list("state", flat=True))
    expected = landings_of(planned_among(Delivery.objects.all()), clock.now())
    assert {landing.share < 1 for landing in expected.values()} == {True, False}
    assert set(DatacenterStatus.objects.values_list("status", flat=True)) >= {"green", "amber", "red", "unknown"}
    assert {"critical", "constrained", "recovering", "watch", "normal"} == set(
        Region.objects.values_list("condition", flat=True)
    )
    assert Region.objects.count() == 58
    assert set(UsageForecast.objects.values_list("method", flat=True)) >= {"ridge", "combination", "scenarios"}
    assert UsageForecast.objects.exclude(broken_at=None).exists()
    assert UsageForecast.objects.filter(exhausted_p50__lte=60).exists()
    assert Alarm.objects.filter(kind="usage_surge", ended_at=None).count() == 2
    assert Alarm.objects.exclude(silenced_at=None).exists()
    assert ResourceContact.objects.exists()
    assert LiaisonItem.objects.filter(closed_at=None).exclude(next_step="").exists()
    assert RegisterMatch.objects.count() >= 5
    assert set(EvidenceReview.objects.filter(resolved_at=None).values_list("change", flat=True)) == {"lost", "changed"}
    assert set(ClaimReview.objects.values_list("outcome", flat=True)) >= {"", "stands"}


def test_rosters_and_papers_let_something_expect(story):
    ahead = {}
    for code in ("northeurope-1", "canadaeast-1", "westeurope-1"):
        ahead[code] = make.outlook(Datacenter.objects.get(code=code), clock.now())
    assert {day.status for day in ahead["northeurope-1"][8:]} == {"amber"}
    assert {day.with_papers for day in ahead["northeurope-1"][8:]} == {2}
    assert [day.role for day in ahead["canadaeast-1"] if day.status == "red"] == ["network"]
    assert {day.status for day in ahead["westeurope-1"]} == {"not_tracked"}


def test_work_waits_for_every_role(story):
    now = clock.now()
    open_ones = CapacityRequest.objects.filter(state__in=[RequestState.QUEUED, RequestState.IN_REVIEW])
    assert open_ones.filter(claimed_tier=1, due_at__lt=now).exists()
    assert open_ones.filter(due_at__gt=now).exists()
    assert not CapacityRequest.objects.filter(state=RequestState.WAITLISTED, next_look_date=None).exists()
    assert Override.objects.filter(state=OverrideState.PROPOSED, ends_at__gt=now).exists()
    assert ConditionDeclaration.objects.filter(state="proposed").exists()
    assert Lever.objects.exclude(pending_state="").exists()
    assert LiftProposal.objects.filter(state="open").exists()
    assert Alarm.objects.filter(ended_at=None, acknowledged_at=None).exists()
    assert Claim.objects.filter(state__in=[ClaimState.SUBMITTED, ClaimState.IN_VERIFICATION]).exists()


def test_scarce_regions_are_full_and_the_others_are_not(story):
    filled = {
        pool.region.code: pool.committed / pool.supply
        for pool in Pool.objects.select_related("region").filter(resource__code="vcpu")
    }
    assert filled["westeurope"] > 0.85
    assert sum(filled.values()) / len(filled) < 0.7


def test_every_letter_can_be_written_in_both_languages_and_names_no_other_request(story):
    numbers = Counter()
    for decision in Decision.objects.select_related("ranking", "region", "request__organization"):
        if not has_letter(decision):
            continue
        for language in ("de", "en"):
            text = " ".join(letter(decision, decision.request, language).paragraphs)
            assert "R-" not in text.replace(decision.request.label, "")
            numbers[decision.outcome] += 1
    assert set(numbers) == set(Outcome.values) - {Outcome.UNDO}


def test_nobody_real_is_in_it(story):
    domains = {domain for row in Organization.objects.all() for domain in row.domains.values_list("domain", flat=True)}
    assert domains
    assert all(domain.endswith(".example") for domain in domains)
    assert all(email.endswith("@vorrang.example") for email in User.objects.values_list("email", flat=True))


def test_one_sign_in_per_role_is_written_for_its_owner_alone(story):
    file = story / LOGINS
    logins = json.loads(file.read_text())
    assert {login["role"] for login in logins} >= set(Role.values)
    assert file.stat().st_mode & 0o077 == 0
    for login in logins:
        found = User.objects.get(email=login["email"])
        assert found.check_password(login["password"])
        held = set(found.assignments.values_list("role", flat=True))
        assert held == {login["role"]} or len(held) > 1
    assert {login["password"] for login in logins} == {PASSWORD}


PAGES = (
    ("reviewer", "desk:today"), ("duty", "desk:today"), ("account", "desk:today"), ("verifier", "desk:today"),
    ("operator", "desk:today"), ("editor", "desk:today"), ("executive", "desk:today"), ("auditor", "desk:today"),
    ("reviewer", "review:queue"), ("account", "requests:requests"), ("account", "customers:organizations"),
    ("verifier", "customers:verification"), ("verifier", "customers:registers"), ("duty", "priorities:overrides"),
    ("operator", "regions:tiles"), ("operator", "regions:table"), ("operator", "staffing:board"),
    ("operator", "alarms:inbox"), ("operator", "levers:levers"), ("editor", "notices:notices"),
    ("executive", "reports:executive"), ("auditor", "journal:entries"), ("admin", "users:people"),
    ("admin", "users:duty"), ("several", "desk:today"),
)  # fmt: skip


@pytest.mark.parametrize(("key", "name"), PAGES)
def test_pages_open_with_something_on_them(story, visit, key, name):
    assert visit(reverse(name), as_=person(key)).status_code == 200


def test_the_pages_of_single_things_open(story, visit):
    request = CapacityRequest.objects.filter(state=RequestState.QUEUED, claimed_tier__gte=3).first()
    declined = CapacityRequest.objects.filter(state=RequestState.DECLINED).last()
    assert visit(reverse("review:case", args=[request.public_id]), as_=person("reviewer")).status_code == 200
    assert visit(reverse("requests:request", args=[declined.public_id]), as_=person("reviewer")).status_code == 200
    claim = Claim.objects.filter(state=ClaimState.IN_VERIFICATION).first()
    assert visit(reverse("customers:case", args=[claim.public_id]), as_=person("verifier")).status_code == 200
    override = Override.objects.filter(state=OverrideState.PROPOSED).first()
    assert visit(reverse("priorities:override", args=[override.public_id]), as_=person("duty")).status_code == 200
    assert visit(reverse("regions:region", args=["westeurope"]), as_=person("operator")).status_code == 200
    assert visit(reverse("pools:pool", args=["westeurope", "vcpu"]), as_=person("operator")).status_code == 200
    assert visit(reverse("staffing:datacenter", args=["westeurope-2"]), as_=person("operator")).status_code == 200
    for name in ("overview", "policy", "notices", "contacts"):
        assert visit(reverse(f"trust:{name}", args=["de"])).status_code == 200


def test_it_is_not_mixed_into_data_that_is_there(story):
    before = CapacityRequest.objects.count()
    out = StringIO()
    call_command("demo", "--if-empty", stdout=out)
    assert out.getvalue() == ""
    with pytest.raises(CommandError, match="for an empty one"):
        call_command("demo")
    assert CapacityRequest.objects.count() == before

"""An override shows whom it overtakes before anybody signs, and does exactly that."""

from unittest.mock import ANY

import pytest
from django.urls import reverse

from capacity.desk.invariants import check_invariants
from capacity.intake.circumstances import ahead_now
from capacity.requests.actions.rerank_requests import rerank_all, rerank_requests
from capacity.requests.ranking import rank_now
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.confirm_grant import FactsChanged, confirm_grant
from capacity.review.actions.grant_in_part import grant_in_part
from capacity.review.granting import CannotGrant
from capacity.review.overtaking import movements, movements_of, movements_of_use, overtaken_rows
from priorities import policy
from priorities.actions.confirm_override import confirm_override
from priorities.actions.seed_policy import seed_policy
from priorities.models import Override
from tests import make
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db

TO_TIER_1 = policy.OverrideFact(kind=policy.OverrideKind.RETIER, value=1)


@pytest.fixture
def queue():
    """Three tier-1 requests and one of tier 3, filed last, in a constrained region."""
    make.region("westeurope", condition="constrained")
    ahead = [make.tier1_request() for _ in range(3)]
    return ahead, make.request()


def test_in_a_constrained_region_a_change_of_tier_overtakes_exactly_those_it_names(queue):
    ahead, last = queue
    other = make.request()
    (movement,) = movements(other.public_id, TO_TIER_1, at=make.NOW)
    assert (movement.before, movement.waiting) == (5, 5)
    assert [one.request for one in movement.overtaken] == [last]
    assert movement.after == 4
    assert movement.as_rows() == [{"region": movement.region.name, "number": last.number, "tier": last.claimed_tier}]
    assert {one.pk for one in ahead}.isdisjoint(one.request.pk for one in movement.overtaken)


def test_in_a_normal_region_nobody_is_overtaken_because_completeness_decides():
    make.region("northeurope", condition="normal")
    first = make.request(regions=["northeurope"])
    second = make.request(regions=["northeurope"])
    (movement,) = movements(second.public_id, TO_TIER_1, at=make.NOW)
    assert (movement.before, movement.after, movement.overtaken) == (2, 2, ())
    assert first.number < second.number


def test_what_was_shown_is_what_happens(queue):
    _ahead, last = queue
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    override = make.override(last, by=reviewer)
    (shown,) = movements(last.public_id, TO_TIER_1, at=make.NOW)
    confirm_override(actor=make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW), override=override, at=make.NOW)
    rerank_all(actor=SYSTEM, at=make.NOW)
    last.refresh_from_db()
    assert last.claimed_tier == 1
    (ranked,) = rank_now([last], at=make.NOW)
    assert ranked.result.claimed_tier == 1
    (again,) = movements(last.public_id, TO_TIER_1, at=make.NOW)
    assert (again.before, again.after) == (shown.before, shown.after)
    assert rerank_requests([last.pk], actor=SYSTEM, at=make.NOW).stored == 0


def test_the_page_previews_first_and_proposes_second(queue, visit):
    _ahead, last = queue
    reviewer, duty_manager = make.person(Role.CAPACITY_REVIEWER), make.person(Role.DUTY_MANAGER)
    url = reverse("override_request", args=[last.public_id])
    assert visit(url, as_=make.person(Role.EXECUTIVE)).status_code == 403
    assert visit(url, as_=reviewer).status_code == 200
    sent = {
        "kind": "retier", "to_tier": "1", "hours": "72", "reason_code": "life_safety",
        "reason": "The emergency line depends on it.", "ticket": "",
    }  # fmt: skip
    preview = visit(url, as_=reviewer, method="post", data={**sent, "preview": "1"})
    assert "From place" in preview.content.decode() or "Stays at place" in preview.content.decode()
    assert not Override.objects.exists()
    bad = visit(url, as_=reviewer, method="post", data={**sent, "hours": "400", "propose": "1"})
    assert bad.status_code == 400
    assert not Override.objects.exists()
    done = visit(url, as_=reviewer, method="post", data={**sent, "propose": "1"})
    assert done.status_code == 302
    override = Override.objects.get()
    page = reverse("priorities:override", args=[override.public_id])
    assert "Waits for a second signature" in visit(page, as_=reviewer).content.decode()
    signing, shown = reverse("priorities:confirm", args=[override.public_id]), {"row_version": 1}
    assert visit(signing, as_=reviewer, method="post", data=shown).status_code == 403
    stale = visit(signing, as_=duty_manager, method="post", data=shown, fresh=False)
    assert stale.status_code == 302
    override.refresh_from_db()
    assert override.state == "proposed"
    visit(signing, as_=duty_manager, method="post", data=shown)
    override.refresh_from_db()
    assert override.state == "active"
    visit(reverse("priorities:overrides"), as_=make.person(Role.AUDITOR))
    assert visit(reverse("priorities:overrides"), as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403


def test_the_policy_page_says_the_criteria_to_every_role(visit):
    seed_policy(at=make.NOW)
    page = visit(reverse("priorities:policy"), as_=make.person(Role.REGION_OPERATOR)).content.decode()
    assert "In force" in page
    assert visit(reverse("priorities:version", args=[99]), as_=make.person(Role.AUDITOR)).status_code == 404


# --- every kind, both scopes, where grants are decided -------------------------------------------------


@pytest.fixture
def reviewer():
    return make.acting(Role.CAPACITY_REVIEWER)


def grant(request, reviewer, region="westeurope", **changes):
    return approve_request(
        actor=reviewer, request_id=request.public_id, region_code=region, at=make.NOW, **{"reason": "Fits.", **changes}
    )


def two_regions():
    for code in ("westeurope", "northeurope"):
        make.region(code, condition="constrained")
        make.pool(code, powered_on=1000)


def test_a_cap_bounds_the_grant_and_says_so(reviewer):
    make.pool(powered_on=1000)
    request = make.request(quantity=100, minimum=10, confirmed=True)
    make.in_force(make.override(request, kind="cap", cap_permille=300))
    with pytest.raises(CannotGrant) as told:
        grant(request, reviewer)
    assert "limits the grant to 30% of what is asked" in told.value.sentence
    decision = grant_in_part(
        actor=reviewer, request_id=request.public_id, region_code="westeurope", quantities={"vcpu": 30},
        reason="Limited.", at=make.NOW,
    )  # fmt: skip
    assert decision.explanation["quantities"] == [30]
    assert not list(check_invariants_faults())


def test_a_release_lifts_hold_and_cap_of_one_request_alone(reviewer):
    make.pool(powered_on=1000)
    first = make.request(quantity=20, confirmed=True)
    second = make.request(first.organization, quantity=20, confirmed=True)
    make.in_force(make.use_override(first, kind="hold"))
    make.in_force(make.use_override(first, kind="cap", cap_permille=500))
    for request in (first, second):
        with pytest.raises(CannotGrant, match="holds this request back"):
            grant(request, reviewer)
    make.in_force(make.override(first, kind="release"))
    assert grant(first, reviewer).outcome == "approve"
    with pytest.raises(CannotGrant, match="holds this request back"):
        grant(second, reviewer)


def test_an_override_of_a_use_bites_in_its_region_and_nowhere_else(reviewer):
    two_regions()
    request = make.request(quantity=20, regions=["westeurope", "northeurope"], confirmed=True)
    other_use = make.request(
        request.organization, quantity=20, workload="education", regions=["westeurope"], confirmed=True
    )
    make.in_force(make.use_override(request, "westeurope", kind="hold"))
    with pytest.raises(CannotGrant, match="holds this request back"):
        grant(request, reviewer, "westeurope")
    assert grant(other_use, reviewer, "westeurope").outcome == "approve"
    decision = grant(request, reviewer, "northeurope")
    assert decision.ranking.facts["overrides"] == [], "what counts elsewhere is no fact of this decision"
    assert not list(check_invariants_faults())


def test_a_pin_of_a_use_comes_first_in_its_region_alone(reviewer):
    two_regions()
    both = {"regions": ["westeurope", "northeurope"], "quantity": 10}
    first = make.tier1_request(**both)
    last = make.request(**both, confirmed=True)
    make.in_force(make.use_override(last, "northeurope", kind="pin"))
    (ranked,) = rank_now([last], at=make.NOW)
    assert ahead_now(ranked, ["westeurope", "northeurope"], at=make.NOW) == {
        "westeurope": (ANY,),
        "northeurope": (),
    }
    (ranked,) = rank_now([first], at=make.NOW)
    assert [len(ones) for ones in ahead_now(ranked, ["westeurope", "northeurope"], at=make.NOW).values()].count(1) == 1


def test_the_movements_of_a_use_name_everybody_each_request_goes_past():
    make.region("westeurope", condition="constrained")
    ahead = [make.tier1_request(quantity=5) for _ in range(2)]
    first = make.request(confirmed=True)
    second = make.request(first.organization, confirmed=True)
    other = make.request(make.organization("Somebody Else"), confirmed=True)
    fact = policy.OverrideFact(kind=policy.OverrideKind.PIN, scope=policy.OverrideScope.ORGANIZATION)
    shown = movements_of_use(first.organization.public_id, "general", "westeurope", fact, at=make.NOW)
    assert [(one.request, one.before, one.after) for one in shown] == [(first, 3, 1), (second, 4, 2)]
    assert [{two.request for two in one.overtaken} for one in shown] == [set(ahead), set(ahead)]
    rows = overtaken_rows(shown)
    assert sorted(row["number"] for row in rows) == sorted(one.number for one in ahead)
    held = policy.OverrideFact(kind=policy.OverrideKind.HOLD, scope=policy.OverrideScope.ORGANIZATION)
    shown = movements_of_use(first.organization.public_id, "general", "westeurope", held, at=make.NOW)
    assert [(one.before, one.after, one.overtaken) for one in shown] == [(3, 4, ()), (4, 5, ())]
    assert other.number > second.number


@pytest.mark.parametrize("kind", ["retier", "pin", "hold", "cap", "release"])
def test_what_is_shown_of_each_kind_is_what_happens(kind, queue):
    ahead, last = queue
    if kind == "release":
        make.in_force(make.override(last, kind="hold"))
    override = make.override(last, kind=kind)
    (shown,) = movements_of(override, at=make.NOW)
    make.in_force(override)
    ranked = {one.request: one for one in rank_now([*ahead, last], at=make.NOW)}
    keys = {request: one.key(scarce=True, at=make.NOW) for request, one in ranked.items()}
    assert shown.after == 1 + sum(key < keys[last] for key in keys.values())
    assert {one.request for one in shown.overtaken} == {
        one for one in ahead if keys[one] > keys[last] and shown.before > shown.after
    } & set(ahead)


def test_a_grant_held_for_its_second_signature_is_not_made_under_a_cap_that_came_since(reviewer):
    make.pool(powered_on=100)
    request = make.request(quantity=20, confirmed=True)
    assert grant(request, reviewer).stage == "first_signature"
    make.in_force(make.override(request, kind="cap", cap_permille=500))
    with pytest.raises(FactsChanged):
        confirm_grant(
            actor=make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW), request_id=request.public_id, at=make.NOW
        )


def check_invariants_faults():
    return [fault for found in check_invariants() for fault in found.faults]


def test_an_override_of_a_use_is_proposed_on_a_page_of_its_own(queue, visit):
    _ahead, last = queue
    url = reverse("override_use", args=[last.organization.public_id])
    here = make.person(Role.CAPACITY_REVIEWER)
    elsewhere = make.person(Role.CAPACITY_REVIEWER, regions=["northeurope"])
    assert visit(url, as_=make.person(Role.EXECUTIVE)).status_code == 403
    sent = {
        "workload": "general", "region": "westeurope", "kind": "cap", "cap_percent": "40", "hours": "72",
        "reason_code": "abuse", "reason": "The quantity does not fit.", "to_tier": "", "ticket": "", "starts_at": "",
    }  # fmt: skip
    assert visit(url, as_=elsewhere, method="post", data={**sent, "propose": "1"}).status_code == 400
    preview = visit(url, as_=here, method="post", data={**sent, "preview": "1"})
    assert last.label in preview.content.decode()
    assert not Override.objects.exists()
    wrong = {"cap_percent": "", "workload": "x", "starts_at": "2020-01-01T08:00"}
    for name, value in wrong.items():
        assert visit(url, as_=here, method="post", data={**sent, name: value, "propose": "1"}).status_code == 400
    key = {"idempotency_key": "pressed-twice"}
    for _press in range(2):
        assert visit(url, as_=here, method="post", data={**sent, **key, "propose": "1"}).status_code == 302
    made = Override.objects.get()
    assert (made.scope, made.cap_permille, made.region_code, made.workload_code) == (
        "organization", 400, "westeurope", "general",
    )  # fmt: skip
    page = visit(reverse("priorities:override", args=[made.public_id]), as_=here).content.decode()
    assert "At most 40% of what is asked" in page


def test_break_glass_renewal_and_post_review_on_the_pages(queue, visit):
    _ahead, last = queue
    reviewer, duty = make.person(Role.CAPACITY_REVIEWER), make.person(Role.DUTY_MANAGER)
    sent = {
        "kind": "pin", "hours": "72", "reason_code": "life_safety", "reason": "The line must hold.", "to_tier": "",
        "cap_percent": "", "ticket": "", "starts_at": "",
    }  # fmt: skip
    url = reverse("override_request", args=[last.public_id])
    assert b"Act alone now" not in visit(url, as_=reviewer).content
    assert b"Act alone now" in visit(url, as_=reviewer, method="post", data={**sent, "preview": "1"}).content
    assert visit(url, as_=last.filed_by).status_code == 403
    assert visit(url, as_=reviewer, method="post", data={**sent, "break_glass": "1"}, fresh=False).status_code == 302
    assert not Override.objects.exists(), "the step of a fresh sign-in comes first"
    contract = {**sent, "reason_code": "contract", "break_glass": "1"}
    assert visit(url, as_=reviewer, method="post", data=contract).status_code == 400
    visit(url, as_=reviewer, method="post", data={**sent, "break_glass": "1"})
    made = Override.objects.get()
    page = reverse("priorities:override", args=[made.public_id])
    assert "In force, unsigned" in visit(page, as_=duty).content.decode()
    assert visit(reverse("priorities:overrides") + "?now=waits", as_=duty).content.decode().count(made.label) >= 1

    def act(name, by, version, **data):
        return visit(reverse(f"priorities:{name}", args=[made.public_id]), as_=by, method="post",
                     data={"row_version": version, **data})  # fmt: skip

    assert act("renew", reviewer, 1, hours="24", reason="Longer.").status_code == 409
    assert act("confirm", duty, 9).status_code == 409, "the form was of another version"
    assert act("confirm", duty, 1).status_code == 302
    assert act("confirm", duty, 1).status_code == 409
    renewed = act("renew", reviewer, 2, hours="24", reason="Longer.")
    renewal = Override.objects.get(renews=made)
    assert renewed.headers["Location"].endswith(f"{renewal.public_id}/")
    assert act("review", make.person(Role.CAPACITY_REVIEWER), 2, verdict="right", lesson="None.").status_code == 409
    assert act("revoke", duty, 2, reason="Solved.").status_code == 302
    renewal.refresh_from_db()
    assert renewal.state == "refused"
    assert b"Close the review" not in visit(page, as_=reviewer).content
    assert act("review", reviewer, 3, verdict="right", lesson="None.").status_code == 403
    other = make.person(Role.CAPACITY_REVIEWER)
    assert b"Close the review" in visit(page, as_=other).content
    assert act("review", other, 3, verdict="too_wide", lesson="A day would have done.").status_code == 302
    told = visit(page, as_=make.person(Role.AUDITOR)).content.decode()
    assert "Right, but too wide or too long" in told
    register = visit(reverse("priorities:overrides") + "?format=csv", as_=other)
    assert "A day would have done." not in register.getvalue().decode(), "columns that nobody chose are not in files"

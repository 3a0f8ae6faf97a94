"""An override shows whom it overtakes before anybody signs, and does exactly that."""

import pytest
from django.urls import reverse

from capacity.requests.actions.rerank_requests import rerank_all, rerank_requests
from capacity.requests.ranking import rank_now
from capacity.review.overtaking import movements
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

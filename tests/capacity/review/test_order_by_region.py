"""Overrides of an organization's use count in one region, and the queue of that region shows them."""

import random
import re
from datetime import timedelta

import pytest

from capacity.intake.circumstances import ahead_as_stored, ahead_now, with_asked
from capacity.intake.position import BY_COMPLETENESS_HERE, BY_TIER, BY_TIER_HERE, positions
from capacity.requests.actions.rerank_requests import rerank_all
from capacity.requests.models import PLACE_COLUMNS, CapacityRequest, RequestRegion
from capacity.requests.places import in_region, places_in
from capacity.requests.ranking import FACT_RELATIONS, rank_now
from kit.clock import now
from kit.refusal import Refusal
from tests import make
from tests.sql import refused, run
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db
NOW = make.NOW
REGIONS = ["westeurope", "northeurope"]


@pytest.fixture
def two_scarce_regions():
    for code in REGIONS:
        make.region(code, condition="constrained")


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\xa0", " ")


def queue_of(region, order=BY_TIER_HERE):
    return [one.number for one in in_region(CapacityRequest.objects.all(), region).order_by(*order)]


def test_each_kind_shows_in_the_queue_of_its_region_and_in_no_other(two_scarce_regions):
    first = make.tier1_request(regions=REGIONS)
    mine = make.request(regions=REGIONS, confirmed=True)
    other = make.request(regions=REGIONS, confirmed=True)
    usual = [first.number, mine.number, other.number]
    assert queue_of("northeurope") == usual
    at = NOW
    for kind, there in (
        ("pin", [mine.number, first.number, other.number]),
        ("hold", [first.number, other.number, mine.number]),
        ("cap", usual),
        ("release", usual),
    ):
        made = make.in_force(make.use_override(mine, "northeurope", kind=kind, hours=1, at=at), at=at)
        assert (queue_of("northeurope"), queue_of("westeurope")) == (there, usual), kind
        at = made.ends_at
        rerank_all(actor=SYSTEM, at=at)
        assert queue_of("northeurope") == usual, f"{kind} is over"
    # In its first wish it counts for the request's own row, and so the other wishes are the exception.
    make.in_force(make.use_override(mine, "westeurope", kind="retier", to_tier=1, at=at), at=at)
    make.in_force(make.use_override(other, "westeurope", kind="hold", at=at), at=at)
    make.in_force(make.override(other, kind="release", at=at), at=at)
    assert CapacityRequest.objects.get(pk=mine.pk).claimed_tier == 1
    here = in_region(CapacityRequest.objects.all(), "northeurope").get(pk=mine.pk)
    assert (here.claimed_tier, here.here_claimed_tier) == (1, 3)
    assert queue_of("northeurope") == usual
    assert queue_of("northeurope", BY_COMPLETENESS_HERE) == usual
    assert rerank_all(actor=SYSTEM, at=at).stored == 0, "nothing is written twice"


def test_the_order_of_every_region_is_that_of_ranking_each_request_there(two_scarce_regions):
    """The stored order against its oracle: places, positions, and who comes first, under random overrides."""
    dice = random.Random(7)
    organizations = [make.hospital(), *(make.organization(f"Customer {number}") for number in range(3))]
    make.verified_claim(of=organizations[0])
    asked = [
        make.request(
            dice.choice(organizations),
            regions=dice.sample(REGIONS, dice.choice([1, 2, 2])),
            workload=dice.choice(["general", "education"]),
            confirmed=dice.random() < 0.7,
            at=NOW - timedelta(days=dice.randint(0, 30), minutes=number),
        )
        for number in range(12)
    ]
    for _ in range(14):
        request, kind = dice.choice(asked), dice.choice(["pin", "hold", "retier", "retier", "cap", "release"])
        tier = dice.randint(1, 5)
        try:
            if dice.random() < 0.75:
                made = make.use_override(request, dice.choice(REGIONS), kind=kind, to_tier=tier)
            else:
                made = make.override(request, kind=kind, to_tier=tier)
            make.in_force(made)
        except Refusal:
            continue  # another of the kind stands
    assert RequestRegion.objects.filter(order_band__isnull=False).count() >= 3
    rerank_all(actor=SYSTEM, at=NOW)
    rows = list(with_asked(CapacityRequest.objects.select_related(*FACT_RELATIONS)))
    ranked = {one.request: one for one in rank_now(rows, at=NOW)}
    for region in REGIONS:
        here = [one for one in rows if region in {wish["code"] for wish in one.accepted}]
        for scarce, order in ((True, BY_TIER_HERE), (False, BY_COMPLETENESS_HERE)):
            right = sorted(here, key=lambda one: ranked[one].within(region).key(scarce=scarce, at=NOW))
            assert queue_of(region, order) == [one.number for one in right], (region, scarce)
            for place, one in enumerate(right, start=1):
                own = {name: getattr(one, name) for name in BY_TIER}
                found = positions(own, [region], besides=one.pk, here=places_in(one, one.accepted))[region]
                assert (found.place(scarce=scarce), found.waiting) == (place, len(here))
    for one in rows:
        own, places = {name: getattr(one, name) for name in BY_TIER}, places_in(one, one.accepted)
        codes = [wish["code"] for wish in one.accepted if not ranked[one].within(wish["code"]).facts.held]
        told = ahead_as_stored(own, codes, besides=one.pk, here=places, limit=100)
        right = ahead_now(ranked[one], codes, at=NOW)
        for code in codes:
            # Whom an override caps below what is useful is nobody to wait for, which the stored order does not know.
            capped = {one.label for one in rows if ranked[one].within(code).facts.cap_permille}
            found, wanted = ([a.label for a in ahead if a.label not in capped] for ahead in (told[code], right[code]))
            assert found == wanted


def test_the_page_of_a_regions_queue_shows_the_order_there(visit, two_scarce_regions):
    at = now()
    first = make.tier1_request(regions=REGIONS, at=at)
    mine = make.request(regions=REGIONS, confirmed=True, at=at)
    reviewer = make.person(Role.CAPACITY_REVIEWER)
    make.in_force(make.use_override(mine, "northeurope", kind="retier", to_tier=1, at=at), at=at)
    make.in_force(make.use_override(mine, "northeurope", kind="pin", at=at), at=at)
    everywhere, west, north = (
        text_of(visit(f"/queue/{query}", as_=reviewer, queries=12))
        for query in ("", "?region=westeurope", "?region=northeurope&size=1")
    )
    for text in (everywhere, west):
        assert text.index(first.label) < text.index(mine.label)
        assert "only here" not in text
    assert "as in the first region it wishes for" in everywhere
    assert mine.label in north
    assert first.label not in north, "the pages of the list follow the order there"
    assert "only here" in north
    assert "It may lag behind by a minute" in north
    for tier, shown in (("1", True), ("3", False)):
        text = text_of(visit(f"/queue/?region=northeurope&tier={tier}", as_=reviewer))
        assert (mine.label in text) is shown
    case = text_of(visit(f"/queue/{mine.public_id}/", as_=reviewer))
    assert "of 2" in case


def test_a_place_in_a_region_is_whole_or_none(two_scarce_regions):
    request = make.request(regions=REGIONS)
    assert "place_in_region_is_whole" in refused("UPDATE capacity_requestregion SET order_band = 1")
    run(
        "UPDATE capacity_requestregion SET order_band = 1, order_behind = 1, order_standing = 0, tier = 1,"
        " claimed_tier = 1, is_provisional = false, is_confirmed = true WHERE wish = 2"
    )
    rerank_all(actor=SYSTEM, at=NOW)
    row = RequestRegion.objects.get(request=request, wish=2)
    assert {getattr(row, name) for name in PLACE_COLUMNS} == {None}, "what something else set is right after a sweep"

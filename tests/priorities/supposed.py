"""Facts and policies to suppose: by hand, and drawn at random."""

import dataclasses
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from priorities.policy import (
    CATEGORIES,
    Facts,
    OfferType,
    OverrideFact,
    OverrideScope,
    SectorClaim,
    Verification,
    Workload,
    default_policy,
    order_key,
    rank,
)

MARCH = datetime(2020, 3, 21, 9, 0, tzinfo=UTC)
POLICY = default_policy()
BERLIN = ZoneInfo("Europe/Berlin")


def claim(category="HE-ACUTE", verification="verified", certificate=False):
    return SectorClaim(category, Verification(verification), certificate)


def facts(*claims, workload=Workload.GENERAL, **changes):
    values = {
        "claims": claims,
        "workload": workload,
        "workload_confirmed": True,
        "offer_type": OfferType.ENTERPRISE,
        "is_existing": True,
        "is_internal": False,
        "completed_at": MARCH,
        "request_number": 1,
        **changes,
    }
    return Facts(**values)


def codes(ranking):
    return [reason.code for reason in ranking.reasons]


def scarce_key(request, at=MARCH, policy=POLICY):
    return order_key(rank(request, policy), request, scarce=True, at=at)


def normal_key(request, at=MARCH):
    return order_key(rank(request, POLICY), request, scarce=False, at=at)


claims = st.builds(
    SectorClaim, st.sampled_from(CATEGORIES), st.sampled_from(list(Verification)), certificate=st.booleans()
)
override_facts = st.one_of(
    st.builds(OverrideFact, st.just("retier"), st.integers(1, 5), st.sampled_from(list(OverrideScope)), st.just("r")),
    st.builds(OverrideFact, st.just("cap"), st.integers(0, 1000), st.sampled_from(list(OverrideScope)), st.just("c")),
    st.builds(OverrideFact, st.sampled_from(["pin", "hold", "release"]), st.none(), reference=st.just("o")),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2020, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


@st.composite
def any_facts(draw, overrides=True):
    return Facts(
        claims=tuple(draw(st.lists(claims, max_size=4))),
        workload=draw(st.sampled_from(list(Workload))),
        workload_confirmed=draw(st.booleans()),
        offer_type=draw(st.sampled_from(list(OfferType))),
        is_existing=draw(st.booleans()),
        is_internal=draw(st.booleans()),
        completed_at=draw(st.none() | moments),
        request_number=draw(st.integers(1, 10**9)),
        overrides=tuple(draw(st.lists(override_facts, max_size=3))) if overrides else (),
    )


@st.composite
def policies(draw):
    """Sound variations of the default: other tiers, criteria dropped, other order, weights, scores and aging."""
    rules = []
    for rule in draw(st.permutations(POLICY.rules)):
        if rule.categories is not None:
            rule = dataclasses.replace(rule, tier=draw(st.integers(1, 5)), needs_certificate=draw(st.booleans()))
        rules.append(rule)
    workload = draw(st.integers(0, 1000))
    certificate = draw(st.integers(0, 1000 - workload))
    provisional = draw(st.integers(0, 1000))
    return dataclasses.replace(
        POLICY,
        rules=tuple(rules),
        weight_workload=workload,
        weight_certificate=certificate,
        weight_verification=1000 - workload - certificate,
        workload_scores=tuple((key, draw(st.integers(0, 1000))) for key in Workload),
        verification_scores=(("verified", draw(st.integers(provisional, 1000))), ("provisional", provisional)),
        tiers=tuple(
            dataclasses.replace(terms, aging_points=draw(st.integers(0, 500)) if terms.tier > 1 else 0)
            for terms in POLICY.tiers
        ),
        strict_tier_one=draw(st.booleans()),
    )

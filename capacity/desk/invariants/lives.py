"""What must hold over the lives of things: each move joins the one before, and nothing lives past its window."""

from collections.abc import Iterator
from itertools import groupby

from django.db import models

from capacity.desk.invariants.checking import check, told
from capacity.levers.campaign_models import CAMPAIGN_LIFE, CampaignMove, OfferCampaign
from capacity.levers.models import LEVER_LIFE, Lever, LeverMove, LeverState
from capacity.notices.models import NOTICE_LIFE, Notice, NoticeMove
from capacity.requests.models import REQUEST_LIFE, CapacityRequest, RequestMove
from capacity.response.models import PLAN_LIFE, PlanMove, ResponsePlan
from customers.models import CLAIM_LIFE, CLAIM_STANDING, Claim, ClaimMove
from kit.transitions import Life
from priorities.models import OVERRIDE_LIFE, POLICY_LIFE, Override, OverrideMove, PolicyMove, PolicyVersion


@check
def lives_follow_their_tables() -> Iterator[str | None]:
    """Moves of requests, claims, overrides, notices, levers and plans join end to end and lead to the stored state."""
    yield from _lives(CapacityRequest, RequestMove, "request", REQUEST_LIFE)
    yield from _lives(Claim, ClaimMove, "claim", CLAIM_LIFE)
    yield from _lives(Override, OverrideMove, "override", OVERRIDE_LIFE)
    yield from _lives(PolicyVersion, PolicyMove, "version", POLICY_LIFE)
    yield from _lives(Notice, NoticeMove, "notice", NOTICE_LIFE)
    yield from _lives(Lever, LeverMove, "lever", LEVER_LIFE, begins_in=LeverState.OPEN)
    yield from _lives(ResponsePlan, PlanMove, "plan", PLAN_LIFE)
    yield from _lives(OfferCampaign, CampaignMove, "campaign", CAMPAIGN_LIFE)


def _lives(
    model: type[models.Model], moves: type[models.Model], name: str, life: Life, *, begins_in: str = ""
) -> Iterator[str | None]:
    """`begins_in` is the state of a row that has not moved yet; empty where the first move writes it."""
    states = dict(model._default_manager.values_list("pk", "state"))
    steps = moves._default_manager.order_by(name, "pk").values_list(name, "old_state", "new_state", "at")
    ends = dict.fromkeys(states, begins_in)
    for key, run in groupby(steps.iterator(chunk_size=5_000), key=lambda row: row[0]):
        state, last = begins_in, None
        for _key, old, new, at in run:
            if old != state or (old and not life.allows(old, new)) or (last is not None and at < last):
                yield f"{name} {key}: from {state or 'nothing'} by {old or 'nothing'} to {new} at {at}"
                break
            state, last = new, at
        ends[key] = state
    for key, state in states.items():
        yield None if ends[key] == state else f"{name} {key}: is {state}, its moves end at {ends[key] or 'nothing'}"


@check
def one_standing_claim_per_category() -> Iterator[str | None]:
    """An organization has at most one claim to a category that is not rejected, lapsed or revoked."""
    yield from told(
        """
        SELECT 'organization ' || organization_id,
            CASE WHEN count(*) > 1 THEN count(*) || ' standing claims to one category' END
        FROM customers_claim WHERE state = ANY(%s) GROUP BY organization_id, category_id
        """,
        [str(state) for state in CLAIM_STANDING],
    )


@check
def merged_organizations_hold_nothing() -> Iterator[str | None]:
    """What was merged has gone over: claims, requests, domains, ids, contacts and children stand at the survivor."""
    yield from told("""
        SELECT 'organization ' || merged.public_id,
            CASE WHEN merged.merged_into_id IS NOT NULL AND (
                EXISTS (SELECT 1 FROM customers_claim held WHERE held.organization_id = merged.id)
                OR EXISTS (SELECT 1 FROM capacity_capacityrequest held WHERE held.organization_id = merged.id)
                OR EXISTS (SELECT 1 FROM customers_organizationdomain held WHERE held.organization_id = merged.id)
                OR EXISTS (SELECT 1 FROM customers_externalid held WHERE held.organization_id = merged.id)
                OR EXISTS (SELECT 1 FROM customers_contact held WHERE held.organization_id = merged.id)
                OR EXISTS (SELECT 1 FROM customers_organization held WHERE held.parent_id = merged.id)
            ) THEN 'it was merged and still holds something' END
        FROM customers_organization merged
    """)


@check
def verified_claims_rest_on_evidence() -> Iterator[str | None]:
    """What counts as verified has an item about the sector that holds, and domain control where two are needed."""
    yield from told("""
        SELECT 'claim ' || claim.public_id,
            CASE WHEN NOT kinds && (ARRAY['register_match', 'authority_letter'] || CASE
                    WHEN category.needs_strong_evidence THEN '{}'::text[]
                    ELSE ARRAY['authority_certificate', 'sponsor_letter'] END)
                THEN 'nothing that holds speaks for the sector'
            WHEN category.needs_strong_evidence AND NOT kinds @> ARRAY['domain_control']
                THEN 'control of a domain was not shown' END
        FROM customers_claim claim
        JOIN customers_sectorcategory category ON category.id = claim.category_id
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(kind::text), '{}') AS kinds
            FROM customers_evidence WHERE claim_id = claim.id AND holds
        ) evidence
        WHERE claim.state IN ('verified', 'revalidation_due', 'grace')
    """)


@check
def overrides_keep_to_their_windows() -> Iterator[str | None]:
    """None lasts too long, stands unconfirmed beyond its time, or overlaps another of its kind on one subject."""
    yield from told("""
        SELECT 'override ' || one.number,
            CASE WHEN one.ends_at > one.starts_at + interval '14 days' THEN 'lasts too long'
            WHEN one.state = 'active' AND one.confirmed_by_id IS NULL THEN 'stands without a second signature'
            WHEN one.confirmed_at >= LEAST(one.sign_by, one.ends_at) THEN 'was signed too late'
            WHEN one.state = 'expired' AND one.ended_at < CASE WHEN one.confirmed_by_id IS NULL
                THEN LEAST(one.sign_by, one.ends_at) ELSE one.ends_at END THEN 'ended before its window'
            WHEN one.state IN ('active', 'unconfirmed') AND EXISTS (
                SELECT 1 FROM priorities_override other
                WHERE other.id <> one.id AND other.state IN ('active', 'unconfirmed') AND other.kind = one.kind
                  AND other.subject_key = one.subject_key
                  AND other.workload_code = one.workload_code AND other.region_code = one.region_code
                  AND tstzrange(other.starts_at, other.ends_at) && tstzrange(one.starts_at, one.ends_at)
            ) THEN 'overlaps another'
            WHEN one.scope = 'request'
                AND NOT EXISTS (SELECT 1 FROM capacity_capacityrequest WHERE public_id = one.subject_key)
                THEN 'is about no request'
            WHEN one.scope = 'organization' AND NOT (
                EXISTS (SELECT 1 FROM customers_organization WHERE public_id = one.subject_key)
                AND EXISTS (SELECT 1 FROM capacity_region WHERE code = one.region_code)
            ) THEN 'is about no organization or region' END
        FROM priorities_override one
    """)

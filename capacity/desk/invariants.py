"""What must hold over all rows at any moment, asked of the rows themselves and not of the code that wrote them.

Most of it the database refuses to break anyway; this proves that it did, and checks what no constraint can say: that
pools add up, that every decision left its traces, and that stored rankings and diagnoses come out the same again.
Reads only. Each check is independent of the others and names what breaks it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import models

from capacity.desk.checking import Check
from capacity.desk.checking import rows as _rows
from capacity.desk.checking import told as _told
from capacity.desk.usage_invariants import USAGE_CHECKS
from capacity.intake.diagnosis import ahead_from, as_dict, ask_from, assess, place_from
from capacity.levers.campaign_models import CAMPAIGN_LIFE, CampaignMove, OfferCampaign
from capacity.levers.models import LEVER_LIFE, Lever, LeverMove, LeverState
from capacity.notices.models import NOTICE_LIFE, Notice, NoticeMove
from capacity.pools import arithmetic
from capacity.pools.models import Pool
from capacity.pools.terms import terms_of
from capacity.regions.models import SCARCE_CONDITIONS
from capacity.requests.models import REQUEST_LIFE, CapacityRequest, Decision, Outcome, RequestMove, Stage
from capacity.requests.replay import replay_rankings
from capacity.response.models import PLAN_LIFE, PlanMove, ResponsePlan
from customers.models import CLAIM_LIFE, CLAIM_STANDING, Claim, ClaimMove
from kit.transitions import Life
from priorities.models import OVERRIDE_LIFE, POLICY_LIFE, Override, OverrideMove, PolicyMove, PolicyVersion

# More would only repeat what the first few say.
MOST_TOLD = 20


@dataclass(frozen=True)
class Finding:
    """One check: its name, how many rows it looked at, and what breaks it (the first few, and how many in all)."""

    name: str
    looked_at: int
    faults: tuple[str, ...]
    fault_count: int

    @property
    def holds(self) -> bool:
        return self.fault_count == 0


CHECKS: dict[str, Check] = {}


def check_invariants(*names: str) -> Iterator[Finding]:
    """Run the named checks, or all of them, one after the other. Raises KeyError for an unknown name."""
    for name in names or CHECKS:
        looked_at = count = 0
        told: list[str] = []
        for fault in CHECKS[name]():
            looked_at += 1
            if fault is not None:
                count += 1
                if len(told) < MOST_TOLD:
                    told.append(fault)
        yield Finding(name, looked_at, tuple(told), count)


def _check(function: Check) -> Check:
    CHECKS[function.__name__] = function
    return function


# --- supply ------------------------------------------------------------------------------------------


@_check
def pools_equal_their_ledger() -> Iterator[str | None]:
    """What a pool says is promised is the sum of the entries that were not released."""
    yield from _told("""
        SELECT region.code || '/' || resource.code,
            CASE WHEN (pool.committed_general, pool.committed_critical, pool.committed_reserve, pool.held, pool.granted)
                IS DISTINCT FROM (sums.general, sums.critical, sums.reserve, sums.held, sums.granted)
            THEN format('the pool says %s held and %s granted, its entries %s and %s',
                        pool.held, pool.granted, sums.held, sums.granted) END
        FROM capacity_pool pool
        JOIN capacity_region region ON region.id = pool.region_id
        JOIN capacity_resource resource ON resource.id = pool.resource_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(quantity) FILTER (WHERE level = 'general'), 0)::bigint AS general,
                   coalesce(sum(quantity) FILTER (WHERE level = 'critical'), 0)::bigint AS critical,
                   coalesce(sum(quantity) FILTER (WHERE level = 'reserve'), 0)::bigint AS reserve,
                   coalesce(sum(quantity) FILTER (WHERE kind = 'hold'), 0)::bigint AS held,
                   coalesce(sum(quantity) FILTER (WHERE kind = 'grant'), 0)::bigint AS granted
            FROM capacity_ledgerentry entry
            WHERE entry.pool_id = pool.id AND kind IN ('hold', 'grant')
              AND NOT EXISTS (SELECT 1 FROM capacity_ledgerentry back WHERE back.releases_id = entry.id)
        ) sums
    """)


@_check
def no_pool_promises_more_than_it_may() -> Iterator[str | None]:
    """At every level, what is promised fits supply and the deficit that a falling supply left."""
    yield from _told("""
        SELECT region.code || '/' || resource.code,
            CASE WHEN committed_general > supply_open + deficit_open
                   OR committed_general + committed_critical > supply_critical + deficit_critical
                   OR held + granted > greatest(supply, 0) + deficit
            THEN format('%s promised, %s supply, %s deficit', held + granted, supply, deficit) END
        FROM capacity_pool pool
        JOIN capacity_region region ON region.id = pool.region_id
        JOIN capacity_resource resource ON resource.id = pool.resource_id
    """)


@_check
def pools_count_what_levers_were_measured_to_release() -> Iterator[str | None]:
    """The levers' term of a pool is the sum of the last measurements of the steps in force."""
    yield from _told("""
        SELECT region.code || '/' || resource.code,
            CASE WHEN pool.lever_release <> coalesce(measured.released, 0)
            THEN format('counts %s, %s are measured', pool.lever_release, coalesce(measured.released, 0)) END
        FROM capacity_pool pool
        JOIN capacity_region region ON region.id = pool.region_id
        JOIN capacity_resource resource ON resource.id = pool.resource_id
        LEFT JOIN (SELECT pool_id, sum(released) AS released FROM capacity_releases_in_force() GROUP BY pool_id)
            measured ON measured.pool_id = pool.id
    """)


@_check
def campaigns_keep_to_their_caps() -> Iterator[str | None]:
    """What a campaign has used of a cap is what is held and granted under it, and no more than the cap."""
    yield from _told("""
        SELECT 'campaign ' || campaign.public_id,
            CASE WHEN cap.used <> sums.used OR cap.used > cap.cap
            THEN format('says %s of %s, %s are held or granted', cap.used, cap.cap, sums.used) END
        FROM capacity_campaigncap cap
        JOIN capacity_offercampaign campaign ON campaign.id = cap.campaign_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(granted.quantity), 0)::bigint AS used
            FROM capacity_grant granted JOIN capacity_capacityrequest request ON request.id = granted.request_id
            WHERE request.campaign_id = cap.campaign_id AND granted.pool_id = cap.pool_id
              AND NOT EXISTS (SELECT 1 FROM capacity_ledgerentry back WHERE back.releases_id = granted.entry_id)
        ) sums
    """)


@_check
def supplies_follow_from_their_terms() -> Iterator[str | None]:
    """What the database keeps as supply, by bucket, is what the arithmetic makes of the terms."""
    for pool in Pool.objects.select_related("region", "resource").iterator(chunk_size=1_000):
        terms = arithmetic.Terms(**terms_of(pool))
        split = arithmetic.buckets(terms)
        kept = (pool.supply, pool.supply_open, pool.supply_critical)
        due = (arithmetic.supply(terms), split.open, split.open + split.crit)
        yield None if kept == due else f"{pool.region.code}/{pool.resource.code}: {kept} instead of {due}"


@_check
def levers_stand_where_their_last_move_led() -> Iterator[str | None]:
    """A lever's step is that of its last move, where its moves name steps."""
    yield from _told("""
        SELECT 'lever ' || lever.public_id,
            CASE WHEN last.id IS NOT NULL AND (last.step_id IS NOT NULL OR lever.state = 'restored')
                AND lever.step_id IS DISTINCT FROM last.step_id THEN 'stands on another step than it was moved to' END
        FROM capacity_lever lever
        LEFT JOIN LATERAL (
            SELECT * FROM capacity_levermove move WHERE move.lever_id = lever.id ORDER BY id DESC LIMIT 1
        ) last ON true
    """)


@_check
def gates_follow_crews() -> Iterator[str | None]:
    """Each pool's gate is the share of its region's datacenters that are not closed; its failure reserve follows."""
    yield from _told("""
        SELECT region.code || '/' || resource.code,
            CASE WHEN (pool.gate_permille, pool.failure_reserve_permille)
                IS DISTINCT FROM (crews.gate, 2000 - crews.gate)
            THEN format('gate %s and failure reserve %s where the crews leave %s',
                        pool.gate_permille, pool.failure_reserve_permille, crews.gate) END
        FROM capacity_pool pool
        JOIN capacity_region region ON region.id = pool.region_id
        JOIN capacity_resource resource ON resource.id = pool.resource_id
        CROSS JOIN LATERAL (
            SELECT coalesce(1000 * count(*) FILTER (WHERE status.is_closed IS NOT TRUE) / nullif(count(*), 0), 1000)
                AS gate
            FROM capacity_datacenter datacenter
            LEFT JOIN capacity_datacenterstatus status ON status.datacenter_id = datacenter.id
            WHERE datacenter.region_id = region.id
        ) crews
    """)


@_check
def releases_repeat_what_they_release() -> Iterator[str | None]:
    """A release has the pool, level, quantity and subject of its entry, and comes after it."""
    yield from _told("""
        SELECT 'entry ' || back.id,
            CASE WHEN (back.pool_id, back.level, back.quantity, back.subject, substr(back.kind, 9))
                IS DISTINCT FROM (entry.pool_id, entry.level, entry.quantity, entry.subject, entry.kind)
                OR back.at < entry.at
            THEN format('does not repeat entry %s', entry.id) END
        FROM capacity_ledgerentry back JOIN capacity_ledgerentry entry ON entry.id = back.releases_id
    """)


@_check
def grants_equal_their_entries() -> Iterator[str | None]:
    """Every grant has the entry it was posted with, within what its line asked for, at the tier's level."""
    yield from _told("""
        SELECT 'grant ' || grant_row.public_id,
            CASE WHEN (grant_row.pool_id, grant_row.level, grant_row.quantity)
                IS DISTINCT FROM (entry.pool_id, entry.level, entry.quantity) THEN 'is not what its entry says'
            WHEN line.request_id <> grant_row.request_id OR decision.request_id <> grant_row.request_id
                THEN 'mixes two requests'
            WHEN grant_row.quantity NOT BETWEEN line.minimum AND line.quantity
                THEN format('%s units for %s to %s', grant_row.quantity, line.minimum, line.quantity)
            WHEN pool.region_id <> decision.region_id OR pool.resource_id <> line.resource_id
                THEN 'is of another pool than was decided'
            WHEN grant_row.level <> CASE ranking.tier
                WHEN 1 THEN 'reserve' WHEN 2 THEN 'critical' ELSE 'general' END
                THEN format('level %s for tier %s', grant_row.level, ranking.tier) END
        FROM capacity_grant grant_row
        JOIN capacity_ledgerentry entry ON entry.id = grant_row.entry_id
        JOIN capacity_requestline line ON line.id = grant_row.line_id
        JOIN capacity_decision decision ON decision.id = grant_row.decision_id
        JOIN capacity_ranking ranking ON ranking.id = decision.ranking_id
        JOIN capacity_pool pool ON pool.id = grant_row.pool_id
    """)


# --- requests ----------------------------------------------------------------------------------------


@_check
def states_and_promises_agree() -> Iterator[str | None]:
    """Granted requests hold a grant of every line, first-signed ones a hold of every line, all others nothing."""
    yield from _told("""
        SELECT 'R-' || number,
            CASE WHEN (granted, held) IS DISTINCT FROM (
                CASE WHEN state IN ('approved', 'partly_approved', 'approved_elsewhere', 'fulfilled')
                     THEN lines ELSE 0 END,
                CASE WHEN state = 'awaiting_second_signature' THEN lines ELSE 0 END)
            THEN format('%s with %s of %s lines granted and %s held', state, granted, lines, held) END
        FROM (
            SELECT request.number, request.state,
                count(DISTINCT line.id) AS lines,
                count(DISTINCT line.id) FILTER (WHERE entry.kind = 'grant') AS granted,
                count(DISTINCT line.id) FILTER (WHERE entry.kind = 'hold') AS held
            FROM capacity_capacityrequest request
            JOIN capacity_requestline line ON line.request_id = request.id
            LEFT JOIN capacity_grant grant_row ON grant_row.line_id = line.id
                AND NOT EXISTS (SELECT 1 FROM capacity_ledgerentry back WHERE back.releases_id = grant_row.entry_id)
            LEFT JOIN capacity_ledgerentry entry ON entry.id = grant_row.entry_id
            GROUP BY request.id
        ) standing
    """)


@_check
def every_decided_request_was_decided() -> Iterator[str | None]:
    """Its last decision leads to its state, with a move and a journal entry of that moment, and its day is right."""
    yield from _told("""
        WITH last AS (
            SELECT DISTINCT ON (request_id) * FROM capacity_decision ORDER BY request_id, id DESC
        )
        SELECT 'R-' || request.number,
            CASE WHEN last.id IS NULL THEN 'has no decision'
            WHEN last.outcome <> ALL (CASE request.state
                    WHEN 'approved' THEN ARRAY['approve'] WHEN 'partly_approved' THEN ARRAY['partly']
                    WHEN 'approved_elsewhere' THEN ARRAY['elsewhere'] WHEN 'waitlisted' THEN ARRAY['waitlist']
                    WHEN 'declined' THEN ARRAY['decline'] ELSE ARRAY['approve', 'partly', 'elsewhere'] END)
                OR last.stage NOT IN ('final', 'second_signature')
                THEN format('%s after %s (%s)', request.state, last.outcome, last.stage)
            WHEN request.decided_at IS DISTINCT FROM last.at THEN 'was not decided when its decision says'
            WHEN NOT EXISTS (SELECT 1 FROM capacity_requestmove move
                             WHERE move.request_id = request.id AND move.at = last.at)
                THEN 'has no move of its decision'
            END
        FROM capacity_capacityrequest request LEFT JOIN last ON last.request_id = request.id
        WHERE request.state IN ('approved', 'partly_approved', 'approved_elsewhere', 'waitlisted', 'declined',
                                'fulfilled', 'released')
    """)


@_check
def every_decision_is_in_the_journal() -> Iterator[str | None]:
    """By its public id, with the person and the moment; and it pins what it rests on."""
    yield from _told("""
        SELECT 'decision ' || decision.public_id,
            CASE WHEN entry.id IS NULL THEN 'has no journal entry'
            WHEN entry.actor_id IS DISTINCT FROM person.public_id OR entry.at <> decision.at
                THEN 'is told differently in the journal'
            WHEN decision.stage <> 'refused_signature' AND decision.outcome <> 'undo' AND (
                decision.policy_version_id IS NULL OR decision.ranking_id IS NULL
                OR NOT decision.circumstances ? 'places' OR NOT decision.explanation ? 'assessments')
                THEN 'does not pin what it rests on' END
        FROM capacity_decision decision
        JOIN capacity_capacityrequest request ON request.id = decision.request_id
        LEFT JOIN users_user person ON person.id = decision.by_id
        LEFT JOIN journal_entry entry ON entry.subject_type = 'request'
            AND entry.subject_id = request.public_id::text AND entry.after ->> 'decision' = decision.public_id::text
    """)


@_check
def every_filed_request_is_in_the_journal() -> Iterator[str | None]:
    """Filed or drafted, and withdrawn, fulfilled or released where its state says so."""
    yield from _told("""
        SELECT 'R-' || request.number,
            CASE WHEN NOT acts && ARRAY['request.filed', 'request.drafted'] THEN 'was never filed'
            WHEN state IN ('withdrawn', 'fulfilled', 'released') AND NOT acts @> ARRAY['request.' || state]
                THEN format('%s, but not in the journal', state) END
        FROM capacity_capacityrequest request
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(action::text), '{}') AS acts FROM journal_entry
            WHERE subject_type = 'request' AND subject_id = request.public_id::text
        ) told
    """)


@_check
def rankings_come_out_the_same() -> Iterator[str | None]:
    """Each stored ranking, run again from its facts under its policy version, gives the same bytes."""
    for one in replay_rankings():
        yield f"ranking {one.key}: {one.difference}" if one.difference else None


@_check
def requests_point_at_their_last_ranking() -> Iterator[str | None]:
    """Every filed request has one, and its tiers are those of the row it points at."""
    yield from _told("""
        SELECT 'R-' || request.number,
            CASE WHEN request.completed_at IS NULL THEN NULL
            WHEN ranking.id IS NULL OR ranking.request_id <> request.id THEN 'has no ranking'
            WHEN ranking.id <> (SELECT max(id) FROM capacity_ranking WHERE request_id = request.id)
                THEN 'points at an older ranking'
            WHEN (request.tier, request.claimed_tier, request.is_provisional, request.is_confirmed) IS DISTINCT FROM
                (ranking.tier, ranking.claimed_tier, ranking.is_provisional, ranking.is_confirmed)
                THEN 'stands in another tier than its ranking' END
        FROM capacity_capacityrequest request LEFT JOIN capacity_ranking ranking ON ranking.id = request.ranking_id
    """)


@_check
def diagnoses_come_out_the_same() -> Iterator[str | None]:
    """Each decision's assessments, run again from what was pinned with it, are those it was explained by."""
    rows = (
        Decision.objects.exclude(outcome=Outcome.UNDO)
        .exclude(stage__in=[Stage.REFUSED_SIGNATURE, Stage.SECOND_SIGNATURE])
        .order_by("pk")
        .values_list("public_id", "outcome", "circumstances", "explanation")
    )
    for public_id, outcome, pinned, told in rows.iterator(chunk_size=1_000):
        everywhere = ask_from(pinned["ask"])
        regional = {code: ask_from(data) for code, data in pinned.get("regional_asks", {}).items()}
        places = {data["code"]: place_from(data) for data in pinned["places"]}
        again = []
        for assessment in told["assessments"]:
            place = places[assessment["place"]]
            ahead = tuple(ahead_from(one) for one in pinned["ahead"].get(place.code, ()))
            ask = regional.get(place.code, everywhere)
            undated = told["undated"] if outcome == Outcome.APPROVE else not place.is_dated_for(ask.tier)
            again.append(as_dict(assess(ask, place, ahead=ahead, undated=undated)))
        if _as_json(again) == _as_json(told["assessments"]):
            yield None
        else:
            yield f"decision {public_id}: the diagnosis says something else now"


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


# --- lives -------------------------------------------------------------------------------------------


@_check
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
    for key, rows in groupby(steps.iterator(chunk_size=5_000), key=lambda row: row[0]):
        state, last = begins_in, None
        for _key, old, new, at in rows:
            if old != state or (old and not life.allows(old, new)) or (last is not None and at < last):
                yield f"{name} {key}: from {state or 'nothing'} by {old or 'nothing'} to {new} at {at}"
                break
            state, last = new, at
        ends[key] = state
    for key, state in states.items():
        yield None if ends[key] == state else f"{name} {key}: is {state}, its moves end at {ends[key] or 'nothing'}"


@_check
def one_standing_claim_per_category() -> Iterator[str | None]:
    """An organization has at most one claim to a category that is not rejected, lapsed or revoked."""
    yield from _told(
        """
        SELECT 'organization ' || organization_id,
            CASE WHEN count(*) > 1 THEN count(*) || ' standing claims to one category' END
        FROM customers_claim WHERE state = ANY(%s) GROUP BY organization_id, category_id
        """,
        [str(state) for state in CLAIM_STANDING],
    )


@_check
def merged_organizations_hold_nothing() -> Iterator[str | None]:
    """What was merged has gone over: claims, requests, domains, ids, contacts and children stand at the survivor."""
    yield from _told("""
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


@_check
def verified_claims_rest_on_evidence() -> Iterator[str | None]:
    """What counts as verified has an item about the sector that holds, and domain control where two are needed."""
    yield from _told("""
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


@_check
def overrides_keep_to_their_windows() -> Iterator[str | None]:
    """None lasts too long, stands unconfirmed beyond its time, or overlaps another of its kind on one subject."""
    yield from _told("""
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


# --- people ------------------------------------------------------------------------------------------

# Two acts on one row that the same person may not do: where, the first person, the second person.
_SEPARATED = (
    ("a decision on a request filed by the same person",
     "capacity_decision d JOIN capacity_capacityrequest r ON r.id = d.request_id", "d.by_id", "r.filed_by_id"),
    ("a second signature by who signed first",
     "capacity_decision d JOIN capacity_decision f ON f.id = d.follows_id AND d.stage = 'second_signature'",
     "d.by_id", "f.by_id"),
    ("a workload confirmed by who filed it", "capacity_capacityrequest r", "r.confirmed_by_id", "r.filed_by_id"),
    ("a claim decided by who filed it", "customers_claim c", "c.decided_by_id", "c.filed_by_id"),
    ("evidence checked by who added it", "customers_evidence e", "e.checked_by_id", "e.added_by_id"),
    ("an override confirmed by who proposed it", "priorities_override o", "o.confirmed_by_id", "o.proposed_by_id"),
    ("an override reviewed by who proposed it", "priorities_override o", "o.reviewed_by_id", "o.proposed_by_id"),
    ("an override reviewed by who confirmed it", "priorities_override o", "o.reviewed_by_id", "o.confirmed_by_id"),
    ("a policy activated by who proposed it", "priorities_policyversion p", "p.activated_by_id", "p.proposed_by_id"),
    ("a policy activated by who drafted it", "priorities_policyversion p", "p.activated_by_id", "p.drafted_by_id"),
    ("a response plan activated by who drafted it", "capacity_responseplan p", "p.activated_by_id", "p.drafted_by_id"),
    ("a response plan reviewed by who stood it down", "capacity_responseplan p", "p.reviewed_by_id",
     "p.stood_down_by_id"),
    ("a condition confirmed by who proposed it", "capacity_conditiondeclaration c", "c.confirmed_by_id",
     "c.proposed_by_id"),
    ("a lever's step confirmed by who asked for it", "capacity_levermove l", "l.confirmed_by_id", "l.proposed_by_id"),
    ("a campaign put live by who planned it", "capacity_offercampaign c", "c.confirmed_by_id", "c.planned_by_id"),
    ("a notice published by who drafted it", "capacity_notice n", "n.published_by_id", "n.drafted_by_id"),
    ("an appointment by the appointed", "users_roleassignment a", "a.assigned_by_id", "a.user_id"),
)  # fmt: skip


@_check
def acts_are_separated() -> Iterator[str | None]:
    """Who proposes, files or signs first is never who confirms, decides or signs second."""
    for what, tables, one, other in _SEPARATED:
        # Tables and columns come from the list above.
        both = f"{one} IS NOT NULL AND {other} IS NOT NULL"
        for alike in _rows(f"SELECT {one} = {other} FROM {tables} WHERE {both}"):  # noqa: S608
            yield what if alike[0] else None


@_check
def large_grants_have_two_signatures() -> Iterator[str | None]:
    """A grant that the diagnosis wanted signed twice was held first, and signed by somebody with that role."""
    yield from _told("""
        SELECT 'decision ' || decision.public_id,
            CASE WHEN (decision.stage = 'first_signature')
                <> (jsonb_array_length(decision.explanation -> 'signatures') > 0)
            THEN format('%s with %s reasons to sign twice', decision.stage,
                        jsonb_array_length(decision.explanation -> 'signatures')) END
        FROM capacity_decision decision
        WHERE decision.outcome IN ('approve', 'partly', 'elsewhere') AND decision.stage IN ('final', 'first_signature')
    """)


@_check
def conditions_are_those_declared() -> Iterator[str | None]:
    """A region's condition is the declaration in force; scarce ones have two people."""
    yield from _told(
        """
        SELECT region.code,
            CASE WHEN region.condition <> coalesce(declared.condition, 'normal') THEN 'is not in the condition declared'
            WHEN region.condition = ANY(%s) AND (declared.confirmed_by_id IS NULL) THEN 'is scarce by one person' END
        FROM capacity_region region
        LEFT JOIN capacity_conditiondeclaration declared
            ON declared.region_id = region.id AND declared.state = 'in_force'
        """,
        [str(condition) for condition in sorted(SCARCE_CONDITIONS)],
    )


@_check
def active_plans_have_one_current_phase() -> Iterator[str | None]:
    """An active response plan is in exactly one phase; no other plan is in any."""
    yield from _told("""
        SELECT 'plan ' || plan.public_id,
            CASE WHEN (plan.state = 'active') <> (count(phase.id) = 1)
            THEN format('%s with %s current phases', plan.state, count(phase.id)) END
        FROM capacity_responseplan plan
        LEFT JOIN capacity_planphase phase
            ON phase.plan_id = plan.id AND phase.began_at IS NOT NULL AND phase.ended_at IS NULL
        GROUP BY plan.id
    """)


@_check
def proposals_of_thresholds_were_answered_as_they_say() -> Iterator[str | None]:
    """What was taken up was declared for that region and condition; what is closed ended after it was raised."""
    yield from _told("""
        SELECT 'proposal ' || proposal.public_id,
            CASE WHEN declared.id IS NOT NULL
                AND (declared.region_id, declared.condition) <> (proposal.region_id, proposal.condition)
            THEN 'was taken up by another condition'
            WHEN proposal.closed_at < proposal.raised_at THEN 'ended before it was raised' END
        FROM capacity_thresholdproposal proposal
        LEFT JOIN capacity_conditiondeclaration declared ON declared.id = proposal.declaration_id
    """)


for _function in USAGE_CHECKS:
    _check(_function)


# --- registers ---------------------------------------------------------------------------------------


@_check
def snapshots_hold_their_rows() -> Iterator[str | None]:
    """Every snapshot of a register has as many rows as it says, and comparisons as many changes as they count."""
    yield from _told("""
        SELECT 'snapshot ' || register.code || '@' || snapshot.as_of_date,
            CASE WHEN snapshot.row_count <> found.rows
            THEN format('says %s rows and has %s', snapshot.row_count, found.rows) END
        FROM customers_registersnapshot snapshot
        JOIN customers_register register ON register.id = snapshot.register_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS rows FROM customers_registerrow WHERE snapshot_id = snapshot.id) found
        UNION ALL
        SELECT 'comparison ' || comparison.id,
            CASE WHEN old.register_id <> new.register_id OR old.as_of_date >= new.as_of_date
                THEN 'is not of two days of one register'
            WHEN (comparison.gained, comparison.lost, comparison.changed)
                IS DISTINCT FROM (found.gained, found.lost, found.changed)
                THEN 'counts other changes than it has'
            WHEN found.strays > 0 THEN 'tells of entries of other snapshots' END
        FROM customers_snapshotcomparison comparison
        JOIN customers_registersnapshot old ON old.id = comparison.old_id
        JOIN customers_registersnapshot new ON new.id = comparison.new_id
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE change = 'gained')::int AS gained,
                   count(*) FILTER (WHERE change = 'lost')::int AS lost,
                   count(*) FILTER (WHERE change = 'changed')::int AS changed,
                   count(*) FILTER (WHERE entry.snapshot_id <>
                       CASE change WHEN 'lost' THEN old.id ELSE new.id END) AS strays
            FROM customers_snapshotchange told JOIN customers_registerrow entry ON entry.id = told.entry_id
            WHERE told.comparison_id = comparison.id) found
    """)


@_check
def register_entries_are_of_their_snapshots() -> Iterator[str | None]:
    """Reviews look at the same entry in a newer snapshot; matches are of organizations that are there."""
    yield from _told("""
        SELECT 'review ' || review.public_id,
            CASE WHEN pinned.id IS NULL THEN 'is of evidence that rests on no entry'
            WHEN review.entry_id IS NOT NULL AND (now_.snapshot_id, now_.key)
                IS DISTINCT FROM (review.snapshot_id, pinned.key) THEN 'looks at another entry'
            WHEN newer.as_of_date <= older.as_of_date OR newer.register_id <> older.register_id
                THEN 'looks at no newer snapshot' END
        FROM customers_evidencereview review
        JOIN customers_evidence item ON item.id = review.evidence_id
        LEFT JOIN customers_registerrow pinned ON pinned.id = item.register_row_id
        LEFT JOIN customers_registerrow now_ ON now_.id = review.entry_id
        LEFT JOIN customers_registersnapshot older ON older.id = pinned.snapshot_id
        JOIN customers_registersnapshot newer ON newer.id = review.snapshot_id
        UNION ALL
        SELECT 'match ' || found.public_id,
            CASE WHEN organization.merged_into_id IS NOT NULL AND run.ran_at > organization.merged_at
            THEN 'is of an organization that is another one now' END
        FROM customers_registermatch found
        JOIN customers_organization organization ON organization.id = found.organization_id
        LEFT JOIN customers_matchrun run ON run.id = 1
    """)

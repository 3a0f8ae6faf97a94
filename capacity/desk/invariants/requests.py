"""What must hold over requests, decisions, rankings and diagnoses."""

import json
from collections.abc import Iterator
from typing import Any

from capacity.desk.invariants.checking import check, told
from capacity.intake.diagnosis import ahead_from, as_dict, ask_from, assess, place_from
from capacity.requests.models import Decision, Outcome, Stage
from capacity.requests.replay import replay_rankings


@check
def states_and_promises_agree() -> Iterator[str | None]:
    """Granted requests hold a grant of every line, first-signed ones a hold of every line, all others nothing."""
    yield from told("""
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


@check
def every_decided_request_was_decided() -> Iterator[str | None]:
    """Its last decision leads to its state, with a move and a journal entry of that moment, and its day is right."""
    yield from told("""
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


@check
def every_decision_is_in_the_journal() -> Iterator[str | None]:
    """By its public id, with the person and the moment; and it pins what it rests on."""
    yield from told("""
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


@check
def every_filed_request_is_in_the_journal() -> Iterator[str | None]:
    """Filed or drafted, and withdrawn, fulfilled or released where its state says so."""
    yield from told("""
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


@check
def rankings_come_out_the_same() -> Iterator[str | None]:
    """Each stored ranking, run again from its facts under its policy version, gives the same bytes."""
    for one in replay_rankings():
        yield f"ranking {one.key}: {one.difference}" if one.difference else None


@check
def requests_point_at_their_last_ranking() -> Iterator[str | None]:
    """Every filed request has one, and its tiers are those of the row it points at."""
    yield from told("""
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


@check
def diagnoses_come_out_the_same() -> Iterator[str | None]:
    """Each decision's assessments, run again from what was pinned with it, are those it was explained by."""
    decisions = (
        Decision.objects.exclude(outcome=Outcome.UNDO)
        .exclude(stage__in=[Stage.REFUSED_SIGNATURE, Stage.SECOND_SIGNATURE])
        .order_by("pk")
        .values_list("public_id", "outcome", "circumstances", "explanation")
    )
    for public_id, outcome, pinned, explained in decisions.iterator(chunk_size=1_000):
        everywhere = ask_from(pinned["ask"])
        regional = {code: ask_from(data) for code, data in pinned.get("regional_asks", {}).items()}
        places = {data["code"]: place_from(data) for data in pinned["places"]}
        again = []
        for assessment in explained["assessments"]:
            place = places[assessment["place"]]
            ahead = tuple(ahead_from(one) for one in pinned["ahead"].get(place.code, ()))
            ask = regional.get(place.code, everywhere)
            undated = explained["undated"] if outcome == Outcome.APPROVE else not place.is_dated_for(ask.tier)
            again.append(as_dict(assess(ask, place, ahead=ahead, undated=undated)))
        if _as_json(again) == _as_json(explained["assessments"]):
            yield None
        else:
            yield f"decision {public_id}: the diagnosis says something else now"


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)

"""What must hold over who acted: nobody is both sides of one act."""

from collections.abc import Iterator

from capacity.desk.invariants.checking import check, rows, told
from capacity.regions.models import SCARCE_CONDITIONS

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


@check
def acts_are_separated() -> Iterator[str | None]:
    """Who proposes, files or signs first is never who confirms, decides or signs second."""
    for what, tables, one, other in _SEPARATED:
        # Tables and columns come from the list above.
        both = f"{one} IS NOT NULL AND {other} IS NOT NULL"
        for alike in rows(f"SELECT {one} = {other} FROM {tables} WHERE {both}"):  # noqa: S608
            yield what if alike[0] else None


@check
def large_grants_have_two_signatures() -> Iterator[str | None]:
    """A grant that the diagnosis wanted signed twice was held first, and signed by somebody with that role."""
    yield from told("""
        SELECT 'decision ' || decision.public_id,
            CASE WHEN (decision.stage = 'first_signature')
                <> (jsonb_array_length(decision.explanation -> 'signatures') > 0)
            THEN format('%s with %s reasons to sign twice', decision.stage,
                        jsonb_array_length(decision.explanation -> 'signatures')) END
        FROM capacity_decision decision
        WHERE decision.outcome IN ('approve', 'partly', 'elsewhere') AND decision.stage IN ('final', 'first_signature')
    """)


@check
def conditions_are_those_declared() -> Iterator[str | None]:
    """A region's condition is the declaration in force; scarce ones have two people."""
    yield from told(
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


@check
def active_plans_have_one_current_phase() -> Iterator[str | None]:
    """An active response plan is in exactly one phase; no other plan is in any."""
    yield from told("""
        SELECT 'plan ' || plan.public_id,
            CASE WHEN (plan.state = 'active') <> (count(phase.id) = 1)
            THEN format('%s with %s current phases', plan.state, count(phase.id)) END
        FROM capacity_responseplan plan
        LEFT JOIN capacity_planphase phase
            ON phase.plan_id = plan.id AND phase.began_at IS NOT NULL AND phase.ended_at IS NULL
        GROUP BY plan.id
    """)


@check
def proposals_of_thresholds_were_answered_as_they_say() -> Iterator[str | None]:
    """What was taken up was declared for that region and condition; what is closed ended after it was raised."""
    yield from told("""
        SELECT 'proposal ' || proposal.public_id,
            CASE WHEN declared.id IS NOT NULL
                AND (declared.region_id, declared.condition) <> (proposal.region_id, proposal.condition)
            THEN 'was taken up by another condition'
            WHEN proposal.closed_at < proposal.raised_at THEN 'ended before it was raised' END
        FROM capacity_thresholdproposal proposal
        LEFT JOIN capacity_conditiondeclaration declared ON declared.id = proposal.declaration_id
    """)

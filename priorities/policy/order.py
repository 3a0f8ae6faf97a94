"""The published order of a queue, and when a decision is due."""

from datetime import UTC, datetime, timedelta, tzinfo

from priorities.policy.facts import Facts
from priorities.policy.ranking import Ranking
from priorities.policy.version import Policy

NEVER = 2**62  # later than any completeness time: what is not complete has none
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def waited_days(facts: Facts, at: datetime) -> int:
    """Whole days (24 hours each) since the request was complete; 0 while it is not."""
    if facts.completed_at is None:
        return 0
    return max(0, (at - facts.completed_at) // timedelta(days=1))


def aged_score(ranking: Ranking, facts: Facts, *, at: datetime) -> int:
    """Score plus aging points for the whole days waited. It orders inside a tier and never crosses one."""
    return ranking.score + ranking.aging_points * waited_days(facts, at)


def is_overdue(ranking: Ranking, facts: Facts, *, at: datetime) -> bool:
    """True once the tier's maximum wait has passed in full."""
    return ranking.max_wait_days is not None and waited_days(facts, at) >= ranking.max_wait_days


def order_key(ranking: Ranking, facts: Facts, *, scarce: bool, at: datetime) -> tuple[int, ...]:
    """The published order, smallest first; total, because request numbers are unique.

    `scarce` is true as soon as one region in scope is constrained, critical or recovering. Then: pinned; tier;
    verified before provisional; criterion (in a strict tier 1); overdue; score plus aging; completeness time; request
    number. Otherwise: completeness time; request number. What cannot be served comes last: first the incomplete, then
    the held.
    """
    standing = 2 if facts.held else 1 if facts.completed_at is None else 0
    completed = NEVER if facts.completed_at is None else (facts.completed_at - EPOCH) // timedelta(microseconds=1)
    if not scarce:
        return (standing, completed, facts.request_number)
    return (
        standing,
        int(not facts.pinned),
        ranking.claimed_tier,
        int(ranking.provisional),
        ranking.criterion,
        int(not is_overdue(ranking, facts, at=at)),
        -aged_score(ranking, facts, at=at),
        completed,
        facts.request_number,
    )


def due_at(ranking: Ranking, facts: Facts, policy: Policy, *, zone: tzinfo) -> datetime | None:
    """When a decision is due by the service target of the queue's tier; None while the request is incomplete.

    Working days are Monday to Friday in `zone`; a day is a calendar day there, so clock changes do not shift
    the hour. A request completed on a weekend counts from the start of Monday.
    """
    if facts.completed_at is None:
        return None
    terms = policy.terms_of(ranking.claimed_tier)
    if not terms.working_days:
        return facts.completed_at + timedelta(hours=terms.target_hours)
    moment = facts.completed_at.astimezone(zone)
    if moment.weekday() >= 5:
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - moment.weekday())
    days, hours = divmod(terms.target_hours, 24)
    for _ in range(days):
        moment += timedelta(days=3 if moment.weekday() == 4 else 1)
    moment += timedelta(hours=hours)
    if moment.weekday() >= 5:
        moment += timedelta(days=2)
    return moment.astimezone(UTC)

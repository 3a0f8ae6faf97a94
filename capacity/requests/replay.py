"""Every decision on priority, made again from the facts it was pinned to under its own policy version.

Nothing that is current takes part: not the claims of today, not the policy in force, not the clock. Whatever comes out
otherwise was changed after the fact, or the core does not keep what it promised.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from capacity.requests.models import Decision, Ranking
from priorities import policy
from priorities.models import PolicyVersion
from priorities.policies import policy_of

CHUNK = 2_000
_COLUMNS = ("tier", "claimed_tier", "score", "is_provisional", "is_confirmed")


@dataclass(frozen=True)
class Replayed:
    """One ranking made again: which, of which request, and what came out otherwise (empty: the same bytes)."""

    key: int
    request: str
    difference: str


def replay_rankings(*, until: datetime | None = None) -> Iterator[Replayed]:
    """Make every stored ranking again, those up to a moment where one is named; one result each."""
    versions = {version.pk: policy_of(version) for version in PolicyVersion.objects.all()}
    rows = Ranking.objects.order_by("pk")
    if until is not None:
        rows = rows.filter(at__lte=until)
    found = rows.values_list(
        "pk", "request__number", "policy_version", "facts", "facts_hash", "result", *_COLUMNS
    ).iterator(chunk_size=CHUNK)
    for key, number, version, stored, digest, result, *columns in found:
        yield Replayed(key, f"R-{number}", _difference(stored, digest, result, tuple(columns), versions[version]))


def replay_decisions(*, until: datetime | None = None) -> Iterator[Replayed]:
    """Whether each decision names a ranking of its own request under the policy version that it names itself."""
    rows = Decision.objects.order_by("pk").filter(ranking__isnull=False)
    if until is not None:
        rows = rows.filter(at__lte=until)
    found = rows.values_list(
        "pk",
        "request__number",
        "request_id",
        "policy_version_id",
        "at",
        "ranking__request_id",
        "ranking__policy_version_id",
        "ranking__at",
    ).iterator(chunk_size=CHUNK)
    for key, number, request, version, at, ranked, ranked_under, ranked_at in found:
        difference = ""
        if ranked != request:
            difference = "rests on the ranking of another request"
        elif ranked_under != version:
            difference = "names another policy version than its ranking"
        elif ranked_at > at:
            difference = "rests on a ranking that was made after it"
        yield Replayed(key, f"R-{number}", difference)


def _difference(
    stored: dict[str, object], digest: str, result: dict[str, object], columns: tuple[object, ...], terms: policy.Policy
) -> str:
    try:
        facts = policy.Facts.from_dict(stored)
    except (KeyError, TypeError, ValueError) as error:
        return f"its facts cannot be read: {error!r}"
    if policy.digest(facts) != digest:
        return "its facts are not those that were hashed"
    again, told = _rank_again(replace(facts, completed_at=None, request_number=0), terms)
    if told != result:
        changed = sorted(name for name in told.keys() | result.keys() if told.get(name) != result.get(name))
        return f"other now: {', '.join(changed)}; tier {again.claimed_tier} now, {result.get('claimed_tier')} then"
    if columns != (again.tier, again.claimed_tier, again.score, again.provisional, again.confirmed):
        return "its columns differ from its result"
    return ""


@lru_cache(maxsize=8_192)
def _rank_again(facts: policy.Facts, terms: policy.Policy) -> tuple[policy.Ranking, dict[str, object]]:
    # Neither the completeness time nor the number is part of a rank.
    again = policy.rank(facts, terms)
    return again, again.as_dict()

"""Compare organizations with all others and note the pairs that may be one. Background work, found from the rows."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from customers import names
from customers.models import Organization, PossibleDuplicate

BATCH = 200
# How many likely ones are looked at for each organization, and how like the letter groups have to be for that.
CANDIDATES = 8
LIKE_ENOUGH = 0.55
# A domain that more organizations share is a town's or a university's, and says nothing of two of them.
MOST_SHARING = 5

_CANDIDATES = """
    SELECT fresh.id, near.id
    FROM customers_organization fresh
    CROSS JOIN LATERAL (
        SELECT other.id FROM customers_organization other
        WHERE other.name_key %% fresh.name_key AND other.compared_at IS NOT NULL
          AND other.country = fresh.country AND other.id <> fresh.id AND other.merged_into_id IS NULL
        ORDER BY similarity(other.name_key, fresh.name_key) DESC, other.id
        LIMIT %s
    ) near
    WHERE fresh.id = ANY(%s)
    UNION
    SELECT mine.organization_id, theirs.organization_id
    FROM customers_organizationdomain mine
    JOIN customers_organizationdomain theirs
        ON theirs.domain = mine.domain AND theirs.organization_id <> mine.organization_id
    JOIN customers_organization other ON other.id = theirs.organization_id AND other.merged_into_id IS NULL
    WHERE mine.organization_id = ANY(%s)
      AND (SELECT count(*) FROM customers_organizationdomain sharing WHERE sharing.domain = mine.domain) <= %s
"""


def compare_organizations(*, at: datetime) -> int:
    """Compare up to a batch of those that wait with all others; how many were compared. Parallel runs share the work.

    A pair is noted where `customers.names.likeness` warns, or where the two share a domain that few have. It is noted
    once: what somebody dismissed stays dismissed.
    """
    with transaction.atomic():
        waiting = Organization.objects.filter(compared_at=None).order_by("pk").select_for_update(skip_locked=True)
        keys = list(waiting.values_list("pk", flat=True)[:BATCH])
        # Their letter groups are looked through from now on, so two of one batch find each other, too.
        Organization.objects.filter(pk__in=keys).update(compared_at=at)
        there = list(Organization.objects.filter(pk__in=keys, merged_into=None).values_list("pk", flat=True))
        PossibleDuplicate.objects.bulk_create(
            (
                PossibleDuplicate(
                    one_id=one, other_id=other, score=look.score, found_at=at,
                    marks=[reason.code for reason in look.reasons],
                )
                for (one, other), look in _looks(_pairs(there))
            ),
            ignore_conflicts=True,
        )  # fmt: skip
        return len(keys)


def _pairs(keys: list[int]) -> set[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(LIKE_ENOUGH)])
        cursor.execute(_CANDIDATES, [CANDIDATES, keys, keys, MOST_SHARING])
        return {(min(pair), max(pair)) for pair in cursor.fetchall()}


def _looks(pairs: set[tuple[int, int]]) -> Iterable[tuple[tuple[int, int], names.Likeness]]:
    keys = {key for pair in pairs for key in pair}
    rows = Organization.objects.filter(pk__in=keys).prefetch_related("domains")
    identities = {
        row.pk: names.Identity(
            row.legal_name, tuple(row.aliases), row.country, tuple(one.domain for one in row.domains.all())
        )
        for row in rows
    }
    for pair in sorted(pairs):
        look = names.likeness(identities[pair[0]], identities[pair[1]])
        if look.is_warning or any(reason.code == "shared_domain" for reason in look.reasons):
            yield pair, look

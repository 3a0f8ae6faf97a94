"""Compare two snapshots of a register, once: what they say never changes, so neither does what became of it."""

from datetime import datetime

from django.db import connection, transaction

from customers.models import RegisterSnapshot
from customers.registers.comparing import declared, says
from customers.registers.models import SnapshotChange, SnapshotComparison
from kit.copying import draw_keys

# Any constant will do: one at a time, or two would write the same comparison.
COMPARISON_LOCK = 7_304_997

Change = SnapshotChange.Change

# A full join is one pass over both, also right after an import, when the database knows nothing of the new rows yet.
_COMPARE = f"""
WITH told AS (
    SELECT now_.id AS now_id, was.id AS was_id, COALESCE(now_.sort_name, was.sort_name) AS sort_name
    FROM (SELECT * FROM customers_registerrow WHERE snapshot_id = %(new)s) now_
    FULL JOIN (SELECT * FROM customers_registerrow WHERE snapshot_id = %(old)s) was ON was.key = now_.key
    WHERE now_.id IS NULL OR was.id IS NULL
       OR {says("now_", "%(code)s")} IS DISTINCT FROM {says("was", "%(code)s")}
), written AS (
    INSERT INTO customers_snapshotchange (comparison_id, entry_id, before_id, change, sort_name)
    SELECT %(comparison)s, COALESCE(now_id, was_id), CASE WHEN now_id IS NOT NULL THEN was_id END,
           CASE WHEN was_id IS NULL THEN 'gained' WHEN now_id IS NULL THEN 'lost' ELSE 'changed' END, sort_name
    FROM told
    RETURNING change
)
SELECT change, count(*) FROM written GROUP BY change
"""  # noqa: S608 - the parts are constants


def compare_snapshots(*, old: RegisterSnapshot, new: RegisterSnapshot, at: datetime) -> SnapshotComparison:
    """The comparison of two snapshots of one register, written where it is not there yet."""
    pair = SnapshotComparison.objects.filter(old=old, new=new).order_by()
    if found := pair.first():
        return found
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COMPARISON_LOCK])
        if found := pair.first():
            return found
        key = draw_keys(SnapshotComparison, 1)[0]
        code = new.register.code
        cursor.execute(_COMPARE, {**declared(), "old": old.pk, "new": new.pk, "code": code, "comparison": key})
        counts = dict(cursor.fetchall())
        return SnapshotComparison.objects.create(
            pk=key, old=old, new=new, made_at=at, **{str(change): counts.get(change, 0) for change in Change.values}
        )


def compare_with_neighbors(snapshot: RegisterSnapshot, *, at: datetime) -> None:
    """Compare a new snapshot with the one before it, and the one after it with the new one, where there are such."""
    others = RegisterSnapshot.objects.filter(register=snapshot.register).select_related("register")
    before = others.filter(as_of_date__lt=snapshot.as_of_date).order_by("-as_of_date").first()
    after = others.filter(as_of_date__gt=snapshot.as_of_date).order_by("as_of_date").first()
    if before is not None:
        compare_snapshots(old=before, new=snapshot, at=at)
    if after is not None:
        compare_snapshots(old=snapshot, new=after, at=at)

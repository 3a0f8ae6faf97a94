"""What must hold over the snapshots of registers and what rests on them."""

from collections.abc import Iterator

from capacity.desk.invariants.checking import check, told


@check
def snapshots_hold_their_rows() -> Iterator[str | None]:
    """Every snapshot of a register has as many rows as it says, and comparisons as many changes as they count."""
    yield from told("""
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


@check
def register_entries_are_of_their_snapshots() -> Iterator[str | None]:
    """Reviews look at the same entry in a newer snapshot; matches are of organizations that are there."""
    yield from told("""
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

"""What must hold over samples, rollups, forecasts and alarms at any moment."""

from collections.abc import Iterator

from capacity.desk.invariants.checking import check, told

# The look at samples is bounded: their table may hold billions of rows.
_LOOKED_BACK = "3 days"


@check
def hours_equal_their_samples() -> Iterator[str | None]:
    """Of the last three days that anything was measured on: as many samples, the same sum and bounds."""
    yield from told(
        """
        WITH span AS (SELECT max(hour) - %s::interval AS since FROM capacity_usagehour),
        summed AS (
            SELECT pool_id, date_trunc('hour', at, 'UTC') AS hour, count(*) AS count, sum(used) AS sum,
                   min(used) AS low, max(used) AS high
            FROM capacity_usagesample, span WHERE at >= date_trunc('hour', span.since, 'UTC') GROUP BY 1, 2
        )
        SELECT 'pool ' || coalesce(kept.pool_id, summed.pool_id) || ' at ' || coalesce(kept.hour, summed.hour),
            CASE WHEN summed.count IS NULL THEN 'has no samples' WHEN kept.count IS NULL THEN 'was not rolled up'
            WHEN (kept.count, kept.low, kept.high) IS DISTINCT FROM (summed.count, summed.low, summed.high)
                OR abs(kept.sum - summed.sum) > 1e-9 * greatest(kept.sum, 1) THEN 'differs from its samples' END
        FROM (SELECT h.* FROM capacity_usagehour h, span WHERE h.hour >= date_trunc('hour', span.since, 'UTC')) kept
        FULL JOIN summed ON summed.pool_id = kept.pool_id AND summed.hour = kept.hour
        """,
        _LOOKED_BACK,
    )


@check
def days_equal_their_hours() -> Iterator[str | None]:
    """Of the last four weeks that anything was measured on."""
    yield from told("""
        WITH span AS (SELECT max(day) - 28 AS since FROM capacity_usageday)
        SELECT 'pool ' || kept.pool_id || ' on ' || kept.day,
            CASE WHEN (kept.hours, kept.count, kept.low, kept.high)
                IS DISTINCT FROM (summed.hours, summed.count, summed.low, summed.high)
                OR abs(kept.sum - summed.sum) > 1e-9 * greatest(kept.sum, 1) THEN 'differs from its hours' END
        FROM span JOIN capacity_usageday kept ON kept.day >= span.since
        CROSS JOIN LATERAL (
            SELECT count(*) AS hours, sum(count)::bigint AS count, sum(sum) AS sum, min(low) AS low, max(high) AS high
            FROM capacity_usagehour hour WHERE hour.pool_id = kept.pool_id
              AND hour.hour >= kept.day::timestamp AT TIME ZONE 'UTC'
              AND hour.hour < (kept.day + 1)::timestamp AT TIME ZONE 'UTC'
        ) summed
    """)


@check
def samples_lie_in_their_month() -> Iterator[str | None]:
    """Every table of samples takes exactly the month that it is named after, and the latest of them nothing else."""
    yield from told(
        """
        SELECT part.relname,
            CASE WHEN pg_get_expr(part.relpartbound, part.oid) <> format(
                'FOR VALUES FROM (%%L) TO (%%L)', month.first::timestamp AT TIME ZONE 'UTC',
                (month.first + interval '1 month')::timestamp AT TIME ZONE 'UTC')
            THEN pg_get_expr(part.relpartbound, part.oid) END
        FROM pg_inherits link JOIN pg_class part ON part.oid = link.inhrelid
        CROSS JOIN LATERAL (SELECT to_date(right(part.relname, 6), 'YYYYMM') AS first) month
        WHERE link.inhparent = 'capacity_usagesample'::regclass
        UNION ALL
        SELECT 'sample of pool ' || pool_id || ' at ' || at, 'lies in ' || tableoid::regclass
        FROM capacity_usagesample
        WHERE at >= (SELECT max(hour) - %s::interval FROM capacity_usagehour)
          AND right(tableoid::regclass::text, 6) <> to_char(at AT TIME ZONE 'UTC', 'YYYYMM')
        """,
        _LOOKED_BACK,
    )


@check
def forecasts_hold_together() -> Iterator[str | None]:
    """A forecast is of a pool that is there, as long as its step wants, within its band, and its days are in order."""
    yield from told("""
        SELECT 'forecast ' || one.id,
            CASE WHEN pool.id IS NULL THEN 'is of no pool'
            WHEN cardinality(one.values) <> CASE one.step WHEN 'hour' THEN 48 ELSE 90 END
                THEN format('has %s steps by the %s', cardinality(one.values), one.step)
            WHEN EXISTS (SELECT 1 FROM unnest(one.low, one.values, one.high) AS at(low, value, high)
                         WHERE NOT (low <= value AND value <= high)) THEN 'leaves its band'
            WHEN one.exhausted_p10 > one.exhausted_p50 OR one.exhausted_p50 > one.exhausted_p90
                OR (one.exhausted_p10 IS NULL AND one.exhausted_p50 IS NOT NULL)
                OR (one.exhausted_p50 IS NULL AND one.exhausted_p90 IS NOT NULL) THEN 'runs out in another order' END
        FROM capacity_usageforecast one LEFT JOIN capacity_pool pool ON pool.id = one.pool_id
    """)


@check
def alarms_belong_to_people_who_may_act() -> Iterator[str | None]:
    """The owner of an open alarm was appointed there; a silence has its reason, and its end within seven days."""
    yield from told("""
        SELECT 'alarm ' || alarm.public_id,
            CASE WHEN alarm.owner_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM users_roleassignment held JOIN capacity_region region ON region.id = alarm.region_id
                WHERE held.user_id = alarm.owner_id AND held.role IN ('region_operator', 'duty_manager')
                  AND (held.regions = '{}' OR region.code = ANY (held.regions))) THEN 'is of somebody who may not act'
            WHEN alarm.silenced_at IS NOT NULL AND (alarm.silence_reason = '' OR alarm.silenced_by_id IS NULL
                OR alarm.silenced_until > alarm.silenced_at + interval '7 days') THEN 'has an odd silence'
            END
        FROM capacity_alarm alarm WHERE alarm.ended_at IS NULL
    """)

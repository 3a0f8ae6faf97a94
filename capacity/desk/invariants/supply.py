"""What must hold over pools, their ledger, deliveries, levers, campaigns and crews."""

from collections.abc import Iterator

from capacity.desk.invariants.checking import check, told
from capacity.pools import arithmetic
from capacity.pools.models import Pool
from capacity.pools.terms import terms_of


@check
def pools_equal_their_ledger() -> Iterator[str | None]:
    """What a pool says is promised is the sum of the entries that were not released."""
    yield from told("""
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


@check
def no_pool_promises_more_than_it_may() -> Iterator[str | None]:
    """At every level, what is promised fits supply and the deficit that a falling supply left."""
    yield from told("""
        SELECT region.code || '/' || resource.code,
            CASE WHEN committed_general > supply_open + deficit_open
                   OR committed_general + committed_critical > supply_critical + deficit_critical
                   OR held + granted > greatest(supply, 0) + deficit
            THEN format('%s promised, %s supply, %s deficit', held + granted, supply, deficit) END
        FROM capacity_pool pool
        JOIN capacity_region region ON region.id = pool.region_id
        JOIN capacity_resource resource ON resource.id = pool.resource_id
    """)


@check
def pools_count_what_levers_were_measured_to_release() -> Iterator[str | None]:
    """The levers' term of a pool is the sum of the last measurements of the steps in force."""
    yield from told("""
        SELECT region.code || '/' || resource.code,
            CASE WHEN pool.lever_release <> coalesce(measured.released, 0)
            THEN format('counts %s, %s are measured', pool.lever_release, coalesce(measured.released, 0)) END
        FROM capacity_pool pool
        JOIN capacity_region region ON region.id = pool.region_id
        JOIN capacity_resource resource ON resource.id = pool.resource_id
        LEFT JOIN (SELECT pool_id, sum(released) AS released FROM capacity_releases_in_force() GROUP BY pool_id)
            measured ON measured.pool_id = pool.id
    """)


@check
def deliveries_landed_with_their_supply() -> Iterator[str | None]:
    """What landed raised its pool by what was powered on, and every such change has its delivery."""
    yield from told("""
        SELECT coalesce('delivery ' || delivery.public_id, 'change of supply ' || change.id),
            CASE WHEN (delivery.id IS NULL) <> (change.id IS NULL) AND coalesce(delivery.state, 'landed') = 'landed'
                THEN 'the delivery or its change of supply is missing'
            WHEN delivery.state <> 'landed' AND change.id IS NOT NULL THEN 'raised its pool without having landed'
            WHEN (delivery.pool_id, delivery.landed_quantity) IS DISTINCT FROM (change.pool_id,
                (change.new_terms->>'powered_on')::bigint - (change.old_terms->>'powered_on')::bigint)
                AND delivery.state = 'landed'
                THEN 'raised its pool by something else' END
        FROM capacity_delivery delivery
        FULL JOIN (SELECT * FROM capacity_supplychange WHERE cause = 'delivery') change
            ON change.id = delivery.supply_change_id
    """)


@check
def campaigns_keep_to_their_caps() -> Iterator[str | None]:
    """What a campaign has used of a cap is what is held and granted under it, and no more than the cap."""
    yield from told("""
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


@check
def supplies_follow_from_their_terms() -> Iterator[str | None]:
    """What the database keeps as supply, by bucket, is what the arithmetic makes of the terms."""
    for pool in Pool.objects.select_related("region", "resource").iterator(chunk_size=1_000):
        terms = arithmetic.Terms(**terms_of(pool))
        split = arithmetic.buckets(terms)
        kept = (pool.supply, pool.supply_open, pool.supply_critical)
        due = (arithmetic.supply(terms), split.open, split.open + split.crit)
        yield None if kept == due else f"{pool.region.code}/{pool.resource.code}: {kept} instead of {due}"


@check
def levers_stand_where_their_last_move_led() -> Iterator[str | None]:
    """A lever's step is that of its last move, where its moves name steps."""
    yield from told("""
        SELECT 'lever ' || lever.public_id,
            CASE WHEN last.id IS NOT NULL AND (last.step_id IS NOT NULL OR lever.state = 'restored')
                AND lever.step_id IS DISTINCT FROM last.step_id THEN 'stands on another step than it was moved to' END
        FROM capacity_lever lever
        LEFT JOIN LATERAL (
            SELECT * FROM capacity_levermove move WHERE move.lever_id = lever.id ORDER BY id DESC LIMIT 1
        ) last ON true
    """)


@check
def gates_follow_crews() -> Iterator[str | None]:
    """Each pool's gate is the share of its region's datacenters that are not closed; its failure reserve follows."""
    yield from told("""
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


@check
def releases_repeat_what_they_release() -> Iterator[str | None]:
    """A release has the pool, level, quantity and subject of its entry, and comes after it."""
    yield from told("""
        SELECT 'entry ' || back.id,
            CASE WHEN (back.pool_id, back.level, back.quantity, back.subject, substr(back.kind, 9))
                IS DISTINCT FROM (entry.pool_id, entry.level, entry.quantity, entry.subject, entry.kind)
                OR back.at < entry.at
            THEN format('does not repeat entry %s', entry.id) END
        FROM capacity_ledgerentry back JOIN capacity_ledgerentry entry ON entry.id = back.releases_id
    """)


@check
def grants_equal_their_entries() -> Iterator[str | None]:
    """Every grant has the entry it was posted with, within what its line asked for, at the tier's level."""
    yield from told("""
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

"""The rows behind the executive figures, added up by the database; what they mean is in `figures`."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from capacity.figures.figures import TIERS, Fill, Wait, WaitingTime, time_to_decision
from capacity.pools.models import Pool
from capacity.regions.models import Condition, Region
from capacity.requests.models import OPEN_STATES, CapacityRequest, Decision, Outcome, RequestState, Stage
from capacity.staffing.models import StaffingStatus
from priorities.overrides import in_force

# What nobody answered yet. The waiting list is an answer: it has its own date to look again.
UNDECIDED = [*OPEN_STATES, RequestState.INFORMATION_REQUESTED]
# What never became, or ceased to be, a question to us.
NOT_ASKED = [RequestState.DRAFT, RequestState.WITHDRAWN]

_FILL = """
    SELECT request.claimed_tier, count(DISTINCT request.id),
           count(DISTINCT request.id) FILTER (WHERE granted.quantity > 0),
           sum(line.quantity), coalesce(sum(granted.quantity), 0)
    FROM capacity_capacityrequest request
    JOIN capacity_requestline line ON line.request_id = request.id
    JOIN capacity_resource resource ON resource.id = line.resource_id AND resource.code = %s
    LEFT JOIN LATERAL (
        SELECT sum(grant_row.quantity) AS quantity
        FROM capacity_grant grant_row
        JOIN capacity_ledgerentry entry ON entry.id = grant_row.entry_id AND entry.kind = 'grant'
        LEFT JOIN capacity_ledgerentry release ON release.releases_id = entry.id
        WHERE grant_row.line_id = line.id AND release.id IS NULL
    ) granted ON true
    WHERE request.completed_at >= %s AND request.completed_at < %s AND NOT (request.state = ANY(%s))
    GROUP BY request.claimed_tier
"""


def fill_of(resource: str, *, since: datetime, until: datetime) -> tuple[Fill, ...]:
    """How much of what was asked for in the period is granted now, by tier, in units of one resource."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [resource, since, until, [str(state) for state in NOT_ASKED]])
        found = {row[0]: Fill(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in cursor.fetchall()}
    return tuple(found.get(tier, Fill(tier, 0, 0, 0, 0)) for tier in TIERS)


def waiting_times(*, since: datetime, until: datetime) -> dict[int, WaitingTime]:
    """Completeness to decision of the requests completed in the period, by tier; what is open counts as censored.

    The clock stands still while information is asked for.
    """
    rows = CapacityRequest.objects.filter(completed_at__gte=since, completed_at__lt=until).exclude(state__in=NOT_ASKED)
    waits: dict[int, list[Wait]] = defaultdict(list)
    for tier, completed, decided, paused in rows.values_list(
        "claimed_tier", "completed_at", "decided_at", "paused_seconds"
    ):
        assert completed is not None  # the filter asks for it
        end = decided if decided is not None and decided <= until else until
        minutes = max(0, int((end - completed).total_seconds()) - paused) // 60
        waits[tier].append(Wait(minutes, decided=end is decided))
    return {tier: time_to_decision(waits[tier]) for tier in TIERS}


@dataclass(frozen=True)
class Waiting:
    """Undecided requests of one tier, and how many of them are past their service target."""

    tier: int
    open: int
    late: int


def waiting_now(*, at: datetime) -> tuple[Waiting, ...]:
    """What waits for a decision at this moment, by tier."""
    rows = (
        CapacityRequest.objects.filter(state__in=UNDECIDED)
        .values("claimed_tier")
        .annotate(open=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
    )
    found = {row["claimed_tier"]: Waiting(row["claimed_tier"], row["open"], row["late"]) for row in rows}
    return tuple(found.get(tier, Waiting(tier, 0, 0)) for tier in TIERS)


@dataclass(frozen=True)
class RegionStanding:
    """One region as an executive sees it: no headroom, no crew counts, only signs."""

    code: str
    name: str
    group: str
    condition: str
    has_deficit: bool
    staffing: tuple[tuple[str, int], ...]  # status and how many datacenters have it

    @property
    def is_at_risk(self) -> bool:
        """Scarce, in deficit, or with a datacenter below minimum or silent."""
        bad = {StaffingStatus.RED, StaffingStatus.UNKNOWN}
        return (
            self.condition not in (Condition.NORMAL, Condition.WATCH)
            or self.has_deficit
            or any(status in bad and count for status, count in self.staffing)
        )


def region_standings() -> list[RegionStanding]:
    """Every region with its condition, whether a pool is in deficit, and its datacenters by status (one query)."""
    regions = Region.objects.order_by("geography_group", "name").annotate(
        has_deficit=Exists(Pool.objects.filter(region=OuterRef("pk"), deficit__gt=0)),
        crews=ArrayAgg(
            Coalesce("datacenters__status__status", Value(StaffingStatus.NOT_TRACKED)),
            filter=Q(datacenters__isnull=False),
            default=Value([]),
        ),
    )
    return [
        RegionStanding(
            code=region.code,
            name=region.name,
            group=region.geography_group,
            condition=region.condition,
            has_deficit=region.has_deficit,
            staffing=tuple(sorted(Counter(region.crews).items())),
        )
        for region in regions
    ]


@dataclass(frozen=True)
class Overriding:
    """Decisions of the period, those made while an override stood, and the overrides in force now."""

    decisions: int
    under_override: int
    in_force: int


def overriding(*, since: datetime, until: datetime, at: datetime) -> Overriding:
    """How often people decided beside the policy (one query, where anything was decided)."""
    counted = Decision.objects.filter(at__gte=since, at__lt=until, stage=Stage.FINAL).exclude(outcome=Outcome.UNDO)
    standing = in_force(at).order_by().values(every=Value(1)).annotate(count=Count("pk")).values("count")
    sums = counted.aggregate(
        all=Count("pk"),
        under=Count("pk", filter=Q(ranking__facts__overrides__0__isnull=False)),
        in_force=Coalesce(Max(Subquery(standing)), 0),
    )
    # Without any decision the database has no row to put the overrides beside.
    return Overriding(sums["all"], sums["under"], sums["in_force"] if sums["all"] else in_force(at).count())

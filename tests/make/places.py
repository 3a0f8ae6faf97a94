"""Regions, crews, pools, what is delivered and measured there."""

from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from capacity.deliveries.actions.plan_delivery import plan_delivery
from capacity.deliveries.models import Delivery
from capacity.pools import ledger
from capacity.pools.actions.seed_resources import seed_resources
from capacity.pools.actions.set_supply_terms import TermsHold, set_supply_terms
from capacity.pools.actions.set_up_pools import set_up_pools
from capacity.pools.models import LedgerEntry, Level, Pool
from capacity.regions.actions.confirm_condition import confirm_condition
from capacity.regions.actions.declare_condition import declare_condition
from capacity.regions.actions.import_regions import import_regions
from capacity.regions.listing import Line, RegionFacts
from capacity.regions.models import ConditionDeclaration, Datacenter, Region
from capacity.staffing import shifts
from capacity.staffing.actions.file_rosters import Rostered
from capacity.staffing.actions.file_shift_report import Crew, as_rostered
from capacity.staffing.actions.set_up_crews import set_up_crews
from capacity.staffing.outlook import outlook_of
from capacity.staffing.planning_models import CrewPapers
from capacity.staffing.presence import DayOutlook
from capacity.usage.actions.ingest_samples import ingest_samples
from capacity.usage.models import UsageForecast, UsageSource
from capacity.watch.actions.plan_crews import plan_rosters, record_papers_and_refresh
from capacity.watch.actions.report_shift import report_shift
from tests.make.people import NOW, acting, counting
from users.access import SYSTEM, Actor
from users.roles import Role


def region(code: str = "westeurope", *, condition: str = "normal", size: str = "small", **facts) -> Region:
    """A region with datacenters (large 3, medium 2, small 1), crews and empty pools of every resource."""
    given = {
        "name": facts.pop("name", code.title()),
        "geography": "Europe",
        "geography_group": "Europe",
        "place": "Musterstadt",
        "country": "NLD",
        "latitude": Decimal("52.37"),
        "longitude": Decimal("4.9"),
        "paired_code": "",
        "time_zone": "UTC",
    }
    line = Line(2, code, RegionFacts(code=code, size=size, **{**given, **facts}))
    seed_resources()
    import_regions(actor=SYSTEM, lines=[line], at=NOW)
    set_up_crews(actor=SYSTEM, sizes={code: size}, at=NOW)
    set_up_pools(actor=SYSTEM, sizes={code: size}, with_sample=False, at=NOW)
    if condition != "normal":
        declared(code, condition)
    return Region.objects.get(code=code)


def declared(code: str, condition: str, *, confirmed: bool = True, at: datetime = NOW) -> ConditionDeclaration:
    """A condition that an operator declared, with a duty manager's signature where it takes two."""
    declaration = declare_condition(
        actor=acting(Role.REGION_OPERATOR),
        region_code=code,
        condition=condition,
        evidence="Headroom below five percent since Monday.",
        review_date=at.date() + timedelta(days=7),
        row_version=Region.objects.get(code=code).row_version,
        at=at,
    )
    if confirmed and declaration.state == "proposed":
        duty_manager = acting(Role.DUTY_MANAGER, fresh_at=at)
        return confirm_condition(actor=duty_manager, declaration_id=declaration.public_id, at=at)
    return declaration


def pool(code: str = "westeurope", resource: str = "vcpu", *, powered_on: int = 1000, **terms) -> Pool:
    """The region's pool of the resource with this supply; the tier-1 reserve is 10 percent."""
    if not Region.objects.filter(code=code).exists():
        region(code)
    made = Pool.objects.get(region__code=code, resource__code=resource)
    stated = {"powered_on": powered_on, "out_of_service": 0, "organic_growth": 0, "failure_reserve": 0, **terms}
    with suppress(TermsHold):
        set_supply_terms(actor=SYSTEM, pool=made, reason="Test", row_version=made.row_version, at=NOW, **stated)
    return Pool.objects.select_related("region", "resource").get(pk=made.pk)


def promised(pool: Pool, quantity: int, level: str = "general") -> LedgerEntry:
    """So many units of the pool, granted to somebody."""
    posting = ledger.Posting(pool.pk, Level(level), quantity, f"test:{next(counting)}")
    return ledger.grant([posting], actor=SYSTEM, at=NOW)[0]


def shift_reported(datacenter: Datacenter, present: int | None = None, *, at: datetime = NOW, by: Actor = SYSTEM):
    """The report of the shift that is on: everybody rostered, or so many of every role."""
    day, shift = shifts.current(at, ZoneInfo(datacenter.time_zone))
    crews = as_rostered(datacenter, shift)
    if present is not None:
        crews = {role: Crew(present=present) for role in crews}
    return report_shift(actor=by, datacenter=datacenter, date=day, shift=shift, crews=crews, note="Counted.", at=at)


def rostered(datacenter: Datacenter, people: int, *, days: int = 14, at: datetime = NOW, actor: Actor = SYSTEM):
    """So many people of every role rostered for the shifts to come, today's included."""
    zone = ZoneInfo(datacenter.time_zone)
    today = at.astimezone(zone).date()
    rows = [
        Rostered(datacenter.code, today + timedelta(days=ahead), one.shift, one.role, people)
        for ahead in range(days)
        for one in datacenter.requirements.all()
        if shifts.starts_at(*shifts.following(today + timedelta(days=ahead), one.shift), zone) > at
    ]
    return plan_rosters(actor=actor, rows=rows, at=at)


def papers(datacenter: Datacenter, people: int = 9, *, ahead: int = 30, at: datetime = NOW, **facts) -> CrewPapers:
    """Permits of so many network people that expire in so many days."""
    given = {"role": "network", "kind": "permit", "authority": "Gemeente Amsterdam", "place": "Amsterdam", **facts}
    given.setdefault("actor", SYSTEM)
    expires = at.date() + timedelta(days=ahead)
    return record_papers_and_refresh(datacenter=datacenter, people=people, expires_date=expires, at=at, **given)


def outlook(datacenter: Datacenter, at: datetime = NOW) -> list[DayOutlook]:
    """What is expected of the next fourteen days of a datacenter, its today first."""
    required = list(datacenter.requirements.values_list("role", "shift", "minimum"))
    return outlook_of([datacenter], {datacenter.pk: required}, at)[datacenter.pk]


def delivery(
    to: Pool | None = None, *, ahead: int = 10, place: str = "", by: Actor | None = None, at: datetime = NOW, **fields
) -> Delivery:
    """500 units that are due at the pool's first datacenter in so many days and take 100 hours to install."""
    to = to or pool()
    places = to.region.datacenters.order_by("code")
    given = {"quantity": 500, "planned_hours": 100, "note": "Order 7", **fields}
    return plan_delivery(
        actor=by or acting(Role.REGION_OPERATOR),
        pool=to,
        datacenter_id=(places.get(code=place) if place else places[0]).public_id,
        due_date=at.date() + timedelta(days=ahead),
        at=at,
        **given,
    )


def measured(pool: Pool, *values: float, until: datetime = NOW) -> None:
    """The usage of the last hours before a moment, one sample an hour, the latest last."""
    first = until - timedelta(hours=len(values))
    rows = [
        (pool.region.code, pool.resource.code, (first + timedelta(hours=hour)).isoformat(), str(value), "")
        for hour, value in enumerate(values)
    ]
    ingest_samples(actor=SYSTEM, blocks=[(1, rows)], source=UsageSource.API, at=until)


def forecast(pool: Pool, *, p50: int | None = None, at: datetime = NOW, **fields) -> UsageForecast:
    """A day of samples and a flat forecast for ninety days that half of the paths leave after so many."""
    measured(pool, *[100.0] * 24, until=at)
    values = {
        "step": "day", "method": "combination", "made_at": at, "starts_at": at.replace(hour=0),
        "values": [100.0] * 90, "low": [90.0] * 90, "high": [110.0] * 90,
        "exhausted_p10": p50 // 2 if p50 else None, "exhausted_p50": p50, "exhausted_p90": p50 * 2 if p50 else None,
        "exhausted_within_lead": 0.6 if p50 else 0.0, "own_error": 3.0, "naive_error": 4.0,
    }  # fmt: skip
    return UsageForecast.objects.create(pool=pool, **{**values, **fields})

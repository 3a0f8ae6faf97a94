"""Status, supply and alarms follow what crews report, and what they do not report."""

from datetime import timedelta

import pytest

from capacity.alarms.actions.acknowledge_alarm import TakenUp, acknowledge_alarm
from capacity.alarms.keeping import AlarmIsOver
from capacity.alarms.models import Alarm
from capacity.pools import ledger
from capacity.pools.models import Pool, SupplyChange
from capacity.regions.models import Datacenter, Region
from capacity.staffing.models import DatacenterStatus, ShiftReport
from capacity.staffing.queries import refuses_dated_promise, staffing_of
from capacity.watch.actions.refresh_staffing import refresh_staffing
from capacity.watch.actions.report_shift import vouch_and_refresh
from capacity.watch.tasks import look
from journal.models import Entry
from kit.refusal import NotFound
from tests import make
from users.access import SYSTEM, NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def pool(db) -> Pool:
    return make.pool("westeurope", powered_on=1000)


def datacenter(number=1) -> Datacenter:
    return Datacenter.objects.select_related("region").get(code=f"westeurope-{number}")


def status(number=1) -> str:
    return DatacenterStatus.objects.get(datacenter__code=f"westeurope-{number}").status


def open_alarms() -> set[tuple[str, str]]:
    return set(Alarm.objects.filter(ended_at=None).values_list("kind", "subject"))


def test_a_red_report_closes_the_open_supply_in_the_same_moment_and_a_green_one_opens_it(pool):
    make.shift_reported(datacenter())
    pool.refresh_from_db()
    assert (status(), pool.supply, pool.supply_open) == ("green", 1000, 900)

    reported = make.shift_reported(datacenter(), present=1)
    pool.refresh_from_db()
    assert (status(), pool.gate_permille, pool.supply_open, pool.supply) == ("red", 0, 0, 1000)
    assert {change.cause for change in reported.changes} == {"staffing"}
    assert len(reported.changes) == 4
    assert open_alarms() == {("staffing_red", "westeurope-1")}
    gate = staffing_of(pool.region, make.NOW)
    assert not gate.dated_promise
    assert refuses_dated_promise(gate, 1)
    assert refuses_dated_promise(gate, 5)
    with pytest.raises(ledger.PoolIsFull):
        make.promised(pool, 1)
    make.promised(pool, 1, "critical")

    make.shift_reported(datacenter())
    pool.refresh_from_db()
    assert (status(), pool.supply_open, open_alarms()) == ("green", 900, set())


def test_at_minimum_warns_and_leaves_supply_alone(pool):
    reported = make.shift_reported(datacenter(), present=2)
    assert (status(), reported.changes) == ("amber", [])
    gate = staffing_of(pool.region, make.NOW)
    assert gate.warning
    assert gate.dated_promise
    assert [refuses_dated_promise(gate, tier) for tier in (1, 3, 4, 5)] == [False, False, True, True]


def test_one_of_three_datacenters_below_minimum_takes_a_third(db):
    make.region("westeurope", size="large")
    pool = make.pool("westeurope", powered_on=1000)
    for number in (1, 2, 3):
        make.shift_reported(datacenter(number))
    make.shift_reported(datacenter(2), present=0)
    pool.refresh_from_db()
    assert (pool.gate_permille, pool.supply_open) == (666, 599)


def test_what_is_promised_beyond_the_open_supply_is_a_deficit_that_is_alarmed_and_never_revoked(pool):
    make.shift_reported(datacenter())
    entry = make.promised(pool, 700)
    make.shift_reported(datacenter(), present=1)
    pool.refresh_from_db()
    assert (pool.granted, pool.deficit_open, pool.deficit) == (700, 700, 0)
    assert open_alarms() == {("staffing_red", "westeurope-1"), ("deficit", "vcpu")}
    change = SupplyChange.objects.filter(pool=pool).latest("pk")
    assert (change.cause, change.deficit_after, change.new_terms["gate_permille"]) == ("staffing", 700, 0)

    ledger.release([entry], actor=SYSTEM, at=make.NOW)
    look()
    assert ("deficit", "vcpu") not in open_alarms()


def test_silence_is_unknown_after_its_successor_was_due_and_closes_after_a_day(pool):
    make.shift_reported(datacenter())
    shift_end = make.NOW.replace(hour=18, minute=30)
    refresh_staffing(at=shift_end)
    assert status() == "green"

    refresh_staffing(at=shift_end + timedelta(minutes=1))
    pool.refresh_from_db()
    assert (status(), pool.gate_permille) == ("unknown", 1000)
    assert open_alarms() == {("staffing_unknown", "westeurope-1")}

    refresh_staffing(at=shift_end + 24 * HOUR + timedelta(minutes=1))
    pool.refresh_from_db()
    assert (status(), pool.gate_permille) == ("unknown", 0)


def test_a_duty_manager_keeps_the_last_state_for_a_day_but_red_stays_red(pool):
    make.shift_reported(datacenter())
    late = make.NOW + 8 * HOUR
    refresh_staffing(at=late)
    assert status() == "unknown"
    duty_manager = make.acting(Role.DUTY_MANAGER)
    vouch_and_refresh(actor=duty_manager, datacenter=datacenter(), reason="Called them.", at=late)
    assert status() == "green"
    refresh_staffing(at=late + 25 * HOUR)
    assert status() == "unknown"

    make.shift_reported(datacenter(), present=1, at=late + 25 * HOUR)
    vouch_and_refresh(actor=duty_manager, datacenter=datacenter(), reason="Called them.", at=late + 26 * HOUR)
    assert status() == "red"


def test_a_datacenter_that_never_reported_limits_nothing_and_is_not_green(pool):
    assert refresh_staffing(at=make.NOW) == []
    assert (status(), open_alarms()) == ("not_tracked", set())
    assert staffing_of(pool.region, make.NOW).permille == 1000


def test_a_second_look_changes_nothing(pool):
    make.shift_reported(datacenter(), present=1)
    counted = (SupplyChange.objects.count(), Alarm.objects.count(), Entry.objects.count())
    at = make.NOW + HOUR
    refresh_staffing(at=at)
    refresh_staffing(at=at)
    assert counted == (SupplyChange.objects.count(), Alarm.objects.count(), Entry.objects.count())


def test_looking_at_all_regions_asks_as_often_for_many_as_for_one(django_assert_num_queries):
    make.region("westeurope")
    for code in ("northeurope", "uksouth", "eastus"):
        make.region(code, size="large")
    make.shift_reported(datacenter())
    refresh_staffing(at=make.NOW)
    with django_assert_num_queries(7):
        refresh_staffing(at=make.NOW)


def test_a_report_from_yesterday_does_not_hide_the_one_of_today(pool):
    make.shift_reported(datacenter(), present=1)
    ShiftReport.objects.bulk_create(
        ShiftReport(
            datacenter=report.datacenter,
            date=report.date - timedelta(days=1),
            shift="night",
            role=report.role,
            minimum=2,
            rostered=3,
            present=3,
            reported_at=make.NOW,
        )
        for report in ShiftReport.objects.all()
    )
    refresh_staffing(at=make.NOW, region_ids=[pool.region_id])
    assert status() == "red"


def test_an_alarm_is_taken_up_once_and_ends_by_itself(pool):
    make.shift_reported(datacenter(), present=1)
    alarm = Alarm.objects.get()
    with pytest.raises(NotFound):
        acknowledge_alarm(actor=make.acting(Role.ACCOUNT_MANAGER), alarm_id=alarm.public_id, at=make.NOW)
    elsewhere = make.acting(Role.REGION_OPERATOR, regions=["eastus"])
    with pytest.raises(NotFound):
        acknowledge_alarm(actor=elsewhere, alarm_id=alarm.public_id, at=make.NOW)
    with pytest.raises(NeedsRole):
        acknowledge_alarm(actor=make.acting(Role.AUDITOR), alarm_id=alarm.public_id, at=make.NOW)
    operator = make.acting(Role.REGION_OPERATOR)
    acknowledge_alarm(actor=operator, alarm_id=alarm.public_id, at=make.NOW)
    with pytest.raises(TakenUp):
        acknowledge_alarm(actor=make.acting(Role.DUTY_MANAGER), alarm_id=alarm.public_id, at=make.NOW)
    assert Alarm.objects.get().ended_at is None

    make.shift_reported(datacenter())
    assert Alarm.objects.get().ended_at == make.NOW
    with pytest.raises(AlarmIsOver):
        acknowledge_alarm(actor=operator, alarm_id=alarm.public_id, at=make.NOW)
    assert set(Entry.objects.filter(action__startswith="alarm.").values_list("action", flat=True)) == {
        "alarm.raised",
        "alarm.acknowledged",
        "alarm.ended",
    }


def test_an_alarm_comes_again_as_a_new_one(pool):
    for _ in range(2):
        make.shift_reported(datacenter(), present=1)
        make.shift_reported(datacenter())
    assert Alarm.objects.filter(kind="staffing_red").count() == 2
    assert open_alarms() == set()


def test_regions_without_datacenters_are_open(db):
    Region.objects.create(code="bare", name="Bare", geography="Europe", geography_group="Europe", country="DEU")
    gate = staffing_of(Region.objects.get(code="bare"), make.NOW)
    assert (gate.permille, gate.dated_promise) == (1000, True)

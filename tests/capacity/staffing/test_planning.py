"""Rosters and papers: filed, corrected, withdrawn, and what follows from them for days to come and for supply."""

from datetime import date, timedelta

import pytest

from capacity.pools.models import Pool, SupplyChange
from capacity.regions.models import Datacenter
from capacity.staffing.actions.file_rosters import CannotFileRoster, Rostered
from capacity.staffing.actions.keep_papers import AlreadyWithdrawn, CannotRecordPapers, CannotWithdrawPapers
from capacity.staffing.models import DatacenterStatus
from capacity.staffing.outlook import outlook_of, role_ahead
from capacity.staffing.planning_models import CrewPapers, RosterEntry
from capacity.watch.actions.plan_crews import plan_rosters, withdraw_papers_and_refresh
from journal.models import Entry
from kit.refusal import NotFound
from tests import make
from tests.sql import refused
from users.access import NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TODAY = make.NOW.date()


@pytest.fixture
def pool(db) -> Pool:
    return make.pool("westeurope", powered_on=1000, failure_reserve=100)


@pytest.fixture
def operator():
    return make.acting(Role.REGION_OPERATOR)


def datacenter() -> Datacenter:
    return Datacenter.objects.select_related("region").get(code="westeurope-1")


def outlook(at=make.NOW):
    return make.outlook(datacenter(), at)


def status() -> str:
    return DatacenterStatus.objects.get(datacenter=datacenter()).status


def papers(operator, people=2, ahead=6, **facts):
    return make.papers(datacenter(), people, ahead=ahead, actor=operator, **facts)


def test_a_roster_below_minimum_on_a_coming_day_closes_the_open_supply_and_a_corrected_one_opens_it(pool, operator):
    make.shift_reported(datacenter())
    assert status() == "green"
    assert {day.status for day in outlook()} == {"not_tracked"}

    make.rostered(datacenter(), 5, actor=operator)
    # The shift that is on was reported, so it is no longer expected; the night and the days to come are.
    assert [day.status for day in outlook()] == ["green"] * 14
    assert (status(), outlook()[0].shift, outlook()[1].probability) == ("green", "night", 0.9986)

    short = Rostered("westeurope-1", TODAY + 9 * DAY, "night", "network", 1)
    filed = plan_rosters(actor=operator, rows=[short], at=make.NOW + DAY / 24)
    assert (filed.added, filed.corrected, filed.unchanged) == (0, 1, 0)
    later = make.NOW + DAY / 12
    worst = outlook(later)[9]
    assert (worst.status, worst.role, worst.shift, worst.rostered, worst.minimum) == ("red", "network", "night", 1, 2)
    # What was known an hour earlier is still known.
    assert outlook()[9].status == "green"
    pool.refresh_from_db()
    assert (status(), pool.gate_permille, pool.supply_open) == ("red", 0, 0)
    (reason,) = DatacenterStatus.objects.get().reasons
    assert (reason["code"], reason["params"]["date"]) == ("roster_is_thin", "2020-04-04")

    make.rostered(datacenter(), 5, at=later, actor=operator)
    pool.refresh_from_db()
    assert (status(), pool.gate_permille) == ("green", 1000)
    assert RosterEntry.objects.filter(date=short.date, role="network", shift="night").count() == 3
    again = make.rostered(datacenter(), 5, at=later, actor=operator)
    assert (again.added, again.corrected) == (0, 0)
    assert Entry.objects.filter(action="roster.filed").count() == 3


def test_papers_that_run_out_shrink_the_shifts_from_their_last_day_on(pool, operator):
    make.shift_reported(datacenter())
    make.rostered(datacenter(), 5, actor=operator)
    made = papers(operator, people=9, ahead=6)
    papers(operator, people=3, ahead=60, authority="Provincie")
    days = outlook()
    assert [day.status for day in days[:6]] == ["green"] * 6
    assert {(day.status, day.role, day.shift, day.rostered, day.with_papers) for day in days[6:]} == {
        ("red", "network", "night", 5, 1)
    }
    assert status() == "red"

    # Longer papers for more people, and the old ones withdrawn.
    papers(operator, people=12, ahead=200)
    assert {day.status for day in outlook()} == {"green"}
    with pytest.raises(CannotWithdrawPapers):
        withdraw_papers_and_refresh(actor=operator, papers_id=made.public_id, reason=" ", at=make.NOW)
    withdraw_papers_and_refresh(actor=operator, papers_id=made.public_id, reason="Replaced.", at=make.NOW + DAY / 24)
    with pytest.raises(AlreadyWithdrawn):
        withdraw_papers_and_refresh(actor=operator, papers_id=made.public_id, reason="Again.", at=make.NOW)
    assert status() == "green"
    assert set(Entry.objects.filter(subject_id="westeurope-1").values_list("action", flat=True)) >= {
        "papers.recorded",
        "papers.withdrawn",
    }


def test_who_worked_by_day_does_not_work_the_night_of_the_same_day(pool, operator):
    make.rostered(datacenter(), 5, actor=operator)
    papers(operator, people=6, ahead=60)
    before = outlook()[0]
    assert (before.role, before.with_papers, before.minimum) == ("network", 3, 2)
    make.shift_reported(datacenter())
    assert (outlook()[0].shift, outlook()[0].with_papers) == ("night", 3)
    # The night is on; its people are told to installing and repairs in the same way.
    assert [(one.shift, one.people) for one in role_ahead(datacenter(), "network", make.NOW + DAY / 3)[:2]] == [
        ("night", 3),
        ("day", 3),
    ]


def test_unplanned_absence_of_the_past_weeks_makes_the_coming_ones_less_certain(pool, operator):
    make.shift_reported(datacenter())
    make.rostered(datacenter(), 4, actor=operator)
    before = outlook()[1].probability
    for back in range(1, 15):
        make.shift_reported(datacenter(), present=2, at=make.NOW - back * DAY)
    after = outlook()[1]
    assert after.probability < before
    assert after.status == "amber"
    # Reports that are made later were not known then.
    make.shift_reported(datacenter(), present=0, at=make.NOW + DAY)
    assert outlook()[1] == after


def test_what_is_wrong_with_a_roster_is_said_row_by_row_and_nothing_is_written(pool, operator):
    def row(number, **changed):
        given = {"datacenter": "westeurope-1", "date": TODAY + DAY, "shift": "day", "role": "network", "rostered": 4}
        return Rostered(**{**given, **changed}, row=number)

    make.region("eastus")
    rows = [
        row(2),
        row(3, datacenter="nowhere-1"),
        row(4, date=TODAY - DAY),
        row(5, date=TODAY + 100 * DAY),
        row(6, shift="night", role="logistics"),
        row(7, date=TODAY + 2 * DAY, rostered=-1),
        row(8, date=TODAY + 3 * DAY, rostered=501),
        row(9, shift="evening"),
        row(10, role="cooks"),
        row(11, shift="night"),
        row(12, shift="night", rostered=5),
        row(13, date=date.max, shift="night"),
    ]
    with pytest.raises(CannotFileRoster) as found:
        plan_rosters(actor=operator, rows=rows, at=make.NOW)
    assert [problem.row for problem in found.value.problems] == [*range(3, 14)]
    # Early in the morning last night's shift is on, and yet belongs to yesterday.
    assert "from today on" in str(found.value.problems[1].text)
    assert not RosterEntry.objects.exists()

    elsewhere = make.acting(Role.REGION_OPERATOR, regions=["eastus"])
    with pytest.raises(CannotFileRoster) as found:
        plan_rosters(actor=elsewhere, rows=[row(2), row(3, datacenter="eastus-1")], at=make.NOW)
    assert [problem.row for problem in found.value.problems] == [2]


def test_papers_are_plausible_and_kept_by_operators(pool, operator):
    for wrong in (
        {"people": 0},
        {"people": 501},
        {"ahead": 0},
        {"ahead": 4000},
        {"role": "cooks"},
        {"kind": "ticket"},
        {"authority": " "},
    ):
        with pytest.raises(CannotRecordPapers):
            papers(operator, **wrong)
    papers(operator, ahead=1, at=make.NOW + DAY / 3)
    Datacenter.objects.update(time_zone="Asia/Tokyo")  # where it is tomorrow already
    with pytest.raises(CannotRecordPapers):
        papers(operator, ahead=1, at=make.NOW + DAY / 3)
    with pytest.raises(NeedsRole):
        papers(make.acting(Role.DUTY_MANAGER))
    with pytest.raises(NotFound):
        withdraw_papers_and_refresh(actor=operator, papers_id=pool.public_id, reason="No.", at=make.NOW)


def test_the_database_keeps_rosters_and_papers_as_they_were(pool, operator):
    make.rostered(datacenter(), 4, actor=operator)
    made = papers(operator)
    for sql in (
        "UPDATE capacity_rosterentry SET rostered = 9",
        "DELETE FROM capacity_rosterentry",
        "DELETE FROM capacity_crewpapers",
        "UPDATE capacity_crewpapers SET people = 9",
        "UPDATE capacity_crewpapers SET withdrawn_at = now()",
    ):
        refused(sql)
    copied = "datacenter_id, date, shift, role, filed_at, rostered"
    for values in ("501", "-1"):
        refused(
            f"INSERT INTO capacity_rosterentry ({copied}) SELECT datacenter_id, date, shift, role, filed_at, {values}"
            " FROM capacity_rosterentry LIMIT 1"
        )
    withdraw_papers_and_refresh(actor=operator, papers_id=made.public_id, reason="Replaced.", at=make.NOW)
    refused("UPDATE capacity_crewpapers SET withdrawn_at = NULL, withdrawn_by_id = NULL, withdrawal_reason = ''")
    assert CrewPapers.objects.get().withdrawn_at == make.NOW


def test_many_datacenters_are_asked_as_few_questions_as_one(pool, operator, django_assert_num_queries):
    for code in ("northeurope", "eastus"):
        make.region(code, size="large")
    for one in Datacenter.objects.select_related("region"):
        make.rostered(one, 4, actor=operator)
    places = list(Datacenter.objects.all())
    with django_assert_num_queries(3):
        found = outlook_of(places, {one.pk: [("network", "day", 2)] for one in places}, make.NOW)
    assert {len(days) for days in found.values()} == {14}
    assert SupplyChange.objects.filter(cause="staffing").count() == 0

"""A report says who was there in a shift, in counts; a correction is new rows beside the old ones."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from capacity.regions.models import Datacenter
from capacity.staffing.actions.file_shift_report import CannotFileReport, Crew, as_rostered, file_shift_report
from capacity.staffing.actions.vouch_for_crew import NeedsReason, NeverReported, vouch_for_crew
from capacity.staffing.models import ShiftReport
from journal.models import Entry
from tests import make
from users.access import NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db

TODAY = make.NOW.date()


@pytest.fixture
def datacenter(db) -> Datacenter:
    make.region("westeurope")
    return Datacenter.objects.select_related("region").get()


def file(datacenter, crews=None, *, actor=None, **fields):
    values = {"date": TODAY, "shift": "day", "at": make.NOW}
    return file_shift_report(
        actor=actor or make.acting(Role.REGION_OPERATOR),
        datacenter=datacenter,
        crews=as_rostered(datacenter, "day") if crews is None else crews,
        **{**values, **fields},
    )


def all_of(datacenter, **counts):
    return {role: Crew(**counts) for role in as_rostered(datacenter, "day")}


def test_as_rostered_reports_every_required_role_with_everybody_there(datacenter):
    reports = file(datacenter)
    assert {report.role for report in reports} == {"facilities", "data_hall", "security", "logistics", "network"}
    assert {(report.present, report.rostered, report.minimum, report.absent_unplanned) for report in reports} == {
        (3, 3, 2, 0)
    }
    entry = Entry.objects.get(action="shift.reported")
    assert entry.after["crews"]["network"] == [3, 2, 3]


def test_the_same_counts_again_are_nothing_new(datacenter):
    assert len(file(datacenter)) == 5
    assert file(datacenter) == []
    assert file(datacenter, note="All the same.", at=make.NOW + timedelta(hours=1)) == []
    file(datacenter, all_of(datacenter, present=2), note="One went home.")
    assert len(file(datacenter, note="Back again.")) == 5
    assert ShiftReport.objects.count() == 15
    assert Entry.objects.filter(action__startswith="shift.").count() == 3


def test_whoever_is_missing_without_a_reason_counts_as_unplanned(datacenter):
    file(datacenter, all_of(datacenter, present=1, absent_planned=1))
    row = ShiftReport.objects.filter(role="network").get()
    assert (row.present, row.absent_planned, row.absent_unplanned, row.absent_travel) == (1, 1, 1, 0)


def test_a_correction_is_new_rows_and_the_old_ones_stay(datacenter):
    file(datacenter)
    with pytest.raises(CannotFileReport) as refusal:
        file(datacenter, all_of(datacenter, present=2), note=" ")
    assert list(refusal.value.fields) == ["note"]
    file(datacenter, all_of(datacenter, present=2), note="One went home.")
    assert list(ShiftReport.objects.filter(role="network").order_by("pk").values_list("present", flat=True)) == [3, 2]
    assert Entry.objects.get(action="shift.corrected").reason == "One went home."
    columns = "datacenter_id, date, shift, role, minimum, rostered, present, absent_planned, absent_unplanned"
    with pytest.raises(IntegrityError, match="says why"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO capacity_shiftreport ({columns}, absent_travel, note, reported_at, public_id)"
            f" SELECT {columns}, absent_travel, '', reported_at, gen_random_uuid() FROM capacity_shiftreport"
        )
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE capacity_shiftreport SET present = 9")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM capacity_shiftreport")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"date": TODAY + timedelta(days=1)}, "date"),
        ({"shift": "night"}, "date"),  # begins this evening
        ({"date": TODAY - timedelta(days=40)}, "date"),
        ({"date": date(1999, 1, 1)}, "date"),
        ({"shift": "late"}, "shift"),
        ({"note": "x" * 301}, "note"),
    ],
)
def test_a_shift_that_cannot_be_reported_is_refused_at_its_field(datacenter, fields, wrong):
    with pytest.raises(CannotFileReport) as refusal:
        file(datacenter, **fields)
    assert list(refusal.value.fields) == [wrong]
    assert not ShiftReport.objects.exists()


@pytest.mark.parametrize(
    "crew",
    [
        Crew(present=-1),
        Crew(present=4),
        Crew(present=3, absent_planned=1),
        Crew(present=2, absent_planned=-1),
        Crew(present=2, rostered=501),
        Crew(present=10**12, rostered=10**12),
    ],
)
def test_absurd_counts_are_refused_at_their_role_and_nothing_is_kept(datacenter, crew):
    with pytest.raises(CannotFileReport) as refusal:
        file(datacenter, {**as_rostered(datacenter, "day"), "network": crew})
    assert list(refusal.value.fields) == ["network"]
    assert not ShiftReport.objects.exists()


def test_a_report_covers_every_required_role_and_no_other(datacenter):
    crews = as_rostered(datacenter, "day")
    del crews["security"]
    with pytest.raises(CannotFileReport) as refusal:
        file(datacenter, {**crews, "astronauts": Crew(present=2)})
    assert sorted(refusal.value.fields) == ["astronauts", "security"]


def test_extra_people_are_reported_by_raising_the_roster(datacenter):
    file(datacenter, all_of(datacenter, present=5, rostered=5))
    assert set(ShiftReport.objects.values_list("present", "rostered")) == {(5, 5)}


def test_operators_report_for_their_own_regions(datacenter):
    with pytest.raises(NeedsRole):
        file(datacenter, actor=make.acting(Role.CAPACITY_REVIEWER))
    with pytest.raises(NeedsRole):
        file(datacenter, actor=make.acting(Role.REGION_OPERATOR, regions=["northeurope"]))
    file(datacenter, actor=make.acting(Role.REGION_OPERATOR, regions=["westeurope"]))


def test_a_duty_manager_vouches_for_a_day_with_a_reason_and_only_for_what_was_reported(datacenter):
    def vouch(actor=None, reason="Called the shift lead."):
        duty_manager = actor or make.acting(Role.DUTY_MANAGER)
        return vouch_for_crew(actor=duty_manager, datacenter=datacenter, reason=reason, at=make.NOW)

    with pytest.raises(NeverReported):
        vouch()
    file(datacenter)
    with pytest.raises(NeedsReason):
        vouch(reason=" ")
    with pytest.raises(NeedsRole):
        vouch(make.acting(Role.REGION_OPERATOR))
    assert vouch().until == make.NOW + timedelta(hours=24)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capacity_stateconfirmation (public_id, reason, at, until, by_id, datacenter_id)"
            " SELECT gen_random_uuid(), 'x', at, at + interval '25 hours', by_id, datacenter_id"
            " FROM capacity_stateconfirmation"
        )

"""Shift reports from a file: a shift as a whole or not at all, a result for every row, a second time without effect."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.pools.models import Pool
from capacity.regions.models import Datacenter
from capacity.staffing.models import DatacenterStatus, ShiftReport
from capacity.staffing.report_rows import COUNTS, REQUIRED, gather
from customers.actions.run_imports import run_next_import
from customers.actions.start_import import start_import
from customers.models import ImportRun, ImportState
from journal.models import Entry
from kit import clock
from kit.csvfiles import CsvRow
from kit.refusal import NotAllowed
from tests import make
from users.roles import Role

HEADER = "datacenter,date,shift,role,rostered,present,absent_planned,absent_unplanned,absent_travel,note\n"
ROLES = ("facilities", "data_hall", "security", "logistics", "network")
TODAY, YESTERDAY = "2020-03-26", "2020-03-25"


def shift(*, code="westeurope-1", day=TODAY, which="day", note="", **changed) -> str:
    """The rows of a shift to which everybody came; `changed` are the counts of roles."""
    roles = [role for role in ROLES if which == "day" or role != "logistics"]
    return "".join(f"{code},{day},{which},{role},{changed.get(role, '3,3,0,0,0')},{note}\n" for role in roles)


def take_in(text: str, *, by=None, dry=False, at=make.NOW) -> ImportRun:
    start_import(
        actor=by or make.acting(Role.REGION_OPERATOR), kind="shift_reports", file_name="file.csv",
        content=(HEADER + text).encode(), is_dry_run=dry, at=at,
    )  # fmt: skip
    run = run_next_import(at=at)
    assert run is not None
    return run


def outcomes(run: ImportRun) -> list[str]:
    return list(run.results.order_by("row_number").values_list("outcome", flat=True))


def messages(run: ImportRun) -> str:
    return "\n".join(run.results.order_by("row_number").values_list("message", flat=True))


@pytest.fixture
def pool(db) -> Pool:
    make.region("eastus")
    return make.pool("westeurope", powered_on=1000)


def test_a_file_is_tried_taken_in_and_known_the_second_time(pool):
    text = shift(day=YESTERDAY, which="night") + shift(network="3,1,0,2,0")
    dry = take_in(text, dry=True)
    assert outcomes(dry) == ["created"] * 9
    assert not ShiftReport.objects.exists()
    run = take_in(text)
    assert (run.state, run.rows_created, outcomes(run)) == (ImportState.DONE, 9, ["created"] * 9)
    pool.refresh_from_db()
    assert (DatacenterStatus.objects.get(datacenter__code="westeurope-1").status, pool.supply_open) == ("red", 0)
    assert Entry.objects.filter(action="shift.reported").count() == 2
    counted = (ShiftReport.objects.count(), Entry.objects.filter(action__startswith="shift.").count())
    assert outcomes(take_in(text)) == ["unchanged"] * 9
    assert counted == (ShiftReport.objects.count(), Entry.objects.filter(action__startswith="shift.").count())


def test_a_correction_says_why_and_an_old_file_does_not_undo_it(pool):
    old = shift(note="First count")
    take_in(old)
    assert set(outcomes(take_in(shift(network="3,2,1,0,0")))) == {"refused"}
    corrected = take_in(shift(network="3,2,1,0,0", note="One is on leave"))
    assert (set(outcomes(corrected)), ShiftReport.objects.count()) == ({"created"}, 10)
    again = take_in(old)
    assert set(outcomes(again)) == {"unchanged"}
    assert "has been corrected since" in messages(again)
    assert ShiftReport.objects.filter(role="network").latest("pk").present == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("westeurope-1,26.03.2020,day,network,3,3,0,0,0,", "Write the year first: 2020-03-26."),
        ("westeurope-1,26/3/20,day,network,3,3,0,0,0,", "Write the year first: 2020-03-26."),
        ("westeurope-1,03/26/2020,day,network,3,3,0,0,0,", "Write the year first: 2020-03-21."),
        ("westeurope-1,2020-02-30,day,network,3,3,0,0,0,", "is no day"),
        ("westeurope-1,2020-03-27,day,network,3,3,0,0,0,", "has not begun yet"),
        ("westeurope-1,0001-01-01,day,network,3,3,0,0,0,", "this shift is older"),
        ("westeurope-1,9999-12-31,night,network,3,3,0,0,0,", "has not begun yet"),
        ('westeurope-1,2020-03-26,day,network,"1,000",3,0,0,0,', "write “1,000” without separators: 1000"),
        ("westeurope-1,2020-03-26,day,network,1.000,3,0,0,0,", "write “1.000” without separators: 1000"),
        ("westeurope-1,2020-03-26,day,network,3,NA,0,0,0,", "present: a number is needed. Unknown is not zero"),
        ("westeurope-1,2020-03-26,day,network,3,,0,0,0,", "Unknown is not zero"),
        ("westeurope-1,2020-03-26,day,network,3,-1,0,0,0,", "counts of people are not negative"),
        ("westeurope-1,2020-03-26,day,network,3,2.5,0,0,0,", "is not a whole number"),
        ("westeurope-1,2020-03-26,day,network,99999999999999999999,3,0,0,0,", "more than 500 people"),
        ("westeurope-1,2020-03-26,day,network,3,4,0,0,0,", "4 present, but only 3 rostered"),
        ("westeurope-1,2020-03-26,day,cooks,3,3,0,0,0,", "“cooks” is none of facilities"),
        ("westeurope-1,2020-03-26,late,network,3,3,0,0,0,", "neither day nor night"),
        ("nowhere-1,2020-03-26,day,network,3,3,0,0,0,", "not a datacenter whose shifts you report"),
        ("westeurope-1,2020-03-26,day", "it may be cut off"),
        ("westeurope-1,2020-03-26,day,network,3,3,0,0,0," + "x" * 301, "at most 300 characters"),
    ],
)
def test_a_wrong_row_is_named_with_its_remedy_and_nothing_of_its_shift_is_written(pool, row, said):
    """Beside a good shift of another place, which is taken in."""
    run = take_in(shift(code="eastus-1") + row + "\n")
    assert said in run.results.get(row_number=7).message
    assert outcomes(run) == ["created"] * 5 + ["refused"]
    assert set(ShiftReport.objects.values_list("datacenter__code", flat=True)) == {"eastus-1"}


def test_a_shift_is_taken_in_whole_or_not_at_all(pool):
    rows = shift().splitlines(keepends=True)
    short = take_in("".join(rows[:4]))
    assert outcomes(short) == ["refused"] * 4
    assert "missing: network" in messages(short)
    doubled = take_in("".join([*rows, rows[0]]))
    assert outcomes(doubled) == ["refused"] * 6
    assert "Row 2 reports the same role of the same shift." in messages(doubled)
    assert not ShiftReport.objects.exists()
    broken = take_in('westeurope-1,"2020')
    assert (broken.state, broken.results.count()) == (ImportState.FAILED, 0)
    assert take_in(shift(), by=make.acting(Role.REGION_OPERATOR, regions=["eastus"])).rows_refused == 5


def test_the_file_is_sent_on_a_page_and_its_results_are_a_file(pool, visit):
    operator = make.person(Role.REGION_OPERATOR)
    page = visit("/staffing/imports/new/", as_=operator)
    assert ",".join(REQUIRED) in page.content.decode()
    file = SimpleUploadedFile("shifts.csv", (HEADER + shift(day="21.03.2020")).encode())
    data = {"file": file, "is_dry_run": "on"}
    answer = visit("/staffing/imports/new/", as_=operator, method="post", data=data)
    run_next_import(at=make.NOW)
    rows = visit(f"{answer.url}?format=csv", as_=operator).getvalue().decode()
    assert rows.count("Write the year first: 2020-03-21.") == 5
    assert "shifts.csv" in visit("/staffing/imports/", as_=operator).content.decode()
    assert visit(answer.url, as_=make.person(Role.REGION_OPERATOR)).status_code == 404
    assert visit("/staffing/imports/new/", as_=make.person(Role.AUDITOR)).status_code == 403
    assert "Shift reports" in visit("/organizations/imports/", as_=make.person(Role.AUDITOR)).content.decode()
    for role in (Role.ACCOUNT_MANAGER, Role.VERIFIER):
        with pytest.raises(NotAllowed):
            take_in(shift(), by=make.acting(role))


def test_the_command_does_the_same(pool, tmp_path, capsys):
    path, results = tmp_path / "shifts.csv", tmp_path / "results.csv"
    day = clock.now().date() - timedelta(days=2)
    path.write_text(HEADER + shift(day=day.isoformat()) + shift(day=f"{day:%d.%m.%Y}", which="night"), encoding="utf-8")
    call_command("import_shift_reports", path, "--dry-run")
    assert "9 rows: 5 would be taken in, 0 unchanged, 4 refused." in capsys.readouterr().out
    call_command("import_shift_reports", path, "--results", str(results))
    assert "row 7" in capsys.readouterr().out
    assert results.read_text(encoding="utf-8").count("created") == 5
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_shift_reports", tmp_path / "nothing.csv")


def test_many_shifts_ask_as_often_as_one(pool):
    """Whatever supply costs follows once for each region, and is counted elsewhere."""

    def asked(text: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert take_in(text, by=operator, dry=True).rows_refused == 0
        return len(captured.captured_queries)

    operator = make.acting(Role.REGION_OPERATOR)
    days = [str(make.NOW.date() - timedelta(days=back)) for back in range(1, 9)]
    assert asked(shift(day=YESTERDAY)) == asked("".join(shift(code="eastus-1", day=day, which="night") for day in days))


def test_a_shift_that_is_too_old_does_not_have_everything_since_then_read(pool):
    with CaptureQueriesContext(connection) as captured:
        run = take_in(shift(day="0001-01-01") + shift())
    assert (run.rows_created, run.rows_refused) == (5, 5)
    (read,) = [
        one["sql"]
        for one in captured.captured_queries
        if '"capacity_shiftreport"."date" >=' in one["sql"] and '"capacity_shiftreport"."date" <=' in one["sql"]
    ]
    assert (TODAY in read, "0001-01-01" in read) == (True, False)


CELLS = st.one_of(st.text(max_size=12), st.integers(-5, 700).map(str), st.sampled_from(["", "NA", "1,000", *ROLES]))


@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys((*REQUIRED, "note"), CELLS)), max_size=6))
@settings(max_examples=30)
def test_whatever_stands_in_a_file_every_row_is_kept_or_told(rows):
    places = {"a": Datacenter(pk=1, code="a", time_zone="UTC")}
    lines = [
        CsvRow(number, number, {**row, "datacenter": "a", "date": "2020-03-26", "shift": "day"})
        for number, row in enumerate(rows, start=2)
    ]
    found = gather(lines, places)
    kept = {number for shift in found.shifts.values() for number in shift.numbers.values()}
    assert kept.isdisjoint(found.problems)
    assert kept | set(found.problems) == set(found.labels) == {line.number for line in lines}
    for line in lines:
        if line.number in kept:
            crew = found.shifts[next(iter(found.shifts))].crews[line.values["role"]]
            assert [str(getattr(crew, name)) for name in COUNTS] == [
                line.values[name].lstrip("0") or "0" for name in COUNTS
            ]

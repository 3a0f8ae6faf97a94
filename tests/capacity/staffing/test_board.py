"""The board shows what is known now, or what was known at a moment; every cell leads to the reports behind it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from capacity.regions.models import Datacenter
from capacity.staffing import filters, shifts
from capacity.staffing.actions.file_shift_report import Crew, as_rostered
from capacity.staffing.hearing import heard_now, shift_key
from capacity.watch.actions.refresh_staffing import refresh_staffing
from capacity.watch.actions.report_shift import report_shift
from kit import clock
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MAY = datetime(2020, 5, 16, 12, 0, tzinfo=UTC)


def text(response) -> str:
    return response.content.decode()


def crew(datacenter, shift, network: int) -> dict[str, Crew]:
    return {**as_rostered(datacenter, shift), "network": Crew(present=network)}


@pytest.fixture
def story(clock_at):
    """On 16 May all was well by noon, a correction of one o'clock said otherwise, and the night was silent."""
    make.region("westeurope")
    make.region("eastus", name="East US")
    datacenter = Datacenter.objects.select_related("region").get(code="westeurope-1")
    person = make.person(Role.REGION_OPERATOR, name="Olga Operator")
    for at, network, note in (
        (MAY - 4 * HOUR, 3, ""),
        (MAY + HOUR, 1, "Two went home."),
        (MAY + 2 * HOUR, 2, "One came"),
    ):
        report_shift(
            actor=make.actor(person), datacenter=datacenter, date=MAY.date(), shift="day",
            crews=crew(datacenter, "day", network), note=note, at=at,
        )  # fmt: skip
    now = MAY + timedelta(days=1)
    refresh_staffing(at=now)
    clock_at(now)
    return person


def cells(page) -> dict[str, str]:
    """What the cells of the first datacenter with a report say, by the day that they lead to."""
    found = {}
    for row in page.split("<tr>"):
        for cell in row.split("<td")[1:]:
            if 'href="westeurope-1/2020-' in cell:
                day = cell.split('href="westeurope-1/')[1][:10]
                found[day] = cell.split("is-")[1].split('"')[0].strip() + " " + cell.split("</a>")[0].split(">")[-1]
    return found


def test_a_board_as_of_a_moment_knows_only_what_had_come_by_then(visit, story):
    now = text(visit("/staffing/", as_=story))
    assert cells(now)["2020-05-16"] == "amber 2/2"
    assert cells(now)["2020-05-15"] == "not_tracked –"
    assert "v-asof" not in now
    noon = text(visit("/staffing/?as_of=2020-05-16T12:00", as_=story))
    assert cells(noon)["2020-05-16"] == "green 3/2"
    assert "What was known on" in noon
    assert "May 16, 2020, 12:00 UTC" in noon
    afternoon = text(visit("/staffing/?as_of=2020-05-16T13:30:00Z", as_=story))
    assert cells(afternoon)["2020-05-16"] == "red 1/2"
    assert "1/2" in text(visit("/staffing/?as_of=2020-05-16T13:30:00Z&status=red", as_=story))
    before = text(visit("/staffing/?as_of=2020-05-16T07:00", as_=story))
    assert set(cells(before).values()) == {"not_tracked –"}
    assert "Not tracked" in before
    # A day means its end, in the reader's own time.
    assert cells(text(visit("/staffing/?as_of=2020-05-16", as_=story)))["2020-05-16"] == "amber 2/2"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("16.05.2020", "Write the moment as 2020-05-16"),
        ("2020-05-32", "Write the moment as"),
        ("0001-01-01T00:00", "Write the moment as"),
        ("yesterday", "Write the moment as"),
        ("2020-06-01", "This moment has not come yet"),
        ("9999-12-31T23:59:59-12:00", "Write the moment as"),
    ],
)
def test_a_moment_that_cannot_be_looked_back_at_is_told_so(visit, call, story, given, said):
    for address in ("/staffing/", "/staffing/westeurope-1/2020-05-16/"):
        page = visit(f"{address}?as_of={given.replace('+', '%2B')}", as_=story)
        assert page.status_code == 400
        assert said in text(page)
    answer = call("get", f"staffing-board/?as_of={given}", as_=story)
    assert answer.status_code == 400
    assert said in answer.json()["fields"]["as_of"][0]


def test_a_day_tells_every_report_in_the_order_in_which_they_came(visit, story):
    address = "/staffing/westeurope-1/2020-05-16/"
    page = text(visit(address, as_=story))
    first, second, third = (page.index(part) for part in ("Report<", "Two went home.", "One came"))
    assert first < second < third
    assert "<del>3/2</del> <ins>1/2</ins>" in page
    assert "<del>1/2</del> <ins>2/2</ins>" in page
    assert "Olga Operator" in page
    assert "Nobody has reported this shift." in page
    assert "report/?date=2020-05-16" in page
    then = text(visit(f"{address}?as_of=2020-05-16T12:30", as_=story))
    assert "Two went home." not in then
    assert "Nobody had reported this shift by then." in then
    assert "report/?date=2020-05-16" not in then
    assert "This shift has not begun yet." in text(visit("/staffing/westeurope-1/2020-05-20/", as_=story))
    assert "report/?date" not in text(visit(address, as_=make.person(Role.AUDITOR)))
    for day in ("2020-5-16", "16-05-2020", "0001-01-01", "9999-12-31", "tomorrow"):
        assert visit(f"/staffing/westeurope-1/{day}/", as_=story).status_code == 404
    assert visit(address, as_=make.person(Role.EXECUTIVE)).status_code == 403


def test_lateness_region_and_status_are_filters_and_state_is_in_the_address(visit, story):
    # As whatever describes the API asks for it; the class keeps what it answers.
    assert filters.BoardFilters.base_filters["region"].field is not None
    assert "westeurope-1" in text(visit("/staffing/?late=yes", as_=story))
    assert "eastus-1" not in text(visit("/staffing/?late=yes", as_=story))
    of_region = text(visit("/staffing/?region=eastus", as_=story))
    assert "eastus-1" in of_region
    assert "westeurope-1" not in of_region
    assert "eastus-1" in text(visit("/staffing/?status=not_tracked", as_=story))
    nothing = text(visit("/staffing/?status=red", as_=story))
    assert "Nothing matches all filters" in nothing
    assert "No single filter" not in nothing
    nothing = text(visit("/staffing/?q=west&region=eastus", as_=story))
    assert "Nothing matches all filters" in nothing
    assert "No single filter" not in nothing
    assert "No single filter" in text(visit("/staffing/?q=west&region=eastus&status=red", as_=story))
    for wrong in ("status=purple", "region=nowhere", "late=maybe", "colour=red", "size=9999", "after=x"):
        assert visit(f"/staffing/?{wrong}", as_=story).status_code == 400


def test_the_board_is_a_file_as_it_is_a_page(visit, story):
    file = visit("/staffing/?format=csv&as_of=2020-05-16T13:30:00Z", as_=story)
    head, *rows = file.getvalue().decode().splitlines()
    assert head.lstrip("\ufeff").startswith("Datacenter,Region,Status,Last report,Late since,2020-05-03")
    row = next(row for row in rows if row.startswith("westeurope-1"))
    assert "Below minimum 1/2 (Network, Day (06–18))" in row
    executive = visit("/staffing/?format=csv", as_=make.person(Role.EXECUTIVE)).getvalue().decode()
    assert "At minimum" in executive
    assert "2/2" not in executive


def test_the_api_answers_the_same_board(call, story):
    row = next(
        row
        for row in call("get", "staffing-board/?as_of=2020-05-16T13:30:00Z", as_=story, queries=12).json()["results"]
        if row["datacenter"] == "westeurope-1"
    )
    assert (row["status"], row["late"], len(row["days"])) == ("red", None, 14)
    assert row["days"][-1] == {
        "date": "2020-05-16", "status": "red", "present": 1, "minimum": 2, "role": "network", "shift": "day",
    }  # fmt: skip
    late = call("get", "staffing-board/?late=yes", as_=story).json()["results"]
    assert [(one["datacenter"], one["late"]["shift"]) for one in late] == [("westeurope-1", "day")]
    hidden = call("get", "staffing-board/", as_=make.person(Role.EXECUTIVE)).json()["results"]
    assert {day["present"] for one in hidden for day in one["days"]} == {None}
    elsewhere = call("get", "staffing-board/", as_=make.person(Role.REGION_OPERATOR, regions=["eastus"])).json()
    assert [one["datacenter"] for one in elsewhere["results"]] == ["eastus-1"]
    assert call("get", "staffing-board/", as_=make.account_manager()).status_code == 403
    assert call("get", "staffing-board/?colour=red", as_=story).status_code == 400


def test_days_ahead_tell_who_is_rostered_with_papers(visit, call, story):
    datacenter, now = Datacenter.objects.select_related("region").get(code="westeurope-1"), clock.now()
    assert "2020-05-18" not in cells(text(visit("/staffing/", as_=story)))
    make.rostered(datacenter, 5, at=now)
    make.papers(datacenter, 20, ahead=6, at=now)
    page = text(visit("/staffing/", as_=story))
    assert cells(page)["2020-05-16"] == "amber 2/2"
    assert cells(page)["2020-05-18"] == "green 5/2"
    assert cells(page)["2020-05-22"] == "green 5/2"
    assert cells(page)["2020-05-23"] == "red 0/2"
    assert "Below minimum: 0 of 5 rostered can work, 2 needed, 0 % likely" in page
    assert "2020-05-31" not in cells(page)
    assert "2020-05-18" not in cells(text(visit("/staffing/?as_of=2020-05-16T12:00", as_=story)))
    day = text(visit("/staffing/westeurope-1/2020-05-23/", as_=story))
    assert "0 of 5 rostered can work" in day
    assert "expired" in day
    (row,) = [
        one
        for one in call("get", "staffing-board/", as_=story, queries=12).json()["results"]
        if one["datacenter"] == "westeurope-1"
    ]
    ahead = {day["date"]: day for day in row["ahead"]}
    assert ahead["2020-05-22"]["status"] == "green"
    assert (ahead["2020-05-23"]["with_papers"], ahead["2020-05-23"]["probability"]) == (0, 0.0)
    executive = text(visit("/staffing/", as_=make.person(Role.EXECUTIVE)))
    assert "is-red is-ahead" in executive
    assert "0/2" not in executive
    assert "0 of 5 rostered can work" in visit("/staffing/?format=csv", as_=story).getvalue().decode()


def test_each_request_reads_the_board_once(visit, call, story, monkeypatch):
    asked = []
    monkeypatch.setattr(filters, "heard_now", lambda *given: asked.append(given) or heard_now(*given))
    visit("/staffing/?status=red", as_=story)
    visit("/staffing/?format=csv", as_=story)
    call("get", "staffing-board/?late=yes", as_=story)
    assert len(asked) == 3


def test_papers_are_shown_from_the_day_on_that_it_is_there(visit, story):
    Datacenter.objects.update(time_zone="Asia/Tokyo")
    make.papers(Datacenter.objects.select_related("region").get(code="westeurope-1"), at=MAY)
    held = [
        len(visit(f"/staffing/westeurope-1/2020-05-{day}/?as_of=2020-05-16T23:30", as_=story).context["papers"])
        for day in (16, 17)
    ]
    assert held == [0, 1]


def test_whoever_looks_from_another_zone_means_their_own_time(visit, story):
    berliner = make.person(Role.REGION_OPERATOR, time_zone="Europe/Berlin")
    page = text(visit("/staffing/?as_of=2020-05-16T14:30", as_=berliner))
    assert cells(page)["2020-05-16"] == "green 3/2"
    assert "14:30 CEST" in page
    timezone.deactivate()


def test_shifts_are_named_alike_in_python_and_in_the_database(story):
    row = heard_now(Datacenter.objects.filter(code="westeurope-1"), MAY + 8 * HOUR)[0]
    assert shift_key(MAY.date(), shifts.DAY) in row.datacenter.reported

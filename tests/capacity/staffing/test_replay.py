"""Spring 2020, replayed from what countries and states ordered; and what a broken series is told."""

import gzip
import json
from datetime import date, timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from capacity.staffing.risk import Measures, Risk, Units, replay, risk_of_measures, risk_of_units
from capacity.staffing.series import followed_place, own_places, read_measures, read_units

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
OXCGRT = SHARED / "oxcgrt"
needs_data = pytest.mark.skipif(not OXCGRT.exists(), reason="the shared public data are not on this machine")
LEVELS = st.one_of(st.none(), st.integers(0, 3))
ORDER = [Risk.NORMAL, Risk.WATCH, Risk.REDUCED, Risk.CRITICAL]
NATIONS = "iso3,date,c2_workplace,c2_flag,c6_stay_home,c6_flag\n"
PARTS = "region,date,c2_workplace,c2_flag,c6_stay_home,c6_flag\n"


def run(folder, first, last, *options) -> dict:
    out = StringIO()
    call_command(
        "replay_staffing", "--data", str(folder), "--from", first, "--to", last, "--json", *options, stdout=out
    )
    return json.loads(out.getvalue())


def written(folder: Path, nations: str, states: str = PARTS + "US_VA,2020-03-01,0,,0,\n") -> Path:
    with gzip.open(folder / "national_daily.csv.gz", "wt") as file:
        file.write(nations)
    (folder / "us_states_daily.csv").write_text(states)
    (folder / "uk_nations_daily.csv").write_text(PARTS + "UK_WAL,2020-03-01,3.00,1,2.00,1\n")
    return folder


@needs_data
def test_spring_2020_comes_out_as_it_was():
    found = run(OXCGRT, "2020-03-01", "2020-12-31")
    expected = {
        "2020-03-01": (45, 11, 1, 1),
        "2020-03-15": (19, 31, 7, 1),
        "2020-03-21": (8, 11, 30, 9),
        "2020-04-01": (1, 4, 28, 25),
        "2020-05-01": (0, 3, 38, 17),
        "2020-06-01": (3, 8, 40, 7),
        "2020-12-31": (1, 8, 32, 17),
    }
    for day, counts in expected.items():
        assert found["days"][day] == dict(zip([*map(str, ORDER), "unknown"], (*counts, 0), strict=True))
    assert (found["regions"], len(found["days"])) == (58, 306)
    assert found["changes"]["by_month"]["2020-03"] == 96


@needs_data
def test_the_year_has_293_changes_national_only_hides_states_and_what_ends_turns_unknown():
    measures = read_measures(OXCGRT)
    places = own_places().values()
    states = [followed_place(place, {place for place, _day in measures}) for place in places]
    year = replay(states, measures, date(2020, 1, 1), date(2020, 12, 31))
    assert sum(day.changes for day in year) == 293
    spring = date(2020, 3, 21)
    national = replay([place.country for place in places], measures, spring, spring)
    assert national[0].counts != year[80].counts
    # The states and nations end with 2020; eleven regions follow them.
    later = date(2021, 1, 1)
    assert replay(states, measures, later, later)[0].counts[Risk.UNKNOWN] == 11


@needs_data
def test_days_of_hospitals_that_do_not_add_up_stay_as_they_are():
    units = read_units(SHARED / "icu_capacity_de")
    odd = {key: one for key, one in units.items() if not one.adds_up}
    assert len(odd) == 7
    bavaria = odd["DE-BY", date(2020, 4, 4)]
    assert (bavaria.told, bavaria.reporting) == (170, 171)
    assert risk_of_units(units["DE-HE", date(2020, 3, 20)]) == Risk.UNKNOWN  # nobody was asked about staff yet
    assert risk_of_units(units["DE-HE", date(2021, 12, 4)]) == Risk.CRITICAL


def test_each_region_of_our_list_lies_somewhere():
    places = own_places()
    assert len(places) == 58
    assert (places["eastus"].country, places["eastus"].subdivision) == ("USA", "US-VA")
    assert places["westeurope"].subdivision == ""


def test_states_come_before_nations_and_silence_is_unknown(tmp_path):
    folder = written(tmp_path, NATIONS + "USA,2020-03-01,3,1,3,1\nNLD,2020-03-01,,,2,1\nGBR,2020-03-01,0,,0,\n")
    found = run(folder, "2020-03-01", "2020-03-02")["days"]
    # eastus and eastus2 follow Virginia, ukwest Wales; seven states have no series here and follow the country, as
    # uksouth does; the Netherlands say nothing of workplaces.
    assert found["2020-03-01"] == {"normal": 3, "watch": 0, "reduced": 0, "critical": 8, "unknown": 47}
    assert found["2020-03-02"]["unknown"] == 58


def test_the_table_is_readable_and_needs_no_option(tmp_path):
    out = StringIO()
    folder = written(tmp_path, NATIONS + "USA,2020-03-01,1,1,0,\nUSA,2020-03-02,2,0,0,\n")
    call_command("replay_staffing", "--data", str(folder), "--from", "2020-03-01", "--to", "2020-03-02", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["day", "normal", "watch", "reduced", "critical", "unknown", "changes"]
    assert lines[2].split() == ["2020-03-02", "0", "0", "7", "0", "51", "10"]
    assert "58 regions, 10 status changes:" in lines


@pytest.mark.parametrize(
    ("nations", "why"),
    [
        (NATIONS + "USA,2020-03-01,4,1,0,\n", "c2_workplace is 0 to 3"),
        (NATIONS + "USA,2020-03-01,1.5,1,0,\n", "c2_workplace is 0 to 3"),
        (NATIONS + "USA,2020-03-01,-1,1,0,\n", "c2_workplace is 0 to 3"),
        (NATIONS + "USA,01/03/2020,1,1,0,\n", "write the day as"),
        (NATIONS + "USA,2020-03-01,1,1,0,\n" * 2, "stand in it twice"),
        (NATIONS + "USA,2020-03-01,1\n", "cut off"),
        ("iso3,date,c2_workplace\nUSA,2020-03-01,1\n", "Missing: c2_flag"),
        ("", "empty"),
        (NATIONS, "covers"),
    ],
)
def test_a_broken_series_is_refused_with_the_place_in_it(tmp_path, nations, why):
    folder = written(tmp_path, nations, PARTS)
    (folder / "uk_nations_daily.csv").write_text(PARTS)
    with pytest.raises(CommandError, match=why):
        run(folder, "2020-03-01", "2020-03-02")


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("2020-03-02", "2020-03-01", "lies before"),
        ("2020-02-30", "2020-03-01", "is not a day"),
        ("1999-01-01", "1999-12-31", "it covers 2020-03-01 to 2020-03-01"),
        ("heute", "2020-03-01", "is not a day"),
    ],
)
def test_days_that_make_no_sense_are_refused(tmp_path, first, last, why):
    folder = written(tmp_path, NATIONS + "USA,2020-03-01,1,1,0,\n")
    with pytest.raises(CommandError, match=why):
        run(folder, first, last)


def test_a_folder_without_series_and_a_packed_file_cut_short_are_named(tmp_path):
    with pytest.raises(CommandError, match=r"holds no national_daily\.csv"):
        run(tmp_path, "2020-03-01", "2020-03-02")
    packed = gzip.compress((NATIONS + "USA,2020-03-01,1,1,0,\n").encode())
    (tmp_path / "national_daily.csv.gz").write_bytes(packed[:-12])
    with pytest.raises(CommandError, match=r"national_daily\.csv\.gz, row"):
        run(tmp_path, "2020-03-01", "2020-03-02")


def test_without_the_files_of_states_the_command_says_what_is_missing(tmp_path):
    (tmp_path / "national_daily.csv").write_text(NATIONS + "USA,2020-03-01,1,1,0,\n")
    with pytest.raises(CommandError, match=r"us_states_daily\.csv"):
        run(tmp_path, "2020-03-01", "2020-03-01")
    assert run(tmp_path, "2020-03-01", "2020-03-01", "--national-only")["days"]["2020-03-01"]["watch"] == 9
    assert read_measures(tmp_path, is_national_only=True)


@given(LEVELS, LEVELS, LEVELS, LEVELS)
def test_more_measures_never_lower_the_risk(workplace, stay_home, more_workplace, more_stay_home):
    risk = risk_of_measures(Measures(workplace, stay_home))
    assert (risk == Risk.UNKNOWN) == (workplace is None)
    more = risk_of_measures(
        Measures(
            None if workplace is None else max(workplace, more_workplace or 0),
            max(stay_home or 0, more_stay_home or 0),
        )
    )
    if risk != Risk.UNKNOWN:
        assert ORDER.index(more) >= ORDER.index(risk)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_more_units_short_of_staff_never_lower_the_risk(reporting, no_answer, short):
    def risk(count):
        return risk_of_units(Units(reporting, None, None, None, no_answer, count))

    if risk(short) == Risk.UNKNOWN:
        assert reporting <= no_answer
    else:
        assert ORDER.index(risk(short + 1)) >= ORDER.index(risk(short))
    assert risk_of_units(Units(reporting, 1, 1, 1, 1, None)) == Risk.UNKNOWN


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=12), st.integers(0, 3))
def test_a_replay_counts_each_region_once_a_day_and_its_changes_between_days(levels, regions):
    first = date(2020, 3, 1)
    measures = {("X", first + timedelta(days=at)): Measures(*pair) for at, pair in enumerate(levels)}
    days = replay(["X"] * regions, measures, first, first + timedelta(days=len(levels)))
    assert all(sum(day.counts.values()) == regions for day in days)
    assert days[-1].counts[Risk.UNKNOWN] == regions
    risks = [risk_of_measures(Measures(*pair)) for pair in levels] + [Risk.UNKNOWN]
    moved = sum(one != other for one, other in pairwise(risks))
    assert sum(day.changes for day in days) == regions * moved
    # Begun a day later, the first day still counts what changed since the day before.
    later = replay(["X"] * regions, measures, first + timedelta(days=1), first + timedelta(days=len(levels)))
    assert [day.changes for day in later] == [day.changes for day in days[1:]]

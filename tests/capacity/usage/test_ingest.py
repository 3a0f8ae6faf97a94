"""Samples come in once, whatever is wrong with some of them; corrections keep what was said; rollups are current."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity.pools.models import Pool
from capacity.usage.actions.ingest_samples import ingest_samples
from capacity.usage.actions.keep_samples import Periods, drop_what_is_old, open_coming_month, set_retention
from capacity.usage.models import (
    UsageBatch,
    UsageCorrection,
    UsageDay,
    UsageHour,
    UsageRetention,
    UsageSample,
    UsageSource,
)
from journal.models import Entry
from kit.refusal import NotAllowed
from tests import make, sql
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db

NAB = Path(__file__).resolve().parents[4] / "shared" / "data" / "nab"
HEADER = "region,resource,at,used,total\n"
AT = datetime(2020, 4, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(clock_at):
    clock_at(AT)


@pytest.fixture
def pool(db) -> Pool:
    return make.pool("westeurope", powered_on=5000)


def ingest(*rows, actor=SYSTEM, at=AT):
    return ingest_samples(
        actor=actor,
        blocks=[(2, [("westeurope", "vcpu", moment, used, total) for moment, used, total in rows])],
        source=UsageSource.FILE,
        at=at,
    )


def taken(path, *options) -> dict:
    out = StringIO()
    call_command("import_usage", str(path), "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def hours():
    return list(UsageHour.objects.order_by("hour").values_list("count", "sum", "low", "high", "total"))


def test_a_file_is_taken_in_once_with_hours_and_days_current(pool, tmp_path):
    path = tmp_path / "usage.csv.gz"
    moments = [f"2020-03-31T{hour:02}:{minute:02}:00+02:00" for hour in range(24) for minute in (0, 30)]
    lines = [f"westeurope,vcpu,{moment},{100 + at // 2},5000\n" for at, moment in enumerate(moments)]
    with gzip.open(path, "wt") as file:
        file.write(HEADER + "".join(lines))
    assert taken(path) == {"added": 48, "corrected": 0, "unchanged": 0, "refused_count": 0, "refused": []}
    assert hours()[0] == (2, 200.0, 100.0, 100.0, 5000.0)
    # The day of the place is not the day of the clock that counts.
    assert list(UsageDay.objects.order_by("day").values_list("day", "hours", "count", "high")) == [
        (date(2020, 3, 30), 2, 4, 101.0),
        (date(2020, 3, 31), 22, 44, 123.0),
    ]
    counted = Entry.objects.count()
    assert taken(path)["unchanged"] == 48
    assert (UsageBatch.objects.count(), Entry.objects.count()) == (1, counted)


def test_late_and_corrected_values_move_their_hour_and_keep_what_was_said(pool):
    ingest(("2020-03-31T08:00:00Z", "100", ""), ("2020-03-31T10:00:00Z", "300", ""))
    late = ingest(("2020-03-31T08:30:00Z", "200", "5000"), ("2020-03-31T10:00:00Z", "310", ""))
    assert (late.added, late.corrected, late.unchanged) == (1, 1, 0)
    assert hours() == [(2, 300.0, 100.0, 200.0, 5000.0), (1, 310.0, 310.0, 310.0, None)]
    kept = UsageCorrection.objects.get()
    assert (kept.used, kept.at) == (300.0, datetime(2020, 3, 31, 10, tzinfo=UTC))
    assert UsageDay.objects.get().sum == 610.0
    assert UsageSample.objects.get(at=kept.at).used == 310.0


def test_a_moment_that_comes_twice_counts_once_and_the_later_row_corrects(pool):
    found = ingest(
        ("2020-03-29T02:00:00+02:00", "100", ""),
        ("2020-03-29T00:00:00Z", "100", ""),
        ("2020-03-29T00:00:00+00:00", "120", ""),
    )
    assert (found.added, found.corrected, found.unchanged) == (1, 1, 1)
    assert hours() == [(1, 120.0, 120.0, 120.0, None)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("2020-03-31T08:00:00", "1", ""), "does not say its time zone"),
        (("31/03/2020 08:00", "1", ""), "is no moment"),
        (("", "1", ""), "is no moment"),
        (("2020-04-03T08:00:00Z", "1", ""), "in the future"),
        (("1999-12-31T08:00:00Z", "1", ""), "before 2000"),
        (("2020-03-31T08:00:00Z", "-1", ""), "negative"),
        (("2020-03-31T08:00:00Z", "1e99", ""), "beyond anything"),
        (("2020-03-31T08:00:00Z", "inf", ""), "beyond anything"),
        (("2020-03-31T08:00:00Z", "NA", ""), "a gap is no zero"),
        (("2020-03-31T08:00:00Z", "", ""), "a gap is no zero"),
        (("2020-03-31T08:00:00Z", "nan", ""), "a gap is no zero"),
        (("2020-03-31T08:00:00Z", "1.000,5", ""), "without separators"),
        (("2020-03-31T08:00:00Z", "1_000", ""), "without separators"),
        (("2020-03-31T08:00:00Z", "6", "5"), "More is used (6)"),
        (("2020-03-31T08:00:00Z", "6", "many"), "total"),
    ],
)
def test_a_wrong_row_is_refused_by_itself_and_the_others_are_taken(pool, row, why):
    found = ingest(("2020-03-31T07:00:00Z", "50", "100"), row, ("2020-03-31T09:00:00Z", "70", "100"))
    assert (found.added, found.refused_count) == (2, 1)
    assert found.refused[0].row == 3
    assert why in found.refused[0].problem
    # Two hours are known; the one between is a gap and no zero.
    assert [count for count, *_rest in hours()] == [1, 1]


def test_what_names_no_pool_or_one_of_others_is_refused(pool):
    make.pool("northeurope")
    operator = make.acting(Role.REGION_OPERATOR, regions=["westeurope"])
    rows = [
        ("northeurope", "vcpu", "2020-03-31T08:00:00Z", "1", ""),
        ("westeurope", "gold", "2020-03-31T08:00:00Z", "1", ""),
        ("westeurope", "vcpu", "2020-03-31T08:00:00Z", "1", ""),
    ]
    found = ingest_samples(actor=operator, blocks=[(1, rows)], source=UsageSource.API, at=AT)
    assert [one.row for one in found.refused] == [1, 2]
    assert "do not look after" in found.refused[0].problem
    assert found.added == 1
    with pytest.raises(NotAllowed):
        ingest_samples(actor=make.acting(Role.EXECUTIVE), blocks=[(1, rows)], source=UsageSource.API, at=AT)


def test_lines_of_json_pass_the_same_checks(pool, tmp_path):
    path = tmp_path / "usage.ndjson"
    good = {"region": "westeurope", "resource": "vcpu", "at": "2020-03-31T08:00:00Z", "used": 5, "total": None}
    lines = [json.dumps(good), json.dumps({**good, "used": True}), "no json", "[1]", json.dumps({**good, "used": 6.5})]
    path.write_text("\n".join(lines) + "\n")
    found = taken(path)
    assert (found["added"], found["corrected"], found["refused_count"]) == (1, 1, 3)
    assert [one["row"] for one in found["refused"]] == [2, 3, 4]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("usage.csv", b"region,resource,at\nwesteurope,vcpu,2020-03-31T08:00:00Z\n", "Missing: used"),
        ("usage.csv", b"region,resource,at,used,used\n", "Twice: used"),
        ("usage.csv", b"", "Missing"),
        ("usage.csv", HEADER.encode() + b'westeurope,vcpu,"2020', "cannot be split"),
        ("usage.csv", HEADER.encode() + b"\xff\xfe,vcpu,2020-03-31T08:00:00Z,1,\n", "UTF-8"),
        ("usage.csv.gz", gzip.compress(HEADER.encode() * 500, mtime=0)[:-12], "cannot be read"),
        ("usage.xlsx", b"", "neither .csv nor .ndjson"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_nothing_behind(pool, tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=why):
        taken(tmp_path / name)
    assert not UsageBatch.objects.exists()


def test_a_file_that_breaks_off_half_way_leaves_nothing_behind(pool, tmp_path, monkeypatch):
    monkeypatch.setattr("capacity.usage.reading.BLOCK", 2)
    path = tmp_path / "usage.csv"
    path.write_text(HEADER + "".join(f"westeurope,vcpu,2020-03-31T08:0{at}:00Z,1,\n" for at in range(5)) + '"broken')
    with pytest.raises(CommandError):
        taken(path)
    assert not UsageSample.objects.exists()
    assert not UsageHour.objects.exists()


SAMPLE = st.tuples(st.integers(0, 40), st.integers(0, 5), st.booleans())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(SAMPLE, max_size=12), min_size=1, max_size=4))
def test_hours_and_days_are_always_those_of_the_samples_in_force(pool, batches):
    """Whatever comes in which order, twice or corrected: the rollups equal what the rows themselves add up to."""
    for batch in batches:
        ingest(
            *[
                (
                    (datetime(2020, 3, 31, tzinfo=UTC) + timedelta(minutes=45 * at)).isoformat(),
                    str(used),
                    "9" if has else "",
                )
                for at, used, has in batch
            ]
        )
    told = sql.run(
        "SELECT date_trunc('hour', at), count(*), sum(used), min(used), max(used), max(total)"
        " FROM capacity_usagesample GROUP BY 1 ORDER BY 1"
    )
    assert list(UsageHour.objects.order_by("hour").values_list("hour", "count", "sum", "low", "high", "total")) == told
    days = sql.run(
        "SELECT (at AT TIME ZONE 'UTC')::date, count(*), sum(used) FROM capacity_usagesample GROUP BY 1 ORDER BY 1"
    )
    assert list(UsageDay.objects.order_by("day").values_list("day", "count", "sum")) == days


def test_the_database_refuses_what_the_rules_forbid(pool):
    ingest(("2020-03-31T08:00:00Z", "100", "200"))
    insert = "INSERT INTO capacity_usagesample (pool_id, at, used, total, batch_id) VALUES (%s, %s, %s, %s, 1)"
    moment = "2020-03-31T09:00:00Z"
    assert "usage_is_plausible" in sql.refused(insert, pool.pk, moment, -1, None)
    assert "usage_is_plausible" in sql.refused(insert, pool.pk, moment, float("nan"), None)
    assert "usage_within_total" in sql.refused(insert, pool.pk, moment, 3, 2)
    assert "duplicate key" in sql.refused(insert, pool.pk, "2020-03-31T08:00:00Z", 1, None)
    assert "no partition" in sql.refused(insert, pool.pk, "2011-03-31T08:00:00Z", 1, None)
    assert "permission denied" in sql.refused("DELETE FROM capacity_usagesample")
    assert "permission denied" in sql.refused("UPDATE capacity_usagesample SET at = now()")
    assert "permission denied" in sql.refused("UPDATE capacity_usagecorrection SET used = 1")
    assert "permission denied" in sql.refused("DELETE FROM capacity_usagehour")
    assert "permission denied" in sql.refused("DELETE FROM capacity_usagesample_202003")
    assert "No samples are kept" in sql.refused("SELECT capacity_usage_open_month('2999-01-01')")
    assert "still to be kept" in sql.refused("SELECT capacity_usage_drop_month('2020-03-01')")


def test_samples_go_by_policy_month_by_month_and_hours_stay(pool):
    ingest(("2019-11-30T08:00:00Z", "1", ""), ("2020-02-29T08:00:00Z", "2", ""), ("2020-03-31T08:00:00Z", "3", ""))
    assert drop_what_is_old(at=AT) == []  # without a policy nothing goes
    set_retention(actor=SYSTEM, periods=Periods(3), reason="Enough for a look back.", at=AT)
    assert date(2019, 11, 1) in drop_what_is_old(at=AT)
    assert list(UsageSample.objects.order_by("at").values_list("used", flat=True)) == [2.0, 3.0]
    assert UsageHour.objects.count() == 3
    assert "still to be kept" in sql.refused("SELECT capacity_usage_drop_month((now() - interval '1 month')::date)")
    open_coming_month(at=AT)
    # What was dropped does not come in again: its hours would count it twice.
    again = ingest(("2019-11-30T08:00:00Z", "1", ""), ("2020-02-29T08:00:00Z", "2", ""))
    assert (again.added, again.unchanged, again.refused_count) == (0, 1, 1)
    assert "were dropped" in again.refused[0].problem
    assert "were dropped" in sql.refused("SELECT capacity_usage_open_month('2019-11-01')")
    assert UsageHour.objects.count() == 3
    with pytest.raises(NotAllowed):
        set_retention(actor=make.acting(Role.REGION_OPERATOR), periods=Periods(3), reason="", at=AT)
    with pytest.raises(CommandError, match="2 to 120"):
        call_command("usage_retention", "1", "--reason", "x")
    call_command("usage_retention", "13", "--reason", "A year to compare with.", stdout=StringIO())
    assert UsageRetention.objects.first() is not None


def test_the_api_takes_samples_once_and_tells_each_row(pool, call):
    operator = make.person(Role.REGION_OPERATOR, regions=["westeurope"])
    sample = {"region": "westeurope", "resource": "vcpu", "at": "2020-03-31T08:00:00Z", "used": 12.5, "total": 100}
    body = {"samples": [sample, {**sample, "at": "2020-03-31T09:00:00"}, {**sample, "used": 400}]}
    answer = call("post", "usage/samples/", as_=operator, body=body)
    assert answer.status_code == 200
    assert (answer.json()["added"], answer.json()["refused_count"]) == (1, 2)
    assert [one["row"] for one in answer.json()["refused"]] == [2, 3]
    assert call("post", "usage/samples/", as_=operator, body={"samples": [sample]}).json()["unchanged"] == 1
    assert call("post", "usage/samples/", as_=operator, body={"samples": []}).status_code == 400
    assert call("post", "usage/samples/", as_=operator, body={"samples": [{**sample, "used": "x"}]}).status_code == 400
    assert call("post", "usage/samples/", as_=make.person(Role.AUDITOR), body=body).status_code == 403
    assert call("post", "usage/samples/", body=body).status_code == 401


@pytest.mark.skipif(not NAB.exists(), reason="the shared public data are not on this machine")
def test_real_series_with_eleven_doubled_moments_are_refused_without_a_zone_and_taken_with_one(pool, tmp_path):
    source = (NAB / "realAWSCloudwatch" / "ec2_network_in_5abac7.csv").read_text().splitlines()[1:]
    path = tmp_path / "nab.csv"
    for zone, added, refused in (("", 0, len(source)), ("Z", len(source) - 11, 0)):
        rows = [line.split(",") for line in source]
        path.write_text(
            HEADER + "".join(f"westeurope,vcpu,{at.replace(' ', 'T')}{zone},{value},\n" for at, value in rows)
        )
        found = taken(path)
        assert (found["added"], found["refused_count"]) == (added, refused)
    assert found["corrected"] + found["unchanged"] == 11
    assert UsageCorrection.objects.count() == found["corrected"]

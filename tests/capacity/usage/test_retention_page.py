"""For how long usage is kept is seen before it is set, set by administrators alone, and carried out by the database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from capacity.usage.actions.keep_samples import CannotKeepSoLong, Periods, check_periods, drop_what_is_old
from capacity.usage.models import DroppedMonth, UsageDay, UsageForecast, UsageHour, UsageRetention, UsageSample
from journal.models import Entry
from kit.clock import now
from tests import make, sql
from users.roles import Role

pytestmark = pytest.mark.django_db

PAGE = "/pools/retention/"
OLD = datetime(2019, 11, 30, 8, 0, tzinfo=UTC)


@pytest.fixture
def administrator(db):
    pool = make.pool()
    make.forecast(pool, at=OLD)
    make.measured(pool, 5.0, 6.0, until=now() - timedelta(hours=2))
    return make.person(Role.ADMINISTRATOR)


def text(response) -> str:
    return response.content.decode()


def test_the_effect_is_seen_before_anything_is_set_and_then_carried_out(administrator, visit):
    assert "for good" in text(visit(PAGE, as_=administrator, queries=12))
    wanted = {"sample_months": "2", "hour_months": "3", "day_months": "", "reason": "Enough.", "shown": "0"}
    looked = visit(PAGE, as_=administrator, method="post", data=wanted)
    assert "2019-11" in text(looked)
    assert "25 hours and 1 forecasts" in text(looked) or "24 hours and 1 forecasts" in text(looked)
    assert not UsageRetention.objects.exists()
    # Other figures than those that were looked at are shown again first.
    visit(PAGE, as_=administrator, method="post", data={**wanted, "seen": "9/9/"})
    assert not UsageRetention.objects.exists()
    assert visit(PAGE, as_=administrator, method="post", data={**wanted, "seen": "2/3/"}).status_code == 302
    stale = visit(PAGE, as_=administrator, method="post", data={**wanted, "seen": "2/3/"})
    assert stale.status_code == 409
    policy = UsageRetention.objects.get()
    assert (policy.sample_months, policy.hour_months, policy.day_months) == (2, 3, None)
    told = Entry.objects.get(action="samples.retention_set")
    assert (told.reason, told.after["hour_months"]) == ("Enough.", 3)

    assert drop_what_is_old(at=now()) == [date(2019, 11, 1)]
    assert UsageSample.objects.count() == UsageHour.objects.count() == 2
    assert not UsageForecast.objects.exists()
    assert UsageDay.objects.filter(day__year=2019).exists()
    assert Entry.objects.get(action="samples.rollups_dropped").after["forecasts"] == 1
    assert drop_what_is_old(at=now()) == []


def test_only_administrators_set_it_and_the_auditor_reads(administrator, visit):
    wanted = {"sample_months": "2", "hour_months": "", "day_months": "", "reason": "x", "shown": "0", "seen": "2//"}
    auditor = make.person(Role.AUDITOR)
    assert "Show the effect" not in text(visit(PAGE, as_=auditor))
    assert visit(PAGE, as_=auditor, method="post", data=wanted).status_code == 403
    assert visit(PAGE, as_=make.person(Role.REGION_OPERATOR)).status_code == 403
    assert not UsageRetention.objects.exists()
    wrong = visit(PAGE, as_=administrator, method="post", data={**wanted, "hour_months": "1", "seen": ""})
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    "periods", [Periods(1), Periods(6, 4), Periods(None, 6), Periods(6, 12, 13), Periods(6, None, 20)]
)
def test_what_is_finer_never_outlives_what_is_coarser(periods):
    with pytest.raises(CannotKeepSoLong):
        check_periods(periods)
    insert = (
        "INSERT INTO capacity_usageretention (sample_months, hour_months, day_months, reason, at)"
        " VALUES (%s, %s, %s, 'x', now())"
    )
    refused = sql.refused(insert, periods.sample_months, periods.hour_months, periods.day_months)
    assert "retention_is_sane" in refused or "finer_goes_first" in refused


def test_the_application_drops_nothing_by_itself(administrator):
    assert "permission denied" in sql.refused("DELETE FROM capacity_usageday")
    assert "permission denied" in sql.refused("DELETE FROM capacity_usageforecast")
    assert sql.run("SELECT hours, days, forecasts FROM capacity_usage_drop_rollups()") == [(0, 0, 0)]
    assert "permission denied" in sql.refused("DELETE FROM capacity_droppedmonth")
    assert not DroppedMonth.objects.exists()

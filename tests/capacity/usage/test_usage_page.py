"""A pool's usage is shown with band, method and error, and says when the pool runs out and when a forecast broke."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from capacity.alarms.models import Alarm
from capacity.pools.models import Pool
from capacity.usage.actions.ingest_samples import ingest_samples
from capacity.usage.actions.refresh_forecasts import look_for_surges, refresh_forecasts
from capacity.usage.models import UsageForecast, UsageSource
from tests import make, sql
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db

AT = datetime(2020, 4, 2, 12, 0, tzinfo=UTC)
PAGE = "/pools/westeurope/vcpu/usage/"


@pytest.fixture(autouse=True)
def _clock(clock_at):
    clock_at(AT)


@pytest.fixture
def pool(db) -> Pool:
    return make.pool("westeurope", powered_on=2000)


def measured(resource: str = "vcpu", *, days: int = 70, surge: float = 1.0, surge_days: int = 6, seed: int = 1) -> None:
    """An hourly course up to AT with days and weeks in it, lifted on its last days."""
    hours = days * 24
    at = np.arange(hours)
    noise = np.random.default_rng(seed).normal(0, 0.01, hours)
    values = 1000 * np.exp(0.2 * np.sin(2 * np.pi * at / 24) + 0.05 * np.sin(2 * np.pi * at / 168) + noise)
    values[-surge_days * 24 :] *= surge
    first = AT - timedelta(hours=hours)
    rows = [
        ("westeurope", resource, (first + timedelta(hours=hour)).isoformat(), f"{value:.1f}", "")
        for hour, value in enumerate(values.tolist())
    ]
    ingest_samples(actor=SYSTEM, blocks=[(1, rows)], source=UsageSource.FILE, at=AT)


def text(response) -> str:
    return response.content.decode()


def test_a_year_and_what_lies_ahead_with_method_and_error(pool, visit):
    measured()
    assert refresh_forecasts(at=AT) == 2
    assert refresh_forecasts(at=AT) == 0  # the same hour again
    by_day = UsageForecast.objects.get(step="day")
    by_hour = UsageForecast.objects.get(step="hour")
    assert (len(by_day.values), len(by_hour.values)) == (90, 48)
    assert by_hour.method == "ridge"
    assert by_hour.own_error < by_hour.naive_error
    assert all(low <= value <= high for low, value, high in zip(by_day.low, by_day.values, by_day.high, strict=True))
    assert by_day.exhausted_p50 is None
    page = text(visit(PAGE, as_=make.person(Role.REGION_OPERATOR), queries=9))
    assert "Mean of damped trend, theta method and last week" in page
    assert "repeating the season would have missed by" in page
    assert "2,000" in page
    chart = visit(PAGE, as_=make.person(Role.AUDITOR)).context["charts"][0][0]
    assert len(chart.labels) == 365 + 90
    # What was not measured is a gap and no zero.
    assert chart.series[0].values[0] is None
    assert chart.series[0].values[364] > 900


def test_a_pool_that_nearly_is_full_runs_out(pool, visit, clock_at):
    Pool.objects.filter(pk=pool.pk).update(powered_on=1010)
    measured()
    refresh_forecasts(at=AT)
    forecast = UsageForecast.objects.get(step="day")
    assert forecast.exhausted_p10 is not None
    assert forecast.exhausted_within_lead > 0.3
    page = text(visit(PAGE, as_=make.person(Role.DUTY_MANAGER)))
    assert "paths exhaust the pool" in page
    assert "none planned" in page
    # What is planned to land counts from the day on which it is expected.
    make.delivery(pool, ahead=0, quantity=2000, at=AT)
    refresh_forecasts(at=AT + timedelta(hours=1))
    later = UsageForecast.objects.filter(step="day").latest("made_at")
    assert later.deliveries == [["2020-04-02", 2000]]
    assert later.exhausted_within_lead < 0.1
    clock_at(AT + timedelta(hours=1))
    page = text(visit(PAGE, as_=make.person(Role.DUTY_MANAGER), queries=9))
    assert "none planned" not in page
    assert "April 2, 2020: 2,000" in page


def test_a_surge_breaks_the_forecast_raises_an_alarm_and_leaves_three_ways(pool, visit):
    measured()
    refresh_forecasts(at=AT - timedelta(days=10))
    measured(surge=1.5, seed=1)
    look_for_surges(at=AT)
    broken = UsageForecast.objects.get(step="day")
    assert broken.broken_at is not None
    assert broken.broken_at > broken.made_at
    alarm = Alarm.objects.get(kind="usage_surge", ended_at=None)
    assert alarm.values["proposal"] == "watch"
    assert 400 < alarm.values["above_permille"] < 600
    refresh_forecasts(at=AT)
    now = UsageForecast.objects.filter(step="day").latest("made_at")
    assert now.method == "scenarios"
    # The season before the surge is the low end, not the new normal.
    assert now.low[60] < 1200 < now.values[60] < now.high[60]
    page = text(visit(PAGE, as_=make.person(Role.REGION_OPERATOR)))
    assert "Demand has left its season." in page
    assert "Watch is proposed" in page
    reader = make.person(Role.DUTY_MANAGER)
    assert "above its season" in text(visit("/alarms/", as_=reader))
    # Once it is gone, so is the alarm.
    measured(surge=1.0, seed=1)
    look_for_surges(at=AT)
    assert not Alarm.objects.filter(kind="usage_surge", ended_at=None).exists()


def test_without_usage_the_page_says_what_is_missing_and_strangers_see_nothing(pool, visit):
    assert refresh_forecasts(at=AT) == 0
    assert "No usage was reported for this pool yet" in text(visit(PAGE, as_=make.person(Role.CAPACITY_REVIEWER)))
    assert visit(PAGE, as_=make.person(Role.EXECUTIVE)).status_code == 403
    assert visit(PAGE, as_=make.person(Role.REGION_OPERATOR, regions=["eastus"])).status_code in (403, 404)
    assert visit("/pools/westeurope/gold/usage/", as_=make.person(Role.AUDITOR)).status_code == 404


def test_under_a_month_of_days_last_week_speaks_and_says_so(pool, visit):
    measured(days=16)
    refresh_forecasts(at=AT)
    page = text(visit(PAGE, as_=make.person(Role.REGION_OPERATOR)))
    assert "The last year by the day; no forecast yet" in page
    assert "The same time last week" in page


def test_a_forecast_is_never_edited_but_for_breaking(pool):
    measured(days=60)
    refresh_forecasts(at=AT)
    row = UsageForecast.objects.first()
    assert "permission denied" in sql.refused("UPDATE capacity_usageforecast SET method = 'ridge'")
    assert "permission denied" in sql.refused("DELETE FROM capacity_usageforecast")
    assert "usage_forecast_breaks_later" in sql.refused(
        "UPDATE capacity_usageforecast SET broken_at = made_at - interval '1 day' WHERE id = %s", row.pk
    )

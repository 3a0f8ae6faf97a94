"""A surge is seen soon, seldom where there is none, and breaks the forecast that was made before it."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.management.commands.backtest_surges import hourly_means
from capacity.usage.forecast.surge import DAILY, calibrated, detect, judge, monthly, run_length, scenarios

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared public data are not on this machine")


def days(count: int, seed: int, noise: float = 0.03) -> np.ndarray:
    rng = np.random.default_rng(seed)
    at = np.arange(count)
    return 1000 * np.exp(0.0003 * at + 0.1 * np.sin(2 * np.pi * at / 7) + noise * rng.standard_t(5, count))


def with_ramp(values: np.ndarray, start: int, ratio: float, over: int) -> np.ndarray:
    rise = np.clip((np.arange(len(values)) - start + 1) / over, 0, 1)
    return values * np.exp(np.log(ratio) * rise)


def test_forty_percent_within_five_days_is_seen_after_two_or_three():
    waits = []
    for seed in range(25):
        alarms = detect(with_ramp(days(220, seed), 200, 1.4, 5))
        waits.append(min(alarm.seen for alarm in alarms if alarm.seen >= 200) - 200 + 1)
    assert np.median(waits) <= 3
    assert max(waits) <= 5


def test_a_quiet_year_raises_about_one_alarm():
    assert np.mean([len(detect(days(365, seed))) for seed in range(12)]) <= 1.5


def test_gaps_and_zeros_raise_nothing_and_a_short_series_says_nothing():
    values = days(200, 3)
    values[150:160] = np.nan
    values[170:175] = 0
    assert not [alarm for alarm in detect(values) if 150 <= alarm.seen < 176]
    assert detect(days(40, 1)) == []
    assert detect([]) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(1.2, 3), st.floats(1.0, 2.0))
def test_a_larger_surge_is_not_seen_later(seed, ratio, more):
    def seen(factor):
        alarms = detect(with_ramp(days(230, seed), 200, factor, 5))
        return min((alarm.seen for alarm in alarms if alarm.seen >= 200), default=10_000)

    assert seen(ratio * more) <= seen(ratio)


def test_an_alarm_freezes_the_season_and_offers_three_ways_on():
    values = with_ramp(days(230, 5), 200, 1.5, 5)
    verdict = judge(values, made_at=195)
    assert verdict.is_broken
    assert verdict.proposal == "watch"
    assert judge(days(200, 5), made_at=150).proposal == ""
    alarm = verdict.alarm
    assert alarm is not None
    assert alarm.since <= 203
    ways = scenarios(np.full(60, 1000.0), values, alarm)
    assert (ways.low <= ways.base).all()
    assert (ways.base <= ways.high).all()
    # The season is the one before the surge, so that demand still stands half above it a month later.
    assert 1400 < ways.base[0] < 1600
    assert ways.low[-1] < 1010


def test_the_threshold_follows_from_how_seldom_a_false_alarm_may_be():
    assert run_length(4.0, 0.5, 4.0) < run_length(5.0, 0.5, 4.0)
    watch = calibrated(DAILY, 365)
    assert run_length(watch.threshold, watch.slack, watch.clip) == pytest.approx(365, rel=0.02)


@needs_data
def test_the_forecast_of_february_2020_broke_in_april():
    out = StringIO()
    call_command("backtest_surges", "--data", str(SHARED / "wikipedia_traffic"), "--json", stdout=out)
    found = json.loads(out.getvalue())["en_wikipedia_monthly"]
    assert (found["is_broken"], found["broken_at"], found["proposal"]) == (True, "2020-04", "watch")
    assert found["above_season_percent"] == 22.6
    assert found["alarms"] == ["2020-04"]
    assert found["threshold"] == monthly().threshold


@needs_data
def test_windows_of_nab_are_reported_with_false_alarms():
    out = StringIO()
    call_command("backtest_surges", "--data", str(SHARED / "nab"), "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["series"], found["windows"]) == (19, 39)
    assert found["windows_found"] >= 10
    assert found["false_alarms"] == sum(row["false_alarms"] for row in found["rows"])
    assert [row["doubled"] for row in found["rows"] if row["doubled"]] == [11, 11, 11]


def test_broken_folders_are_refused_with_the_row(tmp_path):
    with pytest.raises(CommandError, match="holds neither"):
        call_command("backtest_surges", "--data", str(tmp_path))
    (tmp_path / "windows.json").write_text('{"a.csv": [["yesterday", "2020-01-01"]]}')
    with pytest.raises(CommandError, match=r"windows\.json"):
        call_command("backtest_surges", "--data", str(tmp_path))
    path = tmp_path / "a.csv"
    path.write_text("timestamp,value\n2020-01-01 00:00:00,1\n2020-01-01 00:05:00,two\n")
    with pytest.raises(CommandError, match="row 3"):
        hourly_means(path)
    path.write_text(
        "timestamp,value\n2020-01-01 00:00:00,1\n2020-01-01 00:05:00,3\n2020-01-01 03:00:00,5\n2020-01-01 03:00:00,7\n"
    )
    _begins, values, doubled = hourly_means(path)
    assert doubled == 1
    assert np.array_equal(values, [2, np.nan, np.nan, 7], equal_nan=True)
    (tmp_path / "windows.json").unlink()
    (tmp_path / "x_monthly.csv").write_text("month,pageviews\n2020-01,1\n")
    with pytest.raises(CommandError, match="2020-02"):
        call_command("backtest_surges", "--data", str(tmp_path))

"""Two days ahead by the hour: no peeking, no zero for what is unknown, and better than last week where there is a
pattern."""

import gzip
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from capacity.management.commands.backtest_forecast import read_series
from capacity.usage.forecast.backtest import backtest
from capacity.usage.forecast.bands import adapted, calibrate, conformal_quantile
from capacity.usage.forecast.hourly import HORIZON, LONG, Method, fill_gaps, fit_hourly, forecast_hourly
from capacity.usage.forecast.scores import mase, naive2, seasonal_naive, smape

M4 = Path(__file__).resolve().parents[4] / "shared" / "data" / "m4_hourly"
HOURS = np.arange(800)


def wave(seed: int, level: float = 100.0) -> np.ndarray:
    """A day and a week of ups and downs with a little noise."""
    noise = np.random.default_rng(seed).normal(0, 0.02, len(HOURS))
    week = 0.1 * np.sin(2 * np.pi * HOURS / 168)
    return level * np.exp(0.3 * np.sin(2 * np.pi * (HOURS + 5 * seed) / 24) + week + noise)


@pytest.fixture(scope="module")
def waves():
    return [wave(seed, level=10.0 ** (seed % 5)) for seed in range(12)]


@pytest.fixture(scope="module")
def model(waves):
    return fit_hourly([series[:-HORIZON] for series in waves])


def test_the_model_misses_less_than_repeating_yesterday(waves, model):
    ours = theirs = 0.0
    for series in waves:
        history, actual = series[:-HORIZON], series[-HORIZON:]
        forecast = forecast_hourly(model, history)
        assert forecast.method == Method.RIDGE
        ours += mase(actual, forecast.values, history, 24)
        theirs += mase(actual, seasonal_naive(history, HORIZON, 24), history, 24)
    assert ours < 0.9 * theirs


def test_a_forecast_follows_the_scale_and_never_what_comes_after(waves, model):
    history = waves[0][:-HORIZON]
    one = forecast_hourly(model, history).values
    assert np.allclose(forecast_hourly(model, history * 1000).values, one * 1000, rtol=1e-3)
    backtested = backtest([series[:-HORIZON] for series in waves], [series[-HORIZON:] for series in waves])
    changed = backtest([series[:-HORIZON] for series in waves], [series[-HORIZON:] * 2 for series in waves])
    assert changed.mase > backtested.mase
    assert backtested.owa < 1
    assert 0.85 <= backtested.coverage_95 <= 1


def test_under_three_weeks_the_last_day_or_week_speaks_and_nothing_says_nothing(model):
    short = forecast_hourly(model, wave(3)[:300])
    assert short.method == Method.SEASONAL_NAIVE
    assert np.array_equal(short.values, np.resize(wave(3)[300 - 24 : 300], HORIZON))
    week = forecast_hourly(model, wave(3)[:400])
    assert np.array_equal(week.values, wave(3)[400 - 168 : 400][:HORIZON])
    nothing = forecast_hourly(model, np.array([]))
    assert nothing.method == Method.NONE
    assert np.isnan(nothing.values).all()
    assert forecast_hourly(fit_hourly([]), wave(3)).method == Method.SEASONAL_NAIVE


def test_gaps_are_bridged_and_never_read_as_zero(model):
    whole = wave(4)
    holed = whole.copy()
    holed[-40:-20] = np.nan
    filled = forecast_hourly(model, holed)
    assert filled.method == Method.RIDGE
    assert np.abs(np.log(filled.values / forecast_hourly(model, whole).values)).mean() < 0.1
    many = whole.copy()
    many[-LONG::2] = np.nan
    assert forecast_hourly(model, many).method == Method.SEASONAL_NAIVE
    assert np.isnan(fill_gaps(np.full(30, np.nan))).all()
    assert fit_hourly([holed]).weights[LONG].shape == (LONG, HORIZON)


@settings(max_examples=25, deadline=None)
@given(arrays(float, st.integers(1, 600), elements=st.one_of(st.just(float("nan")), st.floats(0, 1e12))))
def test_whatever_came_the_forecast_is_finite_or_unknown_and_not_negative(model, history):
    forecast = forecast_hourly(model, history)
    known = forecast.values[~np.isnan(forecast.values)]
    assert np.isfinite(known).all()
    assert (known >= 0).all()
    if np.isnan(history).all():
        assert forecast.method == Method.NONE


def test_naive2_takes_the_season_out_and_puts_it_back():
    clean = 100 * np.exp(0.3 * np.sin(2 * np.pi * HOURS[:240] / 24))
    assert np.allclose(naive2(clean, 24, 24), seasonal_naive(clean, 24, 24), rtol=1e-6)
    flat = np.full(100, 7.0)
    assert np.array_equal(naive2(flat, 5, 24), np.full(5, 7.0))
    assert smape(np.array([0.0, 1.0]), np.array([0.0, 3.0])) == pytest.approx(50)
    assert np.isnan(seasonal_naive(np.full(24, np.nan), 3, 24)).all()


# --- bands ----------------------------------------------------------------------------------------


def test_bands_cover_what_they_say_and_a_series_without_errors_gets_the_pools():
    rng = np.random.default_rng(7)
    scales = np.exp(rng.normal(0, 1, 60))
    errors = [rng.standard_t(5, (8, 48)) * 0.05 * scale for scale in scales]
    bands = calibrate([*errors, np.full((0, 48), np.nan)], (slice(0, 24), slice(24, 48)))
    fresh = [rng.standard_t(5, (8, 48)) * 0.05 * scale for scale in scales]
    covered = np.mean([np.abs(rows) <= bands.widths[at] for at, rows in enumerate(fresh)])
    assert 0.93 <= covered <= 0.97
    assert bands.widths[60] == pytest.approx(np.median(bands.widths[:60]), rel=0.6)
    low, high = bands.around(0, np.full(48, 10.0))
    assert (low < 10).all()
    assert (high > 10).all()
    with pytest.raises(ValueError, match="no errors"):
        calibrate([np.full((2, 48), np.nan)], (slice(0, 48),))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(0.01, 0.4))
def test_a_conformal_quantile_leaves_no_more_outside_than_asked(sizes, miss):
    found = conformal_quantile(np.array(sizes), miss)
    assert np.mean(np.array(sizes) > found) <= miss
    assert conformal_quantile(np.array(sizes), miss / 2) >= found


def test_bands_widen_after_misses_and_narrow_after_none():
    assert adapted(0.05, 0.05, 0.2) < 0.05 < adapted(0.05, 0.05, 0.0)
    assert adapted(0.05, 0.05, None) == 0.05
    aimed = 0.05
    for _ in range(1000):
        aimed = adapted(aimed, 0.05, 1.0)
    assert aimed > 0


# --- the command ----------------------------------------------------------------------------------


def folder_of(tmp_path, train: str, test: str) -> Path:
    with gzip.open(tmp_path / "train.csv.gz", "wt") as file:
        file.write(train)
    (tmp_path / "test.csv").write_text(test)
    return tmp_path


def rows(series: dict[str, np.ndarray], step: str) -> str:
    lines = [f"{name},{at},{value}" for name, values in series.items() for at, value in enumerate(values, start=1)]
    return "\n".join([f"id,{step},value", *lines]) + "\n"


def test_any_folder_of_that_shape_is_backtested(tmp_path):
    train = {f"s{seed}": wave(seed)[:-HORIZON] for seed in range(3)}
    test = {f"s{seed}": wave(seed)[-HORIZON:] for seed in range(3)}
    folder = folder_of(tmp_path, rows(train, "t"), rows(test, "h"))
    out = StringIO()
    call_command("backtest_forecast", "--data", str(folder), "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert {"smape", "mase", "owa", "coverage_95", "msis"} <= found.keys()
    out = StringIO()
    call_command("backtest_forecast", "--data", str(folder), stdout=out)
    assert "OWA" in out.getvalue()


@pytest.mark.parametrize(
    ("train", "test", "why"),
    [
        ("id,t,value\nA,1,2\n", "id,h,value\nB,1,2\n", "do not hold the same series"),
        ("id,t,value\nA,1,2\nA,1,3\n", "id,h,value\nA,1,2\n", "row 3: A has step 1 twice"),
        ("id,t,value\nA,1,two\n", "id,h,value\nA,1,2\n", "row 2"),
        ("id,t,value\nA,0,2\n", "id,h,value\nA,1,2\n", "row 2"),
        ("id,t,value\nA,1,inf\n", "id,h,value\nA,1,2\n", "row 2"),
        ("id,t,value\nA,2,2\n", "id,h,value\nA,1,2\n", "A has 1 steps but ends with step 2"),
        ("id,t\nA,1\n", "id,h,value\nA,1,2\n", "lacks the columns value"),
        ("id,t,value\n", "id,h,value\nA,1,2\n", "holds no series"),
        ("id,t,value\nA,1,2\n", rows({"A": np.ones(49)}, "h"), "has 49 steps"),
    ],
)
def test_a_folder_that_is_not_of_that_shape_is_refused_with_the_row(tmp_path, train, test, why):
    with pytest.raises(CommandError, match=why):
        call_command("backtest_forecast", "--data", str(folder_of(tmp_path, train, test)))


def test_an_empty_folder_and_a_packed_file_cut_short_are_named(tmp_path):
    with pytest.raises(CommandError, match=r"holds no train\.csv"):
        call_command("backtest_forecast", "--data", str(tmp_path))
    (tmp_path / "train.csv.gz").write_bytes(gzip.compress(b"id,t,value\nA,1,2\n")[:-10])
    with pytest.raises(CommandError, match=r"train\.csv\.gz, row"):
        call_command("backtest_forecast", "--data", str(tmp_path))


@pytest.mark.skipif(not M4.exists(), reason="the shared public data are not on this machine")
def test_a_part_of_m4_beats_repeating_the_season_within_its_bands():
    """All 339 take a minute: `manage.py backtest_forecast`, with its figures in the decision record."""
    train, test = read_series(M4, "train.csv", "t"), read_series(M4, "test.csv", "h")
    assert (len(train), len(test)) == (339, 339)
    names = sorted(train)[::14]
    histories, actuals = [train[name] for name in names], [test[name] for name in names]
    found = backtest(histories, actuals)
    repeated = np.mean([mase(a, seasonal_naive(h, 48, 24), h, 24) for h, a in zip(histories, actuals, strict=True)])
    assert found.mase < repeated
    assert found.owa < 0.65
    assert 0.85 < found.coverage_95 < 1

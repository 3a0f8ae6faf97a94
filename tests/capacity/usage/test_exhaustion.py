"""Weeks ahead, and the day on which a pool runs out."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.pools.models import Pool
from capacity.usage.actions.refresh_forecasts import supply_ahead, usable_units
from capacity.usage.forecast.daily import calibrate_daily, daily_moves, forecast_daily, past_errors
from capacity.usage.forecast.exhaustion import days_to_exhaustion, demand_paths


def growing(count: int = 180, per_day: float = 0.004, seed: int = 1) -> np.ndarray:
    at = np.arange(count)
    noise = np.random.default_rng(seed).normal(0, 0.01, count)
    return 1000 * np.exp(per_day * at + 0.05 * np.sin(2 * np.pi * at / 7) + noise)


ERRORS = np.random.default_rng(3).normal(0, 0.02, 56)


def test_growth_is_carried_on_but_damped():
    history = growing()
    ahead = forecast_daily(history, 60)
    assert ahead[-1] > history[-14:].mean()
    assert ahead[-1] < history[-1] * np.exp(0.004 * 70)
    holed = history.copy()
    holed[-20:-15] = np.nan
    assert np.isfinite(forecast_daily(holed, 60)).all()


def test_under_four_weeks_last_week_speaks_and_nothing_says_nothing():
    short = growing(20)
    assert np.array_equal(forecast_daily(short, 7), short[-7:])
    assert np.isnan(forecast_daily(growing(3), 7)).all()


def test_errors_know_nothing_of_days_that_have_not_come():
    rows = past_errors(growing(), 28)
    assert rows.shape == (12, 28)
    assert np.isfinite(rows[0]).all()
    assert np.isnan(rows[-1][7:]).all()
    assert np.isfinite(daily_moves(growing(), 20)).sum() == 20
    holed = growing()
    holed[-5] = np.nan
    assert np.isnan(daily_moves(holed, 20)).sum() == 2
    assert daily_moves(growing(10)).size == 0
    bands = calibrate_daily([growing(seed=seed) for seed in range(3)], 28)
    # Farther away is never surer than tomorrow.
    assert (bands.widths[:, 20] >= bands.widths[:, 0] * 0.8).all()


def test_a_pool_that_runs_out_is_told_in_days_and_a_delivery_moves_them():
    forecast = np.linspace(900, 1100, 90)
    supply = np.full(90, 1000.0)
    found = days_to_exhaustion(forecast, ERRORS, supply, lead_days=60)
    assert found.p10 is not None
    assert found.p50 is not None
    assert found.p10 <= found.p50
    assert 20 < found.p50 < 60
    assert 0 < found.within_lead <= 1
    supply[10:] += 500
    later = days_to_exhaustion(forecast, ERRORS, supply, lead_days=60)
    assert later.p50 is None
    assert later.within_lead < found.within_lead


@settings(max_examples=30, deadline=None)
@given(st.floats(500, 2000), st.floats(0, 500), st.integers(1, 60))
def test_more_supply_never_brings_exhaustion_closer_and_equal_inputs_give_equal_answers(supply, more, lead):
    forecast = np.linspace(900, 1100, 60)
    one = days_to_exhaustion(forecast, ERRORS, np.full(60, supply), lead)
    two = days_to_exhaustion(forecast, ERRORS, np.full(60, supply + more), lead)
    assert two.within_lead <= one.within_lead
    for early, late in ((one.p10, two.p10), (one.p50, two.p50), (one.p90, two.p90)):
        assert (late or 61) >= (early or 61)
    assert days_to_exhaustion(forecast, ERRORS, np.full(60, supply), lead) == one


def test_paths_keep_the_forecast_as_their_middle_and_spread_with_time():
    forecast = np.full(90, 1000.0)
    paths = demand_paths(forecast, ERRORS)
    assert np.median(paths, axis=0) == pytest.approx(forecast, rel=0.05)
    assert paths[:, 80].std() > paths[:, 8].std()
    # Without errors to draw from there is one path only.
    assert np.array_equal(demand_paths(forecast, np.array([]))[0], forecast)
    spread = np.std(np.log(paths[:, 6] / 1000))
    assert spread == pytest.approx(0.02 * np.sqrt(7), rel=0.5)


def test_unknown_days_are_refused_and_not_read_as_zero():
    with pytest.raises(ValueError, match="known throughout"):
        days_to_exhaustion(np.array([1.0, np.nan]), ERRORS, np.array([2.0, 2.0]), 1)
    with pytest.raises(ValueError, match="as long as each other"):
        days_to_exhaustion(np.array([1.0]), ERRORS, np.array([2.0, 2.0]), 1)


def test_nothing_left_today_is_exhausted_tomorrow():
    found = days_to_exhaustion(np.full(30, 10.0), ERRORS, np.zeros(30), 7)
    assert (found.p10, found.p50, found.p90, found.within_lead) == (1, 1, 1, 1.0)


def test_what_lands_first_makes_up_for_the_reserve_that_crews_leave():
    """The failure reserve counts as staffing makes it, and what it lacks is not usable when more lands."""
    pool = Pool(powered_on=100, out_of_service=10, failure_reserve=80, failure_reserve_permille=2000)
    assert usable_units(pool) == 0
    ahead = supply_ahead(pool, [(date(2020, 3, 3), 100)], date(2020, 3, 1))
    assert ahead[:4].tolist() == [0, 0, 30, 30]

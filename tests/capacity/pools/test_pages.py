"""The page of a pool shows its supply step by step and every entry; its terms are changed by a form."""

import pytest

from capacity.alarms.models import Alarm
from capacity.pools import ledger
from capacity.pools.models import Pool, SupplyChange
from capacity.pools.waterfall import waterfall
from tests import make
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db

PAGE = "/pools/westeurope/vcpu/"
TERMS = f"{PAGE}terms/"


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def pool(db) -> Pool:
    return make.pool("westeurope", powered_on=1000, failure_reserve=100)


@pytest.fixture
def operator(pool):
    return make.person(Role.REGION_OPERATOR)


def terms(pool, **changes):
    return {
        "powered_on": "1000",
        "out_of_service": "0",
        "organic_growth": "0",
        "failure_reserve": "100",
        "reason": "Two racks came back.",
        "row_version": pool.row_version,
        **changes,
    }


def test_every_step_has_its_number_and_the_bars_stay_inside(pool):
    make.promised(pool, 300)
    make.promised(pool, 50, "reserve")
    pool.refresh_from_db()
    steps = {str(step.label): step for step in waterfall(pool)}
    assert steps["Supply"].quantity == 900
    assert steps["Open to everybody"].quantity == 810
    assert steps["Reserve for tier 1"].quantity == 90
    assert steps["Promised"].quantity == 350
    assert steps["Left for tier 1"].quantity == 550
    assert "Deficit" not in steps
    assert all(float(step.x) >= 0 and float(step.x) + float(step.width) <= 100.001 for step in steps.values())


def test_what_is_left_alike_for_every_tier_says_why(pool):
    def said():
        pool.refresh_from_db()
        (step,) = [step for step in waterfall(pool) if step.label == "Left for tiers 3 to 5"]
        return step.quantity, str(step.note)

    assert said()[1] == ""
    # More to tier 1 than its reserve: nothing is kept from anybody any more.
    make.promised(pool, pool.supply - 200, "reserve")
    assert said() == (200, "The same for every tier: the whole pool is the limit.")


def test_a_pool_without_supply_and_one_with_a_deficit_draw_too(pool):
    assert all(float(step.width) >= 0 for step in waterfall(make.pool("eastus", powered_on=0, organic_growth=10)))
    make.promised(pool, 700)
    Pool.objects.filter(pk=pool.pk).update(powered_on=150, gate_permille=0)
    pool.refresh_from_db()
    steps = {str(step.label): step.quantity for step in waterfall(pool)}
    assert steps["Deficit"] == 700
    assert steps["Behind the staffing gate"] == 45


def test_the_ledger_lists_every_entry_and_filters(visit, pool, operator):
    entry = make.promised(pool, 300)
    ledger.release([entry], actor=SYSTEM, at=make.NOW)
    page = text(visit(PAGE, as_=operator, queries=12))
    assert "+300" in page
    assert "\N{MINUS SIGN}300" in page
    only = text(visit(f"{PAGE}?kind=release_grant", as_=operator))
    assert "+300" not in only
    assert visit(f"{PAGE}?kind=gift", as_=operator).status_code == 400
    assert visit(f"{PAGE}?after=nonsense", as_=operator).status_code == 400


def test_an_operator_changes_the_terms_and_is_told_of_a_deficit(visit, pool, operator):
    make.promised(pool, 600)
    assert visit(TERMS, as_=operator).status_code == 200
    answer = visit(TERMS, as_=operator, method="post", data=terms(pool, powered_on="500"), follow=True)
    assert "240 units more are promised than there are" in text(answer)
    assert "Deficit" in text(answer)
    assert "Two racks came back." in text(answer)
    assert Alarm.objects.get().kind == "deficit"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"powered_on": "-5"}, 400),
        ({"powered_on": "1.000"}, 400),
        ({"powered_on": "9" * 40}, 400),
        ({"powered_on": "many"}, 400),
        ({"reason": ""}, 400),
        ({"row_version": "x"}, 400),
        ({"row_version": 99}, 409),
        ({}, 409),  # these terms are in force already
    ],
)
def test_what_is_wrong_with_terms_is_said_and_nothing_changes(visit, pool, operator, changes, status):
    count = SupplyChange.objects.count()
    answer = visit(TERMS, as_=operator, method="post", data=terms(pool, **changes))
    assert answer.status_code == status
    assert SupplyChange.objects.count() == count


def test_only_the_regions_operators_change_terms(visit, pool):
    for role in (Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.AUDITOR):
        who = make.person(role)
        assert "Change supply" not in text(visit(PAGE, as_=who))
        assert visit(TERMS, as_=who).status_code == 403
        assert visit(TERMS, as_=who, method="post", data=terms(pool, powered_on="5")).status_code == 403
    elsewhere = make.person(Role.REGION_OPERATOR, regions=["eastus"])
    assert visit(TERMS, as_=elsewhere).status_code == 403
    assert visit("/pools/westeurope/gold/", as_=make.person(Role.REGION_OPERATOR)).status_code == 404
    pool.refresh_from_db()
    assert pool.powered_on == 1000

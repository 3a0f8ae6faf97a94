"""The API of regions and crews follows the rules of the pages."""

import pytest

from capacity.pools.models import Pool
from capacity.staffing import shifts
from capacity.staffing.actions.file_shift_report import as_rostered
from capacity.staffing.models import ShiftReport
from kit import clock
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

REPORTS = "datacenters/westeurope-1/shift-reports/"


@pytest.fixture
def pool(db) -> Pool:
    return make.pool("westeurope", powered_on=1000)


@pytest.fixture
def operator(pool):
    return make.person(Role.REGION_OPERATOR)


def report(**changes) -> dict:
    """A report of the shift that is on: everybody is there."""
    day, shift = shifts.current(clock.now(), shifts.ZoneInfo("UTC"))
    return {"date": str(day), "shift": shift, "as_rostered": True, **changes}


def crews(**changes) -> list[dict]:
    _day, shift = shifts.current(clock.now(), shifts.ZoneInfo("UTC"))
    datacenter = Pool.objects.first().region.datacenters.get()
    return [{"role": role, "present": 3, **changes.get(role, {})} for role in as_rostered(datacenter, shift)]


def test_nobody_gets_401(call, pool):
    for method, path in [("get", "regions/"), ("get", "datacenters/"), ("post", REPORTS)]:
        assert call(method, path).status_code == 401


def test_everybody_reads_conditions_and_those_who_work_with_them_figures(call, pool, operator):
    make.promised(pool, 400)
    row = call("get", "regions/", as_=operator).json()["results"][0]
    assert (row["code"], row["condition"]) == ("westeurope", "normal")
    vcpu = row["pools"][0]
    assert vcpu == {
        "resource": "vcpu",
        "unit": "vCPU",
        "supply": 1000,
        "promised": 400,
        "left_for_tier_1": 600,
        "left_for_tier_2": 500,
        "left_for_others": 500,
        "gate_permille": 1000,
    }
    row = call("get", "regions/", as_=make.account_manager()).json()["results"][0]
    assert (row["condition"], row["pools"]) == ("normal", None)
    elsewhere = make.person(Role.REGION_OPERATOR, regions=["eastus"])
    assert call("get", "regions/", as_=elsewhere).json()["results"][0]["pools"] is None


def test_datacenters_are_for_those_who_may_see_crews(call, pool, operator):
    make.shift_reported(pool.region.datacenters.get(), present=1, at=clock.now())
    row = call("get", "datacenters/", as_=operator).json()["results"][0]
    assert (row["code"], row["status"], row["is_closed"]) == ("westeurope-1", "red", True)
    assert "Network: 1 present, 2 is the minimum." in row["reasons"]
    row = call("get", "datacenters/", as_=make.person(Role.EXECUTIVE)).json()["results"][0]
    assert (row["status"], row["reasons"]) == ("red", [])
    assert call("get", "datacenters/", as_=make.account_manager()).status_code == 403


def test_a_report_by_program_moves_supply_at_once_and_repeats_without_a_second_effect(call, pool, operator):
    sent = report(as_rostered=False, crews=crews(network={"present": 1, "absent_planned": 2}))
    answer = call("post", REPORTS, sent, as_=operator, key="report-of-today")
    assert (answer.status_code, answer.json()["status"]) == (201, "red")
    pool.refresh_from_db()
    assert pool.supply_open == 0
    count = ShiftReport.objects.count()
    again = call("post", REPORTS, sent, as_=operator, key="report-of-today")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert ShiftReport.objects.count() == count

    unexplained = call("post", REPORTS, report(), as_=operator)
    assert (unexplained.status_code, list(unexplained.json()["fields"])) == (400, ["note"])
    answer = call("post", REPORTS, report(note="They came later."), as_=operator)
    assert (answer.status_code, answer.json()["status"]) == (201, "green")
    for _repeated in range(2):
        assert call("post", REPORTS, report(), as_=operator, key="nothing-new-in-it").status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date": "2999-01-01"}, "date"),
        ({"date": "24.11.2026"}, "date"),
        ({"shift": "late"}, "shift"),
        ({"as_rostered": False}, "crews"),
        ({"crews": []}, "crews"),
        ({"as_rostered": False, "crews": []}, "security"),
        ({"as_rostered": False, "crews": [{"role": "network", "present": -1}]}, "crews.0.present"),
        ({"as_rostered": False, "crews": [{"role": "network", "present": "3"}]}, "crews.0.present"),
        ({"as_rostered": False, "crews": [{"role": "cooks", "present": 3}]}, "crews.0.role"),
        ({"as_rostered": False, "crews": [{"role": "network", "present": 1}] * 2}, "network"),
        ({"note": "x" * 301}, "note"),
        ({"names": ["Somebody"]}, "names"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(call, operator, changes, field):
    answer = call("post", REPORTS, report(**changes), as_=operator)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not ShiftReport.objects.exists()


def test_only_the_regions_operators_report(call, pool):
    assert call("post", REPORTS, report(), as_=make.person(Role.DUTY_MANAGER)).status_code == 403
    assert call("post", REPORTS, report(), as_=make.account_manager()).status_code == 403
    elsewhere = make.person(Role.REGION_OPERATOR, regions=["eastus"])
    assert call("post", REPORTS, report(), as_=elsewhere).status_code == 404
    operator = make.person(Role.REGION_OPERATOR)
    assert call("post", "datacenters/nowhere/shift-reports/", report(), as_=operator).status_code == 404
    assert not ShiftReport.objects.exists()


@pytest.mark.parametrize("query", ["sort=secret", "size=0", "after=x", "nonsense=1"])
def test_lists_refuse_what_they_do_not_know(call, operator, query):
    assert call("get", f"regions/?{query}", as_=operator).status_code == 400
    assert call("get", f"datacenters/?{query}", as_=operator).status_code == 400

"""Crews are shown with numbers, and reported from a phone."""

import pytest

from capacity.pools.models import Pool
from capacity.regions.models import Datacenter
from capacity.staffing.models import DatacenterStatus, ShiftReport
from kit import clock
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

REPORT = "/staffing/westeurope-1/report/"
COUNTS = {"present": 3, "rostered": 3, "planned": 0, "unplanned": 0, "travel": 0}


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def operator(db):
    make.pool("westeurope", powered_on=1000)
    return make.person(Role.REGION_OPERATOR, name="Olga Operator")


def counts(shift_form, **changed):
    roles = sorted({name.removesuffix("_present") for name in shift_form.fields if name.endswith("_present")})
    data = {f"{role}_{part}": value for role in roles for part, value in COUNTS.items()}
    data |= {"date": str(shift_form.initial["date"]), "shift": shift_form.initial["shift"], "note": ""}
    return {**data, **changed}


def shown_form(visit, operator):
    return visit(REPORT, as_=operator).context["form"]


def test_as_rostered_is_one_tap(visit, operator):
    form = shown_form(visit, operator)
    data = {"date": str(form.initial["date"]), "shift": form.initial["shift"], "as_rostered": "1"}
    answer = visit(REPORT, as_=operator, method="post", data=data, follow=True)
    assert "The report is kept" in text(answer)
    assert DatacenterStatus.objects.get().status == "green"
    board = text(visit("/staffing/", as_=operator))
    assert "3/2" in board
    assert "Olga Operator" in text(visit("/staffing/westeurope-1/", as_=operator))


def test_a_red_report_says_that_supply_followed(visit, operator):
    data = counts(shown_form(visit, operator), network_present=1, network_unplanned=2, note="Flu, two people.")
    answer = visit(REPORT, as_=operator, method="post", data=data, follow=True)
    assert "0 % of it is open" in text(answer)
    assert "Network: 1 present, 2 is the minimum." in text(answer)
    assert Pool.objects.get(region__code="westeurope", resource__code="vcpu").supply_open == 0
    duty_manager = make.person(Role.DUTY_MANAGER)
    assert "Crew below minimum" in text(visit("/alarms/", as_=duty_manager))
    assert "Crew below minimum" in text(visit("/regions/westeurope/", as_=duty_manager))


def test_the_same_form_sent_twice_is_one_report(visit, operator):
    data = counts(shown_form(visit, operator), idempotency_key="the-same-form")
    for _ in range(2):
        assert visit(REPORT, as_=operator, method="post", data=data).status_code == 302
    assert ShiftReport.objects.filter(role="network").count() == 1


def test_a_correction_shows_what_was_reported_and_keeps_it(visit, operator):
    visit(REPORT, as_=operator, method="post", data=counts(shown_form(visit, operator), network_present=2))
    page = visit(REPORT, as_=operator)
    assert "is a correction" in text(page)
    assert page.context["form"]["network_present"].value() == 2
    refused = visit(REPORT, as_=operator, method="post", data=counts(page.context["form"]))
    assert refused.status_code == 400
    assert "note" in refused.context["form"].errors
    visit(REPORT, as_=operator, method="post", data=counts(page.context["form"], note="She came later."))
    assert ShiftReport.objects.filter(role="network").count() == 2
    again = visit(REPORT, as_=operator, method="post", data=counts(page.context["form"]), follow=True)
    assert "Nothing new" in text(again)
    assert ShiftReport.objects.filter(role="network").count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"network_present": "-1"},
        {"network_present": "4"},
        {"network_present": "two"},
        {"network_present": "1.000"},
        {"network_present": ""},
        {"network_rostered": "9999999999999999999"},
        {"note": "x" * 400},
        {"date": "2999-01-01"},
        {"date": "1999-01-01"},
        {"date": "tomorrow"},
        {"shift": "late"},
    ],
)
def test_what_is_wrong_is_said_on_the_page_and_nothing_is_kept(visit, operator, wrong):
    data = counts(shown_form(visit, operator), **wrong)
    answer = visit(REPORT, as_=operator, method="post", data=data)
    assert answer.status_code == 400
    assert not ShiftReport.objects.exists()


@pytest.mark.parametrize("query", ["?date=x", "?shift=day", "?date=2020-01-01", "?date=2999-01-01&shift=day", "?a=b"])
def test_no_address_breaks_the_form(visit, operator, query):
    assert visit(f"{REPORT}{query}", as_=operator).status_code in (200, 400)


def test_reports_are_for_operators_of_the_region(visit, operator):
    for who in (
        make.person(Role.CAPACITY_REVIEWER),
        make.person(Role.AUDITOR),
        make.person(Role.EXECUTIVE),
        make.person(Role.REGION_OPERATOR, regions=["eastus"]),
    ):
        assert visit(REPORT, as_=who).status_code in (403, 404)
        answer = visit(REPORT, as_=who, method="post", data={"as_rostered": "1"})
        assert answer.status_code in (403, 404)
    assert not ShiftReport.objects.exists()
    assert visit("/staffing/nowhere-1/", as_=operator).status_code == 404


def test_a_duty_manager_vouches_with_a_reason(visit, operator):
    duty_manager = make.person(Role.DUTY_MANAGER)
    make.shift_reported(Datacenter.objects.get(), at=clock.now())
    assert "Confirm the last state" in text(visit("/staffing/westeurope-1/", as_=duty_manager))
    assert "Confirm the last state" not in text(visit("/staffing/westeurope-1/", as_=operator))
    address = "/staffing/westeurope-1/vouch/"
    assert "Last reported: " in text(visit(address, as_=duty_manager))
    assert visit(address, as_=operator).status_code == 403
    assert visit(address, as_=duty_manager).status_code == 200
    assert visit(address, as_=duty_manager, method="post", data={"reason": ""}).status_code == 400
    answer = visit(address, as_=duty_manager, method="post", data={"reason": "Called them."}, follow=True)
    assert "Called them." in text(answer)

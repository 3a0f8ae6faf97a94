"""Regions and crews in a real browser: a report from a phone moves the supply, and every page fits and reads aloud."""

import pytest
from playwright.sync_api import expect

from capacity.pools.models import Pool
from capacity.regions.models import Datacenter
from kit import clock
from tests import make
from tests.browsing import assert_accessible, assert_fits
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator():
    make.promised(make.pool("westeurope", powered_on=1000, failure_reserve=50), 400)
    make.declared("westeurope", "constrained", at=clock.now())
    return make.person(Role.REGION_OPERATOR, name="Olga Operator")


def test_a_report_from_a_phone_moves_the_supply(browse, operator):
    page = browse("/staffing/westeurope-1/", as_=operator, width=390, height=844)
    page.get_by_role("link", name="Report a shift").click()
    page.get_by_role("button", name="Everybody is here, as rostered").click()
    expect(page.locator("h1")).to_contain_text("Above minimum")

    page.get_by_role("link", name="Report a shift").click()
    network = page.get_by_role("group", name="Network")
    network.get_by_role("button", name="One fewer").click()
    network.get_by_role("button", name="One fewer").click()
    assert_fits(page)
    page.get_by_label("Why is it corrected?").fill("Two went home.")
    page.get_by_role("button", name="Send correction").click()
    expect(page.locator("h1")).to_contain_text("Below minimum")
    expect(page.get_by_text("Network: 1 present, 2 is the minimum.")).to_be_visible()
    assert Pool.objects.get(region__code="westeurope", resource__code="vcpu").supply_open == 0

    page.goto("/alarms/")
    page.get_by_role("checkbox", name="Select", exact=True).first.check()
    page.get_by_role("button", name="Take up").click()
    expect(page.get_by_role("cell", name="taken up")).to_be_visible()


def test_the_report_works_without_scripts(browse, operator):
    page = browse("/staffing/westeurope-1/report/", as_=operator, scripts=False)
    page.get_by_label("Network: present").fill("1")
    page.get_by_role("button", name="Send report").click()
    expect(page.locator("h1")).to_contain_text("Below minimum")


@pytest.mark.parametrize(
    "path",
    [
        "/regions/",
        "/regions/table/",
        "/regions/westeurope/",
        "/regions/westeurope/condition/",
        "/pools/westeurope/vcpu/",
        "/pools/westeurope/vcpu/terms/",
        "/staffing/",
        "/staffing/westeurope-1/",
        "/staffing/westeurope-1/report/",
        "/alarms/",
    ],
)
def test_every_page_fits_and_reads_aloud(browse, operator, path):
    make.shift_reported(Datacenter.objects.get(), present=1, at=clock.now())
    for dark in (False, True):
        page = browse(path, as_=operator, dark=dark)
        assert_accessible(page)
    assert_fits(page)

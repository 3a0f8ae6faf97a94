"""The executive page says in four sentences where we stand, from the rows and nothing else."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from capacity.figures.queries import fill_of, overriding, region_standings, waiting_now, waiting_times
from capacity.review.actions.approve_request import approve_request
from priorities.actions.confirm_override import confirm_override
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

SINCE, UNTIL = make.NOW - timedelta(days=28), make.NOW + timedelta(days=1)


@pytest.fixture
def decided():
    """Two tier-1 requests of 10 and 30 vCPU, the first of them approved an hour after it was filed."""
    make.pool("westeurope", "vcpu", powered_on=10_000)
    granted = make.tier1_request(quantity=10)
    make.tier1_request(quantity=30)
    make.request(quantity=40)
    approve_request(
        actor=make.acting(Role.CAPACITY_REVIEWER),
        request_id=granted.public_id,
        region_code="westeurope",
        at=make.NOW + timedelta(hours=1),
    )
    return granted


def test_the_granted_share_counts_units_of_one_resource_by_tier(decided):
    fill = {one.tier: one for one in fill_of("vcpu", since=SINCE, until=UNTIL)}
    assert (fill[1].requests, fill[1].served, fill[1].asked, fill[1].granted, fill[1].permille) == (2, 1, 40, 10, 250)
    assert fill[4].asked + fill[3].asked == 40
    assert fill[4].granted + fill[3].granted == 0
    assert all(one.asked == 0 for one in fill_of("gpu", since=SINCE, until=UNTIL))
    assert all(one.asked == 0 for one in fill_of("vcpu", since=UNTIL, until=UNTIL + timedelta(days=1)))


def test_what_is_open_counts_as_waiting_and_as_late_only_past_its_target(decided):
    times = waiting_times(since=SINCE, until=UNTIL)
    assert (times[1].decided, times[1].open, times[1].p50) == (1, 1, 60)
    early = {one.tier: (one.open, one.late) for one in waiting_now(at=make.NOW + timedelta(hours=4))}
    late = {one.tier: (one.open, one.late) for one in waiting_now(at=make.NOW + timedelta(hours=4, seconds=1))}
    assert (early[1], late[1]) == ((1, 0), (1, 1))


def test_a_region_is_at_risk_when_it_is_scarce(decided):
    make.region("northeurope", condition="critical")
    standings = {one.code: one for one in region_standings()}
    assert not standings["westeurope"].is_at_risk
    assert standings["northeurope"].is_at_risk


def test_a_decision_under_an_override_is_counted_as_one(decided):
    last = make.request(quantity=5, confirmed=True)
    override = make.override(last, kind="pin")
    confirm_override(actor=make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW), override=override, at=make.NOW)
    approve_request(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=last.public_id, region_code="westeurope", at=make.NOW
    )
    found = overriding(since=SINCE, until=UNTIL, at=make.NOW)
    assert (found.decisions, found.under_override, found.in_force) == (2, 1, 1)


def test_the_page_shows_pictures_tables_and_definitions_to_those_who_read_reports(decided, visit, clock_at):
    clock_at(UNTIL)
    url = reverse("reports:executive")
    page = visit(url, as_=make.person(Role.EXECUTIVE)).content.decode()
    assert "25% of the tier-1" in page
    assert "last 28 days" in page
    for code in ("fill", "time_to_decision", "regions_at_risk", "staffing"):
        assert f'id="definition-{code}"' in page
    assert page.count("<table") >= 4
    for reader in (Role.AUDITOR, Role.DUTY_MANAGER, Role.NOTICE_EDITOR):
        assert visit(f"{url}?days=7&resource=gpu", as_=make.person(reader)).status_code == 200
    for refused in (make.person(Role.ACCOUNT_MANAGER), make.person(Role.CAPACITY_REVIEWER)):
        assert visit(url, as_=refused).status_code == 403


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.DUTY_MANAGER, Role.NOTICE_EDITOR, Role.AUDITOR])
def test_every_link_to_rows_opens_for_whoever_sees_it(decided, visit, role):
    reader = make.person(role)
    page = visit(reverse("reports:executive"), as_=reader).content.decode()
    links = re.findall(r'<p class="v-figure-foot"><a href="(/[^"]+)">', page)
    assert "/regions/" in links
    assert ("/queue/" in links) == (role in (Role.DUTY_MANAGER, Role.AUDITOR))
    assert {link: visit(link, as_=reader).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize("query", ["days=8", "days=x", "resource=water", "days=" + "9" * 400])
def test_unknown_periods_and_resources_are_refused_in_words(query, visit):
    make.pool()
    answer = visit(f"{reverse('reports:executive')}?{query}", as_=make.person(Role.EXECUTIVE))
    assert answer.status_code == 400
    assert "period or resource" in answer.content.decode()


def test_before_anything_is_imported_the_page_says_so(visit):
    assert "No figures yet" in visit(reverse("reports:executive"), as_=make.person(Role.EXECUTIVE)).content.decode()

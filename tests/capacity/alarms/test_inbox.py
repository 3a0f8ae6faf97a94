"""The inbox shows what needs somebody, and several can be taken up at once."""

import pytest

from capacity.alarms.models import Alarm
from capacity.regions.models import Datacenter
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def alarms(db) -> list[Alarm]:
    pool = make.pool("westeurope", powered_on=1000)
    make.shift_reported(Datacenter.objects.get())
    make.promised(pool, 500)
    make.shift_reported(Datacenter.objects.get(), present=1)
    return list(Alarm.objects.order_by("pk"))


def test_each_alarm_says_its_numbers_and_leads_to_its_cause(visit, alarms):
    page = text(visit("/alarms/", as_=make.person(Role.REGION_OPERATOR)))
    assert "500 vCPU short in the open supply: 500 promised to tiers 3 to 5, 0 there. Nothing is revoked." in page
    assert "/staffing/westeurope-1/" in page
    assert "/pools/westeurope/vcpu/" in page


def test_several_are_taken_up_at_once_and_what_was_refused_is_said(visit, alarms):
    operator = make.person(Role.REGION_OPERATOR, name="Olga Operator")
    ids = [str(alarm.public_id) for alarm in alarms]
    answer = visit("/alarms/acknowledge/", as_=operator, method="post", data={"selected": ids}, follow=True)
    assert "You took up 2 alarms." in text(answer)
    assert "Taken up by Olga Operator" in text(answer)
    other = make.person(Role.DUTY_MANAGER)
    answer = visit("/alarms/acknowledge/", as_=other, method="post", data={"selected": ids}, follow=True)
    assert "Olga Operator has taken this up already." in text(answer)


@pytest.mark.parametrize("selected", [[], ["x"], ["0" * 32] * 201])
def test_a_bulk_act_needs_its_set(visit, alarms, selected):
    operator = make.person(Role.REGION_OPERATOR)
    assert visit("/alarms/acknowledge/", as_=operator, method="post", data={"selected": selected}).status_code == 400


def test_reviewers_read_and_do_not_take_up(visit, alarms):
    reviewer = make.person(Role.CAPACITY_REVIEWER)
    assert visit("/alarms/?state=open", as_=reviewer).status_code == 200
    visit("/alarms/acknowledge/", as_=reviewer, method="post", data={"selected": [str(alarms[0].public_id)]})
    assert not Alarm.objects.exclude(acknowledged_by=None).exists()


@pytest.mark.parametrize("query", ["state=nonsense", "kind=x", "raised_after=yesterday"])
def test_unknown_filters_are_refused(visit, alarms, query):
    assert visit(f"/alarms/?{query}", as_=make.person(Role.AUDITOR)).status_code == 400


def test_no_alarm_yet_says_when_there_will_be_one(visit):
    assert "No alarm was ever raised" in text(visit("/alarms/", as_=make.person(Role.REGION_OPERATOR)))

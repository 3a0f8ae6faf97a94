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
    assert text(answer).count("taken up") == 2
    assert "Olga Operator" in text(visit("/alarms/?whose=mine&state=taken&region=westeurope", as_=operator))
    other = make.person(Role.DUTY_MANAGER)
    answer = visit("/alarms/acknowledge/", as_=other, method="post", data={"selected": ids}, follow=True)
    assert "Olga Operator has taken this up already. Take it over if you want to see to it yourself." in text(answer)


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


def test_silencing_asks_for_reason_and_length_and_tells_what_became_of_each(visit, alarms):
    operator = make.person(Role.REGION_OPERATOR)
    ids = [str(alarm.public_id) for alarm in alarms]
    asked = visit("/alarms/silence/", as_=operator, method="post", data={"selected": ids})
    assert "Seven days" in text(asked)
    assert not Alarm.objects.exclude(silenced_at=None).exists()
    sent = {"selected": ids, "sent": "1", "hours": "4", "reason": ""}
    assert visit("/alarms/silence/", as_=operator, method="post", data=sent).status_code == 400
    done = visit("/alarms/silence/", as_=operator, method="post", data={**sent, "reason": "Known."})
    assert text(done).count("silenced</span>") == 2
    assert "Silenced until" in text(visit("/alarms/?state=silenced", as_=operator))
    # What is silent is no badge: until it ends.
    assert "Waits for you" not in text(visit("/alarms/", as_=operator))
    again = visit("/alarms/silence/", as_=operator, method="post", data={**sent, "reason": "Again."})
    assert text(again).count("has silenced this until") == 2
    ended = visit("/alarms/end-silence/", as_=operator, method="post", data={"selected": ids[:1]})
    assert "waits again" in text(ended)
    assert visit("/alarms/shout/", as_=operator, method="post", data={"selected": ids}).status_code == 404


def test_an_alarm_has_a_page_that_offers_what_the_reader_may_do(visit, alarms):
    operator, duty = make.person(Role.REGION_OPERATOR), make.person(Role.DUTY_MANAGER, name="Dora Duty")
    page = f"/alarms/{alarms[0].public_id}/"
    one = {"selected": [str(alarms[0].public_id)], "sent": "1", "alone": "1"}
    assert 'action="/alarms/acknowledge/"' in text(visit(page, as_=operator, queries=12))
    handed = {**one, "to": str(duty.public_id), "reason": "Yours now."}
    answer = visit("/alarms/hand-over/", as_=operator, method="post", data=handed, follow=True)
    assert "Dora Duty" in text(answer)
    assert "Yours now." in text(answer)
    assert 'action="/alarms/take-over/"' in text(answer)
    refused = visit("/alarms/hand-over/", as_=operator, method="post", data=handed, follow=True)
    assert "hands it over, or a duty manager does" in text(refused)
    reader = text(visit(page, as_=make.person(Role.AUDITOR)))
    assert '<form method="post" action="/alarms/' not in reader
    assert visit(page, as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403
    assert visit(page, as_=make.person(Role.REGION_OPERATOR, regions=["eastus"])).status_code == 404

"""Today shows each role what waits for it, and nothing that waits for others."""

from datetime import timedelta

import pytest
from django.urls import reverse

from capacity.desk.today import AT_ONCE, sections
from priorities.actions.end_override import expire_overrides
from tests import make
from users.actions.plan_duty import plan_duty
from users.roles import Role

pytestmark = pytest.mark.django_db


def titles(actor):
    return {section.title: [line.label for line in section.lines] for section in sections(actor, make.NOW)}


def test_a_second_signature_waits_for_others_than_the_proposer():
    request = make.request()
    proposer = make.person(Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER)
    make.override(request, by=make.actor(proposer))
    waiting = "Overrides that wait for a second signature"
    assert titles(make.acting(Role.DUTY_MANAGER))[waiting] == [f"O-1 · {request.label}"]
    assert titles(make.actor(proposer))[waiting] == []


def test_who_waits_for_whom_and_what_is_to_be_looked_back_at():
    request = make.request()
    proposer, duty = make.acting(Role.CAPACITY_REVIEWER, fresh_at=make.NOW), make.person(Role.DUTY_MANAGER, name="Anna")
    plan_duty(
        actor=make.acting(Role.ADMINISTRATOR), holder_id=duty.public_id, deputy_id=None, starts_at=make.NOW,
        ends_at=make.NOW + timedelta(hours=8), at=make.NOW,
    )  # fmt: skip
    alone = make.broken_glass(request, by=proposer)
    (own,) = [one for one in sections(proposer, make.NOW) if one.title.startswith("Overrides to see to")]
    assert [line.label for line in own.lines] == [f"O-1 · {request.label}"]
    assert "waits for Anna" in own.lines[0].note
    expire_overrides(at=alone.sign_by)
    (back,) = [title for title in titles(proposer) if title.startswith("Overrides to see to")]
    assert titles(proposer)[back] == []
    assert titles(make.actor(duty))[back] == [f"O-1 · {request.label}"]


def test_each_role_sees_its_own_work_and_no_role_sees_none(visit):
    request = make.tier1_request()
    make.declared("westeurope", "constrained", confirmed=False)
    assert titles(make.acting(Role.CAPACITY_REVIEWER))["Requests to decide, the latest first"] == [
        f"{request.label} · {request.organization.legal_name}"
    ]
    assert titles(make.acting(Role.DUTY_MANAGER))["Region conditions that wait for a second signature"]
    assert titles(make.acting()) == {}
    assert "No role, no work" in visit(reverse("desk:today"), as_=make.person()).content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_the_page_opens_for_every_role_within_its_budget(role, visit):
    make.tier1_request()
    assert visit(reverse("desk:today"), as_=make.person(role)).status_code == 200


def test_nobody_is_asked_to_sign_in_first(visit):
    answer = visit(reverse("desk:today"))
    assert answer.status_code == 302
    assert "/account/login/" in answer.headers["Location"]
    assert visit("/").status_code == 302


def test_who_holds_many_roles_gets_the_rest_by_further_requests_within_the_budget(visit):
    person = make.person(*Role)
    everything = [section.title for section in sections(make.actor(person), make.NOW)]
    parts = -(-len(everything) // AT_ONCE)
    assert parts > 1
    pages = [visit(f"/today/?part={number}", as_=person).content.decode() for number in range(1, parts + 1)]
    for number, title in enumerate(everything):
        assert [title in page for page in pages] == [number // AT_ONCE == at for at in range(parts)]
    assert [f"part={at + 2}" in page for at, page in enumerate(pages)] == [True] * (parts - 1) + [False]
    assert "<html" not in visit("/today/?part=2", as_=person, htmx="rest").content.decode()
    assert everything[0] in visit("/today/?part=99", as_=person).content.decode()

"""Who is on duty, and planning it."""

from datetime import timedelta

import pytest

from journal.models import Entry
from kit.clock import now
from tests import make
from tests.sql import refused
from users.access import NeedsRole
from users.actions.drop_duty import NoSuchShift, ShiftIsOver, drop_duty
from users.actions.plan_duty import CannotPlanDuty, DutyOverlaps, plan_duty
from users.models import DutyShift
from users.queries import OnDuty, on_duty
from users.roles import Role

pytestmark = pytest.mark.django_db

AT = now()


@pytest.fixture
def planner():
    return make.person(Role.ADMINISTRATOR)


@pytest.fixture
def able():
    return [make.person(Role.DUTY_MANAGER, name=f"Duty manager {number}") for number in range(3)]


def plan(by, holder, deputy=None, start=0, end=8):
    return plan_duty(
        actor=make.actor(by),
        holder_id=holder.public_id,
        deputy_id=deputy.public_id if deputy else None,
        starts_at=AT + timedelta(hours=start),
        ends_at=AT + timedelta(hours=end),
        at=AT,
    )


def test_shifts_are_half_open_and_say_who_is_on_duty(planner, able):
    first, second, third = able
    plan(planner, first, second, 0, 8)
    plan(planner, third, None, 8, 16)
    assert on_duty(AT - timedelta(microseconds=1)) == OnDuty()
    assert on_duty(AT) == OnDuty(first, second, AT + timedelta(hours=8))
    assert on_duty(AT + timedelta(hours=8)).holder == third, "the next one starts as the former ends"
    assert on_duty(AT + timedelta(hours=16)) == OnDuty()


def test_shifts_do_not_overlap_neither_by_page_nor_by_sql(planner, able):
    first, second, _third = able
    plan(planner, first, None, 0, 8)
    for start, end in ((-1, 1), (7, 9), (2, 3), (-1, 9)):
        with pytest.raises(DutyOverlaps) as no:
            plan(planner, second, None, start, end)
        assert no.value.values["name"] == first.name
    sql = (
        "INSERT INTO users_dutyshift (public_id, row_version, holder_id, starts_at, ends_at)"
        " VALUES (gen_random_uuid(), 1, %s, %s, %s)"
    )
    assert "one_on_duty" in refused(sql, second.pk, AT + timedelta(hours=1), AT + timedelta(hours=2))


def test_only_duty_managers_are_on_duty_and_never_their_own_deputy(planner, able):
    first, _second, _third = able
    outsider = make.person(Role.CAPACITY_REVIEWER)
    for holder, deputy, start, end, field in (
        (outsider, None, 0, 8, "holder"),
        (first, outsider, 0, 8, "deputy"),
        (first, first, 0, 8, "deputy"),
        (first, None, 8, 8, "ends_at"),
        (first, None, 0, 24 * 15, "ends_at"),
        (first, None, -9, -1, "ends_at"),
    ):
        with pytest.raises(CannotPlanDuty) as no:
            plan(planner, holder, deputy, start, end)
        assert list(no.value.fields) == [field]
    assert not DutyShift.objects.exists()


def test_administrators_and_duty_managers_plan_and_nobody_else(able):
    first = able[0]
    for role in set(Role) - {Role.ADMINISTRATOR, Role.DUTY_MANAGER}:
        with pytest.raises(NeedsRole):
            plan(make.person(role), first)
    shift = plan(able[1], first)
    with pytest.raises(NeedsRole):
        drop_duty(actor=make.acting(Role.AUDITOR), shift_id=shift.public_id, at=AT)


def test_a_shift_is_dropped_ended_now_or_kept_as_history(planner, able):
    first = able[0]
    actor = make.actor(planner)
    coming, running = plan(planner, first, None, 8, 16), plan(planner, first, None, -2, 2)
    over = DutyShift.objects.create(holder=first, starts_at=AT - timedelta(days=2), ends_at=AT - timedelta(days=1))
    drop_duty(actor=actor, shift_id=coming.public_id, at=AT)
    with pytest.raises(NoSuchShift):
        drop_duty(actor=actor, shift_id=coming.public_id, at=AT)
    drop_duty(actor=actor, shift_id=running.public_id, at=AT)
    assert on_duty(AT) == OnDuty()
    assert on_duty(AT - timedelta(hours=1)).holder == first
    with pytest.raises(ShiftIsOver):
        drop_duty(actor=actor, shift_id=over.public_id, at=AT)
    assert Entry.objects.filter(action="duty.dropped").count() == 2


def test_the_page_shows_the_rota_to_everybody_and_plans_for_who_may(visit, planner, able):
    first, second, _third = able
    reader = make.person()
    assert "Nobody is on duty" in visit("/people/duty/", as_=reader).content.decode()
    sent = {
        "holder": str(first.public_id),
        "deputy": str(second.public_id),
        "starts_at": (AT - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (AT + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M"),
    }
    assert visit("/people/duty/", as_=reader, method="post", data=sent).status_code == 403
    assert visit("/people/duty/", as_=planner, method="post", data=sent).status_code == 302
    again = visit("/people/duty/", as_=planner, method="post", data=sent)
    assert again.status_code == 409
    assert f"{first.name} is on duty in a part of that time" in again.content.decode()
    broken = visit("/people/duty/", as_=planner, method="post", data={**sent, "holder": "x", "starts_at": "yesterday"})
    assert broken.status_code == 400
    page = visit("/people/duty/", as_=reader).content.decode()
    assert f"{first.name} is on duty." in page
    assert "Add a shift" not in page
    shift = DutyShift.objects.get()
    drop = f"/people/duty/{shift.public_id}/drop/"
    assert visit(drop, as_=reader, method="post").status_code == 403
    assert visit(drop, as_=planner, method="post").status_code == 302
    assert on_duty(now()) == OnDuty()

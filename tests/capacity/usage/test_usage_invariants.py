"""Rollups that do not add up and forecasts that do not hold together are named."""

from datetime import timedelta

import pytest

from capacity.alarms.actions.acknowledge_alarm import acknowledge_alarm
from capacity.alarms.keeping import keep_alarms
from capacity.alarms.models import Alarm, AlarmKind
from capacity.desk.invariants import CHECKS, check_invariants
from tests import make, sql
from users.roles import Role

pytestmark = pytest.mark.django_db

NAMES = [name for name, check in CHECKS.items() if check.__module__.endswith(".usage")]


def broken() -> set[str]:
    return {finding.name for finding in check_invariants(*NAMES) if not finding.holds}


def test_each_breach_of_usage_and_alarms_is_named():
    pool = make.pool()
    make.forecast(pool, p50=20)
    operator = make.person(Role.REGION_OPERATOR)
    keep_alarms(AlarmKind.USAGE_SURGE, {(pool.region_id, "vcpu"): {}}, region_ids=[], at=make.NOW)
    acknowledge_alarm(actor=make.actor(operator), alarm_id=Alarm.objects.get().public_id, at=make.NOW)
    assert broken() == set()
    assert all(finding.looked_at for finding in check_invariants(*NAMES))

    sql.run("UPDATE capacity_usagehour SET sum = sum + 1 WHERE hour = (SELECT max(hour) FROM capacity_usagehour)")
    assert broken() == {"hours_equal_their_samples", "days_equal_their_hours"}
    sql.run("UPDATE capacity_usageday SET sum = sum + 1")
    assert "hours_equal_their_samples" in broken()
    make.forecast(pool, at=make.NOW + timedelta(hours=1), low=[120.0] * 90)
    assert "forecasts_hold_together" in broken()
    # Who was appointed when it became theirs may have left since.
    sql.run("UPDATE users_roleassignment SET ended_at = now() WHERE user_id = %s", operator.pk)
    assert "alarms_belong_to_people_who_may_act" not in broken()

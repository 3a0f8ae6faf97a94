"""A stored policy version is the value that was stored."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from priorities import policy
from priorities.actions.seed_policy import seed_policy
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import NoPolicyInForce, active_policy, active_version, policy_of, store_policy
from tests import make
from tests.sql import refused, run

pytestmark = pytest.mark.django_db


def test_the_default_policy_comes_back_as_it_was_stored_and_seeding_twice_changes_nothing():
    with pytest.raises(NoPolicyInForce):
        active_policy(make.NOW)
    seed_policy(at=make.NOW)
    seed_policy(at=make.NOW)
    version, value = active_policy(make.NOW)
    assert PolicyVersion.objects.count() == 1
    assert version.state == PolicyState.ACTIVE
    assert value == policy.default_policy()
    assert policy.digest(policy_of(version)) == policy.digest(policy.default_policy())


def proposed(number: int, **columns) -> PolicyVersion:
    version = PolicyVersion.objects.create(number=number, title="Next", **columns)
    version.state = PolicyState.PROPOSED
    version.save()
    return version


def test_one_version_is_active_and_one_is_in_force_at_any_moment_also_for_raw_sql():
    seed_policy(at=make.NOW)
    second = proposed(2)
    activate = "UPDATE priorities_policyversion SET state = 'active', active_from = %s WHERE id = %s"
    later = make.NOW + timedelta(days=1)
    run("UPDATE priorities_policyversion SET retired_at = %s WHERE number = 1", later)
    assert "one_active_policy" in refused(activate, later, second.pk)
    run("UPDATE priorities_policyversion SET state = 'retired' WHERE number = 1")
    assert "one_policy_in_force" in refused(activate, later - timedelta(seconds=1), second.pk)
    assert "policy_in_force_has_a_start" in refused(activate, None, second.pk)
    run(activate, later, second.pk)
    assert active_version(later - timedelta(microseconds=1)).number == 1
    assert active_version(later).number == 2


def test_nobody_activates_the_version_they_proposed_not_even_by_raw_sql():
    author = make.person()
    draft = PolicyVersion.objects.create(number=7, title="Seventh", proposed_by=author)
    assert "weights_sum_to_thousand" in refused("UPDATE priorities_policyversion SET weight_workload = 501")
    PolicyVersion.objects.filter(pk=draft.pk).update(state=PolicyState.PROPOSED)
    with pytest.raises(IntegrityError, match="nobody_activates_own_policy"), transaction.atomic():
        PolicyVersion.objects.filter(pk=draft.pk).update(activated_by=author)


@pytest.mark.parametrize("table", ["policytier", "policyrule", "policyworkloadscore", "policyfloor"])
def test_what_was_proposed_is_not_edited_not_even_by_raw_sql(table):
    seed_policy(at=make.NOW)
    draft = store_policy(replace(policy.default_policy(), version=2), title="Next")
    number = "(SELECT id FROM priorities_policyversion WHERE number = {})"
    said = "only a draft of the policy can be changed"
    assert said in refused(f"UPDATE priorities_{table} SET version_id = {number.format(1)}")
    assert said in refused(f"DELETE FROM priorities_{table} WHERE version_id = {number.format(1)}")
    run(f"UPDATE priorities_{table} SET id = id WHERE version_id = {number.format(2)}")
    # A clause cannot leave its version or come to another one either.
    assert said in refused(
        f"UPDATE priorities_{table} SET version_id = {number.format(1)} WHERE version_id = {draft.pk}"
    )
    run("UPDATE priorities_policyversion SET state = 'proposed' WHERE number = 2")
    assert said in refused(f"DELETE FROM priorities_{table} WHERE version_id = {number.format(2)}")


def test_a_version_begins_as_a_draft_and_its_terms_window_and_signatures_stay():
    seed_policy(at=make.NOW)
    said = refused("UPDATE priorities_policyversion SET tier1_reserve_permille = 0 WHERE number = 1")
    assert "a proposed policy is not edited" in said
    with pytest.raises(DatabaseError, match="Cannot insert"), transaction.atomic():
        PolicyVersion.objects.create(number=2, title="Next", state=PolicyState.PROPOSED)
    author, manager = make.person(), make.person()
    second = proposed(2, proposed_by=author)
    later = make.NOW + timedelta(days=1)
    run("UPDATE priorities_policyversion SET retired_at = %s, state = 'retired' WHERE number = 1", later)
    run(
        "UPDATE priorities_policyversion SET state = 'active', active_from = %s, activated_by_id = %s WHERE id = %s",
        later,
        manager.pk,
        second.pk,
    )
    assert "the end of a policy stays" in refused("UPDATE priorities_policyversion SET retired_at = NULL")
    for change in ("active_from = now()", "activated_by_id = NULL", "proposed_by_id = NULL"):
        said = refused(f"UPDATE priorities_policyversion SET {change} WHERE number = 2")
        assert "the activation of a policy stays" in said
    assert "permission denied" in refused("DELETE FROM priorities_policyversion")

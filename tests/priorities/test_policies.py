"""A stored policy version is the value that was stored."""

import pytest
from django.db import IntegrityError, transaction

from priorities import policy
from priorities.actions.seed_policy import seed_policy
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import NoPolicyInForce, active_policy, policy_of
from tests import make

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


def test_only_one_version_is_active_at_a_time():
    seed_policy(at=make.NOW)
    second = PolicyVersion.objects.create(number=2, title="Second")
    second.state = PolicyState.PROPOSED
    second.save()
    second.state = PolicyState.ACTIVE
    with pytest.raises(IntegrityError, match="one_active_policy"), transaction.atomic():
        second.save()


def test_nobody_activates_the_version_they_proposed_not_even_by_raw_sql():
    author = make.person()
    draft = PolicyVersion.objects.create(number=7, title="Seventh", proposed_by=author)
    PolicyVersion.objects.filter(pk=draft.pk).update(state=PolicyState.PROPOSED)
    with pytest.raises(IntegrityError, match="nobody_activates_own_policy"), transaction.atomic():
        PolicyVersion.objects.filter(pk=draft.pk).update(activated_by=author)
    with pytest.raises(IntegrityError, match="weights_sum_to_thousand"), transaction.atomic():
        PolicyVersion.objects.filter(pk=draft.pk).update(weight_workload=501)

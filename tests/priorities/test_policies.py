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
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()

"""The life of a policy version: drafted, changed, proposed, activated by another person, retired."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone, translation

from customers.models import SectorCategory
from journal.models import Entry
from kit.refusal import NotFound, Refusal, StaleForm
from kit.transitions import MoveRefused
from priorities import policy
from priorities.access import CannotActivateOwnPolicy
from priorities.actions.activate_policy import CannotActivateThen, PolicyMovedOn, activate_policy
from priorities.actions.draft_policy import CannotKeepDraft, change_policy_draft, draft_policy
from priorities.actions.propose_policy import (
    NothingChanged,
    PolicyUnsound,
    discard_policy,
    propose_policy,
    send_back_policy,
)
from priorities.actions.seed_policy import seed_policy
from priorities.drafts import Approval, NotADraft, ReasonNeeded, approval_of
from priorities.models import PolicyMove, PolicyState, PolicyVersion
from priorities.policies import active_version, policy_of
from tests import make
from tests.sql import refused, run
from users.access import NeedsFreshSignIn, NeedsRole
from users.roles import Role

NOW = make.NOW
pytestmark = pytest.mark.django_db


@pytest.fixture(name="reviewer")
def _reviewer():
    seed_policy(at=NOW - timedelta(days=365))
    return make.acting(Role.CAPACITY_REVIEWER)


def manager():
    return make.acting(Role.DUTY_MANAGER, fresh_at=NOW)


def drafted(reviewer, *, title="Crisis research first"):
    return draft_policy(actor=reviewer, based_on=1, title=title, at=NOW)


def changed(reviewer, version, **changes):
    version.refresh_from_db()
    return change_policy_draft(
        actor=reviewer,
        number=version.number,
        row_version=version.row_version,
        value=replace(policy_of(version), **changes),
        title=version.title,
        approval=approval_of(version),
        at=NOW,
    )


def proposed(reviewer, **changes):
    version = changed(reviewer, drafted(reviewer), **(changes or {"reserve_permille": 120}))
    return propose_policy(
        actor=reviewer, number=version.number, row_version=version.row_version, reason="More for hospitals", at=NOW
    )


def activated(version, *, by=None, at=NOW, replaces=1, **changes):
    return activate_policy(
        actor=by or make.acting(Role.DUTY_MANAGER, fresh_at=at),
        number=version.number,
        row_version=version.row_version,
        replaces=replaces,
        reason="Agreed with the medical office",
        at=at,
        **changes,
    )


def test_a_draft_is_a_copy_that_another_version_never_notices(reviewer):
    version = drafted(reviewer)
    assert (version.number, version.state, version.based_on.number) == (2, PolicyState.DRAFT, 1)
    source = PolicyVersion.objects.get(number=1)
    assert replace(policy_of(version), version=1) == policy_of(source)
    changed(reviewer, version, reserve_permille=150)
    assert policy_of(PolicyVersion.objects.get(number=1)).reserve_permille == 100
    assert policy_of(PolicyVersion.objects.get(number=2)).reserve_permille == 150
    assert active_version(NOW).number == 1


def test_a_change_is_journaled_with_what_was_and_what_is_and_the_same_content_changes_nothing(reviewer):
    version = changed(reviewer, drafted(reviewer), strict_tier_one=True, floors=(("RW-CORE", 30),))
    entry = Entry.objects.get(action="policy.changed")
    assert entry.before == {"strict_tier_one": False, "floors": [["RW-CORE", 20]]}
    assert entry.after == {"strict_tier_one": True, "floors": [["RW-CORE", 30]], "row_version": 2}
    assert changed(reviewer, version).row_version == 2
    assert Entry.objects.filter(action="policy.changed").count() == 1


def test_a_stale_change_is_refused(reviewer):
    version = drafted(reviewer)
    changed(reviewer, version, reserve_permille=150)
    with pytest.raises(StaleForm):
        change_policy_draft(
            actor=reviewer,
            number=2,
            row_version=1,
            value=policy_of(version),
            title="Mine",
            approval=Approval(1, 700),
            at=NOW,
        )
    assert PolicyVersion.objects.get(number=2).title == version.title


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weight_workload": 600}, "weight_workload"),
        ({"mark_permille": 1001}, "shares"),
        ({"workload_scores": (("general", 1001),)}, "workload_scores"),
        ({"workload_scores": (("mining", 10),)}, "workload_scores"),
        ({"floors": (("XX-NONE", 10),)}, "floors"),
        ({"verification_scores": (("verified", 100), ("provisional", 200))}, "provisional_score"),
        ({"rules": (policy.Rule("1.1", 1, categories=("XX-NONE",), workloads=("mining",)),)}, "clauses"),
    ],
)
def test_what_cannot_be_stored_is_refused_in_words_and_nothing_is_written(reviewer, changes, field):
    version = drafted(reviewer)
    with pytest.raises(CannotKeepDraft) as found:
        changed(reviewer, version, **changes)
    assert field in found.value.fields
    assert PolicyVersion.objects.get(number=2).row_version == 1
    assert not Entry.objects.filter(action="policy.changed").exists()


def test_an_unsound_draft_is_kept_but_not_proposed(reviewer):
    rules = policy.default_policy().rules
    version = changed(reviewer, drafted(reviewer), rules=(*rules, policy.Rule("3.9", 3, categories=("GV-OTHER",))))
    with pytest.raises(PolicyUnsound) as found:
        propose_policy(actor=reviewer, number=2, row_version=version.row_version, reason="Why not", at=NOW)
    assert "3.9" in found.value.sentence
    version = changed(reviewer, version, rules=rules)
    with pytest.raises(NothingChanged):
        propose_policy(actor=reviewer, number=2, row_version=version.row_version, reason="Why not", at=NOW)


def test_a_proposal_is_closed_until_it_is_sent_back(reviewer):
    version = proposed(reviewer)
    assert (version.state, version.reason) == (PolicyState.PROPOSED, "More for hospitals")
    with pytest.raises(NotADraft):
        changed(reviewer, version, reserve_permille=10)
    with pytest.raises(ReasonNeeded):
        send_back_policy(actor=manager(), number=2, row_version=version.row_version, reason=" ", at=NOW)
    back = send_back_policy(actor=manager(), number=2, row_version=version.row_version, reason="Too little", at=NOW)
    assert (back.state, back.proposed_by) == (PolicyState.DRAFT, None)
    assert changed(reviewer, back, reserve_permille=140).row_version == back.row_version + 1


def test_a_discarded_draft_stays_readable_and_its_number_taken(reviewer):
    version = drafted(reviewer)
    discard_policy(actor=reviewer, number=2, row_version=version.row_version, reason="Overtaken", at=NOW)
    assert drafted(reviewer).number == 3
    with pytest.raises(MoveRefused):
        propose_policy(actor=reviewer, number=2, row_version=2, reason="Still", at=NOW)
    assert [move.new_state for move in PolicyMove.objects.filter(version=version).order_by("pk")] == [
        "draft",
        "discarded",
    ]


def test_an_activation_takes_another_duty_manager_with_a_fresh_sign_in_step(reviewer):
    version = proposed(reviewer)
    both = make.person(Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER)
    with pytest.raises(NeedsRole):
        activated(version, by=reviewer)
    with pytest.raises(NeedsFreshSignIn):
        activated(version, by=make.acting(Role.DUTY_MANAGER, fresh_at=NOW - timedelta(minutes=6)))
    other = proposed(make.actor(both), reserve_permille=130)
    with pytest.raises(CannotActivateOwnPolicy):
        activated(other, by=make.actor(both, fresh_at=NOW))
    # Who only edited what somebody else then proposed is not far enough away either.
    third = changed(make.actor(both), drafted(reviewer), reserve_permille=140)
    third = propose_policy(actor=reviewer, number=third.number, row_version=third.row_version, reason="Yes", at=NOW)
    with pytest.raises(CannotActivateOwnPolicy):
        activated(third, by=make.actor(both, fresh_at=NOW))
    for column in ("drafted_by_id", "proposed_by_id"):
        rule = "nobody_activates_own_draft" if column == "drafted_by_id" else "nobody_activates_own_policy"
        said = refused(
            f"UPDATE priorities_policyversion SET activated_by_id = {column} WHERE number = %s", third.number
        )
        assert rule in said


def test_the_windows_follow_each_other_without_gap_or_overlap(reviewer):
    version = activated(proposed(reviewer))
    assert (version.state, version.active_from) == (PolicyState.ACTIVE, NOW)
    first = PolicyVersion.objects.get(number=1)
    assert (first.state, first.retired_at) == (PolicyState.RETIRED, NOW)
    assert active_version(NOW - timedelta(microseconds=1)).number == 1
    assert active_version(NOW).number == 2


def test_a_version_may_take_effect_later_and_the_one_before_stays_in_force_until_then(reviewer):
    later = NOW + timedelta(days=3)
    activated(proposed(reviewer), active_from=later)
    assert active_version(NOW).number == 1
    assert active_version(later - timedelta(microseconds=1)).number == 1
    assert active_version(later).number == 2
    # A third may follow it or take its place, and never comes before it.
    third = proposed(reviewer, reserve_permille=150)
    with pytest.raises(CannotActivateThen):
        activated(third, replaces=2, active_from=later - timedelta(seconds=1))
    activated(third, replaces=2, active_from=later)
    assert active_version(later).number == 3
    assert {active_version(NOW + timedelta(hours=hours)).number for hours in range(100)} == {1, 3}


@pytest.mark.parametrize("moment", [timedelta(seconds=-1), timedelta(days=91)])
def test_a_moment_that_is_past_or_too_far_ahead_is_refused(reviewer, moment):
    with pytest.raises(CannotActivateThen) as found:
        activated(proposed(reviewer), active_from=NOW + moment)
    assert "active_from" in found.value.fields
    assert active_version(NOW).number == 1


def test_whoever_compared_with_another_version_is_told_so(reviewer):
    second, third = proposed(reviewer), proposed(reviewer, reserve_permille=150)
    activated(second)
    with pytest.raises(PolicyMovedOn) as found:
        activated(third)
    assert "version 2" in found.value.sentence
    assert activated(third, replaces=2).number == 3


def test_a_category_that_came_meanwhile_keeps_a_version_from_being_activated(reviewer):
    version = proposed(reviewer)
    make.category("HE-ACUTE")
    SectorCategory.objects.create(code="XX-NEW", name_de="Neu", name_en="New")
    with pytest.raises(PolicyUnsound) as found:
        activated(version)
    assert "XX-NEW" in found.value.sentence


def test_each_act_is_a_move_and_a_journal_entry_and_unknown_versions_are_not_found(reviewer):
    version = activated(proposed(reviewer))
    acts = list(Entry.objects.filter(subject_id=str(version.public_id)).order_by("pk").values_list("action", flat=True))
    assert acts == ["policy.drafted", "policy.changed", "policy.proposed", "policy.activated"]
    assert [move.new_state for move in version.moves.order_by("pk")] == ["draft", "proposed", "active"]
    assert Entry.objects.filter(action="policy.retired").count() == 1
    assert "permission denied" in refused("UPDATE priorities_policymove SET reason = ''")
    with pytest.raises(NotFound):
        draft_policy(actor=reviewer, based_on=77, title="Next", at=NOW)
    with pytest.raises(NotFound):
        activated(PolicyVersion(number=77))


def test_the_words_of_every_refusal_have_their_values(reviewer):
    found = []
    for act in (
        lambda: changed(reviewer, proposed(reviewer)),
        lambda: activated(proposed(reviewer), replaces=7),
        lambda: discard_policy(actor=reviewer, number=2, row_version=3, reason="Late", at=NOW),
    ):
        with pytest.raises(Refusal) as refusal, translation.override("de"):
            act()
        found.append(str(refusal.value))
    assert all("%(" not in text for text in found)


@pytest.mark.django_db(transaction=True)
def test_of_activations_at_the_same_time_exactly_one_wins():
    """Real connections: two proposals, four duty managers, one active version and one in force."""
    seed_policy(at=NOW - timedelta(days=365))
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    versions = [proposed(reviewer, reserve_permille=permille) for permille in (110, 130)] * 2
    managers = [manager() for _ in versions]
    start, won, lost = threading.Barrier(len(versions)), [], []

    def activate(version, by):
        try:
            start.wait(timeout=10)
            won.append(activated(version, by=by).number)
        except Refusal as refusal:
            lost.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=activate, args=pair) for pair in zip(versions, managers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(won) == 1
    assert lost == ["policy_moved_on"] * 3
    assert run("SELECT count(*) FROM priorities_policyversion WHERE state = 'active'") == [(1,)]
    assert active_version(timezone.now()).number == won[0]

"""An override takes two people, a reason and a window, and ends by itself."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from kit.ids import uuid7
from kit.refusal import NotAllowed
from priorities import policy
from priorities.access import CannotConfirmOwnOverride
from priorities.actions.confirm_override import AnotherStands, WindowIsOver, confirm_override
from priorities.actions.end_override import EndingNeedsReason, expire_overrides, revoke_override
from priorities.actions.propose_override import About, CannotProposeOverride, Effect, propose_override
from priorities.actions.refuse_override import RefusalNeedsReason, refuse_override
from priorities.actions.renew_override import RenewalWaits, RenewedOftenEnough, renew_override
from priorities.actions.seed_policy import seed_policy
from priorities.models import Override, OverrideState
from priorities.overrides import Subject, overrides_covering
from tests import make
from users.access import NeedsFreshSignIn
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _policy(db):
    seed_policy(at=make.NOW)


@pytest.fixture
def reviewer():
    return make.acting(Role.CAPACITY_REVIEWER)


@pytest.fixture
def duty_manager():
    return make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW)


def propose(actor, *, key=None, kind="retier", to_tier=1, cap_permille=None, workload="", region="", **changes):
    about = About(key or uuid7(), "R-7", workload, region)
    values = {
        "reason_code": "life_safety",
        "reason": "The emergency line of the district depends on it.",
        "hours": 72,
        "at": make.NOW,
    }
    effect = Effect(kind, to_tier=to_tier if kind == "retier" else None, cap_permille=cap_permille)
    return propose_override(actor=actor, about=about, effect=effect, **{**values, **changes})


def facts_of(key, at):
    found = overrides_covering([Subject(key, uuid7(), "general")], at=at)
    return found[key].own if key in found else ()


def test_it_counts_only_after_another_person_confirmed_it(reviewer, duty_manager):
    override = propose(reviewer)
    assert facts_of(override.subject_key, make.NOW) == ()
    confirm_override(actor=duty_manager, override=override, at=make.NOW)
    (fact,) = facts_of(override.subject_key, make.NOW)
    assert (fact.kind, fact.value) == (policy.OverrideKind.RETIER, 1)
    override.refresh_from_db()
    assert [move.new_state for move in override.moves.order_by("pk")] == [OverrideState.PROPOSED, OverrideState.ACTIVE]


def test_nobody_confirms_own_proposal_not_even_by_raw_sql(duty_manager):
    override = propose(duty_manager)
    with pytest.raises(CannotConfirmOwnOverride):
        confirm_override(actor=duty_manager, override=override, at=make.NOW)
    with pytest.raises(IntegrityError, match="nobody_confirms_own_override"), transaction.atomic():
        Override.objects.filter(pk=override.pk).update(
            state="active", confirmed_by=override.proposed_by, confirmed_at=make.NOW
        )


def test_confirming_needs_the_role_and_a_sign_in_step_of_the_last_five_minutes(reviewer):
    override = propose(reviewer)
    with pytest.raises(NotAllowed):
        confirm_override(actor=make.acting(Role.EXECUTIVE), override=override, at=make.NOW)
    stale = make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW - timedelta(minutes=5, seconds=1))
    with pytest.raises(NeedsFreshSignIn):
        confirm_override(actor=stale, override=override, at=make.NOW)
    fresh = make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW - timedelta(minutes=5))
    assert confirm_override(actor=fresh, override=override, at=make.NOW).state == OverrideState.ACTIVE


def test_it_ends_at_the_edge_of_its_window_even_if_no_worker_runs(reviewer, duty_manager):
    override = propose(reviewer, hours=1)
    confirm_override(actor=duty_manager, override=override, at=make.NOW)
    key, end = override.subject_key, make.NOW + timedelta(hours=1)
    assert facts_of(key, end - timedelta(microseconds=1))
    assert not facts_of(key, end)
    assert expire_overrides(at=end) == 1
    assert expire_overrides(at=end) == 0
    override.refresh_from_db()
    assert (override.state, override.ended_at) == (OverrideState.EXPIRED, end)


def test_an_unsigned_proposal_runs_out_and_cannot_be_signed_afterwards(reviewer):
    override = propose(reviewer, hours=1)
    late = make.NOW + timedelta(hours=1)
    with pytest.raises(WindowIsOver):
        confirm_override(actor=make.acting(Role.DUTY_MANAGER, fresh_at=late), override=override, at=late)


def test_two_confirmed_ones_of_a_kind_never_overlap(reviewer, duty_manager):
    first = propose(reviewer)
    second = propose(reviewer, key=first.subject_key, to_tier=2)
    confirm_override(actor=duty_manager, override=first, at=make.NOW)
    with pytest.raises(AnotherStands):
        confirm_override(actor=duty_manager, override=second, at=make.NOW)
    second.refresh_from_db()
    assert second.state == OverrideState.PROPOSED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hours": 0}, "hours"),
        ({"hours": 14 * 24 + 1}, "hours"),
        ({"to_tier": 6}, "to_tier"),
        ({"to_tier": None}, "to_tier"),
        ({"kind": "promote"}, "kind"),
        ({"reason": "  "}, "reason"),
        ({"reason_code": "because"}, "reason_code"),
    ],
)
def test_bad_input_names_the_field_and_writes_nothing(reviewer, change, field):
    with pytest.raises(CannotProposeOverride) as refusal:
        propose(reviewer, **change)
    assert list(refusal.value.fields) == [field]
    assert not Override.objects.exists()


def test_the_facts_of_an_override_cannot_be_edited(reviewer):
    override = propose(reviewer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Override.objects.filter(pk=override.pk).update(to_tier=5)
    with pytest.raises(DatabaseError), transaction.atomic():
        Override.objects.filter(pk=override.pk).update(state="reviewed")


def test_refusing_and_ending_early_need_a_reason(reviewer, duty_manager):
    refused, ended = propose(reviewer), propose(reviewer)
    with pytest.raises(RefusalNeedsReason):
        refuse_override(actor=duty_manager, override=refused, reason=" ", at=make.NOW)
    assert refuse_override(actor=duty_manager, override=refused, reason="No.", at=make.NOW).state == "refused"
    confirm_override(actor=duty_manager, override=ended, at=make.NOW)
    with pytest.raises(EndingNeedsReason):
        revoke_override(actor=duty_manager, override=ended, reason="", at=make.NOW)
    revoke_override(actor=duty_manager, override=ended, reason="Solved.", at=make.NOW + timedelta(minutes=1))
    assert not facts_of(ended.subject_key, make.NOW + timedelta(minutes=1))


def test_it_is_renewed_twice_at_most_and_continues_where_it_ends(reviewer, duty_manager):
    first = confirm_override(actor=duty_manager, override=propose(reviewer, hours=1), at=make.NOW)
    renewed, at = first, make.NOW
    for number in (1, 2):
        again = renew_override(actor=reviewer, override=renewed, hours=1, reason="Not solved yet.", at=at)
        assert (again.renews, again.renewal, again.starts_at) == (renewed, number, renewed.ends_at)
        with pytest.raises(RenewalWaits):
            renew_override(actor=reviewer, override=renewed, hours=1, reason="Not solved yet.", at=at)
        at = again.starts_at
        signer = make.acting(Role.DUTY_MANAGER, fresh_at=at)
        assert facts_of(first.subject_key, at) == (), "not before its own second signature"
        renewed = confirm_override(actor=signer, override=again, at=at)
        assert len(facts_of(first.subject_key, at)) == 1
    with pytest.raises(RenewedOftenEnough):
        renew_override(actor=reviewer, override=renewed, hours=1, reason="Not solved yet.", at=at)


def test_ending_one_early_ends_the_renewal_that_would_continue_it(reviewer, duty_manager):
    first = confirm_override(actor=duty_manager, override=propose(reviewer, hours=2), at=make.NOW)
    again = renew_override(actor=reviewer, override=first, hours=1, reason="Not solved yet.", at=make.NOW)
    confirm_override(actor=duty_manager, override=again, at=make.NOW)
    revoke_override(actor=duty_manager, override=first, reason="Solved.", at=make.NOW)
    assert set(Override.objects.values_list("state", flat=True)) == {"revoked"}
    assert facts_of(first.subject_key, first.ends_at) == ()

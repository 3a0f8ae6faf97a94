"""What no path gets around: each rule of an override as raw SQL of the application role; windows and reviews."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from capacity.review.override_forms import OverrideForm
from kit.ids import uuid7
from kit.refusal import Refusal
from priorities.actions.break_glass import OnlyForLives, break_glass
from priorities.actions.confirm_override import WindowIsOver, confirm_override
from priorities.actions.end_override import expire_overrides
from priorities.actions.propose_override import About, CannotProposeOverride, Effect, propose_override
from priorities.actions.renew_override import renew_override
from priorities.actions.review_override import NothingToReview, ReviewIncomplete, review_override
from priorities.actions.seed_policy import seed_policy
from priorities.models import Override, OverrideState
from priorities.overrides import Subject, in_force, overrides_covering, waiting_for_signature
from tests import make
from tests.drills import rounds
from tests.racing import at_once
from tests.sql import refused, run
from users.access import NeedsFreshSignIn
from users.roles import Role

pytestmark = pytest.mark.django_db

NOW = make.NOW
WHY = {"reason_code": "life_safety", "reason": "The emergency line of the district depends on it.", "hours": 72}


@pytest.fixture(autouse=True)
def _policy(db):
    seed_policy(at=NOW - timedelta(days=365))


def propose(by=None, *, key=None, at=NOW, kind="pin", **changes):
    about, effect = About(key or uuid7(), "R-7"), Effect(kind)
    return propose_override(
        actor=by or make.acting(Role.CAPACITY_REVIEWER), about=about, effect=effect, at=at, **{**WHY, **changes}
    )


def glass(by=None, *, key=None, at=NOW, **changes):
    by = by or make.acting(Role.CAPACITY_REVIEWER, fresh_at=at)
    about, effect = About(key or uuid7(), "R-7"), Effect("pin")
    return break_glass(actor=by, about=about, effect=effect, at=at, **{**WHY, **changes})


def signer(at=NOW):
    return make.acting(Role.DUTY_MANAGER, fresh_at=at)


# --- raw SQL -------------------------------------------------------------------------------------------

SIGN = "UPDATE priorities_override SET state = 'active', confirmed_by_id = %s, confirmed_at = %s WHERE id = %s"


def test_sql_does_not_sign_for_the_proposer_too_late_or_over_another():
    first, second = propose(key=(key := uuid7())), propose(key=key)
    other = make.person(Role.DUTY_MANAGER).pk
    assert "nobody_confirms_own_override" in refused(SIGN, first.proposed_by_id, NOW, first.pk)
    assert "active_override_is_confirmed" in refused(
        "UPDATE priorities_override SET state = 'active' WHERE id = %s", first.pk
    )
    assert "override_is_signed_in_time" in refused(SIGN, other, first.ends_at, first.pk)
    run(SIGN, other, NOW, first.pk)
    assert "no_overlapping_overrides" in refused(SIGN, other, NOW, second.pk)
    assert "override_signatures_stay" in refused(SIGN, make.person(Role.DUTY_MANAGER).pk, NOW, first.pk)


def test_sql_does_not_break_the_glass_for_less_or_longer_and_does_not_sign_it_late():
    alone = glass()
    copy = _copier(alone)
    for change, rule in {
        "reason_code = 'contract'": "break_glass_is_for_lives_and_a_day",
        "sign_by = starts_at + interval '25 hours'": "break_glass_is_for_lives_and_a_day",
        "sign_by = NULL": "break_glass_is_for_lives_and_a_day",
        "is_break_glass = false, sign_by = NULL": "only_break_glass_stands_unconfirmed",
        "state = 'active'": "an override begins without a second signature",
        "number = number": "no_overlapping_overrides",
    }.items():
        assert rule in copy(change), change
    other = make.person(Role.DUTY_MANAGER).pk
    assert "override_is_signed_in_time" in refused(SIGN, other, alone.sign_by, alone.pk)
    assert "nobody_confirms_own_override" in refused(SIGN, alone.proposed_by_id, NOW, alone.pk)
    run(SIGN, other, alone.sign_by - timedelta(microseconds=1), alone.pk)


def test_sql_does_not_write_a_window_a_scope_or_a_renewal_that_the_form_would_refuse():
    made = confirm_override(actor=signer(), override=propose(), at=NOW)
    copy = _copier(made, state="proposed", confirmed_by_id=None, confirmed_at=None)
    for change, rule in {
        "starts_at = proposed_at - interval '1 second'": "override_does_not_start_in_the_past",
        "ends_at = starts_at + interval '14 days 1 second'": "override_lasts_14_days_at_most",
        "ends_at = starts_at": "override_ends_after_start",
        "to_tier = 1": "only_retier_names_a_tier",
        "kind = 'retier'": "only_retier_names_a_tier",
        "kind = 'cap'": "only_cap_names_a_limit",
        "cap_permille = 500": "only_cap_names_a_limit",
        "scope = 'organization'": "override_names_its_scope",
        "region_code = 'westeurope'": "override_names_its_scope",
        "renewal = 1": "override_is_renewed_twice_at_most",
        f"renews_id = {made.pk}, renewal = 1": "a renewal continues a confirmed override unchanged",
        f"renews_id = {made.pk}, renewal = 1, starts_at = ends_at, ends_at = ends_at + interval '1 hour', "
        "kind = 'hold'": "a renewal continues a confirmed override unchanged",
    }.items():
        assert rule in copy(change), change
    renewed = renew_override(
        actor=make.acting(Role.CAPACITY_REVIEWER), override=made, hours=1, reason="Not solved yet.", at=NOW
    )
    assert "one_renewal_at_a_time" in _copier(renewed)("number = number")


def test_sql_does_not_change_facts_states_or_reviews():
    made = confirm_override(actor=signer(), override=propose(), at=NOW)
    for column, value in {
        "kind": "'hold'", "subject_key": "gen_random_uuid()", "reason": "'Other.'", "ticket": "'X-1'",
        "ends_at": "ends_at + interval '1 day'", "proposed_by_id": str(make.person().pk), "renewal": "2",
    }.items():  # fmt: skip
        assert "override_facts_stay" in refused(f"UPDATE priorities_override SET {column} = {value}"), column
    assert "Invalid transition" in refused("UPDATE priorities_override SET state = 'reviewed'")
    assert "permission denied" in refused("DELETE FROM priorities_override")
    assert "permission denied" in refused("UPDATE priorities_overridemove SET new_state = 'active'")
    expire_overrides(at=made.ends_at)
    reviewing = (
        "UPDATE priorities_override SET state = 'reviewed', reviewed_by_id = %s, reviewed_at = now(),"
        " verdict = %s, lesson = %s WHERE id = %s"
    )
    other = make.person(Role.CAPACITY_REVIEWER).pk
    for person in (made.proposed_by_id, made.confirmed_by_id):
        assert "another_person_reviews_override" in refused(reviewing, person, "right", "None.", made.pk)
    assert "review_has_verdict_and_lesson" in refused(reviewing, other, "right", "", made.pk)
    run(reviewing, other, "right", "None.", made.pk)
    assert "override_signatures_stay" in refused("UPDATE priorities_override SET lesson = 'Another.'")
    expire_overrides(at=(unsigned := propose(hours=1)).ends_at)
    assert "review_has_verdict_and_lesson" in refused(reviewing, other, "right", "None.", unsigned.pk)


def _copier(row, **changed):
    """Inserts the row again under another number with a change, and gives the database's refusal."""
    columns = [field.column for field in Override._meta.concrete_fields if field.column not in ("id", "public_id")]

    def copy(change):
        changes = dict(part.split(" = ", 1) for part in change.split(", ")) | {
            column: "NULL" if value is None else f"'{value}'" for column, value in changed.items()
        }
        if "state" in change:
            changes["state"] = change.split(" = ")[1]
        # Each changed column reads the row as it was.
        values = ", ".join("number + 1000" if c == "number" else changes.get(c, c) for c in columns)
        return refused(
            f"INSERT INTO priorities_override (public_id, {', '.join(columns)})"
            f" SELECT gen_random_uuid(), {values} FROM priorities_override WHERE id = %s",
            row.pk,
        )

    return copy


# --- break-glass, windows and reviews ------------------------------------------------------------------


def test_break_glass_counts_at_once_and_lapses_by_itself_and_is_flagged():
    with pytest.raises(OnlyForLives):
        glass(reason_code="contract")
    with pytest.raises(NeedsFreshSignIn):
        glass(by=make.acting(Role.CAPACITY_REVIEWER))
    assert not Override.objects.exists()
    alone = glass()
    edge = NOW + timedelta(hours=24)
    assert alone.sign_by == edge
    # No worker has run: the window alone says so.
    assert [list(in_force(at)) for at in (NOW, edge - timedelta(microseconds=1), edge)] == [[alone], [alone], []]
    assert list(waiting_for_signature(edge - timedelta(microseconds=1))) == [alone]
    with pytest.raises(WindowIsOver):
        confirm_override(actor=signer(edge), override=alone, at=edge)
    # What lapsed stands in nobody's way, even before the books say so.
    again = propose(key=alone.subject_key, at=edge)
    assert confirm_override(actor=signer(edge), override=again, at=edge).state == OverrideState.ACTIVE
    alone.refresh_from_db()
    assert (alone.state, alone.ended_at, alone.is_flagged) == (OverrideState.EXPIRED, edge, True)
    assert alone.review_due_at == edge + timedelta(days=7)


def test_break_glass_that_is_signed_in_time_lasts_its_whole_window():
    alone = glass()
    at = NOW + timedelta(hours=23)
    confirm_override(actor=signer(at), override=alone, at=at)
    last = alone.ends_at - timedelta(microseconds=1)
    assert list(in_force(last)) == [alone]
    assert not in_force(alone.ends_at)


def test_somebody_uninvolved_looks_back_once_it_is_over():
    reviewer, duty = make.acting(Role.CAPACITY_REVIEWER), signer()
    made = confirm_override(actor=duty, override=propose(reviewer), at=NOW)
    other = make.acting(Role.CAPACITY_REVIEWER)
    verdict = {"verdict": "right", "lesson": "Ask the authority for a letter sooner."}
    with pytest.raises(NothingToReview):
        review_override(actor=other, override=made, at=NOW, **verdict)
    for involved in (reviewer, duty):
        with pytest.raises(Refusal) as told:
            review_override(actor=involved, override=made, at=made.ends_at, **verdict)
        assert told.value.code == "took_part_in_override"
    with pytest.raises(ReviewIncomplete) as missing:
        review_override(actor=other, override=made, at=made.ends_at, verdict="fine", lesson=" ")
    assert set(missing.value.fields) == {"verdict", "lesson"}
    done = review_override(actor=other, override=made, at=made.ends_at, **verdict)
    assert (done.state, done.review_due_at) == (OverrideState.REVIEWED, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"starts_at": NOW - timedelta(seconds=1)}, "starts_at"),
        ({"starts_at": NOW + timedelta(days=14, seconds=1)}, "starts_at"),
        ({"hours": 14 * 24 + 1}, "hours"),
        ({"hours": -3}, "hours"),
        ({"reason": "x" * 2001}, "reason"),
        ({"ticket": "x" * 61}, "ticket"),
    ],
)
def test_a_window_in_the_past_or_too_long_is_refused_in_words(change, field):
    with pytest.raises(CannotProposeOverride) as told:
        propose(**change)
    assert list(told.value.fields) == [field]
    assert not Override.objects.exists()


def test_hours_are_hours_across_a_change_of_clocks():
    # In Berlin the night of 25 October 2026 has 25 hours, and that of 28 March 2027 has 23.
    zone = ZoneInfo("Europe/Berlin")
    for day in (datetime(2026, 10, 24, 20, tzinfo=zone), datetime(2027, 3, 27, 20, tzinfo=zone)):
        made = confirm_override(actor=signer(day), override=propose(at=day, hours=24), at=day)
        made.refresh_from_db()
        edge = made.starts_at + timedelta(hours=24)
        assert made.ends_at == edge
        assert made.ends_at.astimezone(zone).hour == (19 if day.month == 10 else 21)
        assert [in_force(at).filter(pk=made.pk).exists() for at in (edge - timedelta(microseconds=1), edge)] == [
            True,
            False,
        ]


def changes_of_clocks(zone):
    """The moments in a year at which the clocks of a zone change, to the hour."""
    hours = [datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(366 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hour for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after]


@pytest.mark.drill
def test_a_window_holds_from_edge_to_edge_whatever_the_clocks_do():
    """Against seconds since 1970: begun at its start, over at its end, as many hours long as was said."""
    names = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Chatham", "UTC"]
    proposer, tick = make.person(Role.CAPACITY_REVIEWER), timedelta(microseconds=1)
    manager = make.person(Role.DUTY_MANAGER)
    for seed in range(rounds(6, full=600)):
        dice, zone = random.Random(seed), ZoneInfo(names[seed % len(names)])
        near = dice.choice(changes_of_clocks(zone) or [NOW])
        at = (near - timedelta(minutes=dice.randint(0, 26 * 60))).astimezone(zone)
        opens = dice.choice([None, (at.astimezone(UTC) + timedelta(minutes=dice.randint(0, 3000))).astimezone(zone)])
        hours, alone = dice.randint(1, 14 * 24), dice.random() < 0.3
        if alone:
            made = glass(make.actor(proposer, fresh_at=at), at=at, hours=hours)
        else:
            made = propose(make.actor(proposer), at=at, hours=hours, starts_at=opens)
            confirm_override(actor=make.actor(manager, fresh_at=at), override=made, at=at)
        made.refresh_from_db()
        begins = (at if alone or opens is None else opens).timestamp()
        ends = begins + 3600 * (min(hours, 24) if alone else hours)
        assert (made.starts_at.timestamp(), made.over_at.timestamp()) == (begins, ends), (seed, zone)
        first, last = (datetime.fromtimestamp(moment, UTC) for moment in (begins, ends))
        for moment, stands in ((first - tick, False), (first, True), (last - tick, True), (last, False)):
            subject = Subject(made.subject_key, uuid7(), "general")
            assert in_force(moment.astimezone(zone)).filter(pk=made.pk).exists() is stands, (seed, moment)
            assert bool(overrides_covering([subject], at=moment)) is stands, (seed, moment)
        assert (expire_overrides(at=last - tick, subject_key=made.subject_key), expire_overrides(at=last)) == (0, 1)


@pytest.mark.parametrize(
    ("typed", "zone", "means"),
    [
        ("2026-11-24T08:30", "Europe/Berlin", "2026-11-24T07:30:00+00:00"),
        ("2026-11-24T08:30", "America/New_York", "2026-11-24T13:30:00+00:00"),
        ("2026-10-25T02:30", "Europe/Berlin", None),  # happens twice
        ("2027-03-28T02:30", "Europe/Berlin", None),  # happens never
    ],
)
def test_a_beginning_is_read_in_the_persons_zone_and_refused_where_the_clock_does_not_say_which(typed, zone, means):
    values = {"kind": "pin", "hours": "24", "reason_code": "contract", "reason": "Agreed.", "starts_at": typed}
    with timezone.override(ZoneInfo(zone)):
        form = OverrideForm(values)
        assert form.is_valid() is (means is not None), form.errors
    if means is not None:
        assert form.cleaned_data["starts_at"] == datetime.fromisoformat(means)
    else:
        assert list(form.errors) == ["starts_at"]


@pytest.mark.django_db(transaction=True)
def test_of_two_confirmed_at_once_one_stands():
    seed_policy(at=NOW - timedelta(days=365))
    first, second = propose(key=(key := uuid7())), propose(key=key)
    signers = [signer(), signer()]
    answers = at_once(
        lambda: confirm_override(actor=signers[0], override=first, at=NOW),
        lambda: confirm_override(actor=signers[1], override=second, at=NOW),
        lambda: confirm_override(actor=signers[1], override=first, at=NOW),
    )
    assert sum(isinstance(one, Override) for one in answers) == 1
    assert len(in_force(NOW)) == 1

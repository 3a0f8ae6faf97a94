"""A long random walk of people who propose, confirm, renew, end and review overrides while their roles come and go."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from django.db import connection, transaction
from django.db.models import Q

from kit.ids import uuid7
from kit.refusal import Refusal
from priorities.actions.break_glass import break_glass
from priorities.actions.confirm_override import confirm_override
from priorities.actions.end_override import expire_overrides, revoke_override
from priorities.actions.propose_override import About, Effect, propose_override
from priorities.actions.refuse_override import refuse_override
from priorities.actions.renew_override import renew_override
from priorities.actions.review_override import review_override
from priorities.actions.seed_policy import seed_policy
from priorities.models import Override
from priorities.override_models import STANDING_STATES, UNSIGNED_STATES
from priorities.overrides import in_force, waiting_for_signature
from tests import make
from tests.drills import rounds
from tests.sql import owner, refused, run
from users.access import Actor
from users.actions.assign_role import assign_role
from users.actions.end_role import end_role
from users.models import RoleAssignment, User
from users.roles import Role

pytestmark = pytest.mark.django_db

NOW = make.NOW
WHY = {"reason_code": "life_safety", "reason": "The emergency line of the district depends on it."}


@pytest.fixture(autouse=True)
def _policy(db):
    seed_policy(at=NOW - timedelta(days=365))


class Walk:
    """People propose, confirm, renew, end and review at random while their roles come and go.

    After every step the rows are checked one by one, by rules that are written here and nowhere else.
    """

    def __init__(self, seed: int, people: list[User], administrator: Actor) -> None:
        self.random = random.Random(seed)
        self.at = NOW
        self.people, self.administrator = people, administrator
        self.keys = [uuid7(), uuid7()]
        self.held: dict[int, Actor] = {}
        self.rows: list[Override] = []
        self.done: Counter[str] = Counter()

    def go(self) -> Counter[str]:
        """What was done, by act; what was refused counts under "refused"."""
        acts = [self.propose, self.propose, self.glass, self.confirm, self.confirm, self.confirm, self.renew]
        acts += [self.renew, self.refuse, self.revoke, self.expire, self.review, self.role, self.wait, self.wait]
        acts += [self.sql]
        for _step in range(self.random.randint(8, 20)):
            act = self.random.choice(acts)
            try:
                self.done[act.__name__] += act() is not None
            except Refusal:
                self.done["refused"] += 1
            self.check()
        return self.done

    def actor(self) -> Actor:
        person = self.random.choice(self.people)
        if person.pk not in self.held:
            # Asked for anew as soon as anybody's role changed.
            self.held[person.pk] = make.actor(person)
        return replace(self.held[person.pk], fresh_at=self.at)

    def some(self, *likely: str) -> Override:
        """Any row, more often one in a likely state, or chains of renewals would hardly ever grow."""
        if not self.rows:
            raise Refusal()
        fitting = [one for one in self.rows if one.state in likely]
        return self.random.choice(fitting if fitting and self.random.random() < 0.7 else self.rows)

    def _new(self):
        # Mostly alike and long, so that they meet; now and then longer than there is.
        kind, hours = self.random.choice(["pin", "pin", "pin", "hold"]), self.random.choice([1, 5, 30, 200, 336, 337])
        request, use = About(self.keys[0], "R-7"), About(self.keys[1], "Somebody", "general", "northeurope")
        about = self.random.choice([request, request, use])
        return {"about": about, "effect": Effect(kind), **WHY, "hours": hours, "at": self.at}

    def propose(self):
        opens = self.random.choice([None, None, self.at + timedelta(hours=3), self.at - timedelta(hours=1)])
        return propose_override(actor=self.actor(), starts_at=opens, **self._new())

    def glass(self):
        return break_glass(actor=self.actor(), **self._new())

    def confirm(self):
        return confirm_override(actor=self.actor(), override=self.some(*UNSIGNED_STATES), at=self.at)

    def renew(self):
        hours = self.random.choice([1, 5, 30, 400])
        row = self.some("active")
        return renew_override(actor=self.actor(), override=row, hours=hours, reason="Longer.", at=self.at)

    def refuse(self):
        return refuse_override(actor=self.actor(), override=self.some(), reason="No.", at=self.at)

    def revoke(self):
        return revoke_override(actor=self.actor(), override=self.some(), reason="Over.", at=self.at)

    def review(self):
        row = self.some("expired", "revoked")
        return review_override(actor=self.actor(), override=row, verdict="right", lesson="None.", at=self.at)

    def expire(self):
        self.wait()
        return expire_overrides(at=self.at) or None

    def role(self):
        person, by = self.random.choice(self.people), self.administrator
        self.held.clear()
        held = RoleAssignment.objects.filter(user=person, ended_at=None).first()
        if held is not None and self.random.random() < 0.5:
            return end_role(actor=by, person_id=person.public_id, assignment_id=held.public_id, at=self.at)
        role = self.random.choice([Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.DUTY_MANAGER])
        regions = self.random.choice([(), (), ("northeurope",), ("westeurope",)])
        return assign_role(actor=by, person_id=person.public_id, role=role, regions=regions, portfolios=(), at=self.at)

    def wait(self):
        self.at += timedelta(hours=self.random.choice([1, 1, 4, 25, 80]))

    def sql(self):
        """The same by raw SQL of the application role, past every action; it must be refused whatever the row."""
        row, other = self.some(), self.random.choice(self.people)
        sign = "UPDATE priorities_override SET state = 'active', confirmed_by_id = %s, confirmed_at = %s WHERE id = %s"
        refused(
            *self.random.choice(
                [
                    (sign, row.proposed_by_id, self.at, row.pk),
                    (sign, other.pk, row.ends_at, row.pk),
                    ("UPDATE priorities_override SET ends_at = ends_at + interval '1 hour' WHERE id = %s", row.pk),
                    ("UPDATE priorities_override SET sign_by = ends_at + interval '1 hour' WHERE id = %s", row.pk),
                    ("DELETE FROM priorities_override WHERE id = %s", row.pk),
                ]
            )
        )
        return row

    def check(self) -> None:
        self.rows = rows = list(Override.objects.order_by("number"))
        if not rows:
            return
        for one in rows:
            assert one.confirmed_by_id is None or one.confirmed_by_id != one.proposed_by_id, "confirmed by oneself"
            assert one.state not in STANDING_STATES or one.confirmed_by_id or one.is_break_glass, "nobody signed"
            assert one.ends_at - one.starts_at <= timedelta(days=14), "lasts too long"
            assert one.renewal <= 2, "renewed too often"
        # In force is what has begun and is not over, and was signed or is within its day alone.
        day = timedelta(hours=24)
        begun = [one for one in rows if one.starts_at <= self.at < one.ends_at]
        standing = [one for one in begun if one.state == "active"]
        standing += [one for one in begun if one.state == "unconfirmed" and self.at < one.starts_at + day]
        assert {one.pk for one in in_force(self.at)} == {one.pk for one in standing}, "in force past its window"
        assert len({(one.subject_key, one.kind) for one in standing}) == len(standing), "two of a kind at once"
        both = [one for one in rows if one.state in STANDING_STATES]
        for one, other in combinations(both, 2):
            if (one.subject_key, one.kind) == (other.subject_key, other.kind):
                assert one.ends_at <= other.starts_at or other.ends_at <= one.starts_at, "overlap"
        asked = {one.pk for one in rows if one.state in UNSIGNED_STATES and self.at < one.over_at}
        assert {one.pk for one in waiting_for_signature(self.at)} == asked, "waits for a signature too long"


def walks(numbers: Iterable[int]) -> Counter[str]:
    """Go through these walks, each from an empty register and with everybody in their first role."""
    people = [make.person(role) for role in (Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.DUTY_MANAGER)]
    administrator = make.acting(Role.ADMINISTRATOR)
    done: Counter[str] = Counter()
    with connection.cursor() as cursor:
        for seed in numbers:
            cursor.execute("SAVEPOINT walk")
            done += Walk(seed, people, administrator).go()
            cursor.execute("ROLLBACK TO SAVEPOINT walk; RELEASE SAVEPOINT walk")
    return done


@pytest.mark.drill
def test_random_sequences_never_give_a_self_confirmed_overlapping_or_outlived_override(record_property):
    count = rounds(15, full=10_000)
    done = walks(range(count))
    # That nothing bad happened says little unless everything happened.
    acts = {"propose", "glass", "confirm", "renew", "refuse", "revoke", "expire", "review", "role", "sql", "refused"}
    assert acts - set(done) == set()
    record_property("done", dict(sorted(done.items())))


@pytest.mark.django_db(transaction=True)
def test_the_walk_fails_where_a_rule_is_missing(monkeypatch):
    seed_policy(at=NOW - timedelta(days=365))

    def found(words):
        with pytest.raises((AssertionError, pytest.fail.Exception), match=words), transaction.atomic():
            walks(range(100))

    def never_over(at):
        return Q(starts_at__lte=at, state__in=STANDING_STATES)

    with monkeypatch.context() as patch:
        patch.setattr("priorities.overrides.standing", never_over)
        found("in force past its window")
    for rule, words in (
        ("no_overlapping_overrides", "overlap|two of a kind"),
        ("nobody_confirms_own_override", "DID NOT RAISE"),
    ):
        ((said,),) = run("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", rule)
        with owner() as cursor:
            cursor.execute(f"ALTER TABLE priorities_override DROP CONSTRAINT {rule}")
            try:
                found(words)
            finally:
                cursor.execute(f"ALTER TABLE priorities_override ADD CONSTRAINT {rule} {said}")

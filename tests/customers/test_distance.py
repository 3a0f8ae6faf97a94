"""Nobody verifies for themself: random sequences of acts, through the actions and by raw SQL, find no way around."""

import random
from collections import Counter
from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction

from customers import access
from customers.access import BroughtEvidence, OwnClaim, OwnEvidence, OwnPortfolio
from customers.actions.add_evidence import add_evidence
from customers.actions.check_evidence import check_evidence
from customers.actions.make_provisional import make_provisional
from customers.actions.propose_claim import propose_claim
from customers.actions.reject_claim import reject_claim
from customers.actions.revoke_claim import revoke_claim
from customers.actions.suspend_claim import suspend_claim
from customers.actions.take_case import take_case
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from customers.actions.verify_matches import Shown, verify_matches
from customers.models import Claim
from kit.refusal import Refusal
from tests import make
from tests.drills import is_full, rounds
from users.models import RoleAssignment
from users.roles import Role

# Thousands of sequences are transactions of their own: as savepoints of a single one, what they took back would pile up
# and each would take longer than the one before. For a few of them a single one is quicker.
pytestmark = pytest.mark.django_db(transaction=is_full())

SEED = 20200321
ACTS_IN_A_SEQUENCE = 10

# What must never be found after any act: a judgement of this very moment by somebody too close to its subject.
TOO_CLOSE = """
    WITH near AS (
        SELECT held.user_id, organization.id AS organization_id
        FROM users_roleassignment held
        LEFT JOIN users_roleassignment_portfolios scope ON scope.roleassignment_id = held.id
        JOIN customers_organization organization
          ON scope.portfolio_id IS NULL OR scope.portfolio_id = organization.portfolio_id
        WHERE held.role = 'account_manager' AND held.ended_at IS NULL
    )
    SELECT 'decided claim ' || claim.id FROM customers_claim claim
    WHERE claim.decided_at = %(at)s AND (
        claim.decided_by_id = claim.filed_by_id
        OR EXISTS (SELECT FROM customers_evidence item
                   WHERE item.claim_id = claim.id AND item.added_by_id = claim.decided_by_id)
        OR (claim.decided_by_id, claim.organization_id) IN (SELECT user_id, organization_id FROM near))
    UNION ALL
    SELECT 'checked evidence ' || item.id FROM customers_evidence item
    JOIN customers_claim claim ON claim.id = item.claim_id
    WHERE item.checked_at = %(at)s AND (
        item.checked_by_id IN (item.added_by_id, claim.filed_by_id)
        OR (item.checked_by_id, claim.organization_id) IN (SELECT user_id, organization_id FROM near))
    UNION ALL
    SELECT 'leased claim ' || claim.id FROM customers_caselease lease
    JOIN customers_claim claim ON claim.id = lease.claim_id
    WHERE lease.until = %(at)s + interval '15 minutes' AND (
        lease.holder_id = claim.filed_by_id
        OR (lease.holder_id, claim.organization_id) IN (SELECT user_id, organization_id FROM near))
    UNION ALL
    SELECT 'verified on nothing: claim ' || claim.id FROM customers_claim claim
    WHERE claim.state = 'verified' AND NOT EXISTS (
        SELECT FROM customers_evidence item
        WHERE item.claim_id = claim.id AND item.holds AND item.kind <> 'self_attestation')
"""


class World:
    """Three portfolios, an organization in each, and people of whom everybody is both verifier and account manager."""

    def __init__(self) -> None:
        self.homes = [make.portfolio() for _ in range(3)]
        self.organizations = [
            make.hospital(f"Klinik {number}", portfolio=home) for number, home in enumerate(self.homes)
        ]
        self.entries = [make.register_row(one.legal_name) for one in self.organizations]
        self.people = [make.person(Role.VERIFIER, Role.ACCOUNT_MANAGER, portfolios=[home]) for home in self.homes * 2]
        self.people.append(make.person(Role.VERIFIER))
        self.administrator = make.person(Role.ADMINISTRATOR)
        self.category = make.category("CI-WATER")
        self.moments = iter(make.moments(make.NOW))

    def sequence(self, dice: random.Random) -> Counter:
        """A claim and what random people try with it; what was refused, by why."""
        told: Counter = Counter()
        filer, of = None, dice.choice(self.organizations)
        while filer is None or not filer.holds(Role.ACCOUNT_MANAGER, portfolio_id=of.portfolio_id):
            filer = make.actor(dice.choice(self.people))
        entry = self.entries[self.organizations.index(of)]
        evidence = [make.letter() if dice.random() < 0.7 else make.match(entry)]
        claim = propose_claim(
            actor=filer, organization=of, category=self.category, evidence=evidence, at=next(self.moments)
        )
        # One who stays at it meets the rules on what they did before.
        stubborn = dice.choice(self.people)
        for _ in range(ACTS_IN_A_SEQUENCE):
            at, act = next(self.moments), dice.choice(ACTS)
            person = stubborn if dice.random() < 0.6 else dice.choice(self.people)
            try:
                with transaction.atomic():
                    act(self, claim, person, dice, at)
            except DatabaseError as error:
                told[str(error).splitlines()[0]] += 1
            except Refusal as refusal:
                told[type(refusal)] += 1
            else:
                told[act.__name__] += 1
            with connection.cursor() as cursor:
                cursor.execute(TOO_CLOSE, {"at": at})
                assert cursor.fetchall() == [], f"after {act.__name__}"
        return told


# --- through the actions -----------------------------------------------------------------------------


def add(world, claim, person, dice, at):
    add_evidence(actor=make.actor(person), claim=claim, items=[make.letter()], at=at)


def take_up(world, claim, person, dice, at):
    take_up_claim(actor=make.actor(person), claim=claim, at=at)


def lease(world, claim, person, dice, at):
    claim = Claim.objects.select_related("organization").get(pk=claim.pk)
    take_case(actor=make.actor(person), claim=claim, at=at)


def check(world, claim, person, dice, at):
    check_evidence(actor=make.actor(person), evidence=dice.choice(claim.evidence.all()), holds=True, at=at)


def verify(world, claim, person, dice, at):
    verify_claim(actor=make.actor(person), claim=claim, at=at)


def bulk_verify(world, claim, person, dice, at):
    version = Claim.objects.values_list("row_version", flat=True).get(pk=claim.pk)
    (result,) = verify_matches(actor=make.actor(person), shown=[Shown(claim.public_id, version)], at=at)
    if result.refusal is not None:
        raise result.refusal


def provisional(world, claim, person, dice, at):
    make_provisional(actor=make.actor(person), claim=claim, reason="Soon.", at=at)


def withdraw(world, claim, person, dice, at):
    act = dice.choice((reject_claim, suspend_claim, suspend_claim, revoke_claim))
    code = "no_answer" if act is reject_claim else "complaint"
    act(actor=make.actor(person), claim=claim, reason_code=code, reason="A call.", at=at)


# --- what else changes who is close ------------------------------------------------------------------


def change_role(world, claim, person, dice, at):
    """End a person's portfolios and give another: handing over must not open a way around."""
    RoleAssignment.objects.filter(user=person, role=Role.ACCOUNT_MANAGER, ended_at=None).update(
        ended_at=at, ended_by=world.administrator
    )
    if dice.random() < 0.7:
        given = RoleAssignment.objects.create(
            user=person, role=Role.ACCOUNT_MANAGER, assigned_by=world.administrator, started_at=at
        )
        given.portfolios.set([dice.choice(world.homes)])


def reassign_portfolio(world, claim, person, dice, at):
    run(
        "UPDATE customers_organization SET portfolio_id = %s WHERE id = %s",
        dice.choice(world.homes).pk,
        claim.organization_id,
    )


# --- raw SQL as the application role -----------------------------------------------------------------


def sql_verify(world, claim, person, dice, at):
    run(
        "UPDATE customers_claim SET state = 'verified', decided_by_id = %s, decided_at = %s,"
        " valid_until = %s + interval '1 year' WHERE id = %s",
        person.pk, at, at, claim.pk,
    )  # fmt: skip


def sql_renew_in_old_name(world, claim, person, dice, at):
    run(
        "UPDATE customers_claim SET state = CASE WHEN random() < 0.5 THEN 'verified' ELSE state END, decided_at = %s,"
        " valid_until = %s + interval '1 year' WHERE id = %s AND decided_by_id IS NOT NULL",
        at, at, claim.pk,
    )  # fmt: skip


def sql_check(world, claim, person, dice, at):
    run(
        "UPDATE customers_evidence SET holds = true, checked_by_id = %s, checked_at = %s WHERE claim_id = %s",
        person.pk, at, claim.pk,
    )  # fmt: skip


def sql_check_unnamed(world, claim, person, dice, at):
    run("UPDATE customers_evidence SET holds = true, checked_by_id = NULL WHERE claim_id = %s", claim.pk)


def sql_add_checked(world, claim, person, dice, at):
    run(
        "INSERT INTO customers_evidence (public_id, row_version, claim_id, kind, domain, issuer, reference,"
        " workload_code, note, added_by_id, added_at, checked_by_id, checked_at, holds)"
        " VALUES (gen_random_uuid(), 1, %s, 'authority_letter', '', 'Ministry', '1', '', '', NULL, %s, %s, %s, true)",
        claim.pk, at, person.pk, at,
    )  # fmt: skip


def sql_lease(world, claim, person, dice, at):
    run(
        "INSERT INTO customers_caselease (claim_id, holder_id, until) VALUES (%s, %s, %s + interval '15 minutes')"
        " ON CONFLICT (claim_id) DO UPDATE SET holder_id = EXCLUDED.holder_id, until = EXCLUDED.until",
        claim.pk, person.pk, at,
    )  # fmt: skip


def sql_cover_tracks(world, claim, person, dice, at):
    run(
        dice.choice(
            (
                "UPDATE customers_claim SET filed_by_id = NULL WHERE id = %(claim)s",
                "UPDATE customers_evidence SET added_by_id = NULL WHERE claim_id = %(claim)s",
                "UPDATE customers_evidence SET claim_id = claim_id + 1 WHERE claim_id = %(claim)s",
                "DELETE FROM customers_evidence WHERE claim_id = %(claim)s",
                "DELETE FROM customers_claimmove WHERE claim_id = %(claim)s",
                "ALTER TABLE customers_claim DISABLE TRIGGER ALL",
                "SET session_replication_role = replica",
                "UPDATE users_roleassignment SET ended_at = now(), ended_by_id = user_id WHERE ended_at IS NULL",
            )
        )
        % {"claim": claim.pk}
    )


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)


# What leads on comes up more often, or most sequences would end before anything is decided.
ACTS = (
    add, take_up, take_up, take_up, lease, check, check, check, verify, verify, bulk_verify, provisional, withdraw,
    change_role, reassign_portfolio, sql_verify, sql_verify, sql_renew_in_old_name, sql_check, sql_check,
    sql_check_unnamed, sql_add_checked, sql_lease, sql_cover_tracks,
)  # fmt: skip


class _TakenBack(Exception):
    pass


def walk(count: int) -> Counter:
    world, told = World(), Counter()
    for number in range(count):
        dice = random.Random(f"{SEED}:{number}")
        # Every sequence begins where the first one did, so that any of them can be run again by its number.
        with suppress(_TakenBack), transaction.atomic():
            try:
                told += world.sequence(dice)
            except AssertionError as error:
                raise AssertionError(f"sequence {number} of seed {SEED}: {error}") from error
            raise _TakenBack
    return told


def said(told: Counter) -> str:
    return " ".join(str(key) for key in told)


@pytest.mark.drill
def test_random_sequences_of_acts_never_verify_for_oneself():
    told = walk(rounds(30, full=10_000))
    # The walk went to places where the rules matter, on both ways.
    assert min(told["verify"], told["sql_verify"], told["check"], told["sql_check"]) > 0, told
    assert {OwnClaim, OwnPortfolio, OwnEvidence, BroughtEvidence} <= told.keys(), told
    assert told["bulk_verify"] or not is_full(), told
    for rule in (
        "nobody decides a claim of the own portfolio",
        "nobody checks evidence of the own claim or portfolio",
        "what_holds_was_checked",
    ):
        assert rule in said(told), told


@pytest.mark.drill
def test_without_the_predicates_the_database_refuses_alone(monkeypatch):
    """The mutant: every act allowed in Python, and still nobody verifies for themself."""
    for module in (
        "add_evidence", "check_evidence", "make_provisional", "reject_claim", "revoke_claim", "suspend_claim",
        "take_case", "take_up_claim", "verify_claim", "verify_matches",
    ):  # fmt: skip
        for predicate in ("may_decide_claim", "may_check_evidence", "may_add_evidence"):
            monkeypatch.setattr(f"customers.actions.{module}.{predicate}", lambda *_: None, raising=False)
    monkeypatch.setattr(access, "may_verify", lambda *_: None)
    told = walk(rounds(15, full=2_000))
    for rule in (
        "nobody_checks_own_evidence",
        "nobody decides a claim of the own portfolio",
        "nobody checks evidence of the own claim or portfolio",
        "nobody takes up a case of the own claim or portfolio",
    ):
        assert rule in said(told), told

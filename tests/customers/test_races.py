"""What two people do at once has one winner and one clear refusal; what many do at random keeps its distance."""

import random
from collections import Counter

import pytest
from django.db.models import F

from customers.access import OwnClaim, OwnEvidence, OwnPortfolio
from customers.actions.add_evidence import Item, add_evidence
from customers.actions.check_evidence import check_evidence
from customers.actions.make_provisional import make_provisional
from customers.actions.propose_claim import AlreadyClaimed, propose_claim
from customers.actions.register_organization import LooksLikeDuplicate, register_organization
from customers.actions.reject_claim import reject_claim
from customers.actions.revoke_claim import revoke_claim
from customers.actions.suspend_claim import suspend_claim
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from customers.models import Claim, EvidenceKind, Organization
from customers.organizations import ExternalIdTaken
from journal.models import Entry
from kit.refusal import Refusal, StaleForm
from tests import make
from tests.racing import at_once
from users.models import RoleAssignment
from users.roles import Role

SEED = 20200321
STEPS = 600


@pytest.mark.django_db(transaction=True)
def test_two_account_managers_registering_the_same_hospital_get_one_and_a_warning():
    def registering(name, external_id):
        home = make.portfolio()
        actor = make.actor(make.account_manager(portfolios=[home]))
        return lambda: register_organization(
            actor=actor,
            portfolio=home,
            legal_name=name,
            country="DE",
            offer_type="enterprise",
            external_ids=[("ror", external_id)],
            at=make.NOW,
        )

    answers = at_once(registering("Uniklinik Köln", "1"), registering("Uniklinik Koeln", "2"))
    assert sorted(type(answer) for answer in answers if isinstance(answer, Refusal)) == [LooksLikeDuplicate]
    answers = at_once(registering("Charité", "3"), registering("Feuerwehr Emden", "3"))
    assert [type(answer) for answer in answers if isinstance(answer, Refusal)] == [ExternalIdTaken]
    assert Organization.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_proposing_one_category_get_one_claim():
    hospital = make.hospital()
    category = make.category()
    people = [make.actor(make.account_manager(portfolios=[hospital.portfolio])) for _ in range(4)]
    acts = [
        lambda actor=actor: propose_claim(
            actor=actor,
            organization=hospital,
            category=category,
            evidence=[Item(EvidenceKind.SELF_ATTESTATION, note="We are one.")],
            at=make.NOW,
        )
        for actor in people
    ]
    answers = at_once(*acts)
    assert sum(isinstance(answer, AlreadyClaimed) for answer in answers) == 3
    assert Claim.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_verifiers_deciding_one_case_get_one_winner_and_one_stale_form():
    claim = make.claim()
    first, second = (make.acting(Role.VERIFIER) for _ in range(2))
    take_up_claim(actor=first, claim=claim, at=make.NOW)
    claim.refresh_from_db()
    seen = claim.row_version
    answers = at_once(
        lambda: reject_claim(
            actor=first, claim=claim, reason_code="no_answer", reason="No.", at=make.NOW, row_version=seen
        ),
        lambda: make_provisional(actor=second, claim=claim, reason="Soon.", at=make.NOW, row_version=seen),
    )
    assert sum(isinstance(answer, StaleForm) for answer in answers) == 1
    decided = Entry.objects.filter(action__in=["claim.rejected", "claim.made_provisional"])
    assert decided.count() == 1


@pytest.mark.django_db
def test_random_acts_of_people_with_changing_roles_never_decide_for_themselves():
    dice = random.Random(SEED)
    homes = [make.portfolio() for _ in range(3)]
    organizations = [make.hospital(f"Klinik {name}", portfolio=home) for name, home in zip("XYZ", homes, strict=True)]
    people = [make.person(Role.VERIFIER, Role.ACCOUNT_MANAGER, portfolios=[home]) for home in homes * 2]
    category = make.category("CI-WATER")
    kept, decided = Counter(), 0
    for _ in range(STEPS):
        person = dice.choice(people)
        if dice.random() < 0.05:
            # Handing a portfolio over must not open a way around the rule.
            held = RoleAssignment.objects.filter(user=person, role=Role.ACCOUNT_MANAGER, ended_at=None)
            held.update(ended_at=make.NOW)
            given = RoleAssignment.objects.create(user=person, role=Role.ACCOUNT_MANAGER, started_at=make.NOW)
            given.portfolios.set([dice.choice(homes)])
        actor = make.actor(person)
        claims = list(Claim.objects.order_by("pk"))
        try:
            if not claims or dice.random() < 0.2:
                of = dice.choice(organizations)
                propose_claim(actor=actor, organization=of, category=category, evidence=[make.letter()], at=make.NOW)
                continue
            claim = dice.choice(claims[-3:])
            dice.choice(ACTS)(actor, claim, dice)
        except (OwnClaim, OwnPortfolio, OwnEvidence) as refusal:
            kept[type(refusal)] += 1
        except Refusal:
            continue
        else:
            claim.refresh_from_db()
            assert not claim.evidence.filter(checked_by=F("added_by")).exists()
            if claim.decided_by_id == actor.user_id:
                decided += 1
                assert claim.decided_by_id != claim.filed_by_id
                assert not actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=claim.organization.portfolio_id)
    # The walk went to places where the rule matters.
    assert decided > 20, f"seed {SEED}"
    assert kept.keys() == {OwnClaim, OwnPortfolio, OwnEvidence}, f"seed {SEED}: {kept}"


def _check(actor, claim, dice):
    check_evidence(actor=actor, evidence=dice.choice(claim.evidence.all()), holds=True, at=make.NOW)


ACTS = [
    lambda actor, claim, dice: take_up_claim(actor=actor, claim=claim, at=make.NOW),
    lambda actor, claim, dice: take_up_claim(actor=actor, claim=claim, at=make.NOW),
    lambda actor, claim, dice: add_evidence(actor=actor, claim=claim, items=[make.letter()], at=make.NOW),
    _check,
    _check,
    lambda actor, claim, dice: verify_claim(actor=actor, claim=claim, at=make.NOW),
    lambda actor, claim, dice: verify_claim(actor=actor, claim=claim, at=make.NOW),
    lambda actor, claim, dice: make_provisional(actor=actor, claim=claim, reason="Soon.", at=make.NOW),
    lambda actor, claim, dice: reject_claim(
        actor=actor, claim=claim, reason_code="no_answer", reason="No.", at=make.NOW
    ),
    lambda actor, claim, dice: suspend_claim(
        actor=actor, claim=claim, reason_code="complaint", reason="A call.", at=make.NOW
    ),
    lambda actor, claim, dice: revoke_claim(
        actor=actor, claim=claim, reason_code="mistake", reason="Ours.", at=make.NOW
    ),
]

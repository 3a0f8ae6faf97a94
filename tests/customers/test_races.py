"""What two people do at once has one winner and one clear refusal; what many do at random keeps its distance."""

import pytest

from customers.actions.add_evidence import Item
from customers.actions.make_provisional import make_provisional
from customers.actions.propose_claim import AlreadyClaimed, propose_claim
from customers.actions.register_organization import LooksLikeDuplicate, register_organization
from customers.actions.reject_claim import reject_claim
from customers.actions.take_up_claim import take_up_claim
from customers.models import Claim, EvidenceKind, Organization
from customers.organizations import ExternalIdTaken
from journal.models import Entry
from kit.refusal import Refusal, StaleForm
from tests import make
from tests.racing import at_once
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

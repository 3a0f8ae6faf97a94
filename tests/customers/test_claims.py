"""A claim counts after another person checked its evidence, for a while, and says why where it does not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from customers.access import NotInYourPortfolio, OwnClaim, OwnEvidence, OwnPortfolio
from customers.actions.add_evidence import CannotTakeEvidence, ClaimIsClosed, Item, add_evidence
from customers.actions.age_claims import age_claims
from customers.actions.answer_information import answer_information
from customers.actions.check_evidence import NotBeingVerified, check_evidence
from customers.actions.make_provisional import OnlyOnce, make_provisional
from customers.actions.propose_claim import AlreadyClaimed, NoEvidence, OnlyForInternal, propose_claim
from customers.actions.reject_claim import UnknownReason, reject_claim
from customers.actions.request_information import request_information
from customers.actions.revoke_claim import revoke_claim
from customers.actions.seed_categories import seed_categories
from customers.actions.set_claim_urgency import set_claim_urgency
from customers.actions.suspend_claim import suspend_claim
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import BadExpiry, EvidenceMissing, verify_claim
from customers.claims import GRACE, PROVISIONAL_FOR, ReasonMissing, months_later
from customers.models import Claim, ClaimState, EvidenceKind, SectorCategory
from customers.queries import claims_in_force
from journal.models import Entry
from kit.refusal import NotFound, StaleForm
from kit.transitions import MoveRefused
from priorities.actions.seed_policy import seed_policy
from priorities.policy import CATEGORIES
from tests import make
from users.access import NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db

LETTER = Item(EvidenceKind.AUTHORITY_LETTER, issuer="Ministry of Health", reference="MH 12/2020")
WORD = Item(EvidenceKind.SELF_ATTESTATION, note="We are a hospital, says its director.")


@pytest.fixture
def verifier():
    return make.acting(Role.VERIFIER)


def domain_of(organization):
    return Item(EvidenceKind.DOMAIN_CONTROL, domain=organization.domains.all()[0].domain)


def in_verification(verifier, **fields):
    claim = make.claim(**fields)
    return take_up_claim(actor=verifier, claim=claim, at=make.NOW)


def check_all(verifier, claim):
    for item in claim.evidence.all():
        check_evidence(actor=verifier, evidence=item, holds=True, at=make.NOW)


def steps(claim):
    return [move.new_state for move in claim.moves.order_by("pk")]


def force(claim, at=make.NOW):
    return [(found.category, found.verification) for found in claims_in_force(claim.organization, at)]


def test_the_categories_are_those_the_policy_speaks_of_and_seeding_twice_changes_nothing():
    assert seed_categories() == len(CATEGORIES)
    SectorCategory.objects.filter(code="HE-ACUTE").update(name_en="Acute hospital")
    assert seed_categories() == 0
    assert SectorCategory.objects.get(code="HE-ACUTE").name_en == "Acute hospital"
    assert set(SectorCategory.objects.values_list("code", flat=True)) == set(CATEGORIES)
    hospital = SectorCategory.objects.get(code="HE-ACUTE")
    assert (hospital.needs_strong_evidence, hospital.validity_months) == (True, 12)
    water = SectorCategory.objects.get(code="CI-WATER")
    assert (water.needs_strong_evidence, water.validity_months) == (False, 24)


def test_a_hospital_is_verified_by_register_and_domain_with_every_step_recorded(verifier):
    claim = in_verification(verifier)
    assert force(claim) == [("HE-ACUTE", "none")]
    check_all(verifier, claim)
    verify_claim(actor=verifier, claim=claim, at=make.NOW)
    claim.refresh_from_db()
    assert claim.valid_until == datetime(2021, 3, 27, tzinfo=UTC)
    assert claim.decided_by_id == verifier.user_id
    assert steps(claim) == ["draft", "submitted", "in_verification", "verified"]
    assert force(claim) == [("HE-ACUTE", "verified")]
    assert claim.organization.domains.get().controlled_at == make.NOW
    entries = Entry.objects.filter(subject_type="claim", subject_id=str(claim.public_id)).order_by("pk")
    assert [entry.action for entry in entries] == [
        "evidence.added",
        "evidence.added",
        "claim.submitted",
        "claim.taken_up",
        "evidence.checked",
        "evidence.checked",
        "claim.verified",
    ]
    last = entries.last()
    assert last.before == {"state": "in_verification"}
    assert last.after["organization"] == str(claim.organization.public_id)
    assert last.after["category"] == "HE-ACUTE"


def test_an_unlisted_hospital_is_verified_by_an_authoritys_letter_and_its_domain(verifier):
    hospital = make.hospital()
    claim = in_verification(verifier, of=hospital, evidence=[LETTER, domain_of(hospital)])
    check_all(verifier, claim)
    assert verify_claim(actor=verifier, claim=claim, at=make.NOW).state == ClaimState.VERIFIED


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ([], "register match"),
        ([EvidenceKind.REGISTER_MATCH], "control of a domain"),
        ([EvidenceKind.DOMAIN_CONTROL], "register match"),
        ([EvidenceKind.DOMAIN_CONTROL, EvidenceKind.SELF_ATTESTATION], "register match"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_verified(verifier, kinds, says):
    hospital = make.hospital()
    claim = in_verification(verifier, of=hospital, evidence=[*make.strong_evidence(hospital), WORD])
    for item in claim.evidence.filter(kind__in=kinds):
        check_evidence(actor=verifier, evidence=item, holds=True, at=make.NOW)
    with pytest.raises(EvidenceMissing) as refusal:
        verify_claim(actor=verifier, claim=claim, at=make.NOW)
    assert says in refusal.value.sentence
    claim.refresh_from_db()
    assert claim.state == ClaimState.IN_VERIFICATION


def test_what_was_checked_and_does_not_hold_does_not_count(verifier):
    claim = in_verification(verifier)
    check_all(verifier, claim)
    item = claim.evidence.get(kind=EvidenceKind.REGISTER_MATCH)
    with pytest.raises(ReasonMissing):
        check_evidence(actor=verifier, evidence=item, holds=False, at=make.NOW)
    check_evidence(actor=verifier, evidence=item, holds=False, reason="Another town.", at=make.NOW)
    with pytest.raises(EvidenceMissing):
        verify_claim(actor=verifier, claim=claim, at=make.NOW)


def test_other_categories_need_one_item_about_the_sector_and_never_a_mere_word(verifier):
    works = make.hospital("Stadtwerke Musterstadt")
    claim = in_verification(verifier, code="CI-WATER", of=works, evidence=[WORD, domain_of(works)])
    check_all(verifier, claim)
    with pytest.raises(EvidenceMissing):
        verify_claim(actor=verifier, claim=claim, at=make.NOW)
    (letter,) = add_evidence(actor=make.actor(works.registered_by), claim=claim, items=[LETTER], at=make.NOW)
    check_evidence(actor=verifier, evidence=letter, holds=True, at=make.NOW)
    verified = verify_claim(actor=verifier, claim=claim, at=make.NOW)
    assert verified.valid_until == datetime(2022, 3, 27, tzinfo=UTC)


def test_the_end_is_a_day_after_today_and_within_the_categorys_months(verifier):
    claim = in_verification(verifier)
    check_all(verifier, claim)
    for day in (date(2020, 3, 26), date(2021, 3, 27), date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(BadExpiry) as refusal:
            verify_claim(actor=verifier, claim=claim, valid_until_date=day, at=make.NOW)
        assert list(refusal.value.fields) == ["valid_until_date"]
    verify_claim(actor=verifier, claim=claim, valid_until_date=date(2020, 3, 27), at=make.NOW)
    claim.refresh_from_db()
    assert claim.valid_until == datetime(2020, 3, 28, tzinfo=UTC)


def test_months_end_where_the_month_does():
    assert months_later(datetime(2020, 2, 29, 9, tzinfo=UTC), 12) == datetime(2021, 2, 28, tzinfo=UTC)
    assert months_later(datetime(2020, 12, 31, tzinfo=UTC), 2) == datetime(2021, 2, 28, tzinfo=UTC)


# --- distance --------------------------------------------------------------------------------------


def test_nobody_verifies_what_they_filed_and_sql_says_so_too():
    home = make.portfolio()
    both = make.person(Role.ACCOUNT_MANAGER, Role.VERIFIER, portfolios=[home])
    hospital = make.hospital(portfolio=home, manager=both)
    claim = make.claim(of=hospital)
    # Who handed the portfolio over is still who filed.
    both.assignments.filter(role=Role.ACCOUNT_MANAGER).update(ended_at=make.NOW)
    with pytest.raises(OwnClaim):
        take_up_claim(actor=make.actor(both), claim=claim, at=make.NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(decided_by=both, decided_at=make.NOW)


def test_nobody_verifies_for_the_own_portfolio_and_sql_says_so_too():
    hospital = make.hospital()
    both = make.person(Role.ACCOUNT_MANAGER, Role.VERIFIER, portfolios=[hospital.portfolio])
    everywhere = make.person(Role.ACCOUNT_MANAGER, Role.VERIFIER)
    claim = make.claim(of=hospital)
    for person in (both, everywhere):
        with pytest.raises(OwnPortfolio) as refusal:
            take_up_claim(actor=make.actor(person), claim=claim, at=make.NOW)
        assert hospital.legal_name in refusal.value.sentence
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.filter(pk=claim.pk).update(decided_by=person, decided_at=make.NOW)
    elsewhere = make.person(Role.ACCOUNT_MANAGER, Role.VERIFIER, portfolios=[make.portfolio()])
    take_up_claim(actor=make.actor(elsewhere), claim=claim, at=make.NOW)


def test_a_verifier_who_added_an_item_leaves_checking_it_to_another(verifier):
    claim = in_verification(verifier)
    (item,) = add_evidence(actor=verifier, claim=claim, items=[LETTER], at=make.NOW)
    with pytest.raises(OwnEvidence):
        check_evidence(actor=verifier, evidence=item, holds=True, at=make.NOW)
    check_evidence(actor=make.acting(Role.VERIFIER), evidence=item, holds=True, at=make.NOW)


def test_deciding_is_for_verifiers_and_proposing_for_the_account_manager(verifier):
    claim = make.claim()
    decide = [
        lambda actor: take_up_claim(actor=actor, claim=claim, at=make.NOW),
        lambda actor: verify_claim(actor=actor, claim=claim, at=make.NOW),
        lambda actor: make_provisional(actor=actor, claim=claim, reason="Soon.", at=make.NOW),
        lambda actor: reject_claim(actor=actor, claim=claim, reason_code="no_answer", reason="No.", at=make.NOW),
        lambda actor: request_information(actor=actor, claim=claim, question="Which ward?", at=make.NOW),
        lambda actor: suspend_claim(actor=actor, claim=claim, reason_code="complaint", reason="One.", at=make.NOW),
        lambda actor: revoke_claim(actor=actor, claim=claim, reason_code="mistake", reason="Ours.", at=make.NOW),
        lambda actor: check_evidence(actor=actor, evidence=claim.evidence.first(), holds=True, at=make.NOW),
    ]
    manager = make.actor(claim.organization.registered_by)
    others = [role for role in Role if role not in (Role.VERIFIER, Role.ACCOUNT_MANAGER)]
    for actor in (manager, make.acting(*others)):
        for act in decide:
            with pytest.raises(NeedsRole):
                act(actor)
    water = make.category("CI-WATER")
    propose = {"organization": claim.organization, "category": water, "evidence": [LETTER], "at": make.NOW}
    with pytest.raises(NeedsRole):
        propose_claim(actor=verifier, **propose)
    with pytest.raises(NotFound):
        propose_claim(actor=make.acting(Role.ACCOUNT_MANAGER, portfolios=[make.portfolio()]), **propose)
    reads_all = make.acting(Role.ACCOUNT_MANAGER, Role.AUDITOR, portfolios=[make.portfolio()])
    with pytest.raises(NotInYourPortfolio):
        propose_claim(actor=reads_all, **propose)


# --- proposing and evidence ------------------------------------------------------------------------


def test_a_category_is_claimed_once_while_the_claim_stands(verifier):
    claim = in_verification(verifier)
    with pytest.raises(AlreadyClaimed):
        make.claim(of=claim.organization)
    reject_claim(actor=verifier, claim=claim, reason_code="wrong_category", reason="A practice.", at=make.NOW)
    with pytest.raises(ClaimIsClosed):
        add_evidence(actor=verifier, claim=claim, items=[LETTER], at=make.NOW)
    again = make.claim(of=claim.organization)
    assert again.pk != claim.pk


def test_a_claim_needs_evidence_and_the_providers_own_category_an_internal_organization():
    hospital = make.hospital()
    with pytest.raises(NoEvidence):
        make.claim(of=hospital, evidence=[])
    with pytest.raises(OnlyForInternal):
        make.claim("RW-CORE", of=hospital)
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (Item("rumor"), "kind"),
        (Item(EvidenceKind.REGISTER_MATCH), "register_row"),
        (Item(EvidenceKind.DOMAIN_CONTROL, domain=""), "domain"),
        (Item(EvidenceKind.DOMAIN_CONTROL, domain="else.example"), "domain"),
        (Item(EvidenceKind.DOMAIN_CONTROL, domain="gmx.de"), "domain"),
        (Item(EvidenceKind.AUTHORITY_LETTER, reference="1"), "issuer"),
        (Item(EvidenceKind.AUTHORITY_LETTER, issuer="Ministry"), "reference"),
        (Item(EvidenceKind.AUTHORITY_LETTER, issuer="M" * 201, reference="1"), "issuer"),
        (Item(EvidenceKind.AUTHORITY_CERTIFICATE, issuer="M", reference="1", workload_code="mining"), "workload_code"),
        (Item(EvidenceKind.SELF_ATTESTATION, note="  "), "note"),
        (Item(EvidenceKind.SELF_ATTESTATION, note="a\x00b"), "note"),
        (Item(EvidenceKind.SELF_ATTESTATION, note="a" * 2001), "note"),
    ],
)
def test_an_item_names_what_it_lacks_and_the_whole_claim_is_not_written(item, field):
    seed_policy(at=make.NOW)
    with pytest.raises(CannotTakeEvidence) as refusal:
        make.claim(of=make.hospital(domains=["klinik.example", "gmx.de"]), evidence=[LETTER, item])
    assert list(refusal.value.fields) == [field]
    assert not Claim.objects.exists()


def test_an_entry_that_its_register_marks_as_closed_is_no_evidence():
    closed = make.register_row("Closed hospital", is_active=False)
    with pytest.raises(CannotTakeEvidence):
        make.claim(evidence=[Item(EvidenceKind.REGISTER_MATCH, register_row=closed)])


def test_evidence_is_checked_while_somebody_verifies(verifier):
    claim = make.claim()
    with pytest.raises(NotBeingVerified):
        check_evidence(actor=verifier, evidence=claim.evidence.first(), holds=True, at=make.NOW)


def test_a_certificate_counts_for_the_service_it_names_once_it_was_checked(verifier):
    seed_policy(at=make.NOW)
    certificate = Item(
        EvidenceKind.AUTHORITY_CERTIFICATE,
        issuer="Ministry of the Interior",
        reference="KRITIS 7",
        workload_code="emergency_dispatch",
    )
    claim = in_verification(verifier, code="CI-ENERGY", evidence=[certificate])
    assert claims_in_force(claim.organization, make.NOW)[0].certified_workloads == frozenset()
    check_all(verifier, claim)
    verify_claim(actor=verifier, claim=claim, at=make.NOW)
    (found,) = claims_in_force(claim.organization, make.NOW)
    assert found.certified_workloads == {"emergency_dispatch"}


# --- the other moves -------------------------------------------------------------------------------


def test_a_mere_word_counts_for_fourteen_days_once(verifier):
    claim = in_verification(verifier, evidence=[WORD])
    with pytest.raises(ReasonMissing):
        make_provisional(actor=verifier, claim=claim, reason=" ", at=make.NOW)
    make_provisional(actor=verifier, claim=claim, reason="The letter is in the mail.", at=make.NOW)
    end = make.NOW + PROVISIONAL_FOR
    assert force(claim, end - timedelta(microseconds=1)) == [("HE-ACUTE", "provisional")]
    assert force(claim, end) == [("HE-ACUTE", "none")]
    assert age_claims(at=end) == 1
    claim.refresh_from_db()
    assert claim.state == ClaimState.LAPSED
    assert claim.valid_until == end


def test_provisional_cannot_be_given_again(verifier):
    claim = in_verification(verifier)
    make_provisional(actor=verifier, claim=claim, reason="Soon.", at=make.NOW)
    with pytest.raises(MoveRefused):
        take_up_claim(actor=verifier, claim=claim, at=make.NOW)
    suspend_claim(actor=verifier, claim=claim, reason_code="complaint", reason="A call.", at=make.NOW)
    take_up_claim(actor=verifier, claim=claim, at=make.NOW)
    with pytest.raises(OnlyOnce):
        make_provisional(actor=verifier, claim=claim, reason="Again.", at=make.NOW)


def test_a_provisional_claim_is_verified_when_its_evidence_arrives(verifier):
    claim = in_verification(verifier)
    make_provisional(actor=verifier, claim=claim, reason="Soon.", at=make.NOW)
    check_all(verifier, claim)
    assert verify_claim(actor=verifier, claim=claim, at=make.NOW).state == ClaimState.VERIFIED


def test_questions_go_to_the_account_manager_and_back(verifier):
    claim = in_verification(verifier)
    manager = make.actor(claim.organization.registered_by)
    with pytest.raises(MoveRefused):
        answer_information(actor=manager, claim=claim, answer="42", at=make.NOW)
    with pytest.raises(ReasonMissing) as refusal:
        request_information(actor=verifier, claim=claim, question="", at=make.NOW)
    assert list(refusal.value.fields) == ["question"]
    request_information(actor=verifier, claim=claim, question="Which of the two sites?", at=make.NOW)
    with pytest.raises(NeedsRole):
        answer_information(actor=verifier, claim=claim, answer="The northern one.", at=make.NOW)
    answer_information(actor=manager, claim=claim, answer="The northern one.", at=make.NOW)
    assert steps(claim)[-2:] == ["information_requested", "in_verification"]
    assert claim.moves.order_by("pk").last().reason == "The northern one."


def test_a_suspended_claim_stops_counting_and_a_revoked_one_ends(verifier):
    claim = make.verified_claim()
    with pytest.raises(UnknownReason):
        suspend_claim(actor=verifier, claim=claim, reason_code="mood", reason="x", at=make.NOW)
    suspend_claim(actor=verifier, claim=claim, reason_code="complaint", reason="A neighbor called.", at=make.NOW)
    assert force(claim) == [("HE-ACUTE", "none")]
    take_up_claim(actor=verifier, claim=claim, at=make.NOW)
    verify_claim(actor=verifier, claim=claim, at=make.NOW)
    assert force(claim) == [("HE-ACUTE", "verified")]
    revoke_claim(actor=verifier, claim=claim, reason_code="mistake", reason="Ours.", at=make.NOW)
    assert force(claim) == []
    with pytest.raises(MoveRefused):
        take_up_claim(actor=verifier, claim=claim, at=make.NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(state=ClaimState.VERIFIED)


def test_two_verifiers_at_once_get_one_winner_and_one_stale_form(verifier):
    claim = in_verification(verifier)
    seen = claim.row_version
    reject_claim(actor=verifier, claim=claim, reason_code="no_answer", reason="No.", at=make.NOW, row_version=seen)
    with pytest.raises(StaleForm):
        reject_claim(
            actor=make.acting(Role.VERIFIER),
            claim=claim,
            reason_code="no_answer",
            reason="No.",
            at=make.NOW,
            row_version=seen,
        )


def test_a_verification_runs_out_by_its_date_and_the_words_follow(verifier):
    claim = make.verified_claim(valid_until_date=date(2020, 6, 1))
    claim.refresh_from_db()
    end = claim.valid_until
    assert age_claims(at=end - timedelta(days=31)) == 0
    assert age_claims(at=end - timedelta(days=30)) == 1
    assert age_claims(at=end - timedelta(days=1)) == 0
    (found,) = claims_in_force(claim.organization, end)
    assert (found.verification, found.in_grace) == ("verified", True)
    assert age_claims(at=end) == 1
    assert force(claim, end + GRACE) == [("HE-ACUTE", "none")]
    assert age_claims(at=end + GRACE) == 1
    assert steps(claim)[-3:] == ["revalidation_due", "grace", "lapsed"]
    assert not claim.moves.filter(new_state="lapsed", by__isnull=False).exists()


def test_a_late_worker_changes_no_answer():
    claim = make.verified_claim(valid_until_date=date(2020, 6, 1))
    claim.refresh_from_db()
    assert force(claim, claim.valid_until + GRACE - timedelta(seconds=1)) == [("HE-ACUTE", "verified")]
    assert force(claim, claim.valid_until + GRACE) == [("HE-ACUTE", "none")]


def test_a_renewal_rests_on_evidence_checked_since_the_last_one(verifier):
    claim = make.verified_claim(valid_until_date=date(2020, 4, 1))
    age_claims(at=make.NOW)
    later = make.NOW + timedelta(days=2)
    with pytest.raises(EvidenceMissing):
        verify_claim(actor=verifier, claim=claim, at=later)
    make.show_domains(claim, at=later)
    for item in claim.evidence.all():
        check_evidence(actor=verifier, evidence=item, holds=True, at=later)
    renewed = verify_claim(actor=verifier, claim=claim, at=later)
    assert renewed.valid_until == datetime(2021, 3, 29, tzinfo=UTC)


def test_urgency_is_pushed_down_without_making_forms_stale():
    claim = make.claim()
    assert set_claim_urgency(organization_id=claim.organization_id, urgency=100) == 1
    assert set_claim_urgency(organization_id=claim.organization_id, urgency=100) == 0
    before = claim.row_version
    claim.refresh_from_db()
    assert (claim.urgency, claim.row_version) == (100, before)

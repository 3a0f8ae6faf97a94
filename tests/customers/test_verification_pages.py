"""Working a case on its pages: who has it in hand, what is shown beside what, and what many at once get."""

import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import translation

from customers.access import OwnPortfolio
from customers.actions.reject_claim import UnknownReason, reject_claim
from customers.actions.request_information import request_information
from customers.actions.set_claim_urgency import set_claim_urgency
from customers.actions.take_case import take_case
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_matches import NotExact, Shown, verify_matches
from customers.letters import ASKED, REJECTED, letters_of
from customers.models import CaseLease, Claim, ClaimState, RegisterSnapshot
from customers.reasons import InformationReason, RejectionReason
from customers.sheets import with_everything
from customers.tasks import end_leases
from journal.models import Entry
from kit.clock import now
from tests import make
from users.models import RoleAssignment
from users.roles import Role

pytestmark = pytest.mark.django_db

QUEUE = "/verification/"


@pytest.fixture
def verifier():
    return make.person(Role.VERIFIER, name="Vera Verifier")


def case_of(claim):
    return reverse("customers:case", args=[claim.public_id])


def text(response):
    return response.getvalue().decode()


# --- leases ------------------------------------------------------------------------------------------


def test_opening_a_case_takes_it_and_a_second_viewer_sees_who_has_it(visit, verifier):
    claim = make.claim()
    visit(case_of(claim), as_=verifier)
    lease = CaseLease.objects.get(claim=claim)
    assert lease.holder == verifier
    assert timedelta(minutes=14) < lease.until - now() <= timedelta(minutes=15)
    second = make.person(Role.VERIFIER)
    assert "Vera Verifier has opened this case" in text(visit(case_of(claim), as_=second))
    assert "Vera Verifier works on it" in text(visit(QUEUE, as_=second))
    assert CaseLease.objects.get(claim=claim).holder == verifier
    CaseLease.objects.update(until=now() - timedelta(seconds=1))
    assert "has opened this case" not in text(visit(case_of(claim), as_=second))
    assert CaseLease.objects.get(claim=claim).holder == second


def test_who_may_not_decide_takes_nothing_in_hand(visit):
    claim = make.claim()
    both = make.person(Role.VERIFIER, Role.ACCOUNT_MANAGER, portfolios=[claim.organization.portfolio])
    for reader in (both, make.person(Role.AUDITOR)):
        assert visit(case_of(claim), as_=reader).status_code == 200
    assert not CaseLease.objects.exists()
    with pytest.raises(OwnPortfolio):
        take_case(actor=make.actor(both), claim=claim, at=now())


def test_a_decision_frees_the_case_and_what_is_over_is_swept(visit, verifier):
    claim, other = make.claim(), make.claim()
    for one in (claim, other):
        visit(case_of(one), as_=verifier)
    Claim.objects.filter(pk=claim.pk).update(state="in_verification")
    reject_claim(actor=make.acting(Role.VERIFIER), claim=claim, reason_code="no_answer", reason="No answer.", at=now())
    assert [lease.claim for lease in CaseLease.objects.all()] == [other]
    assert end_leases() == 0
    CaseLease.objects.update(until=now() - timedelta(seconds=1))
    assert end_leases() == 1


def test_the_next_case_is_the_most_urgent_that_nobody_else_has(visit, verifier):
    old, urgent, own = make.claim(at=make.NOW), make.claim(at=now()), make.claim(at=make.NOW)
    set_claim_urgency(organization_id=urgent.organization_id, urgency=100)
    RoleAssignment.objects.create(user=verifier, role=Role.ACCOUNT_MANAGER, started_at=make.NOW).portfolios.set(
        [own.organization.portfolio]
    )
    assert visit("/verification/next/", as_=verifier).url == case_of(urgent)
    visit(case_of(urgent), as_=make.person(Role.VERIFIER))
    assert visit("/verification/next/", as_=verifier).url == case_of(old)
    assert visit("/verification/next/", as_=make.person(Role.AUDITOR)).status_code == 403


# --- many at once ------------------------------------------------------------------------------------


@pytest.fixture
def exact():
    """Claims whose register entry agrees in everything, control of the domain shown."""

    def build(name):
        hospital = make.hospital(name)
        domain = hospital.domains.get().domain
        row = make.register_row(name, domain=domain)
        return make.claim(of=hospital, evidence=[make.match(row), make.domain(domain)])

    return [build(f"Klinikum {town}") for town in ("Aachen", "Bremen")]


def posted(visit, path, verifier, **data):
    return visit(path, as_=verifier, method="post", data=data)


def test_exact_matches_are_verified_together_with_one_result_each(visit, verifier, exact):
    other_name = make.claim(evidence=[make.match(make.register_row("Another hospital"))])
    nothing_shown = make.claim(of=make.hospital("Klinikum Celle"), shown=False)
    own = make.claim(of=make.hospital("Klinikum Dresden"))
    RoleAssignment.objects.create(user=verifier, role=Role.ACCOUNT_MANAGER, started_at=make.NOW).portfolios.set(
        [own.organization.portfolio]
    )
    ids = [str(claim.public_id) for claim in (*exact, other_name, nothing_shown, own)]
    page = text(posted(visit, "/verification/bulk/", verifier, selected=ids))
    assert page.count("can be verified</span>") == 2
    for why in ("the names differ", "Missing: control of a domain", "is in your own portfolio"):
        assert why in page
    assert not Claim.objects.exclude(state="submitted").exists(), "looking changes nothing"
    assert not Entry.objects.filter(action="evidence.checked").exists()
    shown = re.findall(r'name="shown" value="([^"]+)"', page)
    assert len(shown) == 2
    done = text(posted(visit, "/verification/bulk/verify/", verifier, shown=shown))
    assert done.count("verified</span>") == 2
    for claim in exact:
        claim.refresh_from_db()
        assert (claim.state, claim.decided_by) == (ClaimState.VERIFIED, verifier)
        assert all(item.checked_by == verifier for item in claim.evidence.all())
        assert [move.new_state for move in claim.moves.order_by("pk")][-2:] == ["in_verification", "verified"]


def test_what_changed_since_it_was_shown_is_left_and_the_others_go_on(visit, verifier, exact):
    page = text(posted(visit, "/verification/bulk/", verifier, selected=[str(claim.public_id) for claim in exact]))
    shown = re.findall(r'name="shown" value="([^"]+)"', page)
    make.add_letter(exact[0])
    done = text(posted(visit, "/verification/bulk/verify/", verifier, shown=shown))
    assert "changed by somebody else" in done
    assert [Claim.objects.get(pk=claim.pk).state for claim in exact] == ["submitted", "verified"]


def test_an_entry_that_left_the_register_is_no_exact_match(exact):
    row = exact[0].evidence.first().register_row
    newer = RegisterSnapshot.objects.create(
        register=row.snapshot.register, as_of_date=date(2020, 3, 20), file_hash="1" * 64, imported_at=make.NOW
    )
    assert newer.pk
    (result,) = verify_matches(
        actor=make.acting(Role.VERIFIER), shown=[Shown(exact[0].public_id, exact[0].row_version)], at=make.NOW
    )
    assert isinstance(result.refusal, NotExact)
    assert "newest" in result.refusal.sentence


@pytest.mark.parametrize("selected", [[], ["x"], [str(UUID(int=7))]])
def test_a_bulk_act_needs_its_set_and_its_role(visit, verifier, exact, selected):
    assert posted(visit, "/verification/bulk/", verifier, selected=selected).status_code == 400
    assert posted(visit, "/verification/bulk/verify/", verifier, shown=selected).status_code in (400, 404)
    ids = [str(exact[0].public_id)]
    for reader in (make.person(Role.AUDITOR), exact[0].filed_by):
        assert posted(visit, "/verification/bulk/", reader, selected=ids).status_code == 403


# --- what the customer reads -------------------------------------------------------------------------


def test_the_customers_text_is_previewed_in_both_languages_and_stands_on_the_claim(visit, verifier):
    claim = make.claim(evidence=[make.letter()])
    take_up_claim(actor=make.actor(verifier), claim=claim, at=now())
    claim.refresh_from_db()
    place = reverse("customers:act", args=[claim.public_id, "reject"])
    data = {"row_version": claim.row_version, "reason_code": "other_organization", "reason": "See the note of Mr. X."}
    preview = text(posted(visit, place, verifier, preview="1", **data))
    assert "speaks of another organization" in preview
    assert "einer anderen Organisation" in preview
    claim.refresh_from_db()
    assert claim.state == ClaimState.IN_VERIFICATION
    posted(visit, place, verifier, **data)
    page = text(visit(reverse("customers:claim", args=[claim.public_id]), as_=claim.filed_by))
    assert "speaks of another organization" in page
    (german, english) = letters_of(with_everything(Claim.objects.all()).get(pk=claim.pk))
    assert (german.language, english.language) == ("de", "en")
    assert "control of a domain" in " ".join(english.paragraphs)
    assert "Mr. X" not in " ".join(german.paragraphs + english.paragraphs)
    assert claim.moves.get(new_state="rejected").reason_code == "other_organization"


def test_a_question_has_a_code_and_is_read_word_for_word(verifier):
    claim = make.claim()
    actor = make.actor(verifier)
    take_up_claim(actor=actor, claim=claim, at=make.NOW)
    with pytest.raises(UnknownReason):
        request_information(actor=actor, claim=claim, question="Which?", reason_code="mood", at=make.NOW)
    request_information(actor=actor, claim=claim, question="Which site?", reason_code="which_body", at=make.NOW)
    told = letters_of(with_everything(Claim.objects.all()).get(pk=claim.pk))
    assert all("Which site?" in letter.paragraphs for letter in told)
    assert "which body or site" in told[1].paragraphs[1]


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_reason_has_its_sentence(language):
    with translation.override(language):
        assert set(REJECTED) == set(RejectionReason)
        assert set(ASKED) == set(InformationReason)
        assert all(str(one) for one in [*REJECTED.values(), *ASKED.values()])

"""Verifications that run out are told ahead; a sample and every complaint are looked at by the uninvolved."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from customers.actions.update_organization import update_organization
from customers.assurance.access import Involved
from customers.assurance.actions.complain import ComplaintIsOpen, NothingToDoubt, complain
from customers.assurance.actions.draw_audits import draw_audits, provide_beyond_mark
from customers.assurance.actions.remind_of_expiry import DAYS_AHEAD, plan_reminders, remind_of_expiry
from customers.assurance.actions.resolve_review import AlreadyResolved, BadFinding, resolve_review
from customers.assurance.models import AuditDraw, ClaimReminder, ClaimReview
from customers.assurance.sampling import sample
from customers.claims import ReasonMissing
from customers.models import Claim, ClaimState
from journal.models import Entry
from kit import clock
from kit.refusal import NotAllowed, StaleForm
from tests import make
from tests.mail import REFUSES_UNKNOWN, UNKNOWN
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db


def resolved(review, by, outcome="stands", **changes):
    values = {"finding": "Read it all again.", "row_version": review.row_version, "at": make.NOW, **changes}
    return resolve_review(actor=by, review_id=review.public_id, outcome=outcome, **values)


def test_each_reminder_is_sent_once_in_time_and_none_for_what_was_renewed():
    claim = make.verified_claim()
    manager = claim.organization.registered_by
    User.objects.filter(pk=manager.pk).update(notify=[User.Topic.EXPIRY], language="en")
    end = claim.valid_until
    for days in DAYS_AHEAD:
        at = end - timedelta(days=days)
        plan_reminders(at=at - timedelta(hours=1))
        assert remind_of_expiry(at=at - timedelta(seconds=1)) == 0
        assert (remind_of_expiry(at=at), remind_of_expiry(at=at)) == (1, 0)
    assert [letter.to for letter in mail.outbox] == [[manager.email]] * 3
    assert claim.organization.legal_name in mail.outbox[0].body
    assert list(ClaimReminder.objects.values_list("told", flat=True)) == [1, 1, 1]
    days = [entry.after["days_ahead"] for entry in Entry.objects.filter(action="claim.reminded").order_by("pk")]
    assert days == [30, 14, 7]
    Claim.objects.filter(pk=claim.pk).update(valid_until=end + timedelta(days=365))
    assert plan_reminders(at=end) == 0


def test_a_reminder_of_an_end_that_no_longer_holds_is_not_sent():
    claim = make.verified_claim()
    at = claim.valid_until - timedelta(days=20)
    assert plan_reminders(at=at) == 3
    assert plan_reminders(at=at) == 0
    Claim.objects.filter(pk=claim.pk).update(valid_until=claim.valid_until + timedelta(days=300))
    assert remind_of_expiry(at=at) == 1
    assert not Entry.objects.filter(action="claim.reminded").exists()


def test_an_address_that_is_refused_is_not_told(settings):
    settings.EMAIL_BACKEND = REFUSES_UNKNOWN
    claim = make.verified_claim()
    wanting = {"notify": [User.Topic.EXPIRY], "email": UNKNOWN}
    User.objects.filter(pk=claim.organization.registered_by_id).update(**wanting)
    plan_reminders(at=claim.valid_until - timedelta(days=20))
    assert remind_of_expiry(at=claim.valid_until - timedelta(days=14)) == 2
    assert set(ClaimReminder.objects.exclude(sent_at=None).values_list("told", flat=True)) == {0}


@given(st.sets(st.integers(1, 10_000), max_size=200), st.integers(0, 100), st.integers(0, 2**48))
def test_a_draw_is_repeatable_whatever_the_order_and_never_smaller_than_its_share(keys, percent, seed):
    drawn = sample(list(keys), percent=percent, seed=seed)
    assert drawn == sample(sorted(keys, reverse=True), percent=percent, seed=seed)
    assert set(drawn) <= keys
    assert len(drawn) * 100 >= len(keys) * percent
    assert (len(drawn) - 1) * 100 < max(len(keys) * percent, 1)


def test_the_monthly_sample_is_drawn_once_twice_as_dense_where_tier_1_is_beyond_its_mark():
    verified = [make.verified_claim() for _ in range(3)]
    next_month = datetime(make.NOW.year + make.NOW.month // 12, make.NOW.month % 12 + 1, 1, 1, tzinfo=UTC)
    provide_beyond_mark(lambda at: {verified[0].organization_id})
    try:
        reviews = draw_audits(at=next_month, seed=7)
    finally:
        provide_beyond_mark(lambda at: set())
    draw = AuditDraw.objects.get()
    assert (draw.ordinary, draw.ordinary_drawn, draw.beyond_mark, draw.beyond_mark_drawn) == (2, 1, 1, 1)
    assert draw.month == date(make.NOW.year, make.NOW.month, 1)
    assert len(reviews) == 2
    assert verified[0].pk in {review.claim_id for review in reviews}
    assert draw_audits(at=next_month, seed=8) == []
    assert ClaimReview.objects.count() == 2


def test_a_complaint_is_resolved_by_the_uninvolved_and_a_doubt_suspends_the_claim():
    verifier = make.person(Role.VERIFIER)
    claim = make.verified_claim(verifier=verifier)
    auditor = make.acting(Role.AUDITOR)
    with pytest.raises(ReasonMissing):
        complain(actor=auditor, claim_id=claim.public_id, complaint=" ", at=make.NOW)
    review = complain(actor=auditor, claim_id=claim.public_id, complaint="It closed last year.", at=make.NOW)
    with pytest.raises(ComplaintIsOpen):
        complain(actor=auditor, claim_id=claim.public_id, complaint="Again.", at=make.NOW)
    with pytest.raises(Involved):
        resolved(review, make.actor(verifier))
    with pytest.raises(NotAllowed):
        resolved(review, make.actor(claim.organization.registered_by))
    uninvolved = make.acting(Role.VERIFIER)
    with pytest.raises(BadFinding):
        resolved(review, uninvolved, "perhaps")
    with pytest.raises(StaleForm):
        resolved(review, uninvolved, row_version=9)
    resolved(review, uninvolved, "doubted")
    claim.refresh_from_db()
    assert claim.state == ClaimState.SUSPENDED
    with pytest.raises(AlreadyResolved):
        resolved(ClaimReview.objects.get(), uninvolved)
    with pytest.raises(NothingToDoubt):
        complain(actor=auditor, claim_id=claim.public_id, complaint="Still.", at=make.NOW)
    words = str([(entry.reason, entry.after) for entry in Entry.objects.filter(action="claim.complained_of")])
    assert "closed" not in words


def test_another_name_lets_somebody_uninvolved_look_at_the_verification_again():
    verifier = make.person(Role.VERIFIER)
    claim = make.verified_claim(verifier=verifier)
    organization = claim.organization
    manager = make.actor(organization.registered_by)

    def rename(name):
        update_organization(
            actor=manager, organization=organization, row_version=None, portfolio=organization.portfolio,
            legal_name=name, country=organization.country, offer_type=organization.offer_type, at=make.NOW,
        )  # fmt: skip

    former = organization.legal_name
    rename(f"{former} gGmbH")
    assert not ClaimReview.objects.exists()  # another legal form is no other body
    rename("Something else")
    review = ClaimReview.objects.get()
    assert (review.cause, review.complaint) == ("renamed", f"{former} gGmbH → Something else")
    rename("A third name")
    assert ClaimReview.objects.count() == 1
    for involved in (manager, make.actor(verifier)):
        with pytest.raises(NotAllowed):
            resolved(review, involved)
    resolved(review, make.acting(Role.VERIFIER), "doubted")
    claim.refresh_from_db()
    assert claim.decision_reason == "organization_changed", "nobody complained"
    told = Entry.objects.get(action="claim.renamed_under")
    assert (told.subject_id, told.after["review"]) == (str(claim.public_id), str(review.public_id))


def test_the_database_keeps_reviews_from_the_involved_and_results_from_being_changed():
    verifier = make.person(Role.VERIFIER)
    claim = make.verified_claim(verifier=verifier)
    review = complain(actor=make.acting(Role.AUDITOR), claim_id=claim.public_id, complaint="Doubtful.", at=make.NOW)
    done = (
        "UPDATE customers_claimreview SET resolved_by_id = %s, resolved_at = now(), outcome = 'stands', finding = 'x'"
    )
    involved = (verifier.pk, claim.filed_by_id, review.opened_by_id)
    for person in involved:
        with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(done, [person])
    resolved(review, make.acting(Role.VERIFIER))
    with pytest.raises(DatabaseError), transaction.atomic():
        ClaimReview.objects.update(finding="Something else")
    with pytest.raises(DatabaseError), transaction.atomic():
        ClaimReview.objects.update(complaint="Nothing was said")


def test_the_pages_show_what_runs_out_and_which_requests_would_drop(visit):
    request = make.tier1_request(at=clock.now() - timedelta(days=360))
    claim = request.organization.claims.get()
    assert claim.valid_until - clock.now() < timedelta(days=10)
    page = visit(reverse("assurance:expiring"), as_=make.person(Role.VERIFIER)).content.decode()
    assert request.label in page
    assert "T1 → T3" in page or "T1 → T4" in page
    file = visit(reverse("assurance:expiring") + "?format=csv", as_=make.person(Role.VERIFIER))
    assert request.label in b"".join(file.streaming_content).decode()


def test_a_verifier_resolves_a_complaint_on_its_page(visit):
    claim = make.verified_claim()
    manager = claim.organization.registered_by
    address = reverse("assurance:complaint", args=[claim.public_id])
    assert (
        reverse("assurance:complaint", args=[claim.public_id])
        in visit(reverse("customers:claim", args=[claim.public_id]), as_=manager).content.decode()
    )
    assert visit(address, as_=manager, method="post", data={"complaint": ""}).status_code == 400
    visit(address, as_=manager, method="post", data={"complaint": "The letter names another clinic."})
    review = ClaimReview.objects.get()
    verifier = make.person(Role.VERIFIER)
    there = reverse("assurance:review", args=[review.public_id])
    page = visit(there, as_=verifier).content.decode()
    assert "The letter names another clinic." in page
    answer = visit(
        there, as_=verifier, method="post", data={"row_version": 1, "outcome": "stands", "finding": "It fits."}
    )
    assert answer.status_code == 302
    assert ClaimReview.objects.get().outcome == "stands"
    assert (
        review.claim.organization.legal_name
        in visit(reverse("assurance:reviews") + "?state=stands", as_=verifier).content.decode()
    )

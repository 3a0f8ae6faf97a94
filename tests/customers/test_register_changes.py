"""A register says something else today: what changed is shown, and evidence that rests on it is looked at again."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from customers.access import OwnClaim
from customers.actions.age_claims import age_claims
from customers.actions.check_evidence import check_evidence
from customers.actions.open_evidence_reviews import KEEPS_FOR, open_evidence_reviews
from customers.actions.resolve_evidence_review import AlreadyResolved, UnknownOutcome, resolve_evidence_review
from customers.claims import ReasonMissing
from customers.models import ClaimState, RegisterRow, RegisterSnapshot
from customers.queries import claims_in_force
from customers.registers.comparing import differences
from customers.registers.models import EvidenceReview, SnapshotComparison
from journal.models import Entry
from kit.refusal import NotFound
from tests import make, sql
from tests.customers.test_registers import DATA, REAL, take_in
from users.access import NeedsRole
from users.models import RoleAssignment
from users.roles import Role

pytestmark = pytest.mark.django_db

FEBRUARY, APRIL = date(2020, 2, 29), date(2020, 4, 16)
HEADER = "domain,domain_type,agency,organization,city,state\n"
BEFORE = HEADER + (
    "one.gov,City,,City of One,One,NY\n"
    "two.gov,County,,County of Two,Two,NY\n"
    "exec.gov,Federal Agency - Executive,GSA,GSA,Washington,DC\n"
    "old.gov,City,,City of Old,Old,NY\n"
)
AFTER = HEADER + (
    "one.gov,City,,City of One,Moved,NY\n"
    "two.gov,County,,County of Two and a Half,Two,NY\n"
    "exec.gov,Federal - Executive,GSA,GSA,Washington,DC\n"
    "new.gov,City,,City of New,New,NY\n"
)


def taken(day: date) -> RegisterSnapshot:
    return RegisterSnapshot.objects.get(register__code="dotgov", as_of_date=day)


def both() -> tuple[RegisterSnapshot, RegisterSnapshot]:
    take_in("dotgov", BEFORE, day=FEBRUARY)
    take_in("dotgov", AFTER, day=APRIL)
    return taken(FEBRUARY), taken(APRIL)


def verified_by(key: str):
    """A verified claim that rests on this entry of February."""
    hospital = make.hospital()
    entry = RegisterRow.objects.get(snapshot=taken(FEBRUARY), key=key)
    evidence = [make.match(entry), make.strong_evidence(hospital)[1]]
    claim = make.claim(of=hospital, evidence=evidence)
    return make.verified(claim)


def test_two_snapshots_are_compared_entry_by_entry():
    old, new = both()
    made = SnapshotComparison.objects.get(old=old, new=new)  # by the import
    found = {row.entry.key: row for row in made.changes.all()}
    # Only the word for its kind changed for exec.gov: both speak for critical government.
    assert {key: row.change for key, row in found.items()} == {
        "one.gov": "changed", "two.gov": "changed", "old.gov": "lost", "new.gov": "gained",
    }  # fmt: skip
    assert differences(found["one.gov"].before, found["one.gov"].entry) == [("city", "One", "Moved")]
    assert (made.gained, made.lost, made.changed) == (1, 1, 2)


def test_what_is_imported_between_two_snapshots_is_compared_with_both_and_any_two_on_demand(visit):
    both()
    take_in("dotgov", BEFORE, day=date(2020, 3, 15))
    compared = SnapshotComparison.objects.order_by("pk").values_list("old__as_of_date", "new__as_of_date", "changed")
    between = date(2020, 3, 15)
    assert list(compared) == [(FEBRUARY, APRIL, 2), (FEBRUARY, between, 0), (between, APRIL, 2)]
    take_in("dotgov", AFTER.replace("City of One", "One"), day=date(2020, 5, 1))
    url = reverse("customers:register_changes", args=["dotgov", "2020-05-01", "2020-02-29"])
    verifier = make.person(Role.VERIFIER)
    for queries in (18, 12):  # made, then read
        assert "City of Old" in visit(url, as_=verifier, queries=queries).content.decode()
    assert SnapshotComparison.objects.count() == 5


@REAL
def test_the_spring_of_2020_as_it_was(visit):
    for day in (FEBRUARY, APRIL):
        take_in("dotgov", (DATA / f"dotgov/dotgov_{day.isoformat()}.csv").read_bytes(), day=day)
    old, new = taken(FEBRUARY), taken(APRIL)
    found = SnapshotComparison.objects.get(old=old, new=new)
    assert (found.gained, found.lost, found.changed) == (58, 7, 3)
    assert found.changes.filter(change="gained", entry__key="coronavirus.gov").exists()
    url = reverse("customers:register_changes", args=["dotgov", APRIL.isoformat(), FEBRUARY.isoformat()])
    verifier = make.person(Role.VERIFIER)
    page = visit(f"{url}?change=changed", as_=verifier).content.decode()
    assert "Archer Lodge" in page
    exported = visit(f"{url}?change=changed&format=csv", as_=verifier).getvalue().decode()
    assert exported.count("\n") == 4
    assert "Clayton → Archer Lodge" in exported


def test_the_comparison_page_shows_filters_and_refuses(visit):
    both()
    verifier = make.person(Role.VERIFIER)
    url = reverse("customers:register_changes", args=["dotgov", "2020-04-16", "2020-02-29"])
    page = visit(url, as_=verifier).content.decode()
    assert "City of Old" in page
    lost = visit(f"{url}?change=lost", as_=verifier).content.decode()
    assert "City of Old" in lost
    assert "City of New" not in lost
    assert "Nothing matches" in visit(f"{url}?q=nowhere", as_=verifier).content.decode()
    assert visit(url, as_=make.person(Role.EXECUTIVE)).status_code == 403
    # The other way round, and days without a snapshot, are no pages.
    for days in (("2020-02-29", "2020-04-16"), ("2020-04-16", "2020-01-01"), ("2020-04-16", "yesterday")):
        assert visit(reverse("customers:register_changes", args=["dotgov", *days]), as_=verifier).status_code == 404


@pytest.mark.parametrize(("key", "change"), [("old.gov", "lost"), ("two.gov", "changed"), ("exec.gov", None)])
def test_what_rests_on_a_lost_or_changed_entry_is_looked_at_again(key, change):
    take_in("dotgov", BEFORE, day=FEBRUARY)
    claim = verified_by(key)
    assert open_evidence_reviews(at=make.NOW) == 0
    take_in("dotgov", AFTER, day=APRIL)
    assert open_evidence_reviews(at=make.NOW) == (1 if change else 0)
    assert [review.change for review in EvidenceReview.objects.all()] == ([change] if change else [])
    # Found from rows: again, nothing new; and until then the claim is worth what it was.
    assert open_evidence_reviews(at=make.NOW) == 0
    assert claims_in_force(claim.organization, make.NOW + KEEPS_FOR)[0].verification == "verified"
    if change:
        entry = Entry.objects.get(action="evidence_review.opened")
        assert (entry.after["change"], entry.after["claim"]) == (change, str(claim.public_id))


def test_a_claim_keeps_its_tier_for_30_days_and_then_must_be_renewed():
    take_in("dotgov", BEFORE, day=FEBRUARY)
    claim = verified_by("old.gov")
    take_in("dotgov", AFTER, day=APRIL)
    open_evidence_reviews(at=make.NOW)
    almost = make.NOW + KEEPS_FOR - timedelta(seconds=1)
    assert open_evidence_reviews(at=almost) == 0
    claim.refresh_from_db()
    assert claim.state == ClaimState.VERIFIED
    due = make.NOW + KEEPS_FOR
    assert open_evidence_reviews(at=due) == 1
    claim.refresh_from_db()
    assert (claim.state, claim.valid_until) == (ClaimState.REVALIDATION_DUE, due)
    assert claims_in_force(claim.organization, due)[0].in_grace
    assert open_evidence_reviews(at=due) == 0
    # From here on it goes the way of every verification that ran out.
    age_claims(at=due + KEEPS_FOR)
    assert claims_in_force(claim.organization, due + KEEPS_FOR)[0].verification == "none"


def test_a_verifier_says_that_it_still_holds_and_is_not_asked_the_same_again():
    take_in("dotgov", BEFORE, day=FEBRUARY)
    claim = verified_by("two.gov")
    take_in("dotgov", AFTER, day=APRIL)
    open_evidence_reviews(at=make.NOW)
    review = EvidenceReview.objects.get()
    verifier = make.acting(Role.VERIFIER)
    act = {"review_id": review.public_id, "outcome": "holds", "reason": "Renamed, says its charter.", "at": make.NOW}
    for by, refusal in (
        (make.acting(Role.EXECUTIVE), NotFound),
        (make.acting(Role.AUDITOR), NeedsRole),
        (make.actor(claim.filed_by), NeedsRole),
    ):
        with pytest.raises(refusal):
            resolve_evidence_review(actor=by, **act)
    with pytest.raises(ReasonMissing):
        resolve_evidence_review(actor=verifier, **{**act, "reason": " "})
    with pytest.raises(UnknownOutcome):
        resolve_evidence_review(actor=verifier, **{**act, "outcome": "restored"})
    resolve_evidence_review(actor=verifier, **act)
    with pytest.raises(AlreadyResolved):
        resolve_evidence_review(actor=verifier, **act)
    open_evidence_reviews(at=make.NOW + KEEPS_FOR)
    claim.refresh_from_db()
    assert claim.state == ClaimState.VERIFIED
    # The next snapshot says what was confirmed: no new question. One that says a third thing is one.
    take_in("dotgov", AFTER, day=date(2020, 5, 1))
    assert open_evidence_reviews(at=make.NOW) == 0
    take_in("dotgov", AFTER.replace("and a Half", "and a Third"), day=date(2020, 5, 2))
    assert open_evidence_reviews(at=make.NOW) == 1


def test_who_filed_the_claim_does_not_review_it_even_as_a_verifier():
    take_in("dotgov", BEFORE, day=FEBRUARY)
    claim = verified_by("old.gov")
    take_in("dotgov", AFTER, day=APRIL)
    open_evidence_reviews(at=make.NOW)
    review = EvidenceReview.objects.get()
    both_roles = claim.filed_by
    RoleAssignment.objects.create(user=both_roles, role=Role.VERIFIER, assigned_by=None, started_at=make.NOW)
    with pytest.raises(OwnClaim):
        resolve_evidence_review(
            actor=make.actor(both_roles), review_id=review.public_id, outcome="holds", reason="Sure.", at=make.NOW
        )
    done = "UPDATE customers_evidencereview SET resolved_at = now(), resolved_by_id = %s, outcome = 'holds'"
    assert "nobody reviews evidence of their own" in sql.refused(done, both_roles.pk)
    somebody = make.person(Role.VERIFIER)
    sql.run(done, somebody.pk)
    assert "resolved_review_stays" in sql.refused("UPDATE customers_evidencereview SET outcome = 'fails'")


def test_what_no_longer_holds_must_be_renewed_at_once():
    take_in("dotgov", BEFORE, day=FEBRUARY)
    claim = verified_by("old.gov")
    take_in("dotgov", AFTER, day=APRIL)
    open_evidence_reviews(at=make.NOW)
    review = EvidenceReview.objects.get()
    resolve_evidence_review(
        actor=make.acting(Role.VERIFIER), review_id=review.public_id, outcome="fails", reason="Closed.", at=make.NOW
    )
    claim.refresh_from_db()
    assert (claim.state, claim.valid_until) == (ClaimState.REVALIDATION_DUE, make.NOW)
    assert claim.evidence.get(kind="register_match").holds is False
    assert open_evidence_reviews(at=make.NOW) == 0


def test_an_entry_that_is_listed_again_closes_its_review_by_itself():
    take_in("dotgov", BEFORE, day=FEBRUARY)
    claim = verified_by("old.gov")
    take_in("dotgov", AFTER, day=APRIL)
    open_evidence_reviews(at=make.NOW)
    take_in("dotgov", BEFORE, day=date(2020, 4, 20))
    assert open_evidence_reviews(at=make.NOW) == 1
    review = EvidenceReview.objects.get()
    assert (review.outcome, review.resolved_by) == ("restored", None)
    open_evidence_reviews(at=make.NOW + KEEPS_FOR)
    claim.refresh_from_db()
    assert claim.state == ClaimState.VERIFIED


def test_evidence_that_was_checked_since_needs_no_second_look():
    take_in("dotgov", BEFORE, day=FEBRUARY)
    claim = verified_by("old.gov")
    take_in("dotgov", AFTER, day=APRIL)
    open_evidence_reviews(at=make.NOW)
    item = claim.evidence.get(kind="register_match")
    check_evidence(actor=make.acting(Role.VERIFIER), evidence=item, holds=True, at=make.NOW + timedelta(days=1))
    assert open_evidence_reviews(at=make.NOW + KEEPS_FOR) == 0


def test_the_review_pages_lead_a_verifier_through(visit):
    review = make.evidence_review()
    verifier = make.person(Role.VERIFIER)
    manager = review.evidence.claim.filed_by
    assert "Klinikum Beispielheim" in visit(reverse("customers:evidence_reviews"), as_=verifier).content.decode()
    url = reverse("customers:evidence_review", args=[review.public_id])
    page = visit(url, as_=verifier).content.decode()
    assert "does not list this entry any more" in page
    case = visit(reverse("customers:case", args=[review.evidence.claim.public_id]), as_=verifier).content.decode()
    assert url in case
    assert (
        url in visit(reverse("customers:claim", args=[review.evidence.claim.public_id]), as_=manager).content.decode()
    )
    # The account manager reads it and has no form; one of another portfolio finds nothing.
    assert 'name="outcome"' not in visit(url, as_=manager).content.decode()
    assert visit(url, as_=make.account_manager(portfolios=[make.portfolio()])).status_code == 404
    wrong = visit(url, as_=verifier, method="post", data={"outcome": "holds", "reason": "", "row_version": 1})
    assert wrong.status_code == 400
    sent = {"outcome": "holds", "reason": "The new list is not whole.", "row_version": 1}
    assert visit(url, as_=verifier, method="post", data=sent).status_code == 302
    assert "The new list is not whole." in visit(url, as_=verifier).content.decode()
    assert "Still holds" in visit(reverse("customers:evidence_reviews") + "?state=done", as_=verifier).content.decode()
    assert (
        "Nothing matches" in visit(reverse("customers:evidence_reviews") + "?state=open", as_=verifier).content.decode()
    )


def test_the_browser_shows_snapshots_entries_and_what_rests_on_them(visit):
    take_in("dotgov", BEFORE, day=FEBRUARY)
    claim = verified_by("two.gov")
    take_in("dotgov", AFTER, day=APRIL)
    verifier = make.person(Role.VERIFIER)
    assert "2020-02-29" in visit(reverse("customers:snapshots"), as_=verifier).content.decode()
    page = visit(reverse("customers:snapshot", args=["dotgov", "2020-02-29"]), as_=verifier).content.decode()
    assert "City of Old" in page
    assert "/registers/dotgov/2020-04-16/since/2020-02-29/" in page
    entry = visit(reverse("customers:register_entry", args=["dotgov", "2020-02-29", "two.gov"]), as_=verifier)
    shown = entry.content.decode()
    assert claim.organization.legal_name in shown
    assert "County of Two and a Half" in shown  # as it says later
    gone = visit(reverse("customers:register_entry", args=["dotgov", "2020-02-29", "old.gov"]), as_=verifier)
    assert "does not list this entry any more" in gone.content.decode()
    # Account managers read registers, and only their own customers' claims under them.
    other = make.account_manager(portfolios=[make.portfolio()])
    theirs = visit(reverse("customers:register_entry", args=["dotgov", "2020-02-29", "two.gov"]), as_=other)
    assert claim.organization.legal_name not in theirs.content.decode()
    for args in (["dotgov", "2020-02-29", "nobody.gov"], ["dotgov", "2019-01-01", "two.gov"], ["x", "y", "z"]):
        assert visit(reverse("customers:register_entry", args=args), as_=verifier).status_code == 404
    # A fragment from the middle of a word finds; filters narrow down.
    search = reverse("customers:registers")
    assert "County of Two" in visit(f"{search}?q=ount", as_=verifier).content.decode()
    assert "City of New" not in visit(f"{search}?kind=county&country=us", as_=verifier).content.decode()
    assert visit(f"{search}?country=zz", as_=verifier).status_code == 400

"""Merging: two organizations that are one become one, with both histories, and never over anybody's head."""

import pytest

from capacity.requests.models import CapacityRequest
from customers.access import visible_organizations
from customers.actions.compare_organizations import compare_organizations
from customers.actions.dismiss_duplicate import dismiss_duplicate
from customers.actions.keep_contact import keep_contact
from customers.actions.merge_organizations import (
    AlreadyMerged,
    NeitherHasIt,
    OneAboveTheOther,
    SuspendedClaim,
    merge_organizations,
)
from customers.actions.suspend_claim import suspend_claim
from customers.actions.update_organization import update_organization
from customers.claims import ReasonMissing
from customers.models import Claim, ClaimReview, ClaimState, Organization, PossibleDuplicate
from customers.queries import claims_in_force, search_organizations
from customers.reasons import WithdrawalReason
from journal.models import Entry
from kit.refusal import NotFound, StaleForm
from priorities.merging import OverrideAboutIt
from tests import make
from tests.sql import refused
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio():
    return make.portfolio()


@pytest.fixture
def manager(portfolio):
    return make.person(Role.ACCOUNT_MANAGER, portfolios=[portfolio])


@pytest.fixture
def two(portfolio, manager):
    """The same hospital, registered twice."""
    one = make.organization(
        "Klinikum Musterstadt gGmbH", portfolio=portfolio, manager=manager, domains=["klinikum.example"],
        external_ids=[("ror", "01")],
    )  # fmt: skip
    other = make.organization(
        "Krankenhaus Musterstadt", portfolio=portfolio, manager=manager, domains=["klinikum.example", "kh.example"],
        external_ids=[("cms", "02")], aliases=["KHM"], customer_since=None,
    )  # fmt: skip
    return one, other


def merge(manager, survivor, merged, **changes):
    survivor.refresh_from_db()
    merged.refresh_from_db()
    values = {
        "survivor_version": survivor.row_version, "merged_version": merged.row_version,
        "legal_name": survivor.legal_name, "country": "DE", "offer_type": "enterprise",
        "customer_since": survivor.customer_since, "portfolio": survivor.portfolio, "reason": "The same house.",
        "at": make.NOW,
    }  # fmt: skip
    return merge_organizations(actor=make.actor(manager), survivor=survivor, merged=merged, **{**values, **changes})


def test_who_takes_the_name_of_the_other_is_looked_at_again(two, manager):
    one, other = two
    claim = make.verified_claim(of=one, at=make.NOW)
    merge(manager, one, other, legal_name=other.legal_name)
    review = ClaimReview.objects.get()
    assert (review.claim, review.cause) == (claim, ClaimReview.Cause.RENAMED)
    assert review.complaint == "Klinikum Musterstadt gGmbH → Krankenhaus Musterstadt"


def test_one_takes_over_everything_of_the_other(two, manager):
    one, other = two
    keep_contact(actor=make.actor(manager), organization=other, name="Pforte", phone="0221 1", at=make.NOW)
    child = make.organization("Labor", portfolio=one.portfolio, manager=manager, parent=other)
    merge(manager, one, other, legal_name="Krankenhaus Musterstadt", customer_since=None)
    one.refresh_from_db()
    other.refresh_from_db()
    child.refresh_from_db()
    assert (one.legal_name, one.customer_since) == ("Krankenhaus Musterstadt", None)
    assert set(one.aliases) == {"KHM", "Klinikum Musterstadt gGmbH"}
    assert sorted(one.domains.values_list("domain", flat=True)) == ["kh.example", "klinikum.example"]
    assert sorted(one.external_ids.values_list("kind", flat=True)) == ["cms", "ror"]
    assert [contact.name for contact in one.contacts.all()] == ["Pforte"]
    assert child.parent == one
    assert other.merged_into == one
    assert list(search_organizations(visible_organizations(make.actor(manager)), "ggmbh musterstadt")) == [one]
    told = Entry.objects.get(action="organization.took_over")
    assert (told.subject_id, told.after["merged"], told.reason) == (
        str(one.public_id), str(other.public_id), "The same house.",
    )  # fmt: skip
    assert Entry.objects.get(action="organization.merged").before["external_ids"] == ["cms 02"]


def test_it_takes_the_account_manager_of_both_and_a_reason(two, manager):
    one, other = two
    stranger = make.person(Role.ACCOUNT_MANAGER, portfolios=[make.portfolio()])
    with pytest.raises(NotFound):
        merge(stranger, one, other)
    hidden = make.organization("Klinikum Musterstadt")
    with pytest.raises(NotFound):
        merge(manager, one, hidden, portfolio=one.portfolio)
    with pytest.raises(ReasonMissing):
        merge(manager, one, other, reason=" ")
    with pytest.raises(NeitherHasIt) as refusal:
        merge(manager, one, other, legal_name="Something else", country="FR")
    assert set(refusal.value.fields) == {"legal_name", "country"}
    with pytest.raises(StaleForm):
        merge(manager, one, other, merged_version=99)
    with pytest.raises(AlreadyMerged):
        merge(manager, one, one)
    merge(manager, one, other)
    with pytest.raises(AlreadyMerged):
        merge(manager, one, other)


def test_one_above_the_other_is_no_duplicate(two, manager):
    one, other = two
    between = make.organization("Holding", portfolio=one.portfolio, manager=manager, parent=one)
    other.parent = between
    other.save()
    for survivor, merged in ((one, other), (other, one)):
        with pytest.raises(OneAboveTheOther):
            merge(manager, survivor, merged)


def test_the_stronger_claim_stays_and_the_other_is_ended_with_the_reason(two, manager):
    one, other = two
    weak = make.claim("HE-ACUTE", of=one)
    strong = make.verified_claim("HE-ACUTE", of=other)
    merge(manager, one, other)
    weak.refresh_from_db()
    strong.refresh_from_db()
    assert (weak.state, weak.organization) == (ClaimState.REJECTED, one)
    assert weak.moves.order_by("-pk")[0].reason == "The same house."
    # It was verified for another name: it counts for the grace period and is verified anew.
    assert (strong.state, strong.organization) == (ClaimState.REVALIDATION_DUE, one)
    (in_force,) = claims_in_force(one, make.NOW)
    assert (in_force.verification, in_force.in_grace) == ("verified", True)
    assert claims_in_force(other, make.NOW) == ()


def test_the_survivors_own_verification_is_left_as_it_was(two, manager):
    one, other = two
    strong = make.verified_claim("HE-ACUTE", of=one)
    weak = make.verified_claim("HE-ACUTE", of=other, at=make.NOW.replace(year=make.NOW.year - 1))
    until = strong.valid_until
    merge(manager, one, other)
    strong.refresh_from_db()
    weak.refresh_from_db()
    assert (strong.state, strong.valid_until) == (ClaimState.VERIFIED, until)
    assert (weak.state, weak.organization) == (ClaimState.LAPSED, one)


def test_a_suspended_claim_is_decided_first(two, manager):
    one, other = two
    claim = make.verified_claim("HE-ACUTE", of=other)
    suspend_claim(
        actor=make.acting(Role.VERIFIER),
        claim=claim,
        reason_code=WithdrawalReason.values[0],
        reason="A doubt",
        at=make.NOW,
    )
    with pytest.raises(SuspendedClaim):
        merge(manager, one, other)


def test_requests_go_over_and_rank_by_what_the_survivor_holds(two, manager):
    one, other = two
    make.verified_claim("HE-ACUTE", of=one)
    request = make.request(organization=other)
    before = request.claimed_tier
    merge(manager, one, other)
    request.refresh_from_db()
    assert request.organization == one
    assert request.claimed_tier < before
    assert Entry.objects.get(action="request.moved").subject_id == str(request.public_id)


def test_an_override_about_it_does_not_vanish_in_a_merge(two, manager):
    one, other = two
    make.use_override(make.request(other))
    with pytest.raises(OverrideAboutIt):
        merge(manager, one, other)


def test_the_database_holds_the_rules_of_merging(two, manager):
    one, other = two
    third = make.organization("Third", portfolio=one.portfolio, manager=manager)
    claim = make.claim("HE-ACUTE", of=other)
    request = make.request(organization=other)
    for statement in (
        # What belongs to an organization does not change hands.
        f"UPDATE customers_claim SET organization_id = {one.pk} WHERE id = {claim.pk}",
        f"UPDATE capacity_capacityrequest SET organization_id = {one.pk} WHERE id = {request.pk}",
        f"UPDATE customers_organization SET merged_into_id = {other.pk}, merged_at = now() WHERE id = {other.pk}",
        f"UPDATE customers_organization SET merged_into_id = {one.pk} WHERE id = {other.pk}",
    ):
        assert refused(statement)
    merge(manager, one, other)
    for statement in (
        f"UPDATE customers_organization SET merged_into_id = NULL, merged_at = NULL WHERE id = {other.pk}",
        f"UPDATE customers_organization SET merged_into_id = {other.pk}, merged_at = now() WHERE id = {third.pk}",
        f"UPDATE customers_claim SET organization_id = {third.pk} WHERE id = {claim.pk}",
        f"UPDATE capacity_capacityrequest SET organization_id = {third.pk} WHERE id = {request.pk}",
    ):
        assert refused(statement)
    assert Claim.objects.get(pk=claim.pk).organization == one
    assert CapacityRequest.objects.get(pk=request.pk).organization == one


def test_no_relation_to_an_organization_is_forgotten_by_a_merge():
    """A new table that points at organizations has to say what becomes of its rows."""
    handled = {
        "Claim.organization", "Contact.organization", "ExternalId.organization", "OrganizationDomain.organization",
        "CapacityRequest.organization", "Organization.parent", "Organization.merged_into",
        "LiaisonItem.organization", "RegisterMatch.organization",
        "Inheritance.organization", "Inheritance.parent",  # another parent: decided anew
        "PossibleDuplicate.one", "PossibleDuplicate.other",  # pairs with a merged one are not shown
    }  # fmt: skip
    related = {
        f"{relation.related_model.__name__}.{relation.field.name}"
        for relation in Organization._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete
    }
    assert related == handled


# --- finding them ----------------------------------------------------------------------------------


def compared() -> list[tuple[str, str, list[str]]]:
    Organization.objects.update(compared_at=None)
    while compare_organizations(at=make.NOW):
        pass
    return [
        (pair.one.legal_name, pair.other.legal_name, pair.marks)
        for pair in PossibleDuplicate.objects.select_related("one", "other").order_by("-score", "pk")
    ]


def test_pairs_are_found_by_name_and_domain_within_the_country_and_once(portfolio, manager):
    def there(name, **fields):
        return make.organization(name, portfolio=portfolio, manager=manager, **fields)

    there("Universitätsklinikum Köln AöR")
    there("Uniklinikum Koeln")
    there("Universitaetsklinikum Köln", country="AT")
    there("Universitätsklinkum Köln")  # a slip of the pen
    there("Stadtwerke Elmsau", domains=["elmsau.example"])
    there("Energie Elmsau GmbH", domains=["elmsau.example"])
    there("Hilfsverein", domains=["gmail.com"])
    there("Sportklub", domains=["gmail.com"])
    for number in range(6):
        there(f"Amt {'ABCDEF'[number] * 9}", domains=["stadt.example"])
    found = compared()
    assert ("Universitätsklinikum Köln AöR", "Universitätsklinkum Köln", ["similar_name"]) in found
    assert ("Stadtwerke Elmsau", "Energie Elmsau GmbH", ["similar_name", "shared_domain"]) in found
    assert not [names for names in found if "Sportklub" in names or "AT" in names]
    # A domain that six share says nothing.
    assert not [names for names in found if names[0].startswith("Amt ")]
    assert compared() == found


def test_what_somebody_dismissed_stays_dismissed(two, manager):
    compared()
    pair = PossibleDuplicate.objects.get()
    stranger = make.acting(Role.ACCOUNT_MANAGER, portfolios=[make.portfolio()])
    with pytest.raises(NotFound):
        dismiss_duplicate(actor=stranger, pair=pair, reason="Two houses", at=make.NOW)
    with pytest.raises(ReasonMissing):
        dismiss_duplicate(actor=make.actor(manager), pair=pair, reason="", at=make.NOW)
    dismiss_duplicate(actor=make.actor(manager), pair=pair, reason="Two houses", at=make.NOW)
    compared()
    pair.refresh_from_db()
    assert pair.dismissed_because == "Two houses"
    assert Entry.objects.get(action="duplicate.dismissed").reason == "Two houses"


def test_another_name_is_compared_anew(two, manager):
    one, _other = two
    compared()
    third = make.organization("Ganz anders", portfolio=one.portfolio, manager=manager)
    assert third.compared_at is not None
    update_organization(
        actor=make.actor(manager), organization=third, row_version=None, portfolio=third.portfolio,
        legal_name="Klinikum Musterstadt", country="DE", offer_type="enterprise", at=make.NOW,
    )  # fmt: skip
    assert Organization.objects.filter(compared_at=None).get() == third

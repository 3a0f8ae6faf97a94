"""The registry's pages and acts: duplicates side by side, contact persons, inheritance, portfolios."""

from datetime import timedelta

import pytest
from django.urls import reverse

from customers.access import OwnPortfolio
from customers.actions.compare_organizations import compare_organizations
from customers.actions.decide_inheritance import NothingToInherit, ParentChanged, decide_inheritance
from customers.actions.keep_contact import CannotKeepContact, keep_contact, remove_contact
from customers.actions.update_organization import ParentBelow, update_organization
from customers.claims import ReasonMissing
from customers.models import Claim, Contact, Inheritance, Organization, PossibleDuplicate
from customers.queries import claims_in_force
from journal.models import Entry
from kit.clock import now
from kit.refusal import NotAllowed, NotFound
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
    one = make.organization(
        "Klinikum Musterstadt gGmbH", portfolio=portfolio, manager=manager, domains=["klinikum.example"]
    )
    other = make.organization("Klinikum Musterstatt", portfolio=portfolio, manager=manager, domains=["labor.example"])
    return one, other


def side_by_side(one, other):
    return reverse("customers:duplicate", args=[one.public_id, other.public_id])


# --- duplicates ------------------------------------------------------------------------------------


def test_the_list_shows_pairs_one_may_see_both_of(two, manager, portfolio, visit):
    make.organization("Klinikum Musterstadt")  # in another portfolio
    Organization.objects.update(compared_at=None)
    compare_organizations(at=make.NOW)
    assert PossibleDuplicate.objects.count() == 3
    url = reverse("customers:duplicates")
    mine = visit(url, as_=manager).content.decode()
    assert mine.count("data-row-link") == 1
    assert "similar name" in mine
    auditor = make.person(Role.AUDITOR)
    assert visit(url, as_=auditor).content.decode().count("data-row-link") == 3
    found = visit(f"{url}?mark=similar_name&portfolio={portfolio.code}&q=musterstatt", as_=auditor)
    assert found.content.decode().count("data-row-link") == 2
    assert visit(url, as_=make.person(Role.ADMINISTRATOR)).status_code == 403


def test_two_are_merged_on_their_page_and_the_old_address_leads_on(two, manager, visit):
    one, other = two
    url = side_by_side(one, other)
    page = visit(url, as_=manager).content.decode()
    assert "The names are similar" in page
    sent = {
        "act": "merge", "survivor": "one", "legal_name": "other", "reason": "One house",
        "one_version": one.row_version, "other_version": other.row_version,
    }  # fmt: skip
    assert visit(url, as_=manager, method="post", data={**sent, "reason": ""}).status_code == 400
    assert visit(url, as_=manager, method="post", data={**sent, "other_version": 7}).status_code == 409
    assert visit(url, as_=manager, method="post", data=sent).status_code == 302
    one.refresh_from_db()
    assert one.legal_name == "Klinikum Musterstatt"
    old = visit(reverse("customers:organization", args=[other.public_id]), as_=manager)
    assert (old.status_code, old.url) == (302, reverse("customers:organization", args=[one.public_id]))
    page = visit(old.url, as_=manager).content.decode()
    assert "Klinikum Musterstatt merged into this organization" in page
    assert visit(url, as_=manager).status_code == 404
    stranger = make.person(Role.ACCOUNT_MANAGER, portfolios=[make.portfolio()])
    assert visit(reverse("customers:organization", args=[other.public_id]), as_=stranger).status_code == 404


def test_a_pair_is_kept_apart_with_a_reason(two, manager, visit):
    Organization.objects.update(compared_at=None)
    compare_organizations(at=make.NOW)
    url = side_by_side(*two)
    assert "They are two" not in visit(url, as_=make.person(Role.VERIFIER)).content.decode()
    sent = {"act": "dismiss", "reason": ""}
    assert visit(url, as_=manager, method="post", data=sent).status_code == 400
    assert visit(url, as_=manager, method="post", data={**sent, "reason": "Two houses"}).status_code == 302
    assert "data-row-link" not in visit(reverse("customers:duplicates"), as_=manager).content.decode()


# --- contact persons -------------------------------------------------------------------------------


def test_contact_persons_are_kept_outside_the_journal_and_erased_for_good(two, manager, visit):
    one, _other = two
    new = reverse("customers:new_contact", args=[one.public_id])
    sent = {
        "row_version": 1,
        "name": "Erika Muster",
        "role": "Leitstelle",
        "email": "e@muster.example",
        "language": "de",
    }
    assert visit(new, as_=manager, method="post", data={**sent, "email": "no"}).status_code == 400
    assert visit(new, as_=manager, method="post", data=sent).status_code == 302
    contact = Contact.objects.get()
    there = reverse("customers:organization", args=[one.public_id])
    assert "Erika Muster" in visit(there, as_=manager).content.decode()
    # Executives read figures and names of customers, never of persons.
    assert "Erika Muster" not in visit(there, as_=make.person(Role.EXECUTIVE)).content.decode()
    page = reverse("customers:contact", args=[one.public_id, contact.public_id])
    assert visit(page, as_=manager, method="post", data={**sent, "phone": "0221 1"}).status_code == 302
    assert visit(page, as_=manager, method="post", data=sent).status_code == 409  # shown an older one
    erase = reverse("customers:erase_contact", args=[one.public_id, contact.public_id])
    assert visit(erase, as_=make.person(Role.VERIFIER), method="post").status_code == 403
    assert visit(erase, as_=manager, method="post").status_code == 302
    assert not Contact.objects.exists()
    told = [
        str((entry.after, entry.before, entry.reason)) for entry in Entry.objects.filter(action__startswith="contact")
    ]
    assert len(told) == 3
    assert not [text for text in told if "Erika" in text or "muster.example" in text]


def test_a_contact_can_be_reached_and_belongs_to_its_organization(two, manager):
    one, other = two
    actor = make.actor(manager)
    with pytest.raises(CannotKeepContact) as refusal:
        keep_contact(actor=actor, organization=one, name=" ", language="fr", at=make.NOW)
    assert set(refusal.value.fields) == {"name", "email", "language"}
    kept = keep_contact(actor=actor, organization=one, name="Pforte", phone="0221 1", at=make.NOW)
    with pytest.raises(NotFound):
        remove_contact(actor=actor, organization=other, contact=kept, at=make.NOW)
    with pytest.raises(NotAllowed):
        keep_contact(actor=make.acting(Role.VERIFIER), organization=one, name="X", phone="1", at=make.NOW)
    assert "contact_can_be_reached" in refused(f"UPDATE customers_contact SET phone = '' WHERE id = {kept.pk}")


# --- parents and what is inherited -----------------------------------------------------------------


def test_nobody_stands_below_itself_in_the_database_either(two, manager):
    one, other = two
    below = make.organization("Labor", portfolio=one.portfolio, manager=manager, parent=other)
    Organization.objects.filter(pk=other.pk).update(parent=one)
    with pytest.raises(ParentBelow):
        update_organization(
            actor=make.actor(manager), organization=one, row_version=None, portfolio=one.portfolio,
            legal_name=one.legal_name, country="DE", offer_type="enterprise", parent=below, at=make.NOW,
        )  # fmt: skip
    said = refused(f"UPDATE customers_organization SET parent_id = {below.pk} WHERE id = {one.pk}")
    assert "does not stand below itself" in said


def test_what_the_parent_holds_counts_only_where_a_verifier_chose_so(two, manager):
    parent, child = two
    make.verified_claim("HE-ACUTE", of=parent)
    Organization.objects.filter(pk=child.pk).update(parent=parent)
    child.refresh_from_db()
    assert claims_in_force(child, make.NOW) == ()

    def decide(actor, *, is_accepted=True, reason="One legal body", below=parent):
        return decide_inheritance(
            actor=actor, organization=child, parent=below, is_accepted=is_accepted, reason=reason, at=make.NOW
        )

    verifier = make.acting(Role.VERIFIER)
    with pytest.raises(NotAllowed):
        decide(make.actor(manager))
    with pytest.raises(OwnPortfolio):
        decide(make.acting(Role.VERIFIER, Role.ACCOUNT_MANAGER, portfolios=[child.portfolio]))
    with pytest.raises(ReasonMissing):
        decide(verifier, reason=" ")
    with pytest.raises(ParentChanged):
        decide(verifier, below=make.organization("Somebody else"))
    decide(verifier)
    (inherited,) = claims_in_force(child, make.NOW)
    assert (inherited.category, inherited.verification, inherited.inherited_from) == (
        "HE-ACUTE", "verified", parent.public_id,
    )  # fmt: skip
    decide(verifier, is_accepted=False, reason="Another legal body")
    assert claims_in_force(child, make.NOW) == ()
    actions = list(
        Entry.objects.filter(action__startswith="inheritance").order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["inheritance.accepted", "inheritance.declined"]


def test_its_own_claim_counts_in_place_of_an_inherited_one_and_another_parent_opens_the_question(two, manager):
    parent, child = two
    make.verified_claim("HE-ACUTE", of=parent)
    Organization.objects.filter(pk=child.pk).update(parent=parent)
    child.refresh_from_db()
    verifier = make.acting(Role.VERIFIER)
    decide_inheritance(
        actor=verifier, organization=child, parent=parent, is_accepted=True, reason="One body", at=make.NOW
    )
    make.verified_claim("HE-ACUTE", of=child)
    (own,) = claims_in_force(child, make.NOW)
    assert own.inherited_from is None
    third = make.organization("Holding", portfolio=child.portfolio, manager=manager)
    grandchild = make.organization("Labor", portfolio=child.portfolio, manager=manager, parent=child)
    assert claims_in_force(grandchild, make.NOW) == ()
    Organization.objects.filter(pk=grandchild.pk).update(parent=third)
    with pytest.raises(NothingToInherit):
        decide_inheritance(actor=verifier, organization=third, parent=parent, is_accepted=True, reason="x", at=make.NOW)
    manager_key = manager.pk
    said = refused(f"UPDATE customers_inheritance SET decided_by_id = {manager_key} WHERE organization_id = {child.pk}")
    assert "own portfolio" in said
    assert Inheritance.objects.count() == 1


def test_a_request_ranks_by_what_its_organization_inherits(two):
    parent, child = two
    make.verified_claim("HE-ACUTE", of=parent)
    Organization.objects.filter(pk=child.pk).update(parent=parent)
    child.refresh_from_db()
    before = make.request(child, workload="health_records").claimed_tier
    decide_inheritance(
        actor=make.acting(Role.VERIFIER), organization=child, parent=parent, is_accepted=True, reason="One body",
        at=make.NOW,
    )  # fmt: skip
    assert make.request(child, workload="health_records").claimed_tier < before


def test_the_page_says_what_is_inherited_and_who_chose(two, manager, visit):
    parent, child = two
    make.verified_claim("HE-ACUTE", of=parent, at=now())
    Organization.objects.filter(pk=child.pk).update(parent=parent)
    there = reverse("customers:organization", args=[child.public_id])
    assert "Nothing is inherited before a verifier accepts it." in visit(there, as_=manager).content.decode()
    verifier = make.person(Role.VERIFIER)
    page = reverse("customers:inheritance", args=[child.public_id])
    assert "does not count for this organization" in visit(page, as_=verifier).content.decode()
    assert visit(page, as_=manager).status_code == 403
    assert visit(page, as_=verifier, method="post", data={"reason": "x"}).status_code == 400
    sent = {"is_accepted": "yes", "reason": "One legal body"}
    assert visit(page, as_=verifier, method="post", data=sent).status_code == 302
    shown = visit(there, as_=manager).content.decode()
    assert "counts for this organization" in shown
    assert "One legal body" in shown


# --- portfolios ------------------------------------------------------------------------------------


def test_many_are_handed_over_each_with_its_result(two, manager, portfolio, visit):
    one, other = two
    target = make.portfolio(name="South")
    manager.assignments.get().portfolios.add(target)
    hidden = make.organization("Hidden")
    page = visit(reverse("customers:organizations"), as_=manager).content.decode()
    assert 'name="selected"' in page
    assign = reverse("customers:assign")
    nothing = visit(assign, as_=manager, method="post", data={"portfolio": str(target.public_id)})
    assert nothing.status_code == 400
    ids = [str(row.public_id) for row in (one, hidden)]
    asked = visit(assign, as_=manager, method="post", data={"selected": ids})
    assert asked.status_code == 200
    assert "Hidden" not in asked.content.decode()
    done = visit(assign, as_=manager, method="post", data={"portfolio": str(target.public_id), "selected": ids})
    text = done.content.decode()
    assert (done.status_code, "Hidden" in text, one.legal_name in text) == (200, False, True)
    assert "There is nothing here that you may see." in text
    one.refresh_from_db()
    assert one.portfolio == target
    sent = {"portfolio": str(target.public_id), "selected": [str(other.public_id)]}
    assert visit(assign, as_=manager, method="post", data=sent).status_code == 302
    stranger = make.person(Role.ACCOUNT_MANAGER, portfolios=[make.portfolio()])
    assert visit(assign, as_=stranger, method="post", data=sent).status_code == 400
    entries = Entry.objects.filter(action="organization.updated")
    assert [entry.after for entry in entries] == [{"portfolio": target.code}] * 2


def test_the_list_finds_what_runs_out(two, manager, visit):
    one, _other = two
    claim = make.verified_claim("HE-ACUTE", of=one, at=now())
    url = reverse("customers:organizations")
    assert visit(f"{url}?expires=30", as_=manager).content.decode().count("data-row-link") == 0
    Claim.objects.filter(pk=claim.pk).update(valid_until=now() + timedelta(days=20))
    found = visit(f"{url}?expires=30", as_=manager).content.decode()
    assert found.count("data-row-link") == 1
    assert one.legal_name in found
    assert visit(f"{url}?expires=1", as_=manager).status_code == 400


def test_the_page_shows_how_categories_stood_within_its_budget(two, manager, visit):
    one, other = two
    make.verified_claim("HE-ACUTE", of=one, at=now())
    make.claim("HE-PUBLIC", of=one)
    Organization.objects.filter(pk=one.pk).update(parent=other)
    page = visit(reverse("customers:organization", args=[one.public_id]), as_=make.person(Role.AUDITOR), queries=12)
    text = page.content.decode()
    assert "How its categories stood at the end of each month" in text
    assert f"subject={one.public_id}" in text

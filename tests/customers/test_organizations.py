"""An organization is registered once, by its account manager, and corrected by nobody else."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from customers.access import NotInYourPortfolio
from customers.actions.register_organization import (
    InternalIsNotForSale,
    LooksLikeDuplicate,
    UnknownParent,
    register_organization,
)
from customers.actions.update_organization import ParentBelow, update_organization
from customers.models import ExternalId, Organization
from customers.organizations import ExternalIdTaken
from customers.particulars import CannotTakeParticulars
from customers.queries import search_organizations
from journal.models import Entry
from kit.refusal import NotAllowed, NotFound, StaleForm
from tests import make
from users.access import SYSTEM, NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return make.portfolio("North")


@pytest.fixture
def manager(home):
    return make.actor(make.account_manager(portfolios=[home]))


def register(actor, portfolio, **changes):
    values = {
        "legal_name": "Uniklinik Köln AöR",
        "country": "DE",
        "offer_type": "enterprise",
        "domains": ["https://www.uk-koeln.de/kontakt"],
        "at": make.NOW,
    }
    return register_organization(actor=actor, portfolio=portfolio, **{**values, **changes})


def test_the_account_manager_of_the_portfolio_registers_and_nobody_else(home, manager):
    organization = register(manager, home, external_ids=[("ROR", " 05mxhda18 ")], aliases=["UKK", "  "])
    assert [row.domain for row in organization.domains.all()] == ["uk-koeln.de"]
    assert [(row.kind, row.value) for row in organization.external_ids.all()] == [("ror", "05mxhda18")]
    assert organization.aliases == ["UKK"]
    entry = Entry.objects.get(action="organization.registered")
    assert entry.actor_id == manager.public_id
    assert entry.subject_id == str(organization.public_id)
    assert "Köln" not in str(entry.after)
    for other in (make.acting(Role.ACCOUNT_MANAGER, portfolios=[make.portfolio()]), make.acting(Role.VERIFIER)):
        with pytest.raises(NeedsRole):
            register(other, home, legal_name="Someone else", domains=[])
    assert Organization.objects.count() == 1


def test_every_wrong_field_is_named_and_nothing_is_written(home, manager):
    with pytest.raises(CannotTakeParticulars) as refusal:
        register(
            manager,
            home,
            legal_name=" … ",
            country="XX",
            offer_type="lifetime",
            domains=["ok.example", "uk", "10.0.0.1", "co.uk", "a b.de"],
            external_ids=[("R O R", "1"), ("ror", "")],
            customer_since=date(2020, 3, 27),
        )
    fields = refusal.value.fields
    assert set(fields) == {"legal_name", "country", "offer_type", "domains", "external_ids", "customer_since"}
    assert len(fields["domains"]) == 4
    assert not Organization.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"legal_name": "x" * 251}, "legal_name"),
        ({"legal_name": "Klinik\x00um"}, "legal_name"),
        ({"aliases": ["a\x07"]}, "aliases"),
        ({"aliases": [f"Name {n}" for n in range(21)]}, "aliases"),
        ({"domains": [f"d{n}.example" for n in range(51)]}, "domains"),
        ({"external_ids": [("ror", "x" * 121)]}, "external_ids"),
        ({"country": "ZZ"}, "country"),
    ],
)
def test_bounds_hold_in_the_action_and_not_only_in_forms(home, manager, changes, field):
    with pytest.raises(CannotTakeParticulars) as refusal:
        register(manager, home, **changes)
    assert list(refusal.value.fields) == [field]


def test_namibia_is_a_country_and_long_names_fit(home, manager):
    name = "Ü" * 250
    organization = register(manager, home, legal_name=name, country="na")
    assert (organization.country, organization.legal_name) == ("NA", name)


@pytest.mark.parametrize(
    "changes",
    [
        {"legal_name": "Universitätsklinik Koeln"},
        {"legal_name": "UNIKLINIK KOELN"},
        {"legal_name": "Medizin am Rhein GmbH", "domains": ["uk-koeln.de"]},
    ],
)
def test_what_looks_registered_already_needs_a_reason(home, manager, changes):
    first = register(manager, home)
    changes = {"domains": [], **changes}
    with pytest.raises(LooksLikeDuplicate) as refusal:
        register(manager, home, **changes)
    (duplicate,) = refusal.value.duplicates
    assert duplicate.organization == first
    assert duplicate.sentences
    with pytest.raises(LooksLikeDuplicate):
        register(manager, home, anyway_reason="  ", **changes)
    register(manager, home, anyway_reason="The children's hospital beside it.", **changes)
    assert Entry.objects.filter(reason="The children's hospital beside it.").count() == 1


def test_many_domains_and_ids_do_not_hide_a_duplicate(home, manager):
    first = register(
        manager,
        home,
        domains=[f"site{number}.medizin-campus.example" for number in range(30)],
        external_ids=[(f"registry{number}", f"{number}9f8e7d6c5b4a") for number in range(10)],
    )
    with pytest.raises(LooksLikeDuplicate) as refusal:
        register(manager, home, legal_name="Uniklinik Koeln", domains=[])
    assert [duplicate.organization for duplicate in refusal.value.duplicates] == [first]


def test_a_free_mail_domain_warns_of_nobody(home, manager):
    register(manager, home, legal_name="Praxis Drei Linden", domains=["gmx.de"])
    register(manager, home, legal_name="Tischlerei Hobelspan", domains=["gmx.de"])


def test_a_duplicate_in_another_portfolio_is_told_without_its_name(home, manager):
    register(manager, home)
    stranger = make.portfolio("South")
    other = make.acting(Role.ACCOUNT_MANAGER, portfolios=[stranger])
    with pytest.raises(LooksLikeDuplicate) as refusal:
        register(other, stranger)
    (duplicate,) = refusal.value.duplicates
    assert duplicate.organization is None
    assert "North" in duplicate.label
    assert "Köln" not in str(refusal.value)


def test_an_external_id_names_one_organization_whatever_the_case_and_the_reason(home, manager):
    first = register(manager, home, external_ids=[("ror", "05MXHDA18")])
    with pytest.raises(ExternalIdTaken) as refusal:
        register(
            manager,
            home,
            legal_name="Quite another",
            domains=[],
            external_ids=[("ror", "05mxhda18")],
            anyway_reason="Because.",
        )
    assert list(refusal.value.fields) == ["external_ids"]
    assert first.legal_name in refusal.value.sentence
    with pytest.raises(IntegrityError), transaction.atomic():
        ExternalId.objects.create(
            organization=register(manager, home, legal_name="Third", domains=[]), kind="ror", value="05mxhda18"
        )


def test_internal_organizations_come_from_the_system_alone(home, manager):
    with pytest.raises(InternalIsNotForSale):
        register(manager, home, is_internal=True)
    assert register(SYSTEM, home, is_internal=True).is_internal


def test_a_parent_must_be_one_the_actor_can_see(home, manager):
    hidden = make.organization("Hidden Holding")
    with pytest.raises(UnknownParent):
        register(manager, home, parent=hidden)


@pytest.mark.parametrize("query", ["koeln uniklinik", "KÖLN", "koln uni", "05mxhda18", "uk-koeln.de"])
def test_search_finds_the_university_hospital_by_many_spellings(home, manager, query):
    wanted = register(manager, home, external_ids=[("ror", "05mxhda18")])
    register(manager, home, legal_name="Stadtwerke Bonn", domains=[])
    assert list(search_organizations(Organization.objects.all(), query)) == [wanted]


def test_search_without_words_finds_everything_and_with_others_nothing(home, manager):
    register(manager, home)
    assert search_organizations(Organization.objects.all(), " ... ").count() == 1
    assert search_organizations(Organization.objects.all(), "linik").count() == 0
    assert search_organizations(Organization.objects.all(), "%").count() == 1


def update(actor, organization, **changes):
    values = {
        "row_version": organization.row_version,
        "portfolio": organization.portfolio,
        "legal_name": organization.legal_name,
        "country": organization.country,
        "offer_type": organization.offer_type,
        "aliases": organization.aliases,
        "domains": [row.domain for row in organization.domains.all()],
        "external_ids": [(row.kind, row.value) for row in organization.external_ids.all()],
        "customer_since": organization.customer_since,
        "parent": organization.parent,
        "at": make.NOW,
    }
    return update_organization(actor=actor, organization=organization, **{**values, **changes})


def test_a_correction_keeps_the_former_name_and_records_old_and_new(home, manager):
    organization = register(manager, home)
    changed = update(
        manager, organization, legal_name="Universitätsklinikum Köln", offer_type="credits", domains=["ukk.example"]
    )
    assert changed.aliases == ["Uniklinik Köln AöR"]
    assert changed.row_version == 2
    assert list(search_organizations(Organization.objects.all(), "uniklinik koeln")) == [changed]
    entry = Entry.objects.get(action="organization.updated")
    assert entry.before["offer_type"] == "enterprise"
    assert entry.after["offer_type"] == "credits"
    assert "country" not in entry.after
    with pytest.raises(StaleForm):
        update(manager, organization, legal_name="Too late")


def test_what_changes_nothing_records_nothing(home, manager):
    organization = register(manager, home, external_ids=[("ror", "1")])
    assert update(manager, organization).row_version == 1
    assert not Entry.objects.filter(action="organization.updated").exists()


def test_only_its_account_manager_corrects_it(home, manager):
    organization = register(manager, home)
    with pytest.raises(NotFound):
        update(make.acting(Role.ACCOUNT_MANAGER, portfolios=[make.portfolio()]), organization)
    with pytest.raises(NeedsRole):
        update(make.acting(Role.AUDITOR), organization)
    both = make.acting(Role.ACCOUNT_MANAGER, Role.CAPACITY_REVIEWER, portfolios=[make.portfolio()])
    with pytest.raises(NotInYourPortfolio):
        update(both, organization)
    with pytest.raises(NotAllowed):
        update(manager, organization, portfolio=make.portfolio())


def test_organizations_cannot_stand_below_themselves(home, manager):
    top = register(manager, home, legal_name="Holding", domains=[])
    middle = register(manager, home, legal_name="Clinic group", domains=[], parent=top)
    below = register(manager, home, legal_name="Ward", domains=[], parent=middle)
    with pytest.raises(ParentBelow):
        update(manager, top, parent=below)
    assert update(manager, below, parent=top).parent == top


def test_a_correction_may_keep_its_own_external_id_and_drop_it(home, manager):
    organization = register(manager, home, external_ids=[("ror", "1"), ("cms", "010001")])
    update(manager, organization, external_ids=[("cms", "010001")])
    assert [row.value for row in organization.external_ids.all()] == ["010001"]

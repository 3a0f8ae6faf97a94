"""Contacts with responders and authorities: what they need is written down, and who does what by when is not lost."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from customers.access import NotInYourPortfolio
from customers.liaison.access import NotYourItem, visible_items
from customers.liaison.actions.log_contact import CannotLogContact, log_contact
from customers.liaison.actions.move_item import CannotMoveItem, ItemIsClosed, move_item
from customers.liaison.models import LiaisonItem, LiaisonStep
from journal.models import Entry
from kit.refusal import NotFound, StaleForm
from tests import make
from users.access import NeedsRole
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db

TODAY = make.NOW.date()


@pytest.fixture
def duty_manager():
    return make.acting(Role.DUTY_MANAGER)


def logged(actor, **changes):
    values = {
        "counterpart": "authority",
        "authority": "Ministry of Health",
        "happened_date": TODAY,
        "summary": "The hotline doubles on Monday.",
        "requirements": "Data stays in the country.",
        "next_step": "Name a contact for nights",
        "owner": actor.public_id,
        "due_date": TODAY + timedelta(days=2),
        "at": make.NOW,
    }
    return log_contact(actor=actor, **{**values, **changes})


def test_a_contact_is_written_down_moved_along_and_closed_with_every_step_kept(duty_manager):
    item = logged(duty_manager)
    assert item.is_open
    moved = move_item(
        actor=duty_manager, item_id=item.public_id, row_version=1, outcome="Named.", next_step="Test the line",
        owner=duty_manager.public_id, due_date=TODAY + timedelta(days=5), at=make.NOW,
    )  # fmt: skip
    with pytest.raises(StaleForm):
        move_item(actor=duty_manager, item_id=item.public_id, row_version=1, outcome="Again.", at=make.NOW)
    closed = move_item(actor=duty_manager, item_id=item.public_id, row_version=2, outcome="It works.", at=make.NOW)
    assert (moved.next_step, closed.is_open, closed.outcome) == ("Test the line", False, "It works.")
    assert [step.next_step for step in closed.steps.order_by("pk")] == ["Name a contact for nights", "Test the line"]
    with pytest.raises(ItemIsClosed):
        move_item(actor=duty_manager, item_id=item.public_id, row_version=3, outcome="Once more.", at=make.NOW)
    entries = Entry.objects.filter(subject_type="liaison").order_by("pk")
    assert [entry.action for entry in entries] == ["liaison.logged", "liaison.moved", "liaison.closed"]
    assert "hotline" not in str([(entry.before, entry.after, entry.reason) for entry in entries])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"counterpart": "friends"}, "counterpart"),
        ({"authority": " "}, "authority"),
        ({"country": "XX"}, "country"),
        ({"happened_date": TODAY + timedelta(days=1)}, "happened_date"),
        ({"summary": " "}, "summary"),
        ({"summary": "x" * 4_001}, "summary"),
        ({"next_step": ""}, "next_step"),
        ({"owner": None}, "owner"),
        ({"due_date": None}, "due_date"),
        ({"due_date": TODAY - timedelta(days=1)}, "due_date"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_kept(duty_manager, changes, field):
    with pytest.raises(CannotLogContact) as refused:
        logged(duty_manager, **changes)
    assert list(refused.value.fields) == [field]
    assert not LiaisonItem.objects.exists()


def test_a_step_needs_an_outcome_and_an_owner_who_can_act(duty_manager):
    item = logged(duty_manager)
    outsider = make.person(Role.EXECUTIVE)
    with pytest.raises(CannotMoveItem) as refused:
        move_item(
            actor=duty_manager, item_id=item.public_id, row_version=1, outcome=" ", next_step="Call", at=make.NOW,
            owner=outsider.public_id, due_date=TODAY,
        )  # fmt: skip
    assert set(refused.value.fields) == {"outcome", "owner"}


def test_account_managers_write_for_their_own_portfolio_and_read_no_other():
    ours, theirs = make.organization("Klinikum Musterstadt"), make.organization("Klinikum Anderstadt")
    manager = make.actor(ours.registered_by)
    other = make.actor(theirs.registered_by)
    item = logged(manager, organization=ours.public_id, authority="")
    assert list(visible_items(manager)) == [item]
    assert list(visible_items(other)) == []
    with pytest.raises(NotFound):
        logged(other, organization=ours.public_id, authority="")
    with pytest.raises(NotFound):
        move_item(actor=other, item_id=item.public_id, row_version=1, outcome="Mine.", at=make.NOW)
    with pytest.raises(NeedsRole):
        logged(make.acting(Role.EXECUTIVE))
    with pytest.raises(NotYourItem):
        move_item(actor=make.acting(Role.VERIFIER), item_id=item.public_id, row_version=1, outcome="No.", at=make.NOW)
    operator = make.acting(Role.REGION_OPERATOR)
    assert list(visible_items(operator)) == []
    with pytest.raises((NotFound, NotInYourPortfolio, NeedsRole)):
        logged(operator, organization=ours.public_id, authority="")


def test_the_database_keeps_the_rules(duty_manager):
    item = logged(duty_manager)
    for change in (
        {"owner": None},
        {"due_date": None},
        {"closed_at": make.NOW},
        {"closed_at": make.NOW, "closed_by": User.objects.get(pk=duty_manager.user_id), "outcome": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            LiaisonItem.objects.filter(pk=item.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        LiaisonItem.objects.filter(pk=item.pk).update(summary="Something else was said.")
    move_item(actor=duty_manager, item_id=item.public_id, row_version=1, outcome="Done.", at=make.NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        LiaisonStep.objects.update(what_came_of_it="Nothing")


def test_the_pages_show_the_log_and_what_is_due(visit, duty_manager):
    person = User.objects.get(pk=duty_manager.user_id)
    item = logged(duty_manager)

    def shown(url):
        return visit(url, as_=person).content.decode()

    page, everything = shown(reverse("liaison:items")), reverse("liaison:items")
    assert "Ministry of Health" in page
    assert "Name a contact for nights" in page
    assert "Ministry of Health" in shown(everything + "?q=health&state=open&mine=yes")
    assert "Ministry of Health" not in shown(everything + "?state=done")
    assert "Data stays in the country." in shown(reverse("liaison:item", args=[item.public_id]))
    assert "Name a contact for nights" in shown("/today/") + shown("/today/?part=2")
    assert visit(everything, as_=make.person(Role.EXECUTIVE)).status_code == 403


def test_a_contact_with_a_customer_is_written_on_its_page(visit):
    organization = make.organization("Klinikum Musterstadt")
    manager = organization.registered_by
    address = f"{reverse('liaison:log')}?organization={organization.public_id}"
    wrong = visit(address, as_=manager, method="post", data={"counterpart": "health", "happened_date": "2020-13-01"})
    assert wrong.status_code == 400
    assert not LiaisonItem.objects.exists()
    data = {"counterpart": "health", "happened_date": TODAY.isoformat(), "summary": "They open a second ward."}
    answer = visit(address, as_=manager, method="post", data=data)
    item = LiaisonItem.objects.get()
    assert answer.headers["Location"] == reverse("liaison:item", args=[item.public_id])
    page = visit(reverse("customers:organization", args=[organization.public_id]), as_=manager).content.decode()
    assert reverse("liaison:item", args=[item.public_id]) in page

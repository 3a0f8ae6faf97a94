"""Personal data about customers is erased when its time is over or somebody asks, and only that it was stays."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from customers.actions.keep_contact import keep_contact
from customers.claims import ReasonMissing
from customers.liaison.actions.log_contact import log_contact
from customers.liaison.actions.move_item import move_item
from customers.liaison.models import LiaisonItem, LiaisonStep
from customers.models import Contact
from customers.retention.actions.erase import NothingChosen, erase_on_request, erase_what_is_due
from customers.retention.actions.set_retention import BadRetention, set_retention
from customers.retention.kinds import LIAISON
from customers.retention.models import Erasure, RetentionRule
from journal.models import Entry
from kit.refusal import NotFound, StaleForm
from tests import make
from users.access import NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization():
    return make.organization("Klinikum Musterstadt")


def contact_of(organization, at=make.NOW, **changes):
    manager = make.actor(organization.registered_by)
    values = {"name": "Erika Mustermann", "email": "erika@klinikum.example", **changes}
    return keep_contact(actor=manager, organization=organization, at=at, **values)


def talk_with(organization, at=make.NOW):
    manager = make.actor(organization.registered_by)
    item = log_contact(
        actor=manager, organization=organization.public_id, counterpart="health", happened_date=at.date(),
        summary="Erika asks for a direct line.", next_step="Call her", owner=manager.public_id,
        due_date=at.date(), at=at,
    )  # fmt: skip
    return move_item(actor=manager, item_id=item.public_id, row_version=1, outcome="She is content.", at=at)


def test_what_was_kept_long_enough_is_erased_and_what_was_confirmed_stays(organization):
    old, confirmed = contact_of(organization), contact_of(organization, name="Max Mustermann")
    item = talk_with(organization)
    digest = LIAISON.hash_of(LiaisonItem.objects.get())
    later = make.NOW + timedelta(days=731)
    contact_of(organization, at=later - timedelta(days=1), contact=confirmed, name="Max Mustermann")
    assert erase_what_is_due(at=make.NOW + timedelta(days=729)) == 0
    assert erase_what_is_due(at=later) == 1
    assert list(Contact.objects.values_list("name", flat=True)) == ["Max Mustermann"]
    assert erase_what_is_due(at=make.NOW + timedelta(days=1096)) == 1
    assert not LiaisonItem.objects.exists()
    assert not LiaisonStep.objects.exists()
    erased = {(one.kind, one.subject_id): one.content_hash for one in Erasure.objects.all()}
    assert erased == {("contact", old.public_id): "", ("liaison", item.public_id): digest}
    told = str(
        [(e.reason, e.before, e.after) for e in Entry.objects.filter(action__in=["data.erased", "contact.added"])]
    )
    assert "Erika" not in told
    assert "klinikum.example" not in told


def test_an_open_step_is_never_erased(organization):
    manager = make.actor(organization.registered_by)
    log_contact(
        actor=manager, organization=organization.public_id, counterpart="health", happened_date=make.NOW.date(),
        summary="Waits.", next_step="Call", owner=manager.public_id, due_date=make.NOW.date(), at=make.NOW,
    )  # fmt: skip
    assert erase_what_is_due(at=make.NOW + timedelta(days=3650)) == 0


def test_on_request_everything_chosen_about_one_organization_goes(organization):
    contact_of(organization)
    talk_with(organization)
    other = make.organization("Klinikum Anderstadt")
    contact_of(other, name="Otto Other")
    manager = make.actor(organization.registered_by)

    def erase(actor, kinds=("contact", "liaison"), reason="The person asked."):
        return erase_on_request(
            actor=actor, organization_id=organization.public_id, kinds=list(kinds), reason=reason, at=make.NOW
        )

    with pytest.raises(NothingChosen):
        erase(manager, kinds=())
    with pytest.raises(NothingChosen):
        erase(manager, kinds=("requests",))
    with pytest.raises(ReasonMissing):
        erase(manager, reason=" ")
    with pytest.raises(NotFound):
        erase(make.actor(other.registered_by))
    with pytest.raises(NeedsRole):
        erase(make.acting(Role.AUDITOR))
    assert Contact.objects.count() == 2
    assert erase(manager) == 2
    assert erase(make.acting(Role.ADMINISTRATOR)) == 0
    assert list(Contact.objects.values_list("name", flat=True)) == ["Otto Other"]


def test_how_long_is_an_administrators_word_within_bounds(organization):
    administrator = make.acting(Role.ADMINISTRATOR)

    def keep(days, actor=administrator, shown=730):
        return set_retention(actor=actor, kind="contact", days=days, shown_days=shown, at=make.NOW)

    with pytest.raises(NeedsRole):
        keep(60, actor=make.acting(Role.AUDITOR))
    for days in (29, 3651):
        with pytest.raises(BadRetention):
            keep(days)
    keep(60)
    with pytest.raises(StaleForm):
        keep(90)
    contact_of(organization)
    assert erase_what_is_due(at=make.NOW + timedelta(days=61)) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionRule.objects.update(days=1)


def test_the_database_keeps_what_was_said_from_being_rewritten_and_erasures_from_being_denied(organization):
    talk_with(organization)
    with pytest.raises(DatabaseError), transaction.atomic():
        LiaisonStep.objects.update(what_came_of_it="Something else")
    erase_what_is_due(at=make.NOW + timedelta(days=1096))
    with pytest.raises(DatabaseError), transaction.atomic():
        Erasure.objects.update(cause="request")
    with pytest.raises(DatabaseError), transaction.atomic():
        Erasure.objects.all().delete()


def test_the_pages_change_retention_and_erase(visit, organization):
    contact_of(organization)
    administrator = make.person(Role.ADMINISTRATOR)
    there = reverse("retention:retention")
    assert "730" in visit(there, as_=administrator).content.decode()
    sent = {"kind": "contact", "shown_days": "730", "days": "365"}
    assert visit(there, as_=administrator, method="post", data=sent).status_code == 302
    assert visit(there, as_=administrator, method="post", data=sent).status_code == 409
    assert (
        visit(there, as_=administrator, method="post", data={**sent, "shown_days": "365", "days": "x"}).status_code
        == 400
    )
    assert RetentionRule.objects.get().days == 365
    place = reverse("retention:erasure", args=[organization.public_id])
    manager = organization.registered_by
    assert visit(place, as_=manager, method="post", data={"reason": "Asked."}).status_code == 400
    assert visit(place, as_=manager, method="post", data={"kinds": ["contact"], "reason": "Asked."}).status_code == 302
    assert not Contact.objects.exists()
    assert visit(place, as_=make.person(Role.REGION_OPERATOR)).status_code == 403

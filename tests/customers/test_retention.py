"""Personal data about customers is erased when its time is over or somebody asks, and only that it was stays."""

import hashlib
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from customers.actions.attach_file import attach_file
from customers.actions.keep_contact import keep_contact
from customers.actions.reject_claim import reject_claim
from customers.actions.sweep_files import sweep_files
from customers.actions.take_up_claim import take_up_claim
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
from kit import clock
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
    assert LIAISON.digest is not None
    digest = LIAISON.digest(LiaisonItem.objects.get())
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


def test_a_file_of_evidence_goes_once_its_claim_no_longer_stands_and_its_hash_stays(organization, evidence_store):
    claim = make.claim(of=organization, evidence=[make.letter()])
    manager, verifier = make.actor(claim.filed_by), make.acting(Role.VERIFIER)
    pdf = b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
    letter = claim.evidence.select_related("claim__organization").get()
    file = attach_file(actor=manager, evidence=letter, file_name="Erika.pdf", content=pdf, at=make.NOW)
    later = make.NOW + timedelta(days=1096)
    assert erase_what_is_due(at=later) == 0
    take_up_claim(actor=verifier, claim=claim, at=make.NOW)
    reject_claim(actor=verifier, claim=claim, reason_code="wrong_category", reason="No.", at=make.NOW)
    assert erase_what_is_due(at=later) == 1
    file.refresh_from_db()
    assert (file.erased_at, file.original_name) == (later, "")
    assert Erasure.objects.get(kind="evidence").content_hash == hashlib.sha256(pdf).hexdigest()
    assert sweep_files(at=clock.now() + timedelta(hours=2)) == 1  # by the time of the disk
    assert list(evidence_store.iterdir()) == []

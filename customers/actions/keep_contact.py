"""Contacts of an organization: who to talk to. Personal data, so the journal hears that, and never who."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_update_organization
from customers.models import Contact, Organization
from customers.particulars import has_control_characters, one_line
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require, require_version
from users.access import Actor

MAX_CONTACTS = 20
MAX_NAME = 120
MAX_PHONE = 40
LANGUAGES = ("de", "en")


class CannotKeepContact(Invalid):
    """A field is wrong; `fields` says which and why."""

    code = "contact_invalid"


class TooManyContacts(Conflict):
    """A list of people to call has to be short."""

    code = "too_many_contacts"
    message = _("An organization has at most %(most)s contacts.")
    remedy = _("Remove one that is no longer needed.")


def keep_contact(
    *,
    actor: Actor,
    organization: Organization,
    contact: Contact | None = None,
    row_version: int | None = None,
    name: str,
    role: str = "",
    email: str = "",
    phone: str = "",
    language: str = "de",
    at: datetime,
) -> Contact:
    """Add a contact, or replace what is known of one. Raises `CannotKeepContact`, `TooManyContacts`, `StaleForm`."""
    with transaction.atomic():
        organization = _open(actor, organization)
        values = {
            **_checked(name=name, role=role, email=email, phone=phone, language=language),
            "kept_at": at,
        }
        if contact is None:
            if organization.contacts.count() >= MAX_CONTACTS:
                raise TooManyContacts(most=MAX_CONTACTS)
            kept = Contact.objects.create(organization=organization, added_by_id=actor.user_id, added_at=at, **values)
        else:
            kept = _locked(organization, contact)
            if row_version is not None:
                require_version(kept, row_version)
            for field, value in values.items():
                setattr(kept, field, value)
            kept.row_version += 1
            kept.save(update_fields=[*values, "row_version"])
        _record(actor, organization, kept, "contact.changed" if contact else "contact.added", at)
        return kept


def remove_contact(*, actor: Actor, organization: Organization, contact: Contact, at: datetime) -> Organization:
    """Erase a contact; nothing of the person is left."""
    with transaction.atomic():
        organization = _open(actor, organization)
        found = _locked(organization, contact)
        _record(actor, organization, found, "contact.erased", at)
        found.delete()
        return organization


def _open(actor: Actor, organization: Organization) -> Organization:
    current = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    require(may_update_organization(actor, current))
    return current


def _locked(organization: Organization, contact: Contact) -> Contact:
    found = Contact.objects.select_for_update().filter(pk=contact.pk, organization=organization).first()
    if found is None:
        raise NotFound()
    return found


def _checked(*, name: str, role: str, email: str, phone: str, language: str) -> dict[str, Any]:
    fields: dict[str, list[Any]] = {}
    values = {"name": one_line(name), "role": one_line(role), "email": email.strip(), "phone": one_line(phone)}
    if not values["name"]:
        fields["name"] = [_("Write the name, or what the place is called, such as “control room”.")]
    for field, most in (("name", MAX_NAME), ("role", MAX_NAME), ("phone", MAX_PHONE)):
        if len(values[field]) > most or has_control_characters(values[field]):
            fields[field] = [_("At most %(most)s characters.") % {"most": most}]
    if values["email"]:
        try:
            validate_email(values["email"])
        except ValidationError:
            fields["email"] = [_("This is not an e-mail address.")]
    elif not values["phone"]:
        fields["email"] = [_("Give an e-mail address or a telephone number.")]
    if language not in LANGUAGES:
        fields["language"] = [_("Choose a language.")]
    if fields:
        raise CannotKeepContact(fields)
    return {**values, "language": language}


def _record(actor: Actor, organization: Organization, contact: Contact, action: str, at: datetime) -> None:
    record(
        actor=actor,
        action=action,
        subject_type="organization",
        subject_id=organization.public_id,
        after={"contact": str(contact.public_id)},
        at=at,
    )

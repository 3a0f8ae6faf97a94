"""Write down a contact with a first responder or an authority, and what is to be done next."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import visible_organizations
from customers.countries import is_country
from customers.liaison.access import may_log_contact, possible_owners
from customers.liaison.models import Counterpart, LiaisonItem
from customers.particulars import has_control_characters
from journal.record import record
from kit.refusal import Invalid, NotFound, require
from users.access import Actor
from users.models import User

MAX_TEXT = 4_000
MAX_STEP = 300
MAX_AUTHORITY = 200


class CannotLogContact(Invalid):
    """Something is missing or wrong; told at its field."""

    code = "cannot_log_contact"


def log_contact(
    *,
    actor: Actor,
    counterpart: str,
    happened_date: date,
    summary: str,
    at: datetime,
    organization: UUID | None = None,
    authority: str = "",
    country: str = "",
    requirements: str = "",
    next_step: str = "",
    owner: UUID | None = None,
    due_date: date | None = None,
) -> LiaisonItem:
    """A new item of the log; with a next step it names who does it by when. Raises `CannotLogContact`."""
    with transaction.atomic():
        found = None
        if organization is not None:
            found = visible_organizations(actor).filter(public_id=organization).first()
            if found is None:
                raise NotFound()
        require(may_log_contact(actor, found))
        fields: dict[str, list[Any]] = {}
        if counterpart not in Counterpart.values:
            fields["counterpart"] = [_("Choose whom the contact was with.")]
        if (found is None) == (not authority.strip()):
            fields["authority"] = [_("Name an organization or an authority, one of them.")]
        if country and not is_country(country.upper()):
            fields["country"] = [_("Use two letters such as DE.")]
        if happened_date > at.date():
            fields["happened_date"] = [_("A contact lies in the past; plan what is ahead as the next step.")]
        if not summary.strip():
            fields["summary"] = [_("This is missing.")]
        check_texts(
            fields,
            summary=(summary, MAX_TEXT),
            requirements=(requirements, MAX_TEXT),
            authority=(authority, MAX_AUTHORITY),
        )
        step = checked_step(fields, next_step=next_step, owner=owner, due_date=due_date, at=at)
        if fields:
            raise CannotLogContact(fields)
        assert actor.user_id is not None  # a role was required above
        item = LiaisonItem.objects.create(
            counterpart=counterpart,
            organization=found,
            authority=authority.strip(),
            country=country.upper(),
            happened_date=happened_date,
            summary=summary.strip(),
            requirements=requirements.strip(),
            written_by_id=actor.user_id,
            written_at=at,
            **step,
        )
        record(
            actor=actor,
            action="liaison.logged",
            subject_type="liaison",
            subject_id=item.public_id,
            after={"counterpart": counterpart, **step_facts(item)},
            at=at,
        )
        return item


def checked_step(
    fields: dict[str, list[Any]], *, next_step: str, owner: UUID | None, due_date: date | None, at: datetime
) -> dict[str, Any]:
    """The columns of a next step; what is wrong goes into `fields`."""
    text = next_step.strip()
    check_texts(fields, next_step=(next_step, MAX_STEP))
    if not text:
        if owner is not None or due_date is not None:
            fields["next_step"] = [_("Say what is to be done, or leave owner and day empty.")]
        return {"next_step": "", "owner_id": None, "due_date": None}
    person: User | None = possible_owners().filter(public_id=owner).first() if owner else None
    if person is None:
        fields["owner"] = [_("Choose who does it.")]
    if due_date is None:
        fields["due_date"] = [_("Say by when.")]
    elif due_date < at.date():
        fields["due_date"] = [_("Choose today or a later day.")]
    return {"next_step": text, "owner_id": person.pk if person else None, "due_date": due_date}


def check_texts(fields: dict[str, list[Any]], **texts: tuple[str, int]) -> None:
    """Note at its field every text that is too long or carries control characters."""
    for name, (text, most) in texts.items():
        if len(text) > most or has_control_characters(text):
            fields[name] = [_("At most %(most)s visible characters.") % {"most": most}]


def step_facts(item: LiaisonItem) -> dict[str, Any]:
    """What the journal keeps of a step: who by when, never what was said."""
    owner = User.objects.filter(pk=item.owner_id).values_list("public_id", flat=True).first()
    return {
        "owner": str(owner) if owner else None,
        "due_date": item.due_date.isoformat() if item.due_date else None,
    }

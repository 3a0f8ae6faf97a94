"""The kinds of personal data about customers: when each is due to be erased, and how."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.liaison.models import LiaisonItem
from customers.models import Contact, Organization


@dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    `due` gives the rows whose time is over (`days` after what `counts_from` says), `about` those about an
    organization. `content` is what a hash is kept of; None keeps no hash, where a hash of so little text would
    itself give the person away.
    """

    code: str
    label: Any
    counts_from: Any
    default_days: int
    rows: Callable[[], QuerySet[Any]]
    due: Callable[[QuerySet[Any], datetime], QuerySet[Any]]
    about: Callable[[QuerySet[Any], Organization], QuerySet[Any]]
    organization_of: Callable[[Any], Organization | None]
    erase: Callable[[Any], None]
    content: Callable[[Any], Any] | None = None

    def due_rows(self, *, at: datetime, days: int) -> QuerySet[Any]:
        """What was kept so many days or longer."""
        return self.due(self.rows(), at - timedelta(days=days))

    def hash_of(self, row: Any) -> str:
        """SHA-256 of the content as canonical JSON, in hexadecimal; empty where no hash is kept."""
        if self.content is None:
            return ""
        text = json.dumps(self.content(row), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def _erase_liaison(item: LiaisonItem) -> None:
    item.steps.all().delete()
    item.delete()


def _liaison_content(item: LiaisonItem) -> Any:
    steps = [[step.next_step, step.what_came_of_it] for step in item.steps.order_by("pk")]
    return [item.authority, item.summary, item.requirements, item.next_step, item.outcome, steps]


CONTACTS = Kind(
    code="contact",
    label=_("Contacts of organizations"),
    counts_from=_("since they were added or last changed"),
    default_days=730,
    rows=lambda: Contact.objects.select_related("organization"),
    due=lambda rows, before: rows.filter(kept_at__lt=before),
    about=lambda rows, organization: rows.filter(organization=organization),
    organization_of=lambda row: row.organization,
    erase=lambda row: row.delete(),
)
LIAISON = Kind(
    code="liaison",
    label=_("What was said with responders and authorities"),
    counts_from=_("since it was closed, or written down where nothing was to be done"),
    default_days=1095,
    rows=lambda: LiaisonItem.objects.select_related("organization"),
    due=lambda rows, before: rows.filter(closed_at__lt=before) | rows.filter(next_step="", written_at__lt=before),
    about=lambda rows, organization: rows.filter(organization=organization),
    organization_of=lambda row: row.organization,
    erase=_erase_liaison,
    content=_liaison_content,
)
KINDS: dict[str, Kind] = {kind.code: kind for kind in (CONTACTS, LIAISON)}

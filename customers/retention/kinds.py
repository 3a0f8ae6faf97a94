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
from customers.models import CLAIM_STANDING, Contact, EvidenceFile, Organization


@dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    `due` gives the rows whose time is over (`days` after what `counts_from` says), `about` those about an
    organization. `digest` gives the SHA-256 (hexadecimal) that is kept; None keeps none, where a hash of so little
    text would itself give the person away.
    """

    code: str
    label: Any
    counts_from: Any
    default_days: int
    rows: Callable[[], QuerySet[Any]]
    due: Callable[[QuerySet[Any], datetime], QuerySet[Any]]
    about: Callable[[QuerySet[Any], Organization], QuerySet[Any]]
    organization_of: Callable[[Any], Organization | None]
    erase: Callable[[Any, datetime], None]
    digest: Callable[[Any], str] | None = None

    def due_rows(self, *, at: datetime, days: int) -> QuerySet[Any]:
        """What was kept so many days or longer."""
        return self.due(self.rows(), at - timedelta(days=days))


def _erase_liaison(item: LiaisonItem, at: datetime) -> None:
    item.steps.all().delete()
    item.delete()


def _liaison_digest(item: LiaisonItem) -> str:
    steps = [[step.next_step, step.what_came_of_it] for step in item.steps.order_by("pk")]
    content = [item.authority, item.summary, item.requirements, item.next_step, item.outcome, steps]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _erase_file(file: EvidenceFile, at: datetime) -> None:
    # Nobody can fetch it from now on; the sweep deletes the bytes within the hour.
    file.erased_at, file.original_name = at, ""
    file.save(update_fields=["erased_at", "original_name"])


CONTACTS = Kind(
    code="contact",
    label=_("Contacts of organizations"),
    counts_from=_("since they were added or last changed"),
    default_days=730,
    rows=lambda: Contact.objects.select_related("organization"),
    due=lambda rows, before: rows.filter(kept_at__lt=before),
    about=lambda rows, organization: rows.filter(organization=organization),
    organization_of=lambda row: row.organization,
    erase=lambda row, at: row.delete(),
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
    digest=_liaison_digest,
)
EVIDENCE = Kind(
    code="evidence",
    label=_("Files of evidence"),
    counts_from=_("since they were uploaded, once their claim no longer stands"),
    default_days=1095,
    rows=lambda: EvidenceFile.objects.filter(erased_at=None).select_related("evidence__claim__organization"),
    due=lambda rows, before: rows.filter(uploaded_at__lt=before).exclude(evidence__claim__state__in=CLAIM_STANDING),
    about=lambda rows, organization: rows.filter(evidence__claim__organization=organization),
    organization_of=lambda row: row.evidence.claim.organization,
    erase=_erase_file,
    digest=lambda row: row.sha256,
)
KINDS: dict[str, Kind] = {kind.code: kind for kind in (CONTACTS, LIAISON, EVIDENCE)}

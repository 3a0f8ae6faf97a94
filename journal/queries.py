"""Reading the journal: entries with the names of who acted, and how the chain stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext

from journal.models import ChainCheck, Entry, Seal
from journal.sealing import LOOK_BACK
from journal.wording import action_label
from kit.timeline import Happening

# Counting what waits for its seal stops here: a few seconds' worth is normal, more is a lag.
COUNT_LIMIT = 1_000


@dataclass(frozen=True)
class ChainState:
    """How the chain stands: sealed positions, the hash at its head, entries that wait, the last checks."""

    sealed: int
    head: str
    waiting: int
    last_check: ChainCheck | None
    pending_check: ChainCheck | None


def entries() -> QuerySet[Entry]:
    """Every entry, with `actor_name` (None for the system) and its seal.

    The journal holds pseudonymous ids only; the names are looked up in the project's user model,
    which the journal knows by its setting alone.
    """
    person = get_user_model()._default_manager.filter(public_id=OuterRef("actor_id"))
    return Entry.objects.annotate(actor_name=Subquery(person.values("name")[:1])).select_related("seal")


def entries_of(subject_type: str, subject_id: Any, *more: tuple[str, Any], limit: int = 50) -> list[Entry]:
    """The latest entries about one subject, newest first, and about `more` (type, id) pairs with it; one query."""
    about = Q()
    for kind, key in ((subject_type, subject_id), *more):
        about |= Q(subject_type=kind, subject_id=str(key))
    return list(entries().filter(about).order_by("-pk")[:limit])


def timeline_of(
    subject_type: str, subject_id: Any, *more: tuple[str, Any], limit: int = 50, linked: bool = False
) -> list[Happening]:
    """The same for the timeline beside a detail page. `linked` leads to the entries, for who may read the journal."""
    return [happening(entry, linked=linked) for entry in entries_of(subject_type, subject_id, *more, limit=limit)]


def happening(entry: Entry, *, linked: bool = False) -> Happening:
    """An entry as one line of a timeline."""
    return Happening(
        at=entry.at,
        who=who(entry),
        what=action_label(entry.action),
        reason=entry.reason,
        href=reverse("journal:entry", args=[entry.public_id]) if linked else "",
    )


def who(entry: Any) -> str:
    """Who acted: the person's name, the system, or a person whose name is erased."""
    if entry.actor_id is None:
        return "Vorrang"
    return entry.actor_name or gettext("A former member of staff")


def chain_state() -> ChainState:
    """The state of the chain; three queries, none of which grows with the journal."""
    farthest = Seal.objects.order_by("-entry_id").values("entry_id")[:1]
    last = Seal.objects.annotate(farthest=Subquery(farthest)).order_by("-position").first()
    waiting = Entry.objects.filter(seal__isnull=True, pk__gt=last.farthest - LOOK_BACK if last else 0)
    checks: Iterable[ChainCheck] = list(ChainCheck.objects.order_by("-pk")[:20])
    return ChainState(
        sealed=last.position if last else 0,
        head=last.hash if last else "",
        waiting=waiting.order_by("pk")[:COUNT_LIMIT].count(),
        last_check=next((check for check in checks if check.finished_at), None),
        pending_check=next((check for check in checks if not check.finished_at), None),
    )

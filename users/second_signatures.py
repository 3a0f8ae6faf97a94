"""Whose turn it is to give a second signature: who is on duty, then the deputy, then every duty manager.

Read from rows at a moment: nothing is toggled, so nothing can be forgotten. Any duty manager may always sign; this
only says who is waited for. Letters follow it, see `users.actions.ask_for_signatures`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from users.models import Asked, SignatureCall, User
from users.queries import OnDuty

# How long each is waited for before the next is asked as well.
ESCALATES_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Turn:
    """Who is asked now, and when the next is asked as well (None: everybody is already)."""

    asked: Asked
    people: tuple[User, ...]
    next_at: datetime | None = None

    def is_with(self, user_id: int | None) -> bool:
        """Whether this duty manager is among those asked."""
        return self.asked is Asked.EVERYBODY or any(one.pk == user_id for one in self.people)


def whose_turn(duty: OnDuty, *, asked_at: datetime, not_by: Collection[int | None], at: datetime) -> Turn:
    """Who is waited for at a moment, asked since `asked_at`.

    `not_by` are the keys of those who may not sign, such as who proposed it: nobody waits for them, the next is asked
    in their place at once. Where nobody is on duty, everybody is asked.
    """
    steps = [
        (asked, person)
        for asked, person in ((Asked.HOLDER, duty.holder), (Asked.DEPUTY, duty.deputy))
        if person is not None and person.pk not in not_by
    ]
    gone = max(0, (at - asked_at) // ESCALATES_AFTER)
    if gone >= len(steps):
        return Turn(Asked.EVERYBODY, ())
    asked, _person = steps[gone]
    people = tuple(person for _asked, person in steps[: gone + 1])
    return Turn(asked, people, asked_at + (gone + 1) * ESCALATES_AFTER)


@dataclass(frozen=True)
class Call:
    """That somebody was asked, and when."""

    name: str
    at: datetime


def calls_column(subject_type: str, *, asked_at: str) -> ArraySubquery:
    """Who was asked so far for what waits, as a column of it; `calls_in` reads it.

    `asked_at` is the path of the moment since which it waits.
    """
    made = SignatureCall.objects.filter(
        subject_type=subject_type, subject_id=OuterRef("public_id"), asked_at=OuterRef(asked_at)
    )
    return ArraySubquery(made.order_by("pk").values(row=JSONObject(name=F("person__name"), at=F("at"))))


def calls_in(column: Iterable[Mapping[str, Any]]) -> list[Call]:
    """Who was asked so far, from `calls_column`."""
    return [Call(row["name"], datetime.fromisoformat(row["at"])) for row in column]


@dataclass(frozen=True, eq=False)
class Waiting:
    """Something that waits for a second signature since a moment, as the journal and a letter name it.

    `not_by` are the keys of those who may not sign; `region` is the one whose duty managers may, empty for all.
    """

    subject_type: str
    subject_id: UUID
    kind: Any
    label: Any
    asked_at: datetime
    not_by: tuple[int | None, ...]
    region: str = ""


Source = Callable[[datetime], Iterable[Waiting]]
_sources: list[Source] = []


def provide_waiting(source: Source) -> None:
    """Called by the wiring for what waits in the apps above, which users know nothing of."""
    _sources.append(source)


def waiting(at: datetime) -> Iterator[Waiting]:
    """Everything that waits for a second signature at a moment."""
    for source in _sources:
        yield from source(at)

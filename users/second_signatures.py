"""Whose turn it is to give a second signature: who is on duty, then the deputy, then every duty manager.

Read from rows at a moment: nothing is sent or toggled, so nothing can be forgotten. Any duty manager may always sign;
this only says who is waited for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from users.models import User
from users.queries import OnDuty

# How long each is waited for before the next is asked as well.
ESCALATES_AFTER = timedelta(minutes=30)


class Asked(StrEnum):
    """How far the question has gone."""

    HOLDER = "holder"
    DEPUTY = "deputy"
    EVERYBODY = "everybody"


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

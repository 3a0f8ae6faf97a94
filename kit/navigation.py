"""The left navigation: places by job, shown to whom they serve, with a count of what waits.

Which places there are is written in `config/navigation.py`; this module knows only their shape.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

# Counting stops here: a badge says "99+", so a long queue costs no more than a short one.
COUNT_LIMIT = 100


@dataclass(frozen=True)
class Place:
    """One page that people go to.

    `roles` is who sees it (empty: everybody who is signed in); `waiting` maps the actor to a
    queryset of what waits for them there; `keys` is the shortcut, such as "g r".
    """

    label: Any
    path: str
    icon: str
    roles: frozenset[str] = frozenset()
    waiting: Callable[[Any], QuerySet[Any]] | None = None
    keys: str = ""


@dataclass(frozen=True)
class Job:
    """A group of places that belong to one job; an empty label draws no heading."""

    label: Any
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Link:
    """A place as one person sees it now. `count` is what waits, at most `COUNT_LIMIT`."""

    label: Any
    href: str
    icon: str
    keys: str
    count: int
    is_current: bool

    @property
    def count_text(self) -> str:
        """The badge: empty for nothing, "99+" where counting stopped."""
        if not self.count:
            return ""
        return str(self.count) if self.count < COUNT_LIMIT else f"{COUNT_LIMIT - 1}+"


@dataclass(frozen=True)
class Group:
    """A job with the links that remain for one person."""

    label: Any
    links: tuple[Link, ...]


def menu(jobs: Iterable[Job], actor: Any, path: str) -> tuple[Group, ...]:
    """The navigation for `actor` (with `.roles`) on the page at `path`; one query for all counts."""
    visible = [(job, [place for place in job.places if not place.roles or place.roles & actor.roles]) for job in jobs]
    places = [place for _, shown in visible for place in shown]
    counted = [place for place in places if place.waiting is not None]
    counts = dict(zip(counted, count_all([p.waiting(actor) for p in counted if p.waiting]), strict=True))
    # The longest address that contains this page wins, so /requests/new/ lights up "Requests".
    current = max((p for p in places if path.startswith(p.path)), key=lambda p: len(p.path), default=None)
    return tuple(
        Group(
            job.label,
            tuple(
                Link(place.label, place.path, place.icon, place.keys, counts.get(place, 0), place is current)
                for place in shown
            ),
        )
        for job, shown in visible
        if shown
    )


def count_all(querysets: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each queryset has, up to `COUNT_LIMIT`, in one statement for all of them."""
    counts = [0] * len(querysets)
    parts: list[str] = []
    params: list[Any] = []
    positions: list[int] = []
    for position, queryset in enumerate(querysets):
        try:
            sql, values = queryset.order_by().values("pk")[:COUNT_LIMIT].query.sql_with_params()
        except EmptyResultSet:
            continue
        # Django's own compiler wrote the statement; values travel apart, in `params`.
        parts.append(f"(SELECT count(*) FROM ({sql}) AS waiting)")  # noqa: S608
        params += values
        positions.append(position)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(parts), params)
            for position, count in zip(positions, cursor.fetchone(), strict=True):
                counts[position] = count
    return counts

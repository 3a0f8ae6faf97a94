"""Kinds of files that apps above this one take in; `config.wiring` says which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from customers.importing.runs import RowResult
from users.access import Actor


class TakeIn(Protocol):
    """Does the work: writes what is right in one transaction and hands `keep` the results of all rows there.

    Raises `CannotReadFile` before anything is written.
    """

    def __call__(
        self,
        *,
        actor: Actor,
        content: bytes,
        is_dry_run: bool,
        at: datetime,
        keep: Callable[[Sequence[RowResult]], None],
        on_total: Callable[[int], None] = ...,
        on_progress: Callable[[int], None] = ...,
    ) -> None: ...


@dataclass(frozen=True)
class Kind:
    """A kind of file: what its rows are called, which role sends it, and who takes it in."""

    code: str
    name: Any
    role: str
    take_in: TakeIn


_KINDS: dict[str, Kind] = {}


def provide_kind(kind: Kind) -> None:
    """Let files of this kind be taken in."""
    _KINDS[kind.code] = kind


def kind_of(code: str) -> Kind | None:
    """The kind with this code, if it was provided."""
    return _KINDS.get(code)

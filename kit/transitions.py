"""The life of a thing: which state may follow which, in Python and in the database alike.

A model declares `LIFE = Life(...)` beside its enum and puts `LIFE.trigger()` into its triggers;
the migration writes the same table into PostgreSQL, which refuses every other move.
"""

from collections.abc import Mapping
from typing import Any

import pgtrigger
from django.utils.translation import gettext_lazy as _

from kit.refusal import Conflict


class MoveRefused(Conflict):
    """The state that the thing is in does not lead to the wanted one."""

    code = "move_refused"
    message = _("This cannot go from “%(old)s” to “%(new)s”.")
    remedy = _("Reload the page: it may have moved meanwhile.")


class Life:
    """A transition table over the values of one `TextChoices` enum and one model field."""

    def __init__(self, moves: Mapping[Any, set[Any]], *, field: str = "state") -> None:
        self.moves = moves
        self.field = field

    def allows(self, old: str, new: str) -> bool:
        """Whether the move is in the table. Staying where one is counts as no move."""
        return new in self.moves.get(old, set())

    def require(self, old: Any, new: Any) -> None:
        """Raise `MoveRefused` unless the move is in the table."""
        if not self.allows(old, new):
            enum = type(new)
            raise MoveRefused(old=enum(old).label, new=new.label)

    @property
    def final(self) -> set[str]:
        """The states that nothing leaves."""
        return {str(state) for state in self.reachable if not self.moves.get(state)}

    @property
    def reachable(self) -> set[Any]:
        """Every state that the table names."""
        return set(self.moves) | {new for targets in self.moves.values() for new in targets}

    def trigger(self) -> pgtrigger.FSM:
        """The same table as a database trigger."""
        pairs = sorted((str(old), str(new)) for old, targets in self.moves.items() for new in targets)
        return pgtrigger.FSM(name=f"{self.field}_moves", field=self.field, transitions=pairs)

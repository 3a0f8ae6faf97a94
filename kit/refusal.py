"""A refusal: the answer of a rule that says no, and why.

Actions raise it, pages show it, the API turns it into a problem document. It always carries a
stable code, a sentence for people, the values behind it and, where there is one, the remedy.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """Base of all refusals.

    Subclasses set `code`, `message` and perhaps `remedy` and `status` (HTTP, always 4xx);
    `message` and `remedy` are lazy translations with `%(name)s` places for the values.
    `fields` maps form or API field names to sentences of their own. One that `interrupts` is no
    matter of the form that was sent: something else has to happen first.
    """

    code = "refused"
    status = 409
    message: Any = _("This cannot be done.")
    remedy: Any = ""
    interrupts = False

    def __init__(self, fields: Mapping[str, Sequence[Any]] | None = None, /, **values: Any) -> None:
        self.fields = {name: list(messages) for name, messages in (fields or {}).items()}
        self.values = values
        super().__init__(self.code)

    @property
    def sentence(self) -> str:
        """The message with its values, in the active language."""
        return str(self.message) % self.values if self.values else str(self.message)

    @property
    def advice(self) -> str:
        """What to do about it, in the active language; empty where nothing helps."""
        return str(self.remedy) % self.values if self.values else str(self.remedy)

    def __str__(self) -> str:
        parts = [self.sentence, self.advice]
        parts += [f"{name}: {' '.join(str(m) for m in messages)}" for name, messages in self.fields.items()]
        return " ".join(part for part in parts if part)


class Invalid(Refusal):
    """What was sent cannot be understood or breaks a rule of form."""

    code = "invalid"
    status = 400
    message = _("Please correct what is marked.")


class NotAllowed(Refusal):
    """The actor lacks the role, the scope or the distance that the act needs."""

    code = "not_allowed"
    status = 403
    message = _("You may not do this.")
    remedy = _("Ask an administrator if you think you should.")


class NotFound(Refusal):
    """It does not exist, or the actor may not know that it does."""

    code = "not_found"
    status = 404
    message = _("There is nothing here that you may see.")


class Conflict(Refusal):
    """The state of things forbids the act now."""

    code = "conflict"
    status = 409


class StaleForm(Conflict):
    """Somebody changed the record after the form was shown."""

    code = "stale_form"
    message = _("This was changed by somebody else while you were looking at it.")
    remedy = _("Look at the current state below and repeat what you want to change.")


def require(refusal: Refusal | None) -> None:
    """Raise the refusal that a predicate returned; do nothing where it returned none."""
    if refusal is not None:
        raise refusal


def require_version(record: Any, shown: int) -> None:
    """Raise `StaleForm` unless the record still has the `row_version` that the actor was shown."""
    if record.row_version != shown:
        raise StaleForm(row_version=record.row_version)

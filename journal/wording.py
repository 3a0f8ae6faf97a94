"""What the codes of the journal mean to people, and where a subject has its page.

The journal knows nobody above it; the wiring hands in the words and addresses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SubjectWords:
    """A kind of subject: its name, and the address of one of them where it has a page."""

    label: Any
    address: Callable[[str], str] | None = None


_actions: dict[str, Any] = {}
_subjects: dict[str, SubjectWords] = {}


def provide_words(actions: Mapping[str, Any], subjects: Mapping[str, SubjectWords]) -> None:
    """Called by the wiring at start with the words for action and subject codes."""
    _actions.update(actions)
    _subjects.update(subjects)


def action_choices() -> list[tuple[str, Any]]:
    """Every known action as (code, label), by label."""
    return sorted(_actions.items(), key=lambda item: str(item[1]))


def subject_choices() -> list[tuple[str, Any]]:
    """Every known kind of subject as (code, label), by label."""
    return sorted(((code, words.label) for code, words in _subjects.items()), key=lambda item: str(item[1]))


def action_label(code: str) -> Any:
    """What was done, in words; the code itself where nobody gave it words."""
    return _actions.get(code, code)


def subject_label(code: str) -> Any:
    """What it was done to, in words."""
    words = _subjects.get(code)
    return words.label if words else code


def subject_address(code: str, subject_id: str) -> str:
    """The page of the subject; empty where it has none."""
    words = _subjects.get(code)
    return words.address(subject_id) if words and words.address else ""

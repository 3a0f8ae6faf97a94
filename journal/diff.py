"""PURE: what changed between two states as a journal entry holds them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = object()


@dataclass(frozen=True)
class Change:
    """One value under its dotted name; `ABSENT` on the side where there was none."""

    name: str
    before: Any
    after: Any

    @property
    def is_change(self) -> bool:
        """Whether the sides differ."""
        return self.before != self.after

    @property
    def before_text(self) -> str:
        """The value before as people read it; empty for nothing."""
        return _text(self.before)

    @property
    def after_text(self) -> str:
        """The value after as people read it; empty for nothing."""
        return _text(self.after)


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Change]:
    """Every value on either side, by name; nested mappings become dotted names, lists stay whole."""
    old, new = dict(_flat(before or {})), dict(_flat(after or {}))
    return [Change(name, old.get(name, ABSENT), new.get(name, ABSENT)) for name in sorted(old | new)]


def _flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _text(value: Any) -> str:
    if value is ABSENT or value is None or value == {}:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)

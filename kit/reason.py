"""A structured reason, as every pure core gives it beside its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and its parameters (JSON values). The core that gives it has a `wording` that makes a sentence of it."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "params": dict(self.params)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Reason":
        return cls(code=data["code"], params=dict(data["params"]))

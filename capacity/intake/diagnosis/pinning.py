"""Values as JSON and back, for decisions to pin and replays to read."""

from collections.abc import Mapping
from typing import Any

from capacity.intake.diagnosis.values import (
    Ahead,
    Allowance,
    Ask,
    Assessment,
    CampaignRoom,
    Line,
    Place,
    Restriction,
    Supply,
)
from capacity.pools.arithmetic import Buckets, Committed
from kit.reason import Reason


def as_dict(value: Ask | Place | Ahead | Assessment) -> dict[str, Any]:
    """The value as JSON values, for a decision to pin."""
    data: dict[str, Any] = _plain(value)
    if isinstance(value, Assessment):
        data["findings"] = [
            {"block": str(finding.block), "reason": finding.reason.as_dict()} for finding in value.findings
        ]
    return data


def _plain(value: Any) -> Any:
    """As `dataclasses.asdict`, which copies every number deeply and is several times slower."""
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    fields = getattr(value, "__dataclass_fields__", None)
    return value if fields is None else {name: _plain(getattr(value, name)) for name in fields}


def ask_from(data: Mapping[str, Any]) -> Ask:
    """The request as it was pinned by `as_dict`."""
    allowed = data.get("allowance")
    allowance = Allowance(allowed["permille"], tuple(map(tuple, allowed["taken"]))) if allowed else None
    room = data.get("campaign")
    campaign = CampaignRoom(room["is_live"], tuple(map(tuple, room["room"]))) if room else None
    lines = tuple(Line(**line) for line in data["lines"])
    return Ask(**{**data, "lines": lines, "allowance": allowance, "campaign": campaign})


def place_from(data: Mapping[str, Any]) -> Place:
    """The region as it was pinned by `as_dict`."""
    supplies = tuple(
        Supply(one["resource"], Buckets(**one["split"]), Committed(**one["committed"])) for one in data["supplies"]
    )
    restrictions = tuple(Restriction(**{**one, "offers": tuple(one["offers"])}) for one in data["restrictions"])
    crews = tuple(Reason.from_dict(one) for one in data.get("crews", ()))
    return Place(**{**data, "supplies": supplies, "restrictions": restrictions, "crews": crews})


def ahead_from(data: Mapping[str, Any]) -> Ahead:
    """A request ahead as it was pinned by `as_dict`."""
    return Ahead(data["label"], data["tier"], tuple((resource, units) for resource, units in data["smallest"]))

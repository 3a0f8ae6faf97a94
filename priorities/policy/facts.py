"""Everything a rank may depend on. It has no field for quantity, price or revenue, so none can become part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

TIERS = (1, 2, 3, 4, 5)
LOWEST_TIER = TIERS[-1]
PERMILLE = 1000


class Verification(StrEnum):
    """How far the statement that an organization belongs to a sector category has been checked."""

    VERIFIED = "verified"
    PROVISIONAL = "provisional"
    NONE = "none"


class OfferType(StrEnum):
    """What kind of customer contract the organization has."""

    ENTERPRISE = "enterprise"
    PAY_AS_YOU_GO = "pay_as_you_go"
    FREE = "free"
    TRIAL = "trial"
    STUDENT = "student"
    CREDITS = "credits"


PAID_OFFERS = (OfferType.ENTERPRISE, OfferType.PAY_AS_YOU_GO)
FREE_OFFERS = (OfferType.FREE, OfferType.TRIAL, OfferType.STUDENT, OfferType.CREDITS)


class Workload(StrEnum):
    """What the capacity is for."""

    EMERGENCY_DISPATCH = "emergency_dispatch"
    EMERGENCY_ROUTING = "emergency_routing"
    ALERTING = "alerting"
    MEDICAL_SUPPLY = "medical_supply"
    HEALTH_BOTS = "health_bots"
    HEALTH_RECORDS = "health_records"
    PUBLIC_ADMINISTRATION = "public_administration"
    REMOTE_WORK_CORE = "remote_work_core"
    REMOTE_CONTACT_CENTER = "remote_contact_center"
    EDUCATION = "education"
    GENERAL = "general"


class OverrideKind(StrEnum):
    """What two people may decide beside the policy, for a while and with a reason."""

    RETIER = "retier"
    PIN = "pin"
    HOLD = "hold"
    CAP = "cap"
    RELEASE = "release"


class OverrideScope(StrEnum):
    """Whether an override names one request or an organization x workload x region."""

    REQUEST = "request"
    ORGANIZATION = "organization"


# Which of several overrides of one kind counts: the narrower one.
_SCOPE_ORDER = {OverrideScope.REQUEST: 0, OverrideScope.ORGANIZATION: 1}


@dataclass(frozen=True, slots=True)
class SectorClaim:
    """A sector category, how far it is verified, and whether an authority certified vital tasks for it."""

    category: str
    verification: Verification
    certificate: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "verification", Verification(self.verification))

    def _key(self) -> tuple[str, str, bool]:
        return (self.category, self.verification, self.certificate)


@dataclass(frozen=True, slots=True)
class OverrideFact:
    """An override in force at the moment of ranking.

    `value` is the tier for `retier` and the permille of what is asked that may be granted at most for
    `cap`; the other kinds have none. `reference` is the override's public id, named in reasons.
    """

    kind: OverrideKind
    value: int | None = None
    scope: OverrideScope = OverrideScope.REQUEST
    reference: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", OverrideKind(self.kind))
        object.__setattr__(self, "scope", OverrideScope(self.scope))
        if self.kind is OverrideKind.RETIER:
            if self.value not in TIERS:
                raise ValueError(f"retier needs a tier from 1 to {LOWEST_TIER}, not {self.value!r}")
        elif self.kind is OverrideKind.CAP:
            if self.value is None or not 0 <= self.value <= PERMILLE:
                raise ValueError(f"cap needs 0 to {PERMILLE} permille, not {self.value!r}")
        elif self.value is not None:
            raise ValueError(f"{self.kind} has no value")

    def _key(self) -> tuple[str, int, int, str]:
        return (self.kind, _SCOPE_ORDER[self.scope], -1 if self.value is None else self.value, self.reference)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a rank may depend on. Claims and overrides are kept sorted, so their order never matters.

    `completed_at` (aware) is when the request had everything a decision needs, None before that;
    `request_number` breaks the last tie. Raises ValueError on a naive datetime or an unknown offer type.
    """

    claims: tuple[SectorClaim, ...]
    workload: str
    workload_confirmed: bool
    offer_type: OfferType
    is_existing: bool
    is_internal: bool
    completed_at: datetime | None
    request_number: int
    overrides: tuple[OverrideFact, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "claims", tuple(sorted(self.claims, key=SectorClaim._key)))
        object.__setattr__(self, "overrides", tuple(sorted(self.overrides, key=OverrideFact._key)))
        object.__setattr__(self, "workload", str(self.workload))
        object.__setattr__(self, "offer_type", OfferType(self.offer_type))
        if self.completed_at is not None:
            if self.completed_at.tzinfo is None:
                raise ValueError("completed_at needs a time zone")
            object.__setattr__(self, "completed_at", self.completed_at.astimezone(UTC))

    def override(self, kind: OverrideKind) -> OverrideFact | None:
        """The override of this kind that counts: the narrowest scope, then the lowest value."""
        return next((fact for fact in self.overrides if fact.kind is kind), None)

    @property
    def pinned(self) -> bool:
        return self.override(OverrideKind.PIN) is not None

    @property
    def held(self) -> bool:
        """Held back by an override; a `release` takes this request out of a hold put on something wider."""
        return self.override(OverrideKind.HOLD) is not None and self.override(OverrideKind.RELEASE) is None

    @property
    def cap_permille(self) -> int | None:
        """The most that may be granted, in permille of what is asked; None without a cap or when released."""
        cap = self.override(OverrideKind.CAP)
        return None if cap is None or self.override(OverrideKind.RELEASE) is not None else cap.value

    def as_dict(self) -> dict[str, Any]:
        """Canonical JSON values: equal facts give equal dictionaries."""
        return {
            "claims": [
                {
                    "category": claim.category,
                    "verification": str(claim.verification),
                    "certificate": claim.certificate,
                }
                for claim in self.claims
            ],
            "workload": self.workload,
            "workload_confirmed": self.workload_confirmed,
            "offer_type": str(self.offer_type),
            "is_existing": self.is_existing,
            "is_internal": self.is_internal,
            "completed_at": None if self.completed_at is None else self.completed_at.isoformat(),
            "request_number": self.request_number,
            "overrides": [
                {
                    "kind": str(fact.kind),
                    "value": fact.value,
                    "scope": str(fact.scope),
                    "reference": fact.reference,
                }
                for fact in self.overrides
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Facts":
        completed_at = data["completed_at"]
        return cls(
            claims=tuple(SectorClaim(**claim) for claim in data["claims"]),
            workload=data["workload"],
            workload_confirmed=data["workload_confirmed"],
            offer_type=data["offer_type"],
            is_existing=data["is_existing"],
            is_internal=data["is_internal"],
            completed_at=None if completed_at is None else datetime.fromisoformat(completed_at),
            request_number=data["request_number"],
            overrides=tuple(OverrideFact(**fact) for fact in data["overrides"]),
        )

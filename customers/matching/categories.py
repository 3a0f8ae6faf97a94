"""Families of organizations, the categories that belong to them, and what the kinds of the registers are."""

from collections.abc import Mapping

FIRST_RESPONDER = "first_responder"
HEALTH = "health"
GOVERNMENT = "government"
EDUCATION = "education"
COMMERCIAL = "commercial"
RESEARCH = "research_nonprofit"
# In this order they stand in what was learned.
FAMILIES = (FIRST_RESPONDER, HEALTH, GOVERNMENT, EDUCATION, COMMERCIAL, RESEARCH)

NEW_CUSTOMER = "CU-NEW"
EXISTING_CUSTOMER = "CU-EXISTING"
# Nobody claims these; they follow from the offer type.
UNCLAIMED = frozenset({NEW_CUSTOMER, EXISTING_CUSTOMER, "OF-FREE"})

_FAMILY_BY_PREFIX = {"FR": FIRST_RESPONDER, "HE": HEALTH, "GV": GOVERNMENT, "ED": EDUCATION, "RS": RESEARCH}
# The kinds of research organizations for which no category stands.
_ROR_FAMILIES = {"company": COMMERCIAL, "nonprofit": RESEARCH, "facility": RESEARCH, "archive": RESEARCH}
ROR = "ror"
FUNDER = "funder"
# Entries that carry the name of what they are only a part of (a railway, a ministry, a film studio). Campus police do,
# too, but theirs are many: what is learned from them is to ask where a college is named and nothing else known.
NOT_LEARNED = frozenset(
    {
        ("law_enforcement_us", "Other"),
        ("law_enforcement_us", "Other State Agency"),
        ("fire_departments_us", "Private or industrial fire brigade"),
        ("fire_departments_us", "Other"),
    }
)

# Which concept of a name makes which category of a family; the first that the name speaks of. The last is for the rest.
CATEGORY_BY_CONCEPT: Mapping[str, tuple[tuple[str, str], ...]] = {
    FIRST_RESPONDER: (
        ("police", "FR-POLICE"), ("fire", "FR-FIRE"), ("rescue", "FR-EMS"), ("dispatch", "FR-DISPATCH"),
        ("", "FR-POLICE"),
    ),
    HEALTH: (
        ("hospital", "HE-ACUTE"), ("public_health", "HE-PUBLIC"), ("supply", "HE-SUPPLY"), ("", "HE-ACUTE"),
    ),
    GOVERNMENT: (
        ("emergency", "EM-AUTHORITY"), ("justice", "GV-JUSTICE"), ("defense", "GV-DEFENCE"), ("core", "GV-CORE"),
        ("", "GV-OTHER"),
    ),
    EDUCATION: (("", "ED-REMOTE"),),
    COMMERCIAL: (("", NEW_CUSTOMER),),
    RESEARCH: (("aid", "EM-AID"), ("crisis_research", "RS-CRISIS"), ("", NEW_CUSTOMER)),
}  # fmt: skip

# An operator of critical infrastructure is one by its size and service, which no name tells: a person chooses these.
INFRASTRUCTURE_BY_CONCEPT = {
    "energy": "CI-ENERGY",
    "water": "CI-WATER",
    "telecom": "CI-TELECOM",
    "food": "CI-FOOD",
    "transport": "CI-TRANSPORT",
    "finance": "CI-FINANCE",
    "waste": "CI-WASTE",
    "media": "CI-MEDIA",
}


def family_of_category(code: str) -> str:
    """The family to which organizations of a category belong."""
    if code == "EM-AID":
        return RESEARCH
    if code == "EM-AUTHORITY":
        return GOVERNMENT
    return _FAMILY_BY_PREFIX.get(code.partition("-")[0], COMMERCIAL)


def kind_alone(kind: str) -> str:
    """The kind of a register's entry without "funder": who also gives money is what it is besides."""
    kinds = kind.split(", ")
    return ", ".join(one for one in kinds if one != FUNDER) or kind


def family_of_entry(register: str, kind: str, category: str) -> str:
    """The family that learning takes from a register's entry; empty where the entry does not tell.

    `category` is what the register's declaration says of the kind.
    """
    if (register, kind) in NOT_LEARNED:
        return ""
    if category:
        return family_of_category(category)
    return _ROR_FAMILIES.get(kind, "") if register == ROR else ""

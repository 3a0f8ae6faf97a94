"""Who asks: invented organizations, and what is told of them and their claims."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.demo.cast import Cast
from config.demo.names import Names, domain_of
from customers.actions.register_organization import register_organization
from customers.claims import GRACE
from customers.models import (
    CLAIM_COUNTS_AS_VERIFIED,
    CLAIM_STANDING,
    Claim,
    ClaimState,
    Evidence,
    Organization,
    SectorCategory,
)
from customers.names import name_key, search_text, sort_key
from customers.organizations import journal_facts as organization_facts
from customers.particulars import Particulars
from journal.models import Entry
from journal.record import new_entry
from priorities import policy
from users.access import SYSTEM, Actor

S = ClaimState

# Where customers are, how many of them, and the regions they would like, nearest first.
COUNTRIES: dict[str, tuple[int, tuple[str, ...]]] = {
    "DE": (26, ("germanywestcentral", "westeurope", "germanynorth", "northeurope")),
    "AT": (4, ("austriaeast", "germanywestcentral", "switzerlandnorth")),
    "CH": (4, ("switzerlandnorth", "switzerlandwest", "germanywestcentral")),
    "NL": (6, ("westeurope", "northeurope", "germanywestcentral")),
    "BE": (2, ("belgiumcentral", "westeurope", "francecentral")),
    "FR": (6, ("francecentral", "westeurope", "francesouth")),
    "IT": (4, ("italynorth", "francesouth", "switzerlandnorth")),
    "ES": (3, ("spaincentral", "francecentral", "westeurope")),
    "PL": (2, ("polandcentral", "germanynorth", "swedencentral")),
    "SE": (2, ("swedencentral", "northeurope", "norwayeast")),
    "NO": (1, ("norwayeast", "norwaywest", "swedencentral")),
    "DK": (1, ("denmarkeast", "swedencentral", "northeurope")),
    "IE": (2, ("northeurope", "uksouth", "westeurope")),
    "GB": (8, ("uksouth", "ukwest", "northeurope")),
    "US": (14, ("eastus", "eastus2", "centralus", "westus2", "southcentralus", "westus", "northcentralus", "westus3")),
    "CA": (3, ("canadacentral", "canadaeast", "eastus2")),
    "BR": (2, ("brazilsouth", "brazilsoutheast")),
    "MX": (1, ("mexicocentral", "southcentralus")),
    "CL": (1, ("chilecentral", "brazilsouth")),
    "AU": (3, ("australiaeast", "australiasoutheast", "australiacentral", "australiacentral2")),
    "NZ": (1, ("newzealandnorth", "australiaeast")),
    "JP": (4, ("japaneast", "japanwest", "koreacentral")),
    "KR": (1, ("koreacentral", "koreasouth", "japanwest")),
    "IN": (4, ("centralindia", "southindia", "westindia", "jioindiawest", "jioindiacentral")),
    "SG": (2, ("southeastasia", "eastasia", "malaysiawest")),
    "ID": (1, ("indonesiacentral", "southeastasia")),
    "ZA": (1, ("southafricanorth", "southafricawest")),
    "AE": (1, ("uaenorth", "uaecentral", "qatarcentral")),
    "IL": (1, ("israelcentral", "uaenorth")),
}
_AMERICAS = {"US", "CA", "BR", "MX", "CL"}
_ASIA_PACIFIC = {"AU", "NZ", "JP", "KR", "IN", "SG", "ID"}
DACH = {"DE", "AT", "CH"}

# Parts of a thousand organizations that claim each category.
CATEGORY_SHARES = {
    "HE-ACUTE": 70,
    "HE-PUBLIC": 30,
    "HE-SUPPLY": 22,
    "FR-POLICE": 18,
    "FR-FIRE": 22,
    "FR-EMS": 18,
    "FR-DISPATCH": 12,
    "EM-AUTHORITY": 16,
    "EM-AID": 12,
    "GV-CORE": 18,
    "CI-ENERGY": 18,
    "CI-WATER": 14,
    "CI-TELECOM": 12,
    "CI-FOOD": 14,
    "CI-TRANSPORT": 14,
    "CI-FINANCE": 16,
    "CI-WASTE": 6,
    "CI-MEDIA": 8,
    "GV-JUSTICE": 8,
    "GV-DEFENCE": 4,
    "ED-REMOTE": 40,
    "RS-CRISIS": 8,
    "GV-OTHER": 30,
}
# Of a thousand organizations without a category: how they pay, and whether they are new.
OFFER_SHARES = {
    ("enterprise", True): 260,
    ("pay_as_you_go", True): 270,
    ("enterprise", False): 60,
    ("pay_as_you_go", False): 110,
    ("free", True): 60,
    ("free", False): 50,
    ("trial", False): 70,
    ("student", False): 60,
    ("credits", True): 60,
}


@dataclass
class Step:
    """One step of a claim's life, as it will be written."""

    state: ClaimState
    actor: Actor
    action: str
    at: datetime
    reason: str = ""


@dataclass
class ClaimStory:
    """A claim with its life and evidence. `row` is what is stored in the end."""

    row: Claim
    steps: list[Step]
    evidence: list[Evidence]
    certified: frozenset[str] = frozenset()

    def fact_at(self, at: datetime, workload: str) -> policy.SectorClaim | None:
        """What the claim was worth at a moment; None where it did not stand then."""
        state = None
        for step in self.steps:
            if step.at > at:
                break
            state = step.state
        if state is None or state == S.DRAFT or state not in CLAIM_STANDING:
            return None
        until = self.row.valid_until
        worth = policy.Verification.NONE
        if until is not None and state in CLAIM_COUNTS_AS_VERIFIED and at < until + GRACE:
            worth = policy.Verification.VERIFIED
        elif until is not None and state == S.PROVISIONAL and at < until:
            worth = policy.Verification.PROVISIONAL
        checked = any(item.holds and item.checked_at is not None and item.checked_at <= at for item in self.evidence)
        return policy.SectorClaim(self.row.category.code, worth, certificate=checked and workload in self.certified)


@dataclass
class Customer:
    """An organization with the regions it would like and its claims."""

    row: Organization
    regions: tuple[str, ...]
    domain: str
    claims: list[ClaimStory] = field(default_factory=list)

    def claims_at(self, at: datetime, workload: str) -> tuple[policy.SectorClaim, ...]:
        """The claims as facts for a ranking at a moment."""
        found = (claim.fact_at(at, workload) for claim in self.claims)
        return tuple(fact for fact in found if fact is not None)


def internal_service(cast: Cast, *, at: datetime) -> Organization:
    """The provider's own collaboration service, which asks for the seats of remote work."""
    return register_organization(
        actor=SYSTEM,
        portfolio=cast.portfolios[3],
        legal_name="Vorrang Collaboration Service",
        country="IE",
        offer_type="enterprise",
        domains=["collaboration.example"],
        customer_since=at.date() - timedelta(days=1200),
        is_internal=True,
        at=at,
    )


class Organizations:
    """Organizations, those with a category with a claim that nothing was told of yet; `entries` are the journal's."""

    def __init__(self, cast: Cast, source: random.Random, names: Names, *, opening: datetime, now: datetime) -> None:
        self.cast, self.random, self.names = cast, source, names
        self.opening, self.now = opening, now
        self.entries: list[Entry] = []
        self.categories = {category.code: category for category in SectorCategory.objects.all()}

    def invent(self, count: int) -> list[Customer]:
        """Organizations with a body's name where they will claim a category, a company's where not."""
        kinds: list[tuple[str, str, bool]] = []
        for code, share in CATEGORY_SHARES.items():
            kinds += [(code, "", True)] * max(1, round(share * count / 1000))
        rest = max(0, count - len(kinds))
        for (offer, existing), share in OFFER_SHARES.items():
            kinds += [("", offer, existing)] * round(share * rest / 1000)
        kinds = kinds[:count] + [("", "pay_as_you_go", True)] * (count - len(kinds))
        self.random.shuffle(kinds)
        countries = list(COUNTRIES)
        weights = [COUNTRIES[country][0] for country in countries]
        customers = [
            self._customer(number, *kind, self.random.choices(countries, weights)[0])
            for number, kind in enumerate(kinds, start=1)
        ]
        customers.sort(key=lambda customer: customer.row.registered_at)
        return customers

    def _customer(self, number: int, category: str, offer: str, existing: bool, country: str) -> Customer:
        offer = offer or self.random.choices(("enterprise", "pay_as_you_go"), (85, 15))[0]
        is_small = offer in ("free", "trial", "student", "credits")
        name = self.names.body(category, country) if category else self.names.company(country, small=is_small)
        domain = domain_of(name, number)
        if existing:
            registered_at = self.opening + timedelta(hours=self.random.uniform(1, 24 * 20))
            since = registered_at.date() - timedelta(days=self.random.randrange(60, 3000))
        else:
            registered_at = self.now - timedelta(hours=self.random.uniform(20, 24 * 40))
            since = None
        portfolio = self.cast.portfolios[_portfolio_of(country, category)]
        manager = self.cast.manager_of(portfolio.pk)
        row = Organization(
            legal_name=name,
            sort_name=sort_key(name),
            search_text=search_text(name, domain),
            name_key=name_key(name),
            compared_at=registered_at,
            country=country,
            offer_type=offer,
            customer_since=since,
            portfolio=portfolio,
            registered_by=manager,
            registered_at=registered_at,
        )
        customer = Customer(row, COUNTRIES[country][1], domain)
        if category:
            customer.claims.append(ClaimStory(Claim(organization=row, category=self.categories[category]), [], []))
        self.entries.append(
            new_entry(
                actor=Actor(user_id=manager.pk, public_id=manager.public_id, name=manager.name),
                action="organization.registered",
                subject_type="organization",
                subject_id=row.public_id,
                after=organization_facts(row, Particulars(name, country, offer, (), (domain,), (), since)),
                at=registered_at,
            )
        )
        return customer


def _portfolio_of(country: str, category: str) -> int:
    if country in _AMERICAS:
        return 4
    if country in _ASIA_PACIFIC:
        return 5
    if country in DACH and category[:2] in ("HE", "FR", "EM"):
        return 0
    if country in DACH and category[:2] in ("GV", "ED", "RS"):
        return 1
    return 2 if category else 3

"""What the trust center may know: conditions in words, the policy, notices, whom to call.

Nothing in here reads pools, crews, requests or customers, so nothing can leak through it (product rule 13); of levers
and campaigns it reads what their `public` modules hand out. `tests/capacity/trust/` holds the imports to that.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capacity.campaigns.public import PublicCampaign, campaigns_live
from capacity.levers.public import PublicLever, levers_in_force
from capacity.notices.models import Notice, ResourceContact
from capacity.notices.queries import published_notices
from capacity.regions.geography import group_label
from capacity.regions.models import Condition, ConditionDeclaration, Region
from priorities.draft_wording import ChangedSection, changes_text
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import NoPolicyInForce, active_version, load_parts, policy_of
from priorities.wording import Section, policy_text

# How far back the public page of conditions goes.
SHOWN_DAYS = 365

MEANINGS: dict[str, Any] = {
    Condition.NORMAL: _("New capacity is granted in the order in which requests become complete."),
    Condition.WATCH: _("We look more closely. Requests are still granted in the order in which they become complete."),
    Condition.CONSTRAINED: _("New capacity is short. Requests are granted by the published criteria."),
    Condition.CRITICAL: _("New capacity is very short. Requests are granted by the published criteria."),
    Condition.RECOVERING: _("New capacity is becoming available again. The published criteria still apply."),
}


@dataclass(frozen=True)
class RegionLine:
    """A region as the public sees it."""

    name: str
    code: str
    place: str
    condition: str
    meaning: Any
    since: datetime | None


@dataclass(frozen=True)
class RegionGroup:
    """The regions of one part of the world."""

    name: Any
    regions: tuple[RegionLine, ...]


def region_groups() -> list[RegionGroup]:
    """Every region by part of the world and place (one query)."""
    groups: dict[str, list[RegionLine]] = {}
    for region in Region.objects.order_by("geography_group", "geography", "name"):
        line = RegionLine(
            name=region.name,
            code=region.code,
            place=region.place,
            condition=region.condition,
            meaning=MEANINGS[region.condition],
            since=region.condition_since,
        )
        groups.setdefault(region.geography_group, []).append(line)
    return [RegionGroup(group_label(name), tuple(lines)) for name, lines in groups.items()]


@dataclass(frozen=True)
class PublicSpell:
    """A condition from a moment to another, without anything it rested on; no end while it is in force."""

    condition: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class RegionHistory:
    """The conditions of a region so far, the latest first."""

    name: str
    code: str
    condition: str
    spells: tuple[PublicSpell, ...]


def condition_history(at: datetime) -> list[RegionHistory]:
    """Regions with a condition in force in the last `SHOWN_DAYS`, by name (one query), with what was in force then.

    The same one declared anew goes on.
    """
    recent = Q(ended_at=None) | Q(ended_at__gte=at - timedelta(days=SHOWN_DAYS))
    rows = (
        ConditionDeclaration.objects.filter(recent, in_force_at__isnull=False)
        .order_by("region__name", "region", "in_force_at", "pk")
        .values_list("region__name", "region__code", "region__condition", "condition", "in_force_at", "ended_at")
    )
    found = []
    for (name, code, now), declared in groupby(rows, key=lambda row: row[:3]):
        spells: list[PublicSpell] = []
        for *_region, condition, since, until in declared:
            assert since is not None  # asked for above
            if spells and spells[-1].condition == condition and spells[-1].until == since:
                spells[-1] = replace(spells[-1], until=until)
            else:
                spells.append(PublicSpell(condition, since, until))
        found.append(RegionHistory(name, code, now, tuple(spells[::-1])))
    return found


@dataclass(frozen=True)
class PublicPolicy:
    """A policy version as the public reads it, less the bounds of automatic approval."""

    version: PolicyVersion
    sections: tuple[Section, ...]


def policy_in_force(at: datetime) -> PublicPolicy | None:
    """The criteria in force; None before there are any."""
    try:
        version = active_version(at)
    except NoPolicyInForce:
        return None
    return PublicPolicy(version, policy_text(policy_of(version)))


def policy_history() -> list[PolicyVersion]:
    """Versions that are, were or will be in force, the newest first. Drafts and proposals are not public."""
    found = PolicyVersion.objects.filter(state__in=[PolicyState.ACTIVE, PolicyState.RETIRED])
    # A version that another one took over before it began was never in force.
    return list(found.exclude(retired_at=F("active_from")).order_by("-active_from"))


def policy_version(number: int) -> PublicPolicy | None:
    """A version of the history as it reads; None where the public knows none of that number."""
    version = next((one for one in policy_history() if one.number == number), None)
    return None if version is None else PublicPolicy(version, policy_text(policy_of(version)))


@dataclass(frozen=True)
class PolicyChange:
    """What two public versions say differently."""

    old: PolicyVersion
    new: PolicyVersion
    sections: tuple[ChangedSection, ...]


def policy_change(old: int, new: int) -> PolicyChange | None:
    """The difference of two versions of the history; None where one of them is not public."""
    found = {version.number: version for version in policy_history() if version.number in (old, new)}
    if old not in found or new not in found:
        return None
    load_parts(found[old], found[new])
    return PolicyChange(found[old], found[new], changes_text(policy_of(found[old]), policy_of(found[new])))


def levers(at: datetime) -> list[PublicLever]:
    """What is restricted now, in words and days."""
    return levers_in_force(at)


def campaigns(at: datetime) -> list[PublicCampaign]:
    """The free offers that customers may use now."""
    return campaigns_live(at)


def notices(limit: int = 20) -> list[Notice]:
    """The newest public notices."""
    return list(published_notices()[:limit])


def contacts() -> list[ResourceContact]:
    """Whom to call."""
    return list(ResourceContact.objects.all())

"""What came out of a simulation, in sentences, pictures and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capacity.requests.models import Outcome
from customers.countries import country_name
from kit.charts import Certainty, Chart, Kind, Mark, Series
from priorities.policy import PERMILLE, TIERS
from priorities.wording import category_label, offer_label, percent, workload_label

# So many regions are drawn; the table beside holds all.
DRAWN_REGIONS = 12


@dataclass(frozen=True)
class Told:
    """A simulation as the page shows it."""

    headline: str
    tiers: Chart
    moves: tuple[tuple[int, tuple[int, ...]], ...]
    regions: Chart
    region_rows: tuple[dict[str, Any], ...]
    quiet_regions: tuple[dict[str, Any], ...]
    groups: tuple[tuple[Chart, int], ...]
    fairness: Chart
    fairness_rows: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]
    inflation: Mapping[str, Any]
    demand: Chart
    pool_rows: tuple[dict[str, str], ...]
    riding: Mapping[str, Any]
    riding_rows: tuple[dict[str, Any], ...]
    past: Mapping[str, Any]
    past_moves: tuple[tuple[int, tuple[int, ...]], ...]
    past_rows: tuple[dict[str, Any], ...]


def told(result: Mapping[str, Any], resources: Mapping[str, str]) -> Told:
    """Put a result into the active language; `resources` gives the names by code."""
    regions = [{**row, "cut_before": _cut(row["before"]), "cut_after": _cut(row["after"])} for row in result["regions"]]
    return Told(
        headline=_headline(result),
        tiers=_tiers(result["tiers"]),
        moves=_moves(result["moves"]),
        regions=_regions(result["regions"]),
        region_rows=tuple(row for row in regions if _speaks(row)),
        quiet_regions=tuple(row for row in regions if not _speaks(row)),
        groups=tuple((_group(kind, group), group["more"]) for kind, group in result["groups"].items()),
        fairness=_fairness(result["fairness"]),
        fairness_rows=tuple(zip(result["fairness"]["before"], result["fairness"]["after"], strict=True)),
        inflation={**result["inflation"], "share": percent(result["inflation"]["mark"])},
        demand=_demand(result["inflation"], resources),
        pool_rows=tuple(
            {
                **row,
                "resource": resources.get(row["resource"], row["resource"]),
                "before": percent(row["before"]),
                "after": percent(row["after"]),
            }
            for row in result["inflation"]["pools"]
        ),
        riding=result["riding"],
        riding_rows=tuple(
            {**row, "name": capfirst(workload_label(row["workload"]))} for row in result["riding"]["workloads"]
        ),
        past=result["past"],
        past_moves=_moves(result["past"]["moves"]),
        past_rows=tuple({**row, "name": Outcome(row["outcome"]).label} for row in result["past"]["outcomes"]),
    )


def moved(matrix: Sequence[Sequence[int]]) -> tuple[int, int]:
    """How many move to a better tier, and how many to a worse one."""
    up = sum(count for before, row in enumerate(matrix) for after, count in enumerate(row) if after < before)
    down = sum(count for before, row in enumerate(matrix) for after, count in enumerate(row) if after > before)
    return up, down


def _headline(result: Mapping[str, Any]) -> str:
    up, down = moved(result["moves"])
    whole = [sum(result["tiers"][side]["whole"]) for side in ("before", "after")]
    first = ngettext(
        "Of %(count)s waiting request, %(up)s would move to a better tier and %(down)s to a worse one.",
        "Of %(count)s waiting requests, %(up)s would move to a better tier and %(down)s to a worse one.",
        result["requests"],
    ) % {"count": localize(result["requests"]), "up": localize(up), "down": localize(down)}
    second = _("Served in the order until supply ends, %(after)s would get all they ask for, %(before)s today.") % {
        "after": localize(whole[1]),
        "before": localize(whole[0]),
    }
    return f"{first} {second}"


def _moves(matrix: Sequence[Sequence[int]]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    return tuple((tier, tuple(row)) for tier, row in zip(TIERS, matrix, strict=True))


def _tier_names() -> tuple[str, ...]:
    return tuple(_("Tier %(tier)s") % {"tier": tier} for tier in TIERS)


def _sides(before: Sequence[Any], after: Sequence[Any]) -> tuple[Series, Series]:
    return (
        Series(_("policy in force"), tuple(before), tone="quiet"),
        Series(_("this version"), tuple(after), certainty=Certainty.SIMULATED),
    )


def _tiers(tiers: Mapping[str, Mapping[str, Sequence[int]]]) -> Chart:
    return Chart(
        key="tiers",
        kind=Kind.BAR,
        headline=_("Waiting requests by tier"),
        unit=_("requests"),
        label_title=_("Tier"),
        labels=_tier_names(),
        series=_sides(tiers["before"]["requests"], tiers["after"]["requests"]),
    )


def _regions(regions: Sequence[Mapping[str, Any]]) -> Chart:
    drawn = sorted(regions, key=lambda row: (not row["scarce"], -row["waiting"], row["code"]))[:DRAWN_REGIONS]
    return Chart(
        key="regions",
        kind=Kind.BAR,
        headline=_("Requests served by region"),
        unit=_("requests"),
        label_title=_("Region"),
        labels=tuple(row["name"] for row in drawn),
        series=_sides([row["before"]["served"] for row in drawn], [row["after"]["served"] for row in drawn]),
    )


def _speaks(row: Mapping[str, Any]) -> bool:
    """Whether the region is scarce, or serves others under the new version than under the old."""
    return bool(row["scarce"] or row["before"] != row["after"])


def _cut(side: Mapping[str, Any]) -> str:
    """Where the cut-off lies: the first in the region's queue that gets nothing anywhere."""
    if side["cut"] is None:
        return _("everybody is served")
    return _("place %(place)s: tier %(tier)s, score %(score)s") % {
        "place": localize(side["cut"]["place"]),
        "tier": side["cut"]["tier"],
        "score": localize(side["cut"]["score"]),
    }


def _group(kind: str, group: Mapping[str, Any]) -> Chart:
    titles = {
        "basis": (_("Who gains and who loses, by what the rank rests on"), _("Category or type of offer")),
        "country": (_("Who gains and who loses, by country"), _("Country")),
        "size": (_("Who gains and who loses, by size"), _("Largest line, beside its pool")),
    }
    rows = group["rows"]
    columns = (
        ("up", _("better tier"), "tier-1"),
        ("down", _("worse tier"), "quiet"),
        ("gain", _("gets more"), "good"),
        ("lose", _("gets less"), "bad"),
    )
    return Chart(
        key=f"group-{kind}",
        kind=Kind.BAR,
        headline=titles[kind][0],
        unit=_("requests"),
        label_title=titles[kind][1],
        labels=tuple(_group_name(kind, row["key"]) for row in rows),
        series=tuple(Series(name, tuple(row[key] for row in rows), tone=tone) for key, name, tone in columns),
    )


def _group_name(kind: str, key: str) -> str:
    if kind == "country":
        return country_name(key)
    if kind == "size":
        return {
            "small": _("less than %(share)s of the pool") % {"share": percent(1)},
            "medium": _("up to %(share)s") % {"share": percent(10)},
            "large": _("up to %(share)s") % {"share": percent(50)},
            "very_large": _("more than %(share)s") % {"share": percent(50)},
        }[key]
    if key.startswith("offer:"):
        return _("no category: %(offer)s") % {"offer": offer_label(key.removeprefix("offer:"))}
    return capfirst(category_label(key))


def _fairness(fairness: Mapping[str, Sequence[Mapping[str, Any]]]) -> Chart:
    def values(side: str) -> list[float | None]:
        return [row["jain"] if row["organizations"] else None for row in fairness[side]]

    return Chart(
        key="fairness",
        kind=Kind.BAR,
        headline=_("How evenly organizations are served in each tier (Jain's index)"),
        unit=_("1 is even"),
        label_title=_("Tier"),
        labels=_tier_names(),
        series=_sides(values("before"), values("after")),
        limit=1,
    )


def _demand(inflation: Mapping[str, Any], resources: Mapping[str, str]) -> Chart:
    demand = inflation["demand"]
    return Chart(
        key="inflation",
        kind=Kind.BAR,
        headline=_("What tier 1 asks for, of everything asked for"),
        unit="%",
        label_title=_("Resource"),
        labels=tuple(resources.get(row["resource"], row["resource"]) for row in demand),
        series=_sides([row["before"] / 10 for row in demand], [row["after"] / 10 for row in demand]),
        marks=(Mark(_("Mark"), inflation["mark"] / 10),),
        limit=PERMILLE / 10,
    )

"""The requests behind a simulation's figures: those that one may see, and no others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from capacity.allocation.models import Simulation
from capacity.allocation.rows import Column, unpacked
from capacity.requests.access import visible_requests
from capacity.requests.models import CapacityRequest
from kit.exports import ExportColumn, export
from priorities.wording import percent
from users.access import Actor

MOVERS = 20


@dataclass(frozen=True)
class Mover:
    """A request whose tier or whose share changes, and how."""

    request: CapacityRequest
    tier_before: int
    tier_after: int
    place_before: int
    place_after: int
    share_before: str
    share_after: str


def movers(columns: Mapping[str, Column], actor: Actor) -> tuple[Mover, ...]:
    """The first that change tier or share, in the new order, among the requests that the actor sees; one query."""
    changed = (columns["tier_before"] != columns["tier_after"]) | (columns["share_before"] != columns["share_after"])
    rows = np.flatnonzero(changed)
    rows = rows[np.argsort(columns["place_after"][rows], kind="stable")]
    by_key = {int(columns["request"][row]): int(row) for row in rows}
    # More are looked at than shown: some may be out of the actor's reach.
    wanted = list(by_key)[: MOVERS * 10]
    found = {one.pk: one for one in visible_requests(actor).filter(pk__in=wanted).select_related("organization")}
    return tuple(
        Mover(
            request=found[key],
            tier_before=int(columns["tier_before"][by_key[key]]),
            tier_after=int(columns["tier_after"][by_key[key]]),
            place_before=int(columns["place_before"][by_key[key]]),
            place_after=int(columns["place_after"][by_key[key]]),
            share_before=percent(int(columns["share_before"][by_key[key]])),
            share_after=percent(int(columns["share_after"][by_key[key]])),
        )
        for key in [key for key in wanted if key in found][:MOVERS]
    )


def as_file(simulation: Simulation, actor: Actor, file_format: str) -> HttpResponseBase:
    """Every request of the simulated queue that the actor sees, before and after, as a stream."""
    columns = unpacked(bytes(simulation.rows or b""))
    regions: list[str] = (simulation.result or {})["regions_in_order"]
    row_of = {int(key): row for row, key in enumerate(columns["request"])}

    def number(name: str) -> Any:
        return lambda one: int(columns[name][row_of[one.pk]])

    def region(name: str) -> Any:
        def code(one: CapacityRequest) -> str:
            index = int(columns[name][row_of[one.pk]])
            return regions[index] if index >= 0 else ""

        return code

    wanted = (
        ExportColumn("request", _("Request"), lambda one: one.label),
        ExportColumn("organization", _("Organization"), lambda one: one.organization.legal_name),
        ExportColumn("country", _("Country"), lambda one: one.organization.country),
        ExportColumn("tier_before", _("Tier in force"), number("tier_before")),
        ExportColumn("tier_after", _("Tier simulated"), number("tier_after")),
        ExportColumn("place_before", _("Place in force"), number("place_before")),
        ExportColumn("place_after", _("Place simulated"), number("place_after")),
        ExportColumn("region_before", _("Region in force"), region("region_before")),
        ExportColumn("region_after", _("Region simulated"), region("region_after")),
        ExportColumn("share_before", _("Served in force, per mille"), number("share_before")),
        ExportColumn("share_after", _("Served simulated, per mille"), number("share_after")),
    )
    requests = visible_requests(actor).filter(pk__in=list(row_of)).select_related("organization").order_by("pk")
    name = f"simulation-{simulation.version.number}-{simulation.started_at:%Y%m%d-%H%M}"
    return export(file_format, name=name, columns=wanted, queryset=requests)

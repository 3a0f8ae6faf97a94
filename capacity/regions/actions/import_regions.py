"""Bring a list of regions in: new ones are added, known ones follow the list, none is removed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from capacity.regions.access import may_import_regions
from capacity.regions.listing import DATACENTERS, Line, RegionFacts
from capacity.regions.models import Datacenter, Region
from journal.models import Entry
from journal.record import new_entry, record_many
from kit.refusal import require
from users.access import Actor

# What a list says of a region, as it stands in the table.
FACTS = ("name", "geography", "geography_group", "place", "country", "latitude", "longitude", "paired_code")


class ImportOutcome(models.TextChoices):
    """What became of one row."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")
    DROPPED = "dropped", _("Not for customers")
    REFUSED = "refused", _("Refused")


@dataclass(frozen=True)
class ImportedLine:
    """The result of one row; `problem` says why it was refused."""

    number: int
    code: str
    outcome: ImportOutcome
    problem: str = ""


def import_regions(*, actor: Actor, lines: Iterable[Line], at: datetime) -> list[ImportedLine]:
    """Add and update regions, one result per row; a second run changes nothing.

    A region without datacenters gets as many as its size says. Conditions, crews and supply are
    not touched.
    """
    require(may_import_regions(actor))
    results: list[ImportedLine] = []
    entries: list[Entry] = []
    with transaction.atomic():
        known = {region.code: region for region in Region.objects.select_for_update(no_key=True)}
        for line in lines:
            if line.facts is None:
                outcome = ImportOutcome.REFUSED if line.problem else ImportOutcome.DROPPED
            else:
                outcome = _bring_in(actor, known.get(line.code), line.facts, entries, at)
            results.append(ImportedLine(line.number, line.code, outcome, line.problem))
        record_many(entries)
    return results


def _bring_in(
    actor: Actor, region: Region | None, facts: RegionFacts, entries: list[Entry], at: datetime
) -> ImportOutcome:
    wanted = {name: getattr(facts, name) for name in FACTS}
    if region is None:
        region = Region.objects.create(code=facts.code, **wanted)
        Datacenter.objects.bulk_create(
            Datacenter(
                region=region,
                code=f"{facts.code}-{number}",
                name=f"{facts.name} {number}",
                time_zone=facts.time_zone,
            )
            for number in range(1, DATACENTERS[facts.size] + 1)
        )
        entries.append(_entry(actor, "region.added", region, {}, wanted, at))
        return ImportOutcome.ADDED
    before = {name: getattr(region, name) for name in FACTS}
    changed = [name for name in FACTS if before[name] != wanted[name]]
    if not changed:
        return ImportOutcome.UNCHANGED
    Region.objects.filter(pk=region.pk).update(
        row_version=F("row_version") + 1, **{name: wanted[name] for name in changed}
    )
    entries.append(
        _entry(
            actor,
            "region.changed",
            region,
            {name: before[name] for name in changed},
            {name: wanted[name] for name in changed},
            at,
        )
    )
    return ImportOutcome.CHANGED


def _entry(
    actor: Actor, action: str, region: Region, before: dict[str, Any], after: dict[str, Any], at: datetime
) -> Entry:
    return new_entry(
        actor=actor,
        action=action,
        subject_type="region",
        subject_id=region.code,
        before=_json(before) or None,
        after={"code": region.code, **_json(after)},
        at=at,
    )


def _json(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value if value is None else str(value) for name, value in values.items()}

"""The public registers as they stand, their snapshots, what changed between two, and what rests on an entry."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render

from customers.access import visible_organizations
from customers.actions.compare_snapshots import compare_snapshots
from customers.models import MatchingModel, RegisterRow, RegisterSnapshot, SectorCategory
from customers.register_matches import current_snapshots
from customers.registers.adapters import REGISTERS
from customers.registers.comparing import differences
from customers.registers.lists import CHANGES, FIELD_NAMES, REGISTER_ROWS, SNAPSHOT_ROWS, SNAPSHOTS
from customers.registers.models import RegisterMatch
from customers.registers.queries import READERS, resting_on, snapshot_of, snapshots_of_key
from kit.clock import now
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest
from users.roles import Role

# How many of the things that rest on an entry its page names.
SHOWN = 50


def registers(request: ActorRequest) -> HttpResponseBase:
    """GET /registers/: the newest snapshot of each register."""
    require(request.actor.needs(*READERS))
    newest = list(current_snapshots().values_list("pk", flat=True))
    rows = RegisterRow.objects.filter(snapshot__in=newest).select_related("snapshot__register")
    learned = MatchingModel.objects.defer("content").first()
    context = {**_may(request), "learned": learned}
    return list_page(request, REGISTER_ROWS, rows, template="customers/registers/registers.html", context=context)


def snapshots(request: ActorRequest) -> HttpResponseBase:
    """GET /registers/snapshots/"""
    require(request.actor.needs(*READERS))
    rows = RegisterSnapshot.objects.select_related("register", "imported_by")
    return list_page(request, SNAPSHOTS, rows, template="customers/registers/snapshots.html", context=_may(request))


def snapshot(request: ActorRequest, code: str, day: str) -> HttpResponseBase:
    """GET /registers/<code>/<day>/"""
    found = _snapshot(request, code, day)
    rows = found.rows.select_related("snapshot__register")
    others = RegisterSnapshot.objects.filter(register=found.register).exclude(pk=found.pk).order_by("-as_of_date")
    context = {"snapshot": found, "others": list(others[:SHOWN])}
    return list_page(request, SNAPSHOT_ROWS, rows, template="customers/registers/snapshot.html", context=context)


def changes(request: ActorRequest, code: str, day: str, since: str) -> HttpResponseBase:
    """GET /registers/<code>/<day>/since/<day>/: what the later snapshot gained, lost and says otherwise."""
    new, old = _snapshot(request, code, day), _snapshot(request, code, since)
    if old.as_of_date >= new.as_of_date:
        raise NotFound()
    # Made by the import, but for two that are no neighbors.
    found = compare_snapshots(old=old, new=new, at=now())
    rows = found.changes.select_related("entry__snapshot__register", "before")
    context = {"old": old, "new": new, "found": found}
    return list_page(request, CHANGES, rows, template="customers/registers/changes.html", context=context)


def entry(request: ActorRequest, code: str, day: str, key: str) -> HttpResponse:
    """GET /registers/<code>/<day>/entries/<key>/"""
    require(request.actor.needs(*READERS))
    versions = list(snapshots_of_key(code, key)[:SHOWN])
    found = next((row for row in versions if row.snapshot.as_of_date.isoformat() == day), None)
    if found is None:
        raise NotFound()
    register = REGISTERS.get(code)
    category = register.category_of(found.kind) if register else ""
    matches = RegisterMatch.objects.filter(
        entry__snapshot__register__code=code, entry__key=key, organization__in=visible_organizations(request.actor)
    )
    context = {
        "entry": found,
        "details": [(FIELD_NAMES.get(name, name), text) for name, text in sorted(found.details.items())],
        "category": SectorCategory.objects.filter(code=category).first() if category else None,
        "versions": [(row, _told(row, older)) for row, older in zip(versions, [*versions[1:], None], strict=True)],
        "newest": current_snapshots().filter(register__code=code).first(),
        "resting": list(resting_on(request.actor, code, key)[:SHOWN]),
        "matches": list(matches.select_related("organization", "category").order_by("sort_name", "pk")[:SHOWN]),
        "may_open_case": request.actor.holds(Role.VERIFIER, Role.AUDITOR),
    }
    return render(request, "customers/registers/entry.html", context)


def _snapshot(request: ActorRequest, code: str, day: str) -> RegisterSnapshot:
    require(request.actor.needs(*READERS))
    found = snapshot_of(code, day)
    if found is None:
        raise NotFound()
    return found


def _told(row: RegisterRow, older: RegisterRow | None) -> list[tuple[Any, str, str]]:
    """What an entry says otherwise than in the snapshot before."""
    if older is None:
        return []
    return [(FIELD_NAMES.get(name, name), old, new) for name, old, new in differences(older, row)]


def _may(request: ActorRequest) -> dict[str, Any]:
    return {"may_import": request.actor.holds(Role.VERIFIER)}

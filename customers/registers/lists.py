"""The lists of registers: entries, snapshots, what changed between two, reviews of evidence, matches."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.countries import country_name
from customers.names import display_domain
from customers.registers.comparing import differences
from customers.registers.filters import (
    ChangeFilters,
    MatchFilters,
    RegisterRowFilters,
    ReviewFilters,
    SnapshotFilters,
    SnapshotRowFilters,
)
from customers.registers.models import EvidenceReview, SnapshotChange
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge

Change = SnapshotChange.Change
CHANGE_TONES = {Change.GAINED: "good", Change.LOST: "bad", Change.CHANGED: "watch"}
OUTCOME_TONES = {
    EvidenceReview.Outcome.HOLDS: "good",
    EvidenceReview.Outcome.FAILS: "bad",
    EvidenceReview.Outcome.RESTORED: "quiet",
}
FIELD_NAMES = {
    "name": _("Name"),
    "domain": _("Domain"),
    "country": _("Country"),
    "region": _("Region"),
    "is_active": _("Active"),
    "kind": _("Kind"),
    "agency": _("Agency"),
    "suborganization": _("Part of the organization"),
    "city": _("City"),
    "county": _("County"),
    "owner": _("Owner of the domain"),
    "ownership": _("Ownership"),
    "site": _("Site"),
    "postcode": _("Postcode"),
    "public_private": _("Public or private"),
    "maintaining_office": _("Maintaining office"),
    "federal_branch": _("Federal branch"),
    "acronyms": _("Acronyms"),
    "aliases": _("Other names"),
    "website": _("Website"),
    "domains": _("Domains"),
    "wikidata": _("Wikidata"),
}


def entry_url(row: Any) -> str:
    """The page of an entry whose snapshot and register are at hand."""
    snapshot = row.snapshot
    return reverse("customers:register_entry", args=[snapshot.register.code, snapshot.as_of_date.isoformat(), row.key])


def review_sign(review: EvidenceReview) -> Any:
    """How a review stands, as a badge."""
    if review.resolved_at:
        return badge(OUTCOME_TONES[EvidenceReview.Outcome(review.outcome)], review.get_outcome_display())
    if review.fell_due_at:
        return badge("bad", _("Overdue"), _("Nobody confirmed it in time; the verification has ended."))
    return badge("watch", _("Open"), _("The claim counts until the review is due."))


def told_differences(before: Any, row: Any) -> Any:
    """What changed in an entry, field by field, as HTML."""
    return format_html_join(
        "",
        "{}: <del>{}</del> → <ins>{}</ins><br>",
        ((FIELD_NAMES.get(name, name), old or "–", new or "–") for name, old, new in differences(before, row)),
    )


_NAME = Column("name", _("Name"), lambda row: row.name, sort=("sort_name",))
_REGISTER = Column("register", _("Register"), lambda row: row.snapshot.register.title)
_SAID = (
    Column("key", _("Key"), lambda row: row.key),
    Column("domain", _("Domain"), lambda row: display_domain(row.domain) if row.domain else "",
           export=lambda row: row.domain),
    Column("country", _("Country"), lambda row: row.country),
    Column("region", _("Region"), lambda row: row.region),
    Column("kind", _("Kind"), lambda row: row.kind),
)  # fmt: skip
_ACTIVE = Column("active", _("Active"), lambda row: _("yes") if row.is_active else _("no"))
_TAKEN = Column("taken", _("Taken on"), lambda row: row.snapshot.as_of_date)

REGISTER_ROWS = ListSpec(
    name="registers",
    title=_("Registers"),
    columns=(_NAME, _REGISTER, *_SAID, _ACTIVE, _TAKEN),
    filterset=RegisterRowFilters,
    sort="name",
    row_url=entry_url,
    search_help=_("Name or key"),
    empty_title=_("No register is imported yet"),
    empty_text=_("Entries appear here when a verifier imports a public register."),
)

SNAPSHOT_ROWS = ListSpec(
    name="snapshot-rows",
    title=_("Entries"),
    columns=(_NAME, *_SAID, _ACTIVE),
    filterset=SnapshotRowFilters,
    sort="name",
    row_url=entry_url,
    search_help=_("Name or key"),
    empty_title=_("This snapshot has no entries"),
    empty_text=_("No row of its file could be taken in."),
)

SNAPSHOTS = ListSpec(
    name="snapshots",
    title=_("Snapshots"),
    columns=(
        Column("register", _("Register"), lambda row: row.register.title, sort=("register__name", "-as_of_date")),
        Column("taken", _("Taken on"), lambda row: row.as_of_date, sort=("as_of_date",)),
        Column("rows", _("Entries"), lambda row: row.row_count, numeric=True, sort=("row_count",)),
        Column("imported", _("Imported"), lambda row: row.imported_at, sort=("imported_at",)),
        Column("by", _("By"), lambda row: row.imported_by.name if row.imported_by else _("Server"), default=False),
        Column("hash", _("SHA-256 of the file"), lambda row: row.file_hash, default=False),
    ),
    filterset=SnapshotFilters,
    sort="register",
    row_url=lambda row: reverse("customers:snapshot", args=[row.register.code, row.as_of_date.isoformat()]),
    empty_title=_("No register is imported yet"),
    empty_text=_("A snapshot appears here when a verifier imports a public register."),
)


def _differences_as_text(row: Any) -> str:
    if row.before is None:
        return ""
    told = differences(row.before, row.entry)
    return "; ".join(f"{FIELD_NAMES.get(name, name)}: {old or '–'} → {new or '–'}" for name, old, new in told)


def _of_entry(column: Column) -> Column:
    """The same column where rows have an entry instead of being one."""
    cell, export = cast(Callable[[Any], Any], column.cell), column.export
    return replace(column, cell=lambda row: cell(row.entry), export=(lambda row: export(row.entry)) if export else None)


CHANGES = ListSpec(
    name="register-changes",
    title=_("Changes"),
    columns=(
        _of_entry(_NAME),
        Column(
            "change",
            _("Change"),
            lambda row: badge(CHANGE_TONES[Change(row.change)], row.get_change_display()),
            export=lambda row: row.get_change_display(),
        ),
        Column(
            "what",
            _("What changed"),
            lambda row: told_differences(row.before, row.entry) if row.before else "",
            export=_differences_as_text,
        ),
        *map(_of_entry, _SAID),
    ),
    filterset=ChangeFilters,
    sort="name",
    row_url=lambda row: entry_url(row.entry),
    search_help=_("Name or key"),
    empty_title=_("Nothing changed between these two days"),
    empty_text=_("Both snapshots say the same."),
)


def _entry(row: Any) -> str:
    return gettext("%(name)s in %(register)s") % {
        "name": row.evidence.register_row.name,
        "register": row.snapshot.register.title,
    }


REVIEWS = ListSpec(
    name="evidence-reviews",
    title=_("Reviews of evidence"),
    columns=(
        Column("organization", _("Organization"), lambda row: row.evidence.claim.organization.legal_name),
        Column("category", _("Category"), lambda row: str(row.evidence.claim.category)),
        Column("entry", _("Entry"), _entry),
        Column("change", _("Change"), lambda row: row.get_change_display()),
        Column("state", _("State"), review_sign),
        Column("opened", _("Opened"), lambda row: row.opened_at, sort=("opened_at",)),
        Column("due", _("Due"), lambda row: row.due_at, sort=("due_at",)),
    ),
    filterset=ReviewFilters,
    sort="due",
    row_url=lambda row: reverse("customers:evidence_review", args=[row.public_id]),
    search_help=_("Name of the organization"),
    empty_title=_("No evidence has to be looked at again"),
    empty_text=_("A review opens when a newer snapshot of a register lost or changed an entry that a claim rests on."),
)


def _match(row: Any) -> Any:
    entry = row.entry
    return format_html('<a href="{}">{}</a> <small>{}</small>', entry_url(entry), entry.name, entry.key)


MATCHES = ListSpec(
    name="register-matches",
    title=_("Eligible, not claimed"),
    columns=(
        Column("organization", _("Organization"), lambda row: row.organization.legal_name, sort=("sort_name",)),
        Column("category", _("Proposed category"), lambda row: str(row.category)),
        Column("entry", _("Entry"), _match, export=lambda row: f"{row.entry.name} ({row.entry.key})"),
        Column("register", _("Register"), lambda row: row.entry.snapshot.register.title),
        Column("kind", _("Kind"), lambda row: row.entry.kind),
        Column("by", _("Found by"), lambda row: row.get_by_display()),
        Column("country", _("Country"), lambda row: country_name(row.organization.country),
               export=lambda row: row.organization.country),
        Column("portfolio", _("Portfolio"), lambda row: row.organization.portfolio.name),
        Column("found", _("Found"), lambda row: row.found_at, default=False),
    ),
    filterset=MatchFilters,
    sort="organization",
    row_url=lambda row: reverse("customers:match_claim", args=[row.public_id]),
    search_help=_("Name of the organization"),
    empty_title=_("Nobody eligible is without a claim"),
    empty_text=_("Organizations appear here that a register lists for a tier-1 category and that have no claim yet."),
    bulk="customers/registers/_claim_selected.html",
)  # fmt: skip

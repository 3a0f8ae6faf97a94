"""The lists of customers: which columns they have, how they sort, what they say when empty."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.actions.claim_matches import CLAIMED_MATCHES
from customers.countries import country_name
from customers.filters import MARKS, CaseFilters, DuplicateFilters, ImportFilters, ImportRowFilters, OrganizationFilters
from customers.importing.kinds import kind_of
from customers.models import CLAIM_STANDING, Claim, Organization
from customers.registers.adapters import REGISTERS
from customers.signs import claim_sign
from kit import clock, leases
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge


def organization_rows(organizations: QuerySet[Organization]) -> QuerySet[Organization]:
    """The organizations with what a row shows: portfolio and standing claims; one statement more."""
    claims = Claim.objects.filter(state__in=CLAIM_STANDING).select_related("category").order_by("category__position")
    return organizations.select_related("portfolio").prefetch_related(Prefetch("claims", claims, to_attr="standing"))


def case_rows(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """The claims with what a row of the verifiers' queue shows."""
    return claims.select_related("category", "organization__portfolio", "lease__holder").prefetch_related("evidence")


def _sectors(row: Any) -> Any:
    if not row.standing:
        return None
    at = clock.now()
    signs = [(claim, claim_sign(claim, at)) for claim in row.standing]
    return format_html_join(
        " ",
        "{}",
        ((badge(sign.tone, claim.category.code, f"{claim.category.name}: {sign.title}"),) for claim, sign in signs),
    )


def _sectors_as_text(row: Any) -> str:
    at = clock.now()
    return "; ".join(f"{claim.category.code} {claim_sign(claim, at).word}" for claim in row.standing)


ORGANIZATIONS = ListSpec(
    name="organizations",
    title=_("Organizations"),
    columns=(
        Column("name", _("Name"), lambda row: row.legal_name, sort=("sort_name",)),
        Column("sectors", _("Sectors"), _sectors, export=_sectors_as_text),
        Column("country", _("Country"), lambda row: country_name(row.country), export=lambda row: row.country),
        Column("offer", _("Offer type"), lambda row: row.get_offer_type_display()),
        Column("portfolio", _("Portfolio"), lambda row: row.portfolio.name),
        Column("since", _("Customer since"), lambda row: row.customer_since, sort=("customer_since",), default=False),
        Column("registered", _("Registered"), lambda row: row.registered_at, sort=("registered_at",)),
        Column("id", _("Id"), lambda row: str(row.public_id), default=False),
    ),
    filterset=OrganizationFilters,
    sort="name",
    search_help=_("Name, domain or id"),
    row_url=lambda row: reverse("customers:organization", args=[row.public_id]),
    bulk="customers/_bulk.html",
    empty_title=_("No organizations yet"),
    empty_text=_("An organization appears here when its account manager registers it, or by an import."),
)


def _marks(row: Any) -> Any:
    return ", ".join(str(MARKS[mark]) for mark in row.marks if mark in MARKS)


def _pair_url(row: Any) -> str:
    return reverse("customers:duplicate", args=[row.one.public_id, row.other.public_id])


DUPLICATES = ListSpec(
    name="duplicates",
    title=_("Possible duplicates"),
    columns=(
        Column("one", _("Organization"), lambda row: row.one.legal_name),
        Column("other", _("May be the same"), lambda row: row.other.legal_name),
        Column("marks", _("Why"), _marks),
        Column("score", _("Likeness"), lambda row: f"{row.score // 10} %", sort=("score",), numeric=True),
        Column("country", _("Country"), lambda row: country_name(row.one.country), export=lambda row: row.one.country),
        Column("portfolio", _("Portfolio"), lambda row: row.one.portfolio.name),
        Column("portfolio_of_other", _("Portfolio of the other"), lambda row: row.other.portfolio.name),
        Column("found", _("Found"), lambda row: row.found_at, sort=("found_at",)),
    ),
    filterset=DuplicateFilters,
    sort="-score",
    search_help=_("Name, domain or id of one of them"),
    row_url=_pair_url,
    empty_title=_("No possible duplicates"),
    empty_text=_("Pairs appear here when organizations look alike and nobody has said yet that they are two."),
)


def _evidence(row: Any) -> Any:
    items = list(row.evidence.all())
    checked = sum(item.holds is not None for item in items)
    return _("%(checked)s of %(all)s checked") % {"checked": checked, "all": len(items)}


def _case_state(row: Any) -> Any:
    at = clock.now()
    sign, holder = claim_sign(row, at), leases.holder_of(row, at=at)
    shown = badge(sign.tone, sign.word, sign.title)
    if holder is None:
        return shown
    return format_html(
        "{} {}", shown, badge("info", holder.name, gettext("%(name)s works on it") % {"name": holder.name})
    )


CASE_LIST = ListSpec(
    name="verification",
    title=_("Verification"),
    columns=(
        Column("organization", _("Organization"), lambda row: row.organization.legal_name),
        Column("category", _("Category"), lambda row: f"{row.category.code} · {row.category.name}"),
        Column("state", _("State"), _case_state, export=lambda row: row.get_state_display()),
        Column("evidence", _("Evidence"), _evidence),
        Column("urgency", _("Urgency"), lambda row: row.urgency, sort=("-urgency", "filed_at"), numeric=True),
        Column("filed", _("Filed"), lambda row: row.filed_at, sort=("filed_at",)),
        Column("until", _("Counts until"), lambda row: row.valid_until, sort=("valid_until",), default=False),
        Column("portfolio", _("Portfolio"), lambda row: row.organization.portfolio.name),
    ),
    filterset=CaseFilters,
    sort="urgency",
    search_help=_("Name, domain or id"),
    row_url=lambda row: reverse("customers:case", args=[row.public_id]),
    bulk="customers/_bulk_verify.html",
    empty_title=_("Nothing waits for verification"),
    empty_text=_("A case appears here when an account manager proposes a category for an organization."),
)


def _import_kind(row: Any) -> Any:
    if row.kind == CLAIMED_MATCHES:
        return _("Proposed categories")
    if provided := kind_of(row.kind):
        return provided.name
    return REGISTERS[row.kind].name if row.kind in REGISTERS else _("Organizations")


_IMPORT_TONES = {"waiting": "quiet", "running": "info", "done": "good", "failed": "bad"}
_ROW_TONES = {"created": "good", "unchanged": "quiet", "refused": "bad"}

IMPORTS = ListSpec(
    name="imports",
    title=_("Imports"),
    columns=(
        Column("started", _("Started"), lambda row: row.started_at, sort=("started_at",)),
        Column("kind", _("Contents"), _import_kind),
        Column("file", _("File"), lambda row: row.file_name),
        Column(
            "state",
            _("State"),
            lambda row: badge(_IMPORT_TONES[row.state], row.get_state_display()),
            export=lambda row: row.get_state_display(),
        ),
        Column("dry", _("Dry run"), lambda row: _("yes") if row.is_dry_run else _("no")),
        Column("total", _("Rows"), lambda row: row.rows_total, numeric=True),
        Column("created", _("Taken in"), lambda row: row.rows_created, numeric=True),
        Column("unchanged", _("Unchanged"), lambda row: row.rows_unchanged, numeric=True),
        Column("refused", _("Refused"), lambda row: row.rows_refused, numeric=True),
        Column("by", _("By"), lambda row: row.started_by.name if row.started_by else _("Server"), default=False),
    ),
    filterset=ImportFilters,
    sort="-started",
    row_url=lambda row: reverse("customers:import_run", args=[row.public_id]),
    empty_title=_("No imports yet"),
    empty_text=_("An import appears here when you send a file."),
)

IMPORT_ROWS = ListSpec(
    name="import-rows",
    title=_("Rows"),
    columns=(
        Column("row", _("Row"), lambda row: row.row_number, sort=("row_number",), numeric=True),
        Column("key", _("Key"), lambda row: row.key),
        Column(
            "outcome",
            _("Outcome"),
            lambda row: badge(_ROW_TONES[row.outcome], row.get_outcome_display()),
            export=lambda row: row.get_outcome_display(),
        ),
        Column("message", _("Message"), lambda row: row.message),
    ),
    filterset=ImportRowFilters,
    sort="row",
    empty_title=_("No rows yet"),
    empty_text=_("Rows appear here as they are taken in."),
)

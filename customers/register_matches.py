"""Entries of public registers as evidence: found by name or domain, compared field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.countries import country_name
from customers.models import Organization, RegisterRow, RegisterSnapshot
from customers.queries import named

SHOWN = 10
# From here on two names count as the same when an entry and an organization are compared.
SAME_NAME_FROM = 900


@dataclass(frozen=True)
class Difference:
    """One field of an entry beside the organization's; `agrees` is None where one of them says nothing."""

    label: Any
    ours: str
    theirs: str
    agrees: bool | None


def current_snapshots() -> QuerySet[RegisterSnapshot]:
    """The newest snapshot of every register."""
    newer = RegisterSnapshot.objects.filter(register=OuterRef("register"), as_of_date__gt=OuterRef("as_of_date"))
    return RegisterSnapshot.objects.filter(~Exists(newer))


def find_rows(organization: Organization, domains: Sequence[str], query: str = "") -> list[RegisterRow]:
    """Entries of the current registers that may be the organization, the likeliest first; three queries at most.

    With a query, those whose names or domain it finds; without one, those that share a domain or have a
    similar name.
    """
    snapshots = list(current_snapshots().values_list("pk", flat=True))
    rows = RegisterRow.objects.filter(snapshot__in=snapshots).select_related("snapshot__register")
    found: dict[int, RegisterRow] = {}
    if names.query_words(query):
        by_words = rows.filter(named(query) | Q(domain=query.strip().lower()))
        found |= {row.pk: row for row in by_words.order_by("sort_name", "pk")[: SHOWN * 2]}
    else:
        text = names.search_text(organization.legal_name, *organization.aliases)
        own = [domain for domain in domains if not names.is_free_mail(domain)]
        if own:
            found |= {row.pk: row for row in rows.filter(domain__in=own).order_by("pk")[:SHOWN]}
        similar = rows.filter(search_text__trigram_similar=text)
        ranked = similar.annotate(similarity=TrigramSimilarity("search_text", text)).order_by("-similarity", "pk")
        found |= {row.pk: row for row in ranked[: SHOWN * 2]}
    mine = names.Identity(organization.legal_name, tuple(organization.aliases), organization.country, tuple(domains))
    return sorted(found.values(), key=lambda row: (not row.is_active, -_score(mine, row), row.pk))[:SHOWN]


def compare(organization: Organization, domains: Sequence[str], row: RegisterRow) -> list[Difference]:
    """The entry beside the organization, field by field."""
    best = max(names.name_likeness(name, row.name) for name in (organization.legal_name, *organization.aliases))
    return [
        Difference(_("Name"), organization.legal_name, row.name, best >= SAME_NAME_FROM),
        Difference(
            _("Country"),
            country_name(organization.country),
            country_name(row.country) if row.country else "",
            organization.country == row.country if row.country else None,
        ),
        Difference(
            _("Domain"),
            ", ".join(map(names.display_domain, domains)),
            names.display_domain(row.domain) if row.domain else "",
            row.domain in domains if row.domain and domains else None,
        ),
    ]


def reference_of(row: RegisterRow) -> str:
    """How forms and the API name an entry: register, day of the snapshot, key."""
    return f"{row.snapshot.register.code}/{row.snapshot.as_of_date.isoformat()}/{row.key}"


def row_of(reference: str) -> RegisterRow | None:
    """The entry that a reference names; None where there is none."""
    code, _slash, rest = reference.partition("/")
    day, _slash, key = rest.partition("/")
    try:
        as_of_date = date.fromisoformat(day)
    except ValueError:
        return None
    return (
        RegisterRow.objects.filter(snapshot__register__code=code, snapshot__as_of_date=as_of_date, key=key)
        .select_related("snapshot__register")
        .first()
    )


def _score(mine: names.Identity, row: RegisterRow) -> int:
    theirs = names.Identity(row.name, (), row.country, (row.domain,) if row.domain else ())
    return names.likeness(mine, theirs).score

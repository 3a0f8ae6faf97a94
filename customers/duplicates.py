"""Whether an organization may be registered already: by name, domain or external id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Q, QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext, gettext_lazy

from customers import names
from customers.access import sees_organization
from customers.countries import country_name
from customers.models import Organization
from customers.particulars import Particulars
from kit.reason import Reason
from users.access import Actor

# How many similar names the database proposes for the closer look, and how many are shown.
CANDIDATES = 25
SHOWN = 5


@dataclass(frozen=True)
class Duplicate:
    """An organization that looks like the one to be registered, and why.

    Where the actor may not see it, `organization` is None and only the portfolio is named: enough to
    ask, too little to look for other people's customers.
    """

    organization: Organization | None
    portfolio: str
    score: int
    reasons: tuple[Reason, ...]

    @property
    def label(self) -> str:
        """How it is called in front of the actor."""
        if self.organization is not None:
            return self.organization.legal_name
        return gettext("An organization of the portfolio %(portfolio)s") % {"portfolio": self.portfolio}

    @property
    def sentences(self) -> list[str]:
        """The reasons in the active language."""
        return [sentence(reason) for reason in self.reasons]


def possible_duplicates(
    actor: Actor, particulars: Particulars, *, besides: Organization | None = None
) -> list[Duplicate]:
    """At most five organizations that may be the same one, the likeliest first; four queries at most."""
    domains = [domain for domain in particulars.domains if not names.is_free_mail(domain)]
    keys = set(_similar_names(particulars))
    if domains:
        sharing = Organization.objects.filter(domains__domain__in=domains).order_by("pk").values_list("pk", flat=True)
        keys |= set(sharing[:CANDIDATES])
    if besides is not None:
        keys.discard(besides.pk)
    found = []
    candidates = Organization.objects.filter(pk__in=keys).select_related("portfolio").prefetch_related("domains")
    for other in candidates:
        theirs = tuple(row.domain for row in other.domains.all())
        look = names.likeness(
            particulars.identity, names.Identity(other.legal_name, tuple(other.aliases), other.country, theirs)
        )
        # A shared domain alone is worth a look: whoever registers knows whether it is a town's.
        if look.is_warning or set(domains) & set(theirs):
            found.append((look, other))
    found.sort(key=lambda pair: (-pair[0].score, pair[1].pk))
    return [
        Duplicate(other if sees_organization(actor, other) else None, other.portfolio.name, look.score, look.reasons)
        for look, other in found[:SHOWN]
    ]


def _similar_names(particulars: Particulars) -> QuerySet[Organization, int]:
    """The keys of those whose name has much the same letter groups, or that are found by all words of one of the names
    (their other names count there, too)."""
    own = [names.name_key(name) for name in (particulars.legal_name, *particulars.aliases)]
    alike, similarity = Q(), []
    for key in filter(None, own):
        # Letter groups are there for those that were compared; see the model.
        alike |= Q(name_key__trigram_similar=key, compared_at__isnull=False) | Q(name_key=key)
        alike |= Q(search_text__found=names.tsquery(key))
        similarity.append(TrigramSimilarity("name_key", key))
    best = Greatest(*similarity) if len(similarity) > 1 else similarity[0]
    rows = Organization.objects.filter(alike).annotate(similarity=best).order_by("-similarity", "pk")
    return rows.values_list("pk", flat=True)[:CANDIDATES]


def holders_of(external_ids: Sequence[tuple[str, str]], *, besides: Organization | None = None) -> list[Any]:
    """The organizations that have one of these external ids already: rows of (kind, value, organization)."""
    if not external_ids:
        return []
    wanted = Q()
    for kind, value in external_ids:
        wanted |= Q(external_ids__kind=kind, external_ids__value__iexact=value)
    rows = Organization.objects.filter(wanted)
    if besides is not None:
        rows = rows.exclude(pk=besides.pk)
    holders = {row.pk: row for row in rows.select_related("portfolio").prefetch_related("external_ids").distinct()}
    keys = {(kind, value.upper()) for kind, value in external_ids}
    return [
        (held.kind, held.value, organization)
        for organization in holders.values()
        for held in organization.external_ids.all()
        if (held.kind, held.value.upper()) in keys
    ]


_SENTENCES = {
    "same_name": gettext_lazy("The names agree."),
    "similar_name": gettext_lazy("The names are similar (%(percent)s %%)."),
    "shared_domain": gettext_lazy("Both have the domain %(domain)s."),
    "other_country": gettext_lazy("The countries differ: %(one)s and %(other)s."),
}


def sentence(reason: Reason) -> str:
    """A reason of a likeness in the active language."""
    values = dict(reason.params)
    if reason.code == "similar_name":
        values = {"percent": values["permille"] // 10}
    elif reason.code == "other_country":
        one, other = values["countries"]
        values = {"one": country_name(one), "other": country_name(other)}
    elif reason.code == "shared_domain":
        values = {"domain": names.display_domain(values["domain"])}
    message = str(_SENTENCES[reason.code])
    return message % values if values else message

"""Proposals as people read them: categories with their names, confidence in percent, reasons in sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.matching.categories import UNCLAIMED
from customers.matching.proposing import Proposal
from customers.models import CLAIM_STANDING, Organization, SectorCategory
from kit.reason import Reason

FAMILIES: dict[str, Any] = {
    "first_responder": _("first responders"),
    "health": _("health"),
    "government": _("government"),
    "education": _("education"),
    "commercial": _("business"),
    "research_nonprofit": _("research and associations"),
}

_SENTENCES: dict[str, Any] = {
    "name_says": _("“%(words)s” in the name speaks for %(family)s."),
    "domain_says": _("The domain %(domain)s speaks for %(family)s."),
    "learned": _("Compared with %(entries)s known entries, name and domain fit by %(percent)s %%."),
    "nothing_says": _("Neither the name nor a domain says what it is."),
    "domain_set_aside": _("%(domain)s proves nothing: anybody may have an address there."),
    "service_not_named": _("Nothing names the service itself."),
    "campus_police": _("Campus police bear the name of their college, and no domain tells them apart."),
    "tribal_police": _("Tribal police bear the name of their tribe, and no domain tells them apart."),
    "name_hints": _("“%(words)s” in the name hints at critical infrastructure; its size and service decide."),
    "entry_agrees": _("Stands in “%(register)s” as %(name)s%(kind)s."),
    "entry_has_domain": _("“%(register)s” has the domain under %(name)s%(kind)s, which may be another body."),
    "entry_unclear": _("Stands in “%(register)s” as %(name)s%(kind)s, which alone does not tell what it is."),
}

NO_CATEGORY = _("No category to claim")


@dataclass(frozen=True)
class ShownProposal:
    """A proposal as a page shows it. `href` opens the claim, filled in; empty where there is nothing to claim."""

    category: str
    family: Any
    percent_text: str
    is_offered: bool
    sentences: Sequence[str]
    is_claimed: bool
    href: str


def shown_proposals(
    organization: Organization, proposals: Iterable[Proposal], *, may_propose: bool
) -> list[ShownProposal]:
    """The proposals for a page; two queries."""
    names = {category.code: str(category) for category in SectorCategory.objects.all()}
    claimed = set(organization.claims.filter(state__in=CLAIM_STANDING).values_list("category__code", flat=True))
    return [
        ShownProposal(
            category=names.get(one.category, str(NO_CATEGORY)),
            family=FAMILIES[one.family],
            percent_text=gettext("%(percent)s %%") % {"percent": one.confidence // 10},
            is_offered=one.is_offered,
            sentences=[sentence(reason) for reason in one.reasons],
            is_claimed=one.category in claimed,
            href=_claim_address(organization, one)
            if may_propose and one.category in names and one.category not in claimed
            else "",
        )
        for one in proposals
        if one.category in names or one.category in UNCLAIMED
    ]


def sentence(reason: Reason) -> str:
    """A reason in the active language."""
    values = dict(reason.params)
    if "family" in values:
        values["family"] = FAMILIES[values["family"]]
    if reason.code == "learned":
        values = {
            "percent": values["permille"] // 10,
            "entries": number_format(values["entries"], force_grouping=True),
        }
    if "kind" in values:
        values["kind"] = f" ({values['kind']})" if values["kind"] else ""
    message = str(_SENTENCES[reason.code])
    return message % values if values else message


def _claim_address(organization: Organization, proposal: Proposal) -> str:
    chosen = {"category": proposal.category}
    if proposal.entries:
        chosen["register_row"] = proposal.entries[0]
    return f"{reverse('customers:propose', args=[organization.public_id])}?{urlencode(chosen)}"

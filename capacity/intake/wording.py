"""What the diagnosis says in codes, as sentences in the active language.

Every sentence is made from pinned values alone, the names included, so that a page, a letter and the API say the same,
and say it again years later.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from capacity.staffing.wording import cause_texts
from kit.reason import Reason
from priorities.wording import offer_label, percent

BLOCK_LABELS: dict[str, Promise] = {
    "access": _("Access"),
    "offer": _("Offer"),
    "quota": _("Quota"),
    "capacity": _("Capacity"),
    "staffing": _("Crews"),
    "order": _("The order"),
    "override": _("An override"),
    "workload": _("Workload not confirmed"),
}

_FINDINGS: dict[str, Promise] = {
    "unconfirmed": _(
        "Nobody has confirmed yet what the capacity is for, and nothing is granted on an unconfirmed use."
    ),
    "held": _("An override holds this request back."),
    "capped": _("An override limits the grant to %(percent)s of what is asked."),
    "provisional_cap": _(
        "The category is only provisional, so the policy caps what it gets in %(place)s at %(percent)s of the pool "
        "(%(most)s); %(limit)s of that are left."
    ),
    "residency": _("The data must stay in %(asked)s; %(place)s lies in %(geography)s."),
    "offer_paused": _("New capacity for this kind of offer (%(offer)s) is paused in %(place)s."),
    "campaign_over": _("The offer campaign it was filed under is not live any more; nothing more is granted under it."),
    "campaign_cap": _("The offer campaign has room for %(limit)s more in %(place)s."),
    "offer_limited": _("This kind of offer (%(offer)s) gets at most %(limit)s in %(place)s for now."),
    "no_dated_promise": _(
        "A crew in %(place)s is below minimum, now or by its roster: nothing is promised there for a date."
    ),
    "undated_only": _("A crew in %(place)s is below minimum, now or by its roster: a grant there carries no date."),
    "undated_at_warning": _(
        "A crew in %(place)s is at its minimum or has not reported: a grant to tiers 4 and 5 there carries no date."
    ),
    "below_minimum": _("%(quantity)s is less than the %(minimum)s that are useful."),
    "more_than_asked": _("%(quantity)s is more than the %(asked)s that were asked for."),
    "only_part_left": _("Only %(left)s are left; %(quantity)s are asked for."),
    "below_minimum_left": _("Only %(left)s are left; %(minimum)s is the minimum."),
    "waits_ahead": _(
        "%(request)s (tier %(tier)s) comes first in %(place)s and could not be served any more: it needs at least "
        "%(needs)s, and %(left)s are left."
    ),
    "kept_ahead": _("%(kept)s of it are kept for requests that come first by the published order."),
    "large_grant": _("The grant is larger than %(percent)s of the pool (%(quantity)s of %(supply)s)."),
    "beyond_mark": _("Tier 1 holds more than %(percent)s of the pool after it (%(tier1)s of %(supply)s)."),
    "quota_none": _("No quota is set."),
    "clear": _("Nothing stands in the way."),
}

# Said to customers, whose letters name no other request.
_TO_CUSTOMERS: dict[str, Promise] = {
    "provisional_cap": _(
        "While the category is only provisional, at most %(percent)s of what there is in %(place)s can be granted "
        "on it."
    ),
    "waits_ahead": _("Requests that come first by the published order need what is left in %(place)s."),
    "offer_paused": _("New capacity for this kind of offer (%(offer)s) is paused in %(place)s for now."),
    "campaign_cap": _("What the offer campaign may take in %(place)s does not suffice for all of it."),
    # How crews stand is never told outside.
    "no_dated_promise": _("Nothing is promised in %(place)s for a date for now."),
    "undated_only": _("A grant in %(place)s carries no date for now."),
    "undated_at_warning": _("A grant in %(place)s carries no date for now."),
}
# Said to colleagues who may not see how much is left.
_WITHOUT_FIGURES: dict[str, Promise] = {
    **_TO_CUSTOMERS,
    "only_part_left": _("Only a part of it is left now."),
    "below_minimum_left": _("Less than the minimum is left now."),
    "kept_ahead": _("Requests that come first by the published order need a part of what is left."),
}

_WAYS: dict[str, Promise] = {
    "accepted_region": _("%(place)s has room for all of it: %(quantities)s."),
    "smaller": _("A smaller quantity is possible now in %(place)s: %(quantities)s."),
    "other_region": _("%(place)s, which was not asked for, has room for all of it: %(quantities)s."),
    "other_region_smaller": _("%(place)s, which was not asked for, has room for a part: %(quantities)s."),
    "lower_minimum": _("With a lower minimum, %(quantities)s would be possible now in %(place)s."),
}

# Parameters that are quantities of the line's resource.
_QUANTITIES = ("left", "minimum", "quantity", "asked", "needs", "limit", "most", "supply", "tier1", "kept")


class Reader(StrEnum):
    """Who reads a finding: who may see figures of pools, a colleague who may not, or the customer."""

    STAFF = "staff"
    COLLEAGUE = "colleague"
    CUSTOMER = "customer"


class Names:
    """The names that sentences need, as a decision pins them."""

    def __init__(self, pinned: Mapping[str, Any]) -> None:
        self._regions = pinned.get("regions", {})
        self._resources = pinned.get("resources", {})

    def region(self, code: str) -> str:
        """The region's name; its code where no name was pinned."""
        return str(self._regions.get(code, {}).get("name", code))

    def unit(self, resource: str) -> str:
        """The resource's unit; its code where none was pinned."""
        return str(self._resources.get(resource, {}).get("unit", resource))

    def resource(self, code: str) -> str:
        """The resource's name in the active language."""
        names = self._resources.get(code, {})
        return str(names.get("en" if get_language() == "en" else "de", code))

    def quantity(self, units: int, resource: str) -> str:
        """A quantity with its unit, such as "1,600 GiB"."""
        return f"{number_format(units, force_grouping=True)}\N{NO-BREAK SPACE}{self.unit(resource)}"

    def bundle(self, resources: Sequence[str], quantities: Sequence[int]) -> str:
        """All lines of a grant in one phrase."""
        parts = [self.quantity(units, code) for code, units in zip(resources, quantities, strict=True)]
        return gettext(", ").join(parts)


def block_label(block: str) -> str:
    """The name of a block or rule; empty for none."""
    return str(BLOCK_LABELS.get(block, block))


def finding_text(reason: Reason, names: Names, reader: Reader = Reader.STAFF) -> str:
    """One finding as a sentence for its reader. Raises LookupError for a code the diagnosis does not give."""
    params = dict(reason.params)
    resource = params.get("resource", "")
    for name in _QUANTITIES:
        if name in params:
            params[name] = names.quantity(params[name], resource) if resource else params[name]
    if "place" in params:
        params["place"] = names.region(params["place"])
    if "offer" in params:
        params["offer"] = offer_label(params["offer"])
    if "permille" in params:
        params["percent"] = percent(params["permille"])
    causes = cause_texts(Reason.from_dict(one) for one in params.pop("crews", ())) if reader is Reader.STAFF else ()
    sentences = {Reader.STAFF: {}, Reader.COLLEAGUE: _WITHOUT_FIGURES, Reader.CUSTOMER: _TO_CUSTOMERS}[reader]
    said = str(sentences.get(reason.code) or _FINDINGS[reason.code]) % params
    until = (_until(params),) if "until" in params else ()
    return " ".join([said, *until, *causes])


def _until(params: Mapping[str, Any]) -> str:
    """Until when a lever restricts, and whom it spares: the same for every reader."""
    day = {"day": date_format(date.fromisoformat(params["until"]))}
    if params["is_end"]:
        until = gettext("It is planned to end on %(day)s.") % day
    else:
        until = gettext("It is looked at again on %(day)s.") % day
    if params["new_only"]:
        return until + " " + gettext("Tiers 1 and 2 and existing customers are spared.")
    return until + " " + gettext("Tiers 1 and 2 and what is paid for are spared.")


def way_out_text(way: Mapping[str, Any], resources: Sequence[str], names: Names) -> str:
    """One way out (as it was pinned) as a sentence. Raises LookupError for an unknown code."""
    text = str(_WAYS[way["code"]]) % {
        "place": names.region(way["place"]),
        "quantities": names.bundle(resources, way["quantities"]),
    }
    if way["params"].get("undated"):
        text += " " + gettext("It would carry no date.")
    return text


def supply_needed_text(change: Mapping[str, Any], names: Names) -> str:
    """What more in the pools would have let it be granted, as a sentence."""
    units = change["units"]
    needed = gettext(", ").join(names.quantity(count, resource) for resource, count in units.items())
    values = {"needed": needed, "place": names.region(change["place"])}
    if len(units) == 1:
        return gettext("Exactly %(needed)s more in %(place)s would have let it be granted.") % values
    return gettext("One sufficient change: %(needed)s more in %(place)s.") % values

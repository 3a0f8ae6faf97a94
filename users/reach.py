"""How far a role reaches: the regions and portfolios that an appointment may name.

Regions are known above; the wiring hands in where their codes come from, so that forms can offer
them and a code that does not exist is refused.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from kit.refusal import Invalid
from users.models import Portfolio
from users.roles import PORTFOLIO_SCOPED, REGION_SCOPED, Role

Regions = Callable[[], Sequence[tuple[str, Any]]]
_regions: Regions | None = None


class CannotAppoint(Invalid):
    """A role, region or portfolio that does not exist, or that do not go together."""

    code = "cannot_appoint"


def provide_regions(regions: Regions) -> None:
    """Called by the wiring with a function that gives every region's code and name."""
    global _regions
    _regions = regions


def region_choices() -> list[tuple[str, Any]]:
    """Every region as (code, name)."""
    return list(_regions()) if _regions is not None else []


def check_reach(roles: Iterable[str], regions: Sequence[str], portfolios: Sequence[Portfolio]) -> None:
    """Raise `CannotAppoint` where a role does not exist or cannot have such a reach."""
    roles = list(roles)
    fields: dict[str, list[Any]] = {}
    if not roles or not set(roles) <= set(Role.values):
        fields["roles"] = [_("Choose a role.")]
    if regions and not set(roles) & {str(role) for role in REGION_SCOPED}:
        fields["regions"] = [_("None of these roles is limited to regions.")]
    if portfolios and not set(roles) & {str(role) for role in PORTFOLIO_SCOPED}:
        fields["portfolios"] = [_("None of these roles is limited to portfolios.")]
    if regions and (unknown := set(regions) - {code for code, _name in region_choices()}):
        fields["regions"] = [_("There is no region %(codes)s.") % {"codes": ", ".join(sorted(unknown))}]
    if fields:
        raise CannotAppoint(fields)


def regions_for(role: str, regions: Iterable[str]) -> list[str]:
    """The regions as this role holds them: sorted, none where the role is whole."""
    return sorted(set(regions)) if Role(role) in REGION_SCOPED else []


def portfolios_for(role: str, portfolios: Iterable[Portfolio]) -> list[Portfolio]:
    """The portfolios as this role holds them."""
    return list(portfolios) if Role(role) in PORTFOLIO_SCOPED else []

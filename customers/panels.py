"""What others show on an organization's page: this app asks, those above answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from customers.models import Organization
from users.access import Actor


@dataclass(frozen=True)
class OrganizationPanel:
    """A template and what it needs. Its statements count against the page's twelve; two are free."""

    template: str
    context: Mapping[str, Any]


Provider = Callable[[Actor, Organization], OrganizationPanel | None]
_providers: list[Provider] = []


def provide_organization_panel(provider: Provider) -> None:
    """Let `provider` answer for every organization's page; None shows nothing. `config` calls this once."""
    _providers.append(provider)


def organization_panels(actor: Actor, organization: Organization) -> list[OrganizationPanel]:
    """The panels of others for this organization, as this actor may see them."""
    return [panel for provider in _providers if (panel := provider(actor, organization)) is not None]

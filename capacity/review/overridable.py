"""What an override may be proposed of, by whom: a request that waits, or an organization's use in a region."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Region
from capacity.requests.access import may_see_requests, visible_requests
from capacity.requests.models import PENDING_STATES, CapacityRequest
from customers.access import visible_organizations
from customers.models import Organization
from kit.refusal import Conflict, Invalid, NotAllowed, NotFound, require
from priorities.access import may_propose_override
from priorities.actions.propose_override import About
from priorities.models import WorkloadClass
from users.access import Actor


class NothingToOverride(Conflict):
    """The request was decided; its rank does not matter any more."""

    code = "nothing_to_override"
    message = _("%(request)s does not wait for a decision any more, so there is no rank to override.")


class OwnRequestStays(NotAllowed):
    """Separation of duties: who filed a request does not bend the order for it."""

    code = "own_request_is_not_overridden"
    message = _("You filed %(request)s yourself; another person proposes an override of it.")


class NoSuchUse(Invalid):
    """The use or the region is none that there is."""

    code = "no_such_use"
    message = _("Choose a use and a region that there are.")


def request_to_override(actor: Actor, public_id: UUID) -> CapacityRequest:
    """The request, if this person may propose an override of it.

    Raises `NotFound`, `NotAllowed`, `NothingToOverride` and `OwnRequestStays`.
    """
    require(may_see_requests(actor))
    found = (
        visible_requests(actor)
        .select_related("organization", "claimed_workload", "confirmed_workload")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    if found.state not in PENDING_STATES:
        raise NothingToOverride(request=found.label)
    require(may_propose_override(actor))
    if found.filed_by_id == actor.user_id:
        raise OwnRequestStays(request=found.label)
    return found


def organization_to_override(actor: Actor, public_id: UUID) -> Organization:
    """The organization, if this person may propose overrides of its uses. Raises `NotFound` and `NotAllowed`."""
    require(may_propose_override(actor))
    found = visible_organizations(actor).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def about_request(request: CapacityRequest) -> About:
    """The request as an override names it."""
    return About(request.public_id, request.label)


def about_use(organization: Organization, workload: str, region: str) -> About:
    """The organization's use (code) in a region (code) as an override names it. Raises `NoSuchUse`."""
    use = WorkloadClass.objects.filter(code=workload).first()
    place = Region.objects.filter(code=region).first()
    if use is None or place is None:
        raise NoSuchUse({"workload" if use is None else "region": [NoSuchUse.message]})
    label = f"{organization.legal_name[:90]} · {use.name[:50]} · {place.name[:50]}"
    return About(organization.public_id, label, workload, region)

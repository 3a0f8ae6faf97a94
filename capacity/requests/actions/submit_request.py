"""File a request for new capacity, or keep it as a draft until it is complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.pools.models import Resource
from capacity.regions.models import Region
from capacity.requests.access import may_file_request
from capacity.requests.campaigns import problems_with
from capacity.requests.models import CapacityRequest, RequestLine, RequestMove, RequestRegion, RequestState
from capacity.requests.moves import change, locked, move, note
from capacity.requests.ranking import Cause, rank_request
from customers.access import visible_organizations
from kit.forms import MAX_QUANTITY
from kit.refusal import Conflict, Invalid, NotFound, require
from priorities.models import WorkloadClass
from users.access import Actor

MOST_LINES = 8
MOST_REGIONS = 20
# Nobody plans further ahead; a date beyond it is a slip of the pen.
LATEST_AHEAD = timedelta(days=3 * 366)
MOST_TEXT = 4_000


class CannotFile(Invalid):
    """Something about the request does not do; each field says what."""

    code = "cannot_file"
    message = _("The request cannot be filed like this.")


class NotADraft(Conflict):
    """What was filed is what is decided; a change is a new request."""

    code = "not_a_draft"
    message = _("%(request)s was filed already and cannot be changed.")
    remedy = _("Withdraw it and file a new one.")


@dataclass(frozen=True)
class AskedLine:
    """A resource by code, how much of it, and the least that is useful (None: all of it)."""

    resource: str
    quantity: int
    minimum: int | None = None


@dataclass(frozen=True)
class _Known:
    workload: WorkloadClass
    resources: dict[str, Resource]
    regions: dict[str, Region]


def submit_request(
    *,
    actor: Actor,
    organization_id: UUID,
    workload: str,
    lines: Sequence[AskedLine],
    regions: Sequence[str],
    needed_by_date: date,
    at: datetime,
    residency_geography: str = "",
    justification: str = "",
    campaign_id: UUID | None = None,
    draft_id: UUID | None = None,
    row_version: int | None = None,
    complete: bool = True,
) -> CapacityRequest:
    """File a request, ranked in the same transaction; or keep it as a draft with `complete=False`.

    `workload` and each line's resource are codes, `regions` the codes of acceptable regions in the order of the
    wish. With `campaign_id` it is filed under an offer campaign and counts against its caps. With `draft_id` the draft
    takes on these values first. Raises `CannotFile` with messages for the fields `workload`, `lines`, `regions`,
    `needed_by_date`, `residency_geography`, `justification`, `campaign`.
    """
    with transaction.atomic():
        organization = visible_organizations(actor).filter(public_id=organization_id).first()
        if organization is None:
            raise NotFound()
        require(may_file_request(actor, organization))
        known = _check(workload, lines, regions, needed_by_date, residency_geography, justification, at)
        campaign = None
        if campaign_id is not None:
            resources = [line.resource for line in lines]
            campaign, problems = problems_with(campaign_id, organization, regions, resources, at)
            if problems:
                raise CannotFile({"campaign": problems})
        values = {
            "claimed_workload": known.workload,
            "needed_by_date": needed_by_date,
            "residency_geography": residency_geography,
            "justification": justification.strip(),
            "campaign": campaign,
        }
        if draft_id is None:
            request = CapacityRequest.objects.create(
                organization=organization, filed_by_id=actor.user_id, filed_at=at, order_at=at, **values
            )
            request.refresh_from_db(fields=["number"])
            RequestMove.objects.create(request=request, new_state=RequestState.DRAFT, by_id=actor.user_id, at=at)
        else:
            request = _draft(draft_id, row_version)
            if request.organization_id != organization.pk:
                raise CannotFile({"organization": [_("A draft stays with its organization.")]})
            change(request, **values)
            request.lines.all().delete()
            request.acceptable.all().delete()
        RequestLine.objects.bulk_create(
            RequestLine(
                request=request,
                resource=known.resources[line.resource],
                quantity=line.quantity,
                minimum=line.minimum if line.minimum is not None else line.quantity,
            )
            for line in lines
        )
        RequestRegion.objects.bulk_create(
            RequestRegion(request=request, region=known.regions[code], wish=wish)
            for wish, code in enumerate(regions, start=1)
        )
        if complete:
            move(request, RequestState.QUEUED, actor=actor, at=at, filed_at=at, completed_at=at)
            rank_request(request, cause=Cause.FILED, actor=actor, at=at)
        note(
            request,
            "request.filed" if complete else "request.drafted",
            actor=actor,
            after={
                "organization": str(organization.public_id),
                "workload": workload,
                "lines": [
                    {"resource": line.resource, "quantity": line.quantity, "minimum": line.minimum} for line in lines
                ],
                "regions": list(regions),
                "needed_by_date": needed_by_date.isoformat(),
                "tier": request.claimed_tier if complete else None,
                **({"campaign": str(campaign.public_id)} if campaign else {}),
            },
            at=at,
        )
        return request


def _draft(draft_id: UUID, row_version: int | None) -> CapacityRequest:
    request = locked(draft_id, row_version=row_version)
    if request.state != RequestState.DRAFT:
        raise NotADraft(request=request.label)
    return request


def _check(
    workload: str,
    lines: Sequence[AskedLine],
    regions: Sequence[str],
    needed_by_date: date,
    geography: str,
    justification: str,
    at: datetime,
) -> _Known:
    fields: dict[str, list[Any]] = {}
    known_workload = WorkloadClass.objects.filter(code=workload).first()
    if known_workload is None:
        fields["workload"] = [_("Choose what the capacity is for.")]
    resources = {one.code: one for one in Resource.objects.filter(code__in=[line.resource for line in lines])}
    if problems := _line_problems(lines, resources):
        fields["lines"] = problems
    known_regions = {one.code: one for one in Region.objects.filter(code__in=list(regions))}
    if problems := _region_problems(regions, known_regions, geography):
        fields["regions"] = problems
    if geography and not Region.objects.filter(geography=geography).exists():
        fields["residency_geography"] = [_("No region lies in “%(geography)s”.") % {"geography": geography[:60]}]
    if needed_by_date < at.date():
        fields["needed_by_date"] = [_("This day is past.")]
    elif needed_by_date > at.date() + LATEST_AHEAD:
        fields["needed_by_date"] = [_("Choose a day within the next three years.")]
    if len(justification) > MOST_TEXT:
        fields["justification"] = [_("At most %(most)s characters.") % {"most": MOST_TEXT}]
    if fields or known_workload is None:
        raise CannotFile(fields)
    return _Known(known_workload, resources, known_regions)


def _line_problems(lines: Sequence[AskedLine], resources: dict[str, Resource]) -> list[Any]:
    if not 1 <= len(lines) <= MOST_LINES:
        return [_("A request has 1 to %(most)s lines.") % {"most": MOST_LINES}]
    problems: list[Any] = []
    if len({line.resource for line in lines}) != len(lines):
        problems.append(_("Each resource stands in one line only."))
    for line in lines:
        if line.resource not in resources:
            problems.append(_("There is no resource “%(code)s”.") % {"code": line.resource[:20]})
        elif not 1 <= line.quantity <= MAX_QUANTITY:
            problems.append(_("The quantity is a positive whole number."))
        elif line.minimum is not None and not 1 <= line.minimum <= line.quantity:
            problems.append(_("The least that is useful is positive and at most the quantity."))
    return problems


def _region_problems(regions: Sequence[str], known: dict[str, Region], geography: str) -> list[Any]:
    if not 1 <= len(regions) <= MOST_REGIONS:
        return [_("Choose 1 to %(most)s regions.") % {"most": MOST_REGIONS}]
    if len(set(regions)) != len(regions):
        return [_("Each region stands in the list only once.")]
    problems: list[Any] = [
        _("There is no region “%(code)s”.") % {"code": code[:40]} for code in regions if code not in known
    ]
    if geography:
        # A region where the data may not be would never be granted: better said now.
        problems += [
            _("%(region)s does not lie in %(geography)s.") % {"region": known[code].name, "geography": geography}
            for code in regions
            if code in known and known[code].geography != geography
        ]
    return problems

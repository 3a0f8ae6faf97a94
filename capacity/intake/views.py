"""Writing a request, checking it while it is written, and where it stands once it is filed."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from capacity.intake.circumstances import Circumstances, look_at, with_asked
from capacity.intake.forms import RequestForm, initial_of, offered_in
from capacity.intake.standing import Standing, standing_of
from capacity.levers.campaign_models import OfferCampaign
from capacity.regions.models import Region
from capacity.requests.access import may_file_request, may_see_requests, visible_requests
from capacity.requests.actions.submit_request import NotADraft, submit_request
from capacity.requests.campaigns import is_live, live_campaigns
from capacity.requests.models import PENDING_STATES, CapacityRequest, RequestState
from capacity.requests.ranking import by_region, rank_now, stored_rank, with_use_overrides
from customers.access import visible_organizations
from customers.models import Organization
from customers.queries import search_organizations
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash, warn
from kit.refusal import NotFound, require
from users.http import ActorRequest
from users.roles import Role

MOST_FOUND = 20
MAX_QUERY = 200


def new(request: ActorRequest) -> HttpResponse:
    """GET and POST /requests/new/: first for whom (`organization`, found by `q`), then the form."""
    require(request.actor.needs(Role.ACCOUNT_MANAGER))
    organization = _organization(request, request.GET.get("organization", ""))
    if organization is None:
        return _choose(request)
    require(may_file_request(request.actor, organization))
    campaign = _campaign(request.GET.get("campaign", ""))
    initial = {"campaign": campaign.public_id} if campaign else {}
    form = RequestForm(request.POST if request.method == "POST" else None, initial=initial)
    return _write(request, organization, form, draft=None, campaign=campaign)


def draft(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /requests/<id>/draft/: go on with a draft."""
    found = _visible(request, public_id)
    require(may_file_request(request.actor, found.organization))
    if found.state != RequestState.DRAFT:
        raise NotADraft(request=found.label)
    initial = initial_of(found)
    campaign = found.campaign
    if campaign is not None and not is_live(campaign, now().date()):
        initial["campaign"] = campaign = None
        if request.method == "GET":
            text = _("The offer campaign of this draft is not live any more; the request goes on without it.")
            warn(request, text)
    form = RequestForm(request.POST if request.method == "POST" else None, initial=initial)
    return _write(request, found.organization, form, draft=found, campaign=campaign)


@require_GET
def check(request: ActorRequest) -> HttpResponse:
    """GET /requests/check/: what stands between the request as it is written and capacity; a part of the form."""
    require(request.actor.needs(Role.ACCOUNT_MANAGER))
    organization = _organization(request, request.GET.get("organization", ""))
    if organization is None:
        raise NotFound()
    at = now()
    seen = look_at(Region.objects.all(), at=at)
    form = RequestForm(request.GET, choices=offered_in(seen))
    standing = _as_written(request, organization, form, seen) if form.is_valid() else None
    return render(request, "intake/_standing.html", {"standing": standing, "is_written": False})


@require_GET
def standing(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /requests/<id>/standing/: where a filed request stands; a page, or the part of one."""
    found = _visible(request, public_id)
    at = now()
    ranked = stored_rank(found)
    shown = None
    if ranked is not None and found.state in PENDING_STATES:
        row: Any = found
        wishes = {region["code"]: region["wish"] for region in row.accepted}
        seen = look_at(Region.objects.filter(code__in=wishes), at=at)
        ranked = by_region(ranked)
        shown = standing_of(ranked, row.asked, wishes, seen, reader=request.actor)
    htmx: Any = getattr(request, "htmx", None)
    template = "intake/_standing.html" if htmx else "intake/standing.html"
    context = {"request_row": found, "standing": shown, "is_written": True, "as_of": at}
    return render(request, template, context)


def _write(
    request: ActorRequest,
    organization: Organization,
    form: RequestForm,
    *,
    draft: CapacityRequest | None,
    campaign: OfferCampaign | None,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        complete = "draft" not in request.POST
        done = perform(
            request,
            lambda: submit_request(
                actor=request.actor,
                organization_id=organization.public_id,
                draft_id=draft.public_id if draft else None,
                row_version=form.cleaned_data["row_version"] if draft else None,
                complete=complete,
                at=now(),
                **form.asked(),
            ),
            form,
        )
        if done:
            if complete:
                flash(request, _("Filed. This is where it stands."))
                return redirect("intake:standing", done.subject)
            flash(request, _("Kept as a draft."))
            return redirect("requests:request", done.subject)
    context = {"organization": organization, "draft": draft, "campaign": campaign}
    return form_page(request, "intake/new.html", form, context)


def _choose(request: ActorRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:MAX_QUERY].strip()
    own = visible_organizations(request.actor)
    found = list(search_organizations(own, query).order_by("sort_name", "pk")[: MOST_FOUND + 1])
    campaign = _campaign(request.GET.get("campaign", ""))
    context = {
        "query": query,
        "organizations": found[:MOST_FOUND],
        "is_more": len(found) > MOST_FOUND,
        "campaign": campaign,
    }
    return render(request, "intake/choose.html", context)


def _organization(request: ActorRequest, text: str) -> Organization | None:
    """The organization the address names; None where it names none. Raises `NotFound`."""
    if not text:
        return None
    try:
        found = visible_organizations(request.actor).filter(public_id=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found


def _campaign(text: str) -> OfferCampaign | None:
    """The live campaign that the address names; None where it names none."""
    try:
        return live_campaigns(now().date()).filter(public_id=UUID(text)).first() if text else None
    except ValueError:
        return None


def _visible(request: ActorRequest, public_id: UUID) -> CapacityRequest:
    require(may_see_requests(request.actor))
    found = (
        with_use_overrides(with_asked(visible_requests(request.actor)), at=now())
        .select_related("organization", "claimed_workload", "confirmed_workload", "ranking__policy_version")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _as_written(request: HttpRequest, organization: Organization, form: RequestForm, seen: Circumstances) -> Standing:
    asked = form.asked()
    written = CapacityRequest(
        organization=organization,
        claimed_workload=form.workloads[asked["workload"]],
        residency_geography=asked["residency_geography"],
        campaign=_campaign(str(asked["campaign_id"] or "")),
        filed_at=seen.at,
        completed_at=seen.at,
        number=2**62,  # it would be the last to come
    )
    (ranked,) = rank_now([written], at=seen.at)
    lines = [
        {
            "resource": line.resource,
            "quantity": line.quantity,
            "minimum": min(line.minimum or line.quantity, line.quantity),
        }
        for line in {line.resource: line for line in asked["lines"]}.values()
    ]
    wishes = {code: wish for wish, code in enumerate(dict.fromkeys(asked["regions"]), start=1)}
    return standing_of(ranked, lines, wishes, seen, reader=request.actor)  # type: ignore[attr-defined]

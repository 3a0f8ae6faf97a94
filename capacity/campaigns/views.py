"""Offer campaigns: the list, planning one, putting it live, its use against its caps, closing it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from capacity.campaigns.access import (
    may_close_campaign,
    may_plan_campaign,
    may_publish_campaign,
    may_see_campaigns,
    sees_caps,
    visible_campaigns,
    visible_caps,
)
from capacity.campaigns.actions.close_campaign import close_campaign
from capacity.campaigns.actions.plan_campaign import plan_campaign
from capacity.campaigns.actions.publish_campaign import publish_campaign
from capacity.campaigns.forms import CampaignForm, CloseForm, PublishForm
from capacity.campaigns.lists import CAMPAIGNS, CAMPAIGNS_WITH_USE, audience, state_badge
from capacity.campaigns.queries import cap_picture, caps_of, notice_of, notices_to_choose, requests_by_state, with_use
from capacity.levers.campaign_models import CampaignState, OfferCampaign
from journal.queries import timeline_of
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.forms import Form
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.access import NeedsFreshSignIn
from users.http import ActorRequest
from users.roles import Role


def campaigns(request: ActorRequest) -> HttpResponseBase:
    """GET /campaigns/"""
    require(may_see_campaigns(request.actor))
    rows = visible_campaigns(request.actor).select_related("planned_by")
    context = {"may_plan": may_plan_campaign(request.actor) is None}
    if sees_caps(request.actor):
        rows = with_use(rows, visible_caps(request.actor))
        return list_page(request, CAMPAIGNS_WITH_USE, rows, template="campaigns/list.html", context=context)
    return list_page(request, CAMPAIGNS, rows, template="campaigns/list.html", context=context)


def plan(request: ActorRequest) -> HttpResponse:
    """GET and POST /campaigns/new/"""
    require(may_plan_campaign(request.actor))
    form = form_of(request, CampaignForm)
    if form.is_valid():
        done = perform(request, lambda: plan_campaign(actor=request.actor, at=now(), **form.asked()), form)
        if done:
            flash(request, _("The campaign is planned. Another person puts it live."))
            return redirect("campaigns:campaign", done.subject)
    return form_page(request, "campaigns/new.html", form)


def campaign(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /campaigns/<id>/"""
    return _page(request, _visible(request, public_id), Form())


@require_POST
def publish(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /campaigns/<id>/publish/"""
    found = _visible(request, public_id)
    form = form_of(request, PublishForm, notices=notices_to_choose())
    if form.is_valid() and perform(
        request,
        lambda: publish_campaign(actor=request.actor, campaign_id=found.public_id, notice_id=form.notice_id, at=now()),
        form,
    ):
        flash(request, _("The campaign is live."))
        return redirect("campaigns:campaign", found.public_id)
    return _page(request, found, form)


@require_POST
def close(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /campaigns/<id>/close/"""
    found = _visible(request, public_id)
    form = form_of(request, CloseForm)
    if form.is_valid() and perform(
        request,
        lambda: close_campaign(actor=request.actor, campaign_id=found.public_id, at=now(), **form.cleaned_data),
        form,
    ):
        flash(request, _("The campaign is closed. What was granted stays."))
        return redirect("campaigns:campaign", found.public_id)
    return _page(request, found, form)


def _visible(request: ActorRequest, public_id: UUID) -> OfferCampaign:
    require(may_see_campaigns(request.actor))
    found = (
        visible_campaigns(request.actor)
        .select_related("planned_by", "confirmed_by")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _page(request: ActorRequest, found: OfferCampaign, form: Form) -> HttpResponse:
    at = now()
    is_planned = found.state == CampaignState.PLANNED
    publishing = may_publish_campaign(request.actor, found, at=at) if is_planned else None
    may_publish = is_planned and (publishing is None or isinstance(publishing, NeedsFreshSignIn))
    is_running = found.state == CampaignState.LIVE and found.starts_date <= at.date() < found.ends_date
    context: dict[str, Any] = {
        "campaign": found,
        "badge": state_badge(found),
        "audience": audience(found),
        "is_running": is_running,
        "may_file": is_running and request.actor.holds(Role.ACCOUNT_MANAGER),
        "is_over": found.state == CampaignState.LIVE and found.ends_date <= at.date(),
        "notice": notice_of(found),
        "language": get_language() or "en",
        "may_publish": may_publish,
        "why_not": publishing,
        "may_close": found.state != CampaignState.CLOSED and may_close_campaign(request.actor) is None,
        "close_form": form if isinstance(form, CloseForm) else CloseForm(),
        "history": timeline_of("campaign", found.public_id),
    }
    if may_publish:
        is_own = isinstance(form, PublishForm)
        context["publish_form"] = form if is_own else PublishForm(notices=notices_to_choose())
    if sees_caps(request.actor):
        caps = caps_of(found, visible_caps(request.actor))
        context |= {"caps": caps, "picture": cap_picture(caps), "requests": requests_by_state(found)}
    return form_page(request, "campaigns/campaign.html", form, context)

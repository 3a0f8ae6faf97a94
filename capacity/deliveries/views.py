"""Deliveries: the list, planning one, what became of it, landing and canceling it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from capacity.deliveries.access import may_keep_deliveries, may_see_deliveries, supplied_pools, visible_deliveries
from capacity.deliveries.actions.cancel_delivery import cancel_delivery
from capacity.deliveries.actions.land_delivery import land_delivery
from capacity.deliveries.actions.plan_delivery import plan_delivery
from capacity.deliveries.forms import CancelForm, DeliveryForm, LandForm
from capacity.deliveries.keeping import delivery_for
from capacity.deliveries.lists import deliveries_list, state_badge
from capacity.deliveries.models import Delivery
from capacity.deliveries.queries import delivery_rows, landings_of, planned_among, planned_in_regions
from capacity.deliveries.wording import expected_text, landing_text
from capacity.staffing.access import may_see_crew, plannable_datacenters
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.forms import Form
from kit.lists import list_page
from kit.refusal import require
from users.http import ActorRequest


def deliveries(request: ActorRequest) -> HttpResponseBase:
    """GET /deliveries/"""
    require(may_see_deliveries(request.actor))
    visible = visible_deliveries(request.actor)
    planned = planned_among(visible)
    regions = {one.pool.region.code: one.pool.region.name for one in planned}
    if asked := request.GET.get("region", ""):
        regions.setdefault(asked, asked)
    spec = deliveries_list(
        landings_of(planned, now()), lambda row: may_see_crew(request.actor, row.pool.region.code) is None, regions
    )
    context = {"may_plan": may_keep_deliveries(request.actor) is None}
    return list_page(request, spec, delivery_rows(visible), template="deliveries/list.html", context=context)


def plan(request: ActorRequest) -> HttpResponse:
    """GET and POST /deliveries/new/"""
    require(may_keep_deliveries(request.actor))
    form = form_of(
        request,
        DeliveryForm,
        pools=supplied_pools(request.actor).select_related("region", "resource").order_by("resource__position", "pk"),
        datacenters=plannable_datacenters(request.actor).order_by("name", "pk"),
    )
    if form.is_valid():
        done = perform(request, lambda: plan_delivery(actor=request.actor, at=now(), **form.asked()), form)
        if done:
            flash(request, _("The delivery is planned. Forecasts count it from the day on which it is expected."))
            return redirect("deliveries:delivery", done.subject)
    return form_page(request, "deliveries/new.html", form)


def delivery(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /deliveries/<id>/"""
    return _page(request, _visible(request, public_id), Form())


@require_POST
def land(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /deliveries/<id>/land/"""
    found = _visible(request, public_id)
    form = form_of(request, LandForm)
    if form.is_valid() and perform(
        request,
        lambda: land_delivery(actor=request.actor, delivery_id=found.public_id, at=now(), **form.cleaned_data),
        form,
    ):
        flash(request, _("The delivery has landed. The supply of its pool follows."))
        return redirect("deliveries:delivery", found.public_id)
    return _page(request, found, form)


@require_POST
def cancel(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /deliveries/<id>/cancel/"""
    found = _visible(request, public_id)
    form = form_of(request, CancelForm)
    if form.is_valid() and perform(
        request,
        lambda: cancel_delivery(actor=request.actor, delivery_id=found.public_id, at=now(), **form.cleaned_data),
        form,
    ):
        flash(request, _("The delivery is canceled. The next forecast no longer counts it."))
        return redirect("deliveries:delivery", found.public_id)
    return _page(request, found, form)


def _visible(request: ActorRequest, public_id: UUID) -> Delivery:
    require(may_see_deliveries(request.actor))
    return delivery_for(request.actor, public_id)


def _page(request: ActorRequest, found: Delivery, form: Form) -> HttpResponse:
    region = found.pool.region
    landing = landings_of(planned_in_regions([region.pk]), now()).get(found.pk) if found.is_planned else None
    context: dict[str, Any] = {
        "delivery": found,
        "badge": state_badge(found),
        "expected": expected_text(found, landing),
        "why": landing_text(found, landing, with_hours=may_see_crew(request.actor, region.code) is None),
        "may_keep": found.is_planned and may_keep_deliveries(request.actor, region.code) is None,
        "land_form": form if isinstance(form, LandForm) else LandForm(initial={"quantity": found.quantity}),
        "cancel_form": form if isinstance(form, CancelForm) else CancelForm(),
    }
    return form_page(request, "deliveries/delivery.html", form, context)

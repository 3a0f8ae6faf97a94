"""Propose an override: first see whom it overtakes, then ask for the second signature, or act alone for lives."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from capacity.regions.models import Region
from capacity.review.overridable import about_request, about_use, organization_to_override, request_to_override
from capacity.review.override_forms import OverrideForm, UseOverrideForm
from capacity.review.overtaking import Movement, movements, movements_of_use, overtaken_rows
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from priorities import policy
from priorities.access import PROPOSERS
from priorities.actions.break_glass import break_glass
from priorities.actions.propose_override import About, Effect, propose_override
from priorities.models import Override, OverrideKind, OverrideReason, OverrideScope, WorkloadClass
from priorities.policies import active_policy
from users.http import ActorRequest


def propose(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /requests/<id>/override/

    The button "preview" shows the movements; "propose" and "break_glass" carry it out. All send the same form.
    """
    found = request_to_override(request.actor, public_id)
    at = now()
    form = form_of(request, OverrideForm, initial=_initial(at, to_tier=max(1, found.claimed_tier - 1)))
    return _propose(
        request,
        form,
        about=lambda: about_request(found),
        effects=lambda fact: movements(found.public_id, fact, at=at),
        context={"request_row": found},
        at=at,
    )


def propose_for_use(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /organizations/<id>/override/: of what it asks for one use in one region, now and later."""
    organization = organization_to_override(request.actor, public_id)
    at = now()
    uses = [(one.code, one.name) for one in WorkloadClass.objects.all()]
    reach = request.actor.regions_of(*PROPOSERS)
    known = Region.objects.order_by("name").values_list("code", "name")
    regions = [(code, name) for code, name in known if reach is None or code in reach]
    form = form_of(
        request, UseOverrideForm, initial=_initial(at, kind=OverrideKind.HOLD), workloads=uses, regions=regions
    )
    return _propose(
        request,
        form,
        about=lambda: about_use(organization, form.cleaned_data["workload"], form.cleaned_data["region"]),
        effects=lambda fact: movements_of_use(
            organization.public_id, form.cleaned_data["workload"], form.cleaned_data["region"], fact, at=at
        ),
        context={"organization": organization},
        at=at,
    )


def _initial(at: datetime, **values: Any) -> dict[str, Any]:
    _version, terms = active_policy(at)
    return {
        "kind": OverrideKind.RETIER,
        "hours": terms.override_hours,
        "reason_code": OverrideReason.LIFE_SAFETY,
        **values,
    }


def _propose(
    request: ActorRequest,
    form: OverrideForm,
    *,
    about: Callable[[], About],
    effects: Callable[[policy.OverrideFact], list[Movement]],
    context: dict[str, Any],
    at: datetime,
) -> HttpResponse:
    shown: list[Movement] | None = None
    if request.method == "POST" and form.is_valid():
        whom = about()
        shown = effects(fact(form.effect, whom.scope))
        case = {**form.case, "overtakes": overtaken_rows(shown)}
        act = _act(request, form, whom, case, at)
        if act is not None and (done := perform(request, act, form)):
            alone = _("It is in force. Without a second signature it ends by itself within a day.")
            waits = _("Proposed. It takes effect when a duty manager confirms it.")
            flash(request, alone if "break_glass" in request.POST else waits)
            return redirect("priorities:override", done.subject)
    told = {
        "movements": shown,
        "previewed": shown is not None,
        "is_for_lives": form.is_bound and form.data.get("reason_code") == OverrideReason.LIFE_SAFETY,
    }
    return form_page(request, "review/override.html", form, {**context, **told})


def _act(
    request: ActorRequest, form: OverrideForm, about: About, case: dict[str, Any], at: datetime
) -> Callable[[], Override] | None:
    if "break_glass" in request.POST:
        return lambda: break_glass(actor=request.actor, about=about, effect=form.effect, at=at, **case)
    if "propose" in request.POST:
        starts_at = form.cleaned_data["starts_at"]
        return lambda: propose_override(
            actor=request.actor, about=about, effect=form.effect, starts_at=starts_at, at=at, **case
        )
    return None


def fact(effect: Effect, scope: str) -> policy.OverrideFact:
    """What is proposed, as the pure core would know it."""
    return policy.OverrideFact(
        kind=policy.OverrideKind(effect.kind),
        value=effect.to_tier if effect.kind == OverrideKind.RETIER else effect.cap_permille,
        scope=policy.OverrideScope(OverrideScope(scope)),
    )

"""The rota for second signatures."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.refusal import require
from users.access import may_plan_duty
from users.actions.drop_duty import drop_duty
from users.actions.plan_duty import plan_duty
from users.forms import DutyForm
from users.http import ActorRequest
from users.queries import coming_shifts


def duty(request: ActorRequest) -> HttpResponse:
    """Who is on duty now and who comes next, for everybody; planning, for who may."""
    at = now()
    form = DutyForm(request.POST or None)
    if request.method == "POST":
        require(may_plan_duty(request.actor))
        if form.is_valid():
            values = form.cleaned_data
            done = perform(
                request,
                lambda: plan_duty(
                    actor=request.actor,
                    holder_id=values["holder"].public_id,
                    deputy_id=values["deputy"].public_id if values["deputy"] else None,
                    starts_at=values["starts_at"],
                    ends_at=values["ends_at"],
                    at=at,
                ),
                form,
            )
            if done:
                flash(request, _("The shift is on the rota."))
                return redirect("users:duty")
    shifts = list(coming_shifts(at))
    current = shifts[0] if shifts and shifts[0].starts_at <= at else None
    context = {
        "shifts": shifts,
        "current": current,
        "may_act": may_plan_duty(request.actor) is None,
    }
    return form_page(request, "users/duty.html", form, context)


@require_POST
def drop(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """Takes a shift off the rota."""
    perform(request, lambda: drop_duty(actor=request.actor, shift_id=public_id, at=now()))
    flash(request, _("The shift is off the rota."))
    return redirect("users:duty")

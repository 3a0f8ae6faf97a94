"""For how long samples, hours and days of usage are kept: what holds, what another policy would drop, setting it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from capacity.usage.access import may_see_retention, may_set_retention
from capacity.usage.actions.keep_samples import BOUNDS, Periods, check_periods, policy_in_force, set_retention
from capacity.usage.forms import RetentionForm
from capacity.usage.models import UsageRetention
from capacity.usage.queries import kept
from journal.queries import timeline_of
from kit import clock
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.refusal import Refusal, require
from users.http import ActorRequest


def retention(request: ActorRequest) -> HttpResponse:
    """GET and POST /pools/retention/: a POST shows what the periods would drop; one that has seen it sets them."""
    require(may_see_retention(request.actor))
    at = clock.now()
    policy = policy_in_force()
    form = form_of(request, RetentionForm, initial=_now(policy))
    effect = None
    if form.is_valid():
        require(may_set_retention(request.actor))
        periods = form.periods
        if request.POST.get("seen") == seen(periods):
            done = perform(
                request,
                lambda: set_retention(
                    actor=request.actor,
                    periods=periods,
                    reason=form.cleaned_data["reason"],
                    shown=form.cleaned_data["shown"],
                    at=at,
                ),
                form,
            )
            if done:
                flash(request, _("From now on it is kept that long; what is older goes within the hour."))
                return redirect("usage:retention")
        else:
            effect = _effect(form, periods, at)
    context: dict[str, Any] = {
        "policy": policy,
        "kept": kept(at),
        "effect": effect,
        "seen": seen(form.periods) if effect is not None else "",
        "may_set": may_set_retention(request.actor) is None,
        "history": timeline_of("usage_retention", "samples", limit=10),
    }
    return form_page(request, "usage/retention.html", form, context)


def seen(periods: Periods) -> str:
    """What was looked at, so that nobody sets what they have not seen."""
    return "/".join(str(getattr(periods, name) or "") for name in BOUNDS)


def _effect(form: RetentionForm, periods: Periods, at: Any) -> Any:
    try:
        check_periods(periods)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return None
    return kept(at, beyond=periods)


def _now(policy: UsageRetention | None) -> dict[str, Any]:
    values = {name: getattr(policy, name) for name in BOUNDS} if policy else {}
    return {**values, "shown": policy.pk if policy else 0}

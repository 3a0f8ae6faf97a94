"""The alarm inbox, an alarm, and what may be done with one or many."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from capacity.alarms.access import (
    may_acknowledge_alarm,
    may_hand_over_alarm,
    may_see_alarms,
    may_silence_alarm,
    visible_alarms,
)
from capacity.alarms.actions.acknowledge_alarm import acknowledge_alarm
from capacity.alarms.actions.each_alarm import Result, each_alarm
from capacity.alarms.actions.silence_alarm import end_silence, silence_alarm
from capacity.alarms.actions.take_over_alarm import hand_over_alarm, take_over_alarm
from capacity.alarms.forms import HandOverForm, NoForm, SilenceForm
from capacity.alarms.lists import ALARMS, alarm_rows, state_text
from capacity.alarms.wording import alarm_subject, alarm_text, alarm_url
from journal.queries import timeline_of
from kit import clock
from kit.commands import form_page, perform
from kit.flash import flash, warn
from kit.forms import Form
from kit.lists import list_page
from kit.refusal import Invalid, NotFound, require
from users.http import ActorRequest

MOST_AT_ONCE = 200


class NothingSelected(Invalid):
    """A bulk act needs its set."""

    code = "nothing_selected"
    message = gettext_lazy("Select the alarms that are meant, 200 at most.")


@dataclass(frozen=True)
class Act:
    """What can be done with one alarm or many: its words, the form it asks for, and how it is done to one."""

    title: Any
    done: Any
    run: Callable[..., object]
    form: type[Form] = NoForm


def _silence(*, hours: int, at: datetime, **values: Any) -> object:
    return silence_alarm(until=at + timedelta(hours=hours), at=at, **values)


ACTS = {
    "acknowledge": Act(gettext_lazy("Take up"), gettext_lazy("taken up"), acknowledge_alarm),
    "take-over": Act(gettext_lazy("Take over"), gettext_lazy("taken over"), take_over_alarm),
    "hand-over": Act(gettext_lazy("Hand over"), gettext_lazy("handed over"), hand_over_alarm, HandOverForm),
    "silence": Act(gettext_lazy("Silence"), gettext_lazy("silenced"), _silence, SilenceForm),
    "end-silence": Act(gettext_lazy("End silence"), gettext_lazy("waits again"), end_silence),
}


def inbox(request: ActorRequest) -> HttpResponseBase:
    """The alarms of my regions: open, taken up, silenced and over."""
    require(may_see_alarms(request.actor))
    rows = alarm_rows(visible_alarms(request.actor), clock.now())
    return list_page(request, ALARMS, rows, template="alarms/inbox.html")


def alarm(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /alarms/<id>/: what it says, whose it is, what may be done, and what was done."""
    require(may_see_alarms(request.actor))
    found = (
        visible_alarms(request.actor)
        .select_related("region", "owner", "acknowledged_by", "silenced_by")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    at = clock.now()
    is_silent = found.is_silent(at)
    offered = {
        "acknowledge": found.owner is None and may_acknowledge_alarm(request.actor, found) is None,
        "take-over": found.owner_id not in (None, request.actor.user_id)
        and may_acknowledge_alarm(request.actor, found) is None,
        "end-silence": is_silent and may_silence_alarm(request.actor, found) is None,
        "silence": not is_silent and may_silence_alarm(request.actor, found) is None,
        "hand-over": may_hand_over_alarm(request.actor, found) is None,
    }
    context = {
        "alarm": found,
        "subject": alarm_subject(found),
        "text": alarm_text(found),
        "cause_url": alarm_url(found),
        "state": state_text(found, is_silent),
        "is_silent": is_silent and found.ended_at is None,
        "acts": [
            (name, ACTS[name], ACTS[name].form()) for name, may in offered.items() if may and found.ended_at is None
        ],
        "history": timeline_of("alarm", found.public_id),
    }
    return render(request, "alarms/alarm.html", context)


@require_POST
def act(request: ActorRequest, act: str) -> HttpResponse:
    """POST /alarms/<act>/: do it to the selected alarms, each by itself, after asking for what it needs."""
    chosen = ACTS.get(act)
    if chosen is None:
        raise NotFound()
    require(may_see_alarms(request.actor))
    ids = _selected(request)
    is_asked = chosen.form is NoForm or "sent" in request.POST
    form = chosen.form(request.POST) if is_asked else chosen.form()
    if is_asked and form.is_valid():
        at = clock.now()
        done = perform(
            request,
            lambda: each_alarm(
                request.actor,
                ids,
                lambda key: chosen.run(actor=request.actor, alarm_id=key, at=at, **form.cleaned_data),
            ),
        )
        results: list[Result] | None = done.value if done is not None else None
        if results is None:
            return redirect("alarms:inbox")
        if "alone" in request.POST:
            _say(request, results[0])
            return redirect("alarms:alarm", ids[0])
        return render(
            request, "alarms/results.html", {"act": chosen, "results": [(one, *_told(one)) for one in results]}
        )
    alarms = list(visible_alarms(request.actor).filter(public_id__in=ids).select_related("region").order_by("pk"))
    if not alarms:
        raise NothingSelected()
    context = {"act": chosen, "act_name": act, "alarms": [(one, alarm_subject(one)) for one in alarms]}
    return form_page(request, "alarms/act.html", form, context)


def _told(result: Result) -> tuple[str, str]:
    """Of which alarm a result is, and where it is."""
    if result.alarm is None:
        return _("An alarm"), ""
    return f"{result.alarm.region.name} · {alarm_subject(result.alarm)}", result.alarm.get_kind_display()


def _say(request: ActorRequest, result: Result) -> None:
    if result.refusal is None:
        flash(request, _("Done."))
    else:
        warn(request, f"{result.refusal.sentence} {result.refusal.advice}".strip())


def _selected(request: ActorRequest) -> list[UUID]:
    try:
        ids = list(dict.fromkeys(UUID(text) for text in request.POST.getlist("selected")))
    except ValueError:
        ids = []
    if not 0 < len(ids) <= MOST_AT_ONCE or len(request.POST.getlist("selected")) > MOST_AT_ONCE:
        raise NothingSelected()
    return ids

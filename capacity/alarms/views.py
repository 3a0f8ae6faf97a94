"""The alarm inbox."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from capacity.alarms.access import may_see_alarms, visible_alarms
from capacity.alarms.actions.acknowledge_alarm import acknowledge_alarms
from capacity.alarms.lists import ALARMS, alarm_rows
from kit import clock
from kit.commands import perform
from kit.flash import flash, warn
from kit.lists import list_page
from kit.refusal import Invalid, require
from users.http import ActorRequest

MOST_AT_ONCE = 200


class NothingSelected(Invalid):
    """A bulk act needs its set."""

    code = "nothing_selected"
    message = gettext_lazy("Select the alarms to take up, 200 at most.")


def inbox(request: ActorRequest) -> HttpResponseBase:
    """The alarms of my regions: open, taken up and over."""
    require(may_see_alarms(request.actor))
    return list_page(request, ALARMS, alarm_rows(visible_alarms(request.actor)), template="alarms/inbox.html")


@require_POST
def acknowledge(request: ActorRequest) -> HttpResponse:
    """Take up the selected alarms; each by itself, with what was refused said."""
    ids = _selected(request)
    done = perform(request, lambda: acknowledge_alarms(actor=request.actor, alarm_ids=ids, at=clock.now()))
    if done is not None and done.value is not None:
        count = len(ids) - len(done.value.refused)
        if count:
            text = ngettext("You took up %(count)s alarm.", "You took up %(count)s alarms.", count)
            flash(request, text % {"count": count})
        for refusal in done.value.refused[:3]:
            warn(request, refusal.sentence)
        if len(done.value.refused) > 3:
            warn(request, _("%(count)s more were refused.") % {"count": len(done.value.refused) - 3})
    return redirect("alarms:inbox")


def _selected(request: ActorRequest) -> list[UUID]:
    try:
        ids = [UUID(text) for text in request.POST.getlist("selected")]
    except ValueError:
        ids = []
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise NothingSelected()
    return ids

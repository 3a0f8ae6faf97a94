"""Verifying many cases at once: the set as it was selected, what would happen to each, and what did."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from customers.access import may_verify, visible_claims
from customers.actions.verify_matches import MOST_AT_ONCE, Shown, verify_matches
from customers.queries import CASES
from kit.clock import now
from kit.commands import perform
from kit.refusal import Invalid, require
from users.http import ActorRequest


class NothingSelected(Invalid):
    """A bulk act needs its set."""

    code = "nothing_selected"
    message = _("Select the cases to verify, 100 at most.")


@require_POST
def look(request: ActorRequest) -> HttpResponse:
    """POST /verification/bulk/: what verifying the selected cases would do, case by case; nothing is changed."""
    require(may_verify(request.actor))
    try:
        ids = list(dict.fromkeys(UUID(text) for text in request.POST.getlist("selected")))
    except ValueError:
        ids = []
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise NothingSelected()
    visible = visible_claims(request.actor).filter(public_id__in=ids, state__in=CASES)
    versions = dict(visible.values_list("public_id", "row_version"))
    shown = [Shown(key, versions[key]) for key in ids if key in versions]
    if not shown:
        raise NothingSelected()
    results = verify_matches(actor=request.actor, shown=shown, at=now(), is_trial=True)
    able = [result for result in results if result.refusal is None]
    return render(
        request,
        "customers/bulk.html",
        {
            "results": results,
            "able": [(result.claim.public_id, versions[result.claim.public_id]) for result in able],
        },
    )


@require_POST
def verify(request: ActorRequest) -> HttpResponse:
    """POST /verification/bulk/verify/: verify the set that was shown, each as it was shown."""
    require(may_verify(request.actor))
    shown = _shown(request)
    done = perform(request, lambda: verify_matches(actor=request.actor, shown=shown, at=now()))
    if done is None or done.value is None:
        return redirect("customers:verification")
    return render(request, "customers/bulk.html", {"results": done.value, "is_done": True})


def _shown(request: ActorRequest) -> list[Shown]:
    found = []
    for text in request.POST.getlist("shown"):
        key, _colon, version = text.partition(":")
        try:
            found.append(Shown(UUID(key), int(version[:10])))
        except ValueError:
            raise NothingSelected() from None
    if not 0 < len(found) <= MOST_AT_ONCE:
        raise NothingSelected()
    return found

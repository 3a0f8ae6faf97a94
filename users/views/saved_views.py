"""Saving and deleting the views of list pages; the forms stand on the lists themselves."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from kit.clock import now
from kit.commands import perform
from kit.flash import flash
from kit.templatetags.ui import same_site
from users.actions.delete_view import delete_view
from users.actions.save_view import save_view


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Saves the address a list page sent, and goes back to it."""
    actor = request.actor  # type: ignore[attr-defined]
    sent = {name: request.POST.get(name, "") for name in ("page", "name", "query")}
    perform(request, lambda: save_view(actor=actor, at=now(), **sent))
    flash(request, gettext("The view is saved."))
    return HttpResponseRedirect(same_site(request.POST.get("next"), request))


@login_required
@require_POST
def delete(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Deletes a view and goes back to the whole list."""
    actor = request.actor  # type: ignore[attr-defined]
    perform(request, lambda: delete_view(actor=actor, view_id=view_id, at=now()))
    flash(request, gettext("The view is deleted."))
    return HttpResponseRedirect(same_site(request.POST.get("next"), request))

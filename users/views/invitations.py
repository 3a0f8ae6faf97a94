"""Where the link of an invitation leads."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from users.actions.accept_invitation import accept_invitation, open_invitation
from users.forms import AcceptForm
from users.http import ActorRequest


@login_not_required
@never_cache
def accept(request: ActorRequest, token: str) -> HttpResponse:
    """Takes a name and a password; whoever has the link may, once. Nobody who is signed in needs it."""
    if request.actor.is_somebody:
        return render(request, "users/signed_in_already.html", status=409)
    form = AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = {
            "name": form.cleaned_data["name"],
            "password": form.cleaned_data["password"],
            "language": get_language() or "de",
            "request_id": request.request_id,
        }
        if perform(request, lambda: accept_invitation(token=token, at=now(), **values), form):
            flash(request, _("Your account is open. Sign in with your new password."))
            return redirect("account_login")
        if form.refusal is not None and form.refusal.status == 404:
            raise form.refusal
    invitation = open_invitation(token, now())
    if not form.is_bound:
        form = AcceptForm(initial={"name": invitation.name})
    return form_page(request, "users/accept.html", form, {"invitation": invitation})

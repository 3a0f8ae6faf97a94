"""One's own settings, and API tokens."""

from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash, warn
from kit.forms import Form
from users.actions.create_token import create_token
from users.actions.revoke_token import revoke_token
from users.actions.set_preferences import set_preferences
from users.forms import PreferencesForm, TokenForm
from users.http import ActorRequest
from users.queries import tokens_of

PREFERENCES = ("name", "language", "theme", "time_zone", "shortcuts_enabled", "notify", "row_version")


def account(request: ActorRequest) -> HttpResponse:
    """How I want the pages, how I sign in, and the tokens of my programs."""
    form = PreferencesForm(request.POST or None, initial={name: getattr(request.user, name) for name in PREFERENCES})
    if request.method == "POST" and form.is_valid():
        done = perform(request, lambda: set_preferences(actor=request.actor, at=now(), **form.cleaned_data), form)
        if done:
            with translation.override(form.cleaned_data["language"]):
                flash(request, _("Your settings are kept."))
            return redirect("users:account")
    return _account_page(request, form, TokenForm())


@require_POST
@never_cache
def make_token(request: ActorRequest) -> HttpResponse:
    """Makes an API token and shows it, this once."""
    form = TokenForm(request.POST)
    if form.is_valid():
        done = perform(request, lambda: create_token(actor=request.actor, at=now(), **form.cleaned_data), form)
        if done and done.replayed:
            warn(request, _("This token was made before; it is shown only once. Revoke it and make another."))
            return redirect("users:account")
        if done:
            made: Any = done.value
            return render(request, "users/token_made.html", {"token": made.token, "secret": made.secret})
    preferences = PreferencesForm(initial={name: getattr(request.user, name) for name in PREFERENCES})
    return _account_page(request, preferences, form, shown=form)


@require_POST
def revoke(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """Ends an API token."""
    perform(request, lambda: revoke_token(actor=request.actor, token_id=public_id, at=now()))
    flash(request, _("The token does not work any more."))
    return redirect("users:account")


def _account_page(
    request: ActorRequest, preferences: PreferencesForm, token_form: TokenForm, shown: Form | None = None
) -> HttpResponse:
    context = {
        "token_form": token_form,
        "tokens": tokens_of(request.user),
        "now": now(),
        "has_second_step": is_mfa_enabled(request.user),
        "preferences": preferences,
    }
    return form_page(request, "users/account.html", shown or preferences, context)

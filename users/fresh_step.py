"""The fresh sign-in step before a second signature.

An action that needs one asks `actor.needs_fresh_sign_in(at)` and raises its refusal. Views need do
nothing: the person is asked for password or code, and what they had sent is then carried out as if
nothing had happened, with the same idempotency key.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.core.internal.httpkit import serialize_request
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from users.access import NeedsFreshSignIn

# What waits for the step is kept in the session; nothing that people type is longer.
MOST_WAITING = 200_000  # characters


class FreshStepMiddleware:
    """Answers `NeedsFreshSignIn` on pages with the step itself. (The API answers with the refusal.)"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The way to the step; None where there is no step the person could take."""
        if not isinstance(exception, NeedsFreshSignIn) or not request.user.is_authenticated or request.FILES:
            return None
        methods = get_adapter().get_reauthentication_methods(request.user)
        waiting = serialize_request(request)
        if not methods or len(waiting) > MOST_WAITING:
            return None
        if request.method == "POST":
            # The library carries it out after the step, once the address it returns to is this one.
            request.session[STATE_SESSION_KEY] = {"request": waiting}
        address = f"{methods[0]['url']}?{urlencode({'next': request.path})}"
        return HttpResponseClientRedirect(address) if "HX-Request" in request.headers else redirect(address)

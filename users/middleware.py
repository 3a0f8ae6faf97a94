"""Puts the actor on every request, asks nobody to sign in, and ends sessions that grew old or idle."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from kit import clock
from users.access import NOBODY, Actor, actor_of

LAST_SEEN = "last_seen"


class ActorMiddleware:
    """`request.actor`: the signed-in person with roles as they are now, or nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        self._end_old_session(request)
        request.actor = SimpleLazyObject(lambda: actor_of_request(request))
        return self.get_response(request)

    @staticmethod
    def _end_old_session(request: Any) -> None:
        """Half an hour without a request, or twelve hours in all, end a session."""
        if not request.session.session_key:
            return
        now = int(clock.now().timestamp())
        seen = request.session.get(LAST_SEEN)
        steps = request.session.get("account_authentication_methods") or [{"at": now}]
        idle = seen is not None and now - seen > settings.SESSION_IDLE_SECONDS
        if idle or now - steps[0]["at"] > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif seen is None or now - seen > 60:
            # Once a minute is fine enough for half an hour, and spares a write per click.
            request.session[LAST_SEEN] = now


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page needs somebody, unless its view is marked `login_not_required`."""

    def process_view(self, request: HttpRequest, view_func: Any, *args: Any) -> HttpResponseBase | None:
        """Nothing for public views: asking who reads them would touch the session, and bar shared caches."""
        return super().process_view(request, view_func, *args) if getattr(view_func, "login_required", True) else None

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """The way to sign-in and back; where htmx asked for a part, the whole page goes there."""
        if "HX-Request" not in request.headers:
            return super().handle_no_permission(request, view_func)
        here = request.headers.get("HX-Current-URL", "")
        sign_in = resolve_url(self.get_login_url(view_func))
        return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': here})}")


def actor_of_request(request: Any) -> Actor:
    """The actor of a session request; the freshest sign-in step comes from the session."""
    if not request.user.is_authenticated:
        return NOBODY
    return actor_of(request.user, fresh_at=last_sign_in_step(request), request_id=request.request_id)


def last_sign_in_step(request: HttpRequest) -> datetime | None:
    """When this session last proved who it is: by password, code or passkey."""
    times = [record.get("at", 0) for record in get_authentication_records(request, request.user)]
    return datetime.fromtimestamp(max(times), tz=UTC) if times else None

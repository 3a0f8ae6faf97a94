"""Puts the actor on every request and ends sessions that idled too long."""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth import logout
from django.utils.functional import SimpleLazyObject

from kit import clock
from users.access import NOBODY, Actor, actor_of

LAST_SEEN = "last_seen"


class ActorMiddleware:
    """`request.actor`: the signed-in person with roles as they are now, or nobody."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        self._end_idle_session(request)
        request.actor = SimpleLazyObject(lambda: actor_of_request(request))
        return self.get_response(request)

    @staticmethod
    def _end_idle_session(request) -> None:
        now = int(clock.now().timestamp())
        seen = request.session.get(LAST_SEEN) if request.session.session_key else None
        if seen is not None and now - seen > settings.SESSION_IDLE_SECONDS:
            logout(request)
        elif request.session.session_key and (seen is None or now - seen > 60):
            # Once a minute is fine enough for half an hour, and spares a write per click.
            request.session[LAST_SEEN] = now


def actor_of_request(request) -> Actor:
    """The actor of a session request; the freshest sign-in step comes from the session."""
    if not request.user.is_authenticated:
        return NOBODY
    return actor_of(request.user, fresh_at=last_sign_in_step(request), request_id=request.request_id)


def last_sign_in_step(request) -> datetime | None:
    """When this session last proved who it is: by password, code or passkey."""
    from allauth.account.authentication import get_authentication_records

    times = [record.get("at", 0) for record in get_authentication_records(request, request.user)]
    return datetime.fromtimestamp(max(times), tz=UTC) if times else None

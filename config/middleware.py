"""What happens around every request: its id, its language and zone, and its refusals."""

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from config import errors
from kit.ids import uuid7
from kit.refusal import Refusal

GetResponse = Callable[[HttpRequest], HttpResponse]

# A context variable and no attribute of the module or thread: each request sees its own,
# whatever serves it.
current_request_id: ContextVar[UUID | None] = ContextVar("current_request_id", default=None)

_NUL = re.compile("%00|\x00")


class RequestIdMiddleware:
    """Gives every request an id of our own making, for the journal, the logs and the answer.

    An id that the caller sends is not taken over: it could pretend to be another request's.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid7()  # type: ignore[attr-defined]
        token = current_request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-ID"] = str(request.request_id)  # type: ignore[attr-defined]
        return response


class RequestIdFilter(logging.Filter):
    """Adds `request_id` to log records; a dash outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get() or "-"
        return True


class PreferencesMiddleware:
    """Shows every page in the language and time zone of the person who is signed in.

    Nobody's session is looked at where none was sent, so public pages stay free of cookies.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            with timezone.override(None):
                return self.get_response(request)
        with translation.override(request.user.language), timezone.override(zone_of(request.user)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
            return response


class RefusalMiddleware:
    """Turns a refusal that a page let through into an error page with its status.

    Also stops bytes that no text may hold before they reach a view: PostgreSQL cannot store or
    compare NUL, so an address with one is never right.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _NUL.search(request.META.get("QUERY_STRING", "")) or "\0" in request.path:
            return errors.bad_request(request, BadRequest())
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page that says why not; anything but a refusal is left to Django."""
        return errors.refused(request, exception) if isinstance(exception, Refusal) else None


def zone_of(user: Any) -> ZoneInfo | None:
    """The person's zone; None (the site's) where this machine's tables do not know it any more."""
    try:
        return ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None

"""Error pages, and the same as problem documents (RFC 9457) for the API.

`config/urls.py` names the handlers. They must not fail themselves, so the page for a server
error needs neither a session nor the database.
"""

import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext_lazy as _

from kit.refusal import NotAllowed, NotFound, Refusal

PROBLEM_TYPE = "application/problem+json"


class BadAddressOrForm(Refusal):
    """Django could not make sense of the request."""

    code = "bad_request"
    status = 400
    message = _("This request cannot be understood.")
    remedy = _("Go back, reload the page and try again.")


class TooLarge(Refusal):
    """The body is larger than any form or command needs."""

    code = "body_too_large"
    status = 413
    message = _("This is more than can be taken at once.")
    remedy = _("Send less, or split it.")


class ForeignForm(NotAllowed):
    """The form did not come from a page of this site, or that page is too old."""

    code = "csrf_failed"
    message = _("This form is too old, or it does not come from here.")
    remedy = _("Go back, reload the page and send it again. What you typed is still there.")


class PageNotFound(NotFound):
    """No such address."""

    code = "page_not_found"
    message = _("There is no page at this address.")
    remedy = _("Check the address or go to the start page.")


class ServerError(Refusal):
    """Our fault."""

    code = "server_error"
    status = 500
    message = _("Something went wrong on our side.")
    remedy = _("Please try again. If it stays, tell us the request id below.")


class Unavailable(Refusal):
    """The database does not answer, is starting or stopping, or has no connection left."""

    code = "unavailable"
    status = 503
    message = _("Not available at the moment.")
    remedy = _("The database does not answer. Nothing that was confirmed is lost; please try again in a minute.")


def problem(refusal: Refusal) -> dict[str, Any]:
    """The refusal as a problem document, in the active language."""
    return {
        "type": f"urn:vorrang:problem:{refusal.code}",
        "code": refusal.code,
        "title": refusal.sentence,
        "status": refusal.status,
        "detail": str(refusal),
        "remedy": refusal.advice,
        "fields": {name: [str(message) for message in messages] for name, messages in refusal.fields.items()},
        "values": {name: value if _is_json(value) else str(value) for name, value in refusal.values.items()},
    }


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The answer to a refusal that no form could show: a page, or a problem document for the API."""
    if request.path.startswith("/api/"):
        return JsonResponse(problem(refusal), status=refusal.status, content_type=PROBLEM_TYPE)
    # Where it failed before anybody looked at who asks, the frame around the page must do without.
    framed = request if hasattr(request, "actor") else None
    page = loader.render_to_string("errors/refusal.html", {"refusal": refusal, "request": framed}, framed)
    return HttpResponse(page, status=refusal.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 or 413: a body, header or address that Django refused."""
    return refused(request, as_refusal(exception))


def as_refusal(exception: Exception) -> Refusal:
    """The refusal for a request that Django found suspicious or could not read."""
    return TooLarge() if isinstance(exception, RequestDataTooBig | TooManyFilesSent) else BadAddressOrForm()


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return refused(request, NotAllowed())


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: `settings.CSRF_FAILURE_VIEW`."""
    return refused(request, ForeignForm())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return refused(request, PageNotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database is away: says the request id, and touches neither session nor database."""
    refusal = Unavailable() if _database_is_away(sys.exc_info()[1]) else ServerError()
    if request.path.startswith("/api/"):
        return JsonResponse(problem(refusal), status=refusal.status, content_type=PROBLEM_TYPE)
    values = {"refusal": refusal, "request_id": getattr(request, "request_id", "")}
    # Rendered without the request, so that no context processor runs into the same wall.
    return HttpResponse(loader.render_to_string("errors/server_error.html", values), status=refusal.status)


def _database_is_away(error: BaseException | None) -> bool:
    """Whether the error is one of the connection, and not of a statement that it carried."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    # PostgreSQL's classes: connection exception, insufficient resources, operator intervention without 57014
    # (a statement that took too long). No code at all: the connection broke or never was.
    return code is None or (code[:2] in ("08", "53", "57") and code != "57014")


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)

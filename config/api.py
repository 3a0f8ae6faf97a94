"""How the API is wired: who asks, how often, and how a refusal is answered."""

import logging
import re
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.authentication import SessionAuthentication, get_authorization_header
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle

from config.errors import PROBLEM_TYPE, PageNotFound, as_refusal, problem
from config.middleware import zone_of
from kit.refusal import Invalid, NotAllowed, Refusal
from users.access import actor_of
from users.models import ApiToken

logger = logging.getLogger("vorrang.api")

_TOKEN = re.compile(rb"[!-~]{1,200}")


class Refused(Refusal):
    """What the framework refuses, told as our own refusals are."""

    def __init__(self, exception: exceptions.APIException, remedy: Any = "") -> None:
        super().__init__()
        self.code = str(exception.default_code)
        self.status = exception.status_code
        self.message = exception.detail
        self.remedy = remedy


class TokenOnlyReads(NotAllowed):
    """The token was made for reading, and the call would change something."""

    code = "token_only_reads"
    message = _("This token can only read.")
    remedy = _("Make a token that may act, or use one that you have.")


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token ...`: the person whose token it is, with the roles held at this moment."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The user and the token; raises `AuthenticationFailed` and `TokenOnlyReads`."""
        words = get_authorization_header(request).split()
        if not all(_TOKEN.fullmatch(word) for word in words):
            raise exceptions.AuthenticationFailed()
        found = super().authenticate(request)
        if found is None:
            return None
        user, token = found
        if token.scope == ApiToken.Scope.READ and request.method not in SAFE_METHODS:
            raise TokenOnlyReads()
        page = request._request
        page.user = user
        # A token proves no fresh sign-in step, so second signatures are given on pages only.
        page.actor = actor_of(user, request_id=page.request_id)  # type: ignore[attr-defined]
        if "HTTP_ACCEPT_LANGUAGE" not in page.META:
            translation.activate(user.language)
        timezone.activate(zone_of(user) or timezone.get_default_timezone())
        return user, token


class ApiSessionAuthentication(SessionAuthentication):
    """The signed-in person of the pages, CSRF token included; the middleware has set the actor."""


class TokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes the token."""

    target_class = "config.api.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token ` followed by the token that was shown once when it was made.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes the session."""

    target_class = "config.api.ApiSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class ApiRate(UserRateThrottle):
    """A bound on calls per person; where its counter cannot be reached, work goes on."""

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether the call is within the rate."""
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError):
            logger.warning("The call counter does not answer; calls are not counted.")
            return True


def refuse(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal as a problem document; None for faults of our own."""
    refusal = _as_refusal(exception)
    if refusal is None:
        return None
    headers = {}
    if getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = exception.auth_header  # type: ignore[attr-defined]
    if getattr(exception, "wait", None):
        headers["Retry-After"] = str(int(exception.wait) + 1)  # type: ignore[attr-defined]
    return Response(problem(refusal), status=refusal.status, headers=headers, content_type=PROBLEM_TYPE)


def _as_refusal(exception: Exception) -> Refusal | None:
    if isinstance(exception, Refusal):
        return exception
    if isinstance(exception, Http404):
        return PageNotFound()
    if isinstance(exception, PermissionDenied):
        return NotAllowed()
    if isinstance(exception, SuspiciousOperation | BadRequest):
        return as_refusal(exception)
    if isinstance(exception, exceptions.ValidationError):
        return Invalid(_flat(exception.detail))
    if isinstance(exception, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        remedy = _("Send a valid token as “Authorization: Token …”.")
        return Refused(exception, remedy)
    if isinstance(exception, exceptions.APIException):
        return Refused(exception)
    return None


def _flat(detail: Any, path: str = "") -> dict[str, list[Any]]:
    """Nested messages as dotted names: {"lines": [{"quantity": [...]}]} becomes {"lines.0.quantity": [...]}."""
    if isinstance(detail, dict):
        parts = [(str(name), value) for name, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        parts = [(str(number), value) for number, value in enumerate(detail) if value]
    else:
        messages = detail if isinstance(detail, list) else [detail]
        return {path or "non_field_errors": [str(message) for message in messages]}
    flat: dict[str, list[Any]] = {}
    for name, value in parts:
        flat.update(_flat(value, f"{path}.{name}" if path else name))
    return flat


PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "code", "title", "status", "detail", "remedy", "fields", "values"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "code": {"type": "string", "description": "Stable name of the refusal."},
        "title": {"type": "string", "description": "One sentence, in the language asked for."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The sentence with its remedy and all field messages."},
        "remedy": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "values": {"type": "object", "description": "The numbers and names behind the sentence."},
    },
}
PROBLEMS = {
    "400": "The request cannot be understood or breaks a rule of form.",
    "401": "Nobody is signed in.",
    "403": "The role, scope or distance that the act needs is missing.",
    "404": "It does not exist, or you may not know that it does.",
    "405": "The address does not take this method.",
    "406": "Only JSON is served.",
    "409": "The state of things forbids it now.",
    "413": "The body is too large.",
    "415": "Only JSON is taken.",
    "429": "Too many calls.",
}


def describe_commands_and_problems(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Hook of the OpenAPI document: every operation can be refused, every command needs its key."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 8, "maxLength": 80, "pattern": "^[!-~]+$"},
        "description": "A new key for every new command; the same one to repeat it safely.",
    }
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result.get("paths", {}).values():
        for method, operation in operations.items():
            if method in {"post", "put", "patch", "delete"}:
                operation.setdefault("parameters", []).append(key)
            for status, description in PROBLEMS.items():
                operation["responses"].setdefault(status, {"description": description, "content": body})
    return result

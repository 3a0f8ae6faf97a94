"""The building blocks of the JSON API: strict bodies, strict filters, keyset pages, commands done once.

Views stay as thin as pages are:

    class Requests(IdempotentCommand, ListAPIView):
        serializer_class = RequestRow
        filterset_class = RequestFilters
        sorts = REQUEST_LIST.sorts
        default_sort = "-filed_at"

        def get_queryset(self):
            return visible_requests(self.request.actor)

        def post(self, request):
            body = self.read(NewRequest)
            done = self.perform(lambda: submit_request(actor=request.actor, at=now(), **body))
            return self.done(RequestRow(get_request(request.actor, done.subject)).data, status=201)
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import IntegerField, Serializer
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from kit import idempotency
from kit.commands import NoKey, actor_key, checked_key, fingerprint_of
from kit.filters import UnknownSort, check_parameters, checked_size, parameters_of
from kit.forms import MAX_QUANTITY
from kit.keyset import Order

MAX_BODY_BYTES = 5 * 1024 * 1024
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
PAGE_SIZE = 50


class BodyTooLarge(APIException):
    """The body is longer than any command needs."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = _("The body is larger than 5 MB.")


class NoCommandKey(NoKey):
    """The same as for pages, said for programs."""

    message = _("The header Idempotency-Key is missing, or is not 8 to 80 printable ASCII signs.")
    remedy = _("Send a new key, such as a UUID, with every new command, and the same key when you repeat one.")


class StrictJSONParser(JSONParser):
    """JSON that PostgreSQL can hold: bounded, without NUL, lone surrogates, doubled names or NaN."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The parsed body; raises `ParseError` or `BodyTooLarge`."""
        data = stream.read(MAX_BODY_BYTES + 1)
        if len(data) > MAX_BODY_BYTES:
            raise BodyTooLarge()
        try:
            text = data.decode("utf-8")
            body = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
        except ValueError as error:
            raise ParseError(_("The body is not valid JSON in UTF-8: %(reason)s") % {"reason": error}) from error
        # Only an escape can bring these in, so most bodies need no look at their texts.
        if "\\u" in text and not _storable(body):
            raise ParseError(_("The body holds signs that no text may contain: NUL or half of a surrogate pair."))
        return body


class Body(Serializer[Any]):
    """Base of what commands read: a field it does not know is refused, so a slip of spelling shows."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; raises `ValidationError`."""
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            known = ", ".join(self.fields)
            message = _("There is no such field here. Fields are: %(known)s.") % {"known": known}
            raise ValidationError({name[:80]: [message] for name in unknown})
        return super().to_internal_value(data)


class WholeNumber(IntegerField):
    """A JSON integer, 1 to 10**12 unless told otherwise; a text or a fraction is refused, not bent."""

    def __init__(self, *, min_value: int = 1, max_value: int = MAX_QUANTITY, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> int:
        """The number; raises `ValidationError`."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class StrictFilters(DjangoFilterBackend):
    """Filters of the view's `filterset_class`; a parameter it does not know is refused, not ignored."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """The filtered rows; raises `UnknownParameter` and DRF's `ValidationError`."""
        filterset = self.get_filterset(request, queryset, view)
        known = parameters_of(filterset) if filterset is not None else []
        check_parameters(request.query_params, [*known, *KeysetPagination.parameters])
        return super().filter_queryset(request, queryset, view)


class KeysetPagination(BasePagination):
    """Pages by keyset: `after` and `before` are cursors from `next` and `previous`, `size` is 1 to 200.

    The view names its orders as `sorts` (key to ORM names) and `default_sort`, as a list page does.
    """

    parameters = ("sort", "size", "after", "before")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page; raises `BadCursor`, `BadSize`, `UnknownSort`."""
        sorts: Mapping[str, tuple[str, ...]] = getattr(view, "sorts", {})
        chosen = request.query_params.get("sort", getattr(view, "default_sort", ""))
        if chosen and chosen.removeprefix("-") not in sorts:
            raise UnknownSort(sort=chosen[:80], known=", ".join(sorts))
        order = Order.of(queryset, sorts.get(chosen.removeprefix("-"), ()))
        self.page = (order.reversed() if chosen.startswith("-") else order).page(
            queryset,
            size=checked_size(request.query_params.get("size"), PAGE_SIZE),
            after=request.query_params.get("after"),
            before=request.query_params.get("before"),
        )
        self.url = request.build_absolute_uri()
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        """The page with the addresses of its neighbors."""
        return Response(
            {
                "next": self._address("after", self.page.next),
                "previous": self._address("before", self.page.previous),
                "results": data,
            }
        )

    def _address(self, name: str, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return replace_query_param(remove_query_param(remove_query_param(self.url, "after"), "before"), name, cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What OpenAPI says about a page."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """What OpenAPI says about the parameters of a page."""
        sorts = [f"{sign}{key}" for key in getattr(view, "sorts", {}) for sign in ("", "-")]
        parameters = [
            _parameter("size", {"type": "integer", "minimum": 1, "maximum": 200}, "Rows on a page."),
            _parameter("after", {"type": "string"}, "Cursor: rows after this place."),
            _parameter("before", {"type": "string"}, "Cursor: rows before this place."),
        ]
        if sorts:
            parameters.append(_parameter("sort", {"type": "string", "enum": sorts}, "Order; a leading - reverses it."))
        return parameters


class IdempotentCommand(APIView):
    """Base of views that change something: every mutating call needs an `Idempotency-Key` header.

    The call runs once; repeated with the same key and body it answers again without acting.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticates, then demands the key; raises `NoCommandKey`."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            try:
                self.command_key = checked_key(request.headers.get("Idempotency-Key", ""))
            except NoKey as error:
                raise NoCommandKey() from error

    def read(self, body: type[Body]) -> dict[str, Any]:
        """The validated body; raises DRF's `ValidationError`."""
        reader = body(data=self.request.data, context={"request": self.request, "view": self})
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def perform(self, act: Callable[[], Any]) -> idempotency.Performed:
        """Run `act` once under the call's key; raises what `act` raises, and `KeyReused`."""
        self.performed = idempotency.once(
            actor_key=actor_key(self.request),
            key=self.command_key,
            fingerprint=fingerprint_of(self.request.method, self.request.path, self.request.data),
            act=act,
        )
        return self.performed

    def done(self, data: Any = None, *, status: int = 200) -> Response:
        """The answer to a command; a header tells a repeated one."""
        return Response(data, status=status, headers={"Idempotency-Replayed": str(self.performed.replayed).lower()})


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _storable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, dict):
        return all(_storable(name) and _storable(item) for name, item in value.items())
    return all(map(_storable, value)) if isinstance(value, list) else True

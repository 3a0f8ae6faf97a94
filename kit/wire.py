"""What crosses the wire of the JSON API: strict bodies in, filtered pages out.

Apart from `kit.api`, because the framework loads these by name while it loads its own views.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.utils import translate_validation
from rest_framework.exceptions import APIException, ParseError
from rest_framework.pagination import BasePagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from kit.filters import UnknownSort, check_parameters, checked_size, parameters_of
from kit.keyset import Order

MAX_BODY_BYTES = 5 * 1024 * 1024
PAGE_SIZE = 50


class BodyTooLarge(APIException):
    """The body is longer than any command needs."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = _("The body is larger than 5 MB.")


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


class StrictFilters(DjangoFilterBackend):
    """Filters of the view's `filterset_class`; a parameter it does not know is refused, not ignored."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """The filtered rows; raises `UnknownParameter` and DRF's `ValidationError`."""
        filterset = self.get_filterset(request, queryset, view)
        known = parameters_of(filterset) if filterset is not None else []
        check_parameters(request.query_params, [*known, *KeysetPagination.parameters])
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        # For views that ask their filters more than for the rows.
        view.filterset = filterset
        return filterset.qs


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

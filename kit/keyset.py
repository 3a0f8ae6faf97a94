"""Keyset paging: a page begins after the last row of the one before, so depth costs nothing.

An `Order` is total: it always ends with the primary key, so equal rows keep one place. Where all
terms run the same way and none may be null, "after this row" becomes one row comparison,
`(a, b, id) > (x, y, z)`, which PostgreSQL answers with one range of an index over the same
columns; mixed directions become nested conditions, which an index helps less. Nulls count as the
largest value, as PostgreSQL sorts them, so one index serves both directions.

Cursors are signed and belong to one order: what the server did not hand out is refused before it
comes near the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.constants import LOOKUP_SEP
from django.utils.translation import gettext_lazy as _

from kit.refusal import Invalid


class BadCursor(Invalid):
    """The place in the list that the address names was not handed out for this order."""

    code = "bad_cursor"
    message = _("This address points to a place in the list that does not exist.")
    remedy = _("Start again from the first page.")


@dataclass(frozen=True)
class Term:
    """One part of an order: an ORM path or annotation, and its direction."""

    name: str
    field: "models.Field[Any, Any]"
    descending: bool
    nullable: bool

    @property
    def expression(self) -> str:
        """The term as `order_by` takes it."""
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True)
class Page:
    """Rows in order, and the cursors of the neighboring pages (None where there is none)."""

    rows: list[Any]
    previous: str | None
    next: str | None


class RowComparison(Func):
    """`(a, b) > (x, y)`: compares whole rows, as SQL defines it."""

    def __init__(self, terms: Sequence[Term], values: Sequence[Any], operator: str) -> None:
        pairs = [Value(value, output_field=term.field) for term, value in zip(terms, values, strict=True)]
        super().__init__(*(F(term.name) for term in terms), *pairs, output_field=models.BooleanField())
        self.operator = operator

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        half = len(parts) // 2
        left = ", ".join(sql for sql, _params in parts[:half])
        right = ", ".join(sql for sql, _params in parts[half:])
        params = [param for _sql, part in parts for param in part]
        return f"({left}) {self.operator} ({right})", params


@dataclass(frozen=True)
class Order:
    """A total order over the rows of one model."""

    model: type[models.Model]
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, queryset: models.QuerySet[Any], names: Sequence[str]) -> "Order":
        """The order by these fields or annotations (a leading "-" reverses one), then the primary key.

        The names come from code, never from a request; an unknown one raises `FieldDoesNotExist`.
        """
        terms: list[Term] = []
        for name in names:
            terms.append(_term(queryset, name.removeprefix("-"), name.startswith("-")))
            if terms[-1].field.primary_key:
                return cls(queryset.model, tuple(terms))
        descending = terms[-1].descending if terms else False
        return cls(queryset.model, (*terms, _term(queryset, "pk", descending)))

    def reversed(self) -> "Order":
        """The same order read from its end."""
        return Order(self.model, tuple(replace(term, descending=not term.descending) for term in self.terms))

    def sort(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The rows in this order."""
        return queryset.order_by(*(term.expression for term in self.terms))

    def page(
        self, queryset: models.QuerySet[Any], *, size: int, after: str | None = None, before: str | None = None
    ) -> Page:
        """At most `size` rows after or before a cursor, or the first ones; one query.

        Rows carry the sort values as `_key_0` and so on. Raises `BadCursor`.
        """
        if after is not None and before is not None:
            raise BadCursor()
        walk = self.reversed() if before is not None else self
        cursor = after if before is None else before
        rows = queryset.annotate(**{f"_key_{number}": F(term.name) for number, term in enumerate(self.terms)})
        if cursor is not None:
            rows = rows.filter(walk._beyond(self._decode(cursor)))
        found = list(walk.sort(rows)[: size + 1])
        more, found = len(found) > size, found[:size]
        if before is not None:
            found.reverse()
        if not found:
            return Page([], None, None)
        has_previous = more if before is not None else after is not None
        has_next = more if before is None else True
        return Page(
            found,
            previous=self._encode(found[0]) if has_previous else None,
            next=self._encode(found[-1]) if has_next else None,
        )

    def _beyond(self, values: Sequence[Any]) -> Any:
        """The condition that a row comes strictly after the one with these values."""
        directions = {term.descending for term in self.terms}
        if len(self.terms) > 1 and len(directions) == 1 and not any(term.nullable for term in self.terms):
            return RowComparison(self.terms, values, "<" if directions == {True} else ">")
        *leading, (last, key) = zip(self.terms, values, strict=True)
        condition = Q(**{f"{last.name}__{'lt' if last.descending else 'gt'}": key})
        for term, value in reversed(leading):
            same = Q(**{f"{term.name}__isnull": True}) if value is None else Q(**{term.name: value})
            further = _further(term, value)
            condition = same & condition if further is None else further | (same & condition)
        first, value = self.terms[0], values[0]
        if not first.nullable:
            # Implied by the rest, but the planner can only make an index range from this form.
            condition = Q(**{f"{first.name}__{'lte' if first.descending else 'gte'}": value}) & condition
        return condition

    @property
    def _signer(self) -> signing.Signer:
        terms = ",".join(term.expression for term in self.terms)
        return signing.Signer(sep=".", salt=f"keyset:{self.model._meta.label}:{terms}")

    def _encode(self, row: Any) -> str:
        read = row.__getitem__ if isinstance(row, dict) else lambda name: getattr(row, name)
        return self._signer.sign_object([_as_json(read(f"_key_{number}")) for number in range(len(self.terms))])

    def _decode(self, cursor: str) -> list[Any]:
        try:
            values = self._signer.unsign_object(cursor)
            # A changed field type between two releases makes an old cursor unreadable, not an error.
            return [
                None if value is None else term.field.to_python(value)
                for term, value in zip(self.terms, values, strict=True)
            ]
        except (signing.BadSignature, ValidationError, ValueError, TypeError) as error:
            raise BadCursor() from error


def _further(term: Term, value: Any) -> Q | None:
    """What comes after the value in this term; None where nothing can (nulls are the largest)."""
    if term.descending:
        return Q(**{f"{term.name}__isnull": False}) if value is None else Q(**{f"{term.name}__lt": value})
    if value is None:
        return None
    further = Q(**{f"{term.name}__gt": value})
    return further | Q(**{f"{term.name}__isnull": True}) if term.nullable else further


def _term(queryset: models.QuerySet[Any], name: str, descending: bool) -> Term:
    annotation = queryset.query.annotations.get(name)
    if annotation is not None:
        return Term(name, annotation.output_field, descending, nullable=True)
    model: Any = queryset.model
    path: list[str] = []
    nullable = False
    field: Any = None
    for part in name.split(LOOKUP_SEP):
        field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        nullable = nullable or field.null
        # A foreign key sorts by its own column; its model's default order must not slip in.
        path.append(field.name if field.related_model and len(path) < name.count(LOOKUP_SEP) else field.attname)
        model = field.related_model
    return Term(LOOKUP_SEP.join(path), field, descending, nullable)


def _as_json(value: Any) -> Any:
    if isinstance(value, date):  # datetime is one too
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value

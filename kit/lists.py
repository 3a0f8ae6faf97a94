"""List pages: filters, order, columns and place in the address; keyset paging; honest counts; files.

A page declares what its list can do once, as a `ListSpec`, and hands over the rows the actor may
see; everything in the address is looked up in that declaration and refused where it is not there.

    ORGANIZATIONS = ListSpec(
        name="organizations",
        title=_("Organizations"),
        columns=(
            Column("name", _("Name"), lambda row: row.legal_name, sort=("sort_name",)),
            Column("tier", _("Tier"), lambda row: tier_badge(row.tier), sort=("tier", "sort_name")),
            Column("requests", _("Requests"), lambda row: row.request_count, numeric=True),
            Column("created", _("Registered"), lambda row: row.created_at, sort=("created_at",), default=False),
        ),
        filterset=OrganizationFilters,
        sort="name",
        row_url=lambda row: reverse("customers:organization", args=[row.public_id]),
        empty_title=_("No organizations yet"),
        empty_text=_("Register the first one or import a file."),
    )

    def organizations(request):
        return list_page(request, ORGANIZATIONS, visible_organizations(request.actor))

The address knows the filters' parameters and `sort` (a column's key, "-" reverses it), `columns`
(keys), `size`, `after` or `before` (cursors), `count=exact` and `format` (csv, jsonl, xlsx). A sort
whose terms run one way over columns that are never null is served from an index over the same
columns at any depth; negate a number in an annotation where directions would mix.

Statements: the rows, a count where the page does not show everything, the saved views, and one
for each filter whose choices are rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.cache import patch_vary_headers
from django.utils.formats import number_format
from django.utils.html import conditional_escape, format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

from kit.exports import FORMATS, ExportColumn, export
from kit.filters import (
    DoubledParameter,
    UnknownSort,
    check_parameters,
    checked_size,
    is_set,
    parameters_of,
    parameters_of_field,
    phrase,
)
from kit.keyset import Order, Page
from kit.refusal import Invalid
from kit.templatetags.ui import number, relative_time

# What the address of every list may say besides its filters.
RESERVED = ("sort", "columns", "size", "after", "before", "count", "format")
SIZES = (25, 50, 100, 200)
# Counting stops here unless asked: nobody needs the exact number of a long list at every click.
COUNT_LIMIT = 1_000
NOTHING_YET = _("Nothing here yet")
SEARCH = _("Search")


class UnknownColumn(Invalid):
    """The list has no such column."""

    code = "unknown_column"
    message = _("This list has no column “%(column)s”.")
    remedy = _("Its columns are: %(known)s.")


class BadCount(Invalid):
    """Only `exact` can be asked of a count."""

    code = "bad_count"
    message = _("A count can be “exact”, not “%(count)s”.")


class WrongFilters(Invalid):
    """A filter has a value that it cannot take; said on a page by the filter form itself."""

    code = "wrong_filters"
    message = _("A filter cannot take the value it was given.")


@dataclass(frozen=True)
class Column:
    """One column of a list.

    `cell` reads a row: a text, number, moment or finished HTML, or it is the path of a template
    that gets `row`. `sort` names the ORM fields the column sorts by; a column without it does not
    sort. `default` columns are shown unless the reader chooses others. `export` reads what files
    carry where that is not the text of the cell; a template's column needs it to be in files.
    """

    key: str
    label: Any
    cell: Callable[[Any], Any] | str
    sort: tuple[str, ...] | None = None
    numeric: bool = False
    default: bool = True
    export: Callable[[Any], Any] | None = None

    @property
    def for_files(self) -> ExportColumn | None:
        """The column as files carry it, if they can."""
        read = self.export or (self.cell if callable(self.cell) else None)
        return ExportColumn(self.key, self.label, read) if read is not None else None


@dataclass(frozen=True)
class ListSpec:
    """What a list page can do; see the module.

    `sort` is the order without a wish. `more_sorts` are orders that no column shows. `bulk` is a
    template with the buttons of bulk acts; it makes rows selectable (they need a `public_id`).
    `empty_action` is (address, label). `search` is the filter drawn as the search box. `table` is a
    template that draws the rows in another way than as a table of the columns; those are then for files.
    """

    name: str
    title: Any
    columns: tuple[Column, ...]
    sort: str
    filterset: type[FilterSet] | None = None
    row_url: Callable[[Any], str] | None = None
    empty_title: Any = NOTHING_YET
    empty_text: Any = ""
    empty_action: tuple[str, Any] | None = None
    page_size: int = 50
    search: str = "q"
    search_help: Any = SEARCH
    more_sorts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bulk: str = ""
    table: str = ""

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        if len(set(keys)) < len(keys) or self.sort.removeprefix("-") not in self.sorts:
            raise ValueError(f"The list {self.name} has a doubled column or an unknown default sort.")
        if self.filterset is not None and set(RESERVED) & set(self.filterset.base_filters):
            raise ValueError(f"A filter of the list {self.name} has the name of a parameter of every list.")

    @cached_property
    def sorts(self) -> dict[str, tuple[str, ...]]:
        """Every order by its key; the API's `sorts` too."""
        return {column.key: column.sort for column in self.columns if column.sort} | dict(self.more_sorts)


@dataclass(frozen=True)
class Heading:
    """A column's head: where its link sorts to, and how it is sorted now ("ascending" and so on)."""

    label: Any
    numeric: bool
    href: str
    sorted: str


@dataclass(frozen=True)
class Chip:
    """An active filter in words, and the address without it."""

    name: str
    label: Any
    text: str
    remove: str


@dataclass(frozen=True)
class Tab:
    """A saved view, or the list without one."""

    label: Any
    href: str
    is_current: bool
    public_id: Any = None


@dataclass(frozen=True)
class Count:
    """How many rows match; `is_more` where counting stopped."""

    value: int
    is_more: bool = False

    def __str__(self) -> str:
        shown = number_format(self.value, force_grouping=True)
        return f"{shown}+" if self.is_more else shown


def list_page(
    request: HttpRequest,
    spec: ListSpec,
    queryset: models.QuerySet[Any],
    *,
    template: str = "components/list_page.html",
    context: Mapping[str, Any] | Callable[["ListView"], Mapping[str, Any]] | None = None,
    filterset: FilterSet | None = None,
) -> HttpResponseBase:
    """The page, its list alone (for htmx), or its rows as a file.

    `queryset` holds the rows the actor may see. The template gets `list`, a `ListView`, and
    `context`, which may be asked of the list once it is known. `filterset` is one of the spec's that
    the page has made for this request and these rows already. Raises refusals with status 400 for
    parameters, orders, columns, sizes, cursors and formats that the spec does not know; a wrong
    filter value is said on the page, also with 400.
    """
    view = ListView(request, spec, queryset, filterset)
    file_format = request.GET.get("format", "")
    if file_format:
        return view.file(file_format)
    htmx: Any = getattr(request, "htmx", None)
    # Only the list is asked for when the list is what will be replaced.
    partial = bool(htmx) and htmx.target == "list" and not htmx.history_restore_request
    shown = "components/_list.html" if partial else template
    more = context(view) if callable(context) else context or {}
    response = render(request, shown, {**more, "list": view, "partial": partial}, status=view.status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    if partial:
        # The address bar shows the short form, without the empty fields of the filter form.
        response["HX-Push-Url"] = view.here
    return response


class NoFilters(FilterSet):
    """For lists that cannot be filtered."""


class ListView:
    """One list as one request asked for it; templates read it."""

    def __init__(
        self,
        request: HttpRequest,
        spec: ListSpec,
        queryset: models.QuerySet[Any],
        filterset: FilterSet | None = None,
    ) -> None:
        """Reads the address; raises `Invalid` refusals."""
        self.request = request
        self.spec = spec
        self.base = queryset
        self.filterset = filterset or (spec.filterset or NoFilters)(request.GET, queryset, request=request)
        self.filters = parameters_of(self.filterset)
        self._check_parameters()
        self.sort = self._sort()
        self.columns = self._columns()
        self.size = checked_size(request.GET.get("size"), spec.page_size)
        self.after = request.GET.get("after") or None
        self.before = request.GET.get("before") or None
        if request.GET.get("count", "") not in ("", "exact"):
            raise BadCount(count=request.GET["count"][:20])

    # --- What the address says ---------------------------------------------------------------

    def _check_parameters(self) -> None:
        many = [
            name
            for name, one in self.filterset.filters.items()
            if getattr(one.field.widget, "allow_multiple_selected", False)
        ]
        check_parameters(self.request.GET, [*self.filters, *RESERVED], repeatable=[*many, "columns"])
        if self.request.GET.get("after") and self.request.GET.get("before"):
            raise DoubledParameter(name="after, before")

    def _sort(self) -> str:
        chosen = self.request.GET.get("sort") or self.spec.sort
        if chosen.removeprefix("-") not in self.spec.sorts:
            raise UnknownSort(sort=chosen[:80], known=", ".join(self.spec.sorts))
        return chosen

    def _columns(self) -> list[Column]:
        known = {column.key: column for column in self.spec.columns}
        keys = [key for text in self.request.GET.getlist("columns") for key in text.split(",") if key]
        for key in keys:
            if key not in known:
                raise UnknownColumn(column=key[:80], known=", ".join(known))
        if not keys:
            return [column for column in self.spec.columns if column.default]
        return [known[key] for key in dict.fromkeys(keys)]

    @cached_property
    def order(self) -> Order:
        """The order of the rows."""
        order = Order.of(self.base, self.spec.sorts[self.sort.removeprefix("-")])
        return order.reversed() if self.sort.startswith("-") else order

    @cached_property
    def is_valid(self) -> bool:
        """Whether every filter can take its value."""
        return bool(self.filterset.form.is_valid())

    @property
    def status(self) -> int:
        """The HTTP status of the page."""
        return 200 if self.is_valid else 400

    # --- Addresses ---------------------------------------------------------------------------

    def query(self, **changes: str | None) -> str:
        """The query string of this list in its shortest form, with changes (None removes one).

        Cursors, counting and format are left out unless they are among the changes.
        """
        query = QueryDict(mutable=True)
        for name in self.filters:
            values = [value for value in self.request.GET.getlist(name) if value]
            if values:
                query.setlist(name, values)
        defaults = [column.key for column in self.spec.columns if column.default]
        keys = [column.key for column in self.columns]
        if self.sort != self.spec.sort:
            query["sort"] = self.sort
        if keys != defaults:
            query["columns"] = ",".join(keys)
        if self.size != self.spec.page_size:
            query["size"] = str(self.size)
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return query.urlencode(safe=",")

    def url(self, **changes: str | None) -> str:
        """The address of this list with changes; see `query`."""
        query = self.query(**changes)
        return f"{self.request.path}?{query}" if query else self.request.path

    @property
    def here(self) -> str:
        """The address of exactly this page, in its shortest form."""
        places = {name: self.request.GET.get(name) or None for name in ("after", "before", "count")}
        return self.url(**places)

    @property
    def first_url(self) -> str:
        return self.url()

    @property
    def previous_url(self) -> str:
        return self.url(before=self.page.previous) if self.page.previous else ""

    @property
    def next_url(self) -> str:
        return self.url(after=self.page.next) if self.page.next else ""

    @property
    def exact_count_url(self) -> str:
        places = {name: self.request.GET.get(name) or None for name in ("after", "before")}
        return self.url(count="exact", **places)

    @property
    def clear_url(self) -> str:
        """The list without any filter, in the same order and columns."""
        return self.url(**dict.fromkeys(self.filters))

    @property
    def file_urls(self) -> list[tuple[str, str]]:
        """Each file format with its address."""
        names = {"csv": "CSV", "jsonl": "JSON Lines", "xlsx": "Excel"}
        return [(names[file_format], self.url(format=file_format)) for file_format in FORMATS]

    @property
    def size_urls(self) -> list[tuple[int, str, bool]]:
        """Each page size with its address, and whether it is the present one."""
        default = self.spec.page_size
        return [(size, self.url(size=None if size == default else str(size)), size == self.size) for size in SIZES]

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """The address as hidden fields, for a form that sets the parameters named here itself."""
        return [(name, value) for name, values in self._parsed.lists() if name not in without for value in values]

    @property
    def hidden_for_filters(self) -> list[tuple[str, str]]:
        return self.hidden(*self.filters)

    @property
    def hidden_for_columns(self) -> list[tuple[str, str]]:
        return self.hidden("columns")

    @cached_property
    def _parsed(self) -> QueryDict:
        return QueryDict(self.query())

    # --- Rows --------------------------------------------------------------------------------

    @cached_property
    def queryset(self) -> models.QuerySet[Any]:
        """The rows that match the filters; none where a filter is wrong."""
        return self.filterset.qs if self.is_valid else self.base.none()

    @cached_property
    def page(self) -> Page:
        """The rows of this page; raises `BadCursor`."""
        return self.order.page(self.queryset, size=self.size, after=self.after, before=self.before)

    @cached_property
    def count(self) -> Count:
        """How many rows match: exact up to the limit, beyond it on demand."""
        if not (self.after or self.before or self.page.next):
            return Count(len(self.page.rows))
        rows = self.queryset.order_by()
        if self.request.GET.get("count") == "exact":
            return Count(rows.count())
        counted = rows.values("pk")[: COUNT_LIMIT + 1].count()
        return Count(min(counted, COUNT_LIMIT), counted > COUNT_LIMIT)

    def tell_count(self, value: int) -> None:
        """For who knows how many rows match without asking the database."""
        self.count = Count(value)

    @cached_property
    def headings(self) -> list[Heading]:
        """The heads of the columns shown."""
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        if column.sort is None:
            return Heading(column.label, column.numeric, "", "")
        if self.sort.removeprefix("-") != column.key:
            wanted, direction = column.key, ""
        elif self.sort.startswith("-"):
            wanted, direction = column.key, "descending"
        else:
            wanted, direction = f"-{column.key}", "ascending"
        return Heading(
            column.label, column.numeric, self.url(sort=None if wanted == self.spec.sort else wanted), direction
        )

    @cached_property
    def body(self) -> SafeString:
        """The table rows as HTML; built here because four hundred cells through template tags take longer."""
        return mark_safe("".join(map(self._row, self.page.rows)))  # noqa: S308 - every part is escaped

    def _row(self, row: Any) -> str:
        parts = ["<tr>"]
        if self.spec.bulk:
            parts.append(
                format_html(
                    '<td class="v-check"><input type="checkbox" name="selected" value="{}" aria-label="{}"></td>',
                    row.public_id,
                    gettext("Select"),
                )
            )
        for place, column in enumerate(self.columns):
            content = conditional_escape(self._content(column, row))
            if place == 0 and self.spec.row_url is not None:
                href = conditional_escape(self.spec.row_url(row))
                parts.append(f'<th scope="row"><a href="{href}" data-row-link>{content}</a></th>')
            elif column.numeric:
                label = conditional_escape(column.label)
                parts.append(f'<td class="num" data-label="{label}">{content}</td>')
            else:
                parts.append(f"<td>{content}</td>")
        parts.append("</tr>\n")
        return "".join(parts)

    def _content(self, column: Column, row: Any) -> Any:
        if isinstance(column.cell, str):
            return mark_safe(get_template(column.cell).render({"row": row}, self.request).strip())  # noqa: S308
        return shown(column.cell(row))

    # --- Filters -----------------------------------------------------------------------------

    @cached_property
    def search_field(self) -> Any:
        """The bound field of the search box, if the list can be searched."""
        form = self.filterset.form
        return form[self.spec.search] if self.spec.search in form.fields else None

    @cached_property
    def filter_fields(self) -> list[Any]:
        """The bound fields of the other filters."""
        return [one for one in self.filterset.form if one.name != self.spec.search]

    @property
    def is_filtered(self) -> bool:
        return bool(self.chips)

    @cached_property
    def chips(self) -> list[Chip]:
        """The active filters, each with the address without it."""
        if not self.is_valid:
            return []
        return [
            Chip(name, self._label(name), phrase(self.filterset, name, value), self._without(name))
            for name, value in self.filterset.form.cleaned_data.items()
            if is_set(value)
        ]

    def _label(self, name: str) -> Any:
        return self.spec.search_help if name == self.spec.search else self.filterset.filters[name].label

    def _without(self, name: str) -> str:
        return self.url(**dict.fromkeys(parameters_of_field(name, self.filterset.filters[name].field)))

    @cached_property
    def to_drop(self) -> list[Chip]:
        """Where filters leave nothing: those of them without which there would be rows; one query."""
        if not self.chips or self.page.rows or self.after or self.before:
            return []
        probes = [
            self._matching_without(chip.name).order_by().annotate(_dropped=Value(chip.name)).values_list("_dropped")[:1]
            for chip in self.chips
        ]
        helping = {name for (name,) in probes[0].union(*probes[1:], all=True)}
        return [chip for chip in self.chips if chip.name in helping]

    def _matching_without(self, name: str) -> models.QuerySet[Any]:
        cleaned = self.filterset.form.cleaned_data
        value = cleaned[name]
        try:
            cleaned[name] = None
            return self.filterset.filter_queryset(self.base.all())
        finally:
            cleaned[name] = value

    # --- Views and files ---------------------------------------------------------------------

    @cached_property
    def tabs(self) -> list[Tab]:
        """The whole list and the reader's saved views; one query."""
        present = self.query()
        saved = [
            Tab(view.name, f"{self.request.path}?{view.query}", view.query == present, view.public_id)
            for view in saved_views(self.request, self.spec.name)
        ]
        return [Tab(_("All"), self.request.path, not present), *saved]

    @property
    def current_view(self) -> Tab | None:
        """The saved view that is being looked at, if it is one."""
        return next((tab for tab in self.tabs[1:] if tab.is_current), None)

    def file(self, file_format: str) -> HttpResponseBase:
        """The matching rows in this order and these columns; raises `WrongFilters` and what `export` raises."""
        if not self.is_valid:
            raise WrongFilters({name: list(map(str, e)) for name, e in self.filterset.form.errors.items()})
        columns = [for_files for column in self.columns if (for_files := column.for_files) is not None]
        return export(file_format, name=self.spec.name, columns=columns, queryset=self.order.sort(self.queryset))


def saved_views(request: Any, page: str) -> Sequence[Any]:
    """The saved views of whoever asks; `settings.LIST_SAVED_VIEWS` names who keeps them."""
    return import_string(settings.LIST_SAVED_VIEWS)(request.actor, page) if request.actor.is_somebody else ()


def shown(value: Any) -> Any:
    """A value as a cell shows it: numbers and moments in the reader's locale, a dash for nothing."""
    if isinstance(value, SafeString):
        return value
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, int | float | Decimal):
        return number(value)
    return relative_time(value) if isinstance(value, date) else value

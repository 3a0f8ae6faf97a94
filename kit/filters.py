"""What a list's address may say, on pages and in the API alike: filters, order, size.

Nothing of a request becomes an ORM keyword or an order: parameters are looked up among those the
list declares, and refused with a sentence where they are not there. The filters at the end are
what a `FilterSet` is best made of.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.core.validators import EMPTY_VALUES
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, DateFromToRangeFilter, Filter, FilterSet
from django_filters.widgets import DateRangeWidget, SuffixedMultiWidget

from kit.refusal import Invalid

MAX_PAGE_SIZE = 200


class UnknownParameter(Invalid):
    """The address asks for something this list does not have."""

    code = "unknown_parameter"
    message = _("“%(name)s” is nothing that this list can be asked for.")
    remedy = _("It can be asked for: %(known)s.")


class DoubledParameter(Invalid):
    """A parameter that has one value came twice."""

    code = "doubled_parameter"
    message = _("“%(name)s” stands twice in the address, but takes one value.")
    remedy = _("Remove one of them.")


class UnknownSort(Invalid):
    """The list cannot be sorted by that."""

    code = "unknown_sort"
    message = _("This list cannot be sorted by “%(sort)s”.")
    remedy = _("It can be sorted by: %(known)s.")


class BadSize(Invalid):
    """The page size is no number, or not one that is served."""

    code = "bad_size"
    message = _("A page has 1 to %(most)s rows, not “%(size)s”.")
    remedy = _("Choose a size between them.")


def parameters_of(filterset: FilterSet | type[FilterSet]) -> list[str]:
    """The names of all parameters the filters read; ranges read two."""
    filters = filterset.filters if isinstance(filterset, FilterSet) else filterset.base_filters
    return [parameter for name, one in filters.items() for parameter in parameters_of_field(name, one.field)]


def offer_choices(one: Filter, choices: Callable[[], list[tuple[str, str]]]) -> None:
    """Let a filter of one request offer what is there now; `choices` is asked when somebody looks, and once only.

    To be called where a `FilterSet` is made. Whatever describes the API asks the class's own filter for its field,
    which is kept, and copied along without any choices; so that field is dropped.
    """
    one.extra["choices"] = cache(choices)
    vars(one).pop("_field", None)


def parameters_of_field(name: str, field: forms.Field) -> list[str]:
    """The names of the parameters that one filter reads."""
    widget: Any = field.widget
    if isinstance(widget, SuffixedMultiWidget):
        return [widget.suffixed(name, suffix) for suffix in widget.suffixes]
    if hasattr(widget, "widgets_names"):
        return [f"{name}{suffix}" for suffix in widget.widgets_names]
    return [name]


def check_parameters(query: QueryDict, known: Iterable[str], *, repeatable: Iterable[str] = ()) -> None:
    """Raise `UnknownParameter` for names that are not known and `DoubledParameter` for repeated ones."""
    known, repeatable = list(known), set(repeatable)
    for name, values in query.lists():
        if name not in known:
            raise UnknownParameter(name=name[:80], known=", ".join(known))
        if len(values) > 1 and name not in repeatable:
            raise DoubledParameter(name=name)


def checked_size(text: str | None, default: int) -> int:
    """The number of rows on a page; raises `BadSize`."""
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_PAGE_SIZE):
        raise BadSize(size=text[:20], most=MAX_PAGE_SIZE)
    return int(text)


def phrase(filterset: FilterSet, name: str, value: Any) -> str:
    """A filter's value in words. A filter set may say it better in `phrases`, by filter name."""
    own = getattr(filterset, "phrases", {}).get(name)
    return str(own(value)) if own is not None else _words(filterset.form.fields[name], value)


def _words(form_field: Any, value: Any) -> str:
    if isinstance(value, slice):
        since, until = value.start, value.stop
        if since is not None and until is not None:
            return gettext("%(since)s to %(until)s") % {"since": _words(None, since), "until": _words(None, until)}
        if since is not None:
            return gettext("from %(since)s") % {"since": _words(None, since)}
        return gettext("up to %(until)s") % {"until": _words(None, until)}
    if isinstance(value, list | tuple | set | models.QuerySet):
        return gettext(" or ").join(_words(form_field, one) for one in value)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float | Decimal):
        return str(number_format(value, force_grouping=True))
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        # Ranges of days reach from the first to the last moment of a day.
        whole_day = local.time() in (time.min, time.max)
        return date_format(local, "SHORT_DATE_FORMAT" if whole_day else "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if not isinstance(value, models.Model):
        for key, label in getattr(form_field, "choices", ()):
            if str(key) == str(value):
                return str(label)
    return str(value)


def is_set(value: Any) -> bool:
    """Whether a filter's value filters anything."""
    return value not in EMPTY_VALUES and not (isinstance(value, models.QuerySet) and not value)


class SearchFilter(CharFilter):
    """The search box of a list: a text of at most 200 signs that one of the fields contains, or equals.

    `contains` should be backed by a trigram index, `exact` by a plain one.
    """

    def __init__(self, *, contains: Sequence[str] = (), exact: Sequence[str] = (), **options: Any) -> None:
        options.setdefault("label", _("Search"))
        super().__init__(max_length=200, **options)
        self.lookups = [*(f"{name}__icontains" for name in contains), *exact]

    def filter(self, qs: Any, value: str) -> Any:
        """The rows where any of the fields matches; all of them for an empty text."""
        return qs.filter(Q(*((lookup, value) for lookup in self.lookups), _connector=Q.OR)) if value else qs


class AnyOfFilter(Filter):
    """Rows whose field has any of the ticked values; `choices` as for a form field, usually an enum's."""

    field_class = forms.MultipleChoiceField

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(*args, lookup_expr="in", **options)


class DayRangeWidget(DateRangeWidget):
    """Two date inputs with a name of their own each, sent as `…_after` and `…_before`."""

    template_name = "django/forms/widgets/multiwidget.html"
    # Labels of the two inputs; the legend around them says what they are about.
    use_fieldset = True

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.widgets = [forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}) for _suffix in self.suffixes]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, label in zip(context["widget"]["subwidgets"], (gettext("From"), gettext("To")), strict=True):
            part["attrs"] |= {"aria-label": label, "title": label}
        return context


class DayRangeFilter(DateFromToRangeFilter):
    """Rows from one day to another, both included, in the reader's time zone for moments."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("widget", DayRangeWidget)
        super().__init__(*args, **options)

"""What a list's address may say, on pages and in the API alike: filters, order, size.

Nothing of a request becomes an ORM keyword or an order: parameters are looked up among those the
list declares, and refused with a sentence where they are not there.
"""

from collections.abc import Iterable

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from django_filters.widgets import SuffixedMultiWidget

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


def parameters_of_field(name: str, field: forms.Field) -> list[str]:
    """The names of the parameters that one filter reads."""
    widget = field.widget
    if isinstance(widget, SuffixedMultiWidget):
        return [widget.suffixed(name, suffix) for suffix in widget.suffixes]
    if isinstance(widget, forms.MultiWidget):
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

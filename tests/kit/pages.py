"""Pages over the rows of `tests.kit.rows`: a list, a form and one that refuses."""

import django_filters
from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.utils.html import format_html

from kit.commands import form_of, form_page, perform
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter
from kit.forms import DayField, Group, QuantityField, VersionedForm, required_text
from kit.lists import Column, ListSpec, list_page
from kit.refusal import Conflict, Invalid, NotAllowed, StaleForm
from tests.kit.rows import Row

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"


class Filters(django_filters.FilterSet):
    q = SearchFilter(contains=["name"])
    number = AnyOfFilter(choices=[(1, "one"), (2, "two"), (3, "three")], label="Number")
    due = DayRangeFilter(field_name="due_date", label="Due")
    parent = django_filters.ModelChoiceFilter(queryset=Row.objects.filter(parent=None).order_by("pk"), label="Parent")
    dated = django_filters.BooleanFilter(field_name="due_date", lookup_expr="isnull", exclude=True, label="Dated")

    phrases = {"dated": lambda value: "with a day" if value else "without a day"}


ROWS = ListSpec(
    name="rows",
    title="Rows",
    columns=(
        Column("name", "Name", lambda row: row.name, sort=("name",)),
        Column("number", "Number", lambda row: row.number, sort=("number", "name"), numeric=True),
        Column("due", "Due", lambda row: row.due_date, sort=("due_date",)),
        Column("bold", "Bold", lambda row: format_html("<b>{}</b>", row.name)),
        Column("filed", "Filed", lambda row: row.filed_at, sort=("filed_at",), default=False),
        Column("parent", "Parent", "tests/parent.html", default=False, export=lambda row: row.parent_id),
    ),
    filterset=Filters,
    sort="-number",
    row_url=lambda row: f"/rows/{row.pk}/",
    empty_title="No rows yet",
    empty_text="Rows come from tests.",
    more_sorts={"mixed": ("-number", "name")},
)


class RowForm(VersionedForm):
    name = required_text("Name", max_length=20)
    number = QuantityField(label="Number", most=1_000)
    due_date = DayField(label="Due", required=False, not_past=True)
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], required=False)

    groups = (Group("More", ["due_date", "kind"], "Rarely needed.", folded=True),)


class NumberTaken(Conflict):
    code = "number_taken"
    message = "Number %(number)s is taken."
    remedy = "Choose another."


done: list[str] = []


def rows(request):
    return list_page(request, ROWS, Row.objects.select_related("parent"))


def add(request):
    form = form_of(request, RowForm, initial={"row_version": 1})
    if form.is_valid():
        performed = perform(request, lambda: _add(**form.cleaned_data), form)
        if performed:
            return redirect(f"/rows/{performed.subject}/")
    return form_page(request, "tests/form.html", form)


def _add(name, number, row_version, **_rest):
    if row_version != 3 and name == "stale":
        raise StaleForm(row_version=3)
    row = Row.objects.create(name=name, number=number)
    done.append(name)
    if number == 13:
        raise NumberTaken(number=number)
    if number == 14:
        raise Invalid({"name": ["Not this name."], "elsewhere": ["Nor this."]})
    return str(row.pk)


def act(request):
    performed = perform(request, lambda: _add(name=request.POST["name"], number=13, row_version=1))
    return HttpResponse(performed.subject)


def refuse(request):
    raise NotAllowed()


def break_down(request):
    raise RuntimeError("on purpose")


urlpatterns = [
    path("rows/", rows),
    path("rows/add/", add),
    path("rows/act/", act),
    path("rows/refuse/", refuse),
    path("rows/break/", break_down),
    path("api/v1/break/", break_down),
    path("", include("users.urls")),
    path("account/", include("allauth.account.urls")),
]

"""Addresses that show how requests are wired: API views over test rows, and pages that fail on purpose."""

import logging

import django_filters
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.urls import include, path
from django.utils import timezone, translation
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from kit.api import Body, IdempotentCommand, WholeNumber
from kit.filters import SearchFilter
from kit.refusal import Conflict, NotAllowed
from tests.kit.rows import Row

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"


class RowFilters(django_filters.FilterSet):
    q = SearchFilter(contains=["name"])
    number = django_filters.NumberFilter()


class RowData(serializers.Serializer):
    number = serializers.IntegerField()
    name = serializers.CharField()


class Line(Body):
    quantity = WholeNumber()


class NewRow(Body):
    name = serializers.CharField(max_length=200)
    number = WholeNumber(max_value=1_000)
    lines = Line(many=True, required=False)


class TooFew(Conflict):
    code = "too_few"
    message = "Only %(left)s vCPU are left; %(least)s is your minimum."
    remedy = "Ask for less."


class Rows(IdempotentCommand, ListAPIView):
    serializer_class = RowData
    filterset_class = RowFilters
    sorts = {"name": ("name",), "number": ("number", "name")}
    default_sort = "-number"

    def get_queryset(self):
        return Row.objects.all()

    def post(self, request):
        body = self.read(NewRow)
        done = self.perform(lambda: add_row(request.actor, body))
        return self.done(RowData(Row.objects.get(pk=done.subject)).data, status=201)


def add_row(actor, body):
    row = Row.objects.create(name=body["name"], number=body["number"])
    if body["number"] == 13:
        raise TooFew(left=180, least=200)
    if not actor.is_somebody:
        raise NotAllowed()
    return str(row.pk)


class Fault(IdempotentCommand):
    def get(self, request, kind):
        raise {"missing": Http404, "denied": PermissionDenied, "odd": SuspiciousOperation, "bug": RuntimeError}[kind]()


@login_not_required
def fail(request, kind):
    raise {"missing": Http404, "denied": PermissionDenied, "odd": SuspiciousOperation, "bug": RuntimeError}[kind]()


@login_not_required
def refuse(request):
    raise TooFew(left=180, least=200)


@login_not_required
def tell(request):
    """Who, in which language and zone; and the request's id as a log line."""
    logging.getLogger("vorrang.test").warning("told")
    where = timezone.get_current_timezone_name()
    return HttpResponse(f"{request.request_id}|{request.actor.name}|{translation.get_language()}|{where}")


@login_not_required
def public(request):
    """A page that does not ask who reads it."""
    return HttpResponse(translation.get_language())


urlpatterns = [
    path("public/", public),
    path("tell/", tell),
    path("account/", include("users.signin_urls")),
    path("", include("users.urls")),
    path("refuse/", refuse),
    path("fail/<kind>/", fail),
    path("api/v1/rows/", Rows.as_view()),
    path("api/v1/fault/<kind>/", Fault.as_view()),
    path("api/v1/schema/", SpectacularAPIView.as_view()),
]

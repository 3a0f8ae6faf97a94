"""Vorrang's addresses, and Django's admin with the review queue as it would be set up there."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from capacity.requests.models import OPEN_STATES, CapacityRequest
from config.urls import *  # noqa: F403
from config.urls import urlpatterns as own_patterns


class OpenSite(admin.AdminSite):
    """Everybody who is signed in sees it: users here have no staff flag, and no time should go into it."""

    def has_permission(self, request: HttpRequest) -> bool:
        return True

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        # Without the sidebar, which asks for every model of the installation.
        return {**super().each_context(request), "available_apps": [], "is_nav_sidebar_enabled": False}


class QueueAdmin(admin.ModelAdmin):
    """The same rows and the same seven columns, tuned: joins and prefetches, no count of the whole table."""

    list_display = ("request", "claimed_tier", "asks_for", "regions", "use", "due_at", "state", "needed_by_date")
    list_select_related = ("organization", "claimed_workload", "confirmed_workload")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("order_standing", "order_band", "order_behind", "order_at", "number")
    search_fields = ("number", "organization__search_text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CapacityRequest]:
        rows = super().get_queryset(request).filter(state__in=OPEN_STATES)
        return rows.prefetch_related("lines__resource", "acceptable__region")

    @admin.display(ordering="order_band")
    def request(self, row: CapacityRequest) -> str:
        return f"{row.organization.legal_name} {row.label}"

    def asks_for(self, row: CapacityRequest) -> str:
        return ", ".join(f"{line.quantity} {line.resource.unit}" for line in row.lines.all())

    def regions(self, row: CapacityRequest) -> str:
        return ", ".join(wish.region.name for wish in row.acceptable.all())

    def use(self, row: CapacityRequest) -> str:
        return row.workload.name

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    has_delete_permission = has_change_permission


class NaiveQueueAdmin(QueueAdmin):
    """As one writes it first: every cell asks for its own."""

    list_select_related = False
    show_full_result_count = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[CapacityRequest]:
        return admin.ModelAdmin.get_queryset(self, request).filter(state__in=OPEN_STATES)


tuned = OpenSite(name="tuned")
tuned.register(CapacityRequest, QueueAdmin)
naive = OpenSite(name="naive")
naive.register(CapacityRequest, NaiveQueueAdmin)
urlpatterns = [*own_patterns, path("tuned/", tuned.urls), path("naive/", naive.urls)]

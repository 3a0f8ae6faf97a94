"""Addresses of reports."""

from django.urls import path

from capacity.reports.views import executive

app_name = "reports"

urlpatterns = [path("", executive, name="executive")]

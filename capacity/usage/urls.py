"""Addresses of usage, under /pools/: it is told of a pool."""

from django.urls import path

from capacity.usage import retention_page, views

app_name = "usage"
urlpatterns = [
    path("retention/", retention_page.retention, name="retention"),
    path("<slug:region>/<slug:resource>/usage/", views.usage, name="usage"),
]

"""Addresses of usage, under /pools/: it is told of a pool."""

from django.urls import path

from capacity.usage import views

app_name = "usage"
urlpatterns = [path("<slug:region>/<slug:resource>/usage/", views.usage, name="usage")]
